"""Words that the page, the charts and methodology.md share. Text only: who shows it escapes it."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from camcensus.core.comparability import changed_instrument
from camcensus.core.config import Study
from camcensus.core.countries import country_name, load_countries
from camcensus.core.manifest import UNKNOWN_QUERIES, Manifest, Window
from camcensus.estimate.two_engines.estimate import WHY_NOT_ONE
from camcensus.report.inputs import Result
from camcensus.report.tables.publish import Folded

SYNTHETIC = "SYNTHETIC DATA: made up by a simulation, not measured. No number here says anything about the world."
PARTIAL = "PARTIAL COLLECTION: this snapshot is not whole. Its counts are too low and are not compared with others."
ENGINES = {"shodan": "Shodan"}
AGES = ("0", "1-2", "3-6", "7-13", "14-29", "30+")  # days since the last sight, as the manifest has them
MANY_NAMES = 3
LEAST_SHARE = 0.05  # percent; less would be shown as 0.0
# Often taken to be counted with China; each has an ISO code of its own.
OWN_CODES = ("HK", "MO", "TW")

UNIT_MEANING = {
    "hosts": "A host is one IP address with at least one counted banner.",
    "devices": "A device is one inferred camera, recorder, encoder or video device: a low estimate.",
    "banners": "A banner is one answer of one port of one address.",
}

METHOD = (
    (
        "What is counted",
        (
            "Answers (banners) that a search engine already holds. No device is contacted, no image is seen or kept. "
            "Counted are cameras, recorders, encoders, and video devices (one of these three, where the evidence does "
            "not say which); on this page all of them are called cameras. Door controllers, intercoms and software "
            "are not counted."
        ),
    ),
    (
        "Units",
        (
            "A banner is one answer of one port of one address. A host is one IP address with at least one counted "
            "banner; earlier studies call this a camera network. A device is one inferred camera, recorder, encoder "
            "or video device: ports of a host that do not contradict each other are one device, so devices are a low "
            "estimate, and not a number of cameras (one recorder may serve many). A prefix is one /24 (IPv4) or /48 "
            "(IPv6) network with at least one counted host."
        ),
    ),
    (
        "What adds up",
        (
            "A host has one country in a snapshot, so hosts add up across countries. They do not add up across makers, "
            "brands, types or models: an address with cameras of two makers is one host for each maker and one host in "
            "its country. Devices and banners add up across everything. Prefixes add up across nothing."
        ),
    ),
    (
        "Dedupe",
        (
            "A banner is a distinct address, port and transport; older sightings of the same banner count once. "
            "Banners that carry the same serial number or MAC address (kept only as a keyed hash) belong to one "
            "device, unless that identity is seen on too many addresses to be one. Without an identity, the ports of "
            "a host that do not contradict each other are one device."
        ),
    ),
    (
        "Identification",
        (
            "Each banner is matched with a catalogue of signatures. Maker and kind of device each have a confidence: "
            "high, medium or low. Being certain of the maker is not being certain of the kind. Only banners with at "
            "least the confidence of the study are counted."
        ),
    ),
    (
        "Decoys",
        (
            "Honeypots and hosts that answer on everything look like cameras. They are graded possible, likely or "
            "certain, never silently dropped. The headline leaves out the certain ones; counts with none and with the "
            "likely ones left out stand beside it."
        ),
    ),
    (
        "IPv4 only",
        "Headline counts are of IPv4. Devices change their IPv6 addresses often, which inflates hosts.",
    ),
)

SENSITIVITY = (
    "Thin lines are sensitivity ranges: the lowest and highest count when decoys, confidence and location source are "
    "chosen otherwise. They are no 95 % intervals."
)
RANKS = "Behind a name: the best and worst place that these ranges allow."
TABLE_RANKS = (
    "In brackets behind a rank: the best and worst that the sensitivity ranges allow, where these overlap. They are "
    "known of all makers together, not of one."
)
CHANGE_RANGE = (
    "“With other settings” is the sensitivity range of the change: the smallest and largest change when decoys, "
    "confidence and location source are chosen otherwise, alike in both snapshots. It is no 95 % interval."
)
TREND_NOTE = (
    "Trends: every point from zero to the row’s own most; no line leads where two snapshots cannot be compared, a "
    "dotted one where the instrument may not be the same. They sort by how high the newest point is."
)
ROWS_STAY = (
    "These files hold counts. The search engine’s results themselves, row by row, are not part of them: they hold "
    "addresses, and the engine’s terms say what may be done with its results."
)
NO_SENSITIVITY = "No sensitivity range: only one way of counting is there."
ASKED_UNKNOWN = "What was asked of the engine is not known of imported files, so a change may be one of the question."
NO_AUDIT = "No count on this page is held against an audit, so sensitivity ranges stand in place of 95 % intervals."
DECOY_RULES = {
    "banner": "what one banner shows: a known decoy's constant, the engine's honeypot tag",
    "hosting": "the address is in a hosting network",
    "many-makers": "cameras of many makers on one host",
    "unrelated-products": "products of other kinds beside the cameras of a host",
    "many-ports": "many open ports on one host",
    "shared-identity": "one serial number or MAC address on many hosts",
    "alike-answers": "many hosts of one network answer alike, each with an identity of its own",
    "two-reasons": "two different reasons at once",
}
MERGE_RULES = {
    "same-banner": "one host, port and transport is one banner: its latest sight",
    "identity": "one serial number, MAC address or rare certificate is one device, on whatever port",
    "churn": "one identity on several addresses is one device",
    "same-host": "ports of a host that do not contradict each other are one device",
}
LIMITS = (
    "A search engine sees part of the Internet: the ports it scans, the addresses that let it, the day it came by.",
    "A host is not a camera. One address may hide many cameras behind a recorder, or none that anybody can watch.",
    "Visible is not open: a camera that answers may ask for a password and be well kept.",
    "Addresses change hands; within the window one device may be seen on more than one address.",
    (
        "Countries come from a geolocation database, which is wrong for some addresses, above all near borders, for "
        "satellite and mobile networks and for networks that span countries. Hosts of unknown country are in the total."
    ),
    "Cameras sold under another brand count for the maker only where the evidence shows it.",
    "Cameras that no query asks for, or no signature knows, are missing. Better signatures find more.",
    (
        "Imported files hold what their queries returned, and which those were only the study can say. What the files "
        "leave out is not counted."
    ),
    (
        "Counts are no estimates from a sample, so they have no 95 % interval; only what an audit corrects has one. "
        "The sensitivity ranges show how much a count depends on the choices made."
    ),
)


def plural(n: int, one: str, many: str) -> str:
    """`n` with thousands separators, and the word that goes with it."""
    return f"{n:,} {one if n == 1 else many}"


def listing(items: Sequence[str]) -> str:
    """a; a and b; a, b and c."""
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def counted_things(n: int, vendor: str, unit: str) -> str:
    """The number with what it counts: 12 hosts with cameras or recorders made by Hikvision."""
    if unit == "hosts":
        return plural(n, *(f"{hosts} with cameras or recorders made by {vendor}" for hosts in ("host", "hosts")))
    if unit == "devices":
        return plural(n, f"{vendor} device", f"{vendor} devices")
    return plural(n, f"banner of {vendor} cameras", f"banners of {vendor} cameras")


def outside(left_out: Sequence[str]) -> str:
    """Which part of the world: worldwide; outside China; outside the 5 countries and territories left out."""
    if not left_out:
        return "worldwide"
    if len(left_out) > MANY_NAMES:
        return f"outside the {len(left_out)} countries and territories left out"
    return f"outside {listing([country_name(code) for code in left_out])}"


def world_name(study: Study) -> str:
    """Name of the World row: which countries its totals are without."""
    codes = ", ".join(study.countries_left_out)
    return f"World (headline: without {codes})" if codes else "World (headline: all countries)"


def left_out_note(study: Study) -> str:
    """Which codes are left out, and whether Hong Kong, Macao and Taiwan are."""
    out = study.countries_left_out
    names = [f"{country_name(c)} ({c})" for c in out]
    start = f"Left out: {listing(names)}." if names else "No country is left out."
    inside = [country_name(c) for c in OWN_CODES if c not in out]
    without = [country_name(c) for c in OWN_CODES if c in out]
    if not without:
        return f"{start} {listing(inside)} have country codes of their own and are counted."
    verb = "has a country code of its own and is" if len(without) == 1 else "have country codes of their own and are"
    counted = f" {listing(inside)} {'is' if len(inside) == 1 else 'are'} counted." if inside else ""
    return f"{start} {listing(without)} {verb} left out too.{counted}"


def country_list() -> str:
    """Which list of countries a number of countries refers to."""
    countries = load_countries()
    extra = " and Kosovo (XK)" if "XK" in countries else ""
    return f"Countries and territories: the {len(countries) - bool(extra)} codes of ISO 3166-1{extra}."


def small_cells(study: Study) -> str:
    """What is hidden, and why."""
    n = study.publication.min_hosts
    return (
        f"A maker with fewer than {n} hosts in a country, or in all, is not shown, nor the next smallest where the "
        "hidden count could be worked out from the rest: from the other makers of the country, or from the same maker "
        "in other countries. A country too small for that shows no makers. Totals of countries are always shown."
    )


def public_counts(study: Study) -> str:
    """What counts_public.parquet holds, and what it leaves out."""
    return (
        f"{small_cells(study)} In counts_public.parquet the same holds for brands, kinds and models; what is not shown "
        "is folded into rows named other. Devices, banners and networks are given for the world, countries, makers and "
        "kinds alone: they add up across everything, so finer ones would give away what is folded. Other settings "
        "(scope, IP version, confidence, decoys) are given for the world and countries alone. Totals are as counted. "
        "This does not hold against somebody who knows hidden counts from elsewhere."
    )


def folded(found: Folded, what: str) -> str:
    """How much is folded, in words; `what` names the cells."""
    if not found.cells or found.share is None:
        return f"No cell of {what} is folded."
    share = "less than 0.1 %" if found.share < LEAST_SHARE else f"{found.share:.1f} %"
    cells = plural(found.of, "cell", "cells")
    return f"Folded: {found.cells:,} of {cells} of {what}, with {share} of the hosts of such cells."


def makers_not_shown(study: Study, hidden: int, further: int) -> str:
    """How many makers a chart does not show: too small, and more than it has room for."""
    said = []
    if further:
        said.append(f"{plural(further, 'maker follows', 'makers follow')} after these.")
    if hidden:
        few = f"with fewer than {study.publication.min_hosts} hosts, or folded with such,"
        said.append(f"{plural(hidden, 'maker', 'makers')} {few} {'is' if hidden == 1 else 'are'} not shown.")
    return " ".join(said)


def day(seconds: int) -> str:
    """The UTC date of a time."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def window(found: Window | None) -> str:
    """First and last day counted."""
    if found is None or found.start is None or found.end is None:
        return "nothing counted"
    return f"{day(found.start)} to {day(found.end)} (UTC)"


def engine(manifest: Manifest) -> str:
    """The search engine's name as people write it."""
    titles = [item.mapping.title for item in manifest.inputs.values() if item.mapping]
    return ENGINES.get(manifest.engine) or next(iter(titles), manifest.engine)


def unverified(results: Sequence[Result]) -> list[str]:
    """A caveat for each snapshot that was read with a mapping which nobody held against a real export."""
    return [
        f"Snapshot {result.snapshot} was read from exports of {engine(result.manifest)} with a mapping made from "
        "documentation, and not verified against a real export."
        for result in results
        if any(item.mapping and not item.mapping.verified for item in result.manifest.inputs.values())
    ]


def source(result: Result, first: Result | None = None) -> str:
    """The line below a chart: where its numbers come from. `first`: the oldest snapshot, where there are several."""
    found = result.manifest
    of = f"snapshot {result.snapshot}, {window(found.window)}"
    if first and first.snapshot != result.snapshot:
        of = f"snapshots {first.snapshot} to {result.snapshot}, the last of {window(found.window)}"
    return (
        f"Source: camcensus from {engine(found)} results, {of}. "
        f"IPv4; certain decoys left out. Run {found.run[:12] or 'not recorded'}."
    )


def not_corrected(before: Result, now: Result) -> str:
    """The caveat of a change; empty when the instrument is the same."""
    said = []
    if parts := changed_instrument(before.manifest, now.manifest):
        said.append(f"Not corrected for changed instrument: {listing(parts)} differ{'s' if len(parts) == 1 else ''}.")
    if any(r.manifest.instrument and r.manifest.instrument.query_set == UNKNOWN_QUERIES for r in (before, now)):
        said.append(ASKED_UNKNOWN)
    return " ".join(said)


def absent(charts: Collection[str], matches: bool, audited: bool = False) -> list[str]:
    """What a reader may look for and there is no data for, a sentence each. `charts`: names of those that are drawn;
    `matches`: census or history are there; `audited`: an audit is."""
    said = [WHY_NOT_ONE if audited else f"{WHY_NOT_ONE} {NO_AUDIT}"]
    if "firmware_age" not in charts:
        said.append("Firmware age: no firmware of what was counted has the day it was built in its name.")
    if "instrument" not in charts:
        said.append(
            "A series of the banners that every snapshot’s queries would have returned: of no snapshot it is known "
            "which queries its files were downloaded with. A study can say so (queries, under a snapshot)."
        )
    if "controls" not in charts:
        said.append("The ratio to free control counts of the engine: no snapshot was collected with them.")
    if "churn" not in charts:
        said.append("A churn index: it takes several whole collections of one snapshot.")
    if not matches:
        said.append("The engine's own totals (a census) and its monthly history: they were not asked for.")
    return said


def licence(study: Study) -> str:
    """Under which licence the tables may be used, as far as the study says."""
    named = study.publication.licence
    own = f"Tables and charts: {named}." if named else "The study names no licence for its tables and charts."
    return (
        f"{own} Sources keep their own terms, which datapackage.json lists with each: the country database asks for "
        "the credit that stands on this page. The code of camcensus is Apache-2.0."
    )


def thanks(results: Sequence[Result]) -> list[str]:
    """The credits that the sources ask for, newest first, each once."""
    return list(dict.fromkeys(r.manifest.geo_credit for r in reversed(results) if r.manifest.geo_credit))


def citation(study: Study, results: list[Result]) -> str:
    """How to cite the report; no date of its making, which would change its bytes."""
    newest = results[-1]
    found = newest.manifest
    synthetic = " Synthetic data." if study.simulated or found.simulated else ""
    snapshots = newest.snapshot if len(results) == 1 else f"{results[0].snapshot} to {newest.snapshot}"
    label = "snapshot" if len(results) == 1 else "snapshots"
    return (
        f"{study.title}.{synthetic} camcensus {found.version or '(version not recorded)'}, {engine(found)} results, "
        f"{label} {snapshots}, window {window(found.window)}. Run {found.run or 'not recorded'}."
    )
