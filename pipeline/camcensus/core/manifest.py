"""What a snapshot's `manifest.json` says: which inputs, which instrument, which outputs, and where every row went.

Nothing in it depends on the clock or the machine; those stand in `run-log.json`.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from camcensus.core import storage
from camcensus.core.errors import IntegrityError, ReconciliationError
from camcensus.core.fingerprints import built_on, code_hash, commit, digest_of, package_version

FORMAT = 2
EARLIER = (1,)  # formats that are made anew
STAGES = ("ingest", "identify", "locate", "dedupe", "aggregate")


class Strict(BaseModel):
    """A record in which nothing unknown stands, and nothing is turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Flow(Strict):
    """Where a stage's rows went: `rows_in` = `rows_out` + everything in `dropped` (reason to rows)."""

    unit: str
    rows_in: int
    rows_out: int
    dropped: dict[str, int] = {}

    def check(self, stage: str) -> "Flow":
        """This flow, if it reconciles; raises `ReconciliationError` otherwise."""
        gone = sum(self.dropped.values())
        if self.rows_in != self.rows_out + gone:
            raise ReconciliationError(
                f"{stage}: {self.rows_in} {self.unit} in, {self.rows_out} out and {gone} dropped: "
                f"{self.rows_in - self.rows_out - gone} are not accounted for"
            )
        return self


class Output(Strict):
    """A file that a stage wrote. `rows` and `table` (its schema: name and a hash of columns, types and what may be
    null) are null for what is not a table."""

    bytes: int
    sha256: str
    rows: int | None = None
    table: str | None = None


class Part(Strict):
    """One part of a row-wise stage: the checksum of what it was made from, and what was counted on the way."""

    made_from: str
    tally: dict[str, int] = {}


class DecoyRule(Strict):
    """One rule that sees decoys across banners. `evaluated` false: it could not be, and `reason` says why. `from_n`:
    the study's threshold; null: it has none. `hosts`: how many it graded; null: not evaluated."""

    rule: str
    grade: str
    evaluated: bool
    reason: str | None = None
    from_n: int | None = None
    hosts: int | None = None


class Ages(Strict):
    """How long before the window's end what was kept was last seen: days ("0", "1-2", ... "30+") to counted banners and
    to hosts (by their latest banner). The churn index is null with the reason in words: it needs several collections.
    """

    banners: dict[str, int]
    hosts: dict[str, int]
    hosts_last_7_days: int
    churn_index: float | None = None
    churn_reason: str | None = None


class Collected(Strict):
    """One of several collections of a snapshot: its counted banners in the window, and when they were seen (UTC)."""

    collection: str
    n_banners: int
    first_seen: int
    last_seen: int


class Churn(Strict):
    """What became of one collection in the next, summed over each two in a row. `index`: share of
    the identities seen again that moved; null with the `reason` in words."""

    index: float | None = None
    reason: str | None = None
    collections: list[Collected] = []
    n_hosts: int | None = None
    n_hosts_gone: int | None = None
    n_identities: int | None = None
    n_identities_moved: int | None = None


class Merges(Strict):
    """What one dedupe rule did: rows that it put with another one. `on` false: the study has it off, or `reason`."""

    on: bool
    merged: int
    reason: str | None = None


class Fields(Strict):
    """What the engine sent: in how many of `rows` accepted banners each column that is read holds
    something (`read`), and in how many of the `sampled` first records each field of the raw files stands (`raw`)."""

    rows: int
    read: dict[str, int]
    sampled: int
    raw: dict[str, int]


class Stage(Strict):
    """One stage's record. `key` is the hash of all that its outputs depend on, but for the `parts` it is made from.

    Ingest alone has `unknown_fields`: fields of another engine's export that its mapping neither maps nor ignores, and
    in how many rows or lines each held something; and `fields`, what the engine sent. Dedupe alone has `merges` (by
    rule: rows in the window = devices + all that was merged), `identities` (by kind: how many kinds of each were seen,
    used, and refused for being on too many hosts), `decoy_rules`, `ages` and `churn`.
    """

    key: str
    outputs: dict[str, Output]
    flow: Flow
    parts: dict[str, Part] = {}
    notes: list[str] = []
    unknown_fields: dict[str, int] = {}
    fields: Fields | None = None
    merges: dict[str, Merges] = {}
    identities: dict[str, int] = {}
    decoy_rules: list[DecoyRule] = []
    ages: Ages | None = None
    churn: Churn | None = None


UNKNOWN_QUERIES = "not known"


class Instrument(Strict):
    """The four versions that a number depends on (design: the instrument). What was asked for is not known of files
    that were imported; their `query_set` says so."""

    query_set: str
    catalogue: str
    rules: str
    geo_db: str


FAR = 180  # days between an edition and the snapshot from which on there is a warning


class Geo(Strict):
    """The country database that located the snapshot. `built` and `snapshot` are days, `days` lie between them; `flag`
    says whether it was built after the snapshot's day, or before (or on) it. `second`: the second opinion's source.
    The files' checksums; `second_sha256` is null where the engine is the second opinion."""

    edition: str
    sha256: str
    built: str
    snapshot: str
    days: int
    flag: Literal["before", "after"]
    second: str
    second_sha256: str | None


class Window(Strict):
    """First and last second counted (UTC), and the study's days; all null when nothing was counted."""

    start: int | None
    end: int | None
    days: int | Literal["all"]


class Mapped(Strict):
    """The mapping that a file of another engine was read with: its checksum, the engine's name as people write it, and
    whether it was ever held against a real export."""

    sha256: str
    title: str
    verified: bool


MAIN = "main"  # the collection of files for which none was named


class Input(Strict):
    """A raw file; when it was received stands in its ledger. `collection`: which of the snapshot's it is of. `mapping`
    is null for Shodan's own. `pages`: how many collected pages it stands for (null: it is a file), and then its
    checksum is over theirs. `rows`: lines or records in it; null: not read yet. `damage` says where a compressed
    stream broke off, or that the file gave nothing."""

    source: str
    bytes: int
    sha256: str
    pages: int | None = None
    rows: int | None = None
    collection: str = MAIN
    mapping: Mapped | None = None
    damage: str | None = None


class SentQuery(Strict):
    """A query that was sent: its text, what was sent for it (without what earlier ones find), and a note where that
    could not be."""

    text: str
    sent: str
    note: str = ""


class DrawnBlocks(Strict):
    """The blocks of a sample: so many, drawn by a seed out of so many of a prefix length, each with the same chance."""

    seed: int
    prefix_length: int
    blocks: int
    of: int


class Collection(Strict):
    """How a snapshot was collected: modes, queries by id, parts, banners announced and found (distinct address, port
    and transport, by query), query credits, what is missing in words, free control counts with the engine's ports,
    which blocks a sample is of (null: it is none), and whether banners came with all their fields (`whole_banners`) or
    with those alone that the pipeline reads.
    """

    modes: list[str]
    queries: dict[str, SentQuery]
    parts: int
    announced: int
    found: int
    credits: int
    threshold: float
    missing: list[str]
    controls: dict[str, int]
    ports: list[int]
    sample: DrawnBlocks | None = None
    whole_banners: bool = False


class Told(Strict):
    """What the study says that imported files were downloaded with: queries, and the ports that the engine looked at
    then; empty: not said."""

    queries: list[str] = []
    ports: list[int] = []


class Made(Strict):
    """What made the counts: the command, the version of camcensus, the commit it was checked out at (null: it was
    installed), a hash of all its code, one of what the study decides, one of the catalogue's files (null: it takes no
    part), and the versions of what it is built on."""

    command: str
    version: str
    commit: str | None
    code: str
    study: str
    catalogue: str | None
    versions: dict[str, str]


def made_by(command: str, settings: str, catalogue: str | None = None) -> Made:
    """What makes something now. `settings`: all that the study decides; `catalogue`: the checksum of its files."""
    return Made(
        command=command,
        version=package_version(),
        commit=commit(),
        code=code_hash("camcensus.run")[:12],
        study=digest_of(settings)[:12],
        catalogue=catalogue,
        versions=built_on(),
    )


class Manifest(Strict):
    """A snapshot's manifest. `collection` is null for one that was imported; of that the study may have `told`.
    `purged`: files that `camcensus purge` removed; their records stay."""

    format: Literal[2] = 2
    snapshot: str
    run: str = ""
    version: str = ""
    made: Made | None = None
    engine: str = "shodan"
    basis: str = "download"
    complete: bool = True
    simulated: bool = False
    key_id: str = ""
    geo_credit: str = ""
    geo: Geo | None = None
    window: Window | None = None
    instrument: Instrument | None = None
    collection: Collection | None = None
    told: Told = Told()
    inputs: dict[str, Input] = {}
    missing: list[str] = []
    purged: list[str] = []
    stages: dict[str, Stage] = {}

    @property
    def query_set(self) -> str:
        """The version of the queries that were sent; of files that were imported only the study may know."""
        if self.collection is None:
            sent = [("", text, text) for text in sorted(set(self.told.queries))]
        else:
            sent = sorted((name, query.text, query.sent) for name, query in self.collection.queries.items())
        if not sent:
            return UNKNOWN_QUERIES
        return hashlib.sha256(repr(sent).encode()).hexdigest()[:12]

    def save(self, folder: Path) -> None:
        """Writes `manifest.json` into the snapshot's folder."""
        storage.write_checksummed(folder / "manifest.json", self.model_dump())


def load_manifest(folder: Path) -> Manifest | None:
    """The manifest of the snapshot in `folder`; None when there is none or it is of another format."""
    path = folder / "manifest.json"
    if not path.is_file():
        return None
    found = storage.read_json(path)
    if isinstance(found, Mapping) and found.get("format") in EARLIER:
        return None
    try:
        manifest = Manifest.model_validate(storage.read_checksummed(path))
    except ValidationError as error:
        raise IntegrityError(path, f"is not a manifest: {error.errors()[0]['msg']}; delete it and run again") from None
    outputs = [name for stage in manifest.stages.values() for name in stage.outputs]
    storage.require_inside(path, [*outputs, *manifest.inputs, *manifest.purged])
    return manifest


def held(folder: Path, manifest: Manifest, table: str) -> list[Path]:
    """The files of a table in a snapshot's folder, in order of name, every byte read and held against its manifest.
    Raises `IntegrityError`."""
    outputs = {name: output for stage in manifest.stages.values() for name, output in stage.outputs.items()}
    names = [name for name in sorted(outputs) if name.split("/")[0] == f"{table}.parquet"]
    for name in names:
        storage.require(folder / name, outputs[name].sha256, "is not what the manifest says; run again with --rehash")
    return [folder / name for name in names]
