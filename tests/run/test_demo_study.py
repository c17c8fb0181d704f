"""The first demo end to end: twice, in different processes, to the same bytes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from camcensus.core.config import load_study
from camcensus.core.manifest import load_manifest
from camcensus.core.parquet import read_table
from camcensus.core.tables import COUNTS, conform
from camcensus.report.inputs import Result
from camcensus.report.tables.counts_public import SCHEMA
from tests.commands import camcensus, in_one_process
from tests.report.test_publish import cells_in, small, solved_hosts, true_cells

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
YEARS = ("2024", "2025", "2026")
VARYING = {".stats.json", ".lock", "imports.json", "run-log.json"}


def run_demo(folder: Path, workers: str, **environment: str) -> Path:
    """The demo study in a folder of its own; the page's path."""
    text = (ROOT / "data/demo/study.toml").read_text()
    study = folder / "demo.toml"
    text = text.replace('"../snapshots/first-demo"', '"data"').replace('"../../reports/first-demo"', '"report"')
    study.write_text(text)
    exports = {year: ROOT / f"data/demo/raw/{year}/SYNTHETIC-*" for year in YEARS}
    words = [("import", pattern, "--study", study, "--snapshot", year) for year, pattern in exports.items()]
    command = in_one_process(*words, ("run", "--study", study, "--workers", workers, "--quiet"))
    told = {**os.environ, **environment}
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, env=told)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1].removeprefix("page: "))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished demo study."""
    folder = tmp_path_factory.mktemp("demo")
    assert run_demo(folder, "1") == folder / "report/index.html"
    return folder


def test_f25_another_process_gives_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    run_demo(tmp_path, "2", PYTHONHASHSEED="7", TZ="Pacific/Auckland", LC_ALL="C")
    files = sorted(p.relative_to(demo) for p in demo.rglob("*") if p.is_file() and p.name not in VARYING)
    assert len(files) > 50
    assert files == sorted(
        p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file() and p.name not in VARYING
    )
    assert [str(f) for f in files if (demo / f).read_bytes() != (tmp_path / f).read_bytes()] == []


def test_a_second_run_does_nothing_and_says_so(demo: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in demo.rglob("*") if p.is_file() and p.name not in VARYING}
    done = camcensus("run", "--study", demo / "demo.toml")
    assert "nothing was done" in done.stdout
    assert before == {p: p.stat().st_mtime_ns for p in demo.rglob("*") if p.is_file() and p.name not in VARYING}


@pytest.mark.parametrize("year", YEARS)
def test_every_row_is_accounted_for(demo: Path, year: str) -> None:
    manifest = json.loads((demo / "data" / year / "manifest.json").read_text())
    for name, stage in manifest["stages"].items():
        flow = stage["flow"]
        assert flow["rows_in"] == flow["rows_out"] + sum(flow["dropped"].values()), name
    stages = manifest["stages"]
    assert stages["ingest"]["flow"]["rows_out"] == stages["identify"]["flow"]["rows_in"]
    assert stages["identify"]["flow"]["rows_out"] == stages["dedupe"]["flow"]["rows_in"]
    assert stages["dedupe"]["flow"]["rows_out"] == stages["aggregate"]["flow"]["rows_in"]


@pytest.mark.parametrize("year", YEARS)
def test_the_last_flow_ends_at_the_headline(demo: Path, year: str) -> None:
    counts = conform(pq.read_table(demo / "data" / year / "counts.parquet"), COUNTS).to_pandas()
    headline = counts.query(
        "level == 'world' and scope == 'study' and ip_version == '4' and min_confidence == 'medium' "
        "and decoys_left_out == 'certain'"
    )
    manifest = json.loads((demo / "data" / year / "manifest.json").read_text())
    assert headline.n_banners.tolist() == [manifest["stages"]["aggregate"]["flow"]["rows_out"]]
    assert bool(headline.simulated.all())


def test_everything_made_from_it_says_synthetic(demo: Path) -> None:
    page = (demo / "report/index.html").read_text()
    assert "SYNTHETIC" in page
    for table in (demo / "report").glob("charts/*.csv"):
        head, *rows = table.read_text().splitlines()
        assert head.endswith("simulated"), table
        assert all(row.endswith("True") for row in rows), table


def test_no_address_is_in_the_report(demo: Path) -> None:
    hosts = {
        host
        for year in YEARS
        for part in (demo / "data" / year / "identified.parquet").glob("*.parquet")
        for host in pq.read_table(part, columns=["host"]).column("host").to_pylist()
    }
    texts = [
        p.read_text() for p in (demo / "report").rglob("*") if p.suffix in (".html", ".csv", ".json", ".md", ".svg")
    ]
    public = pq.read_table(demo / "report/counts_public.parquet")
    values = [v for c in public.columns if c.type == pa.string() for v in c.unique().to_pylist() if v]
    texts.append("\n".join(values))
    assert len(hosts) > 1000
    assert [host for host in hosts if any(host in text for text in texts)] == []


@pytest.mark.parametrize("year", YEARS)
def test_no_small_cell_of_the_demo_can_be_worked_out(demo: Path, year: str) -> None:
    study = load_study(demo / "demo.toml")
    manifest = load_manifest(demo / "data" / year)
    assert manifest
    result = Result(year, manifest, read_table(demo / "data" / year / "counts.parquet", COUNTS))
    frame = read_table(demo / "report/counts_public.parquet", SCHEMA).to_pandas()
    own = (frame["min_confidence"] == "medium") & (frame["decoys_left_out"] == "certain") & (frame["ip_version"] == "4")
    hosts, shown = true_cells(study, result, "n_hosts"), cells_in(frame[own & (frame["snapshot"] == year)], "n_hosts")
    # A country that only the second location source names has no hosts.
    assert {n for cell, n in shown.items() if cell not in hosts} <= {0}
    shown = {cell: n for cell, n in shown.items() if cell in hosts}
    assert len(shown) > 300
    assert all(hosts[cell] == n for cell, n in shown.items())
    assert small(hosts, solved_hosts(hosts, shown)) == set()
    assert (demo / "report/index.html").stat().st_size < 1_500_000
