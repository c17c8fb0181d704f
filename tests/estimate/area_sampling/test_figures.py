"""The figures of a sample: each against its own matches, each with an interval, or with the reason why not."""

import random
from dataclasses import replace
from typing import Any

import pytest

from camcensus.estimate.area_sampling.figures import ALL, LEAST_BLOCKS, STUDY, UNITS, Counted, Figures, Matches, Sampled

BLOCKS = 40
FRAME = 200


def sample(seed: int = 1) -> Sampled:
    """Cameras of A, which has queries of its own, and of B, which has none; in DE, in CN, and few in LI."""
    dice = random.Random(seed)
    matches = [
        Matches(None, "A", "DE", 4000), Matches(None, "A", "CN", 2000), Matches(None, None, "DE", 3000),
        Matches(None, "A", "LI", 30),
    ]  # fmt: skip
    counted = []
    for block in range(BLOCKS - 4):
        for country, maker, owner in (("DE", "A", "A"), ("CN", "A", "A"), ("DE", "B", None)):
            n = dice.randrange(20, 60)
            matches.append(Matches(block, owner, country, n))
            hosts = n - dice.randrange(10)
            counted.append(Counted(block, country, maker, units(hosts)))
        counted.append(Counted(block, "DE", None, units(counted[-3].units["n_hosts"] + counted[-1].units["n_hosts"])))
        counted.append(Counted(block, "CN", None, units(counted[-3].units["n_hosts"])))
    matches.append(Matches(0, "A", "LI", 5))
    counted += [Counted(0, "LI", maker, units(5)) for maker in (None, "A")]
    return Sampled(BLOCKS, FRAME, 1, tuple(matches), tuple(counted))


def units(hosts: int) -> dict[str, int]:
    """So many hosts, twice as many banners."""
    return {"n_hosts": hosts, "n_devices": hosts, "n_banners": 2 * hosts}


def rows(
    found: Sampled, left_out: tuple[str, ...] = ("CN",), vendors: tuple[str, ...] = ("A",)
) -> list[dict[str, Any]]:
    """All rows."""
    return Figures(found, left_out, vendors).rows()


def row(found: list[dict[str, Any]], unit: str = "n_hosts", **cell: str | None) -> dict[str, Any]:
    """The row of a cell."""
    wanted = {"scope": ALL, "country": None, "manufacturer": None, "unit": unit} | cell
    (only,) = [r for r in found if all(r[name] == value for name, value in wanted.items())]
    return only


def total(found: Sampled, country: str | None, maker: str | None, left_out: tuple[str, ...] = ()) -> int:
    """Hosts counted in the sample."""
    return sum(
        c.units["n_hosts"] for c in found.counted
        if c.maker == maker and c.country not in left_out and country in (None, c.country)
    )  # fmt: skip


def announced(found: Sampled, inside: bool, countries: set[str], makers: set[str | None]) -> int:
    """Matches in the sampled blocks, or everywhere."""
    return sum(
        m.n for m in found.matches if (m.block is not None) == inside and m.country in countries and m.maker in makers
    )


def test_each_figure_is_held_against_its_own_matches() -> None:
    found = sample()
    made = rows(found)
    for cell, countries, makers, counted in (
        ({}, {"DE", "CN", "LI"}, {"A", None}, total(found, None, None)),
        ({"scope": STUDY}, {"DE", "LI"}, {"A", None}, total(found, None, None, ("CN",))),
        ({"country": "DE"}, {"DE"}, {"A", None}, total(found, "DE", None)),
        ({"manufacturer": "A", "scope": STUDY}, {"DE", "LI"}, {"A"}, total(found, None, "A", ("CN",))),
        # B has no queries of its own, so all matches stand under it.
        ({"manufacturer": "B"}, {"DE", "CN", "LI"}, {"A", None}, total(found, None, "B")),
        ({"country": "CN", "manufacturer": "A"}, {"CN"}, {"A"}, total(found, "CN", "A")),
    ):
        everywhere, inside = (announced(found, part, countries, makers) for part in (False, True))
        own = row(made, **cell)
        assert own["estimate"] == round(everywhere * counted / inside)
        assert own["low"] <= own["estimate"] <= own["high"]
        assert (own["in_sample"], own["n_matches"]) == (counted, everywhere)
        assert own["reason"] is None


def test_shares_are_of_the_scope_or_the_country() -> None:
    made = rows(sample())
    world, germany = row(made), row(made, country="DE")
    assert world["share_ppm"] is None
    assert germany["share_ppm"] == pytest.approx(1e6 * germany["estimate"] / world["estimate"], rel=1e-3)
    maker = row(made, country="DE", manufacturer="B")
    assert maker["share_ppm"] == pytest.approx(1e6 * maker["estimate"] / germany["estimate"], rel=1e-3)
    assert maker["share_low_ppm"] < maker["share_ppm"] < maker["share_high_ppm"]
    # Both lie in the same blocks, so a share is surer than the totals it is made of.
    assert (maker["share_high_ppm"] - maker["share_low_ppm"]) / maker["share_ppm"] < (
        maker["high"] - maker["low"]
    ) / maker["estimate"] + (germany["high"] - germany["low"]) / germany["estimate"]


def test_what_too_few_blocks_hold_has_a_reason_in_place_of_a_number() -> None:
    made = rows(sample(), vendors=("A", "C"))
    assert row(made, country="LI")["reason"] == f"matches in 1 of 40 sampled blocks; an estimate needs {LEAST_BLOCKS}"
    assert row(made, manufacturer="C")["reason"] == "counted in 0 of 40 sampled blocks; an estimate needs 10"
    without = replace(sample(), matches=tuple(m for m in sample().matches if m.country != "LI" or m.block is not None))
    assert row(rows(without), country="LI")["reason"] == "the engine announces no match here"
    few = replace(sample(), n_blocks=9)
    assert {r["reason"] for r in rows(few)} == {"9 blocks were sampled; an estimate needs 10"}
    for made in (rows(sample()), rows(few)):
        assert all((r["estimate"] is None) == (r["low"] is None) == (r["reason"] is not None) for r in made)


def test_nothing_is_known_without_blocks() -> None:
    nothing = Sampled(0, FRAME, 1, (), ())
    assert {r["reason"] for r in rows(nothing)} == {"0 blocks were sampled; an estimate needs 10"}


def test_the_order_of_what_was_counted_does_not_matter() -> None:
    found = sample()
    dice = random.Random(7)
    mixed = replace(
        found,
        matches=tuple(dice.sample(found.matches, len(found.matches))),
        counted=tuple(dice.sample(found.counted, len(found.counted))),
    )
    assert rows(mixed) == rows(found)
    assert rows(replace(found, seed=2)) != rows(found)


def test_there_is_at_least_what_was_counted() -> None:
    found = sample()
    # The engine announces hardly more than what lies in the blocks: an interval alone would reach below it.
    few = tuple(
        m if m.block is not None else replace(m, n=announced(found, True, {m.country}, {m.maker}) + 1)
        for m in found.matches
    )
    made = rows(replace(found, matches=few))
    assert all(r["low"] >= r["in_sample"] for r in made if r["estimate"] is not None)
    assert {r["unit"] for r in made} == set(UNITS)
