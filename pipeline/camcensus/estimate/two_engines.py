"""The estimate from two engines: hosts (and identities) reachable from the Internet, by country and kind of network."""

from dataclasses import dataclass

import pandas as pd

from camcensus.estimate.chapman import Estimate, Overlap, chapman, total
from camcensus.estimate.two_lists import Lists

WHAT = "hosts reachable from the Internet, never cameras in the country"
WHY_NOT_ONE = (
    "There is no estimate of what no engine saw: with one engine nothing says how much it misses. It takes the same "
    "window of a second engine (camcensus estimate engines --with)."
)
ASSUMPTIONS = (
    "the population does not change within the window (addresses that change within it break this)",
    "a host on both lists is recognised as the same (matched by address; by serial number or MAC address beside it)",
    "within a country and kind of network all hosts are as likely to be found, by one engine at least",
    "being found by one engine says nothing about being found by the other; the band shows odds ratios of 1 to 10",
    "both lists are held to the same evidence, ports and window; decoys graded likely or certain are left out",
)
STRATUM = ["country", "network_kind"]


@dataclass(frozen=True)
class Engines:
    """The estimates. `strata`: a row for each country and kind of network; `hosts`, `identities`: sums, None: none."""

    strata: pd.DataFrame
    hosts: Estimate | None
    identities: Estimate | None


def estimate(lists: Lists) -> Engines:
    """Hosts by stratum and in all, and identities in all."""
    overlaps = overlaps_of(lists, "host")
    rows = []
    for stratum, overlap in overlaps.items():
        found = chapman(overlap)
        rows.append({
            **dict(zip(STRATUM, stratum, strict=True)), "first_only": overlap.first, "second_only": overlap.second,
            "both": overlap.both, "estimate": found.point if found else None, "low": found.low if found else None,
            "high": found.high if found else None, "at_odds_10": found.band[-1][1] if found else None,
        })  # fmt: skip
    by_identity = overlaps_of(lists, "identity")
    return Engines(pd.DataFrame(rows), total(list(overlaps.values())), total(list(by_identity.values())))


def overlaps_of(lists: Lists, what: str) -> dict[tuple[str, str], Overlap]:
    """How the lists overlap in each stratum. What the engines put into different strata is in the first's."""
    first, second = (_placed(frame, what) for frame in (lists.first, lists.second))
    places = pd.concat([first, second[~second.index.isin(first.index)]])
    places["one"] = places.index.isin(first.index)
    places["two"] = places.index.isin(second.index)
    found: dict[tuple[str, str], Overlap] = {}
    for (country, kind), each in places.groupby(STRATUM, sort=True):
        one, two = each["one"], each["two"]
        overlap = Overlap(int((one & ~two).sum()), int((~one & two).sum()), int((one & two).sum()))
        found[str(country), str(kind)] = overlap
    return found


def _placed(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    """Each host or identity once, at its latest sight."""
    latest = frame.dropna(subset=[what]).sort_values(["seen", "host", "port"]).drop_duplicates(what, keep="last")
    return latest.set_index(what)[STRATUM]


def told(found: Engines, lists: Lists) -> str:
    """The estimate in words, with its assumptions."""
    lines = [f"What is estimated: {WHAT}.", "It supposes that:", *(f"  - {text}" for text in ASSUMPTIONS)]
    lines.append(f"Window: {(lists.end - lists.start + 1) // 86_400} days; {lists.ports} ports that both have.")
    for name, each in (("matched by address", found.hosts), ("matched by identity", found.identities)):
        if each is None:
            lines.append(f"{name}: no estimate; no stratum has an overlap of 10")
            continue
        lines.append(
            f"{name}: {each.point:,.0f} (95 % interval if independent: {each.low:,.0f} to {each.high:,.0f}); "
            f"either list has {each.seen:,}, of them {each.left_out:,} in strata without an estimate"
        )
        band = ", ".join(f"{ratio:g}: {point:,.0f}" for ratio, point in each.band)
        lines.append(f"  by odds ratio between the lists: {band}")
    return "\n".join(lines)
