"""What two engines' studies of the same week let expect in all."""

from dataclasses import dataclass

from camcensus.api.frame import Frame
from camcensus.core.config import Study
from camcensus.estimate.source import Source
from camcensus.estimate.two_engines.chapman import Estimate
from camcensus.estimate.two_engines.estimate import ASSUMPTIONS, describe, estimate
from camcensus.estimate.two_engines.lists import comparable


@dataclass(frozen=True)
class TwoEngines:
    """Estimates of hosts reachable from the Internet, never of cameras in a country.

    hosts, identities: matched by address, and by serial number or MAC address (None: too little overlap); each has
    `point`, `low`, `high` (95 %, if the two lists are independent), `seen` (on either list), `left_out` (seen where
    there is no estimate) and `band` (odds ratio between the lists, estimate): what dependence would do, which two lists
    cannot show. strata: one row a country and kind of network, `first_only`, `second_only`, `both`, `estimate`, `low`,
    `high`. assumptions: what has to hold. words: all of it as text."""

    hosts: Estimate | None
    identities: Estimate | None
    strata: Frame
    assumptions: tuple[str, ...]
    words: str


def two_engines(first: Study, second: Study, snapshot: str) -> TwoEngines:
    """The estimate. Raises `CamcensusError` where the lists cannot be compared."""
    lists = comparable(Source(first, snapshot), Source(second, snapshot))
    found = estimate(lists)
    strata = Frame.of(Frame(found.strata).arrow())
    return TwoEngines(found.hosts, found.identities, strata, ASSUMPTIONS, describe(found, lists))
