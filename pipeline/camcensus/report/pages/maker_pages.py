"""A page for each maker that may be shown in any snapshot."""

import re
from collections import defaultdict
from collections.abc import Sequence

from camcensus.core.config import Study
from camcensus.core.countries import country_name
from camcensus.core.tables import UNKNOWN
from camcensus.report import formatting, wording
from camcensus.report.charts.newest import kind_name
from camcensus.report.charts.sparklines import large
from camcensus.report.inputs import Result
from camcensus.report.pages.detail_page import TOP, Leaf, Section, over_snapshots
from camcensus.report.tables import facts
from camcensus.report.tables.page_data import View
from camcensus.report.tables.publish import Published, published
from camcensus.report.tables.small_tables import Grid, grid
from camcensus.report.timeline import Step, line_note

Finer = dict[str, dict[str, int]]  # maker to name to hosts


def maker_files(study: Study, results: Sequence[Result]) -> dict[str, str]:
    """Maker to file, by name. Two makers of one slug are told apart by a number."""
    makers = {maker for r in results for maker in published(study, r).shown("manufacturer")} - {UNKNOWN}
    files: dict[str, str] = {}
    for maker in sorted(makers):
        slug = base = re.sub(r"[^a-z0-9]+", "-", maker.lower()).strip("-")[:60] or "maker"
        number = 1
        while f"makers/{slug}.html" in files.values():
            number += 1
            slug = f"{base}-{number}"
        files[maker] = f"makers/{slug}.html"
    return files


def maker_pages(study: Study, results: Sequence[Result], found: View) -> list[Leaf]:
    """All of them, by name."""
    given = [published(study, r) for r in results]
    places = [_finer(g, "country+manufacturer", 0) for g in given]
    kinds = [_finer(g, "manufacturer+product_type", 3) for g in given]
    brands, models = (_finer(given[-1], f"manufacturer+{name}", at) for name, at in (("brand", 2), ("model", 4)))
    way = [year.step for year in found.years]
    leaves = []
    for maker, file in maker_files(study, results).items():
        parts = (
            _places(study, results, given, maker, places),
            _kinds(results, given, maker, kinds),
            Section("Brands", f"Hosts, snapshot {results[-1].snapshot}.", _newest("Brands", "Brand", brands[maker])),
            Section(
                "Models",
                f"Hosts, snapshot {results[-1].snapshot}; only models that the catalogue names, at most {TOP}.",
                _newest("Models", "Model", models[maker]),
            ),
        )
        leaves.append(_leaf(study, results, given, maker, file, way, parts, places))
    return leaves


def _finer(given: Published, level: str, place: int) -> Finer:
    named: Finer = defaultdict(dict)
    for cell, units in given.cells(level).items():
        if cell[place] != UNKNOWN:
            named[str(cell[1])][str(cell[place])] = units["n_hosts"] or 0
    return named


def _leaf(
    study: Study, results: Sequence[Result], given: list[Published], maker: str, file: str, way: list[Step],
    parts: tuple[Section, ...], places: list[Finer],
) -> Leaf:  # fmt: skip
    hosts = [g.total("n_hosts", manufacturer=maker) for g in given]
    told = ", ".join(f"{s.snapshot} {formatting.shown(n)}" for s, n in zip(way, hosts, strict=True))
    where = wording.outside(study.countries_left_out)
    window = wording.window(results[-1].manifest.window)
    return Leaf(
        file=file,
        title=maker,
        back=f"maker={re.sub(r'[^a-z0-9]+', '-', maker.lower()).strip('-')}",
        number=formatting.shown(hosts[-1]),
        lead=f"hosts with cameras or recorders made by {maker} {where}",
        aside=f"{results[-1].snapshot}, {window}. {wording.UNIT_MEANING['hosts']}",
        picture=large(way, hosts, f"Hosts with cameras of {maker} by snapshot: {told}."),
        note=line_note(way, False),
        figures=_figures(study, results, given, maker, places, way),
        parts=parts,
        quality=(
            "Cameras sold under another brand count for this maker only where the evidence shows it.",
            "No sensitivity range: other settings are counted for all makers together, not for one.",
            wording.small_cells(study),
        ),
    )


def _figures(
    study: Study, results: Sequence[Result], given: list[Published], maker: str, places: list[Finer], way: list[Step]
) -> Grid:
    """One row for each snapshot, newest first."""
    rows = []
    for i in reversed(range(len(results))):
        counts = [given[i].total(f"n_{unit}", manufacturer=maker) for unit in ("hosts", "devices", "banners")]
        others = {m: u["n_hosts"] or 0 for m, u in given[i].shown("manufacturer").items() if m != UNKNOWN}
        rank = 1 + sum(n > others[maker] for n in others.values()) if maker in others else None
        before = None if way[i].first or way[i].broken else given[i - 1].total("n_hosts", manufacturer=maker)
        moved = facts.change(before, counts[0])
        inside = sum(code not in study.countries_left_out for code in places[i][maker])
        name = way[i].snapshot if way[i].whole else f"{way[i].snapshot} (partial)"
        cells = [name, *map(formatting.shown, counts), str(rank) if rank else formatting.MISSING, str(inside)]
        rows.append([*cells, formatting.signed(moved.absolute), formatting.percent(moved.percent)])
    head = ["Snapshot", "Hosts", "Devices", "Banners", "Rank by hosts", "Countries shown", "Change, hosts", "Change, %"]
    return grid(f"Figures of {maker}", head, rows, range(1, len(head)))


def _places(
    study: Study, results: Sequence[Result], given: list[Published], maker: str, places: list[Finer]
) -> Section:
    codes = sorted({code for one in places for code in one[maker]})
    rows: dict[str, list[int | None]] = {}
    for code in codes:
        name = country_name(code) if code not in study.countries_left_out else f"{country_name(code)} (left out)"
        rows[name] = [g.hosts(code, maker) for g in given]
    said = f"Hosts, at most {TOP} countries; a dash where it is not shown."
    return Section("Countries and territories", said, over_snapshots("Countries", "Country", results, rows))


def _kinds(results: Sequence[Result], given: list[Published], maker: str, kinds: list[Finer]) -> Section:
    names = sorted({name for one in kinds for name in one[maker]})
    rows = {
        kind_name(name): [g.total("n_hosts", manufacturer=maker, product_type=name) for g in given] for name in names
    }
    return Section("Kinds of device", "Hosts.", over_snapshots("Kinds of device", "Kind", results, rows))


def _newest(title: str, first: str, named: dict[str, int]) -> Grid:
    rows = [[name, f"{n:,}"] for name, n in sorted(named.items(), key=lambda m: (-m[1], m[0]))[:TOP]]
    found = grid(title, [first, "Hosts"], rows, (1,))
    return Grid(found.title, found.head, found.rows, "None that may be shown.")
