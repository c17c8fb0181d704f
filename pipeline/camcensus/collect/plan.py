"""The cost of a collection before any credit is spent: matches, credits, requests and hours, by mode and query.

Only free counts are requested. For each query of a download, `adds` says what it returns beyond those before it. How a
query will be split is estimated from its countries; the counts of `collect` are exact, and it starts only within its
budget.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field, replace
from itertools import accumulate
from typing import Any

from camcensus.collect.client import Client, Limits
from camcensus.collect.collector import MODES
from camcensus.collect.match_counts import COUNTRY
from camcensus.collect.queries import DisjointQuery, disjoint_queries, queries_of, without
from camcensus.collect.sample import TOGETHER, blocks_together
from camcensus.core.config import Collect, Study
from camcensus.core.query import parse
from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.entries import Query
from camcensus.raw.address_blocks import Frame
from camcensus.raw.reply_files import PER_PAGE

ENOUGH = 0.95  # of the matches, where a plan says with which queries an analyst may stop
LISTED = 8  # queries that a line names


@dataclass(frozen=True)
class Price:
    """The cost of one mode for one query, or for all: matches, query credits (at least and at most) and requests.

    `adds`, of a download: matches that no query before it returns, at most (queries of several terms may overlap more).
    """

    mode: str
    query: str
    matches: int
    credits_least: int
    credits_most: int
    requests: int
    adds: int = 0

    def hours(self, rate: float) -> float:
        """Return the hours at `rate` requests a second."""
        return self.requests / rate / 3600 if rate else 0.0


@dataclass(frozen=True)
class Plan:
    """Prices by query, the account's plan and credits left, the study's budget and rate."""

    prices: list[Price]
    account: str
    credits_left: int
    budget: int
    rate: float
    notes: list[str] = field(default_factory=list)

    def shares(self) -> dict[str, float]:
        """Return, for each query of a download in order, the share of all matches that it and those before return."""
        downloads = [price for price in self.prices if price.mode == "download"]
        total = sum(price.adds for price in downloads)
        so_far = accumulate(price.adds for price in downloads)
        return {p.query: n / total for p, n in zip(downloads, so_far, strict=True)} if total else {}

    def totals(self) -> list[Price]:
        """Return the price of each mode, for all queries (query: "all")."""
        numbers = {mode: [astuple(price)[2:] for price in self.prices if price.mode == mode] for mode in MODES}
        return [Price(mode, "all", *map(sum, zip(*rows, strict=True))) for mode, rows in numbers.items()]


def make_plan(study: Study, key: str) -> Plan:
    """Return the prices, from the account and free counts. Raises an `EngineError`."""
    client = Client(key, Limits.of(study.collect))
    account = client.info().value
    queries = queries_of(study, load_catalogue(study.catalogue_path))
    prices, notes = list[Price](), list[str]()
    earlier: list[Query] = []
    for item in disjoint_queries(client, queries):
        reply = client.count(item.sent, [COUNTRY])
        adds = min(reply.total - item.n_shared, _without_other_makers(client, item, reply.total, earlier))
        found = _prices(item.query.id, item.query.text, reply.total, reply.facet("country"), study.collect)
        prices += [replace(price, adds=max(0, adds)) if price.mode == "download" else price for price in found]
        earlier.append(item.query)
        notes += [f"{item.query.id} {item.note}"] if item.note else []
    plan, left = str(account["plan"]), int(account["query_credits"])
    return Plan(prices, plan, left, study.collect.budget, study.collect.rate, notes)


def _without_other_makers(client: Client, item: DisjointQuery, total: int, earlier: Sequence[Query]) -> int:
    """Return the matches that no earlier query of another maker returns, as far as these can be excluded."""
    others = [query.text for query in earlier if query.manufacturer != item.query.manufacturer]
    sent, excluded = without(item.sent, others)
    return client.count(sent).total if total and excluded else total


def _prices(name: str, text: str, total: int, countries: dict[str, int], settings: Collect) -> Iterator[Price]:
    pages = math.ceil(total / PER_PAGE)
    parts = parts_at_most(total, countries, settings.depth * PER_PAGE)
    most = pages + max(0, parts - 1)
    yield Price("census", name, total, 0, 0, 1)
    yield Price("download", name, total, pages, most, (1 if parts <= 1 else 1 + 2 * parts) + most)
    yield _sample(name, total, settings)
    history = 0 if parse(text).not_in_trends else 1
    yield Price("trends", name, total if history else 0, 0, 0, history)


def parts_at_most(total: int, countries: Mapping[str, int], limit: int) -> int:
    """Return the most parts of at most `limit` matches that a query is split into (`partitions.py`).

    Two neighbours that share a level do not fit into one part, so n matches make at most 2 n / limit parts; a large
    country has such parts by network for each large port, each with one for IPv6, besides those by port.
    """
    if total <= limit:
        return min(total, 1)
    shares = [*countries.values(), max(0, total - sum(countries.values()))]
    large = [n for n in shares if n > limit]
    small = sum(shares) - sum(large)
    return math.ceil(2 * small / limit) + 1 + sum(4 * math.ceil(n / limit) + 3 for n in large)


def _sample(name: str, total: int, settings: Collect) -> Price:
    """Return what a sample costs on average over all draws; full blocks cost more."""
    # Matches are assumed to be spread at random, which they are not: clusters leave more blocks empty, and cost less.
    blocks, n_frame = settings.sample.blocks, Frame(settings.sample.prefix_length).size
    in_block = total / n_frame
    matches = round(in_block * blocks)
    occupied = blocks * (1 - math.exp(-in_block))
    # Each part wastes a credit at most: of TOGETHER blocks, or of so many matches that two neighbours fill one.
    parts = 1 + occupied / TOGETHER + 2 * matches / (settings.depth * PER_PAGE)
    most = math.ceil(matches / PER_PAGE + parts)
    together = blocks_together(total, n_frame)
    halvings = math.ceil(math.log2(together))
    full = 8 * matches / (settings.depth * PER_PAGE)  # halvings of blocks that are too full
    counts = 2 + math.ceil(blocks / together + 2 * occupied * halvings + full)
    return Price("sample", name, matches, min(math.ceil(matches / PER_PAGE), most), most, counts + most)


_CENSUS = "a census repeats a query for each country where a facet is cut off, and adds 9 control counts; all free"


def plan_text(plan: Plan, as_json: bool) -> str:
    """Return the plan as a table, or as JSON."""
    if as_json:
        found: dict[str, Any] = {**asdict(plan), "totals": [asdict(price) for price in plan.totals()]}
        return json.dumps(found, sort_keys=True)
    head = ("MODE", "QUERY", "MATCHES", "CREDITS", "REQUESTS", "HOURS", "ADDS", "SO FAR")
    prices = sorted((*plan.prices, *plan.totals()), key=lambda price: MODES.index(price.mode))
    shares = plan.shares()
    empty = {price.query for price in plan.prices if price.mode == "download" and not price.matches}
    listed = [price for price in prices if price.requests and price.query not in empty]
    rows = [head, *(_row(price, plan.rate, shares.get(price.query)) for price in listed)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    download = next(price for price in plan.totals() if price.mode == "download")
    short = [f"the account has too few credits for a download, which costs at least {download.credits_least:,}"]
    without_match = [f"not listed, since they have no match: {len(empty)} queries"] if empty else []
    notes = [
        *plan.notes,
        *without_match,
        *_enough(plan),
        _CENSUS,
        *(short if download.credits_least > plan.credits_left else []),
    ]
    left = f"the account (plan {plan.account}) has {plan.credits_left:,} query credits left"
    budget = f"the study allows {plan.budget:,} for a snapshot (budget under [collect])"
    return "\n".join([*table, *notes, f"{left}; {budget}. Nothing was spent."])


def _row(price: Price, rate: float, share: float | None) -> tuple[str, ...]:
    least, most = price.credits_least, price.credits_most
    credits_ = "free" if not most else f"{least:,}" if least == most else f"{least:,} to {most:,}"
    hours = f"{price.hours(rate):,.1f}" if rate else "-"
    is_query = price.mode == "download" and share is not None
    adds = (f"{price.adds:,}", f"{share:.1%}") if is_query else ("", "")
    return price.mode, price.query, f"{price.matches:,}", credits_, f"{price.requests:,}", hours, *adds


def _enough(plan: Plan) -> list[str]:
    """Return a line that says with how many queries, in which order, a download has most of the matches."""
    downloads = [price for price in plan.prices if price.mode == "download" and price.adds]
    total = sum(price.adds for price in downloads)
    if len(downloads) < 2:
        return []
    # What adds most for a credit comes first; a later query may then add less than here.
    downloads.sort(key=lambda price: (-price.adds / max(1, price.credits_most), price.query))
    n, so_far = 0, 0
    while so_far < ENOUGH * total:
        so_far += downloads[n].adds
        n += 1
    credits_ = sum(price.credits_most for price in downloads[:n])
    names = ", ".join(price.query for price in downloads[:n][:LISTED])
    more = f" and {n - LISTED} more" if n > LISTED else ""
    return [
        f"{n} of the queries give about {ENOUGH:.0%} of the matches for at most {credits_:,} credits: {names}{more}"
    ]
