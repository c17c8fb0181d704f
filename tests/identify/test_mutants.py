"""The mutator on small patterns, and the catalogue's examples against all mutants of its patterns."""

import json
from pathlib import Path

import pytest

from camcensus.identify.catalogue import Model, Signature
from tools import mutate_catalogue
from tools.mutate_catalogue import LIMIT, main, mutants, report, survey, survives
from tools.pattern_pieces import parse

QUERIES = Path(__file__).parents[2] / "queries"


def signature(pattern: str, examples: list[str], counterexamples: list[str] | None = None) -> Signature:
    return Signature(
        id="test.rule", field="http.server", pattern=pattern, source="none", licence="none", examples=examples,
        counterexamples=counterexamples or [],
    )  # fmt: skip


def model(pattern: str, *examples: str) -> Model:
    return Model(id="test.model", pattern=pattern, alone=True, source="none", licence="none", examples=list(examples))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"^Acme\b", {r"Acme\b", "^Acme", r"^\b"}),
        (r"Acme Cam$", {"Cam$", "Acme $", "Acme Cam"}),
        (r"V1\.0", {"V1.0"}),
        (r"A[0-9]{9,16}", {"[0-9]{9,16}", "A.{9,16}", "A[0-9]{0,64}"}),
        (r"^A{0,60}B+C", {"A{0,60}B+C", "^B+C", "^A*B+C", "^A{0,60}C", "^A{0,60}B*C", "^A{0,60}B+"}),
        # Whether and how often an optional A comes first cannot matter.
        (r"A{0,60}B+C", {"A{0,60}C", "A{0,60}B*C", "A{0,60}B+"}),
        (r"A[^x]B", {"[^x]B", "A[^x]", r"A[\s\S]B"}),
        (r"A(?:B|C)?D", {"AD", "A(?:C)?D", "A(?:B)?D", "(?:B|C)?D", "A(?:B|C)?", "A(?:|C)?D", "A(?:B|)?D"}),
        (r"(?<!x)Acme", {"Acme"}),
    ],
)
def test_mutants_of_a_signature(pattern: str, expected: set[str]) -> None:
    found = {m.pattern for m in mutants(signature(pattern, ["Acme"]))}
    assert found == expected


@pytest.mark.parametrize("pattern", [r"Acme.*", r"Acme\w*", r"\s*Acme", r"Acme(?:-\w+)*", r"(?:My )?Acme\s?"])
def test_optional_ends_of_a_signature_make_no_mutants(pattern: str) -> None:
    """They cannot matter to whether it matches; and without the only word the pattern would match everything."""
    assert mutants(signature(pattern, ["Acme"])) == []


def test_ends_of_a_model_matter() -> None:
    assert {m.pattern for m in mutants(model(r"Acme\w*", "Acme1"))} == {"Acme.*"}


def test_ends_that_are_captured_matter() -> None:
    found = {m.pattern for m in mutants(signature(r"Acme (?P<model>A\d*)", ["Acme A1"]))}
    assert r"Acme (?P<model>A.*)" in found
    assert not any("model" not in pattern for pattern in found)


def test_what_cannot_be_loaded_is_no_mutant() -> None:
    """An empty pattern matches everything, and a lookbehind has to have one width."""
    assert mutants(signature("Acme", ["Acme"])) == []
    found = {m.pattern for m in mutants(signature(r"(?<=a\d{3})b", ["a123b"]))}
    assert found == {"b", r"(?<=\d{3})b", r"(?<=a.{3})b", r"(?<=a\d{3})"}


def test_killed_by_example_counterexample_and_capture() -> None:
    rule = signature(r"^Acme/(?P<firmware>\d+)", ["Acme/12 beta"], ["My Acme/12"])
    assert not survives(rule, r"^Acme/(?P<firmware>\d{3})")
    assert not survives(rule, r"Acme/(?P<firmware>\d+)")
    assert not survives(rule, r"^Acme/(?P<firmware>.+)")
    assert survives(rule, r"^Acme.(?P<firmware>\d+)")


def test_killed_by_the_whole_match_of_a_model() -> None:
    rule = model(r"AC-\d+", "AC-12 dome")
    assert not survives(rule, r"AC-.+")
    assert not survives(rule, r"AC-\d")


def test_parse_covers_the_pattern_and_refuses_what_it_does_not_know() -> None:
    pattern = r"^(?:a|b[\]x]{2,3}?)+\.(?P<mac>\w)\x22(?!c)$|d"
    branches, end = parse(pattern)
    assert end == len(pattern)
    assert [pattern[b.start : b.end] for b in branches] == [pattern[:-2], "d"]
    assert "".join(pattern[n.start : n.end] for n in branches[0].nodes) == pattern[:-2]
    with pytest.raises(ValueError, match="character 1"):
        parse("a(?i:b)")


def test_the_catalogue_pins_its_patterns_down() -> None:
    found = survey(QUERIES)
    assert found.made.total() > 1000
    assert found.rate <= LIMIT, "\n".join(report(found))


def test_same_seed_same_sample() -> None:
    """The sample depends on the seed alone, and the survey on nothing but the catalogue."""
    samples = [survey(QUERIES, sample=300, seed=seed).made for seed in (1, 1, 2)]
    assert samples[0] == samples[1] != samples[2]
    assert samples[0].total() == 300


def test_exit_status_and_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["--json", "--sample", "50"]) == 0
    assert json.loads(capsys.readouterr().out)["mutants"] == 50
    monkeypatch.setattr(mutate_catalogue, "LIMIT", -1)
    assert main(["--sample", "50"]) == 1
    assert "all " in capsys.readouterr().out
