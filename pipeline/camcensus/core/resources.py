"""The paths of the files that camcensus ships, in a checkout and in an installed wheel."""

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
    """Return the user's folder for files that can be made again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "camcensus"


def bundled(relative: str) -> Path:
    """Return the path of a file or folder that camcensus ships, named from the root of the checkout.

    A wheel has them in `camcensus/_bundled` (force-include in pyproject.toml). Raises `InputError` if it is missing.
    """
    inside = _PACKAGE / "_bundled"
    path = (inside if inside.is_dir() else _CHECKOUT) / relative
    if not path.exists():
        raise InputError(path, "this file is part of camcensus but is missing; install camcensus again")
    return path
