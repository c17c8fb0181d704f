"""A year that was purged after an older version read its evidence: it breaks every series, and all say why."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

import camcensus as cc
from camcensus import run as running
from camcensus import stages
from camcensus.aggregate import stage as aggregate
from camcensus.core.comparability import breaks, changed_instrument
from camcensus.core.config import load_study
from camcensus.core.console import Reporter
from camcensus.core.manifest import Instrument, Manifest, load_manifest
from camcensus.ingest import stage as ingest
from camcensus.ingest.evidence_version import EVIDENCE_VERSION
from camcensus.raw.purge import purge
from tests.commands import camcensus
from tests.conftest import banner, write_lines

OTHER = "other evidence read"
YEARS = ("2024", "2025", "2026")


def manifest(study: Path, name: str) -> Manifest:
    found = load_manifest(study.parent / "data" / name)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three years that version 1 read; the first was purged then, and the others are there to be read again."""
    folder = tmp_path_factory.mktemp("purged")
    lines = ['title = "t"', 'vendors = ["Hikvision"]', 'window_days = "all"', "[publication]", "min_hosts = 1"]
    for year in YEARS:
        lines += [f"[snapshots.{year}]", f"date = {year}-11-01", "queries = ['product:\"Hikvision IP Camera\"']"]
        lines += ["ports = [80]"]
        found = [banner(ip_str=f"81.2.69.{n}", ip=None, timestamp=f"{year}-10-20T08:30:01") for n in range(20)]
        write_lines(folder / "data" / year / "raw/a.json", found)
    path = folder / "study.toml"
    path.write_text("\n".join(lines))
    older = replace(ingest.STAGE, version=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest, "EVIDENCE_VERSION", 1)
        patch.setattr(aggregate, "EVIDENCE_VERSION", 1)
        patch.setattr(running, "STAGES", tuple(older if s.name == "ingest" else s for s in stages.STAGES))
        running.run(load_study(path), Reporter(), report=False)
    assert {manifest(path, year).instrument.evidence for year in YEARS} == {1}  # type: ignore[union-attr]  # counted
    purge(folder / "data/2024", stages.STAGES)
    done = running.run(load_study(path), Reporter()).done
    assert [one for one in done if "ingest" in one] == ["2025: ingest", "2026: ingest"]
    return path


def test_the_version_is_in_the_manifest_and_a_purged_year_keeps_its_own(study: Path) -> None:
    used = [manifest(study, year).instrument for year in YEARS]
    assert [one.evidence if one else None for one in used] == [1, EVIDENCE_VERSION, EVIDENCE_VERSION]
    states = {row["snapshot"]: row for row in json.loads(camcensus("status", "--study", study, "--json").stdout)}
    assert states["2024"]["state"].startswith("purged: counted by evidence v1, ingest v1, ")
    assert states["2025"]["method"].startswith(f"evidence v{EVIDENCE_VERSION}, ingest v")
    assert f"evidence: 1 -> {EVIDENCE_VERSION}" in camcensus("diff", "2024", "2025", "--study", study).stdout
    assert "evidence: " not in camcensus("diff", "2025", "2026", "--study", study).stdout
    assert camcensus("verify", "--study", study).stdout.endswith("sound\n")


def test_every_series_breaks_there_and_nowhere_else(study: Path) -> None:
    opened = cc.open_study(study)
    names: tuple[Literal["all", "queries", "ports"], ...] = ("all", "queries", "ports")
    for name in names:
        with pytest.raises(cc.InstrumentError, match=f"2025: {OTHER}"):
            opened.trend("hosts", series=name)
        found = opened.trend("hosts", series=name, breaks="mark")
        assert found["n_hosts"].tolist() == [20, 20, 20]
        assert found["break"].fillna("").tolist() == ["", OTHER, ""]


def test_charts_and_page_say_why(study: Path) -> None:
    report = study.parent / "report"
    (trend,) = report.rglob("trend.csv")
    rows = list(csv.DictReader(trend.read_text().splitlines()))
    assert {(row["snapshot"], row["break"]) for row in rows} == {("2024", ""), ("2025", OTHER), ("2026", "")}
    words = (report / "methodology.md").read_text()
    assert "2024 to 2025: the series is broken: other evidence read; what was purged cannot be read again" in words
    assert "2025 to 2026: the same instrument." in words
    assert "| Evidence |" in words
    assert "Break 1, before 2025: other evidence read." in (report / "index.html").read_text()


def test_the_stage_that_read_it_is_no_second_reason() -> None:
    def used(**changed: object) -> Manifest:
        same = {"query_set": "q", "catalogue": "c", "rules": "ingest v1, identify v5", "geo_db": "g", "evidence": 1}
        return Manifest(snapshot="a", instrument=Instrument.model_validate(same | changed))

    assert breaks(used(), used(rules="ingest v2, identify v5", evidence=2)) == [OTHER]
    assert breaks(used(), used(rules="ingest v2, identify v6", evidence=2)) == [OTHER, "other counting rules"]
    assert breaks(used(), used(rules="ingest v2, identify v5")) == ["other counting rules"]
    assert changed_instrument(used(), used()) == []


def test_a_manifest_that_does_not_say_it_is_of_version_1() -> None:
    found = Instrument.model_validate({"query_set": "q", "catalogue": "c", "rules": "r", "geo_db": "g"})
    assert found.evidence == 1
