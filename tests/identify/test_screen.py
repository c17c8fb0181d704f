"""All patterns of a column in one pass: the set finds what each pattern finds alone, and no text makes it slow."""

import pickle
import random
import time
from pathlib import Path

import pytest

from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.entries import Model, Signature
from camcensus.identify.screen import Screen

CATALOGUE = load_catalogue(Path(__file__).parents[2] / "queries")
RULES: list[Signature | Model] = [*CATALOGUE.signatures, *CATALOGUE.models]
HOSTILE = ("a", "0", "-", " ", "<meta ", "DS-", "\n", "中", "AXIS ", "camera", "version ")


def matching_alone(text: str) -> list[str]:
    """Return the ids of the rules whose own pattern matches a text."""
    return [rule.id for rule in RULES if rule.regex.search(text)]


@pytest.fixture(scope="module")
def screen() -> Screen[Signature | Model]:
    """All rules at once, which is more than any column has."""
    return Screen(RULES)


@pytest.mark.slow
def test_a_set_finds_what_each_pattern_finds(screen: Screen[Signature | Model]) -> None:
    chance = random.Random(1)
    examples = [example for rule in RULES for example in rule.examples]
    texts = [*examples[::7], "", " ", "\x00", *(" ".join(chance.sample(examples, 5)) for _ in range(40))]
    for text in texts:
        assert [rule.id for rule in screen.matching(text)] == matching_alone(text), text


@pytest.mark.slow
def test_a_rule_finds_each_of_its_examples_in_a_set(screen: Screen[Signature | Model]) -> None:
    for rule in RULES:
        for example in rule.examples:
            assert rule.id in {found.id for found in screen.matching(example)}


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_makes_it_slow(screen: Screen[Signature | Model], piece: str) -> None:
    text = piece * (65_536 // len(piece))
    began = time.process_time()
    assert [rule.id for rule in screen.matching(text)] == matching_alone(text)
    assert time.process_time() - began < 60  # a pattern that backtracks takes years


def test_another_process_gets_the_same_screen(screen: Screen[Signature | Model]) -> None:
    text = "Server of DS-2CD2032-I by AXIS"
    sent = pickle.loads(pickle.dumps(screen))
    assert [rule.id for rule in sent.matching(text)] == [rule.id for rule in screen.matching(text)] != []


def test_an_empty_screen_matches_nothing() -> None:
    assert Screen[Signature]([]).matching("AXIS") == []
