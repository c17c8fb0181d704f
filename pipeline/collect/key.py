"""The API key: from SHODAN_API_KEY, or from a file that only its owner may read. Never an argument, never written."""

import logging
import os
import urllib.parse
from pathlib import Path

from pipeline.errors import CamcensusError, InputError

VARIABLE = "SHODAN_API_KEY"
FILE_VARIABLE = "SHODAN_API_KEY_FILE"
# Where the official package's own command keeps it.
FILES = ("~/.config/shodan/api_key", "~/.shodan/api_key")
GONE = "[key]"


def find_key() -> str | None:
    """The key, or None when there is none. Raises `InputError` for a file that others may read, or that holds none."""
    if key := os.environ.get(VARIABLE, "").strip():
        return key
    if named := os.environ.get(FILE_VARIABLE):
        return _from_file(Path(named).expanduser())
    found = [path for name in FILES if (path := Path(name).expanduser()).is_file()]
    return _from_file(found[0]) if found else None


def require_key() -> str:
    """The key. Raises `CamcensusError` when there is none."""
    if key := find_key():
        return key
    raise CamcensusError(
        f"no API key: set {VARIABLE}, or put the key into a file that only you may read, and set {FILE_VARIABLE} to "
        "the file's path"
    )


def _from_file(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        key = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, f"the API key cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if mode & 0o077:
        raise InputError(path, f"holds the API key and may be read by others; run: chmod 600 {path}")
    if not key or not key.isprintable() or " " in key:
        raise InputError(path, "holds no API key; it must hold the key and nothing else")
    return key


def redact(text: str, key: str) -> str:
    """The text without the key, however an address writes it."""
    for form in {key, urllib.parse.quote(key, safe=""), urllib.parse.quote_plus(key)} if key else ():
        text = text.replace(form, GONE)
    return text


class _Redacting(logging.Filter):
    """Takes the key out of a record before any handler sees it."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true; the record is changed."""
        record.msg, record.args = redact(record.getMessage(), self._key), ()
        return True


def redact_logs(key: str) -> None:
    """Takes the key out of what the HTTP library logs when somebody turns its log on: addresses hold the key."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry", "requests"):
        logger = logging.getLogger(name)
        logger.filters = [f for f in logger.filters if not isinstance(f, _Redacting)]
        logger.addFilter(_Redacting(key))
