"""Which pages of a part are still due, and the result of those received. Pure, except for reading pages.

A pass requests a part to its end. A part that turned out incomplete gets another pass in the next run: over the pages
that were short or, where none was (rows moved between pages), over all.
"""

import json
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from camcensus.raw.ledger_rows import Page, Partition, Reply
from camcensus.raw.reply_files import PER_PAGE

# An engine that announces more than this in one part is not believed.
PAGES_AT_MOST = 10_000
# After this many empty pages in a row the engine has no more, whatever it announces; each costs a credit.
EMPTY_AT_MOST = 3
Key = tuple[str, str, str]


@dataclass(frozen=True)
class PageContent:
    """The content of one page: its banners with their countries, and the total and countries that it announced."""

    total: int
    rows: int
    banners: dict[Key, str] = field(default_factory=dict)
    announced: dict[str, int] = field(default_factory=dict)


def content_of(reply: Reply) -> PageContent:
    """Return the content of a page."""
    found = {key_of(banner): country_of(banner) for banner in reply.matches}
    return PageContent(reply.total, len(reply.matches), found, reply.facet("country"))


def key_of(banner: dict[str, Any]) -> Key:
    """Return the identity of a banner: address, port, transport."""
    address = banner.get("ip_str") or banner.get("ipv6") or banner.get("ip")
    return str(address), str(banner.get("port")), str(banner.get("transport") or "tcp")


def country_of(banner: dict[str, Any]) -> str:
    """Return the engine's country of a banner; empty where it names none."""
    location = banner.get("location")
    code = location.get("country_code") if isinstance(location, dict) else None
    return code if isinstance(code, str) else ""


def announced(pages: Sequence[Page]) -> int:
    """Return the matches of a part: the median of its latest pass, since one reply may be far off; 0 without pages."""
    latest = max((page.again for page in pages), default=0)
    return statistics.median_high([page.total for page in pages if page.again == latest] or [0])


def due_pages(part: Partition, pages: Sequence[Page]) -> list[int]:
    """Return the pages of a part that are still to be requested in its current pass."""
    # In the first pass the plan's number counts like one reply, so that a reply that is far too low does not end it.
    is_first = not pages or part.passes == 0
    total = statistics.median_high([part.expected, *(p.total for p in pages)]) if is_first else announced(pages)
    total = min(total, PAGES_AT_MOST * PER_PAGE)
    full = {n: min(PER_PAGE, total - PER_PAGE * (n - 1)) for n in range(1, -(-total // PER_PAGE) + 1)}
    best: Counter[int] = Counter()
    for page in pages:
        if page.again < part.passes:
            best[page.page] = max(best[page.page], page.results)
    received = [page for page in pages if page.again == part.passes]
    last = received[-EMPTY_AT_MOST:]
    if len(last) == EMPTY_AT_MOST and not any(page.results for page in last):
        return []
    short = [n for n, results in full.items() if best[n] < results] or list(full)
    done = {page.page for page in received}
    return [n for n in short if n not in done]


def settle(part: Partition, pages: Sequence[Page], look: Callable[[Page], PageContent]) -> Partition:
    """Return the partition with its result on distinct banners over all passes; country "": all others, and none."""
    banners, countries = dict[Key, str](), dict[str, int]()
    total = announced(pages)
    for page in pages:
        seen = look(page)
        banners |= seen.banners
        if seen.announced:
            rest = min(seen.total, total) - sum(seen.announced.values())
            countries = {**seen.announced, "": max(0, rest)}
    found = Counter(code if code in countries else "" for code in banners.values())
    received = sum(page.results for page in pages)
    by_country = {code: (n, found[code]) for code, n in sorted(countries.items())}
    return replace(
        part, passes=part.passes + 1, announced=total, received=received, found=len(banners),
        repeated=received - len(banners), drift=pages[-1].total - pages[0].total if pages else 0,
        countries=json.dumps(by_country),
    )  # fmt: skip
