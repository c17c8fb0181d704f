"""The command line: one thin function a command. Results go to standard output, all else to standard error.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 partial.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pipeline.errors import CamcensusError, Interrupted, StudyError
from pipeline.progress import Reporter, printable
from pipeline.study import SNAPSHOT_ID, load_study

PARTIAL = 3
INTERRUPTED = 130
app = typer.Typer(
    name="camcensus", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Counts the cameras visible from the Internet, from what search engines already hold. Connects to no device.",
)  # fmt: skip

StudyOption = Annotated[Path, typer.Option("--study", "-s", help="The study's TOML file.", show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but warnings and results.")]
SourceOption = Annotated[
    str, typer.Option("--source", help="shodan, censys, fofa, zoomeye, netlas, or a mapping file of your own (.toml).")
]
Json = Annotated[bool, typer.Option("--json", help="Give the result as JSON.")]


def main() -> NoReturn:
    """Runs a command; an error of ours becomes one message and status 1, never a traceback."""
    signal.signal(signal.SIGINT, _interrupt)
    try:
        app(standalone_mode=True)
    except Interrupted as error:
        _stop(error, INTERRUPTED)
    except StudyError as error:
        _stop(error, 2)
    except CamcensusError as error:
        _stop(error, 1)
    except PermissionError as error:
        _stop(f"{error.filename}: permission denied; check who may write there", 1)
    except OSError as error:
        _stop(f"{error.filename or 'disk'}: {error.strerror or error}", 1)
    except RuntimeError as error:
        # The database gives an interrupt of its own for ours.
        if "interrupted" not in str(error).lower():
            raise
        _stop(Interrupted(), INTERRUPTED)
    sys.exit(0)


def _interrupt(*_: object) -> NoReturn:
    raise Interrupted


def _tell(result: str) -> None:
    """A result, without anything in it that a terminal would obey (names of folders, words of a server)."""
    typer.echo(printable(result))


def _stop(error: object, status: int) -> NoReturn:
    told = [f"camcensus: {error}", *getattr(error, "__notes__", ())]
    print(printable("\n".join(told)), file=sys.stderr)
    sys.exit(status)


def _check_snapshot_id(name: str, option: str = "--snapshot") -> None:
    if not SNAPSHOT_ID.fullmatch(name) or name in (".", ".."):
        raise typer.BadParameter("letters, digits, '.', '_' and '-', at most 64 of them", param_hint=option)


@app.command(epilog="Example: camcensus init my-census")
def init(folder: Annotated[Path, typer.Argument(help="A new folder, or an empty one.")]) -> None:
    """Makes a study to start from, and says the next three commands."""
    from pipeline.commands import make_study

    _tell(make_study(folder))


@app.command("import", epilog="Example: camcensus import exports/*.json.gz --study study.toml --snapshot 2026")
def import_(
    files: Annotated[
        list[str],
        typer.Argument(help="Exports: .json .jsonl (.csv where the source's are), also .gz or .zst; globs work."),
    ],
    study: StudyOption,
    snapshot: Annotated[str, typer.Option("--snapshot", help="The snapshot's id: letters, digits, '.', '_', '-'.")],
    source: SourceOption = "shodan",
    link: Annotated[bool, typer.Option("--link", help="Hard links instead of copies, where possible.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of files of the same name.")] = False,
    collection: Annotated[
        str | None, typer.Option("--collection", help="Which of several full collections of the snapshot they are of.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Copies existing exports into a snapshot, hashing as it copies."""
    from pipeline import store
    from pipeline.collect.bundles import collected_folders, has_ledger
    from pipeline.collect.exports import import_files
    from pipeline.sources.registry import chosen_source

    _check_snapshot_id(snapshot)
    if collection is not None:
        _check_snapshot_id(collection, "--collection")
    loaded = load_study(study)
    reporter = Reporter(quiet)
    if has_ledger(loaded.data / snapshot):
        raise CamcensusError(f"snapshot {snapshot} was collected; import into one of another name")
    chosen, mapping = chosen_source(source)
    with store.lock(loaded.data):
        store.remove_leftovers(loaded.data, collected_folders(loaded))
        for item in import_files(files, loaded.data / snapshot, chosen, link, replace, mapping, collection):
            what = "is there already" if item.already else "imported"
            if item.before:
                what += f" (as one of {item.before}) and is now read as one of {item.source}"
            what += f", of collection {item.collection}" if item.collection else ""
            if not item.already and item.file.startswith(f"{item.sha256[:8]}-"):
                reporter.warn("another file has that name, so both are counted; --replace would take its place")
            reporter.say(f"{item.file}: {what}, {item.bytes:,} bytes, SHA-256 {item.sha256[:16]}")
    if chosen.mapping and not chosen.mapping.verified:
        reporter.warn(f"{source}: not verified against a real export: {chosen.mapping.note}")
    reporter.say(f"next: camcensus run --study {study}")


@app.command(epilog="Example: camcensus collect --study study.toml --snapshot 2026 --mode download --max-credits 200")
def collect(
    study: StudyOption,
    snapshot: Annotated[str, typer.Option("--snapshot", help="The snapshot's id: letters, digits, '.', '_', '-'.")],
    mode: Annotated[str, typer.Option("--mode", help="census (free), download, sample or trends.")],
    max_credits: Annotated[
        int | None,
        typer.Option("--max-credits", min=0, help="What the snapshot may cost in all."),
    ] = None,
    quiet: Quiet = False,
    json_: Json = False,
) -> None:
    """Collects from Shodan: priced before a credit is spent, and goes on where it stopped."""
    from pipeline.collect.collector import MODES, collect_snapshot
    from pipeline.collect.key import require_key
    from pipeline.collect.tell import tell_collected

    _check_snapshot_id(snapshot)
    if mode not in MODES:
        raise typer.BadParameter(", ".join(MODES), param_hint="--mode")
    done = collect_snapshot(load_study(study), snapshot, mode, require_key(), max_credits, Reporter(quiet or json_).say)
    _tell(tell_collected(done, study, json_))
    if not done.complete:
        raise typer.Exit(PARTIAL)


@app.command(epilog="Example: camcensus plan --study study.toml")
def plan(study: StudyOption, json_: Json = False) -> None:
    """What a collection would cost in credits and hours, by mode and query, before any credit is spent."""
    from pipeline.collect.key import require_key
    from pipeline.collect.plan import make_plan, tell_plan

    _tell(tell_plan(make_plan(load_study(study), require_key()), json_))


@app.command(epilog="Example: camcensus run --study studies/demo.toml")
def run(
    study: StudyOption,
    snapshot: Annotated[
        list[str] | None, typer.Option("--snapshot", help="Only this snapshot; may be repeated.")
    ] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Stop after the counts.")] = False,
    workers: Annotated[int, typer.Option("--workers", min=0, max=256, help="Processes; 0: one a core.")] = 0,
    engine: Annotated[str, typer.Option("--engine", help="Where the stages run: local.")] = "local",
    rehash: Annotated[bool, typer.Option("--rehash", help="Read every byte of every file again.")] = False,
    allow_partial: Annotated[
        bool, typer.Option("--allow-partial", help="Count collections that are not whole; every page says so.")
    ] = False,
    quiet: Quiet = False,
    json_: Json = False,
) -> None:
    """Runs every stage that is not up to date, then the report, and ends with the path of the page."""
    from pipeline import store
    from pipeline.commands import tell_outcome
    from pipeline.run import run as run_study

    if engine != "local":
        raise typer.BadParameter("this version runs on 'local' only", param_hint="--engine")
    loaded = load_study(study)
    with store.lock(loaded.data):
        outcome = run_study(
            loaded, Reporter(quiet or json_), snapshot, workers or os.cpu_count() or 1, rehash,
            report=not no_report, allow_partial=allow_partial,
        )  # fmt: skip
    if told := tell_outcome(outcome, json_):
        _tell(told)
    if outcome.partial or outcome.held_back:
        raise typer.Exit(PARTIAL)


@app.command(epilog="Example: camcensus report --study studies/demo.toml")
def report(study: StudyOption, quiet: Quiet = False) -> None:
    """Draws the report again from the counts."""
    from pipeline import store
    from pipeline.commands import partial_snapshots, tell_outcome
    from pipeline.reporting import bring_report_up_to_date
    from pipeline.run import Outcome

    loaded = load_study(study)
    with store.lock(loaded.data):
        page, _ = bring_report_up_to_date(loaded, Reporter(quiet), again=True)
    outcome = Outcome(page=page, done=["report"], partial=partial_snapshots(loaded))
    _tell(tell_outcome(outcome, as_json=False))
    if outcome.partial:
        raise typer.Exit(PARTIAL)


@app.command(epilog="Example: camcensus status --study studies/demo.toml")
def status(study: StudyOption, json_: Json = False) -> None:
    """Shows the study's snapshots: what they hold, whether they are complete, what is stale."""
    from pipeline.status import tell_status

    _tell(tell_status(load_study(study), json_))


@app.command(epilog="Example: camcensus identify export.json.gz --format jsonl")
def identify(
    file: Annotated[Path, typer.Argument(help="An export.")],
    format_: Annotated[str, typer.Option("--format", help="table or jsonl.")] = "table",
    catalogue: Annotated[
        Path | None, typer.Option("--catalogue", help="A folder of TOML files; default: built in.")
    ] = None,
    source: SourceOption = "shodan",
) -> None:
    """Explains each banner of a file: what it is, and by which evidence."""
    from pipeline.explain import explain_lines
    from pipeline.sources.registry import chosen_source

    if format_ not in ("table", "jsonl"):
        raise typer.BadParameter("table or jsonl", param_hint="--format")
    for text in explain_lines(file, format_, catalogue, chosen_source(source)[0]):
        _tell(text)


catalogue_app = typer.Typer(name="catalogue", no_args_is_help=True, help="Looks after the catalogue of signatures.")
app.add_typer(catalogue_app)
Folder = Annotated[Path, typer.Argument(help="A folder of TOML files.")]


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Say the version and stop.")] = False,
) -> None:
    if version:
        from pipeline.versions import package_version

        typer.echo(f"camcensus {package_version()}")
        raise typer.Exit


@catalogue_app.command("check", epilog="Example: camcensus catalogue check queries")
def catalogue_check(
    folder: Annotated[Path | None, typer.Argument(help="A folder of TOML files; default: built in.")] = None,
) -> None:
    """Holds every pattern against its own examples, and every id against the register of meanings."""
    from pipeline.commands import check_catalogue
    from pipeline.resources import bundled

    typer.echo(check_catalogue(folder or bundled("queries")))


@catalogue_app.command("diff", epilog="Example: camcensus catalogue diff ../old/queries queries")
def catalogue_diff(old: Folder, new: Folder) -> None:
    """Shows which ids were added (+), removed (-) or mean something else (~)."""
    from pipeline.catalogue import load_catalogue
    from pipeline.catalogue_diff import difference, meanings

    found = difference(meanings(load_catalogue(old)), meanings(load_catalogue(new)))
    typer.echo("\n".join(found.lines()) or "nothing changed")


@catalogue_app.command("page", epilog="Example: camcensus catalogue page queries")
def catalogue_page(folder: Folder = Path("queries")) -> None:
    """Enters new ids into the register and writes README.md anew; run it after a change."""
    from pipeline.commands import write_catalogue_page

    typer.echo(write_catalogue_page(folder))


geo_app = typer.Typer(name="geo", no_args_is_help=True, help="Looks after country databases.")
app.add_typer(geo_app)


@geo_app.command("update", epilog="Example: camcensus geo update --to geo")
def geo_update(
    to: Annotated[Path | None, typer.Option("--to", help='A folder; default: the one that "builtin" reads.')] = None,
    quiet: Quiet = False,
) -> None:
    """Fetches this month's free edition of DB-IP Lite, proves it, and puts it beside the earlier ones."""
    from pipeline.collect.geo_edition import update
    from pipeline.editions import fetched_folder

    reporter = Reporter(quiet)
    _tell(update(to or fetched_folder(), reporter.say))


@app.command(epilog="Example: camcensus simulate made-up-world --devices 100000 --snapshots 6")
def simulate(
    paths: Annotated[
        list[Path], typer.Argument(help="A new folder; with --serve: the exports to answer from.", show_default=False)
    ],
    devices: Annotated[int, typer.Option("--devices", min=100, help="About how many there are in the last year.")] = (
        100_000
    ),
    snapshots: Annotated[int, typer.Option("--snapshots", min=1, max=20, help="Years, the last of them 2026.")] = 6,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another world.")] = 20261101,
    workers: Annotated[int, typer.Option("--workers", min=0, max=256, help="Processes; 0: one a core.")] = 0,
    quiet: Quiet = False,
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
    from pipeline.simulate.serve import serve_until_stopped
    from pipeline.simulate.world import Plan
    from pipeline.simulate.write import simulate as write

    if serve:
        serve_until_stopped(paths, plan, credits_, rate or None, port, _tell)
        return
    if len(paths) != 1 or paths[0].is_file():
        raise typer.BadParameter("name one new folder (or say --serve)", param_hint="OUT")
    write(paths[0], Plan(devices, snapshots, seed), Reporter(quiet), workers or os.cpu_count() or 1)
    _tell(f"{paths[0] / 'study.toml'}")


estimate_app = typer.Typer(name="estimate", no_args_is_help=True, help="Says more than counts do, with intervals.")
app.add_typer(estimate_app)
SnapshotOption = Annotated[str, typer.Option("--snapshot", help="The snapshot's id.", show_default=False)]


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
    from pipeline.estimate.commands import tell_engines

    _tell(tell_engines(study, snapshot, other, other_snapshot or snapshot, json_))


@estimate_app.command("change", epilog="Example: camcensus estimate change --study study.toml")
def estimate_change(study: StudyOption, json_: Json = False) -> None:
    """How each snapshot's hosts changed against the one before: range or interval, and up, down or not to be told."""
    from pipeline.estimate.commands import tell_changes

    _tell(tell_changes(study, json_))


audit_app = typer.Typer(name="audit", no_args_is_help=True, help="Errors found by hand, within what was collected.")
app.add_typer(audit_app)
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of the draw; it is written down.")]


@audit_app.command("sample", epilog="Example: camcensus audit sample --study study.toml --snapshot 2026 --hosts 400")
def audit_sample(
    study: StudyOption,
    snapshot: SnapshotOption,
    hosts: Annotated[int, typer.Option("--hosts", min=10, help="About how many to label.")] = 400,
    seed: Seed = 1,
) -> None:
    """Draws hosts to label by hand, counted and uncounted: a page to read and a file to fill in."""
    from pipeline.estimate.commands import tell_sample

    _tell(tell_sample(study, snapshot, hosts, seed))


@audit_app.command("score", epilog="Example: camcensus audit score labels-ann.csv --study study.toml --snapshot 2026")
def audit_score(
    labels: Annotated[list[Path], typer.Argument(help="One labeller's file, or two.")],
    study: StudyOption,
    snapshot: SnapshotOption,
    seed: Seed = 1,
    json_: Json = False,
) -> None:
    """Precision, recall within what was collected, confused makers and the corrected count, from labels."""
    from pipeline.estimate.commands import tell_score

    _tell(tell_score(study, snapshot, labels, seed, json_))


@app.command(epilog="Example: camcensus accuracy --devices 200000 --worlds 500")
def accuracy(
    out: Annotated[Path, typer.Option("--out", help="The folder of the report.")] = Path("reports/accuracy"),
    devices: Annotated[int, typer.Option("--devices", min=1000, help="Of the world that is counted.")] = 200_000,
    worlds: Annotated[int, typer.Option("--worlds", min=1, help="Small ones, for each setting of an interval.")] = 500,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another world.")] = 20261101,
    workers: Annotated[int, typer.Option("--workers", min=0, max=256, help="Processes; 0: one a core.")] = 0,
    quiet: Quiet = False,
) -> None:
    """How wrong the software is in simulated worlds, whose cameras are known: writes a report."""
    from datetime import UTC, datetime

    from pipeline.accuracy.measure import measure
    from pipeline.accuracy.page import write as write_page
    from pipeline.simulate.world import Plan

    plan = Plan(devices, 2, seed)
    found = measure(plan, worlds, workers or os.cpu_count() or 1, Reporter(quiet).say)
    _tell(str(write_page(found, out, datetime.now(UTC).date())))


@app.command(epilog="Example: camcensus doctor")
def doctor() -> None:
    """Checks environment, catalogue, geolocation database, disk and, if one is set, the Shodan key."""
    from pipeline.doctor import examine

    sound, lines = examine()
    _tell("\n".join(lines))
    if not sound:
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
