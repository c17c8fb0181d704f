"""What a snapshot's `manifest.json` says: its inputs, its method, its outputs, and where every row went.

Nothing in it depends on the clock or the machine; those are in `run-log.json`.
"""

import hashlib
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from camcensus.core import storage
from camcensus.core.errors import IntegrityError
from camcensus.core.fingerprints import commit, digest_of, library_versions, package_version
from camcensus.core.stage_record import Output, StageRecord, Strict

FORMAT = 3
FAR = 180  # days between an edition and its snapshot from which on there is a warning
MAIN = "main"  # the collection of files for which none was named
UNKNOWN_QUERIES = "not known"


class Instrument(Strict):
    """The five versions that a number depends on.

    The queries of imported files are unknown unless the study declares them; `query_set` says so. `evidence`: what was
    read of banners (`ingest/evidence_version.py`); 1 in manifests that do not say it, and where matches are counted.
    """

    query_set: str
    catalogue: str
    rules: str
    geo_db: str
    evidence: int = 1


class Geo(Strict):
    """The country database that located the snapshot.

    `built` and `snapshot` are days, and `days` is the time between them; `flag` says whether the database was built
    after the snapshot's day. `second`: the second source. `second_sha256` is null if that is the engine.
    """

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
    """The mapping with which a file of another engine was read: checksum, the engine's name, verified or not."""

    sha256: str
    title: str
    verified: bool


class Input(Strict):
    """A raw file; the ledger says when it was received.

    `collection`: which one of the snapshot it belongs to. `mapping` is null for Shodan's own files. `pages`: the number
    of collected pages that it stands for (null: it is a file); its checksum is then over theirs. `rows`: lines or
    records in it; null: not read yet. `repaired`: what was repaired on reading, by kind (`readers.lines.REPAIRS`).
    `damage` says where the file ended early, or that it gave nothing.
    """

    source: str
    bytes: int
    sha256: str
    pages: int | None = None
    rows: int | None = None
    collection: str = MAIN
    mapping: Mapped | None = None
    repaired: dict[str, int] = {}
    damage: str | None = None


class SentQuery(Strict):
    """A query that was sent: its text, what was sent for it, and a note if earlier queries could not be excluded."""

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
    """How a snapshot was collected.

    Modes; queries by id; parts; banners announced and found (distinct address, port and transport, by query); query
    credits; what is missing; free control counts and the engine's ports; the blocks of a sample (null: not a sample);
    and whether banners have all their fields (`whole_banners`) or only those that camcensus reads.
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


class DeclaredProvenance(Strict):
    """What the study declares of imported files: their queries, and the ports scanned then. Empty: not declared."""

    queries: list[str] = []
    ports: list[int] = []


class BuildInfo(Strict):
    """What made the counts.

    The command, the version of camcensus, its commit (null: installed from a package), a hash of the study's settings,
    the checksum of the catalogue's files (null: not used), and the library versions.
    """

    command: str
    version: str
    commit: str | None
    study: str
    catalogue: str | None
    libraries: dict[str, str]


def build_info(command: str, settings: str, catalogue: str | None = None) -> BuildInfo:
    """Return what makes something now. `settings`: the study's; `catalogue`: the checksum of its files."""
    return BuildInfo(
        command=command,
        version=package_version(),
        commit=commit(),
        study=digest_of(settings)[:12],
        catalogue=catalogue,
        libraries=library_versions(),
    )


class Manifest(Strict):
    """A snapshot's manifest.

    `complete` false: it is partial, for the reasons in `partial` (empty in older manifests). `collection` is null for
    an imported one. `declared`: what the study says of its files. `purged`: files that `camcensus purge` removed; their
    records stay.
    """

    format: Literal[3] = 3
    snapshot: str
    run: str = ""
    version: str = ""
    build: BuildInfo | None = None
    engine: str = "shodan"
    basis: str = "download"
    complete: bool = True
    partial: list[str] = []
    simulated: bool = False
    key_id: str = ""
    geo_credit: str = ""
    geo: Geo | None = None
    window: Window | None = None
    instrument: Instrument | None = None
    collection: Collection | None = None
    declared: DeclaredProvenance = DeclaredProvenance()
    inputs: dict[str, Input] = {}
    missing: list[str] = []
    purged: list[str] = []
    stages: dict[str, StageRecord] = {}

    @property
    def query_set(self) -> str:
        """The version of the queries that were sent; of files that were imported only the study may know."""
        if self.collection is None:
            sent = [("", text, text) for text in sorted(set(self.declared.queries))]
        else:
            sent = sorted((name, query.text, query.sent) for name, query in self.collection.queries.items())
        return hashlib.sha256(repr(sent).encode()).hexdigest()[:12] if sent else UNKNOWN_QUERIES

    @property
    def outputs(self) -> dict[str, Output]:
        """Return every file that a stage wrote, by name."""
        return {name: output for stage in self.stages.values() for name, output in stage.outputs.items()}

    def outputs_of(self, table: str) -> dict[str, Output]:
        """Return the files of a table ("links.parquet"), in order of name."""
        return {name: output for name, output in sorted(self.outputs.items()) if name.split("/")[0] == table}

    def digest_of_table(self, table: str) -> str:
        """Return a short hash over the names and checksums of a table's files."""
        return digest_of([(name, output.sha256) for name, output in self.outputs_of(table).items()])[:16]

    def save(self, folder: Path) -> None:
        """Write `manifest.json` into the snapshot's folder."""
        storage.write_checksummed(folder / "manifest.json", self.model_dump())


def load_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of the snapshot in `folder`, or None when there is none. Raises `IntegrityError`."""
    path = folder / "manifest.json"
    if not path.is_file():
        return None
    if storage.read_json(path).get("format") == 1:
        return None  # from before counts were kept: they are made again
    try:
        manifest = Manifest.model_validate(_upgraded(storage.read_checksummed(path)))
    except ValidationError as error:
        raise IntegrityError(path, f"is not a manifest: {error.errors()[0]['msg']}; delete it and run again") from None
    storage.require_inside(path, [*manifest.outputs, *manifest.inputs, *manifest.purged])
    return manifest


def _upgraded(found: dict[str, Any]) -> dict[str, Any]:
    """Turn a manifest of format 2 into one of format 3.

    Its stages get version 0: a purged snapshot keeps its counts, and any other is counted again.
    """
    if found.get("format") != 2:
        return found
    old = dict(found)
    build, declared = old.pop("made", None), old.pop("told", {})
    stages = {name: {**stage, "version": 0, "depends_on": {}} for name, stage in old.pop("stages").items()}
    details = stages.pop("details", None)
    stages.pop("locate", None)
    if "returned" in stages:
        stages["query_replay"] = stages.pop("returned")
    for stage in stages.values():
        stage.pop("key")
        stage.pop("host_sample", None)
        stage["decoy_rules"] = [{k: v for k, v in rule.items() if k != "sample"} for rule in stage["decoy_rules"]]
    if details and "aggregate" in stages:
        stages["aggregate"]["outputs"] |= details["outputs"]
        stages["aggregate"]["more_flows"] = {"firmware": details["flow"]}
    if build:
        build = {**{k: v for k, v in build.items() if k not in ("code", "versions")}, "libraries": build["versions"]}
    return {**old, "format": FORMAT, "declared": declared, "build": build, "stages": stages}


def verified_files(folder: Path, manifest: Manifest, table: str) -> list[Path]:
    """Return the files of a table in order of name, every byte checked. Raises `IntegrityError`."""
    outputs = manifest.outputs_of(f"{table}.parquet")
    for name, output in outputs.items():
        storage.require(folder / name, output.sha256, "is not what the manifest says; run again with --rehash")
    return [folder / name for name in outputs]
