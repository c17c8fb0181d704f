"""Shodan's files in the shapes in which people have them: the same banners, whatever is around them."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from camcensus.core import parquet
from camcensus.core.manifest import load_manifest
from camcensus.core.tables import OBSERVATIONS
from camcensus.ingest.records import Ingested
from camcensus.readers.lines import BOM
from tests.commands import camcensus, run, study_in
from tests.conftest import banner, ingest_file

BANNERS = [banner(ip_str=f"81.2.69.{n}", ip=None, port=8000 + n) for n in range(1, 6)]
OF_HOST = {"ip_str": "81.2.70.9", "asn": "AS64500", "org": "Orchard Fibre", "country_code": "IS", "city": "Akureyri"}


def read(folder: Path, text: str | bytes, name: str = "a.json") -> tuple[Ingested, list[dict[str, Any]]]:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = ingest_file(path, folder / "o.parquet", folder / "q.gz")
    return result, parquet.read_table(folder / "o.parquet", OBSERVATIONS).to_pylist()


def page(found: list[Any], **more: Any) -> dict[str, Any]:
    return {"matches": found, "total": 4711, **more}


def host(found: list[Any], **more: Any) -> dict[str, Any]:
    return {"area_code": None, "data": found, "last_update": "2026-10-20T08:30:01.123456", "ports": [80], **more}


FORMS: dict[str, Callable[[list[Any]], str]] = {
    "lines": lambda found: "\n".join(map(json.dumps, found)),
    "array": json.dumps,
    "pretty array": lambda found: json.dumps(found, indent=2),
    "page": lambda found: json.dumps(page(found)),
    "pretty page": lambda found: json.dumps(page(found), indent=4),
    "pages in lines": lambda found: "\n".join(json.dumps(page([one])) for one in found),
    "pages in a row": lambda found: "".join(json.dumps({"total": 1, **page([one])}) for one in found),
    "array of pages": lambda found: json.dumps([page(found[:2]), page(found[2:])]),
    "reply about a host": lambda found: json.dumps(host(found, **OF_HOST)),
    "pretty reply": lambda found: json.dumps(host(found, **OF_HOST), indent=1),
    "replies in lines": lambda found: "\n".join(json.dumps(host([one])) for one in found),
    "a trailing comma": lambda found: "".join(json.dumps(one) + ",\n" for one in found),
    "text sequence": lambda found: "".join("\x1e" + json.dumps(one) + "\n" for one in found),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_every_form_gives_the_same_banners(tmp_path: Path, form: str, name: str) -> None:
    text = FORMS[form](BANNERS).encode()
    result, rows = read(tmp_path, gzip.compress(text) if name.endswith("gz") else text, name)
    expected, as_lines = read(tmp_path, FORMS["lines"](BANNERS))
    assert (result.accepted, result.lines, result.damage) == (5, 5, None)
    for row in (*rows, *as_lines):
        del row["file"]
    assert rows == as_lines
    assert expected.accepted == 5


def test_what_a_reply_says_of_the_host_applies_where_its_banners_lack_it(tmp_path: Path) -> None:
    lacking = {k: v for k, v in banner(port=81).items() if k not in ("ip_str", "ip", "asn", "org", "isp", "location")}
    result, rows = read(tmp_path, json.dumps(host([lacking, banner(port=82)], **OF_HOST)))
    assert result.accepted == 2
    assert [(row["host"], row["asn"], row["network"], row["engine_country"]) for row in rows] == [
        ("81.2.70.9", 64500, "Orchard Fibre", "IS"),
        ("81.127.163.14", 5607, "Example Broadband", "GB"),
    ]


def test_an_empty_page_is_a_blank_record(tmp_path: Path) -> None:
    text = "\n".join(json.dumps(page(found)) for found in ([], BANNERS[:1]))
    result, rows = read(tmp_path, text)
    assert (result.lines, result.blank, result.accepted) == (2, 1, 1)
    assert rows[0]["line"] == 2


def test_one_bad_banner_of_a_page_costs_itself_alone(tmp_path: Path) -> None:
    good = json.dumps(BANNERS[0])
    odd = good.replace('"index"', '"index \\ud800"', 1)
    text = f'{{"total": 1, "matches": [{good}, {odd}, 5, {{"port": 1}}, {good}]}}'
    result, rows = read(tmp_path, text)
    assert [row["line"] for row in rows] == [1, 2, 5]
    assert dict(result.quarantined) == {"not_object": 1, "no_address": 1}


def test_a_page_cut_short_keeps_the_lines_before_it_and_says_so(tmp_path: Path) -> None:
    text = json.dumps(BANNERS, indent=1)
    result, rows = read(tmp_path, text[: len(text) // 2])
    assert result.damage is not None
    assert "a.json ends within the record that begins on line" in result.damage
    assert (len(rows), dict(result.quarantined)) == (2, {"cut_short": 1})


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "[" * 100_000 + "]" * 100_000, '{"matches":' * 50_000, '{"data": [' * 50_000,
     '{"matches": 5}', '{"data": {}}',
     '{"matches": [1, null, "x", [2]]}', '{"data": [1, null, "x", [2], {"a": NaN}], "asn": ' + "9" * 5000 + "}"],
)  # fmt: skip
def test_hostile_shapes_give_no_banner_and_no_failure(tmp_path: Path, text: str) -> None:
    result, rows = read(tmp_path, text)
    assert rows == []
    assert result.quarantined.total() + result.blank == result.lines


def test_a_banner_with_fields_of_those_names_is_a_banner(tmp_path: Path) -> None:
    result, _ = read(tmp_path, json.dumps(banner(matches=5)) + "\n" + json.dumps(banner(matches="x", data="y")))
    assert result.accepted == 2


def test_what_was_repaired_is_in_the_manifest_and_printed(tmp_path: Path) -> None:
    study = study_in(tmp_path / "s")
    marked, wide = tmp_path / "marked.json", tmp_path / "wide.json"
    marked.write_bytes(b"".join(BOM + json.dumps(one).encode() + b"\n" for one in BANNERS))
    wide.write_bytes("\n".join(map(json.dumps, BANNERS)).encode("utf-16"))
    camcensus("import", marked, wide, "--study", study, "--snapshot", "a")
    expected = "a: ingest: repaired: 4 lines began with a byte order mark, 1 file was in UTF-16"
    assert expected in run(study).stderr
    inputs = load_manifest(study.parent / "data" / "a").inputs  # type: ignore[union-attr]  # it is there
    assert {name: item.repaired for name, item in inputs.items()} == {
        "marked.json": {"byte_order_mark": 4}, "wide.json": {"utf_16": 1},
    }  # fmt: skip
