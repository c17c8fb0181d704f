"""Decoy rules that need a host's other ports, on a random sample of hosts whose ports were all looked up.

A download of cameras does not show what else a host answers on. So some counted hosts are drawn at random, and looked
up one by one (`/shodan/host/{ip}`); what the rules find there is a share of all counted hosts, with an interval. It
goes into the manifest and moves no count: most hosts were not looked up.

In a snapshot's `raw/hosts-sample/` stand `draw.json` (`{"seed": 1, "of": 50000, "hosts": [...]}`) and `replies.jsonl`
(.gz, .zst) with a line for each host that was asked, `{"host": "192.0.2.1", "reply": {...}}`: the reply as received, or
null where the engine no longer knew the host. `camcensus collect --mode hosts` writes both (`collect/look_up.py`), and
their checksum (`host_seal.py`).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from camcensus.core import storage
from camcensus.core.errors import IntegrityError
from camcensus.core.manifest import DecoyRule, HostSample, Share, held, load_manifest
from camcensus.dedupe.devices import Rules, number
from camcensus.engines.engine import Engine
from camcensus.estimate.area_sampling.hosts import draw, wilson
from camcensus.geolocate.database import Locator
from camcensus.identify.batches import label_part
from camcensus.identify.catalogue import Catalogue
from camcensus.ingest.records import ingest_records
from camcensus.raw.host_seal import check_seal
from camcensus.readers.lines import LONGEST, Line, RawFile
from camcensus.readers.parsed_line import found_in
from camcensus.readers.record import Batch, Record, in_batches

FOLDER = "raw/hosts-sample"
DRAW = "draw.json"
REPLIES = ("replies.jsonl", "replies.jsonl.gz", "replies.jsonl.zst")
SEALED = [DRAW, *REPLIES]
QUERY = "sampled"
DECIMALS = 6
_HINT = "move the folder away, or draw and look up anew"


class Draw(BaseModel):
    """What was drawn: with which seed, of how many counted hosts, and which."""

    model_config = ConfigDict(extra="forbid", strict=True)
    seed: int
    of: int
    hosts: list[str]


class _Reply(msgspec.Struct):
    data: list[msgspec.Raw] = []


class _Looked(msgspec.Struct):
    host: str
    reply: _Reply | None


_DECODE = msgspec.json.Decoder(_Looked).decode


def draw_hosts(snapshot: Path, hosts: int, seed: int) -> Draw:
    """Draws so many counted hosts of a snapshot that was identified, and writes down which."""
    counted: set[str] = set()
    manifest = load_manifest(snapshot)
    for path in held(snapshot, manifest, "identified") if manifest else []:
        counted.update(pq.read_table(path, columns=["host"], filters=[("counted", "=", True)])["host"].to_pylist())
    drawn = Draw(seed=seed, of=len(counted), hosts=draw(counted, hosts, seed))
    storage.write_json(snapshot / FOLDER / DRAW, drawn.model_dump())
    return drawn


def sample_files(snapshot: Path) -> list[Path]:
    """The files of the sample: what was drawn and what was answered; none where nobody was looked up. Raises
    `IntegrityError` for answers without a draw, and for what is not as it was sealed."""
    folder = snapshot / FOLDER
    replies = [folder / name for name in REPLIES if (folder / name).is_file()]
    if replies and not (folder / DRAW).is_file():
        raise IntegrityError(folder / DRAW, f"is missing, so nobody knows how the hosts were drawn; {_HINT}")
    check_seal(folder, SEALED)
    return [folder / DRAW, *replies] if replies else []


def evaluate(
    snapshot: Path, rules: Rules, catalogue: Catalogue, locator: Locator, key: bytes, engine: Engine
) -> HostSample | None:
    """What the rules find on the sampled hosts; None where nobody was looked up.

    Raises `IntegrityError` for files that are not as they should be.
    """
    files = sample_files(snapshot)
    if not files:
        return None
    drawn = read_draw(files[0])
    replies = Replies(files[1:], set(drawn.hosts))
    scratch = snapshot / ".scratch-hosts"
    observations, identified = scratch / "observations.parquet", scratch / "identified.parquet"
    with engine.sql(scratch) as db:
        ingest_records(replies, "hosts-sample", observations, scratch / "quarantine.gz")
        label_part(observations, identified, catalogue.identifier, locator, key)
        db.parquet("identified", [identified])
        number(db, replace(rules, days="all", end=None))
        # All ports were asked for, whatever came.
        db.rows("others", pa.table({"collected": [True]}))
        db.table("suspects", "suspects")
        found = {row["reason"]: row["hosts"] for row in db.query(QUERY).to_pylist()}
    hosts = found.pop("hosts")
    shares = {reason: _share(n, hosts) for reason, n in found.items() if hosts}
    return HostSample(
        seed=drawn.seed,
        of=drawn.of,
        drawn=len(drawn.hosts),
        asked=len(replies.asked),
        gone=replies.gone,
        counted=hosts,
        likely=shares.pop("likely", None),
        rules=shares,
    )


def with_sample(rules: list[DecoyRule], sample: HostSample | None) -> list[DecoyRule]:
    """The rules, those that could not be evaluated on all hosts with what they found on the sample."""
    if sample is None:
        return rules
    note = f"; on a random sample of {sample.counted:,} hosts, whose ports were all looked up, it was"
    return [
        rule.model_copy(update={"sample": sample.rules[rule.rule], "reason": f"{rule.reason}{note}"})
        if not rule.evaluated and rule.rule in sample.rules
        else rule
        for rule in rules
    ]


class Replies:
    """The banners of all replies, read once. A banner's number is its place among all, from 1."""

    def __init__(self, files: list[Path], drawn: set[str]) -> None:
        self._files = files
        self._drawn = drawn
        self.asked: set[str] = set()
        self.gone = 0
        self.unknown: Counter[str] = Counter()
        self.damage: str | None = None

    def batches(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Batch]:
        """The same records, gathered."""
        return in_batches(self._records(on_bytes))

    def _records(self, on_bytes: Callable[[int], None]) -> Iterator[Record]:
        """A record for each banner. Raises `IntegrityError` for a line that is no reply, or of a host nobody drew."""
        count = 0
        for path in self._files:
            raw = RawFile(path)
            for line in raw.lines(on_bytes):
                for banner in self._banners(path, line):
                    count += 1
                    data = bytes(banner)
                    one = Line(count, data[:LONGEST], len(data))
                    yield Record(count, one, found_in(one))
            if raw.damage:
                raise IntegrityError(path, f"is damaged: {raw.damage}; {_HINT}")

    def _banners(self, path: Path, line: Line) -> list[msgspec.Raw]:
        if not line.data.strip():
            return []
        try:
            looked = _DECODE(line.data)
        except msgspec.MsgspecError as error:
            raise IntegrityError(path, f"line {line.number} is no reply to a look-up: {error}; {_HINT}") from None
        if looked.host not in self._drawn or looked.host in self.asked:
            what = "twice there" if looked.host in self.asked else "not in the sample that was drawn"
            raise IntegrityError(path, f"line {line.number}: {looked.host} is {what}; {_HINT}")
        self.asked.add(looked.host)
        self.gone += looked.reply is None
        return looked.reply.data if looked.reply else []


def read_draw(path: Path) -> Draw:
    """What was drawn. Raises `IntegrityError`."""
    try:
        return Draw.model_validate(storage.read_json(path))
    except ValidationError as error:
        raise IntegrityError(path, f"is no draw of hosts: {error.errors()[0]['msg']}; {_HINT}") from None


def _share(flagged: int, hosts: int) -> Share:
    low, high = wilson(flagged, hosts)
    return Share(
        hosts=hosts, flagged=flagged, share=round(flagged / hosts, DECIMALS), low=round(low, DECIMALS),
        high=round(high, DECIMALS),
    )  # fmt: skip
