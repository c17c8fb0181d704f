"""Two engines' snapshots as two lists that can be compared: same window, same ports, same evidence, decoys left out."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.errors import CamcensusError, IntegrityError
from camcensus.core.manifest import Manifest, held, load_manifest
from camcensus.core.tables import DEVICES, EVIDENCE, LINKS, UNKNOWN
from camcensus.dedupe.devices import key_id_of
from camcensus.identify.batches import verdicts
from camcensus.identify.catalogue import load_catalogue

MOST_DAYS = 7
LEFT_OUT = ("likely", "certain")
_PLACES = ["file", "line", "host", "port", "seen", "country", "network_kind", "identity"]
_BATCH = 50_000
EVIDENCE_COLUMNS = [column.name for column in EVIDENCE]


@dataclass(frozen=True)
class Source:
    """One engine's snapshot."""

    study: Study
    snapshot: str

    @property
    def folder(self) -> Path:
        """Its tables."""
        return self.study.data / self.snapshot

    @property
    def manifest(self) -> Manifest:
        """What is known of it. Raises `CamcensusError` when it was not counted, or is a sample of blocks, whose hosts
        are no list of all."""
        found = load_manifest(self.folder)
        if found is None or "aggregate" not in found.stages or found.window is None or found.window.end is None:
            raise CamcensusError(f"{self.folder}: is not counted yet; run: camcensus run --study {self.study.path}")
        if found.basis == "sample":
            raise CamcensusError(f"{self.folder}: is a sample of blocks of addresses; this takes a whole collection")
        return found

    def parts(self, table: str) -> list[Path]:
        """The parts of a table, in order, as they were counted. Raises `IntegrityError`."""
        return held(self.folder, self.manifest, table)


@dataclass(frozen=True)
class Lists:
    """What both engines hold that can be compared. One frame an engine: `host`, `identity`, `country`, `network_kind`,
    one row for each banner. `evidence`: columns that both have; `start`, `end`: the window, seconds since 1970."""

    first: pd.DataFrame
    second: pd.DataFrame
    evidence: list[str]
    ports: int
    start: int
    end: int


def comparable(first: Source, second: Source) -> Lists:
    """Both lists. Raises `CamcensusError` where they cannot be compared, such as with different keys, or where both are
    of one engine, which misses what it misses twice."""
    sources = (first, second)
    manifests = [s.manifest for s in sources]
    if len({m.engine for m in manifests}) == 1:
        raise CamcensusError(f"both lists are of {manifests[0].engine}; this takes those of two engines")
    key_id_of([p for s in sources for p in s.parts("identified")])
    end = min(int(m.window.end) for m in manifests if m.window and m.window.end)
    start = end - MOST_DAYS * 86_400 + 1
    common = [c for c in EVIDENCE_COLUMNS if all(c in _said(s) for s in sources)]
    frames = [_counted(s, common, start, end) for s in sources]
    ports = set(frames[0]["port"]) & set(frames[1]["port"])
    if not ports:
        raise CamcensusError(f"the two lists share no port within {MOST_DAYS} days of each other; nothing to compare")
    one, two = (frame[frame["port"].isin(ports)] for frame in frames)
    return Lists(one, two, common, len(ports), start, end)


def _said(source: Source) -> set[str]:
    """Evidence columns in which the engine says anything."""
    found: set[str] = set()
    for part in source.parts("observations"):
        metadata = pq.read_metadata(part)
        for group in range(metadata.num_row_groups):
            rows = metadata.row_group(group)
            for n in range(rows.num_columns):
                column = rows.column(n)
                stats = column.statistics
                if stats is None or not stats.has_null_count or stats.null_count < rows.num_rows:
                    found.add(column.path_in_schema)
    return found


def _counted(source: Source, common: list[str], start: int, end: int) -> pd.DataFrame:
    """Banners of the window that the common evidence alone shows to be of a surveillance device."""
    identifier = load_catalogue(source.study.catalogue_path).identifier
    decoys = _decoy_hosts(source)
    parts = []
    for places, answers in _rows(source):
        inside = pc.and_(pc.greater_equal(places["seen"], start), pc.less_equal(places["seen"], end))
        place, batch = places.filter(inside), answers.filter(inside)
        known = [batch.column(c) if c in common else pa.nulls(batch.num_rows, pa.string()) for c in EVIDENCE_COLUMNS]
        found, _ = verdicts(pa.RecordBatch.from_arrays(known, EVIDENCE_COLUMNS), identifier)
        kept = place.filter(pa.array([v.counted for v in found], pa.bool_()))
        parts.append(kept.filter(pc.invert(pc.is_in(kept["host"], decoys))).to_pandas())
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return frame.assign(network_kind=frame["network_kind"].fillna(UNKNOWN))


def _rows(source: Source) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Where and what, batch by batch: the parts of both tables have the same rows in the same order."""
    for where, what in zip(source.parts("identified"), source.parts("observations"), strict=True):
        places = storage.opened_to_stream(where).iter_batches(_BATCH, columns=_PLACES)
        answers = storage.opened_to_stream(what).iter_batches(_BATCH, columns=["line", *EVIDENCE_COLUMNS])
        for place, answer in zip(places, answers, strict=True):
            if not place.column("line").equals(answer.column("line")):
                raise IntegrityError(where, "does not have the rows of observations; run again with --rehash")
            yield place, answer


def _decoy_hosts(source: Source) -> pa.Array:
    """Hosts of devices with a grade that is left out."""
    devices = storage.read_table(source.parts("devices")[0], DEVICES)
    bad = devices.filter(pc.is_in(devices["decoy"], pa.array(LEFT_OUT)))["device"]
    links = storage.read_table(source.parts("links")[0], LINKS)
    lines = links.filter(pc.is_in(links["device"], bad.combine_chunks())).select(["file", "line"])
    hosts = pa.concat_tables(pq.read_table(p, columns=["file", "line", "host"]) for p in source.parts("identified"))
    found = lines.join(hosts, ["file", "line"], join_type="inner")["host"]
    return found.combine_chunks() if len(found) else pa.array([], pa.string())
