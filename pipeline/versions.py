"""Versions of code: a hash over a module and every module of this package that it imports, so that a stage is redone
when what it depends on has changed, and only then."""

import ast
import hashlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).parent


def package_version() -> str:
    """The installed version of camcensus."""
    try:
        return version("camcensus")
    except PackageNotFoundError:
        return "0"


@lru_cache
def code_hash(*modules: str) -> str:
    """A hash over the sources of modules such as "pipeline.ingest" and all they import from this package."""
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
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                waiting.extend(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                waiting.extend([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return found


def _path_of(module: str) -> Path | None:
    if module.partition(".")[0] != HERE.name:
        return None
    base = HERE.joinpath(*module.split(".")[1:])
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None
