"""Lines are the same whatever the compression and the size of the pieces read; a stream that breaks off says so."""

import gzip
import hashlib
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

import camcensus.readers.lines
from camcensus.core.errors import InputError
from camcensus.readers.encodings import ENCODINGS
from camcensus.readers.lines import BOM, Line, RawFile, repairs_text

ZST = zstandard.ZstdCompressor().compress
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".json": bytes,
    ".jsonl": bytes,
    ".json.gz": gzip.compress,
    ".jsonl.GZ": gzip.compress,
    ".json.zst": ZST,
}
MANY = [b'{"n": %d, "text": "%s"}' % (n, hashlib.sha256(bytes([n % 251])).hexdigest().encode()) for n in range(20_000)]
TEXT = b"\n".join(MANY) + b"\n"


def read(path: Path, content: bytes) -> tuple[list[Line], RawFile]:
    path.write_bytes(content)
    raw = RawFile(path)
    return list(raw.lines()), raw


def data_of(lines: list[Line]) -> list[bytes]:
    return [line.data for line in lines]


@pytest.mark.parametrize("ending", PACKERS)
def test_every_kind_gives_the_same_lines(tmp_path: Path, ending: str) -> None:
    lines, raw = read(tmp_path / f"a{ending}", PACKERS[ending](TEXT))
    assert data_of(lines) == MANY
    assert [line.number for line in lines] == list(range(1, len(MANY) + 1))
    assert raw.damage is None
    assert not any(line.cut_short or line.too_long for line in lines)


@pytest.mark.parametrize("ending", [".json.gz", ".json.zst"])
def test_members_one_after_the_other_are_one_stream(tmp_path: Path, ending: str) -> None:
    pack = PACKERS[ending]
    lines, raw = read(tmp_path / f"a{ending}", pack(b"a\nb") + pack(b"") + pack(b"c\nd\n"))
    assert data_of(lines) == [b"a", b"bc", b"d"]
    assert raw.damage is None


def test_padding_after_a_gzip_member_is_no_damage(tmp_path: Path) -> None:
    lines, raw = read(tmp_path / "a.json.gz", gzip.compress(b"a\n") + bytes(600) + gzip.compress(b"b\n") + bytes(9000))
    assert data_of(lines) == [b"a", b"b"]
    assert raw.damage is None


def test_a_skippable_zstd_frame_is_skipped(tmp_path: Path) -> None:
    skippable = (0x184D2A50).to_bytes(4, "little") + (5).to_bytes(4, "little") + b"hello"
    lines, raw = read(tmp_path / "a.json.zst", skippable + ZST(b"a\n"))
    assert (data_of(lines), raw.damage) == ([b"a"], None)


@pytest.mark.parametrize("ending", [".json.gz", ".json.zst"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.999])
def test_f11_all_lines_before_the_break_are_given(tmp_path: Path, ending: str, share: float) -> None:
    packed = PACKERS[ending](TEXT)
    lines, raw = read(tmp_path / f"a{ending}", packed[: int(len(packed) * share)])
    assert raw.damage is not None
    assert raw.damage.startswith(f"a{ending} breaks off near byte {int(len(packed) * share)}")
    whole = [line.data for line in lines if not line.cut_short]
    assert whole == MANY[: len(whole)]
    assert len(whole) > len(MANY) * (share - 0.3), "a piece that was decompressed already was thrown away"
    assert [line.cut_short for line in lines[:-1]] == [False] * (len(lines) - 1)


@pytest.mark.parametrize("ending", [".json.gz", ".json.zst"])
@pytest.mark.parametrize("cut", [1, 2, 6])
def test_f11_a_second_member_cut_at_its_start_is_damage(tmp_path: Path, ending: str, cut: int) -> None:
    pack = PACKERS[ending]
    lines, raw = read(tmp_path / f"a{ending}", pack(TEXT) + pack(TEXT)[:cut])
    assert data_of(lines) == MANY
    assert raw.damage is not None


@pytest.mark.parametrize("ending", [".json.gz", ".json.zst"])
@pytest.mark.parametrize("tail", [b"not compressed at all", b"\n{}\n"])
def test_what_follows_a_member_and_is_none_is_damage(tmp_path: Path, ending: str, tail: bytes) -> None:
    lines, raw = read(tmp_path / f"a{ending}", PACKERS[ending](b"a\nb\n") + tail)
    assert data_of(lines) == [b"a", b"b"]
    assert raw.damage is not None


@pytest.mark.parametrize("ending", [".json.gz", ".json.zst"])
def test_a_wrong_checksum_is_damage(tmp_path: Path, ending: str) -> None:
    packed = bytearray(
        gzip.compress(TEXT) if ending.endswith("gz") else zstandard.ZstdCompressor(write_checksum=True).compress(TEXT)
    )
    packed[-6 if ending.endswith("gz") else -1] ^= 1
    _, raw = read(tmp_path / f"a{ending}", bytes(packed))
    assert raw.damage is not None


@pytest.mark.parametrize("ending", PACKERS)
def test_an_empty_file_has_no_lines(tmp_path: Path, ending: str) -> None:
    for content in (b"", PACKERS[ending](b"")):
        lines, raw = read(tmp_path / f"a{ending}", content)
        assert (lines, raw.damage) == ([], None)


def test_byte_order_mark_carriage_returns_and_a_last_line_without_end(tmp_path: Path) -> None:
    lines, _ = read(tmp_path / "a.json", BOM + b"a\r\n\r\n\n b\rb \r\nlast\r")
    assert data_of(lines) == [b"a", b"", b"", b" b\rb ", b"last"]
    assert [line.length for line in lines] == [1, 0, 0, 5, 4]


def test_marks_before_a_line_are_removed_and_counted(tmp_path: Path) -> None:
    lines, raw = read(tmp_path / "a.json", BOM + b"a\n" + BOM + b"b\n\x1ec\n\x1e" + BOM + b"d\ne\x1e" + BOM + b"\n")
    assert data_of(lines) == [b"a", b"b", b"c", b"d", b"e\x1e" + BOM]
    assert raw.repairs == {"byte_order_mark": 2, "record_separator": 2}, "the file's own mark needs no repair"
    assert repairs_text(raw.repairs) == ("2 lines began with a byte order mark, 2 lines began with a record separator")
    _, raw = read(tmp_path / "a.json", BOM + BOM + b"a\n" + MANY[0])
    assert repairs_text(raw.repairs) == "1 line began with a byte order mark"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("ending", [".json", ".json.gz"])
def test_other_encodings_are_known_by_their_mark(
    tmp_path: Path, encoding: str, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camcensus.readers.lines, "CHUNK", 7)
    monkeypatch.setattr(camcensus.readers.lines, "FED", {".gz": 5, ".zst": 5})
    mark = "" if encoding in ("utf-16", "utf-32") else "\ufeff"
    lines, raw = read(tmp_path / f"a{ending}", PACKERS[ending]((mark + "é\n𝄞b\r\nc").encode(encoding)))
    assert data_of(lines) == ["é".encode(), "𝄞b".encode(), b"c"]
    assert raw.repairs == {f"utf_{encoding[4:6]}": 1}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_that_a_mapping_may_name_is_read(tmp_path: Path, encoding: str) -> None:
    text = next(t for t in ("摄像机\nb", "камера\nb", "카메라\nb", "カメラ\nb", "é\nb") if _can(t, encoding))
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    raw = RawFile(path, encoding)
    assert b"\n".join(data_of(list(raw.lines()))).decode() == text
    assert not raw.repairs, "what a mapping says needs no repair"


def _can(text: str, encoding: str) -> bool:
    try:
        return bool(text.encode(encoding))
    except UnicodeEncodeError:
        return False


def test_bytes_of_another_encoding_spoil_their_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("摄\n".encode("gb18030") + b"x\xffy\n" + "像\n".encode("gb18030"))
    first, second, third = (line.data for line in RawFile(path, "gb18030").lines())
    assert (first.decode(), third.decode()) == ("摄", "像")
    with pytest.raises(UnicodeDecodeError):
        second.decode()


def test_a_mark_of_utf8_is_believed_and_not_the_mapping(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(BOM + "摄".encode())
    assert data_of(list(RawFile(path, "gb18030").lines())) == ["摄".encode()]


def test_a_line_longer_than_the_longest_is_hashed_and_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camcensus.readers.lines, "LONGEST", 100)
    long = bytes(range(32, 132)) * 7
    for chunk in (1, 64, 4096):
        monkeypatch.setattr(camcensus.readers.lines, "CHUNK", chunk)
        lines, _ = read(tmp_path / "a.json", b"x" * 100 + b"\n" + long + b"\n" + b"y" * 101 + b"\nz\n")
        assert [line.too_long for line in lines] == [False, True, True, False]
        assert (lines[1].data, lines[1].length) == (long[:100], 700)
        assert lines[1].sha256 == hashlib.sha256(long).hexdigest()
        assert data_of(lines)[3] == b"z"


PIECES = st.lists(
    st.sampled_from([b"a", b"\n", b"\r", b"\r\n", BOM, b"\xef", b"\x1e", b"0123456789", b"\0"]), max_size=30
)


@given(pieces=PIECES, chunk=st.integers(1, 12), fed=st.integers(1, 9), longest=st.integers(3, 40))
def test_the_size_of_the_pieces_read_changes_nothing(pieces: list[bytes], chunk: int, fed: int, longest: int) -> None:
    content = b"".join(pieces)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(camcensus.readers.lines, "LONGEST", longest)
        once, _ = read(Path(folder) / "a.json", content)
        patch.setattr(camcensus.readers.lines, "CHUNK", chunk)
        patch.setattr(camcensus.readers.lines, "FED", {".gz": fed, ".zst": fed})
        for ending in (".json", ".json.gz", ".json.zst"):
            again, raw = read(Path(folder) / f"a{ending}", PACKERS[ending](content))
            assert again == once
            assert raw.damage is None


@given(pieces=PIECES)
def test_lines_and_their_ends_make_up_the_file(pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    with tempfile.TemporaryDirectory() as folder:
        lines, _ = read(Path(folder) / "a.json", content)
    parts = content.split(b"\n")
    expected = parts if parts[-1] else parts[:-1]
    unmarked = [re.sub(b"^(" + BOM + b"|\x1e)+", b"", part) for part in expected]
    assert data_of(lines) == [part.removesuffix(b"\r") for part in unmarked]


def test_progress_ends_with_the_size_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(TEXT))
    told: list[int] = []
    list(RawFile(path).lines(told.append))
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.txt: is of an unknown kind; names of raw files end in \.json,"):
        read(tmp_path / "a.txt", b"")
