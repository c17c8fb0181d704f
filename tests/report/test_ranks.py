"""Ranks as ranges where counts may be either way round: on their own and in the country table."""

from dataclasses import replace

import pyarrow.compute as pc

from camcensus.core.config import Study
from camcensus.report.tables.sensitivity import Range, rank_ranges
from tests.report.conftest import built, make_result


def test_ranks_are_as_wide_as_ranges_allow() -> None:
    counts = [("US", 100), ("DE", 90), ("NA", 10)]
    spans = {"US": Range(85, 110), "DE": Range(80, 95), "NA": Range(9, 12)}
    assert rank_ranges(counts, spans) == {"US": (1, 2), "DE": (1, 2), "NA": (3, 3)}
    assert rank_ranges(counts, {}) == {}


def test_the_country_table_has_the_best_and_the_worst(study: Study) -> None:
    hosts = {("DE", "Hikvision"): 100, ("US", "Hikvision"): 105, ("NA", "Hikvision"): 20, ("CN", "Hikvision"): 103}
    result = make_result("2024", hosts)
    # The made-up counts have other choices for the world alone; here location sources are the only choice.
    located = replace(result, counts=result.counts.filter(pc.equal(result.counts["decoys_left_out"], "certain")))
    names = ["country", "rank", "rank_best", "rank_worst"]
    placed = [("US", 1, 1, 2), ("DE", 2, 1, 2), ("NA", 3, 3, 3)]
    table = built(study, [located])[names]
    assert list(table.dropna().itertuples(index=False, name=None)) == placed
    assert table[table["rank"].isna()].drop(columns="country").isna().all(axis=None)
