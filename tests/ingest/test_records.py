"""Every line is accepted, quarantined with a reason, or blank; one bad line never stops the others."""

import base64
import gzip
import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import camcensus.readers.lines
from camcensus.core import parquet
from camcensus.core.tables import OBSERVATIONS
from camcensus.ingest.fields import LATEST
from camcensus.ingest.records import QUARANTINE_KEEPS, REASONS, Ingested
from camcensus.readers.lines import without_marks
from tests.conftest import banner, ingest_file, write_lines

Row = dict[str, Any]


def ingest(
    folder: Path, lines: list[Any], latest: int = LATEST, name: str = "a.json"
) -> tuple[Ingested, list[Row], list[Row]]:
    """What came of a file, the rows accepted, and the records quarantined."""
    path = write_lines(folder / name, lines)
    return ingest_path(path, latest)


def ingest_path(path: Path, latest: int = LATEST) -> tuple[Ingested, list[Row], list[Row]]:
    observations, quarantine = path.with_suffix(".parquet"), path.with_suffix(".quarantine.gz")
    result = ingest_file(path, observations, quarantine, latest)
    rows = parquet.read_table(observations, OBSERVATIONS).to_pylist()
    return result, rows, [json.loads(line) for line in gzip.decompress(quarantine.read_bytes()).splitlines()]


def one(folder: Path, latest: int = LATEST, **changed: Any) -> Row | str:
    """The row of one banner, or the reason why there is none."""
    _, rows, quarantined = ingest(folder, [banner(**changed)], latest)
    return rows[0] if rows else str(quarantined[0]["reason"])


def test_a_banner_becomes_a_row(tmp_path: Path) -> None:
    result, (row,), _ = ingest(tmp_path, ["", banner(version="V5.4.5")])
    assert (result.lines, result.accepted, result.blank, result.synthetic) == (2, 1, 1, 0)
    expected = {
        "file": "a.json",
        "line": 2,
        "host": "81.127.163.14",
        "ip_version": 4,
        "port": 80,
        "transport": "tcp",
        "seen_at": 1792485001,
        "engine_country": "GB",
        "asn": 5607,
        "network": "Example Broadband",
        "firmware": "V5.4.5",
        "http_status": 200,
        "banner_hash": -1443232221,
        "html_hash": 1234567,
        "cert_sha256": None,
        "is_synthetic": False,
        "http_server": "App-webs/",
    }
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        (1, 1),
        (65535, 65535),
        ("80", 80),
        ("00080", 80),
        (0, None),
        (-1, None),
        (65536, None),
        (True, None),
        (80.5, None),
        (80.0, None),
        ("", None),
        ("8o", None),
        ("٨٠", None),
        ("-80", None),
        (" 80", None),
        (10**30, None),
        ([80], None),
        (None, None),
    ],
)
def test_f16_ports(tmp_path: Path, port: Any, expected: int | None) -> None:
    found = one(tmp_path, port=port)
    assert found == "bad_port" if expected is None else (isinstance(found, dict) and found["port"] == expected)


@pytest.mark.parametrize(
    ("fields", "host"),
    [
        ({"ip_str": "1.2.3.4"}, "1.2.3.4"),
        ({"ip_str": "::ffff:1.2.3.4"}, "1.2.3.4"),
        ({"ip": 16909060}, "1.2.3.4"),
        ({"ip": 0}, "0.0.0.0"),
        ({"ip_str": "", "ip": 16909060}, "1.2.3.4"),
        ({"ipv6": "2001:DB8:0::0001"}, "2001:db8::1"),
        ({"ip_str": "2001:db8::1"}, "2001:db8::1"),
        ({"ip_str": "1.2.3.4", "ipv6": "2001:db8::1"}, "1.2.3.4"),
    ],
)
def test_f15_addresses_become_canonical(tmp_path: Path, fields: dict[str, Any], host: str) -> None:
    found = one(tmp_path, **{"ip_str": None, "ip": None, **fields})
    assert isinstance(found, dict)
    assert (found["host"], found["ip_version"]) == (host, 6 if ":" in host else 4)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "no_address"),
        ({"ip_str": ""}, "no_address"),
        ({"ip_str": []}, "no_address"),
        *(
            ({"ip_str": text}, "bad_address")
            for text in (
                "01.2.3.4",
                "1.2.3",
                "1.2.3.4.5",
                "999.1.1.1",
                "1.2.3.4 ",
                "1.2.3.4\0",
                "1.2.3.4/32",
                "0x1.2.3.4",
                "\uff11.2.3.4",
                "example.org",
                "fe80::1%eth0",
                "2001:db8::1::",
                "[2001:db8::1]",
                "1.2.3.4:80",
                16909060,
                True,
            )
        ),
        ({"ip": -1}, "bad_address"),
        ({"ip": 1 << 32}, "bad_address"),
        ({"ip": True}, "bad_address"),
        ({"ip": 1.5}, "bad_address"),
        ({"ip": "16909060"}, "bad_address"),
    ],
)
def test_f15_what_is_no_address(tmp_path: Path, fields: dict[str, Any], reason: str) -> None:
    assert one(tmp_path, **{"ip_str": None, "ip": None, **fields}) == reason


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-20T08:30:01",
        "2026-10-20T08:30:01.123456",
        "2026-10-20T08:30:01Z",
        "2026-10-20T10:30:01+02:00",
        "2026-10-20 08:30:01.5",
        "2026-10-20T08:30:01.123456789Z",
        "2026-10-19T20:30:01-12:00",
    ],
)
def test_f8_times_without_a_zone_are_utc(tmp_path: Path, text: str) -> None:
    found = one(tmp_path, timestamp=text)
    assert isinstance(found, dict)
    assert found["seen_at"] == 1792485001


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no_timestamp"),
        ("", "no_timestamp"),
        ({}, "no_timestamp"),
        ("yesterday", "bad_timestamp"),
        ("2026-02-30T00:00:00", "bad_timestamp"),
        (1792485001, "bad_timestamp"),
        (True, "bad_timestamp"),
        ("0001-01-01T00:00:00+23:00", "bad_timestamp"),
        ("2026-10-20T08:30:01+25:00", "bad_timestamp"),
        ("1999-01-01T00:00:00", "too_early"),
        ("2008-12-31T23:59:59", "too_early"),
        ("2100-01-01T00:00:01", "too_late"),
        ("9999-12-31T23:59:59", "too_late"),
    ],
)
def test_f8_what_is_no_time(tmp_path: Path, value: Any, reason: str) -> None:
    assert one(tmp_path, timestamp=value) == reason


def test_f8_the_latest_second_is_the_last_that_is_taken(tmp_path: Path) -> None:
    assert isinstance(one(tmp_path, 1792485001), dict)
    assert one(tmp_path, 1792485000) == "too_late"
    assert isinstance(one(tmp_path, timestamp="2098-01-01T00:00:00"), dict), "nobody saw this file arrive"
    assert isinstance(one(tmp_path, timestamp="2009-01-01T00:00:00"), dict)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("tcp", "tcp"), ("udp", "udp"), (None, "tcp"), ("TCP", None), ("sctp", None), ("", None), (6, None)],
)
def test_transports(tmp_path: Path, value: Any, expected: str | None) -> None:
    found = one(tmp_path, transport=value)
    assert (
        found == "bad_transport" if expected is None else (isinstance(found, dict) and found["transport"] == expected)
    )


@pytest.mark.parametrize(
    ("changed", "column", "expected"),
    [
        ({"location": None}, "engine_country", None),
        ({"location": {"country_code": None}}, "engine_country", None),
        ({"location": {"country_code": "gb"}}, "engine_country", "GB"),
        ({"location": {"country_code": "\x1b["}}, "engine_country", None),
        ({"asn": "AS4294967295"}, "asn", 4294967295),
        ({"asn": 3320}, "asn", 3320),
        ({"asn": "AS99999999999"}, "asn", None),
        ({"asn": "AS1; x"}, "asn", None),
        ({"hash": 10**20}, "banner_hash", None),
        ({"hash": -(1 << 63)}, "banner_hash", -(1 << 63)),
        ({"hash": 5.5}, "banner_hash", None),
        ({"http": {"status": True}}, "http_status", None),
        ({"org": None, "isp": "I"}, "network", "I"),
        ({"org": "a\x1b[31m" + "b" * 999}, "network", ("a [31m" + "b" * 999)[:256]),
        ({"version": 47}, "firmware", "47"),
        ({"ssl": {"cert": {"fingerprint": {"sha256": "AB" * 32}}}}, "cert_sha256", "ab" * 32),
        ({"ssl": {"cert": {"fingerprint": {"sha256": ":".join(["AB"] * 32)}}}}, "cert_sha256", "ab" * 32),
        ({"ssl": {"cert": {"fingerprint": {"sha256": "\x1b[31m"}}}}, "cert_sha256", None),
        ({"ssl": {"cert": {"fingerprint": []}}}, "cert_sha256", None),
        ({"_camcensus": {"synthetic": True}}, "is_synthetic", True),
        ({"_camcensus": {"synthetic": "yes"}}, "is_synthetic", False),
    ],
)
def test_other_fields(tmp_path: Path, changed: dict[str, Any], column: str, expected: Any) -> None:
    found = one(tmp_path, **changed)
    assert isinstance(found, dict)
    assert found[column] == expected


BAD_LINES: dict[str, Any] = {
    "bad_encoding": b'{"product": "\xff"}',
    "too_deep": "[" * 5000,
    "not_json": '{"port": 80',
    "not_object": "[]",
    "no_address": banner(ip=None, ip_str=None),
    "bad_address": banner(ip_str="x"),
    "bad_port": banner(port=0),
    "bad_transport": banner(transport="x"),
    "no_timestamp": banner(timestamp=None),
    "bad_timestamp": banner(timestamp="x"),
    "too_early": banner(timestamp="1999-01-01T00:00:00"),
    "too_late": banner(timestamp="2101-01-01T00:00:00"),
}


def test_f12_every_reason_is_reached_and_no_bad_line_stops_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camcensus.readers.lines, "LONGEST", 10_000)
    lines = [part for line in (*BAD_LINES.values(), "x" * 10_001) for part in (line, banner())]
    path = write_lines(tmp_path / "a.json", lines)
    packed = tmp_path / "a.json.gz"
    packed.write_bytes(gzip.compress(path.read_bytes() + json.dumps(banner()).encode())[:-8])
    result, rows, quarantined = ingest_path(packed)
    of_mapped = {"bad_row", "no_answer", "no_columns"}  # see tests/readers/test_mapped.py
    assert {record["reason"] for record in quarantined} == set(REASONS) - of_mapped
    assert [record["line"] for record in quarantined] == list(range(1, 28, 2))
    assert [row["line"] for row in rows] == list(range(2, 28, 2))
    assert result.damage is not None


def test_a_file_that_breaks_off_keeps_what_came_before(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.json", [banner(port=port) for port in range(1, 5001)])
    packed = gzip.compress(path.read_bytes())
    path = tmp_path / "b.json.gz"
    path.write_bytes(packed[: len(packed) * 2 // 3])
    result, rows, quarantined = ingest_path(path)
    assert result.accepted > 2000
    assert [row["port"] for row in rows] == list(range(1, result.accepted + 1))
    assert {record["reason"] for record in quarantined} <= {"cut_short"}


def test_a_quarantined_line_keeps_its_bytes_length_and_hash(tmp_path: Path) -> None:
    _, _, (short, long) = ingest(tmp_path, [b'{"a": \xff}', b"x" * (QUARANTINE_KEEPS + 1)])
    assert short == {
        "file": "a.json",
        "line": 1,
        "reason": "bad_encoding",
        "length": 8,
        "bytes": base64.b64encode(b'{"a": \xff}').decode(),
        "sha256": hashlib.sha256(b'{"a": \xff}').hexdigest(),
    }
    assert (long["length"], len(base64.b64decode(long["bytes"]))) == (QUARANTINE_KEEPS + 1, 64 << 10)
    assert long["sha256"] == hashlib.sha256(b"x" * (QUARANTINE_KEEPS + 1)).hexdigest()


def test_f25_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    outputs = []
    for name in ("one", "two"):
        path = write_lines(tmp_path / name / "a.json", [banner(port=port) for port in range(1, 200)] + ["bad"])
        ingest_path(path)
        outputs.append([p.read_bytes() for p in sorted(path.parent.iterdir())])
    assert outputs[0] == outputs[1]


def test_an_empty_file_gives_empty_tables(tmp_path: Path) -> None:
    result, rows, quarantined = ingest(tmp_path, [])
    assert (result.lines, rows, quarantined) == (0, [], [])


def test_a_failure_leaves_no_file_behind(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.json", [banner()])

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest_file(path, tmp_path / "a.parquet", tmp_path / "q.gz", on_progress=stop)
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


ANY: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just({}) | st.just([])
)
FIELDS = st.sampled_from(
    [
        "ip_str",
        "ip",
        "ipv6",
        "port",
        "transport",
        "timestamp",
        "data",
        "hash",
        "asn",
        "http",
        "location",
        "ssl",
        "mac",
        "_shodan",
    ]
)
DIRTY = st.lists(
    st.binary(max_size=30).map(lambda b: b.replace(b"\n", b" "))
    | st.sampled_from([b"", b"  ", b"\r", b"null", b"[]"])
    | st.dictionaries(FIELDS, ANY, max_size=5).map(lambda changed: json.dumps(banner() | changed).encode()),
    max_size=12,
)


@settings(max_examples=60)
@given(lines=DIRTY)
def test_f11_to_f16_accepted_and_quarantined_and_blank_are_all_lines(lines: list[bytes]) -> None:
    # After a banner each line is one record; tests/readers/test_documents.py has files that begin with something else.
    lines = [json.dumps(banner()).encode(), *lines]
    with tempfile.TemporaryDirectory() as folder:
        result, rows, quarantined = ingest(Path(folder), lines)
    blank = [n for n, line in enumerate(lines, 1) if not without_marks(line).strip()]
    assert result.lines == len(lines)
    assert sorted([row["line"] for row in rows] + [r["line"] for r in quarantined] + blank) == list(
        range(1, len(lines) + 1)
    )
    assert (result.accepted, result.blank, result.quarantined.total()) == (len(rows), len(blank), len(quarantined))
    assert {record["reason"] for record in quarantined} <= set(REASONS)
