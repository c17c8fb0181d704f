"""What `camcensus simulate` writes: the same bytes for the same seed, a truth that fits the raw files, nothing more."""

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from camcensus.core.config import load_study
from camcensus.core.errors import CamcensusError
from camcensus.core.parquet import read_table
from camcensus.core.storage import sha256
from camcensus.raw.imports import read_ledger
from camcensus.readers.banner import decode
from camcensus.validation.simulate.truth import BANNERS, TRUTH
from camcensus.validation.simulate.world import Plan, make_world
from camcensus.validation.simulate.write import draw
from tests.conftest import row_of
from tests.validation.simulate.written import by_command, content, made

PLAN = Plan(devices=6_000, snapshots=2, seed=5)
ARGUMENTS = ("--devices", "6000", "--snapshots", "2", "--seed", "5")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("world") / "out", PLAN)


def lines(world: Path, pattern: str = "data/*/raw/*.gz") -> list[tuple[str, str, int, str]]:
    """Snapshot, file, line number and text of each raw line."""
    return [
        (path.parts[-3], path.name, number, line)
        for path in sorted(world.glob(pattern))
        for number, line in enumerate(gzip.open(path, "rt"), 1)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_f25_the_same_seed_gives_the_same_bytes(world: Path, tmp_path: Path, workers: str) -> None:
    done = by_command(
        tmp_path / "w", *ARGUMENTS, "--workers", workers, PYTHONHASHSEED="3", TZ="Asia/Kathmandu", LC_ALL="C"
    )
    assert done.returncode == 0, done.stderr
    assert content(tmp_path / "w") == content(world)


@pytest.mark.slow
def test_a_program_reads_the_study_and_the_lines_of_each_snapshot(tmp_path: Path) -> None:
    done = by_command(tmp_path / "w", "--devices", "100", "--snapshots", "1", "--json", "--workers", "1")
    assert done.returncode == 0, done.stderr
    written = len(lines(tmp_path / "w"))
    assert json.loads(done.stdout) == {"study": str(tmp_path / "w/study.toml"), "lines": {"2026": written}}


def test_another_seed_gives_another_world(world: Path, tmp_path: Path) -> None:
    other = made(tmp_path / "w", Plan(devices=6_000, snapshots=2, seed=6))
    assert sha256(other / "truth.parquet") != sha256(world / "truth.parquet")


def test_a_file_is_the_same_when_drawn_alone(world: Path, tmp_path: Path) -> None:
    for folder in (tmp_path / part / "data/2026/raw" for part in (".", "net", "second")):
        folder.mkdir(parents=True)
    draw(make_world(PLAN), tmp_path, (2026, 1))
    found = content(tmp_path)
    assert len(found) >= 2
    assert all(value == (world / name).read_bytes() for name, value in found.items())


def test_the_raw_files_are_as_an_import_leaves_them(world: Path) -> None:
    for snapshot in (world / "data").iterdir():
        ledger = read_ledger(snapshot)
        files = sorted((snapshot / "raw").glob("*.gz"))
        assert sorted(ledger) == [path.name for path in files]
        assert all(ledger[path.name]["sha256"] == sha256(path) for path in files)
    study = load_study(world / "study.toml")
    assert study.simulated
    assert study.snapshot_ids() == ["2025", "2026"]


def whole_banners(world: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for *_, line in lines(world) if line.endswith("}\n")]


def test_banners_are_marked_and_as_long_as_real_ones(world: Path) -> None:
    found = lines(world)
    assert sum(len(line) for *_, line in found) / len(found) >= 2_500
    assert all(banner["_camcensus"] == {"synthetic": True} for banner in whole_banners(world))


def test_pages_are_as_long_as_those_of_a_real_city(world: Path) -> None:
    pages = [banner["http"]["html"] for banner in whole_banners(world) if banner.get("http", {}).get("html")]
    lengths = pd.Series([len(page) for page in pages])
    assert lengths.median() == pytest.approx(771, rel=0.1)
    assert lengths.quantile(0.9) == pytest.approx(16_005, rel=0.1)
    assert lengths.max() == 124_741
    assert (lengths < 2_048).mean() > 0.8


@pytest.mark.slow
def test_the_truth_of_a_banner_is_that_of_its_line(world: Path) -> None:
    truth = read_table(world / "truth_banners.parquet", BANNERS).to_pandas().dropna(subset=["file"])
    by_line = {(t.snapshot, t.file, int(t.line)): (t.host, t.port) for t in truth.itertuples()}
    for snapshot, file, number, line in lines(world):
        place = (snapshot, file, number)
        if place not in by_line:  # a line that is no banner
            with pytest.raises(json.JSONDecodeError):
                json.loads(line)
            continue
        row = row_of(decode(line.encode()))
        assert (row["host"], row["port"]) == by_line.pop(place)
    assert by_line == {}


def test_whole_blocks_hold_what_queries_return_there_and_more(world: Path) -> None:
    def answers(pattern: str) -> set[tuple[str, int, str]]:
        whole = [json.loads(line) for *_, line in lines(world, pattern) if line.endswith("}\n")]
        return {(banner["ip_str"], banner["port"], banner["timestamp"]) for banner in whole}

    net, queried = answers("net/data/2026/raw/*.gz"), answers("data/2026/raw/*.gz")
    blocks = {host.rsplit(".", 2)[0] for host, *_ in net}
    inside = {answer for answer in queried if answer[0].rsplit(".", 2)[0] in blocks}
    assert len(inside) > 20
    assert inside < net


def test_the_second_engine_s_lines_are_json_of_its_own(world: Path) -> None:
    found = [json.loads(line)["data"] for *_, line in lines(world, "second/data/*/raw/*.gz") if line.endswith("}}\n")]
    assert len(found) > 1_000
    assert all({"ip", "port", "@timestamp", "protocol"} <= set(data) for data in found)


def test_each_truth_holds_the_next(world: Path) -> None:
    truth = read_table(world / "truth.parquet", TRUTH).to_pandas()
    assert not truth.duplicated(["snapshot", "device_id"]).any()
    for wide, narrow in [("reachable", "seen"), ("seen", "returned"), ("returned", "names"), ("returned", "tells")]:
        assert (truth[wide] | ~truth[narrow]).all(), (wide, narrow)
        assert truth[narrow].sum() < truth[wide].sum()
    assert truth.loc[truth.decoy.notna(), ["manufacturer", "model", "product_type"]].isna().all().all()
    hidden = truth[~truth.reachable]
    assert len(hidden) > 500
    assert set(hidden.product_type) <= {"camera", "recorder", "encoder"}


def test_a_device_stays_what_it_is(world: Path) -> None:
    truth = read_table(world / "truth.parquet", TRUTH).to_pandas()
    same = truth.groupby("device_id")[["country", "manufacturer", "model", "product_type", "decoy"]].nunique(
        dropna=False
    )
    assert (same == 1).all().all()
    years = truth.groupby("device_id").snapshot.nunique()
    assert 0 < (years == 2).sum() < len(years)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(CamcensusError, match="not an empty folder"):
        made(tmp_path, PLAN)
    assert content(tmp_path) == {"mine": b"mine"}


def test_tables_are_what_they_say(world: Path) -> None:
    for name, table in (("truth", TRUTH), ("truth_banners", BANNERS)):
        assert pq.read_schema(world / f"{name}.parquet").names == table.names
    assert isinstance(read_table(world / "truth.parquet", TRUTH).to_pandas(), pd.DataFrame)
