"""Log lines and progress bars, all on standard error; results on standard output can be piped."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TextIO

from rich.console import Console
from rich.highlighter import NullHighlighter
from rich.logging import RichHandler
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from camcensus.core.errors import Interrupted

LOGGER = logging.getLogger("camcensus")
_PREFIXES = {logging.WARNING: "warning: ", logging.ERROR: "camcensus: "}
_bars: Console | None = None  # where bars are drawn; None: nowhere


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
        columns: tuple[Any, ...] = (TextColumn("{task.description}"), BarColumn(), _Rate(), TimeRemainingColumn())
        with Progress(*columns, console=_bars, transient=True) as bars:
            task = bars.add_task(printable(text), total=total, unit=unit)
            yield lambda done: bars.update(task, completed=done)


def _log(level: int, text: str, snapshot: str, stage: str) -> None:
    where = {name: value for name, value in (("snapshot", snapshot), ("stage", stage)) if value}
    LOGGER.log(level, "%s", printable(": ".join([*where.values(), text])), extra=where)


def configure_logging(quiet: bool = False, as_json: bool = False) -> None:
    """Send this process's log to standard error: text, or one JSON object a line. `quiet`: warnings and errors only."""
    global _bars  # noqa: PLW0603  like the handlers of `logging`, one for the process
    console = Console(stderr=True)
    is_terminal = console.is_terminal and not as_json
    _bars = console if is_terminal and not quiet else None
    handler = _TerminalHandler(console) if is_terminal else _LineHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if as_json else _TextFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(as_json)
    LOGGER.setLevel(logging.WARNING if quiet else logging.INFO)


class _PassInterrupts(logging.Handler):
    """A handler that passes an interrupt on, and ignores a closed standard error."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802  logging's name
        """Raise the interrupt, which `logging` would only print."""
        if isinstance(error := sys.exc_info()[1], Interrupted):
            raise error


class _LineHandler(_PassInterrupts, logging.StreamHandler[TextIO]):
    """Plain lines, where standard error is not a terminal."""


class _TerminalHandler(_PassInterrupts, RichHandler):
    """Lines on a terminal: warnings and errors in colour, above the bars."""

    def __init__(self, console: Console) -> None:
        # Text may come from file names: markup is never interpreted.
        super().__init__(
            console=console, show_time=False, show_level=False, show_path=False, highlighter=NullHighlighter()
        )

    def render_message(self, record: logging.LogRecord, message: str) -> Text:
        """Colour a message by its level."""
        return Text(message, style={logging.WARNING: "yellow", logging.ERROR: "red"}.get(record.levelno, ""))


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


class _Rate(ProgressColumn):
    """Done of total and the rate, in the task's unit."""

    def render(self, task: Task) -> Text:
        """Return the text of the column."""
        scale, unit = (1e6, "MB") if task.fields["unit"] == "bytes" else (1, task.fields["unit"])
        speed = f"{task.speed / scale:,.0f} {unit}/s" if task.speed else ""
        return Text(f"{task.completed / scale:,.0f}/{(task.total or 0) / scale:,.0f} {unit}  {speed}")


def printable(text: str) -> str:
    """Return the text with "?" for control characters that a terminal would obey; line ends stay."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
