"""Kills commands at random moments, lets the same command go on, and holds what comes of it against a run in peace.

A `Victim` says what is killed and how one sees that nothing is lost; `kill_often` does it. Moments are drawn with a
seed from the time that the command takes in peace; which step of its work such a moment hits, the machine decides.
"""

import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import record
from tests.shell import Shell


@dataclass(frozen=True)
class Victim:
    """What is killed. `prepare`: makes what it starts from in a new folder; `arguments`: the command for that folder;
    `faults`: what is wrong with a folder in which it was killed so often and then ended, held against one in which it
    was left in peace; `halves`: what is wrong with a folder right after the kill, as whoever reads it then sees it."""

    name: str
    prepare: Callable[[Path], None]
    arguments: Callable[[Path], list[object]]
    faults: Callable[[Path, Path, int], list[str]]
    environment: dict[str, str] = field(default_factory=dict)
    halves: Callable[[Path, Path], list[str]] = lambda _, __: []


@dataclass
class Tally:
    """How a victim fared: moments tried, how many came while it worked, what was wrong after each."""

    name: str
    tries: int = 0
    hit: int = 0
    faults: list[str] = field(default_factory=list)
    failed: int = 0

    @property
    def survived(self) -> int:
        """Tries after which all was as it should be."""
        return self.tries - self.failed


def kill_often(victim: Victim, folder: Path, shell: Shell, tries: int, seed: int) -> Tally:
    """Kills it once in each of so many folders, at a moment of its own each time."""
    chance = random.Random(f"{victim.name} {seed}")
    calm = folder / "calm"
    victim.prepare(calm)
    shell.run("--version")  # the first command waits until the shell has loaded everything
    began = time.monotonic()
    done = shell.run(*victim.arguments(calm), **victim.environment)
    length = time.monotonic() - began
    assert done.status == 0, done.out + done.err
    tally = Tally(victim.name)
    for number in range(tries):
        place = folder / f"killed-{number}"
        victim.prepare(place)
        running = shell.start(*victim.arguments(place), **victim.environment)
        time.sleep(chance.uniform(0, length))
        running.kill(tree=number % 2 > 0)  # alone, what it started has to end by itself
        hit = running.done().status < 0
        halves = victim.halves(place, calm)
        again = shell.run(*victim.arguments(place), **victim.environment)
        faults = halves + victim.faults(place, calm, int(hit))
        if again.status != 0 or "Traceback" in again.err:
            faults.append(f"ended with {again.status}: {again.out}{again.err}")
        record(f"F1 {victim.name}", 1, bool(faults))
        tally.tries += 1
        tally.hit += hit
        tally.failed += bool(faults)
        tally.faults += [f"try {number}: {fault}" for fault in faults]
        shutil.rmtree(place)
    return tally
