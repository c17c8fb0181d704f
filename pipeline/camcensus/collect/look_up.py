"""Looking up a random sample of counted hosts, one by one: all ports of each, for the decoy rules that need them.

Answers are appended to one file as they come, so that a run that was stopped goes on after the last whole line.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from camcensus.collect.client import Client, Limits
from camcensus.collect.turns import in_turn
from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.errors import CamcensusError, IntegrityError
from camcensus.dedupe.host_sample import DRAW, FOLDER, REPLIES, SEALED, Draw, draw_hosts, read_draw
from camcensus.raw.host_seal import check_seal, seal

MODE = "hosts"
SAID = 100


@dataclass
class LookedUp:
    """How a sample of hosts stands: hosts drawn `of` the counted ones, asked in all and by this run, those that the
    engine holds no more, and which were not answered (`failed`), in words."""

    snapshot: str
    drawn: int
    of: int
    asked: int = 0
    now: int = 0
    gone: int = 0
    failed: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether everybody was asked."""
        return self.asked == self.drawn

    def as_dict(self) -> dict[str, Any]:
        """The same, for a program."""
        return {**asdict(self), "complete": self.complete}


def look_up(
    study: Study, snapshot: str, hosts: int, seed: int, key: str, say: Callable[[str], None] = lambda _: None
) -> LookedUp:
    """Draws `hosts` counted hosts of a snapshot that was identified, and asks for all ports of each that was not asked
    for yet. It costs no query credits. Raises `CamcensusError` where nobody can be drawn, or others were."""
    folder = study.data / snapshot / FOLDER
    with storage.lock(folder, f"the sample of hosts of {snapshot}"):
        check_seal(folder, SEALED)
        drawn = _drawn(study.data / snapshot, hosts, seed)
        replies = folder / REPLIES[0]
        done = LookedUp(snapshot, len(drawn.hosts), drawn.of)
        told = _told(replies)
        done.asked, done.gone = len(told), sum(not known for known in told.values())
        client = Client(key, Limits.of(study.collect))
        with replies.open("ab") as file:

            def ask(host: str) -> None:
                reply = client.host(host)
                file.write(_line(host, reply.body if reply else b"null"))
                file.flush()
                done.asked, done.now, done.gone = done.asked + 1, done.now + 1, done.gone + (reply is None)
                if done.now % SAID == 0:
                    say(f"{snapshot}: {done.asked:,} of {done.drawn:,} hosts looked up")

            in_turn((host for host in drawn.hosts if host not in told), ask, done.failed)
        storage.sync_files([replies])
        seal(folder, SEALED)
    return done


def _drawn(snapshot: Path, hosts: int, seed: int) -> Draw:
    """The draw that is there, else a new one."""
    path = snapshot / FOLDER / DRAW
    if path.is_file():
        there = read_draw(path)
        if (there.seed, len(there.hosts)) != (seed, min(hosts, there.of)):
            raise CamcensusError(
                f"{path}: {len(there.hosts):,} hosts were drawn with seed {there.seed}; ask for those to go on, or "
                "move the folder away to draw anew"
            )
        return there
    if not (snapshot / "identified.parquet").is_dir():
        raise CamcensusError(f"{snapshot}: nothing is counted there yet, so nobody can be drawn; camcensus run first")
    drawn = draw_hosts(snapshot, hosts, seed)
    if not drawn.hosts:
        path.unlink()
        raise CamcensusError(f"{snapshot}: it has no counted host to look up")
    return drawn


def _told(replies: Path) -> dict[str, bool]:
    """Hosts that were asked, and whether the engine knew them. A line that a stop cut short is taken off."""
    if not replies.is_file():
        return {}
    content = replies.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        storage.write_bytes(replies, whole)
    try:
        return {line["host"]: line["reply"] is not None for line in map(msgspec.json.decode, whole.splitlines())}
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise IntegrityError(replies, f"holds a line that is no answer ({error}); move the folder away") from None


def _line(host: str, body: bytes) -> bytes:
    """One answer in one line; what is between the values of JSON may hold line ends."""
    return b'{"host":' + msgspec.json.encode(host) + b',"reply":' + msgspec.json.format(body, indent=-1) + b"}\n"


def tell_looked_up(done: LookedUp, study: Path, as_json: bool) -> str:
    """What came, and what to do next; as JSON the same facts."""
    if as_json:
        return json.dumps(done.as_dict(), sort_keys=True)
    came = f"{done.asked:,} of the {done.drawn:,} drawn from {done.of:,} were looked up, {done.now:,} now"
    lines = [f"{done.snapshot}: hosts: {came}; the engine holds {done.gone:,} of them no more"]
    lines += [f"not collected: {text}" for text in done.failed]
    if done.complete:
        return "\n".join([*lines, f"complete; next: camcensus run --study {study}"])
    return "\n".join([*lines, "PARTIAL", "run the same command again to go on"])
