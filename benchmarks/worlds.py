"""The simulated worlds of the benchmarks: what exports look like, and how often their texts repeat.

- `sessions`: what camera queries return; one page in five contains a word that never comes again.
- `static`: the same, but pages repeat as real login pages do.
- `unfiltered`: whole blocks of addresses, as a full dump or a search by network has them; 2% of sites have cameras.
"""

import sys
from pathlib import Path

from watched import watched

from camcensus.core.console import Reporter
from camcensus.validation.simulate.lines import NET, QUERIES
from camcensus.validation.simulate.world import Plan
from camcensus.validation.simulate.write import raw_folder, simulate

OVERRIDES: dict[str, dict[str, float]] = {
    "sessions": {},
    "static": {"strings.sessions": 0.0},
    "unfiltered": {
        "strings.sessions": 0.0, "sites.camera": 0.02, "sites.other": 0.97, "sites.decoy": 0.01,
        "export.net_blocks": 1.0,
    },
}  # fmt: skip
# About how many banners of an export there are for each device.
BANNERS_PER_DEVICE = {"sessions": 0.63, "static": 0.63, "unfiltered": 1.38}


def make_world(folder: Path, kind: str, banners: int) -> Path:
    """Write a world of one snapshot with about so many banners; return the folder of its raw files.

    In a process of its own: the caller forks, which it must not after Arrow started threads.
    """
    watched([sys.executable, __file__, folder, kind, banners])
    return raw_folder(folder, NET if kind == "unfiltered" else QUERIES, 2026)


if __name__ == "__main__":
    target, name, number = sys.argv[1:]
    plan = Plan(round(int(number) / BANNERS_PER_DEVICE[name]), snapshots=1, overrides=tuple(OVERRIDES[name].items()))
    simulate(Path(target), plan, Reporter(), workers=2)
