"""Sensitivity ranges: how far a count moves when the same data are counted with other choices.

The choices are the grade of decoys left out, the least confidence, and which location source is believed. They were
counted for the world and for countries, of all makers together; so a range can be given there, and for no single
maker. It is not a 95 % interval: nothing here was sampled, and no truth was looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from camcensus.core.config import Study
from camcensus.report.inputs import WORLD, Result, variant

DECOYS = ("none", "certain", "likely")
CONFIDENCES = ("medium", "high")
Choice = tuple[str, str, str]  # decoys left out, least confidence, location: first, both or either


@dataclass(frozen=True)
class Range:
    """The lowest and the highest count over all choices, both included."""

    low: int
    high: int


def choices(study: Study, result: Result, unit: str) -> dict[Choice, dict[str, int]]:
    """Every choice that was counted: country code ("" for the world) to count. `unit`: hosts, devices or banners.

    Countries are counted everywhere, the world without the countries that the study leaves out.
    """
    key = ("sensitivity", unit, study.countries_left_out)
    if key not in result.memo:
        result.memo[key] = _choices(result, unit)
    found: dict[Choice, dict[str, int]] = result.memo[key]
    return found


def _choices(result: Result, unit: str) -> dict[Choice, dict[str, int]]:
    columns = {"first": f"n_{unit}"}
    if unit == "hosts":
        columns |= {"both": "n_hosts_geo_min", "either": "n_hosts_geo_max"}
    found: dict[Choice, dict[str, int]] = {}
    for decoys in DECOYS:
        for confidence in CONFIDENCES:
            asked = {"min_confidence": confidence, "decoys_left_out": decoys}
            world, countries = variant(result, WORLD, "study", **asked), variant(result, "country", "all", **asked)
            for place, column in columns.items():
                counts = {str(c): n for c, n in zip(countries["country"], countries[column], strict=True)}
                counts |= {"": world[column].iloc[0]} if len(world) else {}
                found[decoys, confidence, place] = {c: int(n) for c, n in counts.items() if not pd.isna(n)}
    return found


def ranges(study: Study, result: Result, unit: str) -> dict[str, Range]:
    """The range of the world ("") and of each country; none where only one choice was counted.

    A country that some choice does not find at all has 0 there.
    """
    counted = [counts for counts in choices(study, result, unit).values() if counts]
    if len(counted) < 2:
        return {}
    codes = sorted({code for counts in counted for code in counts})
    return {c: Range(min(n), max(n)) for c in codes for n in ([counts.get(c, 0) for counts in counted],)}


def change_range(study: Study, before: Result, now: Result, unit: str) -> Range | None:
    """How far the change of the world's total moves, each choice made alike in both snapshots; None if there is but one
    choice."""
    one, two = (choices(study, r, unit) for r in (before, now))
    moved = [two[choice][""] - one[choice][""] for choice in one if _has(one, choice) and _has(two, choice)]
    return Range(min(moved), max(moved)) if len(moved) > 1 else None


def _has(counted: Mapping[Choice, Mapping[str, int]], choice: Choice) -> bool:
    return "" in counted.get(choice, {})
