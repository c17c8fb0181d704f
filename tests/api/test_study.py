"""What the API answers is what was counted; what it cannot answer it refuses, and says what to do instead."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import camcensus as cc
from camcensus.api import choices
from camcensus.core import parquet, storage
from camcensus.core.tables import COUNTS, DEVICES, OBSERVATIONS, OUTCOMES, SERIES
from tests.conftest import banner, write_lines
from tests.optional import optional


def test_counts_are_the_cells_of_the_table(world: cc.OpenStudy) -> None:
    cells = parquet.read_table(world.study.data / "2026/counts.parquet", COUNTS).to_pylist()
    own = {
        (c["country"], c["manufacturer"]): c["n_hosts"]
        for c in cells
        if (c["level"], c["scope"], c["ip_version"], c["min_confidence"], c["decoys_left_out"])
        == ("country+manufacturer", "all", "4", "medium", "certain") and c["n_banners"]
    }  # fmt: skip
    found = world.counts(level=("manufacturer", "country"))
    assert isinstance(found, pd.DataFrame)
    assert list(found.columns)[:3] == ["snapshot", "country", "manufacturer"]
    assert {(c, m): n for c, m, n in zip(found["country"], found["manufacturer"], found["n_hosts"], strict=True)} == own
    assert set(world.counts("country", snapshots="all")["snapshot"]) == {"2025", "2026"}


def test_coverage_is_of_all_banners_and_counts_what_the_headline_counts(world: cc.OpenStudy) -> None:
    found = world.coverage(scope="study").set_index("outcome")
    assert list(found.index) == list(OUTCOMES)
    (counted,) = world.counts("world", scope="study")["n_hosts"]
    assert found.loc["counted", "n_hosts"] == counted
    ports = world.coverage(("country", "port"), "all")
    assert list(ports.columns) == ["snapshot", "country", "port", "outcome", "n_banners", "n_hosts"]
    newest = ports[ports["snapshot"] == "2026"]
    assert newest["n_banners"].sum() == world.coverage()["n_banners"].sum()
    with pytest.raises(cc.ChoiceError, match="level: found 'manufacturer'; allowed: 'world', 'country', 'port'"):
        world.coverage("manufacturer")


def test_frames_go_to_other_libraries_without_a_copy(world: cc.OpenStudy) -> None:
    frame = world.counts("country")
    arrow = frame.arrow()
    assert arrow.schema.field("n_hosts").type == pa.int64()
    address = arrow["n_hosts"].chunk(0).buffers()[1].address
    assert frame.arrow()["n_hosts"].chunk(0).buffers()[1].address == address
    ((added,),) = frame.duckdb().aggregate("sum(n_hosts)").fetchall()
    assert added == frame["n_hosts"].sum()
    # What was selected or changed is what goes on.
    few = frame[frame["country"] == "US"].assign(n_hosts=7)
    assert few.arrow().select(["country", "n_hosts"]).to_pylist() == [{"country": "US", "n_hosts": 7}]


@pytest.mark.slow  # polars is not in requirements-dev.lock
def test_frames_go_to_polars_without_a_copy(world: cc.OpenStudy) -> None:
    frame = world.counts("country")
    polars = optional("polars")
    found = frame.polars()
    assert isinstance(found, polars.DataFrame)
    address = frame.arrow()["n_hosts"].chunk(0).buffers()[1].address
    assert found["n_hosts"].to_arrow().buffers()[1].address == address


def test_the_country_table_is_the_report_s(world: cc.OpenStudy) -> None:
    published = pd.read_csv(world.study.report / "country_table.csv", keep_default_na=False, dtype=str)
    own = world.country_table(unit="hosts", exclude=["CN"])
    assert list(own.columns) == list(published.columns)
    newest = published[published["snapshot"] == "2026"]
    for mine, theirs in zip(own.to_dict("records"), newest.to_dict("records"), strict=True):
        assert mine["n_hosts"] == int(theirs["n_hosts"])
        assert (mine["country"] if not pd.isna(mine["country"]) else "") == theirs["country"]
        assert ("" if pd.isna(mine["rank"]) else str(mine["rank"])) == theirs["rank"]
        for name in ("share", "hosts_per_100k"):
            assert (None if pd.isna(mine[name]) else mine[name]) == (
                float(theirs[name]) if theirs[name] != "" else None
            )


def test_the_country_table_of_a_maker_and_other_exclusions(world: cc.OpenStudy) -> None:
    cells = world.counts("country+manufacturer")
    own = world.country_table("hosts", exclude=["CN", "US"], manufacturer="Hikvision")
    chosen = cells[(cells["manufacturer"] == "Hikvision") & ~cells["country"].isin(["CN", "US"])]
    assert own["n_hosts"].iloc[-1] == chosen["n_hosts"].sum() > 0
    assert own.loc[own["country"] == "US", "rank"].isna().all()
    assert own["n_hosts_low"].isna().all()
    devices = world.country_table("devices")
    assert devices["n_devices"].iloc[0] == devices["n_devices"].iloc[:-1][devices["is_in_headline"]].max()
    assert world.country_table(exclude="CN").equals(world.country_table(exclude=["CN"]))  # a text is one name
    assert world.observations("port").columns == ["snapshot", "port"]


def test_rows_are_those_of_the_files(world: cc.OpenStudy) -> None:
    table = parquet.read_table(world.study.data / "2026/observations.parquet", OBSERVATIONS)
    own = [
        {"snapshot": "2026", "host": r["host"], "port": r["port"]} for r in table.to_pylist() if r["port"] in (80, 554)
    ]
    rows = world.observations(columns=["host", "port"], where="port in (80, 554)")
    assert rows.arrow().to_pylist() == own
    assert rows.count() == len(own) == len(rows.polars())
    assert sum(batch.num_rows for batch in rows.batches(1000)) == len(own)
    assert rows.duckdb().aggregate("count(*)").fetchall() == [(len(own),)]
    both = world.devices(["device"], snapshots="all").pandas()
    counted = {
        n: parquet.read_table(world.study.data / n / "devices.parquet", DEVICES).num_rows for n in world.snapshots
    }
    assert both.groupby("snapshot").size().to_dict() == counted


def test_tables_that_name_their_snapshot_themselves(world: cc.OpenStudy) -> None:
    rows = world.table("series", where="series = 'all' and manufacturer is null", snapshots="all").pandas()
    assert list(rows.columns) == cc.columns("series")["column"].tolist()
    assert rows["snapshot"].tolist() == world.snapshots
    assert rows["n_hosts"].tolist() == world.trend("hosts")["n_hosts"].tolist()


def _copy(world: cc.OpenStudy, to: Path) -> cc.OpenStudy:
    root = world.study.path.parent.parent
    shutil.copytree(root, to, ignore=shutil.ignore_patterns("reports", "raw", "second", "net"))
    for name in world.snapshots:
        (to / "data/snapshots/simulated/data" / name / "raw").mkdir()
    return cc.open_study(to / "studies/demo.toml")


def _damage(path: Path, column: str) -> None:
    """Flips the bits of the last byte of every chunk of a column."""
    metadata = pq.read_metadata(path)
    data = bytearray(path.read_bytes())
    at = metadata.schema.names.index(column)
    for group in range(metadata.num_row_groups):
        chunk = metadata.row_group(group).column(at)
        start = chunk.dictionary_page_offset or chunk.data_page_offset
        data[start + chunk.total_compressed_size - 1] ^= 0xFF
    path.write_bytes(data)


def test_a_filter_reads_only_what_it_needs_and_damage_is_found(world: cc.OpenStudy, tmp_path: Path) -> None:
    study = _copy(world, tmp_path / "copy")
    (part,) = (study.study.data / "2025/observations.parquet").glob("*.parquet")
    _damage(part, "host")
    asked = {"where": "port > 0", "snapshots": "all"}
    # Neither the damaged column is read where it is not needed, nor the damaged file.
    assert study.observations(["port"], **asked).arrow() == world.observations(["port"], **asked).arrow()
    newest = {"where": "snapshot = '2026' and port = 554", "snapshots": "all"}
    assert study.observations(["host"], **newest).arrow() == world.observations(["host"], **newest).arrow()
    with pytest.raises(cc.CamcensusError, match="cannot be read"):
        study.observations(["host"], **asked).arrow()


def test_what_was_counted_must_be_what_is_there(world: cc.OpenStudy, tmp_path: Path) -> None:
    study = _copy(world, tmp_path / "copy")
    path = study.study.data / "2026/counts.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"X")
    with pytest.raises(cc.CamcensusError, match="is not what was counted"):
        study.counts("world")


@pytest.mark.parametrize(
    ("wrong", "kind", "says"),
    [
        (lambda s: s.counts("city"), cc.ChoiceError, r"no level 'city'.*country\+manufacturer"),
        (
            lambda s: s.counts("country", snapshots="1999"),
            cc.ChoiceError,
            "no counted snapshot 1999; there are: 2025, 2026",
        ),
        (lambda s: s.counts("country", snapshots=[]), cc.ChoiceError, "no snapshot was named"),
        (lambda s: s.counts("country", snapshots=2026), cc.ChoiceError, "snapshots: found 2026; .* such as '2026'"),
        (lambda s: s.counts(None), cc.ChoiceError, "level: found None"),
        (lambda s: s.counts("model", ip_version="6"), cc.ChoiceError, "was not counted with"),
        (lambda s: s.counts("country", ip_version="5"), cc.ChoiceError, "ip_version: .* allowed: '4', '6', 'all'"),
        (lambda s: s.counts("country", scope="here"), cc.ChoiceError, "scope: .* allowed: 'all', 'study'"),
        (lambda s: s.trend(series="port"), cc.ChoiceError, "series: found 'port'; allowed: 'all', 'queries', 'ports'"),
        (lambda s: s.trend(breaks="ignore"), cc.ChoiceError, "breaks: .* allowed: 'raise', 'mark'"),
        (lambda s: s.two_engines(s), cc.CamcensusError, "both lists are of shodan"),
        (lambda s: cc.charts.lines(s, {"a": [1, 2.5]}, "t", "u"), cc.ChoiceError, "whole numbers; not so: a"),
        (
            lambda s: cc.total(pd.concat([s.counts("country"), s.counts("world")]), "hosts"),
            cc.UnitError,
            "choose one level",
        ),
        (lambda s: s.country_table("prefixes"), cc.UnitError, "does not add up across countries"),
        (lambda s: s.country_table("cameras"), cc.UnitError, "not a unit; units are banners, hosts, devices, prefixes"),
        (lambda s: s.country_table(exclude=["China"]), cc.ChoiceError, "alpha-2"),
        (lambda s: s.country_table(manufacturer="Hikvison"), cc.ChoiceError, "no cell of maker .* Hikvision"),
        (lambda s: s.trend("prefixes"), cc.UnitError, "have no trend"),
        (lambda s: s.trend(manufacturer="Nobody"), cc.ChoiceError, "no cell of maker"),
        (
            lambda s: cc.total(s.counts("manufacturer"), "hosts"),
            cc.UnitError,
            "use the cell counted without it",
        ),
        (lambda s: cc.total(s.counts("country", "all"), "hosts"), cc.UnitError, "choose one variant"),
        (lambda s: s.table("cameras"), cc.ChoiceError, "there is no table 'cameras'; there are: observations"),
        (lambda s: s.table("churn"), cc.ChoiceError, "has no table churn"),
        (lambda s: s.observations(["ip"]), cc.ChoiceError, "has no column ip; it has: snapshot, file"),
        (lambda s: s.observations(where="prot = 554"), cc.ChoiceError, "condition in SQL"),
        (
            lambda s: s.observations(where="host in (select content from read_text('/etc/hostname'))"),
            cc.ChoiceError,
            "disabled",
        ),
        (lambda s: s.observations(where="nosuch(port)").arrow(), cc.ChoiceError, "condition in SQL"),
        (lambda s: s.observations(where="host = 1").arrow(), cc.ChoiceError, "condition in SQL"),
        (lambda s: s.country_table(snapshot="all"), cc.ChoiceError, "one snapshot; choose one of 2025, 2026"),
        (lambda s: cc.charts.makers(s, "all"), cc.ChoiceError, "one snapshot"),
        (lambda s: s.errors(against="wish"), cc.ChoiceError, "there is no truth 'wish'; there are: reachable"),
        (lambda _: cc.columns("cameras"), cc.ChoiceError, "there is no table"),
        (lambda s: cc.charts.bars(s, {"a": -1}, "t", "u"), cc.ChoiceError, "bars start at 0"),
        (lambda s: cc.charts.lines(s, {"a": [1]}, "t", "u"), cc.ChoiceError, "one count for each of the 2 snapshots"),
    ],
)
def test_wrong_use_says_what_to_do_instead(world: cc.OpenStudy, wrong, kind, says) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(kind, match=says):
        wrong(world)


def test_two_instruments_are_not_mixed(world: cc.OpenStudy, tmp_path: Path) -> None:
    study = _copy(world, tmp_path / "copy")
    folder = study.study.data / "2025"
    manifest = storage.read_checksummed(folder / "manifest.json")
    manifest["instrument"]["rules"] = "older"
    storage.write_checksummed(folder / "manifest.json", manifest)
    with pytest.raises(
        cc.InstrumentError, match=r"2026: other counting rules.*snapshots=\['2026'\].*several_instruments=True"
    ):
        study.counts("world", snapshots="all")
    assert len(study.counts("world", snapshots="all", several_instruments=True)) == 2
    assert len(study.counts("world", snapshots="2026")) == 1
    with pytest.raises(cc.InstrumentError, match=r'Instead: see .*series="queries".*breaks="mark"'):
        study.trend()
    marked = study.trend(breaks="mark")
    assert marked["break"].tolist()[1] == "other counting rules"
    assert pd.isna(marked["break"].iloc[0])


def test_levels_are_those_that_are_counted(world: cc.OpenStudy) -> None:
    assert sorted(choices.LEVELS) == sorted(set(world.results[-1].counts["level"].to_pylist()))


def test_a_snapshot_without_a_camera_has_no_cells_and_a_table(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text('title = "t"\nwindow_days = "all"\n')
    write_lines(
        tmp_path / "data/2026/raw/a.json", [banner(data="HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", http={}, product=None)]
    )
    study = cc.open_study(tmp_path / "study.toml").run()
    assert study.counts("world")["n_hosts"].tolist() == [0]
    for level in choices.LEVELS[1:]:
        assert len(study.counts(level)) == 0
    found = study.country_table()
    assert found[["country", "name", "n_hosts"]].fillna("").to_numpy().tolist() == [
        ["ZZ", "Unknown", 0], ["", "World (headline: without CN)", 0],
    ]  # fmt: skip
    with pytest.raises(cc.ChoiceError, match="was not counted with"):
        study.counts("model", ip_version="6")


def test_the_trend_and_its_ranges(world: cc.OpenStudy) -> None:
    found = world.trend("hosts")
    assert found["n_hosts"].tolist() == world.counts("world", "all", scope="study")["n_hosts"].tolist()
    assert (found["low"] <= found["n_hosts"]).all()
    assert (found["high"] >= found["n_hosts"]).all()
    makers = world.counts("manufacturer", "all", scope="study")
    own = makers[makers["manufacturer"] == "Dahua"]["n_hosts"].tolist()
    assert world.trend("hosts", "Dahua")["n_hosts"].tolist() == own
    asked = world.trend("hosts", series="queries")
    # It was asked the same in both years, and the study says what.
    assert asked["n_hosts"].tolist() == found["n_hosts"].tolist()
    assert asked["reason"].isna().all()


def test_where_there_is_no_series_a_reason_stands_in_its_place(world: cc.OpenStudy) -> None:
    row = {"series": "queries", "reason": "which queries is not known"}
    series = pa.table({c.name: pa.array([row.get(c.name)], c.type) for c in SERIES.columns})
    study = cc.OpenStudy(world.study)
    study.__dict__["results"] = [replace(world.results[-1], series=series)]
    (asked,) = study.trend("hosts", series="queries").itertuples()
    assert pd.isna(asked.n_hosts)
    assert (asked.reason, asked.is_query_set_known) == ("which queries is not known", False)


def test_errors_are_those_of_the_truth(world: cc.OpenStudy) -> None:
    found = world.errors()
    hosts = found[found["unit"] == "n_hosts"]
    counted = world.counts("country", ip_version="all").set_index("country")["n_hosts"]
    assert hosts.set_index("country")["counted"].to_dict() == {
        **dict.fromkeys(hosts["country"], 0),
        **counted.to_dict(),
    }
    assert set(world.error_summary(least=20)["truth"]) == {"reachable", "seen", "returned", "evidence"}


@pytest.mark.slow
def test_two_engines(world: cc.OpenStudy) -> None:
    folder = world.study.data.parent / "second"
    second = cc.open_study(folder / "study.toml").run(["2026"], workers=1)
    found = world.two_engines(second, "2026")
    assert found.hosts is not None
    assert found.hosts.low < found.hosts.point < found.hosts.high
    assert found.strata["both"].sum() > 0
    assert all(text in found.words for text in found.assumptions)


def test_a_banner_is_explained(world: cc.OpenStudy) -> None:
    assert world.explain("not json") == {"counted": False, "rejected": "not_json"}
    said = world.explain(json.dumps(banner()).encode())
    assert (said["counted"], said["manufacturer"], said["product_type"]) == (True, "Hikvision", "video")
    assert said["evidence"]["http_server"] == "App-webs/"
    assert world.explain(banner()) == said


DRAWN = ["world_map", "countries", "makers", "models", "product_types", "trend", "instrument", "maker_shares", "decoys",
         "networks", "flow"]  # fmt: skip


@pytest.mark.parametrize("name", DRAWN)
def test_charts_are_png_figures_that_say_what_is_made_up(world: cc.OpenStudy, name: str) -> None:
    figure = getattr(cc.charts, name)(world)
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert any("SYNTHETIC" in text.get_text() for text in figure.texts)


def test_charts_of_any_numbers(world: cc.OpenStudy) -> None:
    top = world.country_table().head(5).set_index("name")["n_hosts"]
    figure = cc.charts.bars(world, top, "Five countries", "Hosts")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == top.index.tolist()
    drawn = cc.charts.lines(world, {"all": world.trend()["n_hosts"].tolist(), "gap": [None, 3]}, "Two lines", "Hosts")
    assert {t.get_text() for t in drawn.texts} >= {"Two lines", "SYNTHETIC DATA"}


def test_prior_studies_and_columns() -> None:
    prior = cc.prior_studies()
    hikvision = prior[(prior["year"] == "2021") & (prior["makers"] == "Hikvision")].set_index("study")["count"]
    assert (hikvision["Top10VPN"], hikvision["Cybernews 30 vendors"]) == (4_800_000, 124_000)
    assert prior["source"].str.startswith("http").all()
    assert cc.columns("devices")["column"].tolist() == DEVICES.names


def test_opening_a_study_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(cc.CamcensusError, match="camcensus init"):
        cc.open_study(tmp_path / "study.toml")
    (tmp_path / "study.toml").write_text('title = "t"\n')
    with pytest.raises(cc.CamcensusError, match="nothing has been counted yet"):
        cc.open_study(tmp_path / "study.toml").counts()


def test_the_package_alone_loads_nothing_heavy() -> None:
    code = "import sys, camcensus; print(sorted({'pandas', 'pyarrow', 'matplotlib', 'duckdb'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="its names are"):
        cc.open_studies  # noqa: B018


def test_stub_and_module_name_the_same() -> None:
    stub = Path(cc.__file__).with_suffix(".pyi").read_text()
    assert sorted(line.split()[-1] for line in stub.splitlines()) == sorted(cc.__all__)
    assert dir(cc) == sorted(cc.__all__)
