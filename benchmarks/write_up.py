"""Write the measured part of benchmarks/README.md, and its plots, from the newest result of each benchmark.

python benchmarks/write_up.py
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

HERE = Path(__file__).parent
PLOTS = HERE / "plots"
MARK = "<!-- What follows is written by write_up.py. -->"
OURS, OTHERS = "#1f5597", "#c9c9c9"
NAMES = {
    "floor": "decompression alone (ISA-L)",
    "camcensus": "**camcensus**",
    "camcensus_without_assets": "**camcensus**, without the elements of pages",
    "camcensus_plain": "**camcensus**, without kernels",
    "camcensus_one_file": "**camcensus**, one gzip file",
    "duckdb": "DuckDB, the same columns",
    "duckdb_plain": "DuckDB, 13 plain columns",
    "chdb": "ClickHouse (chdb), 13 plain columns",
    "polars": "Polars, 13 plain columns",
    "analyst": "the analyst's script",
}
JOBS = NAMES | {"duckdb": "its job in DuckDB", "chdb": "its job in ClickHouse (chdb)", "polars": "its job in Polars"}
Result = dict[str, Any]


def main() -> None:
    """Write README.md and the plots; a benchmark that was never run has no section."""
    PLOTS.mkdir(exist_ok=True)
    sections = []
    for name, (title, command, section) in SECTIONS.items():
        if (found := newest(name)) is not None:
            head = f"### {title} ({found['date']}; {found['machine']})"
            sections += [head, "", f"`python benchmarks/{command}`", "", *section(found), ""]
    path = HERE / "README.md"
    introduction = path.read_text(encoding="utf-8").partition(MARK)[0]
    path.write_text("\n".join([f"{introduction}{MARK}", "", *sections]).rstrip() + "\n", encoding="utf-8")


def newest(name: str) -> Result | None:
    """Return the newest result of a benchmark."""
    found = sorted((HERE / "results").glob(f"{name}-20*.json"))
    return json.loads(found[-1].read_text()) if found else None


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """Format a Markdown table, numbers with separators."""
    names = list(head)
    lines = [names, ["---"] + ["---:"] * (len(names) - 1)]
    lines += [[f"{cell:,}" if isinstance(cell, int | float) else str(cell) for cell in row] for row in rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def ingest(found: Result) -> list[str]:
    """Compare the time of all programs, in one world."""
    sides, name = found["median"], f"ingest-{found['world']}"
    ours = sides["camcensus"]
    bars(name, {one: round(of["cpu_seconds"] / found["banners"] * 1e6, 1) for one, of in sides.items()},
         NAMES, "CPU seconds per million banners")  # fmt: skip
    rows = [
        (NAMES[one], of["seconds"], of["cpu_seconds"], round(of["peak_mb"]), *ratios(ours, of))
        for one, of in sides.items()
    ]
    return [
        f"{found['banners']:,} banners, {found['raw_mb']['lines']:,} MB of lines, medians of {found['rounds']}.",
        "",
        *table(COLUMNS, rows),
        "",
        f"![CPU seconds of ingest and its peers](plots/{name}.svg)",
    ]


COLUMNS = ("", "seconds", "CPU s", "peak MB", "camcensus: times the CPU", "times the seconds")


def ratios(ours: Result, of: Result) -> tuple[float, float]:
    """CPU seconds and seconds of camcensus, divided by those of a program."""
    return round(ours["cpu_seconds"] / of["cpu_seconds"], 2), round(ours["seconds"] / of["seconds"], 2)


def whole_run(found: Result) -> list[str]:
    """Describe each size: seconds, memory, stages, and what a second run costs."""
    lines: list[str] = []
    for size in found["sizes"]:
        rows = [
            (JOBS[name], of["seconds"], of["cpu_seconds"], round(of["peak_mb"]),
             *ratios(size["median"]["camcensus"], of))
            for name, of in size["median"].items()
        ]  # fmt: skip
        lines += [
            f"**{size['banners']:,} banners**, {size['raw_mb']['lines']:,} MB of lines, {rounds(size)}:",
            "",
            *table(COLUMNS, rows),
            "",
            stages(size),
            "",
        ]
    if len(found["sizes"]) > 1:
        curve("time", found["sizes"], "seconds", "seconds")
        curve("memory", found["sizes"], "peak_mb", "peak memory, MB")
        lines += [
            f"Time grows with the banners to the power of {found['growth']}.",
            "",
            "![Seconds against banners](plots/time.svg)",
            "",
            "![Peak memory against banners](plots/memory.svg)",
        ]
    return lines


def rounds(size: Result) -> str:
    """Say how often it was measured."""
    return f"medians of {size['rounds']} rounds" if size["rounds"] > 1 else "one round"


def stages(size: Result) -> str:
    """Say what each stage took, what a second run costs and how large tables are."""
    own = size["median"]["camcensus"]
    took = ", ".join(f"{name.replace('_', ' and ')} {own[name]:,} s" for name in STAGES if name in own)
    again = ", ".join(f"{name.replace('_', ' ')} {cost(of)}" for name, of in size["again"].items())
    shares = ", ".join(f"{name.removesuffix('.parquet')} {n}%" for name, n in size["tables_share_of_lines"].items())
    read = size["devices_read_for_one_country_percent"]
    return (
        f"Of it: {took}. Run again after a change of: {again}. Tables, in percent of the "
        f"lines: {shares}. A filter on one country reads {read['median']}% of `devices` (the largest country: "
        f"{read['largest']}%)."
    )


def cost(of: Result) -> str:
    """Say what a second run costs; results before 2026-11-30 have no CPU seconds of it."""
    found = f"{of['seconds']} s"
    return f"{found} ({of['cpu_seconds_per_million']} CPU s per million banners)" if "cpu_seconds" in of else found


STAGES = ("import", "ingest", "identify", "dedupe_aggregate")


def locate(found: Result) -> list[str]:
    """Tabulate addresses per second."""
    rows = [
        (name, *(found[name][f"{who}_per_second"] for who in ("camcensus", "geoip2", "maxminddb")),
         found[name]["times_geoip2"])
        for name in ("slim", "full")
    ]  # fmt: skip
    return table(("records", "camcensus/s", "geoip2/s", "maxminddb/s", "times geoip2"), rows)


def identify(found: Result) -> list[str]:
    """Say how many banners one core identifies per second."""
    return [
        (
            f"{found['signatures']} signatures and {found['model_patterns']} model patterns on one core: "
            f"{found['repeated_per_second']:,} banners/s where values repeat as they do, "
            f"{found['distinct_per_second']:,} where each is new."
        )
    ]


def start_up(found: Result) -> list[str]:
    """Tabulate what commands cost that have nothing to do."""
    rows = [(f"`{name}`", of["cpu_seconds"], of["seconds"]) for name, of in found["commands"].items()]
    study = f"Six snapshots of {found['devices']:,} simulated devices, counted; medians of {found['rounds']}, under a "
    study += f"load of {found['load']} by this and other work."
    return [study, "", *table(("command", "CPU s", "seconds"), rows)]


SECTIONS: dict[str, tuple[str, str, Callable[[Result], list[str]]]] = {
    "ingest-static": ("Ingest, pages that repeat", "ingest.py --world static", ingest),
    "ingest-sessions": ("Ingest, pages with session words", "ingest.py --world sessions", ingest),
    "ingest-unfiltered": ("Ingest, 2% cameras", "ingest.py --world unfiltered", ingest),
    "whole-run-static": ("Import to counts, pages that repeat", "whole_run.py --world static", whole_run),
    "whole-run-sessions": (
        "Import to counts, pages with session words",
        "whole_run.py --world sessions",
        whole_run,
    ),
    "start-up": ("Start of a command", "start_up.py", start_up),
    "identify": ("Identify", "identify.py", identify),
    "locate": ("Locate", "locate.py", locate),
}


def figure() -> tuple[Figure, Axes]:
    """Return an empty plot."""
    drawn = Figure(figsize=(8, 3.2), layout="constrained")
    axes = drawn.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return drawn, axes


def bars(name: str, values: dict[str, float], names: dict[str, str], unit: str) -> None:
    """Draw one bar per program, ours in colour."""
    drawn, axes = figure()
    labels = [names[one].replace("*", "") for one in values]
    colours = [OURS if one.startswith("camcensus") else OTHERS for one in values]
    axes.bar_label(axes.barh(labels, list(values.values()), color=colours), fmt="{:,.0f}", padding=3)
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.margins(x=0.12)
    save(drawn, name)


def curve(name: str, sizes: list[Result], key: str, unit: str) -> None:
    """Draw one line per program over the sizes, both axes logarithmic."""
    drawn, axes = figure()
    for one in sizes[0]["median"]:
        at = [(size["banners"], size["median"][one][key]) for size in sizes if one in size["median"]]
        ours = one == "camcensus"
        axes.loglog(
            *zip(*at, strict=True), marker="o", color=OURS if ours else "#888888", linewidth=2.5 if ours else 1,
            linestyle="-" if ours else {"analyst": "--", "duckdb": ":", "chdb": "-.", "polars": (0, (1, 3))}[one],
            label=JOBS[one].replace("*", ""),
        )  # fmt: skip
    axes.set_xlabel("banners")
    axes.set_ylabel(unit)
    axes.legend(frameon=False, fontsize=8)
    save(drawn, name)


def save(drawn: Figure, name: str) -> None:
    """Save a plot; the same figures give the same bytes."""
    with mpl.rc_context({"svg.hashsalt": "camcensus", "svg.fonttype": "none"}):
        drawn.savefig(PLOTS / f"{name}.svg", metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
