"""What the commands share: options, and how a result is told."""

import errno
import functools
import inspect
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from camcensus.core.config import SNAPSHOT_ID
from camcensus.core.console import configure_logging, printable
from camcensus.engines.engine import Engine

StudyOption = Annotated[Path, typer.Option("--study", "-s", help="The study's TOML file.", show_default=False)]
SourceOption = Annotated[
    str, typer.Option("--source", help="shodan, censys, fofa, zoomeye, netlas, or a mapping file of your own (.toml).")
]
Json = Annotated[bool, typer.Option("--json", help="Give the result as JSON.")]
SnapshotOption = Annotated[str, typer.Option("--snapshot", help="The snapshot's id.", show_default=False)]
Workers = Annotated[int, typer.Option("--workers", min=0, max=256, help="Processes; 0: one a core.")]

EngineOption = Annotated[str, typer.Option("--engine", help="Where the stages run: local or spark.")]
Master = Annotated[
    str | None, typer.Option("--master", help="Of Spark: local[2], spark://HOST:PORT, yarn, ...", show_default=False)
]


Command = TypeVar("Command", bound=Callable[..., None])


class App(typer.Typer):
    """A group of commands that all have the options of the log."""

    def command(self, name: str | None = None, **named: Any) -> Callable[[Command], Command]:
        """Return a decorator that adds a function as a command."""

        def add(function: Command) -> Command:
            @functools.wraps(function)
            def logged(quiet: bool, log_json: bool, **arguments: Any) -> None:
                configure_logging(quiet, log_json)
                function(**arguments)

            signature = inspect.signature(function)
            parameters = [*signature.parameters.values(), *_LOG_OPTIONS]
            logged.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
            super(App, self).command(name, **named)(logged)
            return function

        return add


_LOG_OPTIONS = [
    inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=False,
        annotation=Annotated[bool, typer.Option(*flags, help=text, rich_help_panel="Log")],
    )
    for name, flags, text in (
        ("quiet", ("--quiet", "-q"), "Log warnings and errors only."),
        ("log_json", ("--log-json",), "Log one JSON object a line."),
    )
]


def chosen_engine(name: str, master: str | None, workers: int) -> AbstractContextManager[Engine]:
    """The engine that was asked for. Raises `typer.BadParameter` for what does not go together."""
    if name not in ("local", "spark"):
        raise typer.BadParameter("local or spark", param_hint="--engine")
    if name == "local":
        if master is not None:
            raise typer.BadParameter("is for --engine spark", param_hint="--master")
        from camcensus.engines.local import Local

        return nullcontext(Local(workers or os.cpu_count() or 1))
    if workers:
        raise typer.BadParameter("is for --engine local; Spark's master says how many", param_hint="--workers")
    from camcensus.engines.spark import spark

    return spark(master or "local[*]")


def tell(result: str) -> None:
    """A result, without anything in it that a terminal would obey (names of folders, words of a server)."""
    typer.echo(printable(result))


def disk_trouble(error: OSError) -> str:
    """What a failure of the disk comes to, and what to do."""
    told = f"{error.filename or 'disk'}: {error.strerror or error}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{told}: no space is left on the disk; what was there is as it was. Make room, and run this again"
    return told


def check_snapshot_id(name: str, option: str = "--snapshot") -> None:
    """Raises `typer.BadParameter` for what cannot be the id of a snapshot or collection."""
    if not SNAPSHOT_ID.fullmatch(name) or name in (".", ".."):
        raise typer.BadParameter("letters, digits, '.', '_' and '-', at most 64 of them", param_hint=option)
