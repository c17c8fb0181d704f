"""At most so many requests a second to one address, over all objects and processes of this user.

The next free moment stands in a file under a lock; whoever asks takes it and waits until then.
"""

import time
from pathlib import Path
from urllib.parse import urlsplit

import filelock

from camcensus.core.resources import cache_folder

# Longer than any queue of collectors on one machine; a file that says more is of before a restart, or damaged.
LONGEST_QUEUE = 60


class Limiter:
    """Lets one request pass at a time, `rate` a second (0: no limit). A damaged file starts anew."""

    def __init__(self, address: str, rate: float, folder: Path | None = None) -> None:
        self._gap = 1.0 / rate if rate > 0 else 0.0
        parts = urlsplit(address)
        host = "".join(c if c.isalnum() else "-" for c in f"{parts.hostname}:{parts.port or ''}")
        self._file = (folder or cache_folder()) / f"next-request-{host}"
        self._lock = filelock.FileLock(self._file.with_suffix(".lock"))

    def wait(self) -> float:
        """Waits for a free moment; the seconds waited. Raises `OSError` when the file cannot be written."""
        if not self._gap:
            return 0.0
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            # Monotonic time is the same for all processes of a machine, and no clock that is set moves it.
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
