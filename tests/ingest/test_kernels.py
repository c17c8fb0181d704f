"""Kernels give what the plain path gives: same rows, same reasons, same quarantine, for whatever lines."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camcensus.ingest import records
from camcensus.ingest.fields import LATEST
from camcensus.ingest.kernels import compiling
from camcensus.ingest.records import REASONS, validate_batch
from camcensus.readers.lines import Line
from camcensus.readers.record import Batch
from camcensus.readers.shodan import ShodanFile
from tests.conftest import banner, ingest_file, write_lines
from tests.fuzz import DEMO, Fuzz
from tests.ingest.any_banner import BANNERS, USUAL
from tests.optional import optional

optional("numba")
intern = optional("camcensus.ingest.kernels.intern")
rows = optional("camcensus.ingest.kernels.rows")
groups = optional("camcensus.ingest.kernels.groups")

LATE = 1_790_000_000  # some time in 2026


def same(lines: Sequence[Any], latest: int = LATEST) -> tuple[int, set[str]]:
    """How many rows the kernels read of lines, and the reasons of others. Fails unless both paths give the same."""
    batch = Batch(range(1, len(lines) + 1), lines, [f"file-{n % 3}" for n in range(len(lines))])
    plain, found = (validate_batch(batch, latest, in_kernels) for in_kernels in (False, True))
    for name in plain.rows.schema.names:
        assert found.rows[name].to_pylist() == plain.rows[name].to_pylist(), name
    assert found.rows.equals(plain.rows)
    assert found == plain.__class__(plain.records, found.rows, plain.telling, plain.reasons, plain.quarantined)
    assert found.rows.schema.equals(plain.rows.schema)
    found.rows.validate(full=True)
    return rows.accept(batch, latest)[0].num_rows, set(plain.reasons)


def line(**changed: Any) -> bytes:
    return json.dumps(banner(**changed)).encode()


def test_usual_banners_are_read_in_kernels() -> None:
    lines = [
        line(port=port, data=f"HTTP/1.1 200 OK\r\nServer: s{port}\r\n\r\n<title>{port}</title>") for port in (80, 81)
    ]
    assert same(lines) == (2, set())


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(BANNERS, min_size=1, max_size=6), st.booleans())
def test_any_banner_gives_the_same(found: list[dict[str, Any]], is_ascii: bool) -> None:
    same([json.dumps(one, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass") for one in found], LATE)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(USUAL, min_size=1, max_size=6))
def test_any_texts_of_usual_banners_give_the_same(found: list[dict[str, Any]]) -> None:
    same([json.dumps(one).encode() for one in found], LATE)


@pytest.mark.parametrize("seed", range(3))
def test_mutated_lines_give_the_same(seed: int) -> None:
    assert same(list(Fuzz(seed).lines(600)))[0] > 150


def odd_lines() -> Iterator[tuple[str, Any]]:
    yield "bad_encoding", b'{"ip_str": "\xff"}'
    yield "too_deep", b"[" * 100_000
    yield "not_json", b'{"ip_str": "192.0.2.1",}'
    yield "not_json", line()[:-1]
    yield "not_object", b"[1]"
    yield "no_address", line(ip_str=None, ip=None)
    yield "bad_address", line(ip_str="192.0.2.01")
    yield "bad_port", line(port=0)
    yield "bad_transport", line(transport="sctp")
    yield "no_timestamp", line(timestamp=None)
    yield "bad_timestamp", line(timestamp="2025-02-29T00:00:00")
    yield "too_early", line(timestamp="2008-12-31T23:59:59.999999")
    yield "too_late", line(timestamp="2100-01-01T00:00:01")
    yield "too_long", Line(1, b"{", 1 << 25, "0" * 64)
    yield "cut_short", Line(1, line(), 9, None, cut_short=True)


@pytest.mark.parametrize(("reason", "odd"), list(odd_lines()))
def test_each_reason_among_usual_lines(reason: str, odd: Any) -> None:
    read, reasons = same([line(), odd, b"", b" \t", Line(1, line(), len(line())), line(port=81)])
    assert read == 3
    assert reasons == {reason}


def test_all_reasons_of_lines_were_tried() -> None:
    of_other_formats = {"bad_row", "no_answer", "no_columns"}
    assert {reason for reason, _ in odd_lines()} == REASONS.keys() - of_other_formats


@pytest.mark.parametrize(
    "changed",
    [
        b'"port": 80, "port": 81',
        b'"po\\u0072t": 80',
        b'"port": 8e1',
        b'"port": 80, "x": "\\ud800"',
        b'"port": 80, "x": 01',
        b'"port": 80, "x": "a\x7fb"',
        b'"port": 80, "x": "a\tb"',
        b'"port": 80, "x": [1,]',
        b'"port": 80, "x": {"a":1,}',
        b'"port": 80, "x": 1.',
        b'"port": 80, "x": -',
        b'"port": 80, "x": tru',
        b'"port": 80, "x": [}',
        b'"port" 80',
        b'"port": 80, "http": {"title": "a"}, "http": {"title": "b"}',
        b'"port": 80, "http": null, "http": {"title": "b"}',
        b'"port": 80, "product": null, "product": "x"',
        b'"port": 80, "product": "x", "product": null',
        b'"port": 80, "http": {"title": "a"}, "http": {"server": "b"}',
        b'"port": 80, "http": {"title": "a"}, "http": null',
        b'"port": 80, "x": ' + b"9" * 100,
        b'"port": 80, "x": 1e999',
        b'"port": 80, "version": 1e999',
        b'"port": 80, "version": 1.10',
        b'"port": 80, "cpe": [["a"], 1e999]',
        b'"port": 80, "ipv6": [1], "http": {"redirects": [{"location": "/a/b"}]}',
        b'"port": 80 , \t"product" : "DS-2CD2032-I"  ',
        b'"port": 80, "x": "\\q"',
        b'"port": 80, "x": "\\u12g4"',
    ],
)
def test_unusual_json_gives_the_same(changed: bytes) -> None:
    same(
        [
            b'{"ip_str": "192.0.2.1", "timestamp": "2026-10-20T08:30:01", ' + changed + end
            for end in (b"}", b"} ", b"}x", b"")
        ]
    )


def test_what_several_parts_of_a_banner_show_gives_the_same() -> None:
    in_realm, in_title, in_name, in_upnp = (f"AC-CC-8E-01-02-{n:02}" for n in range(4))
    read, _ = same(
        [
            line(
                data=f'HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm="{realm}"\r\n\r\n<title>{title}</title>',
                title=named,
                ssl={"cert": {"subject": {"CN": name}}},
                upnp=upnp,
                mac=block,
                http=http,
                html=None,
            )
            for realm in ("r", in_realm)
            for title in ("t", in_title)
            for name in ("c", in_name)
            for named in (None, "T", in_upnp)
            for upnp in (None, {}, {"udn": in_upnp})
            for block in (None, {"AC:CC:8E:00:00:09": {}}, {"04:FF:FF:01:02:03": {}})
            for http in (None, {}, {"html": DESCRIPTION}, {"title": in_realm, "location": "/a/b"})
        ]
    )
    assert read > 200


DESCRIPTION = (
    "<root>urn:schemas-upnp-org:device<UDN>uuid:ACCC8E010299</UDN><serialNumber>ACCC8E010298</serialNumber></root>"
)


@pytest.mark.parametrize(
    "head",
    [
        rb"\u000aServer: a",
        rb"\u000dServer: a",
        rb"\u000a\u000aServer: a",
        rb"\nServer: a\u000db",
        rb"\nServer: a\u00e9b",
        rb"\n\n\r\nServer: a",
        rb"\n\nServer: a",
        rb"\r\n\r\nServer: a",
        rb"\r\nServer: a\rServer: b",
        rb"\nServer: a\\nServer: b",
        rb"\nX: \\\nServer: a",
        rb"\nServer:\ta\tb",
        rb"\nServer\t: a",
        rb"\nServer: a\n\tServer: b",
        rb"\nServer: \nServer: b",
        rb"\nX: " + b"y" * 16_400 + rb"\nServer: a",
        rb"\nSt: a\nServer: b",
        rb"\nUSN: a\nST: b\nServer: c",
        rb"\nLocation: /x/y.html\r\nServer: a",
        rb"\nLocation:\nLocation: /x/y",
        rb"\r\n\r\nTalverk DVR:\r\n  Version: 5\r\n",
        rb"\r\n\r\n  Talverk DVR:\r\n  Version: 5\r\n",
        rb"\r\n\r\n\u0054alverk DVR:\n  Version: 5\n",
        rb"\r\n\r\n{}",
        *(
            rb"\nWWW-Authenticate:" + challenge + rb"\nServer: a"
            for challenge in (
                rb" Digest realm=\"a b\", nonce=\"1\"",
                rb"Digest realm=\"a\", realm=\"b\"",
                rb" realm=\"a b\", x=\"c d\"",
                rb" Digest,realm=\"a b\" x",
                rb" Digest,realm=\"a\",x y",
                rb" Digest realm=a, realm=\"b\"",
                rb" Digest realm =\"a\" realm=\"b\"",
                rb" Digest realm=\"a\\\", x=\"b\"",
                rb" Digest realm=\"\", x",
                rb" Digest realm=\"a",
                rb" Digest xrealm=\"a\" b",
                rb"\tDigest\trealm=\"a b\" c",
                rb" Digest realm=\"" + b"y" * 513 + rb"\" realm=\"b\"",
                b" Basic",
                b"",
                rb" Digest realm=\"\u0022 b\" c",
                rb" Digest realm=b realm=\"c\"",
            )
        ),
    ],
)
@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK", b"RTSP/1.0 200 OK"])
@pytest.mark.parametrize(
    "page", [b"", b', "html": "<title>t</title>"', b', "http": {"html": "x"}', b', "http": {"location": "/b"}']
)
def test_any_head_gives_the_same(start: bytes, head: bytes, page: bytes) -> None:
    same(
        [
            b'{"ip_str": "192.0.2.1", "port": 80, "timestamp": "2026-10-20T08:30:01", "data": "'
            + start
            + head
            + b'"'
            + page
            + b"}"
        ]
    )


def test_what_was_decided_for_earlier_keys_is_forgotten_without_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intern, "KEYS", 64)
    monkeypatch.setattr(intern, "BYTES", 20_000)
    rows.all_groups.cache_clear()
    try:
        for first in range(0, 400, 40):
            same([line(product=f"p{n % 70}", html=f"<title>{n}</title>" * (n % 5)) for n in range(first, first + 40)])
        same([line(product=f"q{n}") for n in range(700)])
        same([line(html="x" * 90_000)])
    finally:
        rows.all_groups.cache_clear()


def test_keys_with_equal_hashes_have_two_numbers() -> None:
    arena = np.frombuffer(b"first key" + b"other key" + bytes(128), np.uint8)
    slots, hashes = np.full(8, -1), np.zeros(4, np.uint64)
    places, lengths, state = np.zeros(4, np.int64), np.zeros(4, np.int64), np.zeros(2, np.int64)
    seed = np.uint64(7)
    start = arena.ctypes.data
    known = seed, slots, hashes, places, lengths, start, state
    assert intern.number_of(start, 9, *known) == 0
    found = intern.hash_of(arena.ctypes.data + 9, 9, seed)
    slots[:], hashes[0] = 0, found  # as if the first had the hash of the other
    slots[(int(found) + 1) % 8] = -1
    assert intern.number_of(start + 9, 9, *known) == 1


def test_files_are_read_in_kernels_from_a_size_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_lines(tmp_path / "a.json", [banner(port=port) for port in range(1, 300)] + ["{", ""])
    called = []
    accept = rows.accept
    monkeypatch.setattr(rows, "accept", lambda *given: called.append(1) or accept(*given))
    written = []
    for worth in (1 << 40, 0):
        monkeypatch.setattr(records, "WORTH_KERNELS", worth)
        out = tmp_path / f"{worth}.parquet", tmp_path / f"{worth}.gz"
        result = ingest_file(path, *out, LATEST)
        assert (result.accepted, result.quarantined, result.blank) == (299, {"not_json": 1}, 1)
        written.append([one.read_bytes() for one in out])
        assert len(called) == (worth == 0)
    assert written[0] == written[1]


def test_the_demo_gives_the_same() -> None:
    for batch in ShodanFile(DEMO).batches():
        assert same(batch.lines)[0] > 0.9 * len(batch.lines)


@pytest.mark.parametrize("chunk", [64, 300, 4096])
def test_lines_of_a_file_that_are_more_than_their_bytes_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("camcensus.readers.lines.CHUNK", chunk)
    monkeypatch.setattr("camcensus.readers.lines.LONGEST", 2_000)
    usual = line(port=80)
    odd = [b"\xef\xbb\xbf" + usual, usual + b"\r", line(data="x" * 3_000), b"\x1e" + usual, b"", b"{", b" ", b"\r"]
    path = tmp_path / "odd.json"
    for last in (b"\n", b"", usual):
        path.write_bytes(b"\n".join([*odd, usual, *odd, usual, usual, *odd[:4]]) + last)
        read = [batch.lines for batch in ShodanFile(path).batches()]
        assert [one for batch in read for one in batch] == [batch[n] for batch in read for n in range(len(batch))]
        assert [same(batch) for batch in read]
    assert sum(map(len, read)) == 23


def test_kernels_are_used_only_where_they_were_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(compiling.VARIABLE, raising=False)
    monkeypatch.setattr(compiling.platform, "machine", lambda: "x86_64")
    assert compiling.why_plain() is None
    monkeypatch.setattr(compiling.platform, "machine", lambda: "arm64")
    assert compiling.why_plain() == "not tested on arm64; set CAMCENSUS_KERNELS=1 to use them"
    monkeypatch.setenv(compiling.VARIABLE, "1")
    assert compiling.why_plain() is None
    monkeypatch.setenv(compiling.VARIABLE, "0")
    assert compiling.why_plain() == "CAMCENSUS_KERNELS is 0"
    monkeypatch.setenv(compiling.VARIABLE, "1")
    monkeypatch.setattr(compiling, "_numba", lambda: None)
    assert "not installed" in str(compiling.why_plain())


def test_a_change_of_any_kernel_or_of_what_it_knows_has_another_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "camcensus"
    here = package / "ingest" / "kernels"
    here.mkdir(parents=True)
    (package / "readers").mkdir()
    files = [here / "memory.py", here / "scan.py", *(package / name for name in compiling.OTHERS)]
    for file in files:
        file.write_text("1")
    monkeypatch.setattr(compiling, "HERE", here)
    folders = set()
    for file in [*files, None]:
        folders.add(compiling.cache_folder.__wrapped__())
        if file:
            file.write_text("2")
    assert len(folders) == len(files) + 1
    assert all(folder.parent == here / "__pycache__" for folder in folders)
