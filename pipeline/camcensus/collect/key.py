"""The API key: from SHODAN_API_KEY, or from a file that only its owner can read. Never an argument, never written."""

import logging
import os
import re
from pathlib import Path

from camcensus.core.errors import CamcensusError, InputError

VARIABLE = "SHODAN_API_KEY"
FILE_VARIABLE = "SHODAN_API_KEY_FILE"
# Where the official package's own command keeps it.
FILES = ("~/.config/shodan/api_key", "~/.shodan/api_key")
REDACTED = "[key]"
# Shodan's keys have 32 letters and digits.
SHORTEST, LONGEST = 8, 256


def find_key() -> str | None:
    """Return the key; None: there is none. Raises `CamcensusError` for a variable or file that is not usable."""
    if key := os.environ.get(VARIABLE, "").strip():
        if not _is_key(key):
            raise CamcensusError(f"{VARIABLE} holds no API key; it must hold the key and nothing else")
        return key
    if named := os.environ.get(FILE_VARIABLE):
        return _from_file(Path(named).expanduser())
    found = [path for name in FILES if (path := Path(name).expanduser()).is_file()]
    return _from_file(found[0]) if found else None


def require_key() -> str:
    """Return the key. Raises `CamcensusError` when there is none."""
    if key := find_key():
        return key
    raise CamcensusError(
        f"no API key: set {VARIABLE}, or put the key into a file that only you can read and set {FILE_VARIABLE} to its "
        "path"
    )


def _from_file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            # The mode of the open file, whatever has its name by now.
            mode = os.fstat(file.fileno()).st_mode
            key = file.read(LONGEST + 1).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, f"the API key cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if mode & 0o077:
        raise InputError(path, f"holds the API key and others can read it; run: chmod 600 {path}")
    if not _is_key(key):
        raise InputError(path, "holds no API key; it must hold the key and nothing else")
    return key


def _is_key(text: str) -> bool:
    """Return whether a text can be a key: one printable word, too long to occur by chance in what is redacted."""
    return SHORTEST <= len(text) <= LONGEST and text.isascii() and text.isprintable() and " " not in text


def redact(text: str, key: str) -> str:
    """Return the text without the key, each character of it plain or percent-encoded."""
    pattern = "".join(c if c.isalnum() else f"(?:{re.escape(c)}|(?i:%{ord(c):02x}))" for c in key)
    return re.sub(pattern, REDACTED, text) if key else text


_KEYS: set[str] = set()


def _redacted(record: logging.LogRecord) -> bool:
    """Remove keys from a record before any handler sees it; return true."""
    text = record.getMessage()
    for key in _KEYS:
        text = redact(text, key)
    record.msg, record.args = text, ()
    return True


def redact_logs(key: str) -> None:
    """Remove the key from what the HTTP libraries log: addresses hold the key."""
    _KEYS.add(key)
    for name in ("urllib3.connectionpool", "urllib3.util.retry", "requests"):
        logging.getLogger(name).addFilter(_redacted)
