"""How a query is split so that no part pages deep: by country, then by port, then by network.

Only free counts are asked. Parts do not overlap, and together they are the query: what no facet names is a part too.
Small countries (and ports) share a part, for each part wastes half a page of credits on average.
"""

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.collect.client import Facets
from pipeline.collect.reply import Reply

Count = Callable[[str, Facets], Reply]
# As many values of a facet as are asked for; "-port:" with more would make an address too long for a server.
COUNTRIES = 1000
PORTS = 100
# Networks are halved until they fit, down to this prefix length; what does not fit then is paged deep.
SMALLEST_NETWORK = 24
HALVES = ("0.0.0.0/1", "128.0.0.0/1")


@dataclass(frozen=True)
class Part:
    """A part of a query as it is sent, and how many matches it had when it was counted."""

    sent: str
    expected: int


def split(query: str, count: Count, limit: int) -> Iterator[Part]:
    """The parts of a query, each of at most `limit` matches where that can be had, in a fixed order."""
    reply = count(query, [("country", COUNTRIES)])
    if reply.total <= limit:
        yield from _whole(query, reply.total)
        return
    found = reply.facet("country")
    yield from _groups(query, "country", found, limit, lambda sent, n: _by_port(sent, n, count, limit))
    rest = reply.total - sum(found.values())
    if rest > 0 and found:
        yield from _rest(f"{query} -country:{','.join(sorted(found))}", count, limit)
    elif rest > 0:
        yield from _by_port(query, rest, count, limit)


def _rest(sent: str, count: Count, limit: int) -> Iterator[Part]:
    """What the country facet did not name: countries that it had no room for, and banners without one."""
    reply = count(sent, [("country", COUNTRIES)])
    if reply.facet("country"):
        yield from split(sent, count, limit)
    else:
        yield from _by_port(sent, reply.total, count, limit)


def _by_port(query: str, expected: int, count: Count, limit: int) -> Iterator[Part]:
    if expected <= limit:
        yield from _whole(query, expected)
        return
    reply = count(query, [("port", PORTS)])
    found = reply.facet("port")
    yield from _groups(query, "port", found, limit, lambda sent, n: _by_network(sent, n, count, limit))
    rest = reply.total - sum(found.values())
    if rest > 0:
        others = f"{query} -port:{','.join(sorted(found, key=int))}" if found else query
        yield from _by_network(others, rest, count, limit)


def _by_network(query: str, expected: int, count: Count, limit: int) -> Iterator[Part]:
    """Halves of the IPv4 space, halved again until they fit, and what is in neither (IPv6)."""
    if expected <= limit:
        yield from _whole(query, expected)
        return
    inside = 0
    for half in HALVES:
        total = count(f"{query} net:{half}", ()).total
        inside += total
        yield from halved(query, ipaddress.IPv4Network(half), total, count, limit)
    yield from _whole(f"{query} -net:{','.join(HALVES)}", max(0, expected - inside))


def halved(
    query: str, network: ipaddress.IPv4Network, total: int, count: Count, limit: int, smallest: int = SMALLEST_NETWORK
) -> Iterator[Part]:
    """The parts of a query in one network, where it has `total` matches: the network, halved until it fits, or down to
    the prefix length `smallest`."""
    if total <= limit or network.prefixlen >= smallest:
        yield from _whole(f"{query} net:{network}", total)
        return
    lower, upper = network.subnets()
    # The second half is what the first leaves over: one request instead of two.
    below = count(f"{query} net:{lower}", ()).total
    yield from halved(query, lower, below, count, limit, smallest)
    yield from halved(query, upper, max(0, total - below), count, limit, smallest)


def _groups(
    query: str, name: str, found: dict[str, int], limit: int, deeper: Callable[[str, int], Iterator[Part]]
) -> Iterator[Part]:
    """Values that are small together as one part; those that are too large alone split further by `deeper`."""
    group: list[str] = []
    size = 0
    for value in sorted(v for v in found if found[v] <= limit):
        if size + found[value] > limit:
            yield Part(f"{query} {name}:{','.join(group)}", size)
            group, size = [], 0
        group.append(value)
        size += found[value]
    if group:
        yield Part(f"{query} {name}:{','.join(group)}", size)
    for value in sorted(v for v in found if found[v] > limit):
        yield from deeper(f"{query} {name}:{value}", found[value])


def _whole(sent: str, expected: int) -> Iterator[Part]:
    if expected > 0:
        yield Part(sent, expected)
