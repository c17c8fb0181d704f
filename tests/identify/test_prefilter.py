"""The cheap question before a pattern is run: never a wrong no."""

import pickle
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.entries import FLAGS, Model, Signature
from camcensus.identify.prefilter import Screen, re2_pattern, words_of

CATALOGUE = load_catalogue(Path(__file__).parents[2] / "queries")
RULES = [*CATALOGUE.signatures, *CATALOGUE.models]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"^App-webs/", [("app-webs/",)]),
        (r"\bDS-2CD\d+", [("ds-2cd",)]),
        (r"^(?:Alpha|Beta)\b", [("alpha", "beta")]),
        (r"(?:Alpha|\d+)", []),
        (r"(?:Alpha)?Beta", [("beta",)]),
        (r"(?:Alpha)+", [("alpha",)]),
        (r"(?P<model>GXV\d)", [("gxv",)]),
        (r"[AB]x", []),
        (r"(?<=AXIS )\d+", []),
        (r"(?!AXIS)Q\d", []),
        # Short words promise little, so all of them must be there; beside a long one they are not asked for.
        (r"44([:-]?)19\1B6x", [("b6x",), ("44",), ("19",)]),
        (r"(?:NVR|DVR)\d+x\d+OS", [("nvr", "dvr"), ("os",)]),
        (r"DS-2CD\d+-os", [("ds-2cd",)]),
        # A tag that every page has says nothing.
        (r"<meta [^>]{0,80}\bWVC\d", [("wvc",), ("<meta ",)]),
    ],
)
def test_words_of(pattern: str, words: list[tuple[str, ...]]) -> None:
    assert list(words_of(re.compile(pattern, FLAGS))) == words


@pytest.mark.slow
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_a_text_that_matches_is_always_a_candidate(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(RULES))
    text = data.draw(st.from_regex(rule.regex))
    assert rule in Screen([rule]).candidates(text), text


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_the_quick_pattern_finds_every_text_that_matches(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(RULES))
    text = data.draw(st.from_regex(rule.regex)).encode("utf-8", "replace").decode()
    found = [pc.match_substring_regex(pa.array([text]), quick, ignore_case=True)[0].as_py() for quick in quicks(rule)]
    assert all(found) or not rule.regex.search(text), text


def quicks(rule: Signature | Model) -> list[str]:
    """Both ways in which a rule comes into a quick pattern."""
    return [Screen([rule]).quick, re2_pattern(rule.regex)]


def test_a_quick_pattern_leaves_out_what_none_of_its_rules_finds() -> None:
    quick = Screen([rule for rule in CATALOGUE.signatures if rule.column == "http_html"]).quick
    pages = pa.array(['<html><meta name="x" content="44, 19, b6"></html>', "44:19:B6:7A:2C:D9", '<meta name="WVC54G">'])
    assert pc.match_substring_regex(pages, quick, ignore_case=True).to_pylist() == [False, True, True]


def test_candidates_keep_their_order_and_leave_out_the_impossible() -> None:
    screen = Screen(RULES)
    candidates = screen.candidates("Server of DS-2CD2032-I by AXIS")
    assert [rule.id for rule in candidates] == [r.id for r in RULES if r in candidates]
    assert "hikvision.model.ds-2cd" in [rule.id for rule in candidates]
    assert len(candidates) < len(RULES) / 4
    # As another process is sent it.
    assert [rule.id for rule in pickle.loads(pickle.dumps(screen)).candidates("by AXIS")] == [
        rule.id for rule in screen.candidates("by AXIS")
    ]


def test_letters_that_only_unicode_takes_for_ascii_do_not_match() -> None:
    # The Kelvin sign lower-cases to k; a pattern must not match what the screen has to foresee by Unicode's rules.
    assert not re.compile("hik", FLAGS).search("hi\u212a")
