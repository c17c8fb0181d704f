"""Aggregate: from members and devices to the cube.

Every cell is counted on its own; nothing is summed that does not add up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import store
from pipeline.engines.local import Sql
from pipeline.errors import ReconciliationError
from pipeline.manifest import Flow, Instrument, Manifest, Window
from pipeline.tables import COUNTS, GROUPS

QUERIES = ("labels", "called", "facts", "picked", "owners", "sums", "cells", "cube", "margins", "geo_range")
VARIANT = ("scope", "ip_version", "min_confidence", "decoys_left_out")
DECOYS = ("none", "certain", "likely")
HEADLINE_IP = "4"
HEADLINE_DECOYS = "certain"


@dataclass(frozen=True)
class Variant:
    """One way to count: see `tables.COUNTS` for the columns."""

    scope: str
    ip_version: str
    min_confidence: str
    decoys_left_out: str

    def is_headline(self, min_confidence: str) -> bool:
        """Whether the full cube is counted for it."""
        mine = (self.ip_version, self.min_confidence, self.decoys_left_out)
        return mine == (HEADLINE_IP, min_confidence, HEADLINE_DECOYS)


def variants() -> Iterator[Variant]:
    """Every variant, in a fixed order."""
    for values in product(("all", "study"), ("4", "6", "all"), ("medium", "high"), DECOYS):
        yield Variant(*values)


def aggregate(db: Sql, manifest: Manifest, min_confidence: str, left_out: tuple[str, ...], folder: Path) -> Flow:
    """From `members` and `devices` in `db` to `counts.parquet` in `folder`; the flow to the headline number."""
    window, instrument = manifest.window, manifest.instrument
    if window is None or instrument is None:
        raise ReconciliationError("aggregate: the manifest names no window and instrument; dedupe comes first")
    db.rows("left_out", pa.table({"country": pa.array(left_out, pa.string())}))
    db.rows("headline", pa.table({"min_confidence": [min_confidence]}))
    db.rows("variants", pa.Table.from_pylist([vars(variant) for variant in variants()]))
    for name in ("labels", "called", "facts", "picked", "owners", "sums", "cells"):
        db.table(name, name)
    rows = _cells(db, min_confidence)
    table = _table(rows, manifest, window, instrument)
    store.write_table(folder / "counts.parquet", table, COUNTS, _metadata(manifest, instrument))
    return _flow(rows, min_confidence)


def _cells(db: Sql, min_confidence: str) -> list[dict[str, Any]]:
    """The cells of every variant, in the order of `variants`: the full cube of the headline's, world and countries of
    the others; a column outside the level is null."""
    headline = {"ip_version": HEADLINE_IP, "min_confidence": min_confidence, "decoys_left_out": HEADLINE_DECOYS}
    of: dict[Variant, list[dict[str, Any]]] = {variant: [] for variant in variants()}
    for cell in db.query("margins").to_pylist():
        variant = Variant(*(cell[name] for name in VARIANT))
        if not variant.is_headline(min_confidence):
            of[variant].append(cell)
    for cell in db.query("cube").to_pylist():
        of[Variant(scope=cell["scope"], **headline)].append({**cell, **headline})
    for cells in of.values():
        for cell in cells:
            inside = [group for group in GROUPS if cell.pop(f"no_{group}", 1) == 0]
            cell["level"] = "+".join(inside) or "world"
    _add_geo_range(db, [cell for variant, cells in of.items() if variant.is_headline(min_confidence) for cell in cells])
    return [cell for cells in of.values() for cell in cells]


def _add_geo_range(db: Sql, cells: list[dict[str, Any]]) -> None:
    """How far a country's hosts would move between the location sources. A country only the second source sees has
    no cell, for nothing is counted there."""
    ranges = {(row.pop("scope"), row.pop("country")): row for row in db.query("geo_range").to_pylist()}
    for cell in cells:
        if cell["level"] in ("world", "country"):
            cell.update(ranges.get((cell["scope"], cell["country"]), {}))


def _table(rows: list[dict[str, Any]], manifest: Manifest, window: Window, instrument: Instrument) -> pa.Table:
    same = {
        "snapshot": manifest.snapshot,
        "engine": manifest.engine,
        "basis": manifest.basis,
        "window_start": window.start,
        "window_end": window.end,
        "complete": manifest.complete,
        "simulated": manifest.simulated,
        **instrument.model_dump(),
    }
    columns = {
        column.name: pa.array([row.get(column.name, same.get(column.name)) for row in rows], column.type)
        for column in COUNTS.columns
    }
    return pa.table(columns)


def _metadata(manifest: Manifest, instrument: Instrument) -> dict[str, str]:
    return {"snapshot": manifest.snapshot, "engine": manifest.engine, **instrument.model_dump()}


def _flow(rows: list[dict[str, Any]], min_confidence: str) -> Flow:
    """From kept banners to the banners behind the headline, one reason after the other; each step is a counted cell."""
    world = {
        tuple(row[name] for name in ("scope", "ip_version", "min_confidence", "decoys_left_out")): row["n_banners"]
        for row in rows
        if row["level"] == "world"
    }
    steps = [
        ("", ("all", "all", "medium", "none")),
        ("confidence below the study's", ("all", "all", min_confidence, "none")),
        ("on a certain decoy", ("all", "all", min_confidence, HEADLINE_DECOYS)),
        ("IPv6 (counted apart)", ("all", HEADLINE_IP, min_confidence, HEADLINE_DECOYS)),
        ("country left out", ("study", HEADLINE_IP, min_confidence, HEADLINE_DECOYS)),
    ]
    left = [world[variant] for _, variant in steps]
    dropped = {reason: a - b for (reason, _), a, b in zip(steps[1:], left, left[1:], strict=False) if a - b}
    return Flow(unit="kept banners", rows_in=left[0], rows_out=left[-1], dropped=dropped).check("aggregate")
