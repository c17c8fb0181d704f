"""The country table: one row for each snapshot and country, with an Unknown row and a World row."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from camcensus.core import parquet
from camcensus.core.config import Study
from camcensus.core.countries import IPV4_SOURCE, country_name, load_countries
from camcensus.core.errors import TableError
from camcensus.core.tables import UNKNOWN_COUNTRY, Column, Table
from camcensus.report import wording
from camcensus.report.inputs import Result, headline_cells, is_simulated, world_cell
from camcensus.report.output import Output
from camcensus.report.tables import geo_tables, sensitivity
from camcensus.report.tables.publish import is_ranked, published
from camcensus.report.tables.table_export import as_frame, as_table, csv, markdown, workbook

NAME = "country_table"
UNITS = ("n_hosts", "n_devices", "n_banners")
EACH_PEOPLE, EACH_ADDRESSES = 100_000, 1_000_000  # what rates are for
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
    unit, text, whole, real = study.headline_unit, "string", "int64", "double"
    few = f"null: under {study.publication.min_hosts} hosts, or hidden so that such a cell cannot be worked out"
    if unit != "hosts":
        # `publish`: devices and banners add up across makers too, so together with the totals they would open them.
        few += f". Hosts, though the headline counts {unit}: those of makers by country would reveal what is hidden"
    columns = (
        Column("snapshot", text, "id of the snapshot", False),
        Column("rank", whole, f"place by {unit}, 1 is the most; null: left out, Unknown or World"),
        Column("rank_best", whole, f"the best rank that the sensitivity ranges of {unit} allow; {_NO_RANKS}"),
        Column("rank_worst", whole, f"the worst rank that they allow; {_NO_RANKS}"),
        Column("country", text, "ISO 3166-1 alpha-2 (NA is Namibia); ZZ: country not known; null: World"),
        Column("name", text, "name of the country or territory", False),
        Column("is_in_headline", "bool", "part of the headline total: the study does not leave it out", False),
        Column("n_hosts", whole, "IPv4 addresses with at least one counted banner", False),
        Column("n_devices", whole, "inferred devices; a low estimate", False),
        Column("n_banners", whole, "distinct (address, port, transport)", False),
        Column("n_hosts_low", whole, f"hosts, {_RANGE_OF.format('lowest')}"),
        Column("n_hosts_high", whole, f"hosts, {_RANGE_OF.format('highest')}"),
        Column("share", real, f"percent of the headline total of {unit}; null: not part of it"),
        Column("hosts_per_100k", real, "hosts for each 100,000 people; null: population not known"),
        Column("hosts_per_million_ipv4", real, f"hosts for each million IPv4 addresses there ({IPV4_SOURCE})"),
        Column("geo_agreement", real, "share of hosts (0 to 1) whose country two sources agree on; null: not asked"),
        *(Column(name, whole, f"hosts with cameras of {own}; {few}") for name, own in vendor_columns(study).items()),
        Column("complete", "bool", "the collection is complete", False),
        Column("simulated", "bool", "made-up data", False),
    )
    return Table(NAME, "a snapshot and country, Unknown (ZZ) or World", columns)


def table(study: Study, results: Sequence[Result]) -> pa.Table:
    """Return the table: newest snapshot first, then by rank, left-out countries, Unknown, World."""
    rows = [row for result in reversed(results) for row in snapshot_rows(study, result)]
    return as_table(rows, schema(study))


def write(study: Study, results: Sequence[Result], out: Output) -> pd.DataFrame:
    """Write `country_table` as Parquet, CSV, workbook and Markdown, and return the table."""
    made, columns = table(study, results), schema(study)
    metadata = {"simulated": str(is_simulated(study, results)).lower(), "run": results[-1].manifest.run}
    parquet.write_table(out.folder / f"{NAME}.parquet", made, columns, metadata)
    out.keep(f"{NAME}.parquet")
    frame, attributions = as_frame(made), wording.attributions(results)
    out.write(f"{NAME}.csv", csv(frame))
    out.write(f"{NAME}.xlsx", workbook(frame, columns, attributions))
    out.write(f"{NAME}.md", markdown(frame, attributions))
    return frame


def snapshot_rows(study: Study, result: Result, selection: Selection | None = None) -> list[dict[str, Any]]:
    """Return the rows of one snapshot, in order; by default as they are published.

    With a maker, counts are of this maker alone, as counted, and what is known of all makers together is missing: the
    ranges, the agreement of location sources, the columns of vendors. With other countries left out than the study's,
    the World row has no range and no agreement. Raises `TableError` when the countries do not add up to the world.
    """
    chosen = selection or Selection(study.headline_unit, study.countries_left_out)
    unit, left_out, of_all = f"n_{chosen.unit}", chosen.left_out, chosen.manufacturer is None
    found = headline_cells(result, "country" if of_all else "country+manufacturer", study)
    cells = (found if of_all else found[found["manufacturer"] == chosen.manufacturer]).to_dict("records")
    counted: Counted = {str(c["country"]): {name: int(c[name]) for name in UNITS} for c in cells}
    counted.setdefault(UNKNOWN_COUNTRY, dict.fromkeys(UNITS, 0))
    # The world is country "".
    world = {name: sum(c[name] for code, c in counted.items() if code not in left_out) for name in UNITS}
    ranked = {code: n[unit] for code, n in counted.items() if is_ranked(code, left_out)}
    order = sorted(counted, key=lambda c: (c == UNKNOWN_COUNTRY, c in left_out, -counted[c][unit], c))
    ranges, spans, agreed = {}, {}, {}
    if of_all:
        ranges = sensitivity.country_ranks(study, result, chosen.unit, ranked)
        spans = dict(sensitivity.ranges(study, result, "hosts"))
        agreed = {str(c["country"]): geo_tables.agreement(c) for c in cells if c["country"] != UNKNOWN_COUNTRY}
    if of_all and left_out == study.countries_left_out:
        whole = world_cell(result, study, "study")
        _require_sum(result, world, whole)
        agreed[""] = geo_tables.agreement(whole)
    else:
        spans.pop("", None)
    given, vendors = published(study, result), vendor_columns(study) if of_all else {}
    counted[""] = world
    world_part = f"without {', '.join(left_out)}" if left_out else "all countries"
    names = {UNKNOWN_COUNTRY: "Unknown", "": f"World (headline: {world_part})"}
    same = {"complete": result.manifest.complete, "simulated": is_simulated(study, [result])}
    rows = []
    for code in [*order, ""]:
        n, is_inside, span = counted[code], code not in left_out, spans.get(code)
        best, worst = ranges.get(code, (None, None))
        people, addresses = _rates(code, left_out, counted)
        rows.append(
            {
                "snapshot": result.snapshot,
                "rank": 1 + sum(other > n[unit] for other in ranked.values()) if code in ranked else None,
                "rank_best": best,
                "rank_worst": worst,
                "country": code or None,
                "name": names.get(code) or country_name(code),
                "is_in_headline": is_inside,
                **n,
                "n_hosts_low": span.low if span else None,
                "n_hosts_high": span.high if span else None,
                "share": _rate(n[unit], world[unit], 100) if is_inside else None,
                "hosts_per_100k": people,
                "hosts_per_million_ipv4": addresses,
                "geo_agreement": agreed.get(code),
                **{name: given.count(country=code, manufacturer=vendor) for name, vendor in vendors.items()},
                **same,
            }
        )
    return rows


def world_rates(left_out: tuple[str, ...], counts: Mapping[str, int]) -> tuple[float | None, float | None]:
    """Return the world's count per 100,000 people and per million addresses, from those by country.

    Countries whose people (or addresses) are not known count in neither part of the rate.
    """
    inside = [c for c in load_countries().values() if is_ranked(c.alpha2, left_out)]
    of_people = sum(counts.get(c.alpha2, 0) for c in inside if c.population)
    of_addresses = sum(counts.get(c.alpha2, 0) for c in inside if c.ipv4_located)
    people = _rate(of_people, sum(c.population or 0 for c in inside), EACH_PEOPLE)
    return people, _rate(of_addresses, sum(c.ipv4_located for c in inside), EACH_ADDRESSES)


def _rates(code: str, left_out: tuple[str, ...], counted: Counted) -> tuple[float | None, float | None]:
    """Return hosts of a country or the world per 100,000 people and per million addresses."""
    if not code:
        return world_rates(left_out, {c: n["n_hosts"] for c, n in counted.items()})
    country, hosts = load_countries().get(code), counted[code]["n_hosts"]
    if not country:
        return None, None
    return _rate(hosts, country.population, EACH_PEOPLE), _rate(hosts, country.ipv4_located, EACH_ADDRESSES)


def _rate(count: int, of: int | None, each: int) -> float | None:
    return round(each * count / of, 4) if of else None


def _require_sum(result: Result, added: dict[str, int], world: dict[str, int | None]) -> None:
    for name in UNITS:
        if added[name] != world[name]:
            unit = name.removeprefix("n_")
            raise TableError(
                "counts", f"snapshot {result.snapshot}: countries have {added[name]} {unit}, the world {world[name]}"
            )
