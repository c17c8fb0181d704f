"""Two engines' snapshots as comparable lists: same window, ports and evidence, without decoys."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from camcensus.core import parquet
from camcensus.core.errors import CamcensusError, IntegrityError
from camcensus.core.tables import DEVICES, EVIDENCE, LINKS, UNKNOWN
from camcensus.dedupe.devices import key_id_of
from camcensus.estimate.source import Source
from camcensus.identify.batches import verdicts
from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.matcher import identifier_of

WINDOW_DAYS = 7
DECOYS_LEFT_OUT = ("likely", "certain")
_PLACES = ["file", "line", "host", "port", "seen_at", "country", "network_kind", "identity"]
_BATCH = 50_000
EVIDENCE_COLUMNS = [column.name for column in EVIDENCE]


@dataclass(frozen=True)
class Lists:
    """Both engines' comparable banners: frames with `host`, `identity`, `country` and `network_kind`.

    `evidence`: columns that both engines have; `start`, `end`: the window, seconds since 1970.
    """

    first: pd.DataFrame
    second: pd.DataFrame
    evidence: list[str]
    ports: int
    start: int
    end: int


def comparable(first: Source, second: Source) -> Lists:
    """Return both lists. Raises `CamcensusError` for different identity keys, no common port, or one engine twice."""
    sources = (first, second)
    manifests = [s.manifest for s in sources]
    if len({m.engine for m in manifests}) == 1:
        raise CamcensusError(f"both lists are of {manifests[0].engine}; this needs two different engines")
    key_id_of([p for s in sources for p in s.parts("identified")])
    end = min(int(m.window.end) for m in manifests if m.window and m.window.end)
    start = end - WINDOW_DAYS * 86_400 + 1
    filled = set.intersection(*map(_filled_columns, sources))
    common = [column for column in EVIDENCE_COLUMNS if column in filled]
    frames = [_counted(s, common, start, end) for s in sources]
    ports = set(frames[0]["port"]) & set(frames[1]["port"])
    if not ports:
        raise CamcensusError(f"the two lists share no port within {WINDOW_DAYS} days; nothing to compare")
    one, two = (frame[frame["port"].isin(ports)] for frame in frames)
    return Lists(one, two, common, len(ports), start, end)


def _filled_columns(source: Source) -> set[str]:
    """Return the columns of observations that hold any value."""
    found: set[str] = set()
    for part in source.parts("observations"):
        metadata = pq.read_metadata(part)
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            for column in map(group.column, range(group.num_columns)):
                stats = column.statistics
                if stats is None or not stats.has_null_count or stats.null_count < group.num_rows:
                    found.add(column.path_in_schema)
    return found


def _counted(source: Source, common: list[str], start: int, end: int) -> pd.DataFrame:
    """Return the banners of the window that the common evidence alone shows to be of a surveillance device."""
    identifier = identifier_of(load_catalogue(source.study.catalogue_path))
    decoys = _decoy_hosts(source)
    frames = []
    for places, answers in _batches(source):
        inside = pc.and_(pc.greater_equal(places["seen_at"], start), pc.less_equal(places["seen_at"], end))
        place, batch = places.filter(inside), answers.filter(inside)
        known = [batch.column(c) if c in common else pa.nulls(batch.num_rows, pa.string()) for c in EVIDENCE_COLUMNS]
        labels, _ = verdicts(pa.RecordBatch.from_arrays(known, EVIDENCE_COLUMNS), identifier)
        counted = place.filter(pa.array([v.counted for v in labels], pa.bool_()))
        frames.append(counted.filter(pc.invert(pc.is_in(counted["host"], decoys))).to_pandas())
    frame: pd.DataFrame = pd.concat(frames, ignore_index=True)
    return frame.assign(network_kind=frame["network_kind"].fillna(UNKNOWN))


def _batches(source: Source) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Yield places and evidence; the parts of both tables have the same rows in the same order."""
    for where, what in zip(source.parts("identified"), source.parts("observations"), strict=True):
        places = parquet.opened_to_stream(where).iter_batches(_BATCH, columns=_PLACES)
        answers = parquet.opened_to_stream(what).iter_batches(_BATCH, columns=["line", *EVIDENCE_COLUMNS])
        for place, answer in zip(places, answers, strict=True):
            if not place.column("line").equals(answer.column("line")):
                raise IntegrityError(where, "does not have the rows of observations; run again with --rehash")
            yield place, answer


def _decoy_hosts(source: Source) -> pa.Array:
    """Return the hosts of devices with a decoy grade that is left out."""
    devices = parquet.read_table(source.parts("devices")[0], DEVICES)
    decoys = devices.filter(pc.is_in(devices["decoy"], pa.array(DECOYS_LEFT_OUT)))["device"]
    links = parquet.read_table(source.parts("links")[0], LINKS)
    lines = links.filter(pc.is_in(links["device"], decoys.combine_chunks())).select(["file", "line"])
    hosts = pa.concat_tables(pq.read_table(p, columns=["file", "line", "host"]) for p in source.parts("identified"))
    found = lines.join(hosts, ["file", "line"], join_type="inner")["host"]
    return found.combine_chunks() if len(found) else pa.array([], pa.string())
