"""The demo's banners are the generator's, small, varied and marked as made up; nothing personal gets past ingest."""

import functools
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from camcensus.core.config import check_vendors, load_study
from camcensus.core.resources import bundled
from camcensus.core.tables import EVIDENCE, UNKNOWN_COUNTRY
from camcensus.geolocate.database import open_locator
from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.matcher import Identifier
from camcensus.readers.banner import Rejected, decode
from camcensus.readers.lines import RawFile
from tests.conftest import row_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
DEMO = ROOT / "data" / "demo"
YEARS = ("2024", "2025", "2026")
MARKER = "PERSONAL-MARKER"
COLUMNS = [column.name for column in EVIDENCE]
Row = dict[str, Any]


@functools.cache
def ingested(year: str) -> tuple[tuple[Row, ...], Counter[str]]:
    """The rows of a year's good lines, and how many lines were refused for which reason."""
    rows: list[Row] = []
    refused: Counter[str] = Counter()
    for path in sorted((DEMO / "raw" / year).iterdir()):
        source = RawFile(path)
        for line in source.lines():
            if line.data.strip():
                try:
                    rows.append(row_of(decode(line.data)))
                except Rejected as rejected:
                    refused[rejected.reason] += 1
        assert source.damage is None
    return tuple(rows), refused


@functools.cache
def identifier() -> Identifier:
    return Identifier(load_catalogue(bundled("queries")))


def test_the_files_are_what_the_generator_makes() -> None:
    command = [sys.executable, str(DEMO / "make_demo.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_files_are_small_and_named_as_synthetic() -> None:
    files = [path for path in (DEMO / "raw").rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} == set(YEARS)
    assert all(path.name.startswith("SYNTHETIC-") for path in files)
    assert sum(path.stat().st_size for path in files) <= 2_500_000


@pytest.mark.parametrize("year", YEARS)
def test_every_accepted_banner_carries_the_mark(year: str) -> None:
    rows, _ = ingested(year)
    assert 2_500 <= len(rows) <= 3_500
    assert all(row["is_synthetic"] for row in rows)


@pytest.mark.parametrize("year", YEARS)
def test_addresses_are_none_that_a_device_has(year: str) -> None:
    assert all(row["host"].endswith((".0", ".255", "::")) for row in ingested(year)[0])


@pytest.mark.parametrize("year", YEARS)
def test_bad_lines_of_many_kinds_are_refused(year: str) -> None:
    _, refused = ingested(year)
    assert 20 <= sum(refused.values()) <= 30
    assert {"bad_address", "bad_encoding", "bad_port", "bad_timestamp", "not_json", "not_object"} <= set(refused)


@pytest.mark.parametrize("year", YEARS)
def test_nothing_personal_is_left_in_a_row(year: str) -> None:
    raw = b"\n".join(line.data for path in (DEMO / "raw" / year).iterdir() for line in RawFile(path).lines())
    assert raw.count(MARKER.encode()) > 1_000  # what must go is there to begin with
    assert not [row for row in ingested(year)[0] if any(MARKER in str(value) for value in row.values())]


@pytest.mark.parametrize("year", YEARS)
def test_many_countries_and_makers(year: str) -> None:
    rows, _ = ingested(year)
    places = open_locator().countries([row["host"] for row in rows])
    assert len(set(places)) >= 60
    assert {"NA", "XK", "TW", "HK", "CN", UNKNOWN_COUNTRY} <= set(places)
    verdicts = [identifier().identify({c: row[c] for c in COLUMNS if row.get(c)}) for row in rows]
    assert len({v.manufacturer for v in verdicts if v.counted and v.manufacturer}) >= 20
    assert {"camera", "recorder", "encoder", "video", "software", "other"} <= {v.product_type for v in verdicts}
    assert any(v.decoy for v in verdicts)


def test_the_study_loads_and_knows_its_makers() -> None:
    study = load_study(DEMO / "study.toml")
    check_vendors(study, list(identifier().catalogue.makers))
    assert study.simulated
    assert sorted(study.snapshots) == list(YEARS)
    assert study.title.startswith("SYNTHETIC")
