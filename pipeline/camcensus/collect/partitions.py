"""The split of a query so that no part has many pages: by country, then by port, then by network.

Only free counts are requested. Parts do not overlap, and together they are the query: what no facet names is a part
too. Small countries, ports and networks share a part, for each part wastes half a page of credits on average.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from camcensus.collect.client import Facets
from camcensus.core.errors import ContradictionError
from camcensus.raw.ledger_rows import Reply

Count = Callable[[str, Facets], Reply]
# Values of a facet that are requested; "-port:" with more would make an address too long for a server.
COUNTRIES = 1000
PORTS = 100
# Other values must not become part of a query, or of a file's name.
COUNTRY = re.compile(r"[A-Z]{2}")
PORT = re.compile(r"[0-9]{1,5}")
# Networks are halved until they fit, down to this prefix length; what does not fit then has many pages.
SMALLEST_NETWORK = 24
HALVES = ("0.0.0.0/1", "128.0.0.0/1")
# Two counts may differ by this share plus this number, because banners come and go in between.
DRIFT_SHARE, DRIFT = 0.1, 10


@dataclass(frozen=True)
class Part:
    """A part of a query as it is sent, and how many matches it had when it was counted."""

    sent: str
    expected: int


@dataclass(frozen=True)
class Split:
    """A query in parts: its total and its countries, from one reply, and its parts in a fixed order."""

    total: int
    countries: dict[str, int]
    parts: list[Part]


def split(query: str, count: Count, limit: int) -> Split:
    """Return the query in parts, each of at most `limit` matches where possible.

    Raises `ContradictionError` when the engine does not count parts as parts: splitting would never end.
    """
    reply = count(query, [("country", COUNTRIES)])
    found = facet_values(reply, "country", COUNTRY)
    return Split(reply.total, found, list(_by_country(query, reply.total, found, count, limit)))


def facet_values(reply: Reply, facet: str, kind: re.Pattern[str]) -> dict[str, int]:
    """Return the values of a facet that are of the kind; others count as not named."""
    return {value: n for value, n in reply.facet(facet).items() if kind.fullmatch(value) and n > 0}


def _by_country(query: str, total: int, found: dict[str, int], count: Count, limit: int) -> Iterator[Part]:
    if total <= limit:
        yield from _one_part(query, total)
        return
    yield from _groups(query, "country", found, limit, lambda sent, n: _by_port(sent, n, count, limit))
    if not found:
        yield from _by_port(query, total, count, limit)
    elif total > sum(found.values()):
        # Countries that the facet had no room for, and banners without a country.
        others = f"{query} -country:{','.join(sorted(found))}"
        reply = count(others, [("country", COUNTRIES)])
        further = facet_values(reply, "country", COUNTRY)
        if both := found.keys() & further.keys():
            raise_contradiction(others, f"matches in {min(both)}, which is left out")
        _check(others, reply.total, total - sum(found.values()), total)
        yield from _by_country(others, reply.total, further, count, limit)


def _by_port(query: str, expected: int, count: Count, limit: int) -> Iterator[Part]:
    if expected <= limit:
        yield from _one_part(query, expected)
        return
    reply = count(query, [("port", PORTS)])
    _check(query, reply.total, expected, expected)
    found = facet_values(reply, "port", PORT)
    yield from _groups(query, "port", found, limit, lambda sent, n: _by_network(sent, n, count, limit))
    if not found:
        yield from _by_network(query, reply.total, count, limit)
    elif reply.total > sum(found.values()):
        others = f"{query} -port:{','.join(sorted(found, key=int))}"
        yield from _by_network(others, reply.total - sum(found.values()), count, limit)


def _by_network(query: str, expected: int, count: Count, limit: int) -> Iterator[Part]:
    """Yield blocks of the IPv4 space, halved until they fit and joined where they fit together, and the rest (IPv6)."""
    if expected <= limit:
        yield from _one_part(query, expected)
        return
    blocks: list[tuple[str, int]] = []
    for half in HALVES:
        total = count(f"{query} net:{half}", ()).total
        blocks += split_network(query, ipaddress.IPv4Network(half), total, count, limit)
    others = f"{query} -net:{','.join(HALVES)}"
    outside = count(others, ()).total
    _check(query, sum(n for _, n in blocks) + outside, expected, expected)
    yield from pack_values(query, "net", blocks, limit)
    yield from _one_part(others, outside)


def split_network(
    query: str, network: ipaddress.IPv4Network, total: int, count: Count, limit: int, smallest: int = SMALLEST_NETWORK
) -> Iterator[tuple[str, int]]:
    """Yield parts of a network, none empty: of at most `limit` matches or the `smallest` prefix length, in order."""
    if total <= limit or network.prefixlen >= smallest:
        if total > 0:
            yield str(network), total
        return
    lower, upper = network.subnets()
    below = count(f"{query} net:{lower}", ()).total
    # The second half is what the first leaves over: one request instead of two. Where nothing is left it is counted,
    # since banners that appeared between the two counts would hide it.
    above = total - below if total > below else count(f"{query} net:{upper}", ()).total
    _check(f"{query} net:{network}", below + above, total, total)
    yield from split_network(query, lower, below, count, limit, smallest)
    yield from split_network(query, upper, above, count, limit, smallest)


def _groups(
    query: str, name: str, found: dict[str, int], limit: int, deeper: Callable[[str, int], Iterator[Part]]
) -> Iterator[Part]:
    """Yield small values together as one part; `deeper` splits those that are too large alone."""
    values = sorted(found.items())
    yield from pack_values(query, name, [(value, n) for value, n in values if n <= limit], limit)
    for value, n in values:
        if n > limit:
            yield from deeper(f"{query} {name}:{value}", n)


def pack_values(
    query: str, name: str, values: Iterable[tuple[str, int]], limit: int, most: int | None = None
) -> Iterator[Part]:
    """Yield parts of values in order, as many in a part as fit, and `most` at most; one that does not fit is alone."""
    groups: list[tuple[list[str], int]] = []
    for value, n in values:
        if not groups or groups[-1][1] + n > limit or len(groups[-1][0]) == most:
            groups.append(([], 0))
        names, size = groups.pop()
        groups.append(([*names, value], size + n))
    yield from (Part(f"{query} {name}:{','.join(names)}", size) for names, size in groups)


def _check(query: str, counted: int, expected: int, of: int) -> None:
    if counted > expected + of * DRIFT_SHARE + DRIFT:
        raise_contradiction(query, f"{counted:,} matches where {expected:,} should be")


def raise_contradiction(query: str, found: str) -> NoReturn:
    """Raise `ContradictionError`: the counts are impossible."""
    error = ContradictionError(
        f"the search engine counts {found}; its counts are not reliable now, or it reads this query differently. "
        "Nothing was spent on it; try again later"
    )
    error.query = query
    raise error


def _one_part(sent: str, expected: int) -> Iterator[Part]:
    if expected > 0:
        yield Part(sent, expected)
