"""A published model is a closed name: the maker's series and listed suffixes."""

import re

import pytest

from camcensus.identify.catalogue import Catalogue
from camcensus.identify.models import is_closed, open_part, published, written

PATTERN = re.compile(r"\bKO-\d{4}[A-Z]?(?![A-Za-z0-9])", re.IGNORECASE)
SUFFIXES = ("I", "L2", "Mk II")


def name(text: str) -> tuple[str, str]:
    """Return the published model in a text, and the written one."""
    found = PATTERN.search(text)
    assert found
    return published(text, *found.span(), SUFFIXES), written(text, *found.span())


@pytest.mark.parametrize(
    ("text", "model", "raw"),
    [
        ("KO-2200D", "KO-2200D", "KO-2200D"),
        ("ko-2200d-i", "KO-2200D-I", "ko-2200d-i"),
        ("KO-2200/L2-I", "KO-2200/L2-I", "KO-2200/L2-I"),
        ("KO-2200D mk ii camera", "KO-2200D MK II", "KO-2200D"),
        ("KO-2200-MARIA-GOMEZ-12-HIGH-STREET", "KO-2200", "KO-2200-MARIA-GOMEZ-12-HIGH-STREET"),
        ("KO-2200-I-MARIA", "KO-2200-I", "KO-2200-I-MARIA"),
        ("KO-2200-IMARIA", "KO-2200", "KO-2200-IMARIA"),
        ("KO-2200D http://cam.example/", "KO-2200D", "KO-2200D"),
        ('KO-2200D"><script>', "KO-2200D", "KO-2200D"),
        ("KO-2200-I-I-I-I-I-I", "KO-2200-I-I-I-I", "KO-2200-I-I-I-I-I-I"),
    ],
)
def test_what_follows_is_published_only_if_listed(text: str, model: str, raw: str) -> None:
    assert name(text) == (model, raw)


def test_each_published_example_is_a_closed_name_of_its_maker(catalogue: Catalogue) -> None:
    for rule in catalogue.models:
        for example in rule.examples:
            name = published(example, *rule.span(example), rule.suffixes)
            assert is_closed(name, [rule]), (rule.id, name)
    ours = [rule for rule in catalogue.models if rule.manufacturer == "Hikvision"]
    assert not is_closed("MARIA-GOMEZ", ours)


@pytest.mark.parametrize(
    "pattern",
    [
        r"KO-\d{4}[A-Z]{0,4}",
        r"DS-2CD\d{4}[A-Z0-9]{0,4}-(?:I|IS)\d?",
        r"\bQ\d{4}(?:-[A-Z]{1,3})?\b",
        r"VB-?[CHMR]\d{2,3}",
    ],
)
def test_a_pattern_of_fixed_letters_and_bounded_digits_is_closed(pattern: str) -> None:
    assert open_part(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    [
        r"KO-\w+", r"KO-\d{4}[\w-]*", r"KO-.{3,9}", r"KO-[A-Z]{5}", r"KO-\d{4}(?:[A-Z]{2}){3}", r"KO-[^ ]{6}",
        r"KO-\d+", r"KO-(?:\d{9}-){5}",
    ],
)  # fmt: skip
def test_a_pattern_that_takes_an_owners_words_is_open(pattern: str) -> None:
    assert open_part(pattern)
