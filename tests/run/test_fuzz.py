"""Hostile input: no crash, no hang, no memory without bounds, and accepted + quarantined + blank = lines read.

In the suite 20,000 mutated lines; `make nightly PARTS=faults` takes 1,000,000 (CAMCENSUS_FUZZ)."""

import os
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from camcensus.core.config import load_study
from camcensus.core.errors import CatalogueError, MappingError, StudyError
from camcensus.geolocate.database import Locator, open_locator
from camcensus.identify.batches import Context, identify_part
from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.matcher import Identifier
from camcensus.ingest.records import Ingested
from camcensus.readers.mapping import load_mapping
from camcensus.readers.registry import SHODAN, Source, chosen_source
from tests.conftest import ingest_file
from tests.faults import record
from tests.fuzz import ROOT, Fuzz

pytestmark = pytest.mark.slow

LINES = int(os.environ.get("CAMCENSUS_FUZZ", "20000"))
CHUNK = 200  # lines in a file; a chunk that takes a second is taken apart
SEED = 20261125
MADE_UP = ROOT / "tests" / "data" / "mappings"
GROWN = 400 << 10  # kB that the process may grow by


@pytest.fixture(scope="module")
def locator() -> Locator:
    """The built-in database."""
    return open_locator()


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """The process does not grow without bounds."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWN


def timed(work: Callable[[list[bytes]], None], lines: list[bytes]) -> list[str]:
    """Lines that took more than a second each; they are looked for only where a whole chunk did."""
    began = time.process_time()
    work(lines)
    if time.process_time() - began < 1:
        return []
    slow = []
    for line in lines:
        began = time.process_time()
        work([line])
        if time.process_time() - began > 1:
            slow.append(f"took {time.process_time() - began:.1f} s: {line[:300]!r}")
    return slow


def chunks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """The lines, some together."""
    held: list[bytes] = []
    for line in lines:
        held.append(line)
        if len(held) == CHUNK:
            yield held
            held = []
    if held:
        yield held


def ingested(folder: Path, lines: list[bytes], name: str, source: Source, header: bytes = b"") -> Ingested:
    """Lines through ingest, reconciled."""
    raw = folder / name
    raw.write_bytes(b"\n".join([*([header] if header else []), *lines]) + b"\n")
    result = ingest_file(raw, folder / "o.parquet", folder / "q.gz", source=source)
    assert result.accepted + result.quarantined.total() + result.blank == result.lines
    assert pq.read_metadata(folder / "o.parquet").num_rows == result.accepted
    result.flow()
    return result


def test_f12_mutated_lines_through_ingest_and_identify(
    tmp_path: Path, identifier: Identifier, locator: Locator
) -> None:
    fuzz, number = Fuzz(SEED), LINES * 8 // 10
    told = {"accepted": 0, "quarantined": 0}

    def work(lines: list[bytes]) -> None:
        result = ingested(tmp_path, lines, "a.json", SHODAN)
        assert result.lines == len(lines)
        found = identify_part(tmp_path / "o.parquet", tmp_path / "i.parquet", Context(identifier, locator, bytes(32)))
        assert sum(found.outcomes.values()) == result.accepted
        told["accepted"] += result.accepted
        told["quarantined"] += result.quarantined.total()

    slow = [fault for lines in chunks(fuzz.lines(number)) for fault in timed(work, lines)]
    record("F11-F16 mutated lines: ingest, identify", number, len(slow))
    assert slow == []
    assert min(told.values()) > number // 10, "the mutations are all harmless, or all deadly"


MAPPED = {
    "fofa": "SYNTHETIC-fofa.csv",
    "netlas": "SYNTHETIC-netlas.jsonl",
    "zoomeye": "SYNTHETIC-zoomeye.jsonl",
    "censys": "SYNTHETIC-censys.jsonl",
    "censys-legacy": "SYNTHETIC-censys-legacy.jsonl",
}


@pytest.mark.parametrize("name", MAPPED)
def test_f13_mutated_rows_of_other_engines(tmp_path: Path, name: str) -> None:
    fuzz, number = Fuzz(SEED + 1), LINES // 10 // len(MAPPED)
    source = chosen_source(name)[0]
    head, *corpus = (MADE_UP / MAPPED[name]).read_bytes().splitlines()
    header = head if MAPPED[name].endswith(".csv") else b""
    corpus = corpus if header else [head, *corpus]

    def work(lines: list[bytes]) -> None:
        ingested(tmp_path, lines, f"a{Path(MAPPED[name]).suffix}", source, header)

    slow = [fault for lines in chunks(fuzz.lines(number, corpus)) for fault in timed(work, lines)]
    record("F13 mutated rows of other engines", number, len(slow))
    assert slow == []


def refused_or_fine(load: Callable[[], object], errors: tuple[type[Exception], ...]) -> bool:
    """Whether a text was refused with a message of ours; anything else that is raised is a crash."""
    try:
        load()
    except errors as error:
        assert str(error)
        return True
    return False


TOMLS: dict[str, tuple[str, Callable[[Path], object], type[Exception]]] = {
    "study": ("studies/template.toml", load_study, StudyError),
    "catalogue": ("queries/trendnet.toml", lambda path: load_catalogue(path.parent), CatalogueError),
    "mapping": ("data/mappings/netlas.toml", load_mapping, MappingError),
}


@pytest.mark.parametrize("kind", TOMLS)
def test_f12_mutated_study_catalogue_and_mapping_files(tmp_path: Path, kind: str) -> None:
    fuzz, number = Fuzz(SEED + 2), LINES // 10 // len(TOMLS)
    name, load, error = TOMLS[kind]
    source = (ROOT / name).read_bytes()
    path = tmp_path / Path(name).name
    refused = 0
    slow = []
    for _ in range(number):
        path.write_bytes(fuzz.text(source))
        began = time.process_time()
        refused += refused_or_fine(lambda: load(path), (error,))
        if time.process_time() - began > 1:
            slow.append(path.read_bytes()[:300])
    record(f"F12 mutated files: {kind}", number, len(slow))
    assert slow == []
    assert 0 < refused < number
