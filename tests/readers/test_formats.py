"""Exports of other engines in the shapes in which people have them: replies, hits, lists, arrays, another encoding."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from camcensus.core import parquet
from camcensus.core.errors import MappingError
from camcensus.core.tables import OBSERVATIONS
from camcensus.ingest.records import Ingested
from camcensus.readers.mapping import load_mapping
from camcensus.readers.registry import Source, named_source
from tests.conftest import ingest_file

FOFA = [
    {
        "ip": f"81.2.69.{n}", "port": str(8000 + n), "lastupdatetime": "2026-10-20 16:30:01", "protocol": "http",
        "header": "HTTP/1.1 200 OK\r\nServer: Kestrel\r\n", "title": "监控系统", "cert.subject.cn": "kestrel.example",
    }
    for n in (1, 2, 3)
]  # fmt: skip
LISTS = [list(record.values()) for record in FOFA]
FIELDS = list(FOFA[0])
REPLY = {"error": False, "size": 3, "page": 1, "mode": "extended", "query": 'app="Kestrel"'}
SHAPES: dict[str, tuple[str, Callable[[], str]]] = {
    "JSON lines of gofofa": ("a.json", lambda: "\n".join(map(json.dumps, FOFA))),
    "an array": ("a.json", lambda: json.dumps(FOFA, indent=1)),
    "a reply of objects": ("a.json", lambda: json.dumps({**REPLY, "results": FOFA})),
    "a reply of lists": ("a.json", lambda: json.dumps({**REPLY, "results": LISTS, "fields": ",".join(FIELDS)})),
    "a pretty reply": ("a.jsonl", lambda: json.dumps({**REPLY, "fields": FIELDS, "results": LISTS}, indent=4)),
    "replies in a row": ("a.json", lambda: "".join(json.dumps({"results": [one]}) for one in FOFA)),
}
SERVICES = [
    {"port": 80 + n, "transport_protocol": "TCP", "service_name": "HTTP", "observed_at": "2026-10-20T08:30:01.5Z",
     "protocol": "HTTP", "scan_time": "2026-10-20T08:30:01Z"} for n in range(2)
]  # fmt: skip
HOSTS = [{"ip": f"81.2.69.{n}", "services": SERVICES, "location": {"country_code": "IS"}} for n in (1, 2)]


def read(path: Path, text: str, source: Source, encoding: str = "utf-8") -> tuple[Ingested, list[dict[str, Any]]]:
    path.write_bytes(text.encode(encoding))
    result = ingest_file(path, path.parent / "o.parquet", path.parent / "q.gz", source=source)
    return result, parquet.read_table(path.parent / "o.parquet", OBSERVATIONS).to_pylist()


def own(folder: Path, name: str, *changes: tuple[str, str]) -> Source:
    """A copy of a shipped mapping with changes."""
    text = (Path("data/mappings") / f"{name}.toml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "own.toml"
    path.write_text(text)
    return Source("own.toml", name, load_mapping(path), "0")


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_fofa_is_read(tmp_path: Path, shape: str) -> None:
    name, text = SHAPES[shape]
    result, rows = read(tmp_path / name, text(), named_source("fofa", tmp_path))
    assert (result.accepted, result.lines, dict(result.unknown)) == (3, 3, {})
    assert [(row["host"], row["port"], row["seen_at"], row["http_title"]) for row in rows] == [
        (f"81.2.69.{n}", 8000 + n, 1792485001, "监控系统") for n in (1, 2, 3)
    ]


def test_lists_without_names_are_rejected_unless_the_mapping_names_them(tmp_path: Path) -> None:
    text = json.dumps({**REPLY, "results": [*LISTS, LISTS[0][:2]]})
    result, _ = read(tmp_path / "a.json", text, named_source("fofa", tmp_path))
    assert dict(result.quarantined) == {"no_columns": 4}
    columns = own(tmp_path, "fofa", ('delimiter = ","', f"columns = {json.dumps(FIELDS)}"))
    result, _ = read(tmp_path / "a.json", text, columns)
    assert (result.accepted, dict(result.quarantined)) == (3, {"bad_row": 1})
    result, rows = read(tmp_path / "a.json", "\n".join(json.dumps([one]) for one in LISTS), columns)
    assert (result.accepted, len(rows)) == (3, 3)


def test_a_csv_file_without_a_header_is_read_by_its_columns(tmp_path: Path) -> None:
    names = ["ip", "port", "lastupdatetime", "title"]
    source = own(tmp_path, "fofa", ('delimiter = ","', f"columns = {json.dumps(names)}"))
    body = "81.2.69.1,80,2026-10-20 16:30:01,a\n81.2.69.2,81,2026-10-20 16:30:01,b\n"
    for text in (body, ",".join(names) + "\n" + body):
        result, rows = read(tmp_path / "a.csv", text, source)
        assert [(row["host"], row["http_title"]) for row in rows] == [("81.2.69.1", "a"), ("81.2.69.2", "b")]
        assert result.lines == 2


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-16"])
def test_gbk_is_read_where_a_mapping_names_it(tmp_path: Path, encoding: str) -> None:
    text = "ip,port,lastupdatetime,title\n81.2.69.1,80,2026-10-20 16:30:01,海康威视\n"
    source = own(tmp_path, "fofa", ('delimiter = ","', 'encoding = "gb18030"'))
    _, rows = read(tmp_path / "a.csv", text, source, encoding)
    assert [row["http_title"] for row in rows] == ["海康威视"]
    if encoding != "utf-16":
        result, _ = read(tmp_path / "a.csv", text, named_source("fofa", tmp_path), encoding)
        assert dict(result.quarantined) == {"bad_encoding": 1}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("censys-legacy", {"code": 200, "status": "OK", "result": {"total": 2, "hits": HOSTS}}),
        ("censys-legacy", [{"result": host} for host in HOSTS]),
        ("censys-legacy", HOSTS),
        ("censys", {"result": {"hits": [{"host_v1": {"resource": host}} for host in HOSTS], "total_hits": 2}}),
        ("censys", {"result": {"hits": [{"webproperty_v1": {}}, *({"host_v1": {"resource": h}} for h in HOSTS)]}}),
        ("censys", [{"host_v1": {"resource": host}} for host in HOSTS]),
        ("censys", [{"result": {"resource": host}} for host in HOSTS]),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_pages_and_hits_of_censys_are_read(tmp_path: Path, source: str, value: Any, indent: int | None) -> None:
    result, rows = read(tmp_path / "a.json", json.dumps(value, indent=indent), named_source(source, tmp_path))
    assert (result.accepted, result.lines) == (4, 4)
    assert {(row["host"], row["port"], row["engine_country"]) for row in rows} == {
        (f"81.2.69.{n}", port, "IS") for n in (1, 2) for port in (80, 81)
    }


def test_items_of_a_netlas_search_are_read(tmp_path: Path) -> None:
    data = {"ip": "81.2.69.1", "port": 80, "prot7": "http", "last_updated": "2026-10-20T08:30:01Z"}
    result, _ = read(
        tmp_path / "a.json", json.dumps({"items": [{"data": data}] * 2, "took": 5}), named_source("netlas", tmp_path)
    )
    assert (result.accepted, dict(result.unknown)) == (2, {})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ('encoding = "ebcdic"', "encoding: found 'ebcdic'; allowed: one of utf-8,"),
        ("columns = [1]", "columns.0: found 1; allowed: Input should be a valid string"),
        ('columns = "ip"', "columns: found 'ip'; allowed: Input should be a valid list"),
    ],
)
def test_faults_of_these_keys_are_named(tmp_path: Path, change: str, problem: str) -> None:
    with pytest.raises(MappingError) as caught:
        own(tmp_path, "fofa", ('delimiter = ","', change))
    assert problem in str(caught.value)
