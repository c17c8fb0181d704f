"""Counts matches with facets: no query credits, no banners. What comes is `n_matches` by the engine's own country,
decoys included; never banners, hosts or devices.

For each query: the total and its facets, from one reply; what a facet does not cover is its remainder. Where a facet
was cut off, the query is asked again for each country.
"""

from collections.abc import Callable, Sequence

from pipeline.catalogue import Query
from pipeline.collect.chain import Link, links_of
from pipeline.collect.client import Client, Facets
from pipeline.collect.ledger import Ledger
from pipeline.collect.replies import Replies
from pipeline.collect.reply import Reply
from pipeline.errors import BadQueryError, PlanRefusedError, UnavailableError

MODE = "census"
CONTROLS = "controls"
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
    client: Client, ledger: Ledger, replies: Replies, queries: Sequence[Query], say: Callable[[str], None]
) -> None:
    """Asks all that is not there yet."""
    controls(client, Replies(replies.raw, ledger, CONTROLS))
    for link in links_of(client, queries, ledger):
        total = _query(client, replies, link)
        say(f"{link.query.id}: {total:,} matches{f'; {link.note}' if link.note else ''}")
        ledger.add_done(MODE, link.query.id)


def controls(client: Client, replies: Replies) -> None:
    """The free control counts and the list of ports that the engine looks at."""
    replies.ask("ports", "", "", client.ports)
    for name, sent in CONTROL_QUERIES.items():
        replies.ask(name, "", sent, lambda sent=sent: client.count(sent))  # type: ignore[misc]


def _query(client: Client, replies: Replies, link: Link) -> int:
    """All that is asked for one query; its total."""
    name, sent = link.query.id, link.sent
    first, facets = _facets(client, replies, name, sent)
    found = set(first.facet("country"))
    _further_countries(client, replies, name, sent, first, found)
    cut = [(facet, size) for facet, size in facets if len(first.facet(facet)) >= size]
    if cut:
        for code in sorted(found):
            narrow = f"{sent} country:{code}"
            replies.ask(name, code, narrow, lambda narrow=narrow: client.count(narrow, cut))  # type: ignore[misc]
    return first.total


def _facets(client: Client, replies: Replies, name: str, sent: str) -> tuple[Reply, Facets]:
    """Total, countries and all other facets in one reply; where that is too much for the engine, without the others."""

    def ask() -> Reply:
        try:
            return client.count(sent, [COUNTRY, *OTHERS])
        except (BadQueryError, PlanRefusedError, UnavailableError):
            return client.count(sent, [COUNTRY])

    reply = replies.ask(name, "", sent, ask)
    return reply, [other for other in OTHERS if other[0] in reply.value.get("facets", {})]


def _further_countries(
    client: Client, replies: Replies, name: str, sent: str, first: Reply, found: set[str]
) -> None:  # fmt: skip
    """Countries that the first facet had no room for, asked until one names no new one."""
    covered = sum(first.facet("country").values())
    while found and covered < first.total:
        rest = f"{sent} -country:{','.join(sorted(found))}"
        reply = replies.ask(name, f"without-{len(found)}", rest, lambda rest=rest: client.count(rest, [COUNTRY]))  # type: ignore[misc]
        new = reply.facet("country")
        if not set(new) - found:
            return
        found |= set(new)
        covered += sum(new.values())
