"""Lines that are lost, and exports that can show no camera: what a run says of them, and with which status it ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from camcensus.core import parquet
from camcensus.core.tables import COUNTS
from tests.commands import camcensus, on, page_of, run, study_in
from tests.conftest import Banner, banner, write_lines


def bare(n: int) -> Banner:
    """A banner of an address and a port alone."""
    return {"ip_str": f"81.2.69.{n}", "port": 554, "timestamp": "2026-10-20T08:30:01", "asn": "AS5607"}


def status_of(study: Path) -> dict[str, Any]:
    (found,) = json.loads(camcensus("status", "--study", study, "--json").stdout)
    return dict(found)


@pytest.mark.slow
def test_too_many_lost_lines_make_a_snapshot_partial_everywhere(tmp_path: Path) -> None:
    study = study_in(tmp_path, one=[*(on(f"81.2.69.{n}") for n in range(1, 101)), *["lost"] * 25, "", ""])
    done = camcensus("run", "--study", study, status=3)
    assert "a: ingest: 127 lines, 100 banners accepted, 25 in quarantine, 2 blank" in done.stderr
    why = "25 of 125 lines (20.0%) are in quarantine"
    assert f"warning: a: ingest: {why}; the snapshot is partial; each is in " in done.stderr
    assert f"PARTIAL: collection a is not complete ({why}); every page is marked" in done.stdout
    page = page_of(done)
    assert "PARTIAL COLLECTION" in page.read_text()
    assert f"Snapshot a is partial: {why}." in (page.parent / "methodology.md").read_text()
    counts = parquet.read_table(tmp_path / "data/a/counts.parquet", COUNTS)
    assert set(counts.column("complete").to_pylist()) == {False}
    found = status_of(study)
    assert (found["complete"], found["state"]) == (False, f"counted; partial: {why}")
    assert f"is partial: {why}" in camcensus("verify", "--study", study).stdout
    assert "every page is marked" in camcensus("report", "--study", study, status=3).stdout

    study.write_text(f"{study.read_text()}[gates]\nmax_quarantined = 0.5\n")
    done = run(study)
    assert "25 in quarantine" not in done.stderr, "ingest does not depend on the bound"
    assert (status_of(study)["complete"], status_of(study)["state"]) == (True, "counted")


def test_fewer_lost_lines_are_a_warning_with_numbers(tmp_path: Path) -> None:
    study = study_in(tmp_path, one=[on("81.2.69.1"), *["lost"] * 19])
    done = run(study)
    assert "warning: a: ingest: 19 lines are not banners; each is in " in done.stderr
    assert status_of(study)["complete"] is True


@pytest.mark.slow
def test_exports_that_can_show_no_camera_are_no_count_of_zero(tmp_path: Path) -> None:
    study = study_in(tmp_path, one=[on("81.2.69.142")])
    page = page_of(camcensus("run", "--study", study))
    before = page.read_bytes()
    write_lines(tmp_path / "data/b/raw/bare.json", [bare(n) for n in range(1, 17)])
    done = camcensus("run", "--study", study, status=1)
    assert "b: 0 of 16 banners have a text or hash that can show a camera" in done.stderr
    assert "not a count of 0; export these fields too: data, http, ssl" in done.stderr
    assert page.read_bytes() == before
    assert "b: 0 of 16 banners" in camcensus("run", "--study", study, status=1).stderr, "nor in the next run"

    write_lines(tmp_path / "data/b/raw/more.json", [banner(), bare(1)])
    assert "b: aggregate" in camcensus("run", "--study", study).stderr
    assert page.read_bytes() != before


def test_the_fields_that_an_engine_leaves_out_are_named(tmp_path: Path) -> None:
    study = study_in(tmp_path / "s")
    assets = [{"ip": f"81.2.69.{n}", "port": 80, "domain": "", "update_time": "2026-10-20T08:30:01"} for n in range(30)]
    export = tmp_path / "assets.json"
    export.write_text(json.dumps({"code": 60000, "data": assets}))
    camcensus("import", export, "--study", study, "--snapshot", "a", "--source", "zoomeye")
    done = run(study, status=1)
    assert "a: 0 of 30 banners" in done.stderr
    assert "export these fields too: header, banner, body, title, header.server.name, product" in done.stderr
