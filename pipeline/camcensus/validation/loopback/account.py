"""The account behind the loopback Shodan: plans, query credits and the limit of requests a second.

What each plan may do is what the reference notes record, which is little and partly from third parties; the rest is
marked as assumed. The real limits have to be read from the account before paying.
"""

import threading
from dataclasses import dataclass

# A client that waits exactly one interval is seen a little early now and then, since requests take unequal times.
SLACK = 0.95


@dataclass(frozen=True)
class Plan:
    """What an account may do. `reported` is its name in /api-info, `credits` a month's allowance of query credits."""

    reported: str
    credits: int
    search: bool = True
    filters: bool = True
    fields: bool = True
    vuln: bool = True
    tag: bool = True
    trends: bool = True


# Recorded: names and allowances of dev and free, 403 for search on free, `tag:` for enterprise alone, `vuln:` from plus
# up, Trends for enterprise. Assumed: that `fields` starts with plus, and the allowances of the two largest plans, which
# are called unlimited.
PLANS: dict[str, Plan] = {
    "free": Plan("oss", 0, search=False, filters=False, fields=False, vuln=False, tag=False, trends=False),
    "dev": Plan("dev", 100, fields=False, vuln=False, tag=False, trends=False),
    "plus": Plan("plus", 200_000, tag=False, trends=False),
    "corporate": Plan("corp", 10_000_000, tag=False, trends=False),
    "enterprise": Plan("enterprise", 10_000_000),
}


class Account:
    """Credits left and the time of the last request. Safe to use from several threads."""

    def __init__(self, plan: Plan, credits_left: int, rate: float | None) -> None:
        self.plan = plan
        self.credits = credits_left
        self.rate = rate
        self.revoked = False
        self._last = float("-inf")
        self._lock = threading.Lock()

    def within_rate(self, now: float) -> bool:
        """Whether a request at this moment (seconds of a steady clock) is let through; if so it is the last one."""
        with self._lock:
            if self.rate and now - self._last < SLACK / self.rate:
                return False
            self._last = now
            return True

    def charge(self, price: int) -> bool:
        """Takes query credits; False, and nothing taken, where there are too few."""
        with self._lock:
            if price > self.credits:
                return False
            self.credits -= price
            return True
