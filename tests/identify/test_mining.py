"""Mining: what unidentified banners share, on tables written for it and through the command."""

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from camcensus.core import parquet
from camcensus.core.query import parse
from camcensus.core.tables import IDENTIFIED, OBSERVATIONS
from camcensus.identify.catalogue import faults_of, load_catalogue
from camcensus.identify.mining import Cluster, mine
from camcensus.identify.stub import HEX, MAC, NUMBER, Shared, common_start
from tests.census import banner

Row = dict[str, Any]
DAY = date(2026, 11, 1)
UNKNOWN = {"product_type": None, "type_confidence": None}
WORDS = {**UNKNOWN, "candidate": "camera nvr"}


def write(folder: Path, rows: list[tuple[Row, Row]], parts: int = 1) -> list[tuple[Path, Path]]:
    """Write what each banner is, with its evidence, as parts of both tables."""
    paths = []
    for part in range(parts):
        own = [(n, *row) for n, row in enumerate(rows, 1) if n % parts == part]
        evidence = [
            {
                **dict.fromkeys(OBSERVATIONS.names), "file": "a", "line": n, "host": found["host"], "ip_version": 4,
                "port": 80, "transport": "tcp", "seen_at": 1, "is_synthetic": False, **texts,
            }
            for n, found, texts in own
        ]  # fmt: skip
        verdicts = [{**found, "line": n} for n, found, _ in own]
        pair = (folder / f"observations.parquet/{part}.parquet", folder / f"identified.parquet/{part}.parquet")
        for path, table, to in zip(pair, (evidence, verdicts), (OBSERVATIONS, IDENTIFIED), strict=True):
            parquet.write_table(path, pa.Table.from_pylist(table, to.schema), to)
        paths.append(pair)
    return paths


def host(network: int, last: int = 1) -> str:
    return f"198.51.{network}.{last}"


def kestrels(networks: int, what: Row | None = None, start: int = 0, **texts: str) -> list[tuple[Row, Row]]:
    """One banner in each of so many networks."""
    return [(banner(host(start + n), **(WORDS if what is None else what)), texts) for n in range(networks)]


def mined(folder: Path, rows: list[tuple[Row, Row]], **more: int) -> list[Cluster]:
    return mine(write(folder, rows), DAY, **more)


def test_clusters_are_ranked_by_networks_and_not_by_banners(tmp_path: Path) -> None:
    rows = kestrels(5, http_server="KestrelWeb/1.2") + kestrels(4, start=50, http_realm="Merlin Cam 3")
    rows += [(banner(host(50, n), **WORDS), {"http_realm": "Merlin Cam 9"}) for n in range(2, 9)]
    first, second = mined(tmp_path, rows)
    assert (first.field, first.n_networks, first.n_banners) == ("http.server", 5, 5)
    assert (second.field, second.n_networks, second.n_banners) == ("http.realm", 4, 11)
    assert first.words == ("camera", "nvr")
    assert first.n_candidates == 5
    assert mined(tmp_path / "few", rows, limit=1) == [first]


def test_candidates_come_before_what_uses_no_word_of_surveillance(tmp_path: Path) -> None:
    rows = kestrels(9, UNKNOWN, http_title="Owl Router") + kestrels(3, start=50, http_title="Kestrel Cam")
    assert [c.pattern for c in mined(tmp_path, rows)] == ["^Kestrel Cam$", "^Owl Router$"]


def test_numbers_and_addresses_do_not_divide_a_cluster_and_do_not_leave_it(tmp_path: Path) -> None:
    texts = ["KestrelCam 4C11AE{:06X} v2.{}", "KestrelCam 4C11AE{:06X} v3.{}"]
    rows = [
        (banner(host(n), **WORDS), {"rtsp_realm": texts[n % 2].format(0xA1B2C0 + n, n), "http_html": "Maria Gomez"})
        for n in range(6)
    ]
    (found,) = mined(tmp_path, rows)
    assert found.pattern == r"^KestrelCam [0-9a-f]+ v\d+\.\d+$"
    assert found.n_networks == 6
    said = repr(found)
    assert "4C11AE" not in said
    assert "198.51" not in said
    assert "Gomez" not in said
    assert "'KestrelCam 000000000000 v0.0'" in found.stub


def test_what_fewer_networks_share_may_be_one_owners_and_stays(tmp_path: Path) -> None:
    rows = kestrels(2, http_title="Cameras of Maria Gomez")
    rows += [(banner(host(1, n), **WORDS), {"http_title": "Cameras of Maria Gomez"}) for n in range(9)]
    assert mined(tmp_path, rows) == []
    assert len(mined(tmp_path / "two", rows, least_networks=2)) == 1


def test_a_banner_is_in_one_cluster_and_what_its_cluster_shares_too_is_said(tmp_path: Path) -> None:
    rows = kestrels(4, http_server="KestrelWeb/1.2", http_title="Kestrel KO-2200", http_favicon="-1616143106")
    rows += kestrels(3, start=20, http_server="KestrelWeb/1.3", http_title="Other Title")
    first, *others = mined(tmp_path, rows)
    assert (first.field, first.n_banners) == ("http.server", 7)
    assert others == []
    assert [(one.field, one.n_banners) for one in first.also] == [("http.favicon", 4), ("http.title", 4)]


def test_texts_that_nearly_agree_are_one_cluster(tmp_path: Path) -> None:
    rows = kestrels(4, http_title="Kestrel Optics KO-2200D") + kestrels(3, start=20, http_title="Kestrel Optics KO-81F")
    rows += kestrels(3, start=40, http_title="Kestor Garden Shop")
    first, second = mined(tmp_path, rows)
    assert (first.pattern, first.n_networks) == (r"^Kestrel Optics KO-\d+", 7)
    assert second.pattern == "^Kestor Garden Shop$"


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("http_server", "nginx/1.18.0"), ("http_server", "Apache/2.4.1 (Unix)"), ("http_title", "Login"),
        ("http_title", "401 Unauthorized"), ("http_title", "302"), ("http_realm", "."),
        ("http_assets", "script=jquery.js"), ("cert_subject", "CN=localhost"), ("ftp_banner", "220 vsFTPd error"),
    ],
)  # fmt: skip
def test_what_every_web_server_says_is_no_cluster(tmp_path: Path, column: str, text: str) -> None:
    assert mined(tmp_path, kestrels(5, **{column: text})) == []


def test_what_is_known_already_or_a_decoy_is_no_cluster(tmp_path: Path) -> None:
    title = {"http_title": "Kestrel Cam"}
    rows = kestrels(5, {}, **title)
    rows += kestrels(5, {"product_type": "other", "type_confidence": "high"}, 20, **title)
    rows += kestrels(5, {**WORDS, "decoy": "certain"}, 40, **title)
    assert mined(tmp_path, rows) == []


def test_it_says_how_many_known_products_the_pattern_matches_too(tmp_path: Path) -> None:
    rows = kestrels(4, http_title="Kestrel View") + kestrels(2, {}, 20, http_title="KESTREL VIEW")
    rows += kestrels(7, {"product_type": "software", "type_confidence": "high"}, 40, http_title="Kestrel View")
    rows += kestrels(7, {"product_type": "other", "type_confidence": "high"}, 60, http_title="Kestrel Viewer")
    (found,) = mined(tmp_path, rows)
    assert (found.n_counted, found.n_others) == (2, 7)


def test_the_same_for_any_division_into_parts(tmp_path: Path) -> None:
    rows = kestrels(9, http_server="KestrelWeb/1.2", http_title="Kestrel") + kestrels(
        5, start=30, ftp_banner="Owl NVR 1"
    )
    one = mine(write(tmp_path / "1", rows), DAY)
    assert one == mine(write(tmp_path / "3", rows, 3), DAY)
    assert len(one) == 2


ODD = [
    ("http_title", "Kestrel's \"Cam\" [v2] (a+b)*"), ("ftp_banner", "220 Kestrel\r\nNVR ready"),
    ("http_favicon", "-1616143106"), ("http_assets", "plugin=KestrelOcx.cab"), ("http_server", "x" * 400 + "Kestrel"),
    ("cert_subject", "CN=Kestrel NVR,O=Kestrel Optics,C=NL"), ("telnet_banner", "Kestrel \u6444\u50cf\u673a login: "),
    ("rtsp_server", "Kestrel/1.2.3.4 (00-11-22-33-44-55)"), ("mac_organisation", "Kestrel Optics B.V."),
    ("http_title", "\u7f51\u7edc\u6444\u50cf\u673a"), ("upnp_model_name", "Kestrel\x1b[31m{KO}"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "text"), ODD)
def test_a_stub_is_a_sound_file_whose_pattern_finds_its_banners(tmp_path: Path, column: str, text: str) -> None:
    filler = "script=a.js | " if column == "http_assets" else ""
    (found,) = mined(tmp_path, kestrels(3, **{column: filler + text}))
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries/new.toml").write_text(found.stub, encoding="utf-8")
    catalogue = load_catalogue(tmp_path / "queries")
    assert faults_of(catalogue) == []
    (signature,) = catalogue.signatures
    assert signature.column == column
    assert signature.regex.search(filler + text)
    assert [query.text for query in catalogue.written] == ([found.query] if found.query else [])
    if found.query:
        parse(found.query)
    assert (found.query is None) == (column == "mac_organisation" or text.isspace())


@pytest.mark.parametrize(
    ("column", "text", "query"),
    [
        ("http_title", f"Kestrel KO-{NUMBER}D Web", 'http.title:"Kestrel KO"'),
        ("http_server", f"v{NUMBER}Kestrel", None), ("http_favicon", "77", "http.favicon.hash:77"),
        ("http_assets", "script=kestrel.js", 'http.html:"kestrel.js"'), ("sip_user_agent", f"Owl {HEX}", '"Owl"'),
        ("cert_issuer", f"CN={MAC},O=Kestrel Optics,C=NL", 'ssl:"Kestrel Optics"'),
        ("http_realm", 'Say "Kestrel" loud', '"Kestrel" "WWW-Authenticate"'),
    ],
)  # fmt: skip
def test_a_query_has_whole_words(column: str, text: str, query: str | None) -> None:
    assert Shared(column, (text,)).query == query


def test_a_common_start_ends_with_a_word() -> None:
    assert common_start(["Kestrel Optics Viewer", "Kestrel Optics Vision"]) == "Kestrel Optics "
    assert common_start(["Kestor", "Kestrel"]) == ""


STUDY = "title = 'T'\nvendors = ['Axis']\nsimulated = true\n"


def command(*arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "camcensus", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    return done


@pytest.mark.slow
def test_the_command_finds_a_maker_in_a_snapshot_and_says_what_is_missing(tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text(STUDY)
    answer = 'HTTP/1.1 401 X\r\nServer: nginx\r\nWWW-Authenticate: Basic realm="Kestrelle Optik Beta camera {}"\r\n\r\n'
    same = {"port": 80, "transport": "tcp", "timestamp": "2026-10-20T08:30:01"}
    lines = [{"ip_str": host(n, 7), "data": answer.format(n), **same} for n in range(4)]
    export = tmp_path / "a.jsonl"
    export.write_text("".join(json.dumps(line) + "\n" for line in lines))
    asked = ("catalogue", "mine", "--study", study, "--snapshot")
    assert "no snapshot '2026'" in command(*asked, "2026", status=1).stderr
    command("import", export, "--study", study, "--snapshot", "2026")
    assert "is not identified yet; run: camcensus run" in command(*asked, "2026", status=1).stderr
    command("run", "--study", study, "--no-report")
    (found,) = json.loads(command(*asked, "2026", "--json").stdout)
    assert (found["field"], found["n_networks"]) == ("http.realm", 4)
    text = command(*asked, "2026").stdout
    assert text == command(*asked, "2026").stdout
    assert "4 networks" in text
    assert found["stub"] in text
    assert not re.search(r"198\.51", text)
    assert json.loads(command(*asked, "2026", "--limit", 1, "--json").stdout) == [found]
