"""Commands that let others check: what is sound, where a figure comes from."""

from pathlib import Path
from typing import Annotated

import typer

from camcensus.cli.options import Json, SnapshotOption, StudyOption, tell


def verify(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(help="Data folders, snapshots or reports, wherever they lie.", show_default=False),
    ] = None,
    study: Annotated[Path | None, typer.Option("--study", "-s", help="All that this study has.")] = None,
    json_: Json = False,
) -> None:
    """Proves data folders and published reports: every byte, schemas, reconciliation, figures, and no address."""
    from camcensus.core.config import load_study
    from camcensus.verify.command import tell_verdict, verify_folder, verify_study
    from camcensus.verify.verdict import Verdict

    if not folders and study is None:
        raise typer.BadParameter("name a folder, or a study with --study", param_hint="FOLDER")
    verdict = Verdict()
    for folder in folders or []:
        verify_folder(folder, verdict)
    if study is not None:
        verify_study(load_study(study), verdict)
    tell(tell_verdict(verdict, json_))
    if not verdict.sound:
        raise typer.Exit(1)


def lineage(
    file: Annotated[Path, typer.Argument(help="A file of a report, or a table of a snapshot.")],
    study: Annotated[Path | None, typer.Option("--study", "-s", help="The study whose data a report is of.")] = None,
    json_: Json = False,
) -> None:
    """Answers what a table was made from, back to the raw files with their checksums."""
    from camcensus.core.config import load_study
    from camcensus.verify.lineage import lineage_of, tell_lineage

    tell(tell_lineage(lineage_of(file, load_study(study) if study else None), json_))


def diff(
    before: Annotated[str, typer.Argument(help="A snapshot's id, or ID@RUN for an earlier run of it.")],
    after: Annotated[str, typer.Argument(help="Another one.")],
    study: StudyOption,
    json_: Json = False,
) -> None:
    """Shows what changed between two snapshots, or two runs of one, by country and maker."""
    from camcensus.core.config import load_study
    from camcensus.verify.snapshot_diff import difference, open_side, tell_difference

    loaded = load_study(study)
    found = difference(open_side(before, loaded), open_side(after, loaded), loaded.min_confidence)
    tell(tell_difference(found, json_))


def purge(
    study: StudyOption,
    snapshot: SnapshotOption,
    raw: Annotated[bool, typer.Option("--raw", help="Yes: raw files, and every table with a row for a host.")] = False,
) -> None:
    """Removes raw files and tables with addresses; counts, manifest and checksums stay. Nothing brings them back."""
    from camcensus.core import storage
    from camcensus.core.config import load_study
    from camcensus.core.run_log import logged
    from camcensus.verify.purge import purge as remove

    loaded = load_study(study)
    if not raw:
        raise typer.BadParameter("say --raw: what it removes cannot be brought back", param_hint="--raw")
    if snapshot not in loaded.snapshot_ids():
        raise typer.BadParameter(f"there is no snapshot {snapshot}", param_hint="--snapshot")
    with storage.lock(loaded.data), storage.lock(loaded.data / snapshot / "raw", "the snapshot"):
        with logged(loaded.data, workers=1) as entry:
            gone = remove(loaded.data / snapshot)
            entry.did(snapshot, "", "", ["purge"])
    tell(f"{snapshot}: {gone.files:,} files removed, {gone.bytes:,} bytes; counts, manifest and checksums stay")
