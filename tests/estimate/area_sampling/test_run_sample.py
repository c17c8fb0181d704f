"""From a collected sample to what is published: estimates with intervals, and never a total of what was sampled."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from camcensus.collect.collector import collect_snapshot
from camcensus.core import parquet, storage
from camcensus.core.config import load_study
from camcensus.core.console import Reporter
from camcensus.core.manifest import Manifest, load_manifest
from camcensus.core.tables import COUNTS, ESTIMATES, SAMPLE_BLOCKS
from camcensus.engines.local import Local
from camcensus.run import Outcome, run
from camcensus.validation.loopback.faults import Fault
from camcensus.validation.loopback.index import Index
from camcensus.validation.loopback.server import KEY, Loopback
from tests.commands import camcensus, page_of
from tests.estimate.area_sampling.worlds import FRAME, cameras, study

UNITS = ("n_hosts", "n_devices", "n_banners")
CELL = ("level", "scope", "country", "manufacturer")


@pytest.fixture(scope="module")
def index() -> Index:
    """Some thousand banners."""
    return Index(cameras(5))


@pytest.fixture(scope="module")
def shodan(index: Index) -> Iterator[Loopback]:
    """A Shodan on this machine that holds them."""
    with Loopback(index) as found, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHODAN_API_URL", found.url)
        patch.setenv("SHODAN_API_KEY", KEY)
        yield found


def collect(path: Path, snapshot: str, mode: str = "sample") -> None:
    """A collection."""
    collect_snapshot(load_study(path), snapshot, mode, KEY, None, lambda _: None)


def counted(path: Path, *snapshots: str, workers: int = 1, **options: bool) -> Outcome:
    """A run."""
    return run(load_study(path), Reporter(), list(snapshots) or None, Local(workers), **options)


@pytest.fixture(scope="module")
def ran(shodan: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study whose sample was collected and run."""
    path = study(tmp_path_factory.mktemp("ran"), 70)
    collect(path, "a")
    counted(path)
    return path


def estimates(path: Path, snapshot: str = "a") -> list[dict[str, Any]]:
    """The estimates of a snapshot."""
    return parquet.read_table(path.parent / "data" / snapshot / "estimates.parquet", ESTIMATES).to_pylist()


def published(path: Path) -> list[dict[str, str]]:
    """The estimates that are given away."""
    return list(csv.DictReader(io.StringIO((path.parent / "report/sample_estimates.csv").read_text())))


def manifest(path: Path, snapshot: str = "a") -> Manifest:
    """The manifest of a snapshot."""
    found = load_manifest(path.parent / "data" / snapshot)
    assert found is not None
    return found


@pytest.mark.slow
def test_a_sample_of_every_block_is_the_count_itself(tmp_path: Path, shodan: Loopback) -> None:
    path = study(tmp_path, FRAME.size)
    collect(path, "every")
    collect(path, "whole", "download")
    counted(path, report=False)
    headline = {"ip_version": "4", "min_confidence": "medium", "decoys_left_out": "certain"}
    counts = parquet.read_table(path.parent / "data/whole/counts.parquet", COUNTS)
    for name, value in headline.items():
        counts = counts.filter(pc.equal(counts[name], value))
    truth = {tuple(row[name] for name in CELL): row for row in counts.to_pylist()}
    given = [row for row in estimates(path, "every") if row["reason"] is None]
    assert len({row["level"] for row in given}) == 4
    for row in given:
        wanted = truth[tuple(row[name] for name in CELL)][row["unit"]]
        assert (row["low"], row["estimate"], row["high"]) == (wanted, wanted, wanted)


def test_what_was_counted_in_blocks_adds_up_to_what_the_flow_says(ran: Path) -> None:
    blocks = parquet.read_table(ran.parent / "data/a/sample_blocks.parquet", SAMPLE_BLOCKS)
    everything = blocks.filter(pc.is_null(blocks["manufacturer"])).to_pylist()
    devices = pq.read_table(ran.parent / "data/a/devices.parquet")
    assert sum(row["n_devices"] for row in everything) == devices.num_rows
    drawn = {str(block) for block in FRAME.draw(1, 70)}
    assert {row["block"] for row in everything} <= drawn
    flow = manifest(ran).stages["sample_blocks"].flow
    world = next(
        row for row in estimates(ran) if (row["level"], row["scope"], row["unit"]) == ("world", "study", "n_banners")
    )
    assert world["in_sample"] == flow.rows_out


def test_every_row_is_marked_and_has_an_interval_or_a_reason(ran: Path) -> None:
    for row in estimates(ran):
        assert row["basis"] == "sample"
        assert (row["blocks_sampled"], row["blocks_in_all"]) == (70, 221)
        if row["reason"] is None:
            assert row["in_sample"] <= row["low"] <= row["estimate"] <= row["high"]
        else:
            assert row["estimate"] is row["low"] is row["high"] is row["share_ppm"] is None
    for public in published(ran):
        assert public["basis"] == "sample"
        assert bool(public["estimate"]) == bool(public["low"]) == bool(public["high"]) != bool(public["reason"])


def test_what_was_counted_in_the_sample_is_nowhere_given_as_a_total(ran: Path) -> None:
    assert not (ran.parent / "data/a/counts.parquet").exists()
    files = sorted(p.name for p in (ran.parent / "report").iterdir())
    assert files == ["index.html", "manifest.json", "sample_estimates.csv"]
    page = (ran.parent / "report/index.html").read_text()
    rows = estimates(ran)
    world = next(row for row in rows if (row["level"], row["scope"], row["unit"]) == ("world", "all", "n_hosts"))
    assert f"{world['estimate']:,}" in page
    assert f"{world['low']:,} to {world['high']:,}" in page
    assert f">{world['in_sample']:,}<" not in page
    assert "in_sample" not in published(ran)[0]
    assert "SAMPLE" in page
    assert "70 were drawn without replacement, each with the same chance of 31.67%, by seed 1" in page


def test_the_manifest_says_which_blocks_they_are(ran: Path) -> None:
    found = manifest(ran)
    assert found.basis == "sample"
    assert found.collection is not None
    assert found.collection.sample is not None
    assert found.collection.sample.model_dump() == {"seed": 1, "prefix_length": 8, "blocks": 70, "of": 221}
    assert found.stages["estimates"].flow.rows_out == 70


def test_nothing_is_done_twice_and_the_same_input_gives_the_same_bytes(
    ran: Path, tmp_path: Path, shodan: Loopback
) -> None:
    assert counted(ran).done == []
    path = study(tmp_path, 70)
    collect(path, "a")
    counted(path, workers=2)
    for name in ("data/a/estimates.parquet", "data/a/sample_blocks.parquet", "report/sample_estimates.csv"):
        assert (path.parent / name).read_bytes() == (ran.parent / name).read_bytes()
    text = path.read_text().replace('vendors = ["Hikvision", "TVT"]', 'vendors = ["TVT", "Hikvision"]')
    path.write_text(text)
    assert counted(path).done == ["a: estimates", "report"]


def test_small_cells_are_not_given_away(ran: Path, tmp_path: Path, shodan: Loopback) -> None:
    inside = {(r["country"], r["manufacturer"]): r["in_sample"] for r in estimates(ran) if r["unit"] == "n_hosts"}
    before = named(published(ran))
    smallest = min(before, key=lambda cell: inside[cell])
    path = study(tmp_path, 70)
    path.write_text(f"{path.read_text()}[publication]\nmin_hosts = {inside[smallest] + 1}\n")
    collect(path, "a")
    counted(path)
    assert estimates(path) == estimates(ran)
    now = named(published(path))
    assert now < before
    assert smallest not in now
    assert all(inside[cell] > inside[smallest] for cell in now)
    crossed = [row for row in published(ran) if row["level"] == "country+manufacturer"]
    assert {row["unit"] for row in crossed} == {"n_hosts"}


def named(rows: list[dict[str, str]]) -> set[tuple[str | None, str]]:
    """Country and maker of the estimates that name a maker."""
    return {(row["country"] or None, row["manufacturer"]) for row in rows if row["manufacturer"] and row["estimate"]}


def test_a_maker_that_is_too_small_has_no_number_and_a_reason(tmp_path: Path, shodan: Loopback) -> None:
    path = study(tmp_path, 70)
    path.write_text(f"{path.read_text()}[publication]\nmin_hosts = 1000\n")
    collect(path, "a")
    counted(path)
    assert named(published(path)) == set()
    assert {row["manufacturer"] for row in published(path)} == {"", "Hikvision", "TVT"}
    assert {row["reason"] for row in published(path) if row["manufacturer"]} == {"too few in the sample to be shown"}
    page = (path.parent / "report/index.html").read_text()
    assert "of hosts with TVT cameras outside China: too few in the sample to be shown" in page


@pytest.mark.slow
def test_a_block_that_is_not_whole_is_left_out_of_what_is_estimated(tmp_path: Path, shodan: Loopback) -> None:
    path = study(tmp_path, 70)
    shodan.set_faults(Fault("empty-page", where="host/search", at=[3, 4], times=None))
    collect(path, "a")
    shodan.set_faults()
    assert counted(path).held_back.keys() == {"a"}
    assert not (path.parent / "report").exists()
    assert counted(path, allow_partial=True).partial == ["a"]
    flow = manifest(path).stages["estimates"].flow
    assert flow.dropped == {"not collected whole": 70 - flow.rows_out}
    assert 40 < flow.rows_out < 69
    assert not any(row["complete"] for row in estimates(path))
    assert "PARTIAL" in (path.parent / "report/index.html").read_text()
    assert {row["blocks_sampled"] for row in estimates(path)} == {flow.rows_out}
    collect(path, "a")
    counted(path)
    assert {row["blocks_sampled"] for row in estimates(path)} == {70}


def test_a_reply_that_changed_is_not_used(tmp_path: Path, shodan: Loopback) -> None:
    path = study(tmp_path, 30)
    collect(path, "a")
    page = next((path.parent / "data/a/raw/sample-totals").rglob("ipv4*"))
    content = bytearray(page.read_bytes())
    content[-10] ^= 4
    page.write_bytes(content)
    with pytest.raises(storage.IntegrityError):
        counted(path)


def test_a_sample_is_no_list_of_hosts_for_other_estimates(ran: Path) -> None:
    engines = camcensus("estimate", "engines", "--study", ran, "--snapshot", "a", "--with", ran, status=1)
    audit = camcensus("audit", "sample", "--study", ran, "--snapshot", "a", status=1)
    assert "is a sample of address blocks; this needs a complete collection" in engines.stderr
    assert "is a sample of address blocks; this needs a complete collection" in audit.stderr


@pytest.mark.slow
def test_the_report_is_of_what_was_counted_and_samples_stand_beside_it(tmp_path: Path, shodan: Loopback) -> None:
    path = study(tmp_path, 30)
    collect(path, "first")
    collect(path, "second", "download")
    done = counted(path)
    assert done.page is not None
    assert (
        '<a href="sample-first.html">sample-first.html</a>: estimates from sample first, with' in done.page.read_text()
    )
    assert "SAMPLE" not in done.page.read_text()
    assert "SAMPLE" in (path.parent / "report/sample-first.html").read_text()
    listed = json.loads((path.parent / "report/datapackage.json").read_text())["resources"]
    assert {"sample-first.html", "sample_estimates.csv"} <= {item["path"] for item in listed}
    whole = parquet.read_table(path.parent / "data/second/counts.parquet", COUNTS)
    shown = parquet.read_table(path.parent / "report/counts_public.parquet", COUNTS)
    assert set(shown["snapshot"].to_pylist()) == set(whole["snapshot"].to_pylist()) == {"second"}
    assert counted(path).done == []


@pytest.mark.slow
def test_the_commands_from_a_plan_to_a_page(tmp_path: Path, shodan: Loopback) -> None:
    path = study(tmp_path, 40)
    priced = camcensus("plan", "--study", path)
    assert "sample" in priced.stdout
    refused = camcensus("collect", "--study", path, "--snapshot", "a", "--mode", "sample", "--max-credits", 5, status=1)
    assert "nothing was spent" in refused.stderr
    assert "blocks under [collect.sample]" in refused.stderr
    done = camcensus("collect", "--study", path, "--snapshot", "a", "--mode", "sample", "--json")
    assert json.loads(done.stdout)["complete"]
    told = camcensus("run", "--study", path)
    assert "figures from 40 of 221 blocks" in told.stderr
    assert page_of(told) == path.parent.resolve() / "report/index.html"
    assert json.loads(camcensus("run", "--study", path, "--json").stdout)["done"] == []
    assert camcensus("report", "--study", path).stdout.endswith(told.stdout)
