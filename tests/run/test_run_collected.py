"""What `camcensus run` makes of collected snapshots: whole ones, partial ones, a census alone, history alone."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from camcensus.core import parquet, storage
from camcensus.core.manifest import load_manifest
from camcensus.core.tables import CENSUS, COUNTS, TRENDS
from camcensus.readers.shodan import read_page
from camcensus.validation.loopback.faults import Fault
from camcensus.validation.loopback.index import Index
from camcensus.validation.loopback.server import KEY, Loopback
from tests.commands import Done, camcensus, page_of
from tests.conftest import banner, write_lines

STUDY = 'title = "T"\nvendors = ["Hikvision"]\n[collect]\nrate = 0\nbudget = 100\n'


@pytest.fixture(scope="module")
def index() -> Index:
    """Cameras of one maker in two countries, and a few that the engine places nowhere."""
    places = ["GB"] * 120 + ["NL"] * 60 + [None] * 5
    # A block of a camera of which nothing is read says something by being there.
    blocks = [{"hikvision": {"activex_files": {}}}, {"hikvision": {"device_model": "DS-2CD2032-I"}}, {}]
    return Index(
        banner(ip_str=f"81.2.{n // 250}.{n % 250}", location={"country_code": code}, **blocks[n % 3])
        for n, code in enumerate(places)
    )


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of one maker."""
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path / "study.toml"


@pytest.fixture
def shodan(index: Index, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A Shodan on this machine that holds them."""
    with Loopback(index) as found:
        monkeypatch.setenv("SHODAN_API_URL", found.url)
        monkeypatch.setenv("SHODAN_API_KEY", KEY)
        yield found


def collect(study: Path, mode: str, snapshot: str = "a", status: int = 0) -> Done:
    """A collection."""
    return camcensus("collect", "--study", study, "--snapshot", snapshot, "--mode", mode, status=status)


@pytest.mark.slow
def test_a_whole_download_is_counted_with_its_instrument(study: Path, shodan: Loopback) -> None:
    collect(study, "download")
    camcensus("run", "--study", study, "--no-report")
    manifest = load_manifest(study.parent / "data/a")
    assert manifest is not None
    assert manifest.instrument is not None
    assert manifest.collection is not None
    assert (manifest.basis, manifest.complete, manifest.query_set) == ("download", True, manifest.instrument.query_set)
    assert manifest.query_set != "not known"
    assert (manifest.collection.announced, manifest.collection.found) == (185, 185)
    assert manifest.collection.controls["port-80"] == 185
    assert manifest.collection.ports == [80]
    again = camcensus("run", "--study", study, "--no-report", "--json")
    assert json.loads(again.stdout)["done"] == []


@pytest.mark.slow
def test_a_download_counts_as_the_same_banners_do_as_files(
    index: Index, study: Path, shodan: Loopback, tmp_path: Path
) -> None:
    """With chosen fields, whole, and imported: only where a banner stands differs."""
    counted, fields = [], {}
    for name in ("chosen", "whole", "imported"):
        folder = tmp_path / name
        folder.mkdir()
        asked = "true" if name == "chosen" else "false"
        (folder / "study.toml").write_text(f"{STUDY}fields = {asked}\n")
        if name == "imported":
            export = write_lines(tmp_path / "export.jsonl", index.banners(range(len(index.rows))))
            camcensus("import", export, "--study", folder / "study.toml", "--snapshot", "a")
        else:
            collect(folder / "study.toml", "download")
            page = next((folder / "data/a/raw/download").rglob("*.page.zst"))
            fields[name] = set(json.loads(read_page(page))["matches"][0])
        camcensus("run", "--study", folder / "study.toml")
        # Of imported files nobody knows the queries.
        counts = parquet.read_table(folder / "data/a/counts.parquet", COUNTS).drop_columns(["query_set"])
        counted.append((counts.to_pylist(), (folder / "report/country_table.csv").read_bytes()))
    assert fields["chosen"] < fields["whole"]
    assert counted[0] == counted[1] == counted[2]


@pytest.mark.slow
def test_status_knows_what_was_collected(study: Path, shodan: Loopback) -> None:
    shodan.set_faults(Fault("empty-page", where="host/search\\?.*page=2"))
    collect(study, "download", "b", status=3)
    collect(study, "census", "c")

    def states() -> dict[str, tuple[bool, str]]:
        found = json.loads(camcensus("status", "--study", study, "--json").stdout)
        return {row["snapshot"]: (row["complete"], row["state"]) for row in found}

    assert states() == {
        "b": (False, "partial: 2 parts or countries are incomplete; resume with collect"),
        "c": (True, "collected; run to count"),
    }
    collect(study, "download", "b")
    camcensus("run", "--study", study, "--no-report")
    assert states() == {"b": (True, "counted"), "c": (True, "counted")}


@pytest.mark.slow
def test_a_partial_collection_is_held_back_unless_allowed(study: Path, shodan: Loopback) -> None:
    shodan.set_faults(Fault("empty-page", where="host/search\\?.*page=2"))
    assert "PARTIAL" in collect(study, "download", status=3).stdout
    held = camcensus("run", "--study", study, status=3)
    assert "PARTIAL: collection a is not complete; nothing was published" in held.stdout
    assert not (study.parent / "report").exists()
    assert not (study.parent / "data/a/counts.parquet").exists()
    camcensus("run", "--study", study, "--allow-partial", status=3)
    assert "partial" in (study.parent / "report/index.html").read_text().lower()
    assert not any(parquet.read_table(study.parent / "data/a/counts.parquet", COUNTS)["complete"].to_pylist())
    # The next collection buys what is missing, and only that.
    before = shodan.account.credits
    collect(study, "download")
    assert before - shodan.account.credits == 1
    camcensus("run", "--study", study, "--no-report")
    assert all(parquet.read_table(study.parent / "data/a/counts.parquet", COUNTS)["complete"].to_pylist())


def test_a_census_counts_matches_and_nothing_else(study: Path, shodan: Loopback) -> None:
    collect(study, "census")
    camcensus("run", "--study", study, "--no-report")
    folder = study.parent / "data/a"
    census = parquet.read_table(folder / "census.parquet", CENSUS).to_pylist()
    product = [row for row in census if row["query"] == "hikvision.query.product" and row["facet"] is None]
    assert {row["country"]: row["n_matches"] for row in product} == {None: 185, "GB": 120, "NL": 60, "ZZ": 5}
    counts = parquet.read_table(folder / "counts.parquet", COUNTS).to_pylist()
    assert {row["basis"] for row in counts} == {"census"}
    assert all(row[unit] is None for row in counts for unit in ("n_banners", "n_hosts", "n_devices", "n_prefixes"))
    world = {row["level"]: row["n_matches"] for row in counts if row["scope"] == "all" and row["country"] is None}
    assert world == {"world": 185, "manufacturer": 185}


def test_a_census_alone_has_a_page_by_itself(study: Path, shodan: Loopback) -> None:
    collect(study, "census")
    text = page_of(camcensus("run", "--study", study)).read_text()
    assert "matches of queries for Hikvision in 2 countries and territories" in text
    assert "hosts with" not in text
    rows = (study.parent / "report/census_a.csv").read_text().splitlines()
    assert rows[1].startswith("a,GB,United Kingdom,Hikvision,120,")
    assert camcensus("run", "--study", study, "--json").stdout.count('"done": []') == 1


@pytest.mark.slow
def test_census_and_history_stand_beside_a_download_and_in_no_line_with_it(study: Path, shodan: Loopback) -> None:
    collect(study, "census", "a")
    collect(study, "trends", "b")
    collect(study, "download", "c")
    camcensus("run", "--study", study)
    report = study.parent / "report"
    assert 'href="matches.html"' in (report / "index.html").read_text()
    matches = (report / "matches.html").read_text()
    assert '<a href="charts/history-b.svg">' in matches
    assert "port-554" in matches
    package = json.loads((report / "datapackage.json").read_text())
    assert [one["snapshot"] for one in package["snapshots"]] == ["c"]
    assert {"census_a.csv", "matches.html", "charts/history-b.csv"} <= {r["path"] for r in package["resources"]}
    assert "matches" not in (report / "country_table.csv").read_text().splitlines()[0]


def test_two_queries_that_find_the_same_add_up_once(study: Path, shodan: Loopback) -> None:
    """Each banner has the product and the server header that two of the maker's queries ask for."""
    collect(study, "census")
    camcensus("run", "--study", study, "--no-report")
    rows = parquet.read_table(study.parent / "data/a/census.parquet", CENSUS).to_pylist()
    totals = {row["query"]: row["n_matches"] for row in rows if row["country"] is None and row["facet"] is None}
    assert totals["hikvision.query.product"] == 185
    assert totals["hikvision.query.server-app-webs"] == 0
    sent = {row["query"]: row["sent"] for row in rows}
    assert sent["hikvision.query.server-app-webs"] == '"Server: App-webs/" -product:"Hikvision IP Camera"'


def test_history_is_a_table_of_its_own(study: Path, shodan: Loopback) -> None:
    done = collect(study, "trends")
    assert "hikvision.query.html-login: has no history: Trends refuses http.html" in done.stdout
    camcensus("run", "--study", study, "--no-report")
    found = pq.read_table(study.parent / "data/a/trends.parquet")
    assert found.column_names == TRENDS.names
    months = [row for row in found.to_pylist() if row["query"] == "hikvision.query.product" and row["country"] is None]
    assert months[0]["month"] == "2017-06"
    assert not (study.parent / "data/a/counts.parquet").exists()


def test_imports_and_collections_do_not_mix(study: Path, shodan: Loopback, tmp_path: Path) -> None:
    collect(study, "census")
    export = tmp_path / "x.json"
    export.write_text(json.dumps(banner()) + "\n")
    refused = camcensus("import", export, "--study", study, "--snapshot", "a", status=1)
    assert "snapshot a was collected" in refused.stderr
    camcensus("import", export, "--study", study, "--snapshot", "b")
    assert "snapshot b holds imported files" in collect(study, "census", "b", status=1).stderr


def test_a_snapshot_that_is_being_collected_is_left_alone(study: Path, shodan: Loopback) -> None:
    collect(study, "download")
    raw = study.parent / "data/a/raw"
    half = raw / f".half{storage.PART}"
    half.touch()
    with storage.lock(raw, "snapshot a"):
        left = camcensus("run", "--study", study, "--no-report")
    assert "a: is being collected right now; left out of this run" in left.stderr
    assert half.exists()
    assert not (study.parent / "data/a/counts.parquet").exists()


def test_a_page_that_changed_is_not_counted(study: Path, shodan: Loopback) -> None:
    collect(study, "download")
    page = next((study.parent / "data/a/raw/download").rglob("*.page.zst"))
    content = bytearray(page.read_bytes())
    content[len(content) // 2] ^= 4
    page.write_bytes(content)
    assert "is not the page that was received" in camcensus("run", "--study", study, "--rehash", status=1).stderr
