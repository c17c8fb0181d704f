"""Where the files that come with camcensus are, in a checkout and in an installed wheel."""

import os
from pathlib import Path

from camcensus.core.errors import InputError

_PACKAGE = Path(__file__).resolve().parents[1]
_CHECKOUT = _PACKAGE.parents[1]

TEMPLATES = _PACKAGE / "report" / "templates"
COUNTRIES = "data/reference/countries.csv"
NETWORKS = "data/reference/networks.csv"
PRIOR = "data/reference/prior_studies.csv"
BORDERS = "data/reference/borders.json"
MAPPINGS = "data/mappings"


def cache_folder() -> Path:
    """Where what can be made again is kept on this machine, for this user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "camcensus"


def bundled(relative: str) -> Path:
    """The path of a file or folder that comes with camcensus, named from the root of the checkout.

    A wheel has them in `camcensus/_bundled` (force-include in pyproject.toml); a checkout has them where they are.
    Raises `InputError` if there is no such file or folder.
    """
    inside = _PACKAGE / "_bundled"
    path = (inside if inside.is_dir() else _CHECKOUT) / relative
    if not path.exists():
        raise InputError(path, "this file comes with camcensus but is not there; install camcensus again")
    return path
