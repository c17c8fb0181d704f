"""The estimate from two engines' studies of the same week."""

from dataclasses import dataclass

from camcensus.api.frame import Frame
from camcensus.estimate.two_engines.estimate import ASSUMPTIONS, Estimate, describe, estimate
from camcensus.estimate.two_engines.lists import Lists


@dataclass(frozen=True)
class TwoEngines:
    """Estimates of hosts reachable from the Internet, never of cameras in a country.

    hosts, identities: matched by address, and by serial number or MAC address (None: too little overlap); each has
    `point`, `low`, `high` (95%, if the two lists are independent), `seen` (on either list), `left_out` (seen where
    there is no estimate) and `band` (odds ratio between the lists, estimate): the effect of dependence, which two lists
    cannot show. strata: one row per country and kind of network, `first_only`, `second_only`, `both`, `estimate`,
    `low`, `high`. assumptions: what has to hold. words: all of it as text.
    """

    hosts: Estimate | None
    identities: Estimate | None
    strata: Frame
    assumptions: tuple[str, ...]
    words: str

    @classmethod
    def of(cls, lists: Lists) -> "TwoEngines":
        """Return the estimate from two comparable lists."""
        found = estimate(lists)
        strata = Frame.of(Frame(found.strata).arrow())
        return cls(found.hosts, found.identities, strata, ASSUMPTIONS, describe(found, lists))
