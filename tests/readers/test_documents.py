"""Files that are not one value per line: which they are, and that every value in them is found."""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import camcensus.readers.documents
import camcensus.readers.lines
from camcensus.readers.documents import start_of, values
from camcensus.readers.lines import BOM, Line, RawFile

OBJECTS = st.lists(
    st.dictionaries(
        st.sampled_from(["ip", "a\\", '"', "{", "matches"]),
        st.none() | st.integers() | st.text('ab"\\{}[],:\n\u00e9\x1e', max_size=6) | st.just([]) | st.just({"x": [{}]}),
        max_size=3,
    ),
    max_size=5,
)
FORMS: dict[str, Callable[[list[Any]], str]] = {
    "array": json.dumps,
    "pretty array": lambda found: json.dumps(found, indent=2),
    "an element per line": lambda found: "[\n" + ",\n".join(map(json.dumps, found)) + "\n]\n",
    "no brackets": lambda found: ",\n".join(json.dumps(v, ensure_ascii=False) for v in found),
    "in a row": lambda found: "".join(map(json.dumps, found)),
    "pretty, in a row": lambda found: "\n".join(json.dumps(v, indent="\t") for v in found),
    "carriage returns": lambda found: "\r".join(map(json.dumps, found)),
    "text sequence": lambda found: "".join(f"\x1e{json.dumps(v, indent=1)}\n" for v in found),
}


def found_in(folder: Path, content: bytes) -> tuple[list[Line], RawFile]:
    path = folder / "a.json"
    path.write_bytes(content)
    raw = RawFile(path)
    return list(values(raw)), raw


@given(found=OBJECTS, form=st.sampled_from(sorted(FORMS)), chunk=st.integers(1, 40), mark=st.booleans())
def test_every_value_is_found_whatever_is_around_it(found: list[Any], form: str, chunk: int, mark: bool) -> None:
    content = BOM * mark + FORMS[form](found).encode()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(camcensus.readers.lines, "CHUNK", chunk)
        lines, raw = found_in(Path(folder), content)
    assert [json.loads(line.data) for line in lines] == found
    assert raw.damage is None
    text = content.split(b"\n")
    assert all(line.data[:2] in text[line.number - 1] for line in lines if b"\n" not in line.data[:2])


@given(content=st.lists(st.sampled_from([b"{", b"}", b"[", b"]", b'"', b"\\", b",", b"\n", b"x", BOM]), max_size=40))
def test_whatever_is_in_a_file_only_brackets_and_separators_are_left_out(content: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines, _ = found_in(Path(folder), b"".join(content))
    kept = b"".join(line.data for line in lines)
    left_out = b"".join(content)
    for mark in (b"[", b"]", b",", b"\n", *(bytes([byte]) for byte in BOM)):
        kept, left_out = kept.replace(mark, b""), left_out.replace(mark, b"")
    assert kept == left_out


def test_a_file_that_ends_within_a_value_is_damaged(tmp_path: Path) -> None:
    (first, last), raw = found_in(tmp_path, b'[\n{"a": 1},\n{"a": 2, "b": "')
    assert (first.fault, last.fault, last.number) == (None, "cut_short", 3)
    assert raw.damage == "a.json ends within the record that begins on line 3"


def test_a_value_longer_than_the_longest_is_hashed_and_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camcensus.readers.documents, "DOCUMENT", 100)
    monkeypatch.setattr(camcensus.readers.lines, "CHUNK", 16)
    lines, _ = found_in(tmp_path, json.dumps([{"a": 1}, {"b": "x" * 200}, {"c": 2}], indent=1).encode())
    assert [line.fault for line in lines] == [None, "too_long", None]
    assert (len(lines[1].data), lines[1].length) == (100, 214)


@pytest.mark.slow
@pytest.mark.parametrize(
    "content", [b'{"a": "' + b"\\" * 3_000_000, b"{" * 3_000_000, b'["' * 1_500_000, b"x" * 3_000_000]
)
def test_hostile_text_takes_no_longer_than_its_length_demands(tmp_path: Path, content: bytes) -> None:
    before = time.process_time()
    found_in(tmp_path, content)
    assert time.process_time() - before < 10


@pytest.mark.parametrize(
    ("content", "has_lines", "first"),
    [
        (b"", True, None),
        (b"\n \n", True, None),
        (b"no JSON\nat all\n", True, None),
        (b'{"a": 1}\n{"a": 2}\n', True, {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}\n', True, {"a": 1}),
        (b'{"a": 1, "b": "cut\n{"a": 2}\n', True, {"a": 2}),  # the first line is broken, the others are not
        (b'{"a": 1,\n{"a": 2}\n{"a": 3}\n', True, {"a": 2}),
        (b'[{"a": 1}]\n', True, [{"a": 1}]),
        (b'{"a": [\n{"b": 1},\n{"b": 2}\n]}', False, {"b": 2}),
        (b'[\n{"a": 1},\n{"a": 2}\n]\n', False, {"a": 2}),
        (b'{\n "a": 1\n}\n', False, None),
        (b'{"a": 1}{"a": 2}', False, None),
        (b'{"a": 1},\n{"a": 2},\n', False, None),
    ],
)
def test_the_start_decides_whether_each_line_is_a_value(
    tmp_path: Path, content: bytes, has_lines: bool, first: object
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    assert start_of(RawFile(path)) == (has_lines, first)


def test_only_the_start_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{"a": 1}\n' * 1_000_000)
    read: list[int] = []
    raw = RawFile(path)
    chunks = raw.chunks

    def counted(on_bytes: Callable[[int], None] = lambda _: None) -> Any:
        for chunk in chunks(on_bytes):
            read.append(len(chunk))
            yield chunk

    raw.chunks = counted  # type: ignore[method-assign]  # a spy
    start_of(raw)
    assert sum(read) < 1 << 20
