"""Match counts: no query credits, no banners. A census counts now, trends by month since 2017-06.

The result is `n_matches` by the engine's own country, decoys included; never banners, hosts or devices. A census
requests for each query the total and its facets in one reply; what a facet does not cover is its remainder. Where a
facet was cut off, the query is requested again for each country. Trends are never mixed with snapshots: a month there
is another window, counted by the engine's rules of the time.
"""

from collections.abc import Callable, Sequence

from camcensus.collect.client import Client, Facets, ask_each
from camcensus.collect.partitions import COUNTRY as CODE
from camcensus.collect.partitions import facet_values
from camcensus.collect.queries import DisjointQuery, disjoint_queries
from camcensus.core.errors import BadQueryError, PlanRefusedError, UnavailableError
from camcensus.core.query import parse
from camcensus.identify.entries import Query
from camcensus.raw.ledger_rows import Reply
from camcensus.raw.reply_files import CONTROLS, Replies

CENSUS, TRENDS = "census", "trends"
COUNTRY = ("country", 1000)
OTHERS = (("port", 1000), ("product", 1000), ("version", 1000), ("org", 1000), ("http.title", 1000))
# Not cameras, and everything: what changes here changed in the engine, not among cameras.
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
_CODES = ("country", CODE)


def census(client: Client, replies: Replies, queries: Sequence[Query], log: Callable[[str], None]) -> list[str]:
    """Request all counts that are missing; return a line for each query that the engine did not answer."""
    failed: list[str] = []

    def ask(item: DisjointQuery) -> None:
        total = _query(client, replies, item)
        log(f"{item.query.id}: {total:,} matches{f'; {item.note}' if item.note else ''}")
        replies.ledger.add_done(CENSUS, item.query.id)

    controls(client, Replies(replies.raw, replies.ledger, CONTROLS))
    ask_each(disjoint_queries(client, queries, replies.ledger), ask, failed)
    return failed


def controls(client: Client, replies: Replies) -> None:
    """Request the free control counts, and the list of ports that the engine scans."""
    replies.ask("ports", "", "", lambda _: client.ports())
    for name, sent in CONTROL_QUERIES.items():
        replies.ask(name, "", sent, client.count)


def _query(client: Client, replies: Replies, item: DisjointQuery) -> int:
    """Request everything for one query; return its total."""

    def first_counts(sent: str) -> Reply:
        try:
            return client.count(sent, [COUNTRY, *OTHERS])
        except (BadQueryError, PlanRefusedError, UnavailableError):
            return client.count(sent, [COUNTRY])  # so many facets may be too much

    name, sent = item.query.id, item.sent
    first = replies.ask(name, "", sent, first_counts)
    found = facet_values(first, *_CODES)
    # Countries that the facet had no room for, requested until no new one is named.
    while found and sum(found.values()) < first.total:
        rest = f"{sent} -country:{','.join(sorted(found))}"
        reply = replies.ask(name, f"without-{len(found)}", rest, lambda text: client.count(text, [COUNTRY]))
        further = {code: n for code, n in facet_values(reply, *_CODES).items() if code not in found}
        if not further:
            break
        found |= further
    if cut := cut_off(first):
        for code in sorted(found):
            replies.ask(name, code, f"{sent} country:{code}", lambda text: client.count(text, cut))
    return first.total


def cut_off(reply: Reply) -> Facets:
    """Return the facets, except countries, that may lack values: they do not cover the total."""
    # They have as many values as were requested, or as any facet of the reply: the engine's own limit is not known.
    sizes = {name: len(reply.facet(name)) for name, _ in (COUNTRY, *OTHERS)}
    most = max(sizes.values())
    return [
        (name, size)
        for name, size in OTHERS
        if sizes[name] >= min(size, most) and 0 < sum(reply.facet(name).values()) < reply.total
    ]


def trends(client: Client, replies: Replies, queries: Sequence[Query]) -> tuple[list[str], list[str]]:
    """Request all histories that are missing; return a line for each query without history, and for each failure."""
    without, failed = list[str](), list[str]()

    def ask(query: Query) -> None:
        refused = ", ".join(parse(query.text).not_in_trends)
        if not refused:
            try:
                replies.ask(query.id, "", query.text, lambda text: client.trends(text, [COUNTRY]))
            except BadQueryError as error:
                refused = str(error)
        without.extend([f"{query.id}: has no history: Trends refuses {refused}"] if refused else [])
        replies.ledger.add_done(TRENDS, query.id)

    ask_each(queries, ask, failed)
    return without, failed
