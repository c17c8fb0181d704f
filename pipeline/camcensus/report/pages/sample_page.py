"""What a reader gets of samples: a page of each, and one table of all. Every number has its interval.

The counts in the sampled blocks are never published. Small cells are hidden by the rules of all counts (`suppression`),
by the counts in the sample: there are at least as many in all.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from camcensus.core.config import Study
from camcensus.core.countries import country_name
from camcensus.core.manifest import Manifest
from camcensus.core.tables import COUNTS, ESTIMATES, Table
from camcensus.estimate.area_sampling.figures import LEAST_BLOCKS
from camcensus.estimate.area_sampling.ratio import RESAMPLES
from camcensus.report import wording
from camcensus.report.formatting import HIDDEN, shown
from camcensus.report.inputs import Result
from camcensus.report.output import Output
from camcensus.report.pages.rendering import render, source
from camcensus.report.tables import small_tables
from camcensus.report.tables.publish import cell_of
from camcensus.report.tables.small_tables import TextTable
from camcensus.report.tables.suppression import Cell, hidden_cells
from camcensus.report.tables.table_export import as_frame, as_table, csv

CSV = "sample_estimates.csv"
INTERVAL = "95% interval"
TOO_LITTLE = "too few in the sample to be shown"
# The counts in the sample, and what depends on them alone, are not published.
_INSIDE = ("n_matches", "in_sample", "blocks_with_matches", "blocks_counted")
PUBLIC = Table(
    "sample_estimates",
    "a figure estimated from a sample of blocks of addresses, or the reason why it was not",
    tuple(column for column in ESTIMATES.columns if column.name not in _INSIDE),
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Estimated:
    """A sample. `rows`: those of `tables.ESTIMATES` in their order, or what may be published of them."""

    snapshot: str
    manifest: Manifest
    rows: list[Row]

    @property
    def file(self) -> str:
        """Return the file of its page."""
        return f"sample-{self.snapshot}.html"


def write(study: Study, samples: Sequence[Estimated], out: Output, newest: str = "") -> None:
    """Write a page for each sample (oldest first), the newest under the name `newest`, and the table of all."""
    own = [_published(study, sample) for sample in samples]
    for sample in own:
        out.write(newest if newest and sample is own[-1] else sample.file, _page(study, sample))
    if own:
        out.write(CSV, csv(as_frame(as_table([row for sample in own for row in sample.rows], PUBLIC))))


def titles(samples: Sequence[Estimated]) -> dict[str, str]:
    """Return the files that `write` adds to a report, and what each is."""
    pages = {one.file: f"estimates from sample {one.snapshot}, with intervals" for one in samples}
    return {CSV: "estimates from samples, with intervals", **pages} if samples else {}


def _published(study: Study, sample: Estimated) -> Estimated:
    """Return what of a sample may be published.

    That is: world and countries, makers outside the countries left out, and the hosts of makers in countries. Makers
    without an estimate are not named, except those of the study.
    """
    hosts = {_cell(row): row["in_sample"] for row in sample.rows if row["unit"] == "n_hosts" and _in_scope(row)}
    hidden = hidden_cells(hosts, study.countries_left_out, study.publication.min_hosts)
    seen = [row for row in sample.rows if _in_scope(row) or row["level"] == "world"]
    return replace(sample, rows=[own for row in seen if (own := _public(study, row, _cell(row) in hidden))])


def _in_scope(row: Row) -> bool:
    """Whether a row is of the one scope in which its level is published (the world in both)."""
    return bool(row["scope"] == ("all" if row["country"] else "study"))


def _public(study: Study, row: Row, hidden: bool) -> Row | None:
    """Return a row as it is published; None: it is not."""
    own = {name: row[name] for name in PUBLIC.names}
    if row["manufacturer"] is None:
        return own
    if row["country"] and row["unit"] != "n_hosts":
        return None
    if row["reason"] is None and not hidden:
        return own
    if row["country"] or row["manufacturer"] not in study.vendors:
        return None
    numbers = ("estimate", "low", "high", "share_ppm", "share_low_ppm", "share_high_ppm")
    return own | dict.fromkeys(numbers) | {"reason": TOO_LITTLE}


def _cell(row: Row) -> Cell:
    return cell_of(**{name: row[name] for name in ("country", "manufacturer") if row[name] is not None})


def _page(study: Study, sample: Estimated) -> str:
    """Return the page. `sample`: what may be published of it."""
    manifest = sample.manifest
    # The count in the sample's blocks is not a total, so it is not passed on.
    result = Result(sample.snapshot, manifest, COUNTS.schema.empty_table())
    collection, stage = manifest.collection, manifest.stages.get("estimates")
    return render(
        "sample.html.j2", source("base.css"), study=study, words=wording, tables=small_tables, sample=sample,
        result=result, simulated=study.simulated or manifest.simulated, stage=stage, csv=CSV, resamples=RESAMPLES,
        headlines=[_headline(study, sample.rows, vendor) for vendor in study.vendors], least_blocks=LEAST_BLOCKS,
        parts=_parts(study, sample.rows), drawn=collection.sample if collection else None,
    )  # fmt: skip


def _headline(study: Study, rows: Sequence[Row], vendor: str) -> tuple[str, str]:
    """Of one vendor: the number, and the rest of the sentence."""
    unit, where = study.headline_unit, wording.outside(study.countries_left_out)
    own = [row for row in _rows(rows, "manufacturer", unit) if row["manufacturer"] == vendor]
    if not own or own[0]["estimate"] is None:
        return "No estimate", f"of {unit} with {vendor} cameras {where}: {TOO_LITTLE}"
    number, _, thing = wording.counted_things(own[0]["estimate"], vendor, unit).partition(" ")
    return f"about {number}", f"{thing} {where}; {INTERVAL} {_span(own[0])}"


def _parts(study: Study, rows: Sequence[Row]) -> list[tuple[str, str, TextTable]]:
    unit, where, left_out = study.headline_unit, wording.outside(study.countries_left_out), study.countries_left_out
    countries = _rows(rows, "country", unit)

    def place(row: Row) -> str:
        return f"{_country(row)}{', left out of headlines' if row['country'] in left_out else ''}"

    makers = _ranked("Maker", unit, _rows(rows, "manufacturer", unit), lambda row: str(row["manufacturer"]))
    both = _rows(rows, "country+manufacturer", "hosts")
    crossed = _ranked("Country, maker", "hosts", both, lambda row: f"{_country(row)}, {row['manufacturer']}")
    located = _ranked("Country", unit, countries, place)
    few = sorted([_country(row), row["reason"]] for row in countries if row["reason"])
    missing = TextTable("No estimate", ["Country", "Why"], few, empty="None.", is_long=True)
    return [
        ("World", f"All makers. {wording.left_out_note(study)}", _world(rows)),
        ("Makers", f"{unit.capitalize()} {where}, and the share of all makers' there.", makers),
        ("Countries and territories", f"{unit.capitalize()} of all makers.", located),
        ("Makers in countries", "Hosts, and the share of all makers' in the country.", crossed),
        ("No estimate", "Countries and territories of which the sample holds too little.", missing),
    ]


def _rows(rows: Iterable[Row], level: str, unit: str) -> list[Row]:
    return [row for row in rows if (row["level"], row["unit"]) == (level, f"n_{unit}")]


def _span(row: Row) -> str:
    return f"{row['low']:,} to {row['high']:,}"


def _country(row: Row) -> str:
    return f"{country_name(row['country'])} ({row['country']})"


def _world(rows: Sequence[Row]) -> TextTable:
    scopes = {"all": "everywhere", "study": "without the countries left out"}
    cells = [
        [scopes[r["scope"]], r["unit"].removeprefix("n_"), shown(r["estimate"]), r["reason"] or _span(r)]
        for r in rows
        if r["level"] == "world"
    ]
    return TextTable("The world, estimated", ["Scope", "Unit", "Estimate", INTERVAL], cells, (2, 3))


def _ranked(first: str, unit: str, rows: Iterable[Row], name: Callable[[Row], str]) -> TextTable:
    """Estimates with intervals, the largest first."""
    head = [first, unit.capitalize(), INTERVAL, "Share, %", f"{INTERVAL}, %"]
    found = sorted((row for row in rows if row["estimate"] is not None), key=lambda row: (-row["estimate"], name(row)))
    cells = [[name(row), f"{row['estimate']:,}", _span(row), *_share(row)] for row in found]
    title = f"{first}: {unit}, estimated"
    return TextTable(title, head, cells, range(1, 5), empty="Too little in the sample.", is_long=True)


def _share(row: Row) -> list[str]:
    if row["share_ppm"] is None:
        return [HIDDEN, HIDDEN]
    share, low, high = (f"{row[name] / 10_000:.1f}" for name in ("share_ppm", "share_low_ppm", "share_high_ppm"))
    return [share, f"{low} to {high}"]
