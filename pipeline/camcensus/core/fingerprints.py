"""Versions of code: a hash over a module and every module of this package that it imports, so that a stage is redone
when what it depends on has changed, and only then."""

import ast
import hashlib
import platform
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).parents[1]


def package_version() -> str:
    """The installed version of camcensus."""
    try:
        return version("camcensus")
    except PackageNotFoundError:
        return "0"


@lru_cache
def commit() -> str | None:
    """The commit that the code is checked out at, read from its repository; None: it is in none, or was installed."""
    marker = HERE.parents[1] / ".git"
    try:
        # In a further worktree it is a file that says where.
        held = Path(marker.read_text().removeprefix("gitdir:").strip()) if marker.is_file() else marker
        head = (held / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        common = held / (held / "commondir").read_text().strip() if (held / "commondir").is_file() else held
        return _ref(common, head.removeprefix("ref: "))
    except OSError:
        return None


def _ref(repository: Path, name: str) -> str | None:
    if (repository / name).is_file():
        return (repository / name).read_text().strip()
    packed = (repository / "packed-refs").read_text().splitlines()
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), None)


def built_on() -> dict[str, str]:
    """The versions of Python and of the libraries that decide what stands in the tables."""
    libraries = {name: version(name) for name in ("duckdb", "msgspec", "pyarrow")}
    return {"python": platform.python_version(), **libraries}


@lru_cache
def code_hash(*modules: str) -> str:
    """A hash over the sources of modules such as "camcensus.ingest.records" and all they import from this package."""
    digest = hashlib.sha256()
    for path in sorted(_closure(modules)):
        digest.update(path.relative_to(HERE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def digest_of(*parts: object) -> str:
    """A hash over values, each by its repr."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _closure(modules: tuple[str, ...]) -> set[Path]:
    found: set[Path] = set()
    waiting = list(modules)
    while waiting:
        path = _path_of(waiting.pop())
        if path is None or path in found:
            continue
        found.add(path)
        waiting.extend(_imported_by(path))
    return found


@cache
def _imported_by(path: Path) -> list[str]:
    """What a file imports, and the names that it imports of it, which may be modules too."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
    return names


def _path_of(module: str) -> Path | None:
    if module.partition(".")[0] != HERE.name:
        return None
    base = HERE.joinpath(*module.split(".")[1:])
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None
