"""Commands that measure the error of counts: simulated worlds, estimates from two engines, audits by hand."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from camcensus.cli.options import STUDY, App, Json, SnapshotOption, StudyOption, Workers, show
from camcensus.core.console import Reporter

estimate_app = App(
    name="estimate", no_args_is_help=True, help="Estimate totals, yearly change and rank ranges.",
    epilog="Example: camcensus estimate ranks --study study.toml --snapshot 2026",
)  # fmt: skip
audit_app = App(
    name="audit", no_args_is_help=True, help="Measure precision and recall on hosts labelled by hand.",
    epilog="Example: camcensus audit sample --study study.toml --snapshot 2026 --hosts 400",
)  # fmt: skip
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the draw; it is recorded.")]

PrefixLength = Annotated[
    int, typer.Option("--prefix-length", min=8, max=24, help="Prefix length of the blocks downloaded completely.")
]
BlockLabels = Annotated[
    list[Path] | None, typer.Option("--labels", help="Labels of an audit of the blocks.", show_default=False)
]


@estimate_app.command(
    "engines", epilog="Example: camcensus estimate engines --study a.toml --snapshot 2026 --with b.toml"
)
def estimate_engines(
    snapshot: SnapshotOption,
    study: StudyOption = STUDY,
    other: Annotated[
        Path | None, typer.Option("--with", help="The study of a second engine's export.", show_default=False)
    ] = None,
    other_snapshot: Annotated[
        str | None, typer.Option("--with-snapshot", help="Its snapshot.", show_default="the same id")
    ] = None,
    json_: Json = False,
) -> None:
    """Estimate how many hosts are reachable in total, seen or not, from two engines' snapshots."""
    from camcensus.estimate.commands import engines_text

    show(engines_text(study, snapshot, other, other_snapshot or snapshot, json_))


@estimate_app.command(
    "change", epilog="Example: camcensus estimate change --study study.toml --labels 2025=a.csv --labels 2026=b.csv"
)
def estimate_change(
    study: StudyOption = STUDY,
    labels: Annotated[
        list[str] | None, typer.Option("--labels", help="SNAPSHOT=FILE of an audit's labels.", show_default=False)
    ] = None,
    json_: Json = False,
) -> None:
    """Estimate the change of hosts between snapshots: range or interval, and up, down or not distinguishable."""
    from camcensus.estimate.commands import changes_text

    show(changes_text(study, labels or [], json_))


@estimate_app.command("ranks", epilog="Example: camcensus estimate ranks --study study.toml --snapshot 2026")
def estimate_ranks(snapshot: SnapshotOption, study: StudyOption = STUDY, json_: Json = False) -> None:
    """Rank countries by hosts, with the best and worst rank that the ranges of counts allow."""
    from camcensus.estimate.commands import ranks_text

    show(ranks_text(study, snapshot, json_))


@estimate_app.command(
    "makers", epilog="Example: camcensus estimate makers --study study.toml --snapshot 2026 --blocks net.toml"
)
def estimate_makers(
    snapshot: SnapshotOption,
    blocks: Annotated[Path, typer.Option("--blocks", help="The study of address blocks downloaded completely.")],
    study: StudyOption = STUDY,
    blocks_snapshot: Annotated[
        str | None, typer.Option("--blocks-snapshot", help="Its snapshot.", show_default="the same id")
    ] = None,
    prefix_length: PrefixLength = 16,
    labels: BlockLabels = None,
    json_: Json = False,
) -> None:
    """Correct makers' counts by their recall, so that ranks do not favour makers with many signatures."""
    from camcensus.estimate.commands import makers_text
    from camcensus.estimate.source import load_source

    whole, queried = load_source(blocks, blocks_snapshot or snapshot), load_source(study, snapshot)
    show(makers_text(whole, queried, prefix_length, labels or [], json_))


@audit_app.command("sample", epilog="Example: camcensus audit sample --study study.toml --snapshot 2026 --hosts 400")
def audit_sample(
    snapshot: SnapshotOption,
    study: StudyOption = STUDY,
    hosts: Annotated[int, typer.Option("--hosts", min=10, help="Approximate number of hosts to label.")] = 400,
    seed: Seed = 1,
    json_: Json = False,
) -> None:
    """Draw hosts to label by hand, counted and uncounted: a page to read and a file to fill in."""
    from camcensus.estimate.commands import sample_text

    show(sample_text(study, snapshot, hosts, seed, json_))


@audit_app.command("score", epilog="Example: camcensus audit score labels-ann.csv --study study.toml --snapshot 2026")
def audit_score(
    labels: Annotated[list[Path], typer.Argument(help="The file of one labeller, or of two.")],
    snapshot: SnapshotOption,
    study: StudyOption = STUDY,
    seed: Seed = 1,
    json_: Json = False,
) -> None:
    """Compute precision, recall within what was collected, confused makers and the corrected count from labels."""
    from camcensus.estimate.commands import score_text

    show(score_text(study, snapshot, labels, seed, json_))


@audit_app.command(
    "queries", epilog="Example: camcensus audit queries --study net.toml --snapshot 2026 --against study.toml"
)
def audit_queries(
    snapshot: SnapshotOption,
    against: Annotated[Path, typer.Option("--against", help="The study that was collected with camera queries.")],
    study: StudyOption = STUDY,
    against_snapshot: Annotated[
        str | None, typer.Option("--against-snapshot", help="Its snapshot.", show_default="the same id")
    ] = None,
    prefix_length: PrefixLength = 16,
    labels: BlockLabels = None,
    json_: Json = False,
) -> None:
    """Estimate the recall of the queries, from blocks of addresses downloaded without them (net:)."""
    from camcensus.estimate.commands import queries_text
    from camcensus.estimate.source import load_source

    blocks, queried = load_source(study, snapshot), load_source(against, against_snapshot or snapshot)
    show(queries_text(blocks, queried, prefix_length, labels or [], json_))


def simulate(
    paths: Annotated[
        list[Path], typer.Argument(help="A new folder; with --serve: the exports to answer from.", show_default=False)
    ],
    devices: Annotated[int, typer.Option("--devices", min=100, help="Approximate number in the last year.")] = 100_000,
    snapshots: Annotated[int, typer.Option("--snapshots", min=1, max=20, help="Number of years, up to 2026.")] = 6,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the world.")] = 20261101,
    growing: Annotated[
        bool, typer.Option("--growing", help="Use some queries and scan some ports in later years only.")
    ] = False,
    workers: Workers = 0,
    serve: Annotated[bool, typer.Option("--serve", help="Answer as a loopback Shodan until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port of 127.0.0.1; 0: any free one.")] = 0,
    plan: Annotated[str, typer.Option("--plan", help="free, dev, plus, corporate or enterprise.")] = "enterprise",
    credits_: Annotated[
        int | None, typer.Option("--credits", min=0, help="Query credits left.", show_default="the plan's")
    ] = None,
    rate: Annotated[float, typer.Option("--rate", min=0, help="Requests per second; 0: no limit.")] = 1.0,
    json_: Json = False,
) -> None:
    """Simulate an Internet with known cameras, ready to be counted; or serve exports as a Shodan on this machine.

    Neither connects to a network.
    """
    from camcensus.validation.loopback.serve import serve_until_stopped
    from camcensus.validation.simulate.world import GROWING, Plan
    from camcensus.validation.simulate.write import simulate as write

    if serve:
        serve_until_stopped(paths, plan, credits_, rate or None, port, show)
        return
    if len(paths) != 1 or paths[0].is_file():
        raise typer.BadParameter("name one new folder, or use --serve", param_hint="FOLDER")
    world = Plan(devices, snapshots, seed, GROWING if growing else ())
    lines = write(paths[0], world, Reporter(), workers or os.cpu_count() or 1)
    path = str(paths[0] / "study.toml")
    show(json.dumps({"study": path, "lines": lines}) if json_ else path)


def accuracy(
    out: Annotated[Path, typer.Option("--out", help="Folder of the report.")] = Path("reports/accuracy"),
    devices: Annotated[int, typer.Option("--devices", min=1000, help="Devices in the counted world.")] = 200_000,
    worlds: Annotated[int, typer.Option("--worlds", min=1, help="Small worlds per setting of an interval.")] = 500,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the worlds.")] = 20261101,
    workers: Workers = 0,
    json_: Json = False,
) -> None:
    """Measure the software's error in simulated worlds with known cameras; write a report and print the goals."""
    from datetime import UTC, datetime

    from camcensus.validation.accuracy.measure import measure
    from camcensus.validation.accuracy.page import WHOSE, goals
    from camcensus.validation.accuracy.page import write as write_page
    from camcensus.validation.simulate.world import Plan

    found = measure(Plan(devices, 2, seed), worlds, workers or os.cpu_count() or 1, Reporter().info)
    path = write_page(found, out, datetime.now(UTC).date())
    table = goals(found.tables)
    if json_:
        show(json.dumps({"page": str(path), "goals": json.loads(table.to_json(orient="records"))}))
    else:
        show(f"{WHOSE}\n{table.to_string(index=False)}\n{path}")
