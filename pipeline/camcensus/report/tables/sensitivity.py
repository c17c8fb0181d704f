"""Sensitivity ranges: how far a count moves when the same data are counted with other choices.

The choices are the grade of decoys left out, the minimum confidence, and which location source is used. They were
counted for the world and for countries, of all makers together; so a range can be given there, and for no single
maker. It is not a 95% interval: nothing here was sampled or compared with a truth.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from camcensus.core.config import Study
from camcensus.estimate.change import rank_intervals
from camcensus.report.inputs import WORLD, Result, variant

DECOYS = ("none", "certain", "likely")
CONFIDENCES = ("medium", "high")
Choice = tuple[str, str, str]  # decoys left out, minimum confidence, location: first, both or either
Ranks = dict[str, tuple[int, int]]  # best and worst by country code


@dataclass(frozen=True)
class Range:
    """The lowest and the highest count over all choices, both included."""

    low: int
    high: int


def choices(study: Study, result: Result, unit: str) -> dict[Choice, dict[str, int]]:
    """Return every choice that was counted: country code ("" for the world) to count.

    Countries are counted everywhere, the world without the countries that the study leaves out.
    """
    key = ("sensitivity", unit, study.countries_left_out)
    if key not in result.memo:
        columns = {"first": f"n_{unit}"}
        if unit == "hosts":
            columns |= {"both": "n_hosts_geo_min", "either": "n_hosts_geo_max"}
        result.memo[key] = {}
        for decoys, confidence in itertools.product(DECOYS, CONFIDENCES):
            asked = {"min_confidence": confidence, "decoys_left_out": decoys}
            world, countries = variant(result, WORLD, "study", **asked), variant(result, "country", "all", **asked)
            for place, column in columns.items():
                counts = {str(c): n for c, n in zip(countries["country"], countries[column], strict=True)}
                counts |= {"": world[column].iloc[0]} if len(world) else {}
                known = {code: int(n) for code, n in counts.items() if not pd.isna(n)}
                result.memo[key][decoys, confidence, place] = known
    found: dict[Choice, dict[str, int]] = result.memo[key]
    return found


def ranges(study: Study, result: Result, unit: str) -> dict[str, Range]:
    """Return the range of the world ("") and of each country; none where only one choice was counted.

    A country that some choice does not find at all has 0 there.
    """
    counted = [counts for counts in choices(study, result, unit).values() if counts]
    if len(counted) < 2:
        return {}
    codes = sorted({code for counts in counted for code in counts})
    return {c: Range(min(n), max(n)) for c in codes for n in ([counts.get(c, 0) for counts in counted],)}


def change_range(study: Study, before: Result, now: Result, unit: str) -> Range | None:
    """Return how far the change of the world's total moves, each choice made alike in both snapshots.

    None where there is only one choice.
    """
    one, two = (choices(study, r, unit) for r in (before, now))
    moved = [two[choice][""] - counts[""] for choice, counts in one.items() if "" in counts and "" in two[choice]]
    return Range(min(moved), max(moved)) if len(moved) > 1 else None


def country_ranks(study: Study, result: Result, unit: str, counts: Mapping[str, int]) -> Ranks:
    """Return the best and worst ranks of countries, of all makers. `counts`: of those that are ranked."""
    return rank_ranges([(code, n) for code, n in counts.items() if n], ranges(study, result, unit))


def rank_ranges(counts: Sequence[tuple[str, int]], spans: Mapping[str, Range]) -> Ranks:
    """Return the best and worst rank that ranges allow; nothing where a country has no range."""
    if not counts or any(code not in spans for code, _ in counts):
        return {}
    low, high = ([getattr(spans[code], end) for code, _ in counts] for end in ("low", "high"))
    return {code: found for (code, _), found in zip(counts, rank_intervals(low, high), strict=True)}
