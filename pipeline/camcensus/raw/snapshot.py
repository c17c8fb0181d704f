"""A snapshot's folder: its raw files, its manifest, and which of its files are still what the manifest says."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.errors import InputError, IntegrityError
from camcensus.core.fingerprints import digest_of, package_version
from camcensus.core.manifest import MAIN, DeclaredProvenance, Input, Manifest, Mapped, load_manifest, verified_files
from camcensus.core.stage_record import Output, StageRecord
from camcensus.core.tables import BY_NAME
from camcensus.raw.collected import Bundle, bundles_of, collection_of
from camcensus.raw.completeness import why_partial
from camcensus.raw.imports import raw_files, with_dropped_files, write_ledger
from camcensus.readers.registry import SHODAN, RawPart, Source, named_source

STATS = ".stats.json"


@dataclass
class Snapshot:
    """One snapshot, open for a run; opening it writes nothing.

    `ledger` says of each imported raw file where it came from and when; `bundles` are the collected pages, each bundle
    one input; `sources`, by the names in the ledger, how files are read; `earlier` is the manifest as it was found;
    `max_quarantined` is the share of records in quarantine from which on it is partial.
    """

    id: str
    folder: Path
    manifest: Manifest
    stats: "Stats"
    ledger: dict[str, dict[str, Any]]
    bundles: dict[str, Bundle]
    sources: dict[str, Source]
    earlier: Manifest
    max_quarantined: float

    def received(self, name: str) -> str:
        """Return when an input was received (UTC, ISO 8601)."""
        return self.bundles[name].received if name in self.bundles else str(self.ledger[name]["received"])

    def made_from(self) -> dict[str, str]:
        """Return what the part of each input is made from: its checksum, with that of the mapping that reads it."""
        return {name: self.sources[i.source].made_from(i.sha256) for name, i in self.manifest.inputs.items()}

    def check_completeness(self) -> None:
        """Set `missing`, `partial` and `complete` of the manifest."""
        manifest = self.manifest
        manifest.missing = sorted(set(self.ledger) - set(manifest.inputs))
        manifest.partial = why_partial(manifest, self.max_quarantined)
        manifest.complete = not manifest.partial

    def path(self, relative: str) -> Path:
        """Return the path of a file by its name in the manifest."""
        return self.folder / relative

    def holds(self, output: str, record: Output) -> bool:
        """Return whether a file is there and is what the manifest says."""
        path = self.path(output)
        return path.is_file() and path.stat().st_size == record.bytes and self.stats.sha256(path) == record.sha256

    def is_current(self, name: str, depends_on: Mapping[str, str]) -> bool:
        """Return whether a stage was run with what it depends on now, and all its files are as it left them."""
        stage = self.manifest.stages.get(name)
        if stage is None or stage.depends_on != depends_on:
            return False
        return all(self.holds(output, record) for output, record in stage.outputs.items())

    def output(self, relative: str, rows: int | None = None) -> Output:
        """Return the record of a file just written."""
        path = self.path(relative)
        table = None if rows is None else BY_NAME[relative.split("/", maxsplit=1)[0].removesuffix(".parquet")].id
        return Output(bytes=path.stat().st_size, sha256=self.stats.sha256(path), rows=rows, table=table)

    def raw_part(self, name: str) -> RawPart:
        """Return a raw file, by the name of what is made of it."""
        item = self.manifest.inputs[name]
        source = self.sources[item.source]
        if name in self.bundles:
            return RawPart(self.path("raw"), source, "", tuple(page.file for page in self.bundles[name].pages))
        return RawPart(self.path(f"raw/{name}"), source, item.sha256)

    def verified(self, table: str) -> list[Path]:
        """Return the files of a table, every byte checked against the manifest. Raises `IntegrityError`."""
        return verified_files(self.folder, self.manifest, table)

    def record(self, name: str, record: StageRecord, facts: Mapping[str, Any], *, is_count: bool) -> None:
        """Write what a stage did into the manifest. Counts give the snapshot the id of all that they depend on."""
        manifest = self.manifest
        manifest.stages[name] = record
        for field, value in facts.items():
            setattr(manifest, field, value)
        self.check_completeness()
        if is_count:
            manifest.version = package_version()
            manifest.run = digest_of(sorted(record.depends_on.items()))[:12]
        manifest.save(self.folder)
        if self.ledger:
            write_ledger(self.folder, self.ledger)
        self.stats.save()


class Stats:
    """Checksums by size, modification time and inode, which stand in for reading unchanged files again."""

    def __init__(self, folder: Path, rehash: bool) -> None:
        self._folder, self._file = folder, folder / STATS
        self._known: dict[str, list[object]] = {}
        self._changed = False
        if not rehash and self._file.is_file():
            with suppress(IntegrityError):  # only a cache: damage is a miss
                self._known = storage.read_checksummed(self._file)

    def sha256(self, path: Path) -> str:
        """Return the checksum of a file under the folder."""
        name = path.relative_to(self._folder).as_posix()
        state = path.stat()
        now: list[object] = [state.st_size, state.st_mtime_ns, state.st_ino]
        known = self._known.get(name)
        if known and known[:3] == now:
            return str(known[3])
        digest = storage.sha256(path)
        self._known[name] = [*now, digest]
        self._changed = True
        return digest

    def save(self) -> None:
        """Write the cache, if it changed."""
        if self._changed:
            storage.write_checksummed(self._file, self._known)
            self._changed = False


def open_snapshot(study: Study, name: str, rehash: bool = False, found: Manifest | None = None) -> Snapshot:
    """Return the snapshot `name` of a study, with its raw files as they are now. `found`: its manifest, if read."""
    folder = study.data / name
    manifest = found or load_manifest(folder) or Manifest(snapshot=name)
    earlier = manifest.model_copy(update={"stages": dict(manifest.stages)})  # records are replaced, never changed
    stats = Stats(folder, rehash)
    ledger, bundles = with_dropped_files(folder, stats.sha256), bundles_of(folder)
    names = {ledger[path.name]["source"] for path in raw_files(folder)} | ({SHODAN.name} if bundles else set())
    sources = {source: named_source(source, folder / "raw") for source in sorted(names)}
    engines = sorted({source.engine for source in sources.values()})
    if len(engines) > 1:
        several = f"has files of several engines ({', '.join(engines)}), whose counts must not be summed"
        raise InputError(folder, f"{several}; move the files of one engine into another snapshot")
    manifest.engine = engines[0] if engines else SHODAN.engine
    most = study.gates.max_quarantined
    snapshot = Snapshot(name, folder, manifest, stats, ledger, bundles, sources, earlier, most)
    manifest.inputs = _inputs(snapshot)
    manifest.collection = collection_of(folder, study.collect)
    if declared := study.snapshots.get(name):
        manifest.declared = DeclaredProvenance(queries=list(declared.queries), ports=list(declared.ports))
    else:
        manifest.declared = DeclaredProvenance()
    if manifest.collection:
        is_sample = "sample" in manifest.collection.modes
        manifest.basis = "sample" if is_sample else "download" if manifest.inputs else "census"
    snapshot.check_completeness()
    return snapshot


def _inputs(snapshot: Snapshot) -> dict[str, Input]:
    inputs = {}
    for path in raw_files(snapshot.folder):
        entry = snapshot.ledger[path.name]
        source = snapshot.sources[entry["source"]]
        if entry["sha256"] != snapshot.stats.sha256(path):
            raise IntegrityError(path, "is not the file that was imported; delete it, then import the right one")
        inputs[path.name] = Input(
            source=entry["source"],
            bytes=path.stat().st_size,
            sha256=entry["sha256"],
            collection=entry.get("collection", MAIN),
            mapping=_mapped(source),
        )
    for name, bundle in snapshot.bundles.items():
        for page in bundle.pages:
            path = snapshot.path(f"raw/{page.file}")
            if not path.is_file() or snapshot.stats.sha256(path) != page.sha256:
                raise IntegrityError(path, "is not the page that was received; put it back, or collect again")
        inputs[name] = Input(source=SHODAN.name, bytes=bundle.bytes, sha256=bundle.sha256, pages=len(bundle.pages))
    for name, item in inputs.items():
        before = snapshot.manifest.inputs.get(name)
        if before and before.sha256 == item.sha256:
            item.rows, item.repaired, item.damage = before.rows, before.repaired, before.damage
    return inputs


def _mapped(source: Source) -> Mapped | None:
    found = source.mapping
    return Mapped(sha256=source.checksum or "", title=found.title, verified=found.verified) if found else None
