"""Counts matches with facets: no query credits, no banners. What comes is `n_matches` by the engine's own country,
decoys included; never banners, hosts or devices.

For each query: the total and its facets, from one reply; what a facet does not cover is its remainder. Where a facet
was cut off, the query is asked again for each country.
"""

import functools
from collections.abc import Callable, Sequence

from camcensus.collect.chain import Link, links_of
from camcensus.collect.client import Client, Facets
from camcensus.collect.partitions import COUNTRY as CODE
from camcensus.collect.partitions import named
from camcensus.collect.turns import in_turn
from camcensus.core.errors import BadQueryError, PlanRefusedError, UnavailableError
from camcensus.identify.catalogue import Query
from camcensus.raw.attempts import Reply
from camcensus.raw.ledger import Ledger
from camcensus.raw.saved_replies import CONTROLS, Replies

MODE = "census"
COUNTRY = ("country", 1000)
OTHERS = (("port", 1000), ("product", 1000), ("version", 1000), ("org", 1000), ("http.title", 1000))
# Not cameras, and all there is: what moves here moved in the engine, not among cameras.
CONTROL_QUERIES = {
    "half-1": "net:0.0.0.0/1",
    "half-2": "net:128.0.0.0/1",
    "port-22": "port:22",
    "port-80": "port:80",
    "port-443": "port:443",
    "port-554": "port:554",
    "nginx": "product:nginx",
    "openssh": "product:OpenSSH",
}


def census(
    client: Client, ledger: Ledger, replies: Replies, queries: Sequence[Query], log: Callable[[str], None]
) -> list[str]:
    """Asks all that is not there yet; what the engine would not answer, in words."""
    failed: list[str] = []

    def ask(link: Link) -> None:
        total = _query(client, replies, link)
        log(f"{link.query.id}: {total:,} matches{f'; {link.note}' if link.note else ''}")
        ledger.add_done(MODE, link.query.id)

    controls(client, Replies(replies.raw, ledger, CONTROLS))
    in_turn(links_of(client, queries, ledger), ask, failed)
    return failed


def controls(client: Client, replies: Replies) -> None:
    """The free control counts and the list of ports that the engine looks at."""
    replies.ask("ports", "", "", client.ports)
    for name, sent in CONTROL_QUERIES.items():
        replies.ask(name, "", sent, functools.partial(client.count, sent))


def _query(client: Client, replies: Replies, link: Link) -> int:
    """All that is asked for one query; its total."""
    name, sent = link.query.id, link.sent
    first = replies.ask(name, "", sent, functools.partial(_facets, client, sent))
    found = named(first, *_CODES)
    _further_countries(client, replies, name, sent, first.total, found)
    if cut := cut_off(first):
        for code in sorted(found):
            narrow = f"{sent} country:{code}"
            replies.ask(name, code, narrow, functools.partial(client.count, narrow, cut))
    return first.total


_CODES = ("country", CODE)


def _facets(client: Client, sent: str) -> Reply:
    """Total, countries and all other facets in one reply; where that is too much for the engine, without the others."""
    try:
        return client.count(sent, [COUNTRY, *OTHERS])
    except (BadQueryError, PlanRefusedError, UnavailableError):
        return client.count(sent, [COUNTRY])


def cut_off(reply: Reply) -> Facets:
    """The facets, but for countries, that may lack values: they do not cover the total, and have as many values as were
    asked for, or as any facet of the reply has: the engine's own limit is not known."""
    sizes = {name: len(reply.facet(name)) for name, _ in (COUNTRY, *OTHERS)}
    most = max(sizes.values())
    return [
        (name, size)
        for name, size in OTHERS
        if sizes[name] >= min(size, most) and 0 < sum(reply.facet(name).values()) < reply.total
    ]


def _further_countries(
    client: Client, replies: Replies, name: str, sent: str, total: int, found: dict[str, int]
) -> None:
    """Countries that the first facet had no room for, entered in `found`; asked until one names no new one."""
    while found and sum(found.values()) < total:
        rest = f"{sent} -country:{','.join(sorted(found))}"
        reply = replies.ask(name, f"without-{len(found)}", rest, functools.partial(client.count, rest, [COUNTRY]))
        new = {code: n for code, n in named(reply, *_CODES).items() if code not in found}
        if not new:
            return
        found |= new
