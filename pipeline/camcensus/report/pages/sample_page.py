"""What a reader gets of samples: a page of each, and one table of all. Every number stands with its interval."""

from collections.abc import Callable, Iterable, Sequence

from camcensus.core.config import Study
from camcensus.core.countries import country_name
from camcensus.core.tables import COUNTS
from camcensus.report import formatting, wording
from camcensus.report.inputs import Result
from camcensus.report.output import Output
from camcensus.report.pages import sample_wording
from camcensus.report.pages.rendering import render, source
from camcensus.report.tables import small_tables
from camcensus.report.tables.samples import TOO_LITTLE, Estimated, Row, published, table
from camcensus.report.tables.small_tables import Grid, GridRow, Head
from camcensus.report.tables.table_export import as_frame, csv

CSV = "sample_estimates.csv"
INTERVAL = "95 % interval"
SCOPES = {"all": "everywhere", "study": "without the countries left out"}


def write(study: Study, samples: Sequence[Estimated], out: Output, newest: str = "") -> None:
    """Writes a page for each sample (oldest first), the newest under the name `newest`, and the table of all."""
    own = [published(study, sample) for sample in samples]
    for number, sample in enumerate(own, 1):
        name = newest if newest and number == len(own) else file_of(sample)
        out.write(name, page(study, sample))
    if own:
        out.write(CSV, csv(as_frame(table(own))))


def titles(samples: Sequence[Estimated]) -> dict[str, str]:
    """The files that `write` makes beside a report, and what each is."""
    pages = {file_of(sample): f"estimates from sample {sample.snapshot}, with intervals" for sample in samples}
    return {CSV: "estimates from samples, with intervals", **pages} if samples else {}


def file_of(sample: Estimated) -> str:
    """The page of a sample."""
    return f"sample-{sample.snapshot}.html"


def page(study: Study, sample: Estimated) -> str:
    """The page. `sample`: what may be published of it."""
    manifest = sample.manifest
    # What was counted in the sample's blocks is no total, and not handed on.
    result = Result(sample.snapshot, manifest, COUNTS.schema.empty_table())
    return render(
        "sample.html.j2",
        source("base.css"),
        study=study,
        words=wording,
        mark=sample_wording.MARK,
        sample=sample,
        simulated=study.simulated or manifest.simulated,
        headlines=[_headline(study, sample.rows, vendor) for vendor in study.vendors],
        parts=_parts(study, sample.rows),
        method=sample_wording.method(manifest),
        limits=sample_wording.limits(manifest),
        instrument=small_tables.instruments([result]),
        flow=small_tables.flow(result),
        csv=CSV,
        cite=f"SAMPLE. {wording.citation(study, [result])}",
        credits=[formatting.linked(text) for text in wording.thanks([result])],
    )


def _headline(study: Study, rows: Sequence[Row], vendor: str) -> tuple[str, str]:
    """Of one vendor: the number, and the rest of the sentence."""
    unit, where = study.headline_unit, wording.outside(study.countries_left_out)
    own = [row for row in _rows(rows, "manufacturer", f"n_{unit}") if row["manufacturer"] == vendor]
    if not own or own[0]["estimate"] is None:
        return "No estimate", f"of {unit} with {vendor} cameras {where}: {TOO_LITTLE}"
    number, _, thing = wording.counted_things(own[0]["estimate"], vendor, unit).partition(" ")
    return f"about {number}", f"{thing} {where}; {INTERVAL} {_span(own[0])}"


def _parts(study: Study, rows: Sequence[Row]) -> list[tuple[str, str, Grid]]:
    """Title, words and table of each part."""
    unit, where = study.headline_unit, wording.outside(study.countries_left_out)
    column = f"n_{unit}"
    countries = list(_rows(rows, "country", column))

    def place(row: Row) -> str:
        return f"{_country(row)}{', left out of headlines' if row['country'] in study.countries_left_out else ''}"

    makers = _ranked("Maker", unit, _rows(rows, "manufacturer", column), lambda row: str(row["manufacturer"]))
    both = _rows(rows, "country+manufacturer", "n_hosts")
    crossed = _ranked("Country, maker", "hosts", both, lambda row: f"{_country(row)}, {row['manufacturer']}")
    return [
        ("World", f"All makers. {wording.left_out_note(study)}", _world(rows)),
        ("Makers", f"{unit.capitalize()} {where}, and the share of all makers' there.", makers),
        (
            "Countries and territories",
            f"{unit.capitalize()} of all makers.",
            _ranked("Country", unit, countries, place),
        ),
        ("Makers in countries", "Hosts, and the share of all makers' in the country.", crossed),
        ("No estimate", "Countries and territories of which the sample holds too little.", _missing(countries)),
    ]


def _rows(rows: Iterable[Row], level: str, unit: str) -> Iterable[Row]:
    return (row for row in rows if (row["level"], row["unit"]) == (level, unit))


def _span(row: Row) -> str:
    return f"{row['low']:,} to {row['high']:,}"


def _country(row: Row) -> str:
    return f"{country_name(row['country'])} ({row['country']})"


def _world(rows: Sequence[Row]) -> Grid:
    heads = [Head("Scope"), Head("Unit"), Head("Estimate", True), Head(INTERVAL, True)]
    cells = [
        [
            SCOPES[row["scope"]],
            row["unit"].removeprefix("n_"),
            formatting.shown(row["estimate"]),
            row["reason"] or _span(row),
        ]
        for row in rows
        if row["level"] == "world"
    ]
    return Grid("The world, estimated", heads, [GridRow(row) for row in cells])


def _ranked(first: str, unit: str, rows: Iterable[Row], name: Callable[[Row], str]) -> Grid:
    """Estimates with intervals, the largest first."""
    heads = [Head(first), *(Head(text, True) for text in (unit.capitalize(), INTERVAL, "Share, %", f"{INTERVAL}, %"))]
    found = sorted((row for row in rows if row["estimate"] is not None), key=lambda row: (-row["estimate"], name(row)))
    cells = [[name(row), f"{row['estimate']:,}", _span(row), *_share(row)] for row in found]
    return Grid(
        f"{first}: {unit}, estimated", heads, [GridRow(row) for row in cells], "Too little in the sample.", True
    )


def _share(row: Row) -> list[str]:
    if row["share_ppm"] is None:
        return [formatting.HIDDEN, formatting.HIDDEN]
    share, low, high = (f"{row[name] / 10_000:.1f}" for name in ("share_ppm", "share_low_ppm", "share_high_ppm"))
    return [share, f"{low} to {high}"]


def _missing(rows: Iterable[Row]) -> Grid:
    cells = sorted((_country(row), row["reason"]) for row in rows if row["reason"])
    return Grid("No estimate", [Head("Country"), Head("Why")], [GridRow(row) for row in cells], "None.", True)
