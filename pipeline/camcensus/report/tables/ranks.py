"""Ranks of countries, each with the best and the worst that the sensitivity ranges of the counts allow."""

from collections.abc import Mapping, Sequence

from camcensus.core.config import Study
from camcensus.estimate.change import rank_intervals
from camcensus.report.inputs import Result
from camcensus.report.tables import sensitivity
from camcensus.report.tables.publish import is_ranked
from camcensus.report.tables.sensitivity import Range

Ranks = dict[str, tuple[int, int]]  # best and worst by country code


def country_ranks(study: Study, result: Result, unit: str, counts: Mapping[str, int]) -> Ranks:
    """`ranks` of the ranked countries in which anything was counted. `counts`: of all makers, by country code."""
    placed = [(code, n) for code, n in counts.items() if code and n and is_ranked(code, study.countries_left_out)]
    return ranks(placed, sensitivity.ranges(study, result, unit))


def ranks(counts: Sequence[tuple[str, int]], spans: Mapping[str, Range]) -> Ranks:
    """The best and worst rank that ranges allow; nothing where a country has none."""
    if not counts or any(code not in spans for code, _ in counts):
        return {}
    low, high = ([getattr(spans[code], end) for code, _ in counts] for end in ("low", "high"))
    return {code: found for (code, _), found in zip(counts, rank_intervals(low, high), strict=True)}
