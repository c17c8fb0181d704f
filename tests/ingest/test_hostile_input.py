"""Each kind of hostile input by its name: what becomes of it, through the whole of ingest; nothing is lost, and memory
and time have bounds."""

import gzip
import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard

from camcensus.ingest.records import Ingested
from tests.conftest import banner, ingest_file
from tests.shell import ROOT

GOOD = json.dumps(banner()).encode()
ACCEPTED = "accepted"


def ingested(folder: Path, name: str, content: bytes) -> tuple[Ingested, list[dict[str, Any]]]:
    """What becomes of a raw file; the rows."""
    path = folder / name
    path.write_bytes(content)
    result = ingest_file(path, folder / "o.parquet", folder / "q.gz")
    assert result.accepted + result.quarantined.total() + result.blank == result.lines
    rows: list[dict[str, Any]] = pq.read_table(folder / "o.parquet").to_pylist()
    return result, rows


def outcome(folder: Path, line: bytes) -> str:
    """What becomes of a line between two good ones."""
    result, rows = ingested(folder, "a.json", b"\n".join([GOOD, line, GOOD]) + b"\n")
    assert result.lines == 3
    assert [row["line"] for row in rows if row["line"] != 2] == [1, 3], "its neighbours are not touched"
    return ACCEPTED if len(rows) == 3 else next(iter(result.quarantined), "blank")


def changed(**fields: Any) -> bytes:
    """A banner with other fields, as JSON of Python's: NaN and lone surrogates are written as they are."""
    return json.dumps(banner(**fields)).encode()


LINES: dict[str, tuple[bytes, str]] = {
    "1,000-deep lists": (b"[" * 1000 + b"]" * 1000, "too_deep"),
    "1,000-deep objects in a field": (GOOD[:-1] + b', "x": ' + b'{"a":' * 1000 + b"1" + b"}" * 1001, "too_deep"),
    "lone surrogate": (changed(product="\ud800x"), ACCEPTED),
    "NaN in a field that is not read": (changed(uptime=float("nan")), "not_json"),
    "Infinity for a number": (changed(hash=float("inf")), "not_json"),
    "1e999": (GOOD.replace(b'"hash": -1443232221', b'"hash": 1e999'), ACCEPTED),
    "a key twice": (GOOD[:-1] + b', "port": 81}', ACCEPTED),
    "20-digit integer": (changed(hash=99999999999999999999), ACCEPTED),
    "20-digit port": (changed(port=99999999999999999999), "bad_port"),
    "NUL in a text": (changed(product="a\x00b"), ACCEPTED),
    "NUL for a line": (b"\x00\x00\x00", "not_json"),
    "latin-1": (changed(product="X").replace(b'"X"', b'"caf\xe9"'), "bad_encoding"),
    "half a line": (GOOD[: len(GOOD) // 2], "not_json"),
    "another JSON value": (b"[1, 2]", "not_object"),
    "two values": (GOOD + b" " + GOOD, "not_json"),
    "white space": (b" \t ", "blank"),
    "port 0": (changed(port=0), "bad_port"),
    "port -1": (changed(port=-1), "bad_port"),
    "port 65536": (changed(port=65536), "bad_port"),
    "port true": (changed(port=True), "bad_port"),
    "port 65535": (changed(port=65535), ACCEPTED),
    "date in year 1": (changed(timestamp="0001-01-01T00:00:00"), "too_early"),
    "date in year 9999": (changed(timestamp="9999-12-31T23:59:59.999999"), "too_late"),
    "date of no calendar": (changed(timestamp="2026-02-30T00:00:00"), "bad_timestamp"),
    "date as a number": (changed(timestamp=1792454400), "bad_timestamp"),
    "address with leading zeros": (changed(ip_str="081.127.163.014", ip=None), "bad_address"),
    "address v4-mapped": (changed(ip_str="::ffff:81.127.163.14", ip=None), ACCEPTED),
    "address private": (changed(ip_str="10.0.0.1", ip=None), ACCEPTED),
    "address multicast": (changed(ip_str="224.0.0.1", ip=None), ACCEPTED),
    "address with a zone": (changed(ip_str="fe80::1%eth0", ip=None), "bad_address"),
    "no address": (changed(ip_str=None, ip=None), "no_address"),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_f12_f15_f16_each_hostile_line(tmp_path: Path, name: str) -> None:
    line, expected = LINES[name]
    assert outcome(tmp_path, line) == expected


def test_f15_addresses_that_are_not_of_the_internet_are_in_no_country(tmp_path: Path) -> None:
    from camcensus.geolocate.database import open_locator

    for name in ("address private", "address multicast"):
        _, rows = ingested(tmp_path, "a.json", LINES[name][0] + b"\n")
        assert open_locator().countries([row["host"] for row in rows]) == ["ZZ"]
    _, rows = ingested(tmp_path, "a.json", LINES["address v4-mapped"][0] + b"\n")
    assert [(row["host"], row["ip_version"]) for row in rows] == [("81.127.163.14", 4)]


def test_f11_marks_ends_and_mixed_encodings(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + GOOD + b"\r\n" + GOOD + b"\r\n\r\n" + GOOD
    result, rows = ingested(tmp_path, "a.json", content)
    assert (result.accepted, result.blank, result.lines) == (3, 1, 4)
    assert [row["line"] for row in rows] == [1, 2, 4]
    wide, _ = ingested(tmp_path, "a.json", "\n".join([GOOD.decode()] * 3).encode("utf-16") + b"\n" + GOOD + b"\n")
    assert wide.accepted == 2, "a file of two encodings loses the lines of the other one alone"
    assert wide.quarantined.total() == wide.lines - 2


def peak_of(path: Path) -> tuple[int, float, dict[str, Any]]:
    """What ingesting a file in a process of its own takes: kB at most, CPU seconds; what came of it."""
    code = (
        "import json, resource, sys; from pathlib import Path; from tests.conftest import ingest_file\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "p = Path(sys.argv[1])\n"
        "r = ingest_file(p, p.parent / 'o.parquet', p.parent / 'q.gz')\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(json.dumps([used.ru_maxrss - before, used.ru_utime, r.tally(), r.damage]))"
    )
    done = subprocess.run([sys.executable, "-c", code, path], cwd=ROOT, capture_output=True, text=True, check=True)
    peak, seconds, tally, damage = json.loads(done.stdout)
    return peak, seconds, {**tally, "damage": damage}


@pytest.mark.slow
def test_f12_a_line_of_a_gigabyte_in_a_gzip_bomb_is_counted_and_not_held(tmp_path: Path) -> None:
    path = tmp_path / "bomb.json.gz"
    block = b"x" * (16 << 20)
    with gzip.open(path, "wb", compresslevel=6) as file:
        file.write(GOOD + b"\n")
        for _ in range(64):
            file.write(block)
        file.write(b"\n" + GOOD + b"\n")
    assert (1 << 30) / path.stat().st_size > 900, "no bomb: it unpacks to less than a thousand times its size"
    peak, _, told = peak_of(path)
    assert told == {"lines": 3, "accepted": 2, "telling": 2, "quarantined: too_long": 1, "damage": None}
    assert peak < 256 << 10, f"{peak >> 10} MB for a line of a gigabyte"


@pytest.mark.slow
def test_f12_a_bomb_of_many_lines_takes_no_memory(tmp_path: Path) -> None:
    packed = tmp_path / "few.json.gz"
    packed.write_bytes(gzip.compress(b"\n" * 1_000_000))
    peak, _, told = peak_of(packed)
    assert told == {"lines": 1_000_000, "accepted": 0, "blank": 1_000_000, "damage": None}
    assert packed.stat().st_size * 900 < 1_000_000
    assert peak < 128 << 10


@pytest.mark.slow
def test_f11_a_zstd_window_of_two_gigabytes_takes_what_is_in_it(tmp_path: Path) -> None:
    settings = zstandard.ZstdCompressionParameters(window_log=31, compression_level=1)
    path = tmp_path / "a.json.zst"
    path.write_bytes(_streamed(settings, GOOD + b"\n"))
    peak, _, told = peak_of(path)
    assert (told["accepted"], told["damage"]) == (1, None)
    assert peak < 512 << 10, f"{peak >> 10} MB for {len(GOOD)} bytes"


def _streamed(settings: zstandard.ZstdCompressionParameters, content: bytes) -> bytes:
    """A frame that does not say how long its content is, so that the whole window counts."""
    packer = zstandard.ZstdCompressor(compression_params=settings).compressobj()
    return packer.compress(content) + packer.flush()


def test_f11_a_window_that_no_machine_has_is_damage_and_no_crash(tmp_path: Path) -> None:
    frame = b"\x28\xb5\x2f\xfd" + b"\x00" + b"\xff" + b"\x01\x00\x00"  # the largest window there is, an empty block
    result, rows = ingested(tmp_path, "a.json.zst", frame)
    assert rows == []
    assert result.damage is not None


@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_f11_truncated_and_concatenated_members(tmp_path: Path, ending: str) -> None:
    pack = gzip.compress if ending == "gz" else zstandard.ZstdCompressor().compress
    member = pack(GOOD + b"\n")
    both, _ = ingested(tmp_path, f"a.json.{ending}", member + member)
    assert (both.accepted, both.damage) == (2, None)
    cut, _ = ingested(tmp_path, f"b.json.{ending}", member + member[:-6])
    assert cut.accepted >= 1
    assert cut.damage is not None


def test_this_process_stayed_small() -> None:
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2 << 20
