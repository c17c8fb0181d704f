"""Which addresses may be asked, and how fast: one limit for all objects and processes of this user.

The next free moment is in a file under a lock; each request takes it and waits until then.
"""

import ipaddress
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import filelock

from camcensus.core.errors import CamcensusError
from camcensus.core.resources import cache_folder

# Longer than any queue of collectors on one machine; a file with more is from before a restart, or damaged.
LONGEST_QUEUE = 60
MAX_RATE = 1.0  # requests a second; the engine's own limit


def is_loopback(address: str) -> bool:
    """Return whether a URL leads to this machine and nowhere else."""
    host = _host(address)
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _host(address: str) -> str:
    """Return the host of an http or https URL; empty for all else."""
    with suppress(ValueError):
        parts = urlsplit(address)
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    return ""


def check_address(address: str, rate: float) -> None:
    """Raise `CamcensusError` for an address or a rate that is not allowed, except where it is this machine's."""
    if not _host(address):
        raise CamcensusError(f"SHODAN_API_URL: found {address!r}; allowed: a URL such as https://api.shodan.io")
    if is_loopback(address):
        return
    if not address.startswith("https://"):
        raise CamcensusError(
            f"SHODAN_API_URL: found {address!r}; it would send the API key unencrypted. Use https; plain http is for "
            "servers on this machine only"
        )
    if not 0 < rate <= MAX_RATE:
        raise CamcensusError(
            f"rate: found {rate:g}; the search engine allows {MAX_RATE:g} request a second. Set rate under [collect] "
            "in the study to at most that; higher rates, and 0 for no limit, are for servers on this machine only"
        )


class Limiter:
    """A limit of `rate` requests a second (0: no limit). A damaged file is replaced."""

    def __init__(self, address: str, rate: float, folder: Path | None = None) -> None:
        self._gap = 1.0 / rate if rate > 0 else 0.0
        parts = urlsplit(address)
        host = "".join(c if c.isalnum() else "-" for c in f"{parts.hostname}:{parts.port or ''}")
        self._file = (folder or cache_folder()) / f"next-request-{host}"
        self._lock = filelock.FileLock(self._file.with_suffix(".lock"))

    def wait(self) -> float:
        """Wait for a free moment; return the seconds waited. Raises `OSError` when the file cannot be written."""
        if not self._gap:
            return 0.0
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            # Monotonic time is the same for all processes of a machine, and setting the clock does not change it.
            now = time.monotonic()
            mine = max(now, self._next(now))
            self._file.write_text(repr(mine + self._gap))
        time.sleep(mine - now)
        return mine - now

    def _next(self, now: float) -> float:
        try:
            free = float(self._file.read_text())
        except (OSError, ValueError):
            return now
        return free if now < free <= now + LONGEST_QUEUE * max(1.0, self._gap) else now
