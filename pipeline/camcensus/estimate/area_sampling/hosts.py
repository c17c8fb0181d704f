"""A random sample of hosts, and what share of all hosts it tells, with an interval.

The interval is Wilson's (1927, "Probable inference, the law of succession, and statistical inference"): the shares at
which what was seen is not further off than 95 % of samples are. It stays within 0 and 1, and holds where nobody was
flagged. That the sample is drawn without putting back makes it a little too wide, never too narrow.
"""

import math
from collections.abc import Iterable

import numpy as np

NORMAL = 1.959964  # the normal distribution's quantile at 0.975


def draw(hosts: Iterable[str], number: int, seed: int) -> list[str]:
    """`number` hosts at random, each equally likely, in order; all of them if there are no more. The same hosts, number
    and seed give the same sample."""
    everybody = sorted(set(hosts))
    if number >= len(everybody):
        return everybody
    places = np.random.default_rng(seed).choice(len(everybody), number, replace=False)
    return [everybody[place] for place in sorted(places.tolist())]


def wilson(flagged: int, hosts: int) -> tuple[float, float]:
    """The 95 % interval of a share (0 to 1), when `flagged` of `hosts` were seen. Raises `ValueError` for no host."""
    if not 0 <= flagged <= hosts or hosts == 0:
        raise ValueError(f"{flagged} of {hosts} is no share")
    share, square = flagged / hosts, NORMAL**2
    middle = share + square / (2 * hosts)
    half = NORMAL * math.sqrt(share * (1 - share) / hosts + square / (4 * hosts**2))
    low, high = (middle - half) / (1 + square / hosts), (middle + half) / (1 + square / hosts)
    return max(0.0, low) if flagged else 0.0, min(1.0, high) if flagged < hosts else 1.0
