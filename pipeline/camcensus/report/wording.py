"""Text that the page, the charts and methodology.md share. It is not escaped: templates and writers do that."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from camcensus.core.comparability import changed_instrument
from camcensus.core.config import Study
from camcensus.core.countries import country_name, load_countries
from camcensus.core.manifest import UNKNOWN_QUERIES, Manifest, Window
from camcensus.estimate.two_engines.estimate import WHY_NOT_ONE
from camcensus.report.inputs import Result
from camcensus.report.tables.publish import HiddenPart

SYNTHETIC = "SYNTHETIC DATA: made up by a simulation, not measured. No number here says anything about the world."
PARTIAL = "PARTIAL COLLECTION: this snapshot is incomplete. Its counts are too low and are not compared with others."
ENGINES = {"shodan": "Shodan"}
AGES = ("0", "1-2", "3-6", "7-13", "14-29", "30+")  # days since the engine last saw a host, as in the manifest
MANY_NAMES = 3
LEAST_SHARE = 0.05  # percent; less would be shown as 0.0
# Often thought to be counted with China; each has its own ISO code.
OWN_CODES = ("HK", "MO", "TW")

UNIT_MEANING = {
    "hosts": "A host is one IP address with at least one counted banner.",
    "devices": "A device is one inferred camera, recorder, encoder or video device: a low estimate.",
    "banners": "A banner is one answer of one port of one address.",
}

SENSITIVITY = (
    "Thin lines are sensitivity ranges: the lowest and highest count when decoys, confidence and location source are "
    "chosen otherwise. They are not 95% intervals."
)
RANKS = "After a name: the best and worst rank that these ranges allow."
ROWS_STAY = (
    "These files hold counts. They do not hold the search engine’s results row by row: these contain addresses, and "
    "the engine’s terms limit their use."
)
NO_SENSITIVITY = "No sensitivity range: counted in only one way."
QUERIES_UNKNOWN = "The queries behind imported files are not known, so a change may come from other queries."
NO_AUDIT = "No count on this page was checked by an audit, so there are sensitivity ranges, not 95% intervals."
ONE_INSTRUMENT = (
    "“Headline”: all that was counted, by any query; it lies beneath where the two are the same, and its line is "
    "broken where the queries changed. “Same queries”: only banners that the queries of every snapshot would have "
    "returned, all identified with today’s catalogue and counted with today’s rules. “… and ports”: of these, those on "
    "ports that the engine scanned in every snapshot. Snapshots whose queries are not known do not take part."
)
ABSENT = {
    "firmware_age": "Firmware age: no firmware of what was counted has its build date in its name.",
    "instrument": (
        "A series of the banners that every snapshot’s queries would have returned: the queries of the files are not "
        "known for any snapshot. A study can name them (queries, under a snapshot)."
    ),
    "controls": "The ratio to free control counts of the engine: no snapshot was collected with them.",
    "churn": "A churn index: it takes several complete collections of one snapshot.",
    "matches": "The engine's own totals (a census) and its monthly history: they were not requested.",
}
DECOY_RULES = {
    "banner": "one banner shows it: a known decoy's constant, the engine's honeypot tag",
    "hosting": "the address is in a hosting network",
    "many-makers": "cameras of many makers on one host",
    "unrelated-products": "products of other kinds next to the cameras of a host",
    "many-ports": "many open ports on one host",
    "shared-identity": "one serial number or MAC address on many hosts",
    "alike-answers": "many hosts of one network give the same answers, each with its own identity",
    "two-reasons": "two different reasons together",
}
MERGE_RULES = {
    "same-banner": "keep only the latest banner per host, port and transport",
    "identity": "one serial number, MAC address or rare certificate is one device, on any port",
    "churn": "one identity on several addresses is one device",
    "same-host": "ports of a host that do not contradict each other are one device",
}


def plural(n: int, one: str, many: str) -> str:
    """Return a number and its noun."""
    return f"{n:,} {one if n == 1 else many}"


def listing(items: Sequence[str]) -> str:
    """Join as in: a; a and b; a, b and c."""
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def counted_things(n: int, vendor: str, unit: str) -> str:
    """Return the number with what it counts: 12 hosts with cameras or recorders made by Hikvision."""
    if unit == "hosts":
        return plural(n, *(f"{hosts} with cameras or recorders made by {vendor}" for hosts in ("host", "hosts")))
    if unit == "devices":
        return plural(n, f"{vendor} device", f"{vendor} devices")
    return plural(n, f"banner of {vendor} cameras", f"banners of {vendor} cameras")


def outside(left_out: Sequence[str]) -> str:
    """Return "worldwide", "outside China" or "outside the 5 countries and territories left out"."""
    if not left_out:
        return "worldwide"
    if len(left_out) > MANY_NAMES:
        return f"outside the {len(left_out)} countries and territories left out"
    return f"outside {listing([country_name(code) for code in left_out])}"


def left_out_note(study: Study) -> str:
    """Return which codes are left out, and whether Hong Kong, Macao and Taiwan are."""
    out = study.countries_left_out
    names = [f"{country_name(c)} ({c})" for c in out]
    start = f"Left out: {listing(names)}." if names else "No country is left out."
    inside = [country_name(c) for c in OWN_CODES if c not in out]
    without = [country_name(c) for c in OWN_CODES if c in out]
    if not without:
        return f"{start} {listing(inside)} have their own country codes and are counted."
    verb = "has its own country code and is" if len(without) == 1 else "have their own country codes and are"
    counted = f" {listing(inside)} {'is' if len(inside) == 1 else 'are'} counted." if inside else ""
    return f"{start} {listing(without)} {verb} left out too.{counted}"


def country_list() -> str:
    """Return which list of countries a number of countries refers to."""
    countries = load_countries()
    extra = " and Kosovo (XK)" if "XK" in countries else ""
    return f"Countries and territories: the {len(countries) - bool(extra)} codes of ISO 3166-1{extra}."


def small_cells(study: Study) -> str:
    """Return what is hidden, and why."""
    n = study.publication.min_hosts
    return (
        f"A maker with fewer than {n} hosts in a country, or in total, is not shown. The next smallest is hidden too "
        "where the hidden count could be worked out from the rest: from the other makers of the country, or from the "
        "same maker in other countries. A country too small for that shows no makers. Totals of countries are always "
        "shown."
    )


def public_counts(study: Study) -> str:
    """Return what counts_public.parquet holds, and what it leaves out."""
    return (
        f"{small_cells(study)} In counts_public.parquet the same applies to brands, kinds and models; hidden cells are "
        "merged into rows named other. Devices, banners and networks are given only for the world, countries, makers "
        "and kinds: they add up across everything, so finer ones would reveal what is hidden. Other settings (scope, "
        "IP version, confidence, decoys) are given only for the world and countries. Totals are as counted. This does "
        "not protect against somebody who knows hidden counts from elsewhere."
    )


def hidden_counts(found: HiddenPart, what: str = "maker counts", whose: str = "the hosts") -> str:
    """Return how many counts are hidden, and the share of hosts that they hold."""
    if not found.cells or found.share is None:
        return f"None of the {what} by country are hidden."
    share = "less than 0.1%" if found.share < LEAST_SHARE else f"{found.share:.1f}%"
    return f"{found.cells:,} of {found.of:,} {what} by country are hidden; they hold {share} of {whose}."


def makers_not_shown(study: Study, hidden: int, further: int) -> str:
    """Return how many makers a chart does not show: too small, and more than it has room for."""
    more = f"{plural(further, 'maker follows', 'makers follow')} after these." if further else ""
    few = f"with fewer than {study.publication.min_hosts} hosts, or hidden to protect such a count,"
    verb = "is" if hidden == 1 else "are"
    return f"{more} {plural(hidden, 'maker', 'makers')} {few} {verb} not shown.".strip() if hidden else more


def window(found: Window | None) -> str:
    """Return the first and last day counted."""
    if found is None or found.start is None or found.end is None:
        return "nothing counted"
    first, last = (datetime.fromtimestamp(seconds, UTC).date().isoformat() for seconds in (found.start, found.end))
    return f"{first} to {last} (UTC)"


def engine(manifest: Manifest) -> str:
    """Return the search engine's name as people write it."""
    titles = [item.mapping.title for item in manifest.inputs.values() if item.mapping]
    return ENGINES.get(manifest.engine) or next(iter(titles), manifest.engine)


def unverified(results: Sequence[Result]) -> list[str]:
    """Return a caveat for each snapshot that was read with a mapping never tested on a real export."""
    return [
        f"Snapshot {result.snapshot} was read from exports of {engine(result.manifest)} with a mapping made from "
        "documentation and not tested on a real export."
        for result in results
        if any(item.mapping and not item.mapping.verified for item in result.manifest.inputs.values())
    ]


def partial(results: Sequence[Result]) -> list[str]:
    """Return a caveat for each partial snapshot that says why it is."""
    return [
        f"Snapshot {result.snapshot} is partial: {'; '.join(result.manifest.partial)}."
        for result in results
        if not result.manifest.complete and result.manifest.partial
    ]


def source(result: Result, first: Result | None = None) -> str:
    """Return the line below a chart: the source of its numbers. `first`: the oldest snapshot."""
    found = result.manifest
    of = f"snapshot {result.snapshot}, {window(found.window)}"
    if first and first.snapshot != result.snapshot:
        of = f"snapshots {first.snapshot} to {result.snapshot}, the last of {window(found.window)}"
    return (
        f"Source: camcensus from {engine(found)} results, {of}. "
        f"IPv4; certain decoys left out. Run {found.run[:12] or 'not recorded'}."
    )


def not_corrected(before: Result, now: Result) -> str:
    """Return the caveat of a change; empty when the instrument is the same."""
    notes = []
    if parts := changed_instrument(before.manifest, now.manifest):
        notes.append(f"Not corrected for changed instrument: {listing(parts)} differ{'s' if len(parts) == 1 else ''}.")
    if any(r.manifest.instrument and r.manifest.instrument.query_set == UNKNOWN_QUERIES for r in (before, now)):
        notes.append(QUERIES_UNKNOWN)
    return " ".join(notes)


def absent(charts: Collection[str], matches: bool, audited: bool = False) -> list[str]:
    """Return a sentence for everything that a reader may expect and there is no data for.

    charts: names of those that are drawn. matches: there is a census or history. audited: there is an audit.
    """
    first, drawn = WHY_NOT_ONE if audited else f"{WHY_NOT_ONE} {NO_AUDIT}", {*charts, *(["matches"] if matches else [])}
    return [first, *(text for name, text in ABSENT.items() if name not in drawn)]


def licence(study: Study) -> str:
    """Return the licence of the tables, as far as the study names one."""
    named = study.publication.licence
    own = f"Tables and charts: {named}." if named else "The study names no licence for its tables and charts."
    return (
        f"{own} Sources keep their own terms, which datapackage.json lists with each: the country database requires "
        "the credit on this page. The code of camcensus is Apache-2.0."
    )


def attributions(results: Sequence[Result]) -> list[str]:
    """Return the credits that the sources ask for, newest first, each once."""
    return list(dict.fromkeys(r.manifest.geo_credit for r in reversed(results) if r.manifest.geo_credit))


def citation(study: Study, results: Sequence[Result]) -> str:
    """Return how to cite the report, without the date on which it was made, which would change its bytes."""
    first, newest, found = results[0].snapshot, results[-1].snapshot, results[-1].manifest
    synthetic = " Synthetic data." if study.simulated or found.simulated else ""
    snapshots = f"snapshot {newest}" if len(results) == 1 else f"snapshots {first} to {newest}"
    return (
        f"{study.title}.{synthetic} camcensus {found.version or '(version not recorded)'}, {engine(found)} results, "
        f"{snapshots}, window {window(found.window)}. Run {found.run or 'not recorded'}."
    )
