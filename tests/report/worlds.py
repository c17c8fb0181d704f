"""Small random worlds, counted cell by cell, for attacks on what is published; and a large one, as large as the whole
world of twenty makers and six years, for size and speed."""

import random
from collections import defaultdict
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from camcensus.core.countries import load_countries
from camcensus.core.manifest import Window
from camcensus.core.tables import COUNTS, GROUPS
from camcensus.report.inputs import Result
from camcensus.report.tables.publish import LEVELS as PUBLISHED_LEVELS
from tests.report.conftest import DAY, START, make_manifest

COUNTRIES = ("CN", "DE", "FR", "NA", "TK", "ZZ")
MAKERS = ("Axis", "Dahua", "Hanwha", "Hikvision", "unknown")
TYPES = ("camera", "recorder", "video")
Fact = tuple[str, int, dict[str, str]]  # host, device, groups
LEFT_OUT = ("CN",)


def random_facts(seed: int) -> list[Fact]:
    """Banners: a few countries and makers have most, many cells are small, some hosts have two makers."""
    dice = random.Random(seed)
    facts: list[Fact] = []
    for number in range(dice.choice((12, 40, 150, 400))):
        country = dice.choices(COUNTRIES, (20, 40, 15, 6, 3, 4))[0]
        for _ in range(dice.choice((1, 1, 1, 2))):
            maker = dice.choices(MAKERS, (6, 20, 3, 40, 10))[0]
            model = f"{maker[:2]}-{dice.choice((1, 1, 1, 2, 3))}"
            groups = {"country": country, "manufacturer": maker, "brand": dice.choice((maker, "Lorex"))}
            groups |= {"product_type": dice.choices(TYPES, (6, 3, 1))[0], "model": model}
            facts += [(f"h{number}", len(facts), groups)] * dice.choice((1, 1, 2))
    return facts


def counts_of(facts: list[Fact], snapshot: str = "2024") -> Result:
    """The full cube of both scopes at the headline values."""
    rows: list[dict[str, Any]] = []
    for scope in ("all", "study"):
        inside = [f for f in facts if scope == "all" or f[2]["country"] not in LEFT_OUT]
        for size in range(4):
            for level in combinations(GROUPS, size):
                rows += [cell | {"scope": scope} for cell in _cells(inside, level)]
    same = {"snapshot": snapshot, "engine": "shodan", "basis": "download", "ip_version": "4", "complete": True}
    same |= {"min_confidence": "medium", "decoys_left_out": "certain", "simulated": False, "query_set": "q1"}
    same |= {"catalogue": "c1", "rules": "r1", "geo_db": "g1", "window_start": START, "window_end": START + 30 * DAY}
    columns = [pa.array([(same | row).get(c.name) for row in rows], c.type) for c in COUNTS.columns]
    return Result(snapshot, make_manifest(snapshot), pa.table(columns, schema=COUNTS.schema))


def _cells(facts: list[Fact], level: tuple[str, ...]) -> list[dict[str, Any]]:
    found: dict[tuple[str, ...], list[Fact]] = defaultdict(list)
    for fact in facts:
        found[tuple(fact[2][group] for group in level)].append(fact)
    if not level:
        found[()] = found[()]
    return [
        {"level": "+".join(level) or "world", "n_banners": len(inside)}
        | dict(zip(level, values, strict=True))
        | {"n_hosts": len({f[0] for f in inside}), "n_devices": len({f[1] for f in inside})}
        | {"n_prefixes": len({f[0] for f in inside})}
        for values, inside in sorted(found.items())
    ]


LARGE_MAKERS = tuple(f"Maker {n:02}" for n in range(1, 21))
MODELS = 8
UNITS = ["n_hosts", "n_devices", "n_banners", "n_prefixes"]
YEAR = 365 * DAY


def large_world(years: int = 6, countries: int = 195, makers: int = 20) -> list[Result]:
    """A result for each year: the UN members and others by population, makers from common to rare, growing."""
    by_people = sorted(load_countries().values(), key=lambda c: (-(c.population or 0), c.alpha2))
    codes = [c.alpha2 for c in by_people[:countries]]
    return [_large_year(2021 + n, n, codes, LARGE_MAKERS[:makers]) for n in range(years)]


def _large_year(year: int, n: int, codes: list[str], makers: tuple[str, ...]) -> Result:
    """One year: atoms of a country, maker, kind and model, added up, since no host here has two makers."""
    dice = np.random.default_rng([2026, n])
    size = np.geomspace(60_000, 3, len(codes))[:, None] * np.geomspace(1, 0.002, len(makers))[None, :]
    hosts = dice.poisson(size * (1 + 0.12 * n) * dice.lognormal(0, 0.3, size.shape))
    parts = dice.multinomial(hosts, dice.dirichlet(np.full(3 * (MODELS + 1), 0.6)))
    where = np.argwhere(parts > 0)
    kinds, models = np.divmod(where[:, 2], MODELS + 1)
    atoms = pd.DataFrame(
        {
            "country": np.array(codes)[where[:, 0]],
            "manufacturer": np.array(makers)[where[:, 1]],
            "product_type": np.array(TYPES)[kinds],
            "model": [
                "unknown" if m == MODELS else f"{makers[k][-2:]}-{m}{t}"
                for k, m, t in zip(where[:, 1], models, kinds, strict=True)
            ],
            "n_hosts": parts[tuple(where.T)],
        }
    )
    atoms["brand"] = atoms["manufacturer"]
    atoms["n_devices"] = atoms["n_hosts"] + atoms["n_hosts"] // 7
    atoms["n_banners"], atoms["n_prefixes"] = 2 * atoms["n_hosts"], (atoms["n_hosts"] + 2) // 3
    start = START + n * YEAR
    window = Window(start=start, end=start + 30 * DAY, days=30)
    return Result(str(year), make_manifest(str(year), window=window), _large_table(str(year), atoms, window))


def _large_table(snapshot: str, atoms: pd.DataFrame, window: Window) -> pa.Table:
    """The cube: the published levels at the headline values, world and countries in other variants too."""
    frames = []
    for scope in ("all", "study"):
        inside = atoms if scope == "all" else atoms[~atoms["country"].isin(LEFT_OUT)]
        for level in ("world", "country", *PUBLISHED_LEVELS):
            keys = [] if level == "world" else level.split("+")
            found = inside.groupby(keys, as_index=False)[UNITS].sum() if keys else inside[UNITS].sum().to_frame().T
            frames += _variants(found, level) if len(keys) < 2 and level in ("world", "country") else [found]
            for frame in frames[-6 if level in ("world", "country") else -1 :]:
                frame["level"], frame["scope"] = level, scope
    cells = pd.concat(frames, ignore_index=True)
    same: dict[str, Any] = {"snapshot": snapshot, "engine": "shodan", "basis": "download", "ip_version": "4"}
    same |= {"min_confidence": "medium", "decoys_left_out": "certain", "complete": True, "simulated": False}
    same |= {"query_set": "q1", "catalogue": "c1", "rules": "r1", "geo_db": "g1"}
    same |= {"window_start": window.start, "window_end": window.end}
    for name, value in same.items():
        cells[name] = cells[name].fillna(value) if name in cells else value
    columns = [
        pa.array(cells[c.name], c.type, from_pandas=True) if c.name in cells else pa.nulls(len(cells), c.type)
        for c in COUNTS.columns
    ]
    return pa.table(columns, schema=COUNTS.schema)


def _variants(found: pd.DataFrame, level: str) -> list[pd.DataFrame]:
    """Cells of the world or of countries with other decoys and confidence: parts of the headline's, that add up."""
    frames = []
    for confidence, less in (("medium", 0), ("high", 2)):
        for decoys, more in (("none", 3), ("certain", 0), ("likely", -1)):
            frame = found.copy()
            if level == "country" or (less, more) != (0, 0):
                frame[UNITS] = found[UNITS] + (more - less) * (found[UNITS] // 20)
            frame["min_confidence"], frame["decoys_left_out"] = confidence, decoys
            frame["n_hosts_geo_min"] = frame["n_hosts"] - frame["n_hosts"] // 25
            frame["n_hosts_geo_max"] = frame["n_hosts"] + frame["n_hosts"] // 30
            frame["n_hosts_geo_asked"] = frame["n_hosts"]
            frames.append(frame)
    return frames
