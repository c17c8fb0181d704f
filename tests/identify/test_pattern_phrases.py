"""The phrases of a pattern are complete words, and each text that matches contains those of one alternative."""

import re

import pytest

from camcensus.core.query import words
from camcensus.identify.catalogue import Catalogue
from camcensus.identify.pattern_phrases import START, alternatives


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("^KestrelCam/", [(f"{START}KestrelCam/",)]),
        (r"\bKestrel Cam\b", [("Kestrel Cam",)]),
        (r"^KO-\d{4}$", [(f"{START}KO-",)]),
        (r"^KO\d{4}$", []),
        (r"^Kestrel (?P<model>KO-\d+) Network Camera$", [(f"{START}Kestrel KO-", "Network Camera")]),
        (r"^(?:KO|RS)-Web[ _]?Server", [
            (f"{START}KO-WebServer",), (f"{START}KO-Web Server",),
            (f"{START}RS-WebServer",), (f"{START}RS-Web Server",),
        ]),
        (r"Kestrel.*Camera", [("Kestrel", "Camera")]),
        (r"xKestrel\w*", []),
        (r"Kestrel(?![a-z0-9])", [("Kestrel",)]),
        (r"(?:^|\W)Kestrel(?:[^a-z0-9]|$)", [(f"{START}Kestrel",), ("Kestrel",)]),
        (r"(?:[a-e]x|[f-k]y){3}", []),
    ],
)  # fmt: skip
def test_phrases(pattern: str, expected: list[tuple[str, ...]]) -> None:
    assert list(alternatives(pattern)) == expected


def test_a_pattern_that_may_go_on_loses_its_last_word() -> None:
    assert alternatives("^Kestrel Cam", is_strict=True) == ((f"{START}Kestrel",),)
    assert alternatives("^Kestrel Cam$", is_strict=True) == ((f"{START}Kestrel Cam",),)
    assert alternatives("^Kestrel", is_strict=True) == ()


def test_words_that_touch_any_text_may_go_on_too() -> None:
    assert alternatives('^Kestrel [^"]*Camera$', is_strict=True) == ((f"{START}Kestrel",),)
    assert alternatives('^Kestrel [^"]*Camera$') == ((f"{START}Kestrel", "Camera"),)


def test_too_many_alternatives_are_none() -> None:
    assert alternatives("(?:a|b|c)(?:a|b|c)(?:a|b|c)(?:a|b|c) x") == ()


def test_every_example_of_the_catalogue_contains_the_phrases_of_an_alternative(catalogue: Catalogue) -> None:
    for signature in catalogue.signatures:
        options = alternatives(signature.pattern, is_strict=True)
        for example in signature.examples if options else ():
            found = " ".join(words(example))
            assert any(all(_has(found, phrase) for phrase in option) for option in options), (signature.id, example)


def _has(text: str, phrase: str) -> bool:
    return re.search(rf"(?:^| ){re.escape(' '.join(words(phrase)))}(?: |$)", text) is not None
