"""The account of the loopback Shodan: plans, query credits and the rate limit.

The rights of a plan are those that were recorded, which are few and partly from third parties; the rest is assumed.
Read the real limits from the account before paying.
"""

import threading
from dataclasses import dataclass

# A client that waits exactly one interval may arrive a little early, since requests take unequal times.
SLACK = 0.95


@dataclass(frozen=True)
class Plan:
    """The rights of an account. `reported`: its name in /api-info; `credits`: monthly query credits."""

    reported: str
    credits: int
    search: bool = True
    filters: bool = True
    fields: bool = True
    vuln: bool = True
    tag: bool = True
    trends: bool = True


# Recorded: names and allowances of dev and free, 403 for search on free, `tag:` for enterprise alone, `vuln:` from plus
# up, Trends for enterprise. Assumed: `fields` from plus up, and the allowances of the two largest plans, which are
# called unlimited.
PLANS: dict[str, Plan] = {
    "free": Plan("oss", 0, search=False, filters=False, fields=False, vuln=False, tag=False, trends=False),
    "dev": Plan("dev", 100, fields=False, vuln=False, tag=False, trends=False),
    "plus": Plan("plus", 200_000, tag=False, trends=False),
    "corporate": Plan("corp", 10_000_000, tag=False, trends=False),
    "enterprise": Plan("enterprise", 10_000_000),
}


@dataclass(frozen=True)
class Limits:
    """Settings for what differs between accounts, or is unknown of the real API.

    `rate`: requests per second; None: no limit. `retry_after`: seconds that a refusal for too many requests names.
    `facet`: the largest facet. `deepest`: the last available page. `drift`: banners that enter the window, and that
    leave it, with each search or count; a tenth of all is reserved.
    """

    rate: float | None = None
    retry_after: float | None = None
    facet: int = 1000
    deepest: int | None = None
    drift: int = 0


class Account:
    """Credits left and the time of the last request. Thread-safe."""

    def __init__(self, plan: Plan, credits_left: int | None, limits: Limits) -> None:
        self.plan = plan
        self.credits = plan.credits if credits_left is None else credits_left
        self.limits = limits
        self.revoked = False
        self._last = float("-inf")
        self._lock = threading.Lock()

    def within_rate(self, now: float) -> bool:
        """Accept a request at this moment (seconds of a steady clock), or return False."""
        with self._lock:
            if self.limits.rate and now - self._last < SLACK / self.limits.rate:
                return False
            self._last = now
            return True

    def charge(self, price: int) -> bool:
        """Take query credits; return False, and take none, if there are too few."""
        with self._lock:
            if price > self.credits:
                return False
            self.credits -= price
            return True
