"""What a person sees of a run: bars with rate and time left on a terminal, plain lines elsewhere, nothing when quiet.

Everything goes to standard error, so that results on standard output can be piped.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class _Rate(ProgressColumn):
    """Done of total and the rate, in the task's unit."""

    def render(self, task: Task) -> Text:
        scale, unit = (1e6, "MB") if task.fields["unit"] == "bytes" else (1, task.fields["unit"])
        speed = f"{task.speed / scale:,.0f} {unit}/s" if task.speed else ""
        return Text(f"{task.completed / scale:,.0f}/{(task.total or 0) / scale:,.0f} {unit}  {speed}")


class Reporter:
    """Says what goes on. `quiet` says nothing but warnings."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        # Text may come from file names: markup is never interpreted.
        self._console = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """One line about something done."""
        if not self.quiet:
            self._console.print(printable(text))

    def warn(self, text: str) -> None:
        """One line that must be seen."""
        self._console.print(printable(f"warning: {text}"))

    @contextmanager
    def bar(self, what: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
        """A bar from 0 to `total`; the value given is called with how much is done."""
        if self.quiet or not sys.stderr.isatty():
            yield lambda _: None
            return
        columns: tuple[Any, ...] = (TextColumn("{task.description}"), BarColumn(), _Rate(), TimeRemainingColumn())
        with Progress(*columns, console=self._console, transient=True) as bars:
            task = bars.add_task(printable(what), total=total, unit=unit)
            yield lambda done: bars.update(task, completed=done)


def printable(text: str) -> str:
    """The text without anything that a terminal would obey; line ends stay."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
