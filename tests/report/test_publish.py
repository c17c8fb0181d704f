"""What is published: a small cell never stands alone, nor can it be worked out from all that is published.

The attacker has `counts_public.parquet` and knows more than it says: which cells exist at all, what the minimum is,
and that hosts add up across countries, devices and banners across everything.
"""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from camcensus.core.config import Study
from camcensus.core.parquet import read_table
from camcensus.core.tables import COUNTS, GROUPS, UNITS
from camcensus.report.inputs import Result, headline_cells
from camcensus.report.output import Output
from camcensus.report.tables import counts_public
from camcensus.report.tables.publish import LEVELS, OTHER, Published, published
from camcensus.report.tables.suppression import Cell, hidden_cells
from tests.report.conftest import make_study
from tests.report.worlds import COUNTRIES, LEFT_OUT, MAKERS, TYPES, counts_of, random_facts
from tests.shared import mostly_slow

MINIMUM = 5
SEEDS = range(60)


def makers_of(hosts: dict[tuple[str, str], int], **totals: int) -> dict[Cell, int]:
    """Cells of countries and makers, with the totals that follow where no host has two makers, or those given."""
    cells: dict[Cell, int] = defaultdict(int)
    for (country, maker), n in hosts.items():
        cells[country, maker, None, None, None] = n
        cells[country, None, None, None, None] += n
        cells[None, maker, None, None, None] += n if country not in LEFT_OUT else 0
        cells[None, None, None, None, None] += n if country not in LEFT_OUT else 0
    return dict(cells) | {(country, None, None, None, None): n for country, n in totals.items()}


def hidden(hosts: dict[tuple[str, str], int], **totals: int) -> set[tuple[str, str]]:
    """Cells of a country and a maker that are hidden."""
    found = hidden_cells(makers_of(hosts, **totals), LEFT_OUT, MINIMUM)
    return {(str(c[0]), str(c[1])) for c in found if c[0] and c[1]}


def public(study: Study, *results: Result) -> pd.DataFrame:
    """The file as a reader gets it."""
    counts_public.write(study, list(results), Output(study.report))
    return read_table(study.report / counts_public.NAME, counts_public.SCHEMA).to_pandas()


def cells_in(frame: pd.DataFrame, unit: str) -> dict[Cell, int]:
    """Published cells and their count, each in the scope it stands in; rows `other` are not cells."""
    frame = frame[frame[unit].notna() & ~frame[list(GROUPS)].eq(OTHER).any(axis=1)]
    own = frame["level"].str.contains("country").map({True: "all", False: "study"})
    rows = frame[frame["scope"] == own][[*GROUPS, unit]].to_dict("records")
    return {tuple(row[g] if isinstance(row[g], str) else None for g in GROUPS): int(row[unit]) for row in rows}


def true_cells(study: Study, result: Result, unit: str) -> dict[Cell, int]:
    """All cells of the levels that are published, as counted."""
    return {c: n for c, u in published(study, result)._cells.items() if (n := u[unit]) is not None}


def solved_hosts(truth: dict[Cell, int], shown: dict[Cell, int]) -> set[Cell]:
    """Cells whose hosts follow from sums over countries: the one that is left over, or all, where all must be equal."""
    found: set[Cell] = set()
    groups: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in truth:
        if cell[0] is not None and cell[0] not in LEFT_OUT and any(cell[1:]):
            groups[(None, *cell[1:])].append(cell)
    for total, parts in groups.items():
        unknown = [c for c in parts if c not in shown]
        if total not in shown and not unknown:
            found.add(total)
        if total in shown and unknown:
            rest = shown[total] - sum(shown[c] for c in parts if c in shown)
            small = all(truth[c] < MINIMUM for c in unknown)
            if len(unknown) == 1 or (small and rest in (len(unknown), len(unknown) * (MINIMUM - 1))):
                found.update(unknown)
    return found


def solved_additive(truth: dict[Cell, int], shown: dict[Cell, int]) -> set[Cell]:
    """Cells whose devices or banners are a combination of published ones, whatever the counts are."""
    atoms = [(c, m, t) for c in COUNTRIES for m in MAKERS for t in TYPES]

    def vector(cell: Cell) -> list[float]:
        wanted = (cell[0], cell[1], cell[3])
        fits = [all(w in (None, a) for w, a in zip(wanted, atom, strict=True)) for atom in atoms]
        return [float(f and (cell[0] is not None or a[0] not in LEFT_OUT)) for f, a in zip(fits, atoms, strict=True)]

    known = np.array([vector(cell) for cell in shown])
    _, sizes, directions = np.linalg.svd(known, full_matrices=False)
    basis = directions[sizes > 1e-9]
    found = set()
    for cell in truth:
        if cell not in shown and cell[2] is None and cell[4] is None:
            asked = np.array(vector(cell))
            if np.abs(asked - basis.T @ (basis @ asked)).max() < 1e-9:
                found.add(cell)
    return found


def left_over(truth: dict[Cell, int], shown: dict[Cell, int]) -> set[Cell]:
    """Cells that are small if hosts did add up across makers, kinds and models, as they nearly do."""
    found = set()
    for cell, n in truth.items():
        if cell not in shown and n < MINIMUM:
            for place, value in enumerate(cell[1:], 1):
                parent = (*cell[:place], None, *cell[place + 1 :])
                siblings = [c for c in truth if c[place] is not None and (*c[:place], None, *c[place + 1 :]) == parent]
                # A small country's total is published: that its hosts are of some maker is no news.
                if value and shown.get(parent, 0) >= MINIMUM and [c for c in siblings if c not in shown] == [cell]:
                    found.add(cell)
    return found


def small(truth: dict[Cell, int], found: set[Cell]) -> set[Cell]:
    return {c for c in found if 0 < truth[c] < MINIMUM}


@pytest.mark.parametrize("seed", mostly_slow(SEEDS, 12))
def test_f21_no_small_cell_can_be_worked_out(study: Study, seed: int) -> None:
    result = counts_of(random_facts(seed))
    frame = public(study, result)
    hosts, shown = true_cells(study, result, "n_hosts"), cells_in(frame, "n_hosts")
    assert all(hosts[cell] == n for cell, n in shown.items())
    assert all(n >= MINIMUM for cell, n in shown.items() if any(cell[1:]))
    assert small(hosts, solved_hosts(hosts, shown)) == set()
    assert left_over(hosts, shown) == set()
    for unit in ("n_devices", "n_banners"):
        truth, own = true_cells(study, result, unit), cells_in(frame, unit)
        assert small(hosts, solved_additive(truth, own)) == set()


@pytest.mark.slow
def test_the_attack_has_teeth(study: Study) -> None:
    """The same attack on a file that only leaves small cells out gets many of them."""
    by_hosts, by_rest, by_devices = 0, 0, 0
    for seed in SEEDS:
        result = counts_of(random_facts(seed))
        hosts = true_cells(study, result, "n_hosts")
        shown = {c: n for c, n in hosts.items() if n >= MINIMUM or not any(c[1:])}
        by_hosts += len(small(hosts, solved_hosts(hosts, shown)))
        by_rest += len(left_over(hosts, shown))
        by_devices += len(small(hosts, solved_additive(hosts, shown)))
    assert min(by_hosts, by_rest, by_devices) > 50


def test_large_makers_stay_as_they_are() -> None:
    assert hidden({("DE", "A"): 9, ("DE", "B"): 5}) == set()


def test_small_makers_fold_together() -> None:
    assert hidden({("DE", "A"): 90, ("DE", "B"): 3, ("DE", "C"): 4, ("FR", "B"): 9, ("FR", "C"): 9}) >= {
        ("DE", "B"),
        ("DE", "C"),
    }


def test_the_next_smallest_of_the_country_joins() -> None:
    assert ("DE", "B") in hidden({("DE", "A"): 90, ("DE", "B"): 20, ("DE", "C"): 2})


def test_the_next_smallest_country_of_the_maker_joins() -> None:
    many = {("DE", "A"): 90, ("DE", "B"): 30, ("DE", "C"): 6, ("FR", "A"): 40, ("US", "A"): 60}
    assert hidden(many | {("FR", "B"): 9, ("FR", "C"): 3, ("US", "C"): 30}) == {
        ("FR", "C"),
        ("FR", "B"),
        ("DE", "C"),
    }


def test_a_sum_over_the_minimum_proves_nothing() -> None:
    # B and C may be the same three hosts: the country has 93, and 90 are A's.
    found = hidden({("DE", "A"): 90, ("DE", "B"): 3, ("DE", "C"): 3}, DE=93)
    assert found == {("DE", "A"), ("DE", "B"), ("DE", "C")}


def test_equal_small_cells_tell_themselves() -> None:
    # Five countries with one host each, and a maker with five: everybody could say how many each has.
    one_each = {(c, "B"): 1 for c in ("DE", "FR", "NA", "US", "TK")} | {(c, "A"): 50 for c in ("DE", "FR")}
    cells = makers_of(one_each)
    assert (None, "B", None, None, None) in hidden_cells(cells, LEFT_OUT, MINIMUM)
    assert (None, "B", None, None, None) not in hidden_cells(
        makers_of(one_each | {("DE", "B"): 3, ("FR", "B"): 2}), LEFT_OUT, MINIMUM
    )


def test_countries_left_out_are_in_no_sum() -> None:
    # China's makers are not in the makers' totals: nothing has to hide them but their own country.
    assert hidden({("CN", "A"): 90, ("CN", "B"): 9, ("DE", "A"): 40, ("DE", "B"): 2, ("FR", "B"): 7}) == {
        ("DE", "A"),
        ("DE", "B"),
        ("FR", "B"),
    }


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "=HYPERLINK(1)", "unknown"])
def test_names_do_not_matter(name: str) -> None:
    assert hidden({("DE", name): 9}) == set()


def test_a_minimum_of_one_hides_nothing() -> None:
    assert hidden_cells(makers_of({("DE", "A"): 1, ("FR", "B"): 2}), (), 1) == set()
    assert hidden_cells({}, (), 5) == set()


def test_zero_is_told_from_hidden() -> None:
    cells = makers_of(
        {
            ("DE", "A"): 90,
            ("DE", "B"): 3,
            ("DE", "C"): 4,
            ("FR", "B"): 30,
            ("FR", "C"): 40,
            ("TK", "A"): 4,
            ("US", "A"): 8,
        }
    )
    whole = Published({c: dict.fromkeys(UNITS, n) for c, n in cells.items()}, LEFT_OUT, MINIMUM)
    assert [whole.count(country="DE", manufacturer=m) for m in ("B", "D")] == [None, 0]
    assert [whole.count(country="TK", manufacturer=m) for m in ("A", "D")] == [None, None]
    assert whole.count(country="NA", manufacturer="A") == 0
    assert whole.count(manufacturer="D") == 0


def test_totals_of_countries_and_the_world_are_as_counted(study: Study) -> None:
    result = counts_of(random_facts(3))
    frame = public(study, result)
    counted = result.counts.to_pandas()
    for level in ("world", "country"):
        one, two = (f[f["level"] == level].reset_index(drop=True) for f in (frame, counted))
        pd.testing.assert_frame_equal(one, two, check_dtype=False)


@pytest.mark.slow
def test_makers_and_other_add_up_to_the_world(study: Study) -> None:
    for seed in SEEDS:
        result = counts_of(random_facts(seed))
        frame = public(study, result)
        world = headline_cells(result, "world", study, "study").iloc[0]
        for level in ("manufacturer", "product_type"):
            for unit in ("n_devices", "n_banners"):
                assert frame.loc[frame["level"] == level, unit].sum() == world[unit]


def test_nothing_private_is_in_the_file(study: Study) -> None:
    frame = public(study, counts_of(random_facts(1)), counts_of(random_facts(2), "2025"))
    assert list(frame.columns) == COUNTS.schema.names == counts_public.SCHEMA.schema.names
    assert [f.type for f in counts_public.SCHEMA.schema] == [f.type for f in COUNTS.schema]
    assert set(frame["snapshot"]) == {"2024", "2025"}
    fine = frame[~frame["level"].isin(["world", "country"])]
    assert set(fine["level"]) <= set(LEVELS)
    assert (fine["scope"] == fine["level"].str.contains("country").map({True: "all", False: "study"})).all()
    crossed = fine[fine["level"].str.contains(r"\+|brand")]
    assert crossed[["n_devices", "n_banners", "n_prefixes"]].isna().all(axis=None)


def test_no_row_stands_twice_and_the_order_is_fixed(study: Study, tmp_path: Path) -> None:
    results = [counts_of(random_facts(4))]
    frame = public(study, *results)
    keys = ["level", *GROUPS, "snapshot", "scope", "ip_version", "min_confidence", "decoys_left_out"]
    assert not frame.duplicated(keys).any()
    again = make_study(tmp_path, "report_dir = 'again'")
    public(again, counts_of(list(reversed(random_facts(4)))))
    assert (study.report / counts_public.NAME).read_bytes() == (again.report / counts_public.NAME).read_bytes()


def test_the_hidden_share_is_of_hosts_in_the_headline() -> None:
    cells = makers_of(
        {("DE", "A"): 90, ("DE", "B"): 3, ("DE", "C"): 4, ("FR", "B"): 40, ("FR", "C"): 40, ("CN", "A"): 4}
    )
    whole = Published({c: dict.fromkeys(UNITS, n) for c, n in cells.items()}, LEFT_OUT, MINIMUM)
    found = whole.hidden_part()
    assert (found.cells, found.of) == (4, 5)
    assert found.share == pytest.approx(100 * 87 / 177)
    assert whole.hidden_part(("D",)).share is None
