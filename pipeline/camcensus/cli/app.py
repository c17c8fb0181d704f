"""The command line: one thin function a command. Results go to standard output, all else to standard error.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 partial.
"""

import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from camcensus.cli.options import (
    App,
    EngineOption,
    Json,
    Master,
    SourceOption,
    StudyOption,
    Workers,
    check_snapshot_id,
    chosen_engine,
    disk_trouble,
    tell,
)  # fmt: skip
from camcensus.cli.trust import diff, lineage, purge, verify
from camcensus.cli.truth import accuracy, audit_app, estimate_app, simulate
from camcensus.cli.upkeep import catalogue_app, geo_app
from camcensus.core.config import load_study
from camcensus.core.console import LOGGER, Reporter, configure_logging, printable
from camcensus.core.errors import CamcensusError, Interrupted, StudyError

PARTIAL = 3
INTERRUPTED = 130
app = App(
    name="camcensus", no_args_is_help=True, pretty_exceptions_enable=False,
    help="Counts the cameras visible from the Internet, from what search engines already hold. Connects to no device.",
)  # fmt: skip


def main() -> NoReturn:
    """Run a command; an expected error becomes one message and a status, never a traceback."""
    configure_logging()
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
        _stop(disk_trouble(error), 1)
    except RuntimeError as error:
        # The database gives an interrupt of its own for ours.
        if "interrupted" not in str(error).lower():
            raise
        _stop(Interrupted(), INTERRUPTED)
    sys.exit(0)


def _interrupt(*_: object) -> NoReturn:
    raise Interrupted


def _stop(error: object, status: int) -> NoReturn:
    LOGGER.error("%s", printable("\n".join([str(error), *getattr(error, "__notes__", ())])))
    sys.exit(status)


@app.command(epilog="Example: camcensus init my-census")
def init(folder: Annotated[Path, typer.Argument(help="A new folder, or an empty one.")]) -> None:
    """Makes a study to start from, and says the next three commands."""
    from camcensus.cli.texts import make_study

    tell(make_study(folder))


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
) -> None:
    """Copies existing exports into a snapshot, hashing as it copies."""
    from camcensus.core import storage
    from camcensus.raw.bundles import collected_folders, has_ledger
    from camcensus.raw.imports import import_files
    from camcensus.readers.registry import chosen_source
    from camcensus.verify.purge import refuse_purged

    check_snapshot_id(snapshot)
    if collection is not None:
        check_snapshot_id(collection, "--collection")
    loaded = load_study(study)
    reporter = Reporter()
    if has_ledger(loaded.data / snapshot):
        raise CamcensusError(f"snapshot {snapshot} was collected; import into one of another name")
    refuse_purged(loaded.data / snapshot)
    chosen, mapping = chosen_source(source)
    with storage.lock(loaded.data):
        storage.remove_leftovers(loaded.data, collected_folders(loaded))
        for item in import_files(files, loaded.data / snapshot, chosen, link, replace, mapping, collection):
            what = "is there already" if item.already else "imported"
            if item.before:
                what += f" (as one of {item.before}) and is now read as one of {item.source}"
            what += f", of collection {item.collection}" if item.collection else ""
            if not item.already and item.file.startswith(f"{item.sha256[:8]}-"):
                reporter.warning("another file has that name, so both are counted; --replace would take its place")
            reporter.info(f"{item.file}: {what}, {item.bytes:,} bytes, SHA-256 {item.sha256[:16]}")
    if chosen.mapping and not chosen.mapping.verified:
        reporter.warning(f"{source}: not verified against a real export: {chosen.mapping.note}")
    reporter.info(f"next: camcensus run --study {study}")


@app.command(epilog="Example: camcensus collect --study study.toml --snapshot 2026 --mode download --max-credits 200")
def collect(
    study: StudyOption,
    snapshot: Annotated[str, typer.Option("--snapshot", help="The snapshot's id: letters, digits, '.', '_', '-'.")],
    mode: Annotated[str, typer.Option("--mode", help="census (free), download, sample or trends.")],
    max_credits: Annotated[
        int | None,
        typer.Option("--max-credits", min=0, help="What the snapshot may cost in all."),
    ] = None,
    json_: Json = False,
) -> None:
    """Collects from Shodan: priced before a credit is spent, and goes on where it stopped."""
    from camcensus.collect.collector import MODES, collect_snapshot
    from camcensus.collect.key import require_key
    from camcensus.collect.tell import tell_collected
    from camcensus.verify.purge import refuse_purged

    check_snapshot_id(snapshot)
    if mode not in MODES:
        raise typer.BadParameter(", ".join(MODES), param_hint="--mode")
    loaded, say = load_study(study), Reporter().info
    refuse_purged(loaded.data / snapshot)
    done = collect_snapshot(loaded, snapshot, mode, require_key(), max_credits, say)
    tell(tell_collected(done, study, json_))
    if not done.complete:
        raise typer.Exit(PARTIAL)


@app.command(epilog="Example: camcensus plan --study study.toml")
def plan(study: StudyOption, json_: Json = False) -> None:
    """What a collection would cost in credits and hours, by mode and query, before any credit is spent."""
    from camcensus.collect.key import require_key
    from camcensus.collect.plan import make_plan, tell_plan

    tell(tell_plan(make_plan(load_study(study), require_key()), json_))


@app.command(epilog="Example: camcensus run --study studies/demo.toml")
def run(
    study: StudyOption,
    snapshot: Annotated[
        list[str] | None, typer.Option("--snapshot", help="Only this snapshot; may be repeated.")
    ] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Stop after the counts.")] = False,
    workers: Workers = 0,
    engine: EngineOption = "local",
    master: Master = None,
    rehash: Annotated[bool, typer.Option("--rehash", help="Read every byte of every file again.")] = False,
    allow_partial: Annotated[
        bool, typer.Option("--allow-partial", help="Count collections that are not whole; every page says so.")
    ] = False,
    json_: Json = False,
) -> None:
    """Runs every stage that is not up to date, then the report, and ends with the path of the page."""
    from camcensus.cli.texts import tell_outcome
    from camcensus.core import storage
    from camcensus.run import run as run_study

    where = chosen_engine(engine, master, workers)
    loaded = load_study(study)
    with storage.lock(loaded.data), where as chosen:
        outcome = run_study(
            loaded, Reporter(), snapshot, rehash=rehash, report=not no_report,
            allow_partial=allow_partial, engine=chosen,
        )  # fmt: skip
    if told := tell_outcome(outcome, json_):
        tell(told)
    if outcome.partial or outcome.held_back:
        raise typer.Exit(PARTIAL)


@app.command(epilog="Example: camcensus report --study studies/demo.toml")
def report(study: StudyOption) -> None:
    """Draws the report from the counts, unless it stands and nothing that it depends on has changed."""
    from camcensus.cli.texts import partial_snapshots, tell_outcome
    from camcensus.core import storage
    from camcensus.report.stage import bring_report_up_to_date
    from camcensus.run import Outcome

    loaded = load_study(study)
    with storage.lock(loaded.data):
        page, drawn = bring_report_up_to_date(loaded, Reporter())
    outcome = Outcome(page=page, done=["report"] if drawn else [], partial=partial_snapshots(loaded))
    tell(tell_outcome(outcome, as_json=False))
    if outcome.partial:
        raise typer.Exit(PARTIAL)


@app.command(epilog="Example: camcensus status --study studies/demo.toml")
def status(study: StudyOption, json_: Json = False) -> None:
    """Shows the study's snapshots: what they hold, whether they are complete, what is stale."""
    from camcensus.verify.status import tell_status

    tell(tell_status(load_study(study), json_))


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
    from camcensus.identify.explain import explain_lines
    from camcensus.readers.registry import chosen_source

    if format_ not in ("table", "jsonl"):
        raise typer.BadParameter("table or jsonl", param_hint="--format")
    for text in explain_lines(file, format_, catalogue, chosen_source(source)[0]):
        tell(text)


app.command(epilog="Example: camcensus verify --study studies/demo.toml")(verify)
app.command(epilog="Example: camcensus lineage report/country_table.csv --study study.toml")(lineage)
app.command(epilog="Example: camcensus diff 2025 2026 --study study.toml")(diff)
app.command(epilog="Example: camcensus purge --study study.toml --snapshot 2026 --raw")(purge)
app.add_typer(catalogue_app)
app.add_typer(geo_app)
app.command(epilog="Example: camcensus simulate made-up-world --devices 100000 --snapshots 6")(simulate)
app.add_typer(estimate_app)
app.add_typer(audit_app)
app.command(epilog="Example: camcensus accuracy --devices 200000 --worlds 500")(accuracy)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Say the version and stop.")] = False,
) -> None:
    if version:
        from camcensus.core.fingerprints import package_version

        typer.echo(f"camcensus {package_version()}")
        raise typer.Exit


@app.command(epilog="Example: camcensus doctor")
def doctor() -> None:
    """Checks environment, catalogue, geolocation database, disk and, if one is set, the Shodan key."""
    from camcensus.cli.doctor import examine

    sound, lines = examine()
    tell("\n".join(lines))
    if not sound:
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
