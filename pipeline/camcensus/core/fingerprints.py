"""Versions: of camcensus, of its commit, of the libraries it runs on; and hashes over values."""

import hashlib
import platform
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_CHECKOUT = Path(__file__).parents[3]


def package_version() -> str:
    """Return the installed version of camcensus."""
    try:
        return version("camcensus")
    except PackageNotFoundError:
        return "0"


@lru_cache
def commit() -> str | None:
    """Return the commit that the code is checked out at, or None outside a repository."""
    marker = _CHECKOUT / ".git"
    try:
        # In a further worktree it is a file that says where.
        held = Path(marker.read_text().removeprefix("gitdir:").strip()) if marker.is_file() else marker
        head = (held / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        common = held / (held / "commondir").read_text().strip() if (held / "commondir").is_file() else held
        name = head.removeprefix("ref: ")
        if (common / name).is_file():
            return (common / name).read_text().strip()
        packed = (common / "packed-refs").read_text().splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), None)
    except OSError:
        return None


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that decide what is in the tables."""
    libraries = {name: version(name) for name in ("duckdb", "msgspec", "pyarrow")}
    return {"python": platform.python_version(), **libraries}


def digest_of(*parts: object) -> str:
    """Return a hash over values, each by its repr."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()
