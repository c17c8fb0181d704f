"""Each command's help has an example that the command itself would take; the shell completes commands and options."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer.main

from camcensus.cli.app import app


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, under the words that call it."""
    waiting: list[tuple[str, click.Command]] = [("camcensus", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        if hasattr(command, "commands"):
            waiting += [(f"{name} {word}", found) for word, found in command.commands.items()]
        else:
            yield name, command


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_that_the_command_takes(name: str) -> None:
    command = COMMANDS[name]
    assert command.help, name
    start, _, example = (command.epilog or "").partition(": ")
    assert start == "Example"
    assert f"{example} ".startswith(f"{name} ")
    words = shlex.split(example.removeprefix(name))
    with command.make_context(name, words):  # raises for an option that is not there, or a value of a wrong kind
        pass


def completed(*words: str) -> list[str]:
    """What bash is offered for the last word."""
    told = {"_CAMCENSUS_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    command = [Path(sys.prefix) / "bin/camcensus"]
    done = subprocess.run(command, env={**os.environ, **told}, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.slow
def test_the_shell_completes_commands_and_options() -> None:
    assert completed("camcensus", "st") == ["status"]
    assert completed("camcensus", "audit", "s") == ["sample", "score"]
    assert "--study" in completed("camcensus", "run", "--st")
    # It asks which shell it was called from; the tests may have been called from none.
    shown = ["bash", "-c", f"'{Path(sys.prefix) / 'bin/camcensus'}' --show-completion; exit $?"]
    done = subprocess.run(shown, capture_output=True, text=True)
    assert "_CAMCENSUS_COMPLETE=complete_bash" in done.stdout, done.stderr
