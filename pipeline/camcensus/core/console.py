"""Log lines and progress bars, all on standard error; results on standard output can be piped."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from camcensus.core.errors import Interrupted

if TYPE_CHECKING:
    from camcensus.core.terminal import Terminal

LOGGER = logging.getLogger("camcensus")
_PREFIXES = {logging.WARNING: "warning: ", logging.ERROR: "camcensus: "}
_bars: "Terminal | None" = None  # where bars are drawn; None: nowhere


class Reporter:
    """Reports progress through the `camcensus` logger, and counts the warnings."""

    def __init__(self) -> None:
        self.n_warnings = 0

    def info(self, text: str, snapshot: str = "", stage: str = "") -> None:
        """Log one line about something done."""
        _log(logging.INFO, text, snapshot, stage)

    def warning(self, text: str, snapshot: str = "", stage: str = "") -> None:
        """Log one line that must be seen."""
        self.n_warnings += 1
        _log(logging.WARNING, text, snapshot, stage)

    @contextmanager
    def progress(self, text: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
        """Draw a bar from 0 to `total`; call the value given with how much is done."""
        if _bars is None:
            yield lambda _: None
            return
        with _bars.progress(printable(text), total, unit) as progress:
            yield progress


def _log(level: int, text: str, snapshot: str, stage: str) -> None:
    where = {name: value for name, value in (("snapshot", snapshot), ("stage", stage)) if value}
    LOGGER.log(level, "%s", printable(": ".join([*where.values(), text])), extra=where)


def configure_logging(quiet: bool = False, as_json: bool = False) -> None:
    """Send this process's log to standard error: text, or one JSON object a line. `quiet`: warnings and errors only."""
    global _bars  # noqa: PLW0603  like the handlers of `logging`, one for the process
    terminal = None if as_json else _terminal()
    _bars = None if quiet else terminal
    handler = terminal.handler() if terminal else _LineHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if as_json else _TextFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(as_json)
    LOGGER.setLevel(logging.WARNING if quiet else logging.INFO)


def _terminal() -> "Terminal | None":
    """Return the terminal that standard error is, or None."""
    if not ((sys.stderr and sys.stderr.isatty()) or os.environ.keys() & {"FORCE_COLOR", "TTY_COMPATIBLE"}):
        return None
    from camcensus.core.terminal import Terminal  # noqa: PLC0415  rich: a tenth of a second, not for logs and pipes

    found = Terminal()
    return found if found.is_terminal else None


class PassInterrupts(logging.Handler):
    """A handler that passes an interrupt on, and ignores a closed standard error."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802  logging's name
        """Raise the interrupt, which `logging` would only print."""
        if isinstance(error := sys.exc_info()[1], Interrupted):
            raise error


class _LineHandler(PassInterrupts, logging.StreamHandler[TextIO]):
    """Plain lines, where standard error is not a terminal."""


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return _PREFIXES.get(record.levelno, "") + super().format(record)


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": super().format(record),
        }
        entry |= {name: getattr(record, name) for name in ("snapshot", "stage") if hasattr(record, name)}
        return json.dumps(entry)


def printable(text: str) -> str:
    """Return the text with "?" for control characters that a terminal would obey; line ends stay."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
