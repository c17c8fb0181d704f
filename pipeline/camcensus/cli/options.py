"""What commands share: options, the engine that they run on, and how a result is printed."""

import functools
import inspect
import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from camcensus.core.console import configure_logging, printable

if TYPE_CHECKING:  # what takes time to import is imported by the commands that need it
    from camcensus.core.config import Study
    from camcensus.engines.engine import Engine

VARIABLE = "CAMCENSUS_STUDY"
STUDY = Path("study.toml")
StudyOption = Annotated[Path, typer.Option("--study", "-s", envvar=VARIABLE, help="The study file.")]
AnyStudyOption = Annotated[
    Path | None, typer.Option("--study", "-s", envvar=VARIABLE, help="The study file.", show_default=False)
]
SourceOption = Annotated[
    str, typer.Option("--source", help="shodan, censys, fofa, zoomeye, netlas, or your own mapping file (.toml).")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
SnapshotOption = Annotated[
    str, typer.Option("--snapshot", help="Snapshot id: letters, digits, '.', '_', '-'.", show_default=False)
]
Workers = Annotated[int, typer.Option("--workers", min=0, max=256, help="Number of processes; 0: one per core.")]
EngineOption = Annotated[str, typer.Option("--engine", help="Where the stages run: local or spark.")]
Master = Annotated[
    str | None, typer.Option("--master", help="Spark master: local[2], spark://HOST:PORT, yarn.", show_default=False)
]
_LOG_OPTIONS = [
    inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=False,
        annotation=Annotated[bool, typer.Option(*flags, help=text, rich_help_panel="Log")],
    )
    for name, flags, text in (
        ("quiet", ("--quiet", "-q"), "Log warnings and errors only."),
        ("log_json", ("--log-json",), "Log one JSON object per line."),
    )
]  # fmt: skip
Command = TypeVar("Command", bound=Callable[..., None])


class App(typer.Typer):
    """A group of commands that all have the log options, and find the study in the working folder."""

    def command(self, name: str | None = None, **named: Any) -> Callable[[Command], Command]:
        """Return a decorator that adds a function as a command."""

        def add(function: Command) -> Command:
            @functools.wraps(function)
            def logged(quiet: bool, log_json: bool, **arguments: Any) -> None:
                configure_logging(quiet, log_json)
                if arguments.get("study") == STUDY and not STUDY.exists():
                    raise typer.BadParameter(
                        f"no {STUDY} in this folder. Name a study with --study or {VARIABLE}, or create one with: "
                        "camcensus init FOLDER",
                        param_hint="--study",
                    )
                function(**arguments)

            signature = inspect.signature(function)
            parameters = [*signature.parameters.values(), *_LOG_OPTIONS]
            logged.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
            super(App, self).command(name, **named)(logged)
            return function

        return add


def load_study(path: Path) -> "Study":
    """Return the study in a file. Raises `StudyError`."""
    from camcensus.core import config

    return config.load_study(path)


def chosen_engine(name: str, master: str | None, workers: int) -> "AbstractContextManager[Engine]":
    """Return the engine that the options name. Raises `typer.BadParameter` for options that exclude each other."""
    if name not in ("local", "spark"):
        raise typer.BadParameter(f"{name!r} is not an engine; choose local or spark", param_hint="--engine")
    if name == "local":
        if master is not None:
            raise typer.BadParameter("needs --engine spark", param_hint="--master")
        from camcensus.engines.local import Local

        return nullcontext(Local(workers or os.cpu_count() or 1))
    if workers:
        raise typer.BadParameter("needs --engine local; Spark's master sets the number", param_hint="--workers")
    from camcensus.engines.spark import spark

    return spark(master or "local[*]")


def show(result: str) -> None:
    """Print a result without characters that a terminal would obey (names of folders, words of a server)."""
    typer.echo(printable(result))


def show_result(found: Any, text: str, as_json: bool) -> None:
    """Print a result as JSON for a program, or as text."""
    show(json.dumps(found, sort_keys=True) if as_json else text)


def check_snapshot_id(name: str, option: str = "--snapshot") -> None:
    """Raise `typer.BadParameter` for what cannot be the id of a snapshot or collection."""
    from camcensus.core.config import SNAPSHOT_ID

    if not SNAPSHOT_ID.fullmatch(name) or name in (".", ".."):
        raise typer.BadParameter(
            f"found {name!r}; allowed: at most 64 letters, digits, '.', '_' and '-'", param_hint=option
        )
