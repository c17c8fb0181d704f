"""The accuracy report: a Markdown page (template accuracy.md.j2), a CSV of each table, plots."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import jinja2
import pandas as pd

from camcensus.core import storage
from camcensus.core.fingerprints import commit, package_version
from camcensus.core.resources import TEMPLATES
from camcensus.validation.accuracy.countries import LEAST, TRUTHS
from camcensus.validation.accuracy.measure import Results
from camcensus.validation.accuracy.plots import draw

UNITS = {"n_banners": "banners", "n_hosts": "hosts", "n_devices": "devices", "n_prefixes": "prefixes"}
SMALL = 30  # makers with fewer devices are only in the CSV
SHARES = frozenset({
    "world", "median", "p90", "worst", "precision", "recall", "by_queries", "possible", "likely", "certain", "devices",
    "devices_median", "devices_p90", "hosts_median", "hosts_p90",
    "real_lost", "decoys_found", "of_truth", "same_direction", "told_right", "not_told", "holds", "low", "high",
    "mean_error", "mean_width", "in_band", "of_seen", "candidate", "typed", "nothing",
    "all_counted", "all_candidate",
})  # fmt: skip
WHOSE = "These figures are the software's error in simulated worlds, never the error of a published count."
EVIDENCE = "recall of what has any evidence"
HOLDING = ("assumptions hold", "labels are right")


def write(results: Results, folder: Path, on: date) -> Path:
    """Write README.md, a CSV for each table and the plots; return the page's path."""
    for name, table in results.tables.items():
        storage.write_text(folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n", float_format="%.6g"))
    draw(results.tables, folder)
    path = folder / "README.md"
    storage.write_text(path, page(results, on))
    return path


def page(results: Results, on: date) -> str:
    """Return the page as Markdown."""
    t = dict(results.tables)
    summary = t["summary"].assign(unit=t["summary"]["unit"].map(UNITS))
    t["summary"] = summary[["truth", *(name for name in summary.columns if name != "truth")]]
    t["makers"], t["models"] = _large(t["makers"]), _large(t["models"])
    t["counted"] = t["counted"].assign(**{"is": [f"{v:,.0f}" if v > 1 else _share(v) for v in t["counted"]["is"]]})
    t["changes"] = _changes(t["changes"])
    loader = jinja2.FileSystemLoader(TEMPLATES)
    # Markdown, not HTML; all names in it are the catalogue's or the model's.
    template = jinja2.Environment(loader=loader, autoescape=False, keep_trailing_newline=True)  # noqa: S701
    return template.get_template("accuracy.md.j2").render(
        whose=WHOSE, on=on.isoformat(), plan=results.plan, worlds=results.worlds, version=package_version(),
        code=(commit() or "")[:12], truths=TRUTHS, least=LEAST, small=SMALL,
        goals=markdown(goals(results.tables)), **{name: markdown(table) for name, table in t.items()},
    )  # fmt: skip


def goals(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the goals that were set before any measurement, and what was measured."""
    found, joined = tables["summary"], tables["joins"].iloc[0]
    hosts = found[(found["truth"] == "evidence") & (found["unit"] == "n_hosts")].iloc[0]
    (everybody,) = tables["makers"][tables["makers"]["name"] == "all"].to_dict("records")
    evidence = dict(zip(tables["counted"]["what"], tables["counted"]["is"], strict=True))[EVIDENCE]
    rows = [
        _goal("hosts by country against evidence: median error", "at most 2%", hosts["median"], most=0.02),
        _goal("hosts by country against evidence: 90th percentile", "at most 5%", hosts["p90"], most=0.05),
        _goal("precision of the maker", "at least 99.5%", everybody["precision"], least=0.995),
        _goal("recall of the maker if evidence names it", "at least 95%", everybody["recall"], least=0.95),
        _goal("recall of cameras with any evidence", "at least 95%", evidence, least=0.95),
        _joins("wrong merges", joined["merges"]),
        _joins("of them with banners that distinguish the devices", joined["merges_told"]),
        _joins("wrong splits", joined["splits"]),
        _joins(
            "of them not by a new address that nothing links to the old one", joined["splits"] - joined["splits_moved"]
        ),
    ]
    intervals = tables["coverage"]
    rows += [
        _goal(f"{row['interval']}: the interval contains the truth", "93 to 97%", row["holds"], least=0.93, most=0.97)
        for row in intervals[intervals["setting"].isin(HOLDING)].to_dict("records")
    ]
    return pd.DataFrame(rows)


def _goal(
    goal: str, set_: str, value: float, *, least: float = float("-inf"), most: float = float("inf"), form: str = ""
) -> dict[str, str]:  # fmt: skip
    shown = form.format(value) if form else _share(value)
    return {"goal": goal, "set": set_, "measured": shown, "met": "yes" if least <= value <= most else "no"}


def _joins(goal: str, value: float) -> dict[str, str]:
    return _goal(f"{goal}, per 1,000 devices", "at most 10", value, most=10, form="{:.1f}")


def _changes(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for truth, each in table.groupby("truth", sort=False):
        sizes = each["error"].abs()
        rows.append({
            "truth": truth, "countries": len(each), "median": sizes.median(), "p90": sizes.quantile(0.9),
            "same_direction": (each["counted"] * each["true"] > 0).mean(),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _large(table: pd.DataFrame) -> pd.DataFrame:
    large = table[(table["shown"] >= SMALL) | (table["name"] == "all")]
    return large.sort_values("shown", ascending=False)


def _share(value: float) -> str:
    return "" if pd.isna(value) else f"{100 * value:.1f}%"


def markdown(frame: pd.DataFrame) -> str:
    """Return a Markdown table; columns of SHARES as percentages."""
    lines = [_row(frame.columns), _row("---" for _ in frame.columns)]
    lines += [
        _row(_share(value) if name in SHARES else _plain(value) for name, value in row.items())
        for row in frame.to_dict("records")
    ]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _plain(value: object) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")
