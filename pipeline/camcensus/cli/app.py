"""The command line: one thin function per command. Results go to standard output, all else to standard error.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 partial.
"""

import errno
import json
import signal
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from camcensus.cli.catalogue_commands import catalogue_app, geo_app
from camcensus.cli.estimate_commands import accuracy, audit_app, estimate_app, simulate
from camcensus.cli.options import (
    STUDY,
    App,
    EngineOption,
    Json,
    Master,
    SnapshotOption,
    SourceOption,
    StudyOption,
    Workers,
    check_snapshot_id,
    chosen_engine,
    load_study,
    show,
    show_result,
)
from camcensus.cli.verify_commands import diff, lineage, purge, verify
from camcensus.core.console import LOGGER, Reporter, configure_logging, printable
from camcensus.core.errors import CamcensusError, Interrupted, StudyError

PARTIAL = 3
INTERRUPTED = 130
app = App(
    name="camcensus", no_args_is_help=True, pretty_exceptions_enable=False,
    help="Count the cameras visible from the Internet, from what search engines already hold. Connects to no device.",
    epilog="Example: camcensus init my-census",
)  # fmt: skip


def main() -> NoReturn:
    """Run a command; an expected error becomes one message and a status, never a traceback."""
    as_json = "--log-json" in sys.argv
    configure_logging(as_json=as_json)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        # Standalone, typer prints wrong usage as text.
        status = app(standalone_mode=not as_json, prog_name="camcensus")
    except typer.TyperException as error:
        _stop(error.format_message(), error.exit_code)
    except Interrupted as error:
        _stop(error, INTERRUPTED)
    except StudyError as error:
        _stop(error, 2)
    except CamcensusError as error:
        _stop(error, 1)
    except OSError as error:
        _stop(_disk_error(error), 1)
    except RuntimeError as error:
        # DuckDB raises its own error when it is interrupted.
        if "interrupted" not in str(error).lower():
            raise
        _stop(Interrupted(), INTERRUPTED)
    sys.exit(status or 0)


def _interrupt(*_: object) -> NoReturn:
    raise Interrupted


def _stop(error: object, status: int) -> NoReturn:
    LOGGER.error("%s", printable("\n".join([str(error), *getattr(error, "__notes__", ())])))
    sys.exit(status)


def _disk_error(error: OSError) -> str:
    """Return what failed on the disk, and what to do."""
    if isinstance(error, PermissionError):
        return f"{error.filename}: permission denied; check who may write there"
    text = f"{error.filename or 'disk'}: {error.strerror or error}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{text}: no space is left on the disk; nothing was changed. Make room and run this again"
    return text


@app.command(epilog="Example: camcensus init my-census")
def init(folder: Annotated[Path, typer.Argument(help="A new or empty folder.")], json_: Json = False) -> None:
    """Create a study, and print the next three commands."""
    from camcensus.cli.messages import create_study

    study, commands = create_study(folder)
    text = "\n  ".join([f"{study}: created; its comments explain each key. Next:", *commands])
    show_result({"study": str(study), "next": commands}, text, json_)


@app.command("import", epilog="Example: camcensus import exports/*.json.gz --study study.toml --snapshot 2026")
def import_(
    files: Annotated[
        list[str], typer.Argument(help="Exports: .json, .jsonl (or .csv, by source), also .gz and .zst; globs work.")
    ],
    snapshot: SnapshotOption,
    study: StudyOption = STUDY,
    source: SourceOption = "shodan",
    link: Annotated[bool, typer.Option("--link", help="Make hard links instead of copies where possible.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace files of the same name.")] = False,
    collection: Annotated[
        str | None, typer.Option("--collection", help="Collection of the files, if the snapshot has several.")
    ] = None,
    json_: Json = False,
) -> None:
    """Copy existing exports into a snapshot, with checksums."""
    from camcensus.core import storage
    from camcensus.raw.collected import collected_folders, has_ledger
    from camcensus.raw.imports import import_files
    from camcensus.raw.purge import refuse_purged
    from camcensus.readers.registry import chosen_source

    check_snapshot_id(snapshot)
    if collection is not None:
        check_snapshot_id(collection, "--collection")
    loaded, reporter = load_study(study), Reporter()
    if has_ledger(loaded.data / snapshot):
        raise CamcensusError(f"snapshot {snapshot} was collected; import into another snapshot")
    refuse_purged(loaded.data / snapshot)
    chosen = chosen_source(source)
    with storage.lock(loaded.data):
        storage.remove_leftovers(loaded.data, collected_folders(loaded))
        imported = import_files(files, loaded.data / snapshot, chosen, link, replace, collection)
        for item in imported:
            text = "already imported" if item.already else "imported"
            if item.before:
                text += f" (as source {item.before}), now read as source {item.source}"
            text += f", collection {item.collection}" if item.collection else ""
            if not item.already and item.file.startswith(f"{item.sha256[:8]}-"):
                reporter.warning(
                    "another file has this name, so both are counted; replace it with --replace", snapshot, "import"
                )
            reporter.info(f"{item.file}: {text}, {item.bytes:,} bytes, SHA-256 {item.sha256[:16]}", snapshot, "import")
    for used in {found.name: found for found in (chosen[0].of(Path(item.file)) for item in imported)}.values():
        if (mapping := used.mapping) and not mapping.verified:
            reporter.warning(f"{used.name}: not verified with a real export: {mapping.note}", snapshot, "import")
    reporter.info(f"next: camcensus run --study {study}")
    if json_:
        show(json.dumps([asdict(item) for item in imported], sort_keys=True))


@app.command(epilog="Example: camcensus plan --study study.toml")
def plan(study: StudyOption = STUDY, json_: Json = False) -> None:
    """Estimate what a collection costs in credits and hours, by mode and query. Spends no credit."""
    from camcensus.collect.key import require_key
    from camcensus.collect.plan import make_plan, plan_text

    show(plan_text(make_plan(load_study(study), require_key()), json_))


@app.command(epilog="Example: camcensus collect --study study.toml --snapshot 2026 --mode download --max-credits 200")
def collect(
    snapshot: SnapshotOption,
    mode: Annotated[str, typer.Option("--mode", help="census (free), download, sample or trends.", show_default=False)],
    study: StudyOption = STUDY,
    max_credits: Annotated[
        int | None, typer.Option("--max-credits", min=0, help="Query credits that the snapshot may cost in total.")
    ] = None,
    json_: Json = False,
) -> None:
    """Collect from Shodan. Prints the price before it spends a credit, and resumes where it stopped."""
    from camcensus.cli.messages import collected_text
    from camcensus.collect.collector import MODES, collect_snapshot
    from camcensus.collect.key import require_key
    from camcensus.raw.purge import refuse_purged

    check_snapshot_id(snapshot)
    if mode not in MODES:
        raise typer.BadParameter(f"found {mode!r}; allowed: {', '.join(MODES)}", param_hint="--mode")
    loaded = load_study(study)
    refuse_purged(loaded.data / snapshot)
    log = partial(Reporter().info, snapshot=snapshot, stage="collect")
    done = collect_snapshot(loaded, snapshot, mode, require_key(), max_credits, log)
    show(collected_text(done, study, json_))
    if not done.complete:
        raise typer.Exit(PARTIAL)


@app.command(epilog="Example: camcensus run --study studies/demo.toml")
def run(
    study: StudyOption = STUDY,
    snapshot: Annotated[
        list[str] | None, typer.Option("--snapshot", help="Only this snapshot; may be repeated.", show_default=False)
    ] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Stop after the counts.")] = False,
    workers: Workers = 0,
    engine: EngineOption = "local",
    master: Master = None,
    rehash: Annotated[bool, typer.Option("--rehash", help="Read every byte of every file again.")] = False,
    allow_partial: Annotated[
        bool, typer.Option("--allow-partial", help="Count partial collections; every page is marked.")
    ] = False,
    json_: Json = False,
) -> None:
    """Run every stage that is not up to date, then the report, and print a summary."""
    from camcensus.cli.messages import outcome_text, summarize
    from camcensus.core import storage
    from camcensus.run import run as run_study

    context = chosen_engine(engine, master, workers)
    loaded, reporter = load_study(study), Reporter()
    with storage.lock(loaded.data), context as chosen:
        outcome = run_study(
            loaded, reporter, snapshot, rehash=rehash, report=not no_report,
            allow_partial=allow_partial, engine=chosen,
        )  # fmt: skip
    summary = summarize(loaded, outcome.page, reporter.n_warnings) if outcome.page else {}
    if text := outcome_text(outcome, summary, json_):
        show(text)
    if outcome.partial or outcome.held_back:
        raise typer.Exit(PARTIAL)


@app.command(epilog="Example: camcensus report --study studies/demo.toml")
def report(study: StudyOption = STUDY, json_: Json = False) -> None:
    """Write the report from the counts, unless it is up to date."""
    from camcensus.cli.messages import add_partial, outcome_text, summarize
    from camcensus.core import storage
    from camcensus.report.stage import bring_report_up_to_date
    from camcensus.run import Outcome

    loaded, reporter = load_study(study), Reporter()
    with storage.lock(loaded.data):
        page, drawn = bring_report_up_to_date(loaded, reporter)
    outcome = Outcome(page=page, done=["report"] if drawn else [])
    add_partial(loaded, outcome)
    show(outcome_text(outcome, summarize(loaded, page, reporter.n_warnings), json_))
    if outcome.partial:
        raise typer.Exit(PARTIAL)


@app.command(epilog="Example: camcensus status --study studies/demo.toml")
def status(study: StudyOption = STUDY, json_: Json = False) -> None:
    """List the snapshots: what they hold, whether they are complete, what is stale."""
    from camcensus.verify.status import status_text

    show(status_text(load_study(study), json_))


@app.command(epilog="Example: camcensus identify export.json.gz --format jsonl")
def identify(
    file: Annotated[Path, typer.Argument(help="An export.")],
    format_: Annotated[str, typer.Option("--format", help="table or jsonl.")] = "table",
    catalogue: Annotated[
        Path | None, typer.Option("--catalogue", help="A folder of TOML files.", show_default="built in")
    ] = None,
    source: SourceOption = "shodan",
) -> None:
    """Explain each banner of a file: what it is, and by which evidence. Accepts and rejects as run does."""
    from camcensus.cli.messages import report_accepted
    from camcensus.identify.explain import explain_records
    from camcensus.ingest.records import Ingested
    from camcensus.readers.registry import chosen_source

    if format_ not in ("table", "jsonl"):
        raise typer.BadParameter(f"found {format_!r}; allowed: table, jsonl", param_hint="--format")
    chosen, seen = chosen_source(source)[0].of(file), Ingested()
    for text in explain_records(file, format_, catalogue, chosen, seen):
        show(text)
    if report_accepted(file, chosen, seen, Reporter()):
        raise typer.Exit(PARTIAL)


app.command(epilog="Example: camcensus verify --study studies/demo.toml")(verify)
app.command(epilog="Example: camcensus lineage report/country_table.csv --study study.toml")(lineage)
app.command(epilog="Example: camcensus diff 2025 2026 --study study.toml")(diff)
app.command(epilog="Example: camcensus purge --study study.toml --snapshot 2026 --raw")(purge)
app.add_typer(catalogue_app)
app.add_typer(geo_app)
app.command(epilog="Example: camcensus simulate my-world --devices 100000 --snapshots 6")(simulate)
app.add_typer(estimate_app)
app.add_typer(audit_app)
app.command(epilog="Example: camcensus accuracy --devices 200000 --worlds 500")(accuracy)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if version:
        from camcensus.core.fingerprints import package_version

        typer.echo(f"camcensus {package_version()}")
        raise typer.Exit


@app.command(epilog="Example: camcensus doctor")
def doctor(json_: Json = False) -> None:
    """Check Python, catalogue, country database, disk and, if one is set, the Shodan key."""
    from camcensus.cli.doctor import examine

    checks = examine()
    lines = [f"{'ok ' if check['ok'] else 'BAD'}  {check['name']}: {check['text']}" for check in checks]
    show_result(checks, "\n".join(lines), json_)
    if not all(check["ok"] for check in checks):
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
