"""Read the text files that people write: regular files of bounded size, in UTF-8, and TOML of bounded depth."""

import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from camcensus.core.errors import InputError

LARGEST = 4 << 20
DEEPEST = 32
_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
# The parser takes quadratic time for keys of many parts.
_LONG_KEY = re.compile(rf"(?:^|[{{,\[])[ \t]*+{_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{DEEPEST}}}", re.MULTILINE)


def read_text(path: Path, largest: int = LARGEST) -> str:
    """Return the text of a file, without a byte order mark. Raises `InputError` as `read_bytes`, or if not UTF-8."""
    try:
        return read_bytes(path, largest).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(path, f"cannot be read: {error}") from None


def read_bytes(path: Path, largest: int = LARGEST) -> bytes:
    """Return the bytes of a file. Raises `InputError` if it is not a regular file or larger than `largest` bytes."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(path, "cannot be read: it is not a regular file")
        with path.open("rb") as file:
            content = file.read(largest + 1)
        if len(content) > largest:
            raise InputError(path, f"is larger than {largest:,} bytes; a file of this kind is some pages of text")
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror or error}") from None
    return content


def parse_toml(text: str, path: Path) -> dict[str, Any]:
    """Return the tables in a text of TOML. Raises `InputError` when it is not TOML or nested too deep."""
    if _LONG_KEY.search(text):
        raise InputError(path, f"is nested deeper than {DEEPEST} tables and lists")
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, and what huge numbers and deep nesting raise
        raise InputError(path, f"is not TOML: {error}") from None
    level: list[Any] = [found]
    for _ in range(DEEPEST):
        level = [inner for value in level for inner in (value.values() if isinstance(value, dict) else value)]
        level = [value for value in level if isinstance(value, dict | list)]
        if not level:
            return found
    raise InputError(path, f"is nested deeper than {DEEPEST} tables and lists")
