"""Log lines in colour and progress bars, where standard error is a terminal."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.highlighter import NullHighlighter
from rich.logging import RichHandler
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from camcensus.core.console import PassInterrupts


class Terminal:
    """Standard error, as a terminal. `is_terminal`: it is one, or the environment says to take it for one."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self.is_terminal = self._console.is_terminal

    def handler(self) -> logging.Handler:
        """Return a handler of log lines."""
        return _TerminalHandler(self._console)

    @contextmanager
    def progress(self, text: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
        """Draw a bar from 0 to `total`; call the value given with how much is done."""
        columns: tuple[Any, ...] = (TextColumn("{task.description}"), BarColumn(), _Rate(), TimeRemainingColumn())
        with Progress(*columns, console=self._console, transient=True) as bars:
            task = bars.add_task(text, total=total, unit=unit)
            yield lambda done: bars.update(task, completed=done)


class _TerminalHandler(PassInterrupts, RichHandler):
    """Lines on a terminal: warnings and errors in colour, above the bars."""

    def __init__(self, console: Console) -> None:
        # Text may come from file names: markup is never interpreted.
        super().__init__(
            console=console, show_time=False, show_level=False, show_path=False, highlighter=NullHighlighter()
        )

    def render_message(self, record: logging.LogRecord, message: str) -> Text:
        """Colour a message by its level."""
        return Text(message, style={logging.WARNING: "yellow", logging.ERROR: "red"}.get(record.levelno, ""))


class _Rate(ProgressColumn):
    """Done of total and the rate, in the task's unit."""

    def render(self, task: Task) -> Text:
        """Return the text of the column."""
        scale, unit = (1e6, "MB") if task.fields["unit"] == "bytes" else (1, task.fields["unit"])
        speed = f"{task.speed / scale:,.0f} {unit}/s" if task.speed else ""
        return Text(f"{task.completed / scale:,.0f}/{(task.total or 0) / scale:,.0f} {unit}  {speed}")
