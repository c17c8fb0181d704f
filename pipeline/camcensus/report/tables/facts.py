"""The numbers in the page's sentences: headline, changes, other settings, and the flow of rows."""

from dataclasses import dataclass

from camcensus.aggregate.coverage import world_of
from camcensus.aggregate.stage import STAGE as AGGREGATE
from camcensus.core.comparability import breaks, changed_instrument, incomparable
from camcensus.core.config import Study
from camcensus.core.countries import load_countries
from camcensus.core.manifest import Manifest
from camcensus.core.stage_record import QUARANTINED
from camcensus.ingest.records import REASONS
from camcensus.report import wording
from camcensus.report.context import ReportContext
from camcensus.report.formatting import percent, signed
from camcensus.report.inputs import Result, headline_cells, world_cell
from camcensus.report.tables import audits, sensitivity
from camcensus.report.tables.publish import published, ranked

AGREED_HOSTS = 5


@dataclass(frozen=True)
class Headline:
    """The sentence on one vendor: `number` is how it starts, `text` the rest."""

    number: str
    text: str
    un_members: str = ""


@dataclass(frozen=True)
class Change:
    """From an earlier count to a later one. None: there is nothing to compare with, or a zero to divide by."""

    absolute: int | None = None
    percent: float | None = None


@dataclass(frozen=True)
class FlowRow:
    """A stage's rows: received, dropped by reason, passed on."""

    stage: str
    unit: str
    rows_in: int
    dropped: tuple[tuple[str, int], ...]
    rows_out: int


def headline(study: Study, result: Result, vendor: str) -> Headline:
    """Return the sentence on one vendor: how many, in how many countries and territories, outside which."""
    total = published(study, result).count(f"n_{study.headline_unit}", manufacturer=vendor)
    where = wording.outside(study.countries_left_out)
    if total is None:
        why = f"fewer than {study.publication.min_hosts}, or they would reveal the number of a smaller maker"
        return Headline("Not shown:", f"hosts with cameras or recorders made by {vendor} {where} ({why})")
    cells = ranked(headline_cells(result, "country+manufacturer", study), study.countries_left_out)
    codes = cells.loc[(cells["manufacturer"] == vendor) & (cells["n_hosts"] > 0), "country"]
    number, _, thing = wording.counted_things(total, vendor, study.headline_unit).partition(" ")
    if codes.empty:
        return Headline(number, f"{thing} {where}")
    places = wording.plural(len(codes), "country or territory", "countries and territories")
    members = sum(load_countries()[code].un_member for code in codes)
    return Headline(number, f"{thing} in {places} {where}", f"{members:,} of them UN members")


def headline_change(context: ReportContext) -> str:
    """Return sentences on how the first vendor's number moved, and all makers' with its ranges and intervals."""
    study, before, now = context.study, context.before, context.now
    why = no_change(before, now)
    if before is None or why:
        return f"Change since the snapshot before: n/a ({why})."
    column = f"n_{context.unit}"
    own = [published(study, r).count(column, manufacturer=study.vendors[0]) for r in (before, now)]
    world = [world_cell(r, study, "study")[column] for r in (before, now)]
    span = sensitivity.change_range(study, before, now, context.unit)
    ranged = f", with other settings {signed(span.low)} to {signed(span.high)}" if span else ""
    parts = changed_instrument(before.manifest, now.manifest)
    sentences = [
        f"{_moved(change(*own))} since {before.snapshot}.",
        f"All makers: {_moved(change(*world))}{ranged}. The range is not known for one maker.",
        audits.change_sentences(context.audits, before, now, study.min_confidence),
        f"Not one instrument: {wording.listing(parts)} changed." if parts else "",
    ]
    return " ".join(filter(None, sentences))


def _moved(found: Change) -> str:
    return "change not shown" if found.absolute is None else f"{signed(found.absolute)} ({percent(found.percent)})"


def unidentified(result: Result) -> str:
    """Return how many hosts are counted, and how many more use words of surveillance: a sum, and never a share.

    Empty where it is not known.
    """
    if result.coverage is None:
        return ""
    world = world_of(result.coverage, "study")
    counted, more = (world[outcome]["n_hosts"] for outcome in ("counted", "candidate"))
    verb = "uses surveillance words and is" if more == 1 else "use surveillance words and are"
    return (
        f"{wording.plural(counted, 'host', 'hosts')} counted; {more:,} more {verb} not identified; devices without "
        "such words are in neither."
    )


def countries_found(study: Study, result: Result) -> tuple[int, int]:
    """Return the number of countries in the headline with a host, and with five hosts by both location sources."""
    cells = ranked(headline_cells(result, "country", study), study.countries_left_out)
    agreed = cells["n_hosts_geo_min"].fillna(0) >= AGREED_HOSTS
    return int((cells["n_hosts"] > 0).sum()), int(agreed.sum())


def not_comparable(before: Result | None, now: Result) -> str:
    """Return why a snapshot cannot be compared with the one before; empty when it can."""
    return incomparable(before.manifest, now.manifest) if before else "there is no earlier snapshot"


def no_change(before: Result | None, now: Result) -> str:
    """Return why no change since the snapshot before is given; empty when one is given.

    There is nothing to compare with, or the instrument is another one, whose difference is no change of the world.
    """
    return wording.listing(breaks(before.manifest, now.manifest)) if before else not_comparable(before, now)


def change(before: int | None, now: int | None) -> Change:
    """Return the change between two counts."""
    if before is None or now is None:
        return Change()
    return Change(now - before, 100 * (now - before) / before if before else None)


def flows(manifest: Manifest) -> list[FlowRow]:
    """Return each stage's flow in the order of the stages, the reasons with most rows first."""
    found = []
    for name in (stage.name for stage in AGGREGATE.chain):
        if stage := manifest.stages.get(name):
            flow, dropped = stage.flow, sorted(stage.flow.dropped.items(), key=lambda d: (-d[1], d[0]))
            # Quarantine codes have a text; other reasons are text already.
            reasons = tuple((REASONS.get(code.removeprefix(QUARANTINED), code), n) for code, n in dropped)
            found.append(FlowRow(name, flow.unit, flow.rows_in, reasons, flow.rows_out))
    return found
