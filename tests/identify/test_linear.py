"""A pattern that a text could make run long is refused, with file, line and id."""

import re
import time
from pathlib import Path

import pytest

from camcensus.core.errors import CatalogueError
from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.entries import FLAGS
from camcensus.identify.linear import LONGEST, why_slow
from tests.identify.test_catalogue import MAKER

ROUNDS = (
    r"^(a+)+$", r"(\w+\s?)*x", r"(?:a|ab)*c", r"(?:a|a)*c", r"(x+x+)+y", r"(?:\w{1,12}){1,12}x", r"(?:a?){30}b",
    r"(?:\s*\w+\s*)*z", r"(?:a*)*b", r"(?:fo|foo)+x",
    r"(?:(?:cam|camera|era))+x", r"(?i:(?:A+a)+)b", r"(?=(?:a+)+b)a", r"(?:(?:a+,?)+;)+x",
    r"(?:[^b]|\d)*c", r"(?:é+ü?)+x", r"(?:(?:a\w+);?)*x", r"(?:(xy?[xy]))*z",
)  # fmt: skip
POWERS = (
    r".*a.*b", r"foo.*bar.*baz", r"\w*\w*x", r"\s*.*\s*x", r"\b\w+-?\w+-?\w+x", r"[\s\S]{0,4000}[\s\S]{0,4000}x",
    r"\w*(?!.*x)", r"(?:a.*|b.*)c.*d", r"\w+?\w+?\w+?$",
)  # fmt: skip
FINE = (
    r"^.*a.*b", r"(?:-\w+)*x", r"(?:[^\r\n]+\r\n)*x", r"(?:\w+ ){0,3}x", r"(?:\d{1,3}\.){3}", r"^(?!.*camera).*router",
    r"(?:\w+\.)+com", r"(?:foo|bar)+x",
    r"^(?:(?:video|view|camera|cloud) )+x", r"\bSynology(?:\s|&nbsp;)*NAS", r"^\s*+\w++\s*x", r"(?>a+)b",
    r"([:-]?)1\1x\w*",
    r"<title>[\s\S]{0,80}</title>[\s\S]{0,400}x", r"KO-\d{4}\w*(?:-\w+)*",
)  # fmt: skip


@pytest.mark.parametrize("pattern", ROUNDS)
def test_a_repeat_that_divides_a_text_in_several_ways_is_refused(pattern: str) -> None:
    reason = why_slow(re.compile(pattern, FLAGS))
    assert reason is not None
    assert "divide one text" in reason


@pytest.mark.parametrize("pattern", POWERS)
def test_repeats_that_share_a_text_out_are_refused(pattern: str) -> None:
    reason = why_slow(re.compile(pattern, FLAGS))
    assert reason is not None
    assert re.search(r"up to \de\+\d\d steps", reason)


@pytest.mark.parametrize("pattern", FINE)
def test_what_runs_in_bounded_time_is_accepted_and_is_quick(pattern: str) -> None:
    compiled = re.compile(pattern, FLAGS)
    assert why_slow(compiled) is None
    for piece in ("a", " ", "-a", "a.", "1", "foo", "KO-1", "<title>", "Synology&nbsp;", "a\r\n", "router "):
        start = time.process_time()
        compiled.search((piece * LONGEST)[:LONGEST])
        assert time.process_time() - start < 2, piece


def test_what_is_refused_is_slow_indeed() -> None:
    compiled = re.compile(ROUNDS[0], FLAGS)
    took = []
    for length in (14, 20):
        start = time.process_time()
        compiled.search("a" * length + "!")
        took.append(time.process_time() - start)
    assert took[1] > 8 * took[0]


def test_the_catalogue_names_file_line_and_id(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(MAKER.replace("^Acme/(?P<firmware>\\d+)", "^Acme/(\\d+)+$"), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)
    (problem,) = caught.value.problems
    line = 1 + MAKER.splitlines().index("[[signature]]")
    assert problem.startswith(f"acme.toml:{line}: acme.http.server: pattern: the pattern may run long: a repeat whose")
