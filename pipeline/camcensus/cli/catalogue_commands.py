"""Commands for what camcensus ships: the catalogue of signatures, the country databases."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from camcensus.cli.options import STUDY, App, Json, SnapshotOption, StudyOption, load_study, show_result
from camcensus.core.console import Reporter

catalogue_app = App(
    name="catalogue", no_args_is_help=True,
    help="Test signatures against their examples; compare two catalogues; find makers that are missing.",
    epilog="Example: camcensus catalogue check queries",
)  # fmt: skip
Folder = Annotated[Path, typer.Argument(help="A folder of TOML files.")]


@catalogue_app.command("check", epilog="Example: camcensus catalogue check queries")
def catalogue_check(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of TOML files.", show_default="the built-in catalogue")
    ] = None,
    json_: Json = False,
) -> None:
    """Test every pattern against its examples, and every id against the register of meanings."""
    from camcensus.cli.catalogue_checks import check_catalogue
    from camcensus.core.resources import bundled

    found = check_catalogue(folder or bundled("queries"))
    text = f"sound: version {found['version']}, {found['makers']} makers, {found['signatures']} signatures"
    show_result(found, text, json_)


@catalogue_app.command("diff", epilog="Example: camcensus catalogue diff ../old/queries queries")
def catalogue_diff(old: Folder, new: Folder, json_: Json = False) -> None:
    """List ids that were added (+), removed (-) or have another meaning (~)."""
    from camcensus.identify.catalogue import load_catalogue
    from camcensus.identify.catalogue_diff import difference, meanings

    found = difference(meanings(load_catalogue(old)), meanings(load_catalogue(new)))
    show_result(asdict(found), "\n".join(found.lines()) or "nothing changed", json_)


@catalogue_app.command("page", epilog="Example: camcensus catalogue page queries")
def catalogue_page(folder: Folder = Path("queries"), json_: Json = False) -> None:
    """Add new ids to the register and rewrite README.md; run it after each change."""
    from camcensus.cli.catalogue_checks import write_catalogue_page

    path, new_ids = write_catalogue_page(folder)
    text = f"{path}: written; {len(new_ids)} new ids in ids.csv"
    show_result({"page": str(path), "new_ids": new_ids}, text, json_)


@catalogue_app.command("mine", epilog="Example: camcensus catalogue mine --study study.toml --snapshot 2026")
def catalogue_mine(
    snapshot: SnapshotOption,
    study: StudyOption = STUDY,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Clusters to print, largest first.")] = 10,
    json_: Json = False,
) -> None:
    """Cluster the banners that no signature identifies, and print the start of a catalogue file for each cluster."""
    from camcensus.cli.catalogue_text import clusters_text, mine_snapshot

    found = mine_snapshot(load_study(study), snapshot, limit)
    show_result([asdict(cluster) for cluster in found], clusters_text(found, snapshot), json_)


@catalogue_app.command("ageing", epilog="Example: camcensus catalogue ageing --study study.toml")
def catalogue_ageing(study: StudyOption = STUDY, json_: Json = False) -> None:
    """List signatures that no longer match, and makers whose new banners no signature counts. With --json: all."""
    from camcensus.cli.catalogue_text import ages_in_study, ages_text

    found = ages_in_study(load_study(study))
    show_result(asdict(found), ages_text(found), json_)


geo_app = App(
    name="geo", no_args_is_help=True, help="Update the country databases.",
    epilog="Example: camcensus geo update --to geo",
)  # fmt: skip


@geo_app.command("update", epilog="Example: camcensus geo update --to geo")
def geo_update(
    to: Annotated[Path | None, typer.Option("--to", help="A folder.", show_default='the one that "builtin" reads')] = (
        None
    ),
    json_: Json = False,
) -> None:
    """Download this month's free edition of DB-IP Lite, verify it, and keep it next to the earlier ones."""
    from camcensus.collect.geo_edition import update
    from camcensus.geolocate.editions import fetched_folder

    found = update(to or fetched_folder(), Reporter().info)
    edition = f"{found.edition}{'' if found.is_new else ', unchanged'}"
    show_result({**asdict(found), "file": str(found.file)}, f"{found.file}: {edition}; {found.credit}", json_)
