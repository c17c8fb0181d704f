"""Commands that let others check: what is sound, where a figure comes from."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_options import Json, tell


def verify(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(help="Data folders, snapshots or reports, wherever they lie.", show_default=False),
    ] = None,
    study: Annotated[Path | None, typer.Option("--study", "-s", help="All that this study has.")] = None,
    json_: Json = False,
) -> None:
    """Proves data folders and published reports: every byte, schemas, reconciliation, figures, and no address."""
    from pipeline.study import load_study
    from pipeline.verify.command import tell_verdict, verify_folder, verify_study
    from pipeline.verify.verdict import Verdict

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
    from pipeline.lineage import lineage_of, tell_lineage
    from pipeline.study import load_study

    tell(tell_lineage(lineage_of(file, load_study(study) if study else None), json_))
