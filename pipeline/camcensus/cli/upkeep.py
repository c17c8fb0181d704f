"""Commands that look after what camcensus comes with: the catalogue of signatures, the country databases."""

from pathlib import Path
from typing import Annotated

import typer

from camcensus.cli.options import App, tell
from camcensus.core.console import Reporter

catalogue_app = App(name="catalogue", no_args_is_help=True, help="Looks after the catalogue of signatures.")
Folder = Annotated[Path, typer.Argument(help="A folder of TOML files.")]


@catalogue_app.command("check", epilog="Example: camcensus catalogue check queries")
def catalogue_check(
    folder: Annotated[Path | None, typer.Argument(help="A folder of TOML files; default: built in.")] = None,
) -> None:
    """Holds every pattern against its own examples, and every id against the register of meanings."""
    from camcensus.cli.texts import check_catalogue
    from camcensus.core.resources import bundled

    typer.echo(check_catalogue(folder or bundled("queries")))


@catalogue_app.command("diff", epilog="Example: camcensus catalogue diff ../old/queries queries")
def catalogue_diff(old: Folder, new: Folder) -> None:
    """Shows which ids were added (+), removed (-) or mean something else (~)."""
    from camcensus.identify.catalogue import load_catalogue
    from camcensus.identify.catalogue_diff import difference, meanings

    found = difference(meanings(load_catalogue(old)), meanings(load_catalogue(new)))
    typer.echo("\n".join(found.lines()) or "nothing changed")


@catalogue_app.command("page", epilog="Example: camcensus catalogue page queries")
def catalogue_page(folder: Folder = Path("queries")) -> None:
    """Enters new ids into the register and writes README.md anew; run it after a change."""
    from camcensus.cli.texts import write_catalogue_page

    typer.echo(write_catalogue_page(folder))


geo_app = App(name="geo", no_args_is_help=True, help="Looks after country databases.")


@geo_app.command("update", epilog="Example: camcensus geo update --to geo")
def geo_update(
    to: Annotated[Path | None, typer.Option("--to", help='A folder; default: the one that "builtin" reads.')] = None,
) -> None:
    """Fetches this month's free edition of DB-IP Lite, proves it, and puts it beside the earlier ones."""
    from camcensus.collect.geo_edition import update
    from camcensus.geolocate.editions import fetched_folder

    reporter = Reporter()
    tell(update(to or fetched_folder(), reporter.info))
