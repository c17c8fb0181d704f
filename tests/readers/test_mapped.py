"""Files of other engines, record by record: what is accepted, refused, blank, and not known, and none of it lost."""

import csv
import gzip
import io
import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

import camcensus.readers.csv_rows
import camcensus.readers.lines
from camcensus.core import parquet
from camcensus.core.errors import InputError
from camcensus.core.tables import OBSERVATIONS
from camcensus.ingest.records import REASONS, Ingested
from camcensus.readers.mapped_export import MORE, MOST_NAMES, MappedRows
from camcensus.readers.mapping import Mapping
from camcensus.readers.registry import Source
from tests.conftest import ingest_file

FIELDS = {"address": "ip", "port": "port", "time": "seen", "title": "title", "html": "body"}
CSV: dict[str, Any] = {
    "engine": "other", "title": "Other", "format": "csv", "source": "s", "licence": "l", "verified": True,
    "fields": FIELDS, "ignore": ["note"],
}  # fmt: skip
JSONL = {**CSV, "format": "jsonl"}
HOSTS = {
    **JSONL, "within": ["hit.host", "hosts"], "each": "services", "ignore_around": ["hit.score", "page"],
    "fields": {"address": "ip", "port": "services.port", "time": "services.seen", "title": "services.http.title"},
}  # fmt: skip
GOOD = {"ip": "81.2.69.142", "port": "80", "seen": "2026-10-20T08:30:01", "title": "t", "body": "b"}
Outcome = tuple[Ingested, list[dict[str, Any]], list[dict[str, Any]]]


def ingest(path: Path, mapping: dict[str, Any]) -> Outcome:
    """What came of a file, the rows accepted, and the records quarantined."""
    source = Source("other", "other", Mapping.model_validate(mapping), "0")
    table, quarantine = path.parent / "table.parquet", path.parent / "quarantine.gz"
    result = ingest_file(path, table, quarantine, source=source)
    rows = parquet.read_table(table, OBSERVATIONS).to_pylist()
    return result, rows, [json.loads(line) for line in gzip.decompress(quarantine.read_bytes()).splitlines()]


def of_text(folder: Path, text: str | bytes, mapping: dict[str, Any], name: str | None = None) -> Outcome:
    path = folder / (name or f"a.{mapping['format']}")
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return ingest(path, mapping)


def of_lines(folder: Path, lines: Iterable[Any], mapping: dict[str, Any]) -> Outcome:
    return of_text(folder, "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), mapping)


def table(rows: Iterable[dict[str, str]], header: Iterable[str] = GOOD) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, list(header), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def test_rows_of_csv_become_banners(tmp_path: Path) -> None:
    text = table([GOOD, {**GOOD, "body": "two\r\nlines", "port": "81"}]) + "\r\n" + table([{**GOOD, "port": "x"}])[26:]
    result, rows, (bad,) = of_text(tmp_path, text, CSV)
    assert (result.lines, result.accepted, result.blank, dict(result.quarantined)) == (4, 2, 1, {"bad_port": 1})
    assert [(row["line"], row["port"], row["http_html"]) for row in rows] == [(1, 80, "b"), (2, 81, "two lines")]
    assert (bad["line"], bad["at_line"], bad["reason"]) == (4, 6, "bad_port")


def test_a_byte_order_mark_spaces_and_another_order_of_columns(tmp_path: Path) -> None:
    text = "\ufeffseen ; title;ip; port\n2026-10-20 08:30:01;a;81.2.69.142; 80\n"
    _, (row,), _ = of_text(tmp_path, text, {**CSV, "delimiter": ";"})
    assert (row["host"], row["port"], row["http_title"]) == ("81.2.69.142", 80, "a")


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.zst"])
def test_compressed_csv(tmp_path: Path, name: str) -> None:
    text = table([GOOD]).encode()
    packed = gzip.compress(text) if name.endswith("gz") else zstandard.compress(text)
    assert of_text(tmp_path, packed, CSV, name)[0].accepted == 1


def test_a_csv_file_that_breaks_off_keeps_what_came_before(tmp_path: Path) -> None:
    text = table({**GOOD, "port": str(port)} for port in range(1, 3001)).encode()
    result, rows, quarantined = of_text(tmp_path, gzip.compress(text)[:-2000], CSV, "a.csv.gz")
    assert result.damage is not None
    assert result.accepted == len(rows) > 500
    assert {record["reason"] for record in quarantined} <= {"cut_short"}


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (
            "ip,port\n",
            "lacks seen (time); the mapping of Other expects columns separated by ',', among them ip, port, seen",
        ),
        ("IP,Port,Seen\n", "lacks ip (address), port (port), seen (time)"),
        ("81.2.69.142,80,2026-10-20\n", "found: 81.2.69.142, 80, 2026-10-20"),
        ("ip;port;seen\n", "found: ip;port;seen"),
        ("ip,ip,port,seen\n", "has ip twice"),
        ("\nip,port,seen\n", "found: nothing"),
        ('ip,"port\n', "found: nothing"),
        ("ip,\x1b[31mport,seen\n", "lacks port (port)"),
        (",".join(f"c{n}" for n in range(5000)) + "\n", "found: c0, c1,"),
    ],
)
def test_a_header_that_does_not_fit_is_told_with_what_is_expected(tmp_path: Path, header: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        of_text(tmp_path, header + "1,2,3\n", CSV)
    assert told in str(caught.value)
    assert len(str(caught.value)) < 2000


def test_one_of_several_names_in_the_header_is_enough(tmp_path: Path) -> None:
    fields = {**FIELDS, "time": ["first", "seen"]}
    assert of_text(tmp_path, table([GOOD]), {**CSV, "fields": fields})[0].accepted == 1


def test_a_row_of_too_few_or_too_many_cells_is_refused_not_shifted(tmp_path: Path) -> None:
    text = "ip,port,seen\n81.2.69.142,80\n81.2.69.142,80,2026-10-20,more\n81.2.69.142,80,2026-10-20\n"
    result, rows, _ = of_text(tmp_path, text, CSV)
    assert (dict(result.quarantined), [row["line"] for row in rows]) == ({"bad_row": 2}, [3])


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    assert of_text(tmp_path, "", CSV)[0].lines == 0
    assert of_text(tmp_path, table([]), CSV)[0].lines == 0


def test_columns_nobody_asked_for_are_counted_where_they_hold_something(tmp_path: Path) -> None:
    header = [*GOOD, "note", "new", "empty"]
    rows = [{**GOOD, "note": "n", "new": "x"}, {**GOOD, "new": "y"}, GOOD]
    result, _, _ = of_text(tmp_path, table(rows, header), CSV)
    assert result.unknown == {"new": 2}
    assert result.tally()["unknown field: new"] == 2


def test_a_long_record_is_refused_and_the_next_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (camcensus.readers.lines, camcensus.readers.csv_rows):
        monkeypatch.setattr(module, "LONGEST", 5_000)
    many = {**GOOD, "body": "x\n" * 3000}
    text = table([GOOD, {**GOOD, "title": "x" * 6000}, GOOD, many, GOOD])
    result, _, quarantined = of_text(tmp_path, text, CSV)
    assert result.accepted == 3
    # The long row of many lines comes apart into its lines, each of them refused.
    assert result.quarantined["too_long"] == 1
    assert result.quarantined["bad_row"] == len(quarantined) - 1 == 3001
    assert result.lines == 3 + 1 + 3001


def test_lines_of_json_become_banners(tmp_path: Path) -> None:
    lines = [GOOD, "", {**GOOD, "port": 70000}, "[5]", "{", {**GOOD, "new": {"deep": 1}, "note": 1}]
    result, rows, quarantined = of_lines(tmp_path, lines, JSONL)
    assert [row["line"] for row in rows] == [1, 6]
    assert [(bad["line"], bad["reason"]) for bad in quarantined] == [
        (3, "bad_port"),
        (4, "not_object"),
        (5, "not_json"),
    ]
    assert (result.lines, result.blank, result.unknown) == (6, 1, {"new": 1})


def test_json_that_is_odd_is_read_or_refused_as_shodans_is(tmp_path: Path) -> None:
    lines = [json.dumps({**GOOD, "title": "\ud800"}), '{"ip": NaN}', "[" * 100_000, b"\xff".decode("latin-1")]
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join([*(line.encode() for line in lines[:3]), b'{"a": "\xff"}']))
    _, (row,), quarantined = ingest(path, JSONL)
    assert row["http_title"] == "?"
    assert [bad["reason"] for bad in quarantined] == ["not_json", "too_deep", "bad_encoding"]


def test_a_host_gives_a_record_for_each_of_its_services(tmp_path: Path) -> None:
    def service(port: Any, **more: Any) -> dict[str, Any]:
        return {"port": port, "seen": "2026-10-20T08:30:01Z", **more}

    one = {"ip": "81.2.69.142", "services": [service(80, http={"title": "a"}), service(0), 5], "odd": 1}
    two = {"ip": "81.2.69.143", "services": [service(81, new=1, http={"body": "x"})]}
    none = {"ip": "81.2.69.144", "services": []}
    lines = [
        {"hit": {"host": one, "score": 5}},
        {"hosts": [two, two, "text"], "page": 1, "extra": 2},
        none,
        {},
        {"hosts": []},
    ]
    result, rows, quarantined = of_lines(tmp_path, lines, HOSTS)
    assert [(row["line"], row["host"], row["port"], row["http_title"]) for row in rows] == [
        (1, "81.2.69.142", 80, "a"), (4, "81.2.69.143", 81, None), (5, "81.2.69.143", 81, None),
    ]  # fmt: skip
    assert [(bad["line"], bad.get("at_line"), bad["reason"]) for bad in quarantined] == [
        (2, 1, "bad_port"), (3, 1, "bad_port"), (6, 2, "no_address"),
        (7, 3, "no_answer"), (8, 4, "no_answer"), (9, 5, "no_answer"),
    ]  # fmt: skip
    assert result.unknown == {"odd": 1, "extra": 1, "services.new": 1, "services.http.body": 1, "services": 1}
    assert result.lines == 9


def test_a_line_of_many_bad_services_is_not_kept_once_for_each(tmp_path: Path) -> None:
    line = {"ip": "81.2.69.142", "name": "x" * 50_000, "services": [{"port": 0, "n": n} for n in range(500)]}
    _, _, quarantined = of_lines(tmp_path, [line], HOSTS)
    assert len(quarantined) == 500
    assert sum(bad["length"] for bad in quarantined) < 500 * 40


def test_names_of_fields_are_bounded_in_number(tmp_path: Path) -> None:
    result, _, _ = of_lines(tmp_path, [{**GOOD, f"n{n}": 1} for n in range(MOST_NAMES + 70)], JSONL)
    assert len(result.unknown) == MOST_NAMES + 1
    assert result.unknown[MORE] == 70
    names = [f"n{n:04}" for n in range(MOST_NAMES + 70)]
    result, _, _ = of_lines(tmp_path, [{**GOOD, **dict.fromkeys(reversed(names), 1)}], JSONL)
    assert set(result.unknown) == {*names[:MOST_NAMES], MORE}
    result, _, _ = of_text(tmp_path, table([{**GOOD, "n" * 5000: "x"}], [*GOOD, "n" * 5000]), CSV)
    assert result.unknown == {"n" * 128: 1}


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    outputs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        of_text(tmp_path / name, table([GOOD, {**GOOD, "port": "x"}]), CSV)
        outputs.append([(tmp_path / name / kind).read_bytes() for kind in ("table.parquet", "quarantine.gz")])
    assert outputs[0] == outputs[1]


def test_a_header_can_be_looked_at_without_reading_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("ip,port\n" + "x\n" * 10)
    with pytest.raises(InputError):
        MappedRows(path, Mapping.model_validate(CSV)).check_start()
    path.write_text("")
    MappedRows(path, Mapping.model_validate(CSV)).check_start()


SCALAR: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([*GOOD.values(), 80])
)
KEYS = st.sampled_from(
    ["ip", "port", "seen", "services", "hosts", "hit", "host", "http", "title", "x", "a.b", "\ud800", "*"]
)
ANY = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
SERVICE = st.fixed_dictionaries({}, optional={"port": SCALAR, "seen": SCALAR, "http": ANY, "x": ANY})
HOST = st.fixed_dictionaries({"ip": SCALAR, "services": st.lists(SERVICE | ANY, max_size=4)}, optional={"x": ANY})
LINE = (
    st.binary(max_size=20).map(lambda b: b.replace(b"\n", b" "))
    | st.sampled_from([b"", b"  ", b"null", b"[]", b"{}", b'{"services": {}}'])
    | (ANY | HOST | st.builds(lambda h: {"hosts": h}, st.lists(HOST, max_size=3))).map(lambda v: json.dumps(v).encode())
)


def reconciled(outcome: Outcome) -> None:
    """Every record is in one place, with a number of its own and a reason that is told."""
    result, rows, quarantined = outcome
    assert result.accepted + result.blank + result.quarantined.total() == result.lines
    assert (len(rows), len(quarantined)) == (result.accepted, result.quarantined.total())
    numbers = [row["line"] for row in rows] + [bad["line"] for bad in quarantined]
    assert len(set(numbers)) == len(numbers)
    assert not numbers or max(numbers) <= result.lines
    assert set(result.quarantined) <= set(REASONS)


@pytest.mark.slow
@settings(max_examples=80)
@given(lines=st.lists(LINE, max_size=6), nested=st.booleans())
def test_whatever_json_lines_hold_every_record_is_accounted_for(lines: list[bytes], nested: bool) -> None:
    whole = b"\n".join([json.dumps(GOOD).encode(), *lines]).split(b"\n")
    with tempfile.TemporaryDirectory() as folder:
        outcome = of_text(Path(folder), b"\n".join(whole), HOSTS if nested else JSONL)
    reconciled(outcome)
    if not nested:
        assert outcome[0].lines == sum(map(elements, whole)) - (not whole[-1])


def elements(line: bytes) -> int:
    """How many records a line is: a list's elements, or one."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return 1
    return len(found) if isinstance(found, list) and found else 1


@settings(max_examples=80)
@given(lines=st.lists(LINE, max_size=6), nested=st.booleans())
def test_whatever_json_begins_with_every_record_is_accounted_for(lines: list[bytes], nested: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        reconciled(of_text(Path(folder), b"\n".join(lines), HOSTS if nested else JSONL))


CELLS = st.lists(
    st.sampled_from([*GOOD.values(), "", '"', '"a', 'a"', '"a""b"', '"a\nb"', "\xff", "\r", "\0", " "])
    | st.text(max_size=6),
    max_size=7,
)


@settings(max_examples=80)
@given(rows=st.lists(CELLS, max_size=8), encoding=st.sampled_from(["utf-8", "latin-1"]))
def test_whatever_csv_holds_every_record_is_accounted_for(rows: list[list[str]], encoding: str) -> None:
    text = "\n".join([",".join(GOOD), *(",".join(row) for row in rows)])
    with tempfile.TemporaryDirectory() as folder:
        reconciled(of_text(Path(folder), text.encode(encoding, "replace"), CSV))
