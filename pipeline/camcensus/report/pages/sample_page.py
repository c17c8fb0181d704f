"""What a reader gets of samples: a page of each, and one table of all. Every number has its interval."""

from collections.abc import Callable, Iterable, Sequence

from camcensus.core.config import Study
from camcensus.core.countries import country_name
from camcensus.core.manifest import Manifest
from camcensus.core.tables import COUNTS
from camcensus.estimate.area_sampling.figures import LEAST_BLOCKS
from camcensus.estimate.area_sampling.ratio import RESAMPLES
from camcensus.report import formatting, wording
from camcensus.report.inputs import Result
from camcensus.report.output import Output
from camcensus.report.pages.rendering import render, source
from camcensus.report.tables import small_tables
from camcensus.report.tables.samples import TOO_LITTLE, Estimated, Row, published, table
from camcensus.report.tables.small_tables import TextTable, text_table
from camcensus.report.tables.table_export import as_frame, csv

CSV = "sample_estimates.csv"
INTERVAL = "95% interval"
SCOPES = {"all": "everywhere", "study": "without the countries left out"}
SAMPLE_MARKER = "SAMPLE: every number is an estimate from random blocks of addresses, with its interval."
_ESTIMATE = (
    "An estimate is the count in the blocks, divided by the matches that came from them, times the matches that the "
    "engine announces in the whole IPv4 space. For a maker with own queries these are the matches of its queries; for "
    "a country, the matches in the country."
)
_INTERVAL = (
    f"Its interval is made of percentiles of {RESAMPLES:,} resamples of whole blocks, widened by Student's t with one "
    "degree of freedom less than there are effective blocks. For the low end, a block is added in which matches are "
    "announced and nothing is counted: what is in few blocks may be in none of those sample. There is no estimate "
    f"where fewer than {LEAST_BLOCKS} blocks hold matches, or fewer than {LEAST_BLOCKS} hold what is counted."
)
_COVERS = (
    "An interval covers what drawing other blocks would have changed, in 95 of 100 draws, and nothing else. It does "
    "not cover what the engine does not see, what the queries do not find, wrong makers or kinds, hosts in the wrong "
    "country, decoys, and changes during the collection."
)
_APPROXIMATE = (
    "Intervals are approximate, above all where few blocks hold most of what is counted, or where little more than "
    f"{LEAST_BLOCKS} blocks hold any."
)
_ADDS_UP = "Each figure is estimated on its own: estimates of countries or makers do not add up to that of the world."
_OTHER = (
    "A device whose address moved from one block to another may count in both, so the devices are somewhat too high; "
    "decoys that show only across blocks are missed. Estimates and complete downloads are not compared in one series."
)


def write(study: Study, samples: Sequence[Estimated], out: Output, newest: str = "") -> None:
    """Write a page for each sample (oldest first), the newest under the name `newest`, and the table of all."""
    own = [published(study, sample) for sample in samples]
    for number, sample in enumerate(own, 1):
        name = newest if newest and number == len(own) else file_of(sample)
        out.write(name, page(study, sample))
    if own:
        out.write(CSV, csv(as_frame(table(own))))


def titles(samples: Sequence[Estimated]) -> dict[str, str]:
    """Return the files that `write` adds to a report, and what each is."""
    pages = {file_of(sample): f"estimates from sample {sample.snapshot}, with intervals" for sample in samples}
    return {CSV: "estimates from samples, with intervals", **pages} if samples else {}


def file_of(sample: Estimated) -> str:
    """Return the file of a sample's page."""
    return f"sample-{sample.snapshot}.html"


def page(study: Study, sample: Estimated) -> str:
    """Return the page. `sample`: what may be published of it."""
    manifest = sample.manifest
    # The count in the sample's blocks is not a total, so it is not passed on.
    result = Result(sample.snapshot, manifest, COUNTS.schema.empty_table())
    return render(
        "sample.html.j2",
        source("base.css"),
        study=study,
        words=wording,
        marker=SAMPLE_MARKER,
        sample=sample,
        simulated=study.simulated or manifest.simulated,
        headlines=[_headline(study, sample.rows, vendor) for vendor in study.vendors],
        parts=_parts(study, sample.rows),
        method=_method(manifest),
        limits=_limits(manifest),
        instrument=small_tables.instruments([result]),
        flow=small_tables.flow(result),
        csv=CSV,
        cite=f"SAMPLE. {wording.citation(study, [result])}",
        credits=[formatting.linked(text) for text in wording.attributions([result])],
    )


def _headline(study: Study, rows: Sequence[Row], vendor: str) -> tuple[str, str]:
    """Of one vendor: the number, and the rest of the sentence."""
    unit, where = study.headline_unit, wording.outside(study.countries_left_out)
    own = [row for row in _rows(rows, "manufacturer", f"n_{unit}") if row["manufacturer"] == vendor]
    if not own or own[0]["estimate"] is None:
        return "No estimate", f"of {unit} with {vendor} cameras {where}: {TOO_LITTLE}"
    number, _, thing = wording.counted_things(own[0]["estimate"], vendor, unit).partition(" ")
    return f"about {number}", f"{thing} {where}; {INTERVAL} {_span(own[0])}"


def _parts(study: Study, rows: Sequence[Row]) -> list[tuple[str, str, TextTable]]:
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


def _world(rows: Sequence[Row]) -> TextTable:
    cells = [
        [SCOPES[row["scope"]], row["unit"].removeprefix("n_"), formatting.shown(row["estimate"]),
         row["reason"] or _span(row)]
        for row in rows
        if row["level"] == "world"
    ]  # fmt: skip
    return text_table("The world, estimated", ["Scope", "Unit", "Estimate", INTERVAL], cells, (2, 3))


def _ranked(first: str, unit: str, rows: Iterable[Row], name: Callable[[Row], str]) -> TextTable:
    """Estimates with intervals, the largest first."""
    head = [first, unit.capitalize(), INTERVAL, "Share, %", f"{INTERVAL}, %"]
    found = sorted((row for row in rows if row["estimate"] is not None), key=lambda row: (-row["estimate"], name(row)))
    cells = [[name(row), f"{row['estimate']:,}", _span(row), *_share(row)] for row in found]
    title = f"{first}: {unit}, estimated"
    return text_table(title, head, cells, range(1, 5), empty="Too little in the sample.", is_long=True)


def _share(row: Row) -> list[str]:
    if row["share_ppm"] is None:
        return [formatting.HIDDEN, formatting.HIDDEN]
    share, low, high = (f"{row[name] / 10_000:.1f}" for name in ("share_ppm", "share_low_ppm", "share_high_ppm"))
    return [share, f"{low} to {high}"]


def _missing(rows: Iterable[Row]) -> TextTable:
    cells = sorted([_country(row), row["reason"]] for row in rows if row["reason"])
    return text_table("No estimate", ["Country", "Why"], cells, empty="None.", is_long=True)


def _method(manifest: Manifest) -> list[str]:
    """How the estimates were computed, a paragraph each."""
    stage, collection = manifest.stages.get("estimates"), manifest.collection
    sample = collection.sample if collection else None
    if stage is None or sample is None:
        return [_ESTIMATE, _INTERVAL]
    first = (
        f"Of the {sample.of:,} blocks /{sample.prefix_length} of the address space that hold public IPv4 addresses, "
        f"{sample.blocks:,} were drawn without replacement, each with the same chance of "
        f"{100 * sample.blocks / sample.of:.2f}%, by seed {sample.seed}. All that the queries find there was "
        f"downloaded. {stage.flow.rows_out:,} are complete; only those are used."
    )
    return [first, _ESTIMATE, _INTERVAL]


def _limits(manifest: Manifest) -> list[str]:
    """Return what the estimates do not cover."""
    stage = manifest.stages.get("estimates")
    notes = [f"{note[:1].upper()}{note[1:]}." for note in stage.notes[1:]] if stage else []
    return [_COVERS, _APPROXIMATE, *notes, _ADDS_UP, _OTHER]
