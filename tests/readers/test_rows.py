"""Rows of CSV: each line of a file belongs to exactly one row, whatever quotes are in it, in bounded memory."""

import csv
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import camcensus.readers.csv_rows
from camcensus.readers.banner import Rejected
from camcensus.readers.csv_rows import rows
from camcensus.readers.lines import Line, RawFile


def lines_of(text: bytes) -> list[Line]:
    parts = text.split(b"\n")
    return [Line(n, part, len(part)) for n, part in enumerate(parts if parts[-1] else parts[:-1], 1)]


def read(text: bytes, delimiter: str = ",") -> list[list[str] | str]:
    """The cells of each row, or the reason why it is none."""
    return [
        found.reason if isinstance(found, Rejected) else found for _, found in rows(iter(lines_of(text)), delimiter)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        (b"a,b\n1,2", [["a", "b"], ["1", "2"]]),
        (b'"x\ny","z"\n1,2\n', [["x\ny", "z"], ["1", "2"]]),
        (b'"a ""b""",c\n', [['a "b"', "c"]]),
        (b'"","",""\n', [["", "", ""]]),
        (b",\n", [["", ""]]),
        (b"\n  \n1\n", [[], [], ["1"]]),
        (b'5" disk,x\n', [['5" disk', "x"]]),
        (b"a\0b,\x1b[31m\n", [["a\0b", "\x1b[31m"]]),
        ("ü,日本\n".encode(), [["ü", "日本"]]),
        (b"\xff,b\n1,2\n", ["bad_encoding", ["1", "2"]]),
        (b'"a"b,c\n1,2\n', ["bad_row", ["1", "2"]]),
        (b"a\rb\n1\n", ["bad_row", ["1"]]),
        (b'1,"open\n2,x\n3,y\n', ["bad_row", ["2", "x"], ["3", "y"]]),
        (b'1,"open\n2,"y"\n\n3,z\n', ["bad_row", ["2", "y"], [], ["3", "z"]]),
        (b'1,"open\n2,"also open\n3,z\n', ["bad_row", "bad_row", ["3", "z"]]),
        (b"", []),
    ],
)
def test_rows_of_a_text(text: bytes, expected: list[list[str] | str]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize("delimiter", [";", "\t", "|", " "])
def test_other_delimiters(delimiter: str) -> None:
    assert read(f'a{delimiter}"b{delimiter},c"\n'.encode(), delimiter) == [["a", f"b{delimiter},c"]]


def test_a_row_has_the_bytes_and_the_first_line_of_what_it_was_read_from() -> None:
    found = [line for line, _ in rows(iter(lines_of(b'h\n"x\n\ny"\nz\n')), ",")]
    assert [(line.number, line.data, line.length) for line in found] == [
        (1, b"h", 1),
        (2, b'"x\n\ny"', 6),
        (5, b"z", 1),
    ]


def test_a_quote_that_is_not_closed_for_long_swallows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camcensus.readers.csv_rows, "LONGEST", 10_000)
    text = b'1,"open\n' + b"2,fine\n" * 5_000 + b'3,"in order\n"\n'
    found = read(text)
    assert (len(found), found[0], found.count(["2", "fine"]), found[-1]) == (
        5_002, "bad_row", 5_000, ["3", "in order\n"],
    )  # fmt: skip


def test_lines_that_are_not_held_whole_are_refused_alone() -> None:
    long = Line(2, b"x" * 10, 1000, "0" * 64)
    cut = Line(4, b'3,"x', 4, cut_short=True)
    lines = [Line(1, b'1,"open', 7), long, Line(3, b"2,y", 3), cut]
    assert [found.reason if isinstance(found, Rejected) else found for _, found in rows(iter(lines), ",")] == [
        "bad_row", "too_long", ["2", "y"], "cut_short",
    ]  # fmt: skip


@pytest.mark.slow
def test_memory_is_bounded_whatever_is_not_closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An open quote before 250 kB of empty lines, of short lines, and of one long line, with 32 kB allowed a row."""
    monkeypatch.setattr(camcensus.readers.csv_rows, "LONGEST", 32 << 10)
    monkeypatch.setattr(camcensus.readers.lines, "LONGEST", 32 << 10)
    monkeypatch.setattr(camcensus.readers.lines, "CHUNK", 32 << 10)
    for filling in (b"\n", b'a","\n', b"x" * 99 + b"\n", b"x"):
        path = tmp_path / "a.csv"
        path.write_bytes(b'"' + filling * (250_000 // len(filling)))
        tracemalloc.start()
        list_length = sum(1 for _ in rows(RawFile(path).lines(), ","))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert list_length >= 1
        assert peak < 3 << 19, f"{filling[:5]!r}: {peak:,} bytes"


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=12) | st.sampled_from(['"', "\n", '","'])


@settings(max_examples=150)
@given(table=st.lists(st.lists(CELL, min_size=2, max_size=4), max_size=8))
def test_what_the_csv_module_wrote_is_read_again(table: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(table)
    assert read(written.getvalue().encode()) == table


BYTES = st.lists(st.sampled_from([b'"', b",", b"\n", b'""', b'","', b"a", b"\xff", b" ", b"\r", b"\0"]), max_size=40)


@settings(max_examples=300)
@given(pieces=BYTES, longest=st.sampled_from([300, 600, 1 << 20]))
def test_every_line_is_in_exactly_one_row(pieces: list[bytes], longest: int) -> None:
    lines = lines_of(b"".join(pieces))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(camcensus.readers.csv_rows, "LONGEST", longest)
        found = list(rows(iter(lines), ","))
    assert b"\n".join(line.data for line, _ in found) == b"\n".join(line.data for line in lines)
    numbers = [line.number for line, _ in found]
    assert numbers == sorted(set(numbers))


def test_who_stops_at_the_header_has_read_one_line() -> None:
    lines = iter(lines_of(b"a,b\n1,2\n"))
    next(rows(lines, ","))
    assert next(lines).data == b"1,2"
