"""Compile kernels once for each machine, and decide whether they are used.

Numba notices a change of the file that a kernel is in, but not of what it imports: so the cache is in a folder that is
named after everything that compiled code depends on.
"""

import hashlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

VARIABLE = "CAMCENSUS_KERNELS"  # 1: use them also where they were not tested, 0: never
TESTED = frozenset({"x86_64", "AMD64"})
HERE = Path(__file__).parent
# Compiled code holds constants of these too.
OTHERS = ("ingest/answers.py", "ingest/fields.py", "readers/banner.py")


def why_plain() -> str | None:
    """Return why kernels cannot be used here; None: they can."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted == "0":
        return f"{VARIABLE} is 0"
    if not _numba():
        return "Numba is not installed: pip install 'camcensus[fast]'"
    if wanted != "1" and platform.machine() not in TESTED:
        return f"not tested on {platform.machine()}; set {VARIABLE}=1 to use them"
    return None


@cache
def _numba() -> str | None:
    try:
        return version("numba")
    except PackageNotFoundError:
        return None


@cache
def cache_folder() -> Path:
    """Return the folder of compiled kernels: next to the source if that can be written, else the user's."""
    digest = hashlib.sha256(f"{_numba()} {sys.version}".encode())
    for path in [*sorted(HERE.glob("*.py")), *(HERE.parents[1] / name for name in OTHERS)]:
        digest.update(path.read_bytes())
    own = HERE / "__pycache__"
    parents = [own, Path.home() / ".cache/camcensus", Path(tempfile.gettempdir()) / f"camcensus-{os.getuid()}"]
    parent = next(filter(_is_writable, parents), parents[-1])
    return parent / f"kernels-{digest.hexdigest()[:16]}"


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function with Numba at its first call, or take it from the cache. It runs without Python's lock."""
    import numba  # noqa: PLC0415  # not in every install

    before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(cache_folder())
    try:
        return numba.njit(cache=True, nogil=True)(function)
    finally:
        numba.config.CACHE_DIR = before


def prepare() -> None:
    """Compile all kernels that are not in the cache, and remove those of earlier versions."""
    from camcensus.ingest.kernels.rows import compile_all  # noqa: PLC0415  # it needs Numba

    for old in cache_folder().parent.glob("kernels-*"):
        if old != cache_folder():
            shutil.rmtree(old, ignore_errors=True)
    compile_all()
