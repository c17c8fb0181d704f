"""The country database in the report: how its date fits each snapshot, and how far two sources agree."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from camcensus.core.config import Study
from camcensus.core.manifest import FAR, Geo
from camcensus.report.inputs import Result, world_cell


def remark(geo: Geo | None) -> str:
    """Return how far the edition's date is from the snapshot's; empty when it is of the right time."""
    if geo is None or (geo.flag == "before" and geo.days <= FAR):
        return ""
    return f"built {geo.days:,} day{'' if geo.days == 1 else 's'} {geo.flag} the snapshot"


def limits(results: Sequence[Result]) -> list[str]:
    """Return a caveat for each snapshot that was located with a later edition, or one more than `FAR` days away."""
    found = []
    for result in results:
        geo = result.manifest.geo
        if geo is None or not (words := remark(geo)):
            continue
        reason = ", since there is no earlier one" if geo.flag == "after" else ""
        far = f" That is more than {FAR} days away." if geo.days > FAR else ""
        found.append(
            f"Snapshot {result.snapshot} ({geo.snapshot}) is located with {geo.edition}, {words}{reason}.{far} "
            "Addresses that moved to another country in between are counted where that edition has them."
        )
    return found


def agreement(cell: Mapping[Any, Any]) -> float | None:
    """Return the share (0 to 1) of a cell's hosts whose country both sources agree on, of those with a second source.

    None without any.
    """
    agreed, asked = (None if pd.isna(n := cell[f"n_hosts_geo_{name}"]) else int(n) for name in ("min", "asked"))
    return round(agreed / asked, 4) if asked and agreed is not None else None


def agreement_line(study: Study, result: Result) -> str:
    """Return a sentence on how far the two sources agree in the headline."""
    world = world_cell(result, study, "study")
    if (share := agreement(world)) is None:
        return "No second source was asked for the country of these hosts."
    return (
        f"For {world['n_hosts_geo_asked']:,} hosts a second source ({second_source(result.manifest.geo)}) gives a "
        f"country too; {world['n_hosts_geo_min']:,} ({100 * share:.2f}%) are in the same country by both. The others "
        "count by the first source. Agreement is not accuracy."
    )


def second_source(geo: Geo | None) -> str:
    """Return the second source's name."""
    engine = "the search engine's own"
    return engine if geo is None or geo.second == "engine" else f"{geo.second}, else {engine}"
