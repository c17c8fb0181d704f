"""The country table: one row for each snapshot and country, with an Unknown row and a World row."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.countries import IPV4_SOURCE, country_name, load_countries
from camcensus.core.errors import TableError
from camcensus.core.tables import UNKNOWN_COUNTRY, Column, Table
from camcensus.report import wording
from camcensus.report.inputs import Result, headline_cells, simulated, world_cell
from camcensus.report.output import Output
from camcensus.report.tables import geo_tables, sensitivity
from camcensus.report.tables.publish import Published, is_ranked, published
from camcensus.report.tables.ranks import country_ranks
from camcensus.report.tables.sensitivity import Range
from camcensus.report.tables.table_export import as_frame, as_table, csv, markdown, workbook

NAME = "country_table"
_UNITS = ("hosts", "devices", "banners")
_DECIMALS = 4
MILLION = 1_000_000
_NO_RANKS = "null: no rank, or only one choice was counted"
_RANGE_OF = "the {} when decoys, confidence and location source are chosen otherwise; null: only one choice was counted"


def vendor_columns(study: Study) -> dict[str, str]:
    """Column name to vendor, in the study's order; two vendors of one slug are told apart by a number."""
    columns: dict[str, str] = {}
    for vendor in study.vendors:
        slug = "hosts_" + (re.sub(r"[^a-z0-9]+", "_", vendor.lower()).strip("_") or "vendor")
        while slug in columns:
            slug += "_2"
        columns[slug] = vendor
    return columns


def schema(study: Study) -> Table:
    """The table's columns, with type and meaning."""
    unit = study.headline_unit
    few = f"null: under {study.publication.min_hosts} hosts, or hidden so that such a cell cannot be worked out"
    if unit != "hosts":
        # `publish`: devices and banners add up across makers too, so together with the totals they would open them.
        few += f". Hosts, though the headline counts {unit}: those of makers by country would tell what is hidden"
    columns = (
        Column("snapshot", pa.string(), "id of the snapshot", False),
        Column("rank", pa.int64(), f"place by {unit}, 1 is the most; null: left out, Unknown or World"),
        Column("rank_best", pa.int64(), f"the best rank that the sensitivity ranges of {unit} allow; {_NO_RANKS}"),
        Column("rank_worst", pa.int64(), f"the worst rank that they allow; {_NO_RANKS}"),
        Column("alpha2", pa.string(), "ISO 3166-1 alpha-2 (NA is Namibia); ZZ: country not known; null: World"),
        Column("name", pa.string(), "name of the country or territory", False),
        Column("in_headline", pa.bool_(), "part of the headline total: the study does not leave it out", False),
        Column("hosts", pa.int64(), "IPv4 addresses with at least one counted banner", False),
        Column("devices", pa.int64(), "inferred devices; a low estimate", False),
        Column("banners", pa.int64(), "distinct (address, port, transport)", False),
        Column("hosts_low", pa.int64(), f"hosts, {_RANGE_OF.format('lowest')}"),
        Column("hosts_high", pa.int64(), f"hosts, {_RANGE_OF.format('highest')}"),
        Column("share", pa.float64(), f"percent of the headline total of {unit}; null: not part of it"),
        Column("hosts_per_100k", pa.float64(), "hosts for each 100,000 people; null: population not known"),
        Column("hosts_per_million_ipv4", pa.float64(), f"hosts for each million IPv4 addresses there ({IPV4_SOURCE})"),
        Column(
            "geo_agreement",
            pa.float64(),
            "share of hosts (0 to 1) whose country two sources agree on; null: not asked",
        ),
    )
    vendors = (
        Column(name, pa.int64(), f"hosts with cameras of {vendor}; {few}")
        for name, vendor in vendor_columns(study).items()
    )
    marks = (
        Column("complete", pa.bool_(), "the collection is whole", False),
        Column("simulated", pa.bool_(), "made-up data", False),
    )
    return Table(NAME, "a snapshot and country, Unknown (ZZ) or World", (*columns, *vendors, *marks))


def build(study: Study, results: list[Result]) -> pd.DataFrame:
    """The table (columns of `schema`): newest snapshot first, then by rank, left-out countries, Unknown, World."""
    return as_frame(as_table(rows(study, results), schema(study)))


def write(study: Study, results: list[Result], out: Output) -> pd.DataFrame:
    """Writes `country_table` as Parquet, CSV, workbook and Markdown, and gives the table."""
    table = as_table(rows(study, results), schema(study))
    metadata = {"simulated": str(simulated(study, results)).lower(), "run": results[-1].manifest.run}
    storage.write_table(out.folder / f"{NAME}.parquet", table, schema(study), metadata)
    out.keep(f"{NAME}.parquet")
    frame = as_frame(table)
    out.write(f"{NAME}.csv", csv(frame))
    owed = wording.thanks(results)
    out.write(f"{NAME}.xlsx", workbook(frame, schema(study), owed))
    out.write(f"{NAME}.md", markdown(frame, owed))
    return frame


def rows(study: Study, results: list[Result]) -> list[dict[str, Any]]:
    """The rows of all snapshots, newest first."""
    return [row for result in reversed(results) for row in _snapshot_rows(study, result)]


def _snapshot_rows(study: Study, result: Result) -> list[dict[str, Any]]:
    """The rows of one snapshot, in order."""
    countries = headline_cells(result, "country", study)
    makers, spans = published(study, result), sensitivity.ranges(study, result, "hosts")
    counted = {str(c["country"]): {unit: int(c[f"n_{unit}"]) for unit in _UNITS} for c in countries.to_dict("records")}
    counted.setdefault(UNKNOWN_COUNTRY, dict.fromkeys(_UNITS, 0))
    world = _world(study, result, counted)
    marks = {"complete": result.manifest.complete, "simulated": simulated(study, [result])}
    agreed = {
        str(c["country"]): geo_tables.agreement(c)
        for c in countries.to_dict("records")
        if c["country"] != UNKNOWN_COUNTRY
    }
    unit = study.headline_unit
    total = world[unit]
    placed = country_ranks(study, result, unit, {code: cell[unit] for code, cell in counted.items()})
    rows: list[dict[str, Any]] = []
    for code in sorted(counted, key=lambda c: _place(study, c, counted[c])):
        inside = code not in study.countries_left_out
        row = {
            "snapshot": result.snapshot,
            "rank": _rank(study, code, counted),
            **_between(placed.get(code)),
            "alpha2": code,
            "name": _name(code),
            "in_headline": inside,
            "share": _share(counted[code][unit], total, inside),
            "hosts_per_100k": _rate(counted[code]["hosts"], _population(code), 100_000),
            "hosts_per_million_ipv4": _rate(counted[code]["hosts"], _located(code), MILLION),
            "geo_agreement": agreed.get(code),
        }
        vendors = {name: makers.hosts(code, vendor) for name, vendor in vendor_columns(study).items()}
        rows.append(row | counted[code] | _span(spans.get(code)) | vendors | marks)
    return [*rows, _world_row(study, result, makers, counted, world) | _span(spans.get("")) | marks]


def _between(found: tuple[int, int] | None) -> dict[str, int | None]:
    """The best and the worst rank."""
    return dict(zip(("rank_best", "rank_worst"), found or (None, None), strict=True))


def _span(found: Range | None) -> dict[str, int | None]:
    """The sensitivity range of hosts."""
    return {"hosts_low": found.low if found else None, "hosts_high": found.high if found else None}


def _world(study: Study, result: Result, counted: dict[str, dict[str, int]]) -> dict[str, int]:
    """The headline totals: unit to count. Raises `TableError` when the countries do not add up to them."""
    cell = world_cell(result, study, "study")
    for unit in _UNITS:
        added = sum(c[unit] for code, c in counted.items() if code not in study.countries_left_out)
        if added != cell[f"n_{unit}"]:
            raise TableError(
                "counts", f"snapshot {result.snapshot}: countries have {added} {unit}, the world {cell[f'n_{unit}']}"
            )
    return {unit: int(cell[f"n_{unit}"] or 0) for unit in _UNITS}


def _world_row(
    study: Study, result: Result, makers: Published, counted: dict[str, dict[str, int]], world: dict[str, int]
) -> dict[str, Any]:
    """The World row."""
    people, addresses = world_rates(study.countries_left_out, {code: c["hosts"] for code, c in counted.items()})
    return (
        {
            "snapshot": result.snapshot,
            "rank": None,
            "rank_best": None,
            "rank_worst": None,
            "alpha2": None,
            "name": wording.world_name(study),
        }
        | {"in_headline": True}
        | world
        | {"share": _share(world[study.headline_unit], world[study.headline_unit], True)}
        | {"hosts_per_100k": people, "hosts_per_million_ipv4": addresses}
        | {"geo_agreement": geo_tables.agreement(world_cell(result, study, "study"))}
        | {name: makers.total("n_hosts", manufacturer=vendor) for name, vendor in vendor_columns(study).items()}
    )


def world_rates(left_out: tuple[str, ...], hosts: Mapping[str, int]) -> tuple[float | None, float | None]:
    """The world's hosts (or another unit's count) per 100,000 people and per million addresses, from those by country:
    of the countries whose people (or addresses) are known their hosts, over everybody's people (or addresses)."""
    inside = [c for c in load_countries().values() if is_ranked(c.alpha2, left_out)]
    people = sum(c.population or 0 for c in inside)
    addresses = sum(c.ipv4_located for c in inside)
    of_people = sum(hosts.get(c.alpha2, 0) for c in inside if c.population)
    of_addresses = sum(hosts.get(c.alpha2, 0) for c in inside if c.ipv4_located)
    return _rate(of_people, people, 100_000), _rate(of_addresses, addresses, MILLION)


def _place(study: Study, code: str, cell: dict[str, int]) -> tuple[bool, bool, int, str]:
    """Sort key: ranked countries, then left-out ones, then Unknown; most first."""
    return code == UNKNOWN_COUNTRY, code in study.countries_left_out, -cell[study.headline_unit], code


def _rank(study: Study, code: str, counted: dict[str, dict[str, int]]) -> int | None:
    """Place by the headline unit; countries with the same count share the better place."""
    if not is_ranked(code, study.countries_left_out):
        return None
    unit = study.headline_unit
    others = (c[unit] for other, c in counted.items() if is_ranked(other, study.countries_left_out))
    return 1 + sum(n > counted[code][unit] for n in others)


def _name(code: str) -> str:
    return "Unknown" if code == UNKNOWN_COUNTRY else country_name(code)


def _share(count: int, total: int, in_headline: bool) -> float | None:
    return round(100 * count / total, _DECIMALS) if in_headline and total else None


def _population(code: str) -> int | None:
    country = load_countries().get(code)
    return country.population if country else None


def _located(code: str) -> int | None:
    country = load_countries().get(code)
    return country.ipv4_located if country else None


def _rate(hosts: int, of: int | None, each: int) -> float | None:
    return round(each * hosts / of, _DECIMALS) if of else None
