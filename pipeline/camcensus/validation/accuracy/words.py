"""Whether the words of changes are right: up or down where no audit was made, by how the ranges of two years lie."""

from pathlib import Path

import pandas as pd

from camcensus.core.config import load_study
from camcensus.estimate.years import changes, years_of
from camcensus.validation.accuracy.counted import Counted
from camcensus.validation.accuracy.countries import LEAST, TRUTHS, true_counts


def words(folder: Path, worlds: list[Counted], least: int = LEAST) -> pd.DataFrame:
    """A row for each truth: countries with at least `least` true hosts in both years of a pair, how many changes were
    called up or down, what share of these went that way in truth, and what share of all was called not
    distinguishable."""
    study = load_study(folder / "study.toml")
    said = changes(study, years_of(study)).dropna(subset=["country"])
    said = said[said["country"] != ""].astype({"before": str, "after": str})
    rows = []
    for name in TRUTHS:
        true = {world.snapshot: true_counts(world, name)["n_hosts"] for world in worlds}
        one, two = (
            pd.Series([true[row[when]].get(row["country"], 0) for _, row in said.iterrows()], said.index, float)
            for when in ("before", "after")
        )  # fmt: skip
        large = (one >= least) & (two >= least)
        called = said["word"].map({"up": 1, "down": -1}).fillna(0)[large]
        right = called * (two - one)[large] > 0
        told = called != 0
        rows.append({
            "truth": name, "countries": int(large.sum()), "told": int(told.sum()),
            "told_right": float(right[told].mean()) if told.any() else float("nan"),
            "not_told": float((~told).mean()) if len(told) else float("nan"),
        })  # fmt: skip
    return pd.DataFrame(rows)
