"""A simulated Internet goes through the whole pipeline, and the demo's study fits what is simulated for it."""

import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from camcensus.core.config import load_study
from camcensus.core.manifest import load_manifest
from camcensus.core.parquet import read_table
from camcensus.core.tables import COUNTED_TYPES, COUNTS, SERIES
from camcensus.validation.simulate.truth import TRUTH
from camcensus.validation.simulate.world import GROWING, Plan, make_world
from camcensus.validation.simulate.write import queries_file, queries_text, study_text
from tests.commands import camcensus
from tests.pictures import placeholders
from tests.validation.simulate.written import ROOT, made

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small world, counted and reported by the command."""
    out = made(tmp_path_factory.mktemp("world") / "out", Plan(devices=8_000, snapshots=2, seed=3))
    with placeholders():
        camcensus("run", "--study", out / "study.toml", "--workers", "1", "--quiet")
    return out


def test_the_report_says_that_it_is_simulated(counted: Path) -> None:
    assert "SIMULATED" in (counted / "report/index.html").read_text()


def test_the_count_lies_between_nothing_and_what_is_there(counted: Path) -> None:
    counts = read_table(counted / "data/2026/counts.parquet", COUNTS).to_pandas()
    own = counts[(counts.level == "world") & (counts.scope == "all") & (counts.ip_version == "all")]
    devices = int(own[(own.min_confidence == "medium") & (own.decoys_left_out == "certain")].n_devices.iloc[0])
    truth = read_table(counted / "truth.parquet", TRUTH).to_pandas()
    cameras = truth[(truth.snapshot == "2026") & truth.product_type.isin(COUNTED_TYPES)]
    assert cameras.returned.sum() / 2 < devices < len(cameras)


def test_the_demo_study_is_the_one_that_is_simulated_for_it(tmp_path: Path) -> None:
    world, out = make_world(Plan(overrides=GROWING)), tmp_path / "data/snapshots/simulated"
    (out / "queries").mkdir(parents=True)
    for year in world.years:
        (out / queries_file(year)).write_text(queries_text(world, year))
    (out / "study.toml").write_text(study_text(world, "queries"))
    (tmp_path / "studies").mkdir()
    demo = load_study(Path(shutil.copy(ROOT / "studies/demo.toml", tmp_path / "studies")))
    model = load_study(out / "study.toml")
    assert {name: (s.date, s.queries, s.ports) for name, s in demo.snapshots.items()} == {
        name: (s.date, s.queries, s.ports) for name, s in model.snapshots.items()
    }
    assert (demo.vendors, demo.window_days, demo.simulated) == (model.vendors, model.window_days, True)
    assert demo.data == out / "data"


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small world whose instrument grows, counted without a report."""
    out = tmp_path_factory.mktemp("growing") / "out"
    size = ("--devices", "8000", "--snapshots", "4", "--seed", "3", "--growing")
    camcensus("simulate", out, *size, "--workers", "1")
    camcensus("run", "--study", out / "study.toml", "--workers", "1", "--quiet", "--no-report")
    return out


def test_where_the_instrument_grows_the_headline_jumps_and_the_trend_over_one_does_not(grown: Path) -> None:
    hosts: dict[str, list[int]] = {"all": [], "queries": [], "ports": []}
    for year in ("2023", "2024", "2025", "2026"):
        rows = read_table(grown / f"data/{year}/series.parquet", SERIES).to_pylist()
        for series, found in hosts.items():
            found += [row["n_hosts"] for row in rows if (row["series"], row["manufacturer"]) == (series, None)]
    growth = {name: [b / a - 1 for a, b in pairwise(found)] for name, found in hosts.items()}
    # Queries come to it in 2024, ports in 2025; the made-up world itself grows by some 3 % a year.
    assert growth["all"][0] > 0.2
    assert abs(growth["queries"][0]) < 0.05
    assert growth["queries"][1] > growth["ports"][1] + 0.02
    assert all(abs(change) < 0.07 for change in growth["ports"])


def test_what_is_read_as_returned_is_what_was_returned(grown: Path) -> None:
    """The simulation searches for parts of words, the series for whole ones; on these texts they hardly differ."""
    for year in ("2023", "2026"):
        manifest = load_manifest(grown / "data" / year)
        assert manifest is not None
        flow = manifest.stages["query_replay"].flow
        assert flow.dropped.get("not returned by its own queries, as they are read here", 0) < flow.rows_in / 1000


def test_what_was_asked_is_written_and_without_growth_it_is_the_same_every_year(counted: Path, grown: Path) -> None:
    same = load_study(counted / "study.toml").snapshots
    assert same["2025"].queries == same["2026"].queries
    assert same["2025"].ports == same["2026"].ports
    snapshots = load_study(grown / "study.toml").snapshots
    assert set(snapshots["2024"].queries) - set(snapshots["2023"].queries) >= {'http.title:"NETSurveillance WEB"'}
    assert snapshots["2026"].queries == same["2026"].queries
    assert set(snapshots["2025"].ports) - set(snapshots["2024"].ports) == {8000, 37777}
