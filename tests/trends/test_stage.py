"""Trend over one instrument: real files and commands, held against a count in plain Python."""

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from camcensus.core import parquet
from camcensus.core.manifest import load_manifest
from camcensus.core.query import parse
from camcensus.core.tables import SERIES
from camcensus.trends.query_replay import Matcher
from camcensus.trends.query_sets import NOT_KNOWN, QuerySet, common, unreadable
from camcensus.trends.stage import NO_PORTS
from camcensus.validation.loopback.index import Index
from camcensus.validation.loopback.server import KEY, Loopback
from tests.commands import camcensus
from tests.conftest import Banner, banner, write_lines

PRODUCT, WEBS, LOGIN = 'product:"Hikvision IP Camera"', '"Server: App-webs/"', 'http.html:"/doc/page/login.asp"'
# The page names its login far behind what is kept of it as evidence.
PAGE = (
    f"<html><head><title>index</title></head><body>{'<p>&nbsp;</p>' * 400}<a href='/doc/page/login.asp'></body></html>"
)
Told = dict[str, tuple[list[str], list[int]]]


def camera(n: int, year: int, port: int, product: bool, server: bool, login: bool) -> Banner:
    """A Hikvision camera that some of the queries return."""
    http = {"status": 200, "title": "index", "html": PAGE if login else "<html></html>"}
    return banner(
        ip_str=f"81.2.{n // 250}.{n % 250}",
        port=port,
        timestamp=f"{year}-10-20T08:30:01.123456",
        product="Hikvision IP Camera" if product else None,
        data=f"HTTP/1.1 200 OK\r\nServer: {'App-webs/' if server else 'webs'}\r\n\r\n",
        http=http | {"server": "App-webs/" if server else "webs", "favicon": {"hash": 999357577}},
        hikvision={"device_model": "DS-2CD2032-I"},
    )


def random_banners(year: int) -> list[Banner]:
    """Hosts with one to three ports, each with its own answer."""
    dice = random.Random(year)
    found = []
    for n in range(60):
        for port in dice.sample((80, 81, 554, 8000), dice.choice((1, 1, 2, 3))):
            found += [camera(n, year, port, *(dice.random() < 0.5 for _ in range(3)))]
    return found


def write_study(folder: Path, told: Told) -> Path:
    """A study that says of each snapshot what it was downloaded with."""
    lines = ["title = 'T'", "vendors = ['Hikvision']", "window_days = 'all'"]
    for name, (queries, ports) in told.items():
        lines += [f"[snapshots.{name}]", f"date = {name}-11-01", f"queries = {json.dumps(queries)}", f"ports = {ports}"]
    path = folder / "study.toml"
    path.write_text("\n".join(lines))
    return path


def run(folder: Path, told: Told, banners: dict[str, list[Banner]]) -> Path:
    """The study, with a file of each snapshot imported and counted."""
    study = write_study(folder, told)
    for name, found in banners.items():
        file = write_lines(folder / f"{name}.jsonl", found)
        camcensus("import", file, "--study", study, "--snapshot", name)
    camcensus("run", "--study", study, "--no-report")
    return study


def series(study: Path, snapshot: str, maker: str | None = None) -> dict[str, dict[str, Any]]:
    """The rows of a snapshot by series."""
    rows = parquet.read_table(study.parent / "data" / snapshot / "series.parquet", SERIES).to_pylist()
    return {row["series"]: row for row in rows if row["manufacturer"] == maker}


def units(found: dict[str, Any]) -> tuple[Any, ...]:
    """Banners, hosts and devices of a row."""
    return found["n_banners"], found["n_hosts"], found["n_devices"]


def naive(banners: Iterable[Banner], wanted: Callable[[Banner], bool]) -> tuple[int, int, int]:
    """Banners and hosts, counted; ports of a host that say the same are one device."""
    found = [one for one in banners if wanted(one)]
    hosts = {one["ip_str"] for one in found}
    return len(found), len(hosts), len(hosts)


def returned_by(queries: list[str]) -> Callable[[Banner], bool]:
    """Whether one of them returns a banner."""
    return lambda one: any(parse(text).matches(one) for text in queries)


@pytest.mark.slow
def test_only_what_every_year_would_have_returned_is_counted(tmp_path: Path) -> None:
    told: Told = {
        "2024": ([PRODUCT], [80, 81, 554]),
        "2025": ([PRODUCT, WEBS], [80, 554, 8000]),
        "2026": ([WEBS, LOGIN], [80, 554, 8000, 81]),
    }
    banners = {
        name: [one for one in random_banners(int(name)) if returned_by(queries)(one)]
        for name, (queries, _) in told.items()
    }
    study = run(tmp_path, told, banners)
    for name, found in banners.items():

        def everywhere(one: Banner) -> bool:
            return all(returned_by(queries)(one) for queries, _ in told.values())

        for maker in (None, "Hikvision"):
            rows = series(study, name, maker)
            assert units(rows["all"]) == naive(found, lambda _: True)
            assert units(rows["queries"]) == naive(found, everywhere)
            assert units(rows["ports"]) == naive(found, lambda one: everywhere(one) and one["port"] in (80, 554))
        assert 0 < rows["ports"]["n_banners"] < rows["queries"]["n_banners"] < rows["all"]["n_banners"]
        manifest = load_manifest(tmp_path / "data" / name)
        assert manifest is not None
        flow = manifest.stages["series"].flow
        assert (flow.rows_in, flow.rows_out) == (rows["all"]["n_banners"], rows["queries"]["n_banners"])


@pytest.mark.slow
def test_with_one_query_set_raw_is_not_read_again(tmp_path: Path) -> None:
    told: Told = {"2025": ([PRODUCT, WEBS], [80]), "2026": ([WEBS, PRODUCT], [80])}
    banners = {name: [camera(n, int(name), 80, True, True, False) for n in range(int(name) - 2020)] for name in told}
    study = run(tmp_path, told, banners)
    assert not (tmp_path / "data/2026/query_replay.parquet").exists()
    assert {name: units(row) for name, row in series(study, "2026").items()} == dict.fromkeys(
        ("all", "queries", "ports"), (6, 6, 6)
    )
    again = camcensus("run", "--study", study, "--no-report", "--json")
    assert json.loads(again.stdout)["done"] == []


@pytest.mark.slow
def test_a_snapshot_with_other_queries_changes_the_series_of_all(tmp_path: Path) -> None:
    told: Told = {"2025": ([PRODUCT], []), "2026": ([WEBS], [])}
    banners = {"2025": [camera(n, 2025, 80, True, n % 2 == 0, False) for n in range(10)]}
    study = run(tmp_path, told, banners)
    assert units(series(study, "2025")["queries"]) == (10, 10, 10)
    run(tmp_path, told, {"2026": [camera(n, 2026, 80, n % 3 == 0, True, False) for n in range(9)]})
    assert units(series(study, "2025")["queries"]) == (5, 5, 5)
    assert units(series(study, "2026")["queries"]) == (3, 3, 3)
    assert series(study, "2026")["ports"]["reason"] == NO_PORTS


@pytest.mark.slow
def test_what_a_file_of_queries_says_decides_the_series(tmp_path: Path) -> None:
    told: Told = {"2025": ([PRODUCT], []), "2026": ([WEBS], [])}
    study = run(tmp_path, told, {"2025": [camera(n, 2025, 80, True, n % 2 == 0, n % 5 == 0) for n in range(10)],
                                 "2026": [camera(n, 2026, 80, n % 3 == 0, True, False) for n in range(9)]})  # fmt: skip
    counted = (tmp_path / "data/2025/counts.parquet").read_bytes()
    text = study.read_text()
    study.write_text(text.replace(f"queries = {json.dumps([WEBS])}", 'queries_file = "asked.txt"'))
    for asked, left in ((WEBS, 5), (LOGIN, 2), (f"{WEBS}\n# both\n{LOGIN}", 6)):
        (tmp_path / "asked.txt").write_text(asked)
        camcensus("run", "--study", study, "--no-report")
        assert units(series(study, "2025")["queries"])[0] == left
    assert (tmp_path / "data/2025/counts.parquet").read_bytes() == counted


@pytest.mark.slow
def test_where_queries_are_not_known_the_series_is_broken_and_says_so(tmp_path: Path) -> None:
    told: Told = {"2024": ([PRODUCT], [80]), "2025": ([], []), "2026": ([PRODUCT], [80])}
    study = run(tmp_path, told, {name: [camera(1, int(name), 80, True, True, True)] for name in told})
    broken = series(study, "2025")
    assert (units(broken["all"]), broken["all"]["reason"]) == ((1, 1, 1), None)
    assert (units(broken["queries"]), broken["queries"]["reason"]) == ((None,) * 3, NOT_KNOWN)
    assert units(series(study, "2026")["ports"]) == (1, 1, 1)


@pytest.mark.slow
def test_where_raw_is_gone_the_series_is_broken_and_says_so(tmp_path: Path) -> None:
    told: Told = {"2025": ([PRODUCT], [80]), "2026": ([WEBS], [80])}
    study = run(tmp_path, told, {name: [camera(1, int(name), 80, True, True, True)] for name in told})
    more = write_lines(tmp_path / "more.jsonl", [camera(2, 2025, 80, True, True, True)])
    camcensus("import", more, "--study", study, "--snapshot", "2025")
    (tmp_path / "data/2025/raw/2025.jsonl").unlink()
    camcensus("run", "--study", study, "--no-report", status=3)
    assert series(study, "2025")["queries"]["reason"] == "raw files are gone: 2025.jsonl"
    assert units(series(study, "2026")["queries"]) == (1, 1, 1)


@pytest.mark.slow
def test_queries_of_collections_are_those_that_were_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cameras = [camera(n, 2026, 80, n % 2 == 0, n % 3 == 0, False) for n in range(30)]
    settings = "title = 'T'\nvendors = ['Hikvision']\n[collect]\nrate = 0\nbudget = 100\nqueries = ['{}']\n"
    study = tmp_path / "study.toml"
    with Loopback(Index(cameras)) as shodan:
        monkeypatch.setenv("SHODAN_API_URL", shodan.url)
        monkeypatch.setenv("SHODAN_API_KEY", KEY)
        for name, query in (("a", "product"), ("b", "server-app-webs")):
            study.write_text(settings.format(f"hikvision.query.{query}"))
            camcensus("collect", "--study", study, "--snapshot", name, "--mode", "download")
    camcensus("run", "--study", study, "--no-report")
    both = sum(n % 6 == 0 for n in range(30))
    for name, own in (("a", 15), ("b", 10)):
        assert units(series(study, name)["all"])[0] == own
        assert units(series(study, name)["ports"]) == units(series(study, name)["queries"]) == (both,) * 3


def test_a_query_is_asked_once_of_a_banner_and_shared_ones_suffice() -> None:
    matcher = Matcher([[PRODUCT, WEBS], [PRODUCT, LOGIN]], own=0)
    found = [matcher.matches(camera(1, 2026, 80, *which)) for which in
             ((True, False, False), (False, True, False), (False, False, True), (False, True, True))]  # fmt: skip
    assert found == [(True, True), (True, False), (False, False), (True, True)]


@pytest.mark.parametrize(
    ("text", "whole", "word"),
    [
        ("city:Bergen", False, "city"), ("state:HE", False, "state"), ("vuln:CVE-2021-36260", False, "vuln"),
        ("vuln:CVE-2021-36260", True, ""), ("ssl:hik", False, "ssl"),
        ("ssl.cert.issuer.cn:hik", False, ""), ("http.html:hik", False, ""), ("has_ssl:true", False, ""),
        ("nosuch:filter", True, "cannot be read"), ("has_screenshot:true", False, "has_screenshot"),
        ('http.title:"FLIR Systems, Inc."', False, ""),
    ],
)  # fmt: skip
def test_a_query_on_what_was_not_collected_cannot_be_asked_again(text: str, whole: bool, word: str) -> None:
    assert (word in unreadable(text, whole)) if word else unreadable(text, whole) == ""


def test_commas_inside_quotes_are_alternatives() -> None:
    matcher = Matcher([['http.title:"FLIR Systems, Inc."'], [PRODUCT]], own=0)
    inc = banner(http={"title": "Acme Inc."}, product="Hikvision IP Camera")
    assert matcher.matches(inc) == (True, True)


def test_ports_are_common_to_all_that_are_known() -> None:
    one, two = QuerySet("a", (PRODUCT,), (80, 554)), QuerySet("b", (PRODUCT,), (80, 8000))
    lost = QuerySet("c", (), (), NOT_KNOWN)
    found = common([one, two, lost])
    assert (found.ports, found.ports_known, found.ports_differ, found.differ) == ((80,), True, True, False)
    assert not common([one, QuerySet("d", (WEBS,), ())]).ports_known
    assert common([lost]).sets == ()
