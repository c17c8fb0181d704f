"""Many pages at once are kept as each alone is: the quick way is held to the slow one."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camcensus.ingest import privacy
from camcensus.ingest.pages import START, clean_pages
from camcensus.ingest.text import PAGE, cut

PIECES = st.sampled_from([
    "<p>", "a", " ", "\n", "\t", "\r\n", "\x00", "\x1f", "\x7f", "\x85", "\xa0", "\u2003", "\u3000", "\u202e", "\u200b",
    "\ufeff", "é", "中", "😀", "\U000e0041", 'deviceName = "joe"', "a@b.c", " " * 70, "x" * 900, "é" * 1200,
    "中\n" * 500,
])  # fmt: skip
STARTS = st.lists(PIECES, max_size=8).map("".join).map(lambda text: text[:START] or None)


def cleaned(start: str) -> str | None:
    """What is kept of one page."""
    return cut(privacy.start_of(start, PAGE), PAGE)


@pytest.mark.slow
@given(starts=st.lists(st.none() | STARTS, max_size=6))
def test_many_pages_are_kept_as_each_alone(starts: list[str | None]) -> None:
    assert clean_pages(starts).to_pylist() == [None if start is None else cleaned(start) for start in starts]


@pytest.mark.slow
def test_each_character_is_kept_or_removed_as_alone() -> None:
    """At both ends and inside. Planes 4 to 13 have no characters, the last two are for private use: of those a few."""
    codes = [*range(0xD800), *range(0xE000, 0x40000), *range(0x40000, 0xE0000, 509), *range(0xE0000, 0xF0000)]
    letters = map(chr, [*codes, *range(0xF0000, sys.maxunicode + 1, 509), sys.maxunicode])
    starts = [f"{letter}x{letter}x{letter}" for letter in letters]
    assert clean_pages(starts).to_pylist() == [cleaned(start) for start in starts]


def test_a_page_that_is_too_long_is_cut_after_the_spaces_that_it_begins_with() -> None:
    (kept,) = clean_pages(["\n" * 60 + "y" * START]).to_pylist()
    assert kept == "y" * PAGE


@pytest.mark.parametrize("before", ["\n" * 512, 'var deviceName = "' + "x" * 600 + '";', "y"])
def test_what_is_personal_and_cut_in_two_is_not_kept(before: str) -> None:
    page = before + "z" * (START - len(before) - 17) + " john.smith@mailhost.example"
    (kept,) = clean_pages([page[:START]]).to_pylist()
    assert "z" * 1000 in kept
    assert "john" not in kept
    assert "x" not in kept


def test_no_page_is_null() -> None:
    assert clean_pages([None, "\n \t", "x"]).to_pylist() == [None, None, "x"]
    assert clean_pages([]).to_pylist() == []
