"""The country table: one row for each snapshot and country, with an Unknown row and a World row."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.countries import IPV4_SOURCE, country_name, load_countries
from camcensus.core.errors import TableError
from camcensus.core.tables import UNKNOWN_COUNTRY, Column, Table
from camcensus.report import wording
from camcensus.report.inputs import Result, headline_cells, is_simulated, world_cell
from camcensus.report.output import Output
from camcensus.report.tables import geo_tables, sensitivity
from camcensus.report.tables.publish import is_ranked, published
from camcensus.report.tables.sensitivity import country_ranks
from camcensus.report.tables.table_export import as_frame, as_table, csv, markdown, workbook

NAME = "country_table"
UNITS = ("n_hosts", "n_devices", "n_banners")
DECIMALS = 4
MILLION = 1_000_000
_NO_RANKS = "null: no rank, or only one choice was counted"
_RANGE_OF = "the {} when decoys, confidence and location source are chosen otherwise; null: only one choice was counted"
Counted = dict[str, dict[str, int]]  # country to unit to count


@dataclass(frozen=True)
class Selection:
    """What is ranked and totalled: by which unit, without which countries, of which maker (None: of all)."""

    unit: str
    left_out: tuple[str, ...]
    manufacturer: str | None = None


def vendor_columns(study: Study) -> dict[str, str]:
    """Return column name to vendor, in the study's order; two vendors with the same name in columns get a number."""
    columns: dict[str, str] = {}
    for vendor in study.vendors:
        slug = "n_hosts_" + (re.sub(r"[^a-z0-9]+", "_", vendor.lower()).strip("_") or "vendor")
        while slug in columns:
            slug += "_2"
        columns[slug] = vendor
    return columns


def schema(study: Study) -> Table:
    """Return the table's columns, with type and meaning."""
    unit = study.headline_unit
    few = f"null: under {study.publication.min_hosts} hosts, or hidden so that such a cell cannot be worked out"
    if unit != "hosts":
        # `publish`: devices and banners add up across makers too, so together with the totals they would open them.
        few += f". Hosts, though the headline counts {unit}: those of makers by country would reveal what is hidden"
    columns = (
        Column("snapshot", pa.string(), "id of the snapshot", False),
        Column("rank", pa.int64(), f"place by {unit}, 1 is the most; null: left out, Unknown or World"),
        Column("rank_best", pa.int64(), f"the best rank that the sensitivity ranges of {unit} allow; {_NO_RANKS}"),
        Column("rank_worst", pa.int64(), f"the worst rank that they allow; {_NO_RANKS}"),
        Column("country", pa.string(), "ISO 3166-1 alpha-2 (NA is Namibia); ZZ: country not known; null: World"),
        Column("name", pa.string(), "name of the country or territory", False),
        Column("is_in_headline", pa.bool_(), "part of the headline total: the study does not leave it out", False),
        Column("n_hosts", pa.int64(), "IPv4 addresses with at least one counted banner", False),
        Column("n_devices", pa.int64(), "inferred devices; a low estimate", False),
        Column("n_banners", pa.int64(), "distinct (address, port, transport)", False),
        Column("n_hosts_low", pa.int64(), f"hosts, {_RANGE_OF.format('lowest')}"),
        Column("n_hosts_high", pa.int64(), f"hosts, {_RANGE_OF.format('highest')}"),
        Column("share", pa.float64(), f"percent of the headline total of {unit}; null: not part of it"),
        Column("hosts_per_100k", pa.float64(), "hosts for each 100,000 people; null: population not known"),
        Column("hosts_per_million_ipv4", pa.float64(), f"hosts for each million IPv4 addresses there ({IPV4_SOURCE})"),
        Column(
            "geo_agreement", pa.float64(), "share of hosts (0 to 1) whose country two sources agree on; null: not asked"
        ),
        *(
            Column(name, pa.int64(), f"hosts with cameras of {vendor}; {few}")
            for name, vendor in vendor_columns(study).items()
        ),
        Column("complete", pa.bool_(), "the collection is complete", False),
        Column("simulated", pa.bool_(), "made-up data", False),
    )
    return Table(NAME, "a snapshot and country, Unknown (ZZ) or World", columns)


def build(study: Study, results: Sequence[Result]) -> pd.DataFrame:
    """Return the table: newest snapshot first, then by rank, left-out countries, Unknown, World."""
    return as_frame(as_table(rows(study, results), schema(study)))


def write(study: Study, results: Sequence[Result], out: Output) -> pd.DataFrame:
    """Write `country_table` as Parquet, CSV, workbook and Markdown, and return the table."""
    table = as_table(rows(study, results), schema(study))
    metadata = {"simulated": str(is_simulated(study, results)).lower(), "run": results[-1].manifest.run}
    storage.write_table(out.folder / f"{NAME}.parquet", table, schema(study), metadata)
    out.keep(f"{NAME}.parquet")
    frame, attributions = as_frame(table), wording.attributions(results)
    out.write(f"{NAME}.csv", csv(frame))
    out.write(f"{NAME}.xlsx", workbook(frame, schema(study), attributions))
    out.write(f"{NAME}.md", markdown(frame, attributions))
    return frame


def rows(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the rows of all snapshots, newest first."""
    return [row for result in reversed(results) for row in snapshot_rows(study, result)]


def snapshot_rows(study: Study, result: Result, selection: Selection | None = None) -> list[dict[str, Any]]:
    """Return the rows of one snapshot, in order; by default as they are published.

    With a maker, counts are of this maker alone, as counted, and what is known of all makers together is missing: the
    ranges, the agreement of location sources, the columns of vendors. With other countries left out than the study's,
    the World row has no range and no agreement. Raises `TableError` when the countries do not add up to the world.
    """
    chosen = selection or Selection(study.headline_unit, study.countries_left_out)
    unit, left_out = f"n_{chosen.unit}", chosen.left_out
    cells = _cells(study, result, chosen.manufacturer)
    counted: Counted = {str(c["country"]): {name: int(c[name]) for name in UNITS} for c in cells}
    counted.setdefault(UNKNOWN_COUNTRY, dict.fromkeys(UNITS, 0))
    world = {name: sum(c[name] for code, c in counted.items() if code not in left_out) for name in UNITS}
    of_all, is_whole = chosen.manufacturer is None, left_out == study.countries_left_out
    if of_all and is_whole:
        _require_sum(result, world, world_cell(result, study, "study"))
    spans = sensitivity.ranges(study, result, "hosts") if of_all else {}
    ranked = {code: n[unit] for code, n in counted.items() if is_ranked(code, left_out)}
    ranges = country_ranks(study, result, chosen.unit, ranked) if of_all else {}
    agreed = {str(c["country"]): geo_tables.agreement(c) for c in cells if c["country"] != UNKNOWN_COUNTRY and of_all}
    given, vendors = published(study, result), vendor_columns(study) if of_all else {}
    same = {"complete": result.manifest.complete, "simulated": is_simulated(study, [result])}
    found: list[dict[str, Any]] = []
    for code in sorted(counted, key=lambda c: (c == UNKNOWN_COUNTRY, c in left_out, -counted[c][unit], c)):
        is_inside, country, n = code not in left_out, load_countries().get(code), counted[code]
        best, worst = ranges.get(code, (None, None))
        found.append(
            {
                "snapshot": result.snapshot,
                "rank": 1 + sum(other > n[unit] for other in ranked.values()) if code in ranked else None,
                "rank_best": best,
                "rank_worst": worst,
                "country": code,
                "name": "Unknown" if code == UNKNOWN_COUNTRY else country_name(code),
                "is_in_headline": is_inside,
                "share": _share(n[unit], world[unit]) if is_inside else None,
                "hosts_per_100k": _rate(n["n_hosts"], country.population if country else None, 100_000),
                "hosts_per_million_ipv4": _rate(n["n_hosts"], country.ipv4_located if country else None, MILLION),
                "geo_agreement": agreed.get(code),
            }
            | n
            | _span(spans.get(code))
            | {name: given.hosts(code, vendor) for name, vendor in vendors.items()}
            | same
        )
    people, addresses = world_rates(left_out, {code: c["n_hosts"] for code, c in counted.items()})
    agreement = geo_tables.agreement(world_cell(result, study, "study")) if of_all and is_whole else None
    found.append(
        {"snapshot": result.snapshot, "rank": None, "rank_best": None, "rank_worst": None, "country": None}
        | {"name": wording.world_name(left_out), "is_in_headline": True, "share": _share(world[unit], world[unit])}
        | {"hosts_per_100k": people, "hosts_per_million_ipv4": addresses, "geo_agreement": agreement}
        | world
        | _span(spans.get("") if is_whole else None)
        | {name: given.total("n_hosts", manufacturer=vendor) for name, vendor in vendors.items()}
        | same
    )
    return found


def world_rates(left_out: tuple[str, ...], counts: Mapping[str, int]) -> tuple[float | None, float | None]:
    """Return the world's count per 100,000 people and per million addresses, from those by country.

    Countries whose people (or addresses) are not known count in neither part of the rate.
    """
    inside = [c for c in load_countries().values() if is_ranked(c.alpha2, left_out)]
    people = sum(c.population or 0 for c in inside)
    addresses = sum(c.ipv4_located for c in inside)
    of_people = sum(counts.get(c.alpha2, 0) for c in inside if c.population)
    of_addresses = sum(counts.get(c.alpha2, 0) for c in inside if c.ipv4_located)
    return _rate(of_people, people, 100_000), _rate(of_addresses, addresses, MILLION)


def _cells(study: Study, result: Result, manufacturer: str | None) -> list[dict[Any, Any]]:
    """Return the cells by country, of all makers or of one."""
    if manufacturer is None:
        return headline_cells(result, "country", study).to_dict("records")
    cells = headline_cells(result, "country+manufacturer", study)
    return cells[cells["manufacturer"] == manufacturer].to_dict("records")


def _require_sum(result: Result, added: dict[str, int], world: dict[str, int | None]) -> None:
    for name in UNITS:
        if added[name] != world[name]:
            unit = name.removeprefix("n_")
            raise TableError(
                "counts", f"snapshot {result.snapshot}: countries have {added[name]} {unit}, the world {world[name]}"
            )


def _span(found: sensitivity.Range | None) -> dict[str, int | None]:
    return {"n_hosts_low": found.low if found else None, "n_hosts_high": found.high if found else None}


def _share(count: int, total: int) -> float | None:
    return round(100 * count / total, DECIMALS) if total else None


def _rate(hosts: int, of: int | None, each: int) -> float | None:
    return round(each * hosts / of, DECIMALS) if of else None
