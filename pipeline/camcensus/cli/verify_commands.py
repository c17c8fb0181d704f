"""Commands that let others check: what is sound, where a figure comes from, what changed."""

import json
from pathlib import Path
from typing import Annotated

import typer

from camcensus.cli.options import STUDY, AnyStudyOption, Json, SnapshotOption, StudyOption, load_study, show


def verify(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(help="Data folders, snapshots or reports, wherever they are.", show_default=False),
    ] = None,
    study: AnyStudyOption = None,
    json_: Json = False,
) -> None:
    """Verify data folders and reports: every byte, schemas, reconciliation, figures, no published address."""
    from camcensus.verify.command import verdict_text, verify_folder, verify_study
    from camcensus.verify.verdict import Verdict

    if not folders and study is None and not STUDY.is_file():
        raise typer.BadParameter("name a folder, or a study with --study", param_hint="FOLDER")
    verdict = Verdict()
    for folder in folders or []:
        verify_folder(folder, verdict)
    if study or not folders:
        verify_study(load_study(study or STUDY), verdict)
    show(verdict_text(verdict, json_))
    if not verdict.sound:
        raise typer.Exit(1)


def lineage(
    file: Annotated[Path, typer.Argument(help="A file of a report, or a table of a snapshot.")],
    study: AnyStudyOption = None,
    json_: Json = False,
) -> None:
    """Show what a table was made from, back to the raw files and their checksums."""
    from camcensus.verify.lineage import lineage_of, lineage_text

    show(lineage_text(lineage_of(file, load_study(study) if study else None), json_))


def diff(
    before: Annotated[str, typer.Argument(help="A snapshot's id, or ID@RUN for an earlier run of it.")],
    after: Annotated[str, typer.Argument(help="Another snapshot or run.")],
    study: StudyOption = STUDY,
    json_: Json = False,
) -> None:
    """Show what changed between two snapshots, or two runs of one, by country and maker."""
    from camcensus.verify.snapshot_diff import difference, difference_text, open_side

    loaded = load_study(study)
    found = difference(open_side(before, loaded), open_side(after, loaded), loaded.min_confidence)
    show(difference_text(found, json_))


def purge(
    snapshot: SnapshotOption,
    study: StudyOption = STUDY,
    raw: Annotated[
        bool, typer.Option("--raw", help="Confirm: remove raw files and every table with a row per host.")
    ] = False,
    json_: Json = False,
) -> None:
    """Remove raw files and tables with addresses for good; keep counts, manifest and checksums."""
    from camcensus.core import storage
    from camcensus.core.run_log import logged
    from camcensus.raw.purge import purge as remove
    from camcensus.stages import STAGES

    loaded = load_study(study)
    if not raw:
        raise typer.BadParameter("confirm with --raw: removed files cannot be restored", param_hint="--raw")
    if snapshot not in loaded.snapshot_ids():
        raise typer.BadParameter(f"no snapshot {snapshot!r} in {loaded.data}", param_hint="--snapshot")
    with storage.lock(loaded.data), storage.lock(loaded.data / snapshot / "raw", "the snapshot"):
        with logged(loaded.data, workers=1) as entry:
            removed = remove(loaded.data / snapshot, STAGES)
            entry.did(snapshot, "", "", ["purge"])
    text = f"{snapshot}: {removed.files:,} files removed, {removed.bytes:,} bytes; counts, manifest and checksums kept"
    found = {"snapshot": snapshot, "files": removed.files, "bytes": removed.bytes}
    show(json.dumps(found) if json_ else text)
