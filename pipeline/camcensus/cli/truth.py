"""Commands that say how wrong a count is: made-up worlds, estimates from two engines, audits by hand."""

import os
from pathlib import Path
from typing import Annotated

import typer

from camcensus.cli.options import App, Json, SnapshotOption, StudyOption, Workers, tell
from camcensus.core.console import Reporter

estimate_app = App(name="estimate", no_args_is_help=True, help="Says more than counts do, with intervals.")


@estimate_app.command(
    "engines", epilog="Example: camcensus estimate engines --study a.toml --snapshot 2026 --with b.toml"
)
def estimate_engines(
    study: StudyOption,
    snapshot: SnapshotOption,
    other: Annotated[
        Path | None, typer.Option("--with", help="The study of a second engine's export.", show_default=False)
    ] = None,
    other_snapshot: Annotated[str | None, typer.Option("--with-snapshot", help="Default: the same id.")] = None,
    json_: Json = False,
) -> None:
    """How many hosts two engines' snapshots let expect in all: reachable from the Internet, seen or not."""
    from camcensus.estimate.commands import tell_engines

    tell(tell_engines(study, snapshot, other, other_snapshot or snapshot, json_))


@estimate_app.command(
    "change", epilog="Example: camcensus estimate change --study study.toml --labels 2025=a.csv --labels 2026=b.csv"
)
def estimate_change(
    study: StudyOption,
    labels: Annotated[
        list[str] | None, typer.Option("--labels", help="SNAPSHOT=FILE of an audit's labels.", show_default=False)
    ] = None,
    json_: Json = False,
) -> None:
    """How each snapshot's hosts changed against the one before: range or interval, and up, down or not to be told."""
    from camcensus.estimate.commands import tell_changes

    tell(tell_changes(study, labels or [], json_))


@estimate_app.command("ranks", epilog="Example: camcensus estimate ranks --study study.toml --snapshot 2026")
def estimate_ranks(study: StudyOption, snapshot: SnapshotOption, json_: Json = False) -> None:
    """Countries by hosts, each with the best and the worst rank that the ranges of counts allow."""
    from camcensus.estimate.commands import tell_ranks

    tell(tell_ranks(study, snapshot, json_))


audit_app = App(name="audit", no_args_is_help=True, help="Errors found by hand, within what was collected.")
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of the draw; it is written down.")]


@audit_app.command("sample", epilog="Example: camcensus audit sample --study study.toml --snapshot 2026 --hosts 400")
def audit_sample(
    study: StudyOption,
    snapshot: SnapshotOption,
    hosts: Annotated[int, typer.Option("--hosts", min=10, help="About how many to label.")] = 400,
    seed: Seed = 1,
) -> None:
    """Draws hosts to label by hand, counted and uncounted: a page to read and a file to fill in."""
    from camcensus.estimate.commands import tell_sample

    tell(tell_sample(study, snapshot, hosts, seed))


@audit_app.command("score", epilog="Example: camcensus audit score labels-ann.csv --study study.toml --snapshot 2026")
def audit_score(
    labels: Annotated[list[Path], typer.Argument(help="One labeller's file, or two.")],
    study: StudyOption,
    snapshot: SnapshotOption,
    seed: Seed = 1,
    json_: Json = False,
) -> None:
    """Precision, recall within what was collected, confused makers and the corrected count, from labels."""
    from camcensus.estimate.commands import tell_score

    tell(tell_score(study, snapshot, labels, seed, json_))


@audit_app.command(
    "queries", epilog="Example: camcensus audit queries --study net.toml --snapshot 2026 --against study.toml"
)
def audit_queries(
    study: StudyOption,
    snapshot: SnapshotOption,
    against: Annotated[Path, typer.Option("--against", help="The study that was collected with camera queries.")],
    against_snapshot: Annotated[str | None, typer.Option("--against-snapshot", help="Default: the same id.")] = None,
    prefix_length: Annotated[
        int, typer.Option("--prefix-length", min=8, max=24, help="Of the blocks that were downloaded whole.")
    ] = 16,
    labels: Annotated[
        list[Path] | None, typer.Option("--labels", help="Of an audit of the blocks.", show_default=False)
    ] = None,
    json_: Json = False,
) -> None:
    """Recall of the queries themselves, on blocks of addresses that were downloaded without them (net:)."""
    from camcensus.estimate.commands import tell_queries

    tell(tell_queries(study, snapshot, against, against_snapshot or snapshot, prefix_length, labels or [], json_))


def simulate(
    paths: Annotated[
        list[Path], typer.Argument(help="A new folder; with --serve: the exports to answer from.", show_default=False)
    ],
    devices: Annotated[int, typer.Option("--devices", min=100, help="About how many there are in the last year.")] = (
        100_000
    ),
    snapshots: Annotated[int, typer.Option("--snapshots", min=1, max=20, help="Years, the last of them 2026.")] = 6,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another world.")] = 20261101,
    growing: Annotated[
        bool, typer.Option("--growing", help="Some queries are asked, and ports looked at, in later years only.")
    ] = False,
    workers: Workers = 0,
    serve: Annotated[bool, typer.Option("--serve", help="Be a Shodan on this machine until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Of 127.0.0.1; 0: any free one.")] = 0,
    plan: Annotated[str, typer.Option("--plan", help="free, dev, plus, corporate or enterprise.")] = "enterprise",
    credits_: Annotated[
        int | None, typer.Option("--credits", min=0, help="Query credits left; default: the plan's.")
    ] = None,
    rate: Annotated[float, typer.Option("--rate", min=0, help="Requests a second; 0: no limit.")] = 1.0,
) -> None:
    """A made-up Internet with its truth, ready to be counted; with --serve a Shodan on this machine over exports.

    Either connects to nothing.
    """
    from camcensus.validation.loopback.serve import serve_until_stopped
    from camcensus.validation.simulate.world import GROWING, Plan
    from camcensus.validation.simulate.write import simulate as write

    if serve:
        serve_until_stopped(paths, plan, credits_, rate or None, port, tell)
        return
    if len(paths) != 1 or paths[0].is_file():
        raise typer.BadParameter("name one new folder (or say --serve)", param_hint="OUT")
    plan_ = Plan(devices, snapshots, seed, GROWING if growing else ())
    write(paths[0], plan_, Reporter(), workers or os.cpu_count() or 1)
    tell(f"{paths[0] / 'study.toml'}")


def accuracy(
    out: Annotated[Path, typer.Option("--out", help="The folder of the report.")] = Path("reports/accuracy"),
    devices: Annotated[int, typer.Option("--devices", min=1000, help="Of the world that is counted.")] = 200_000,
    worlds: Annotated[int, typer.Option("--worlds", min=1, help="Small ones, for each setting of an interval.")] = 500,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another world.")] = 20261101,
    workers: Workers = 0,
) -> None:
    """How wrong the software is in simulated worlds, whose cameras are known: writes a report and prints the goals."""
    from datetime import UTC, datetime

    from camcensus.validation.accuracy.measure import measure
    from camcensus.validation.accuracy.page import WHOSE, goals
    from camcensus.validation.accuracy.page import write as write_page
    from camcensus.validation.simulate.world import Plan

    plan = Plan(devices, 2, seed)
    found = measure(plan, worlds, workers or os.cpu_count() or 1, Reporter().info)
    path = write_page(found, out, datetime.now(UTC).date())
    tell(f"{WHOSE}\n{goals(found.tables).to_string(index=False)}\n{path}")
