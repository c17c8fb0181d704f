"""A snapshot's folder: its raw files, its manifest, and which of its files are still what the manifest says."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.errors import InputError, IntegrityError
from camcensus.core.manifest import MAIN, Input, Manifest, Mapped, Output, Stage, Told, load_manifest
from camcensus.core.tables import BY_NAME
from camcensus.raw.bundles import Bundle, bundles_of
from camcensus.raw.collected import collection_of
from camcensus.raw.imports import adopt, raw_files
from camcensus.readers.raw_part import RawPart
from camcensus.readers.registry import SHODAN, Source, named_source

STATS = ".stats.json"


@dataclass
class Snapshot:
    """One snapshot, open for a run. `ledger` says of each imported raw file where it came from and when; `bundles` are
    the pages that were collected, each bundle one input; `sources`, by the names in the ledger, how files are read;
    `earlier` is the manifest as it was found."""

    id: str
    folder: Path
    manifest: Manifest
    stats: "Stats"
    ledger: dict[str, dict[str, Any]]
    bundles: dict[str, Bundle]
    sources: dict[str, Source]
    earlier: Manifest

    def received(self, name: str) -> str:
        """When an input was received (UTC, ISO 8601)."""
        return self.bundles[name].received if name in self.bundles else str(self.ledger[name]["received"])

    def judge(self) -> None:
        """Finds out whether the collection is whole: nothing gone, nothing damaged, nothing missing."""
        manifest = self.manifest
        manifest.missing = sorted(set(self.ledger) - set(manifest.inputs))
        damaged = any(item.damage for item in manifest.inputs.values())
        lacking = manifest.collection is not None and bool(manifest.collection.missing)
        manifest.complete = not (manifest.missing or damaged or lacking)

    def path(self, relative: str) -> Path:
        """A file of the snapshot by its name in the manifest."""
        return self.folder / relative

    def holds(self, output: str, record: Output) -> bool:
        """Whether a file is there and is what the manifest says."""
        path = self.path(output)
        return path.is_file() and path.stat().st_size == record.bytes and self.stats.sha256(path) == record.sha256

    def stands(self, name: str, key: str) -> Stage | None:
        """The record of a stage if it was made with `key` and all its files are as it left them."""
        stage = self.manifest.stages.get(name)
        if stage is None or stage.key != key:
            return None
        return stage if all(self.holds(output, record) for output, record in stage.outputs.items()) else None

    def output(self, relative: str, rows: int | None = None) -> Output:
        """The record of a file just written."""
        path = self.path(relative)
        table = None if rows is None else BY_NAME[relative.split("/", maxsplit=1)[0].removesuffix(".parquet")].id
        return Output(bytes=path.stat().st_size, sha256=self.stats.sha256(path), rows=rows, table=table)

    def raw_part(self, name: str) -> RawPart:
        """A raw file, by the name of what is made of it."""
        item = self.manifest.inputs[name]
        source = self.sources[item.source]
        if name in self.bundles:
            return RawPart(self.path("raw"), source, "", tuple(page.file for page in self.bundles[name].pages))
        return RawPart(self.path(f"raw/{name}"), source, item.sha256)

    def verified(self, stage: str, ending: str) -> list[Path]:
        """The files of a stage, every byte read and held against the manifest. Raises `IntegrityError`."""
        outputs = self.manifest.stages[stage].outputs
        return self._verified({name: record for name, record in outputs.items() if name.endswith(ending)})

    def table(self, name: str) -> list[Path]:
        """Return the files of a table (`links`), whichever stage wrote it, verified in the same way."""
        outputs = [stage.outputs.items() for stage in self.manifest.stages.values()]
        return self._verified({path: rec for path, rec in chain(*outputs) if path.split("/")[0] == f"{name}.parquet"})

    def _verified(self, outputs: Mapping[str, Output]) -> list[Path]:
        for relative, record in sorted(outputs.items()):
            storage.require(
                self.path(relative), record.sha256, "is not what the manifest says; run again with --rehash"
            )
        return [self.path(relative) for relative in sorted(outputs)]

    def record(self, name: str, stage: Stage) -> None:
        """Writes a stage's record into the manifest. What comes later is void until it is redone."""
        self.manifest.stages[name] = stage
        self.save()

    def save(self) -> None:
        """Writes the manifest and what is known of file states."""
        self.manifest.save(self.folder)
        self.stats.save()

    def close(self) -> None:
        """Writes what is known of file states."""
        self.stats.save()


class Stats:
    """Checksums by size, modification time and inode, which stand in for reading unchanged files again."""

    def __init__(self, folder: Path, rehash: bool) -> None:
        self._folder = folder
        self._file = folder / STATS
        self._known: dict[str, list[object]] = {}
        self._changed = False
        if not rehash and self._file.is_file():
            try:
                self._known = storage.read_checksummed(self._file)
            except IntegrityError:
                self._known = {}  # only a cache: damage is a miss

    def sha256(self, path: Path) -> str:
        """The checksum of a file under the folder."""
        name = path.relative_to(self._folder).as_posix()
        state = path.stat()
        now: list[object] = [state.st_size, state.st_mtime_ns, state.st_ino]
        held = self._known.get(name)
        if held and held[:3] == now:
            return str(held[3])
        digest = storage.sha256(path)
        self._known[name] = [*now, digest]
        self._changed = True
        return digest

    def save(self) -> None:
        """Writes the cache, if it changed."""
        if self._changed:
            storage.write_checksummed(self._file, self._known)
            self._changed = False


def open_snapshot(study: Study, name: str, rehash: bool = False) -> Snapshot:
    """The snapshot `name` of a study, with its raw files as they are now."""
    folder = study.data / name
    manifest = load_manifest(folder) or Manifest(snapshot=name)
    earlier = manifest.model_copy(deep=True)
    stats = Stats(folder, rehash)
    ledger, bundles = adopt(folder, stats.sha256), bundles_of(folder)
    names = {ledger[path.name]["source"] for path in raw_files(folder)} | ({SHODAN.name} if bundles else set())
    sources = {source: named_source(source, folder / "raw") for source in sorted(names)}
    manifest.engine = _engine(folder, sources)
    snapshot = Snapshot(name, folder, manifest, stats, ledger, bundles, sources, earlier)
    manifest.inputs = _inputs(snapshot)
    manifest.collection = collection_of(folder, study.collect)
    manifest.told = _told(study, name)
    if manifest.collection:
        manifest.basis = (
            "sample" if "sample" in manifest.collection.modes else "download" if manifest.inputs else "census"
        )
    snapshot.judge()
    return snapshot


def _told(study: Study, name: str) -> Told:
    """What the study says of how the snapshot's files came to be."""
    said = study.snapshots.get(name)
    return Told(queries=list(said.queries), ports=list(said.ports)) if said else Told()


def _engine(folder: Path, sources: dict[str, Source]) -> str:
    """The one engine that all files of a snapshot are from. Raises `InputError` if they are from several."""
    engines = sorted({source.engine for source in sources.values()})
    if len(engines) > 1:
        told = f"holds files of several engines ({', '.join(engines)}), whose counts must not be added up"
        raise InputError(folder, f"{told}; move those of one of them into a snapshot of their own")
    return engines[0] if engines else SHODAN.engine


def _inputs(snapshot: Snapshot) -> dict[str, Input]:
    known = snapshot.manifest.inputs
    inputs = {}
    for path in raw_files(snapshot.folder):
        entry = snapshot.ledger[path.name]
        digest = snapshot.stats.sha256(path)
        if entry["sha256"] != digest:
            raise IntegrityError(path, "is not the file that was imported; delete it, then import the right one")
        before = known.get(path.name)
        inputs[path.name] = Input(
            source=entry["source"],
            bytes=path.stat().st_size,
            sha256=digest,
            collection=entry.get("collection", MAIN),
            mapping=_mapped(snapshot.sources[entry["source"]]),
            rows=before.rows if before and before.sha256 == digest else None,
            damage=before.damage if before and before.sha256 == digest else None,
        )
    for name, bundle in snapshot.bundles.items():
        for page in bundle.pages:
            path = snapshot.path(f"raw/{page.file}")
            if not path.is_file() or snapshot.stats.sha256(path) != page.sha256:
                raise IntegrityError(path, "is not the page that was received; put it back, or collect anew")
        before = known.get(name)
        rows = before.rows if before and before.sha256 == bundle.sha256 else None
        inputs[name] = Input(
            source="shodan", bytes=bundle.bytes, sha256=bundle.sha256, pages=len(bundle.pages), rows=rows
        )
    return inputs


def _mapped(source: Source) -> Mapped | None:
    if source.mapping is None or source.checksum is None:
        return None
    return Mapped(sha256=source.checksum, title=source.mapping.title, verified=source.mapping.verified)
