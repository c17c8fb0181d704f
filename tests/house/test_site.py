"""The documentation site is built without the network and without a warning, and asks nobody for anything."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import camcensus
from camcensus.core.config import Study
from camcensus.core.tables import BY_NAME
from camcensus.identify.entries import Signature
from tests.optional import optional

optional("sphinx.cmd.build")
optional("nbformat")
from tools.site import ROOT, contents, page_of, sources  # noqa: E402

pytestmark = pytest.mark.slow

NEEDED = {
    "tutorial", "how-to/regenerate", "how-to/add-a-maker", "how-to/add-an-engine", "how-to/publish", "how-to/purge",
    "how-to/measure-errors", "explanation/units", "explanation/dedupe", "explanation/decoys",
    "explanation/geolocation", "architecture", "contributing",
}  # fmt: skip
# No socket in it can connect, so that whatever asks somebody fails.
OFFLINE = "import socket; socket.socket.connect = None; import sys; sys.argv = ['site', {!r}]; from tools import site; "


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("docs") / "site"
    code = OFFLINE.format(str(out)) + "sys.exit(site.main())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr
    return out


def test_all_pages_are_there(site: Path) -> None:
    assert set(sources().values()) >= NEEDED
    index = (site / "index.html").read_text()
    for page in [*sources().values(), "reference/api", "reference/cli", "notebooks/01_country_counts"]:
        assert (site / f"{page}.html").is_file()
        assert page == "index" or f'href="{page}.html"' in index, f"{page} is not in the contents"


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        loaded = re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*>", path.read_text())
        assert not [tag for tag in loaded if re.search(r"""(?:src|href)=["'](?:https?:)?//""", tag)], path
    for path in site.rglob("*.css"):
        assert not re.search(r"@import|url\(\s*['\"]?(?:https?:)?//", path.read_text()), path


def test_the_reference_is_whole(site: Path) -> None:
    api, tables, study, catalogue, cli = (
        (site / f"reference/{name}.html").read_text() for name in ("api", "tables", "study", "catalogue", "cli")
    )
    assert all(f"camcensus.api.{name}" in api or name == "charts" for name in camcensus.__all__)
    assert "camcensus.api.charts.world_map" in api
    for name, table in BY_NAME.items():
        assert f'id="{name.replace("_", "-")}"' in tables
        assert all(f">{column}</span>" in tables for column in table.names)
    assert all(f">{key}</span>" in study for key in Study.model_fields if key != "path")
    assert all(f">{key}</span>" in catalogue for key in Signature.model_fields if key != "file_maker")
    for command in ("init", "import", "collect", "run", "audit sample", "estimate engines", "purge"):
        assert f"camcensus {command}" in cli
        assert f'href="#camcensus-{command.replace(" ", "-")}"' in cli.split("<article")[1]
    assert "Create a study, and print the next three commands." in cli.split('id="camcensus-init"')[0]


def test_a_link_that_leads_nowhere_is_an_error() -> None:
    pages, path = sources(), ROOT / "docs/tutorial.md"
    linked = page_of(path, "[x](explanation/units.md#a) [y](../README.md)", pages, set())
    assert linked == "[x](explanation/units.md#a) [y](index.md)"
    assert page_of(path, "[run](../pipeline/camcensus/run.py)", pages, set()) == "run (`pipeline/camcensus/run.py`)"
    assert page_of(path, "```sh not-run: x\n[a](b)\n```", pages, set()) == "```sh\n[a](b)\n```"
    with pytest.raises(ValueError, match=r"docs/tutorial\.md: the link to gone\.md leads nowhere"):
        page_of(path, "[x](gone.md)", pages, set())


@pytest.mark.parametrize(
    ("page", "part", "named"),
    [
        ("new-page", "Explanation", "explanation/units"),
        ("explanation/new-page", "Explanation", "explanation/units"),
        ("how-to/new-page", "How to", "how-to/spark"),
        ("reference/new-page", "Reference", "reference/cli"),
        ("notebooks/new-page", "Notebooks", ""),
    ],
)
def test_an_unplaced_page_is_last_in_the_part_of_its_folder(page: str, part: str, named: str) -> None:
    known = {"index", "explanation/units", "tutorial", "how-to/spark", "reference/cli", page}
    listed = contents(known).split(f":caption: {part}\n")[1]
    assert listed.split("```")[0].split() == [*named.split(), page]


# Folders that a path on a page may start with; "pipeline/camcensus/" may be left out.
ROOTS = ("", "pipeline/camcensus/")
PATH = re.compile(r"`((?:[\w.-]+/)+(?:[\w-]+\.(?:py|sql|toml|md|csv|j2))?)`")
TREE = {p.name for p in ROOT.iterdir()} | {p.name for p in (ROOT / "pipeline/camcensus").iterdir()}
WRITTEN = {"raw", "runs", "report", "countries", "makers", "charts", "estimates"}  # what commands write, not the tree


def test_paths_that_the_pages_name_exist() -> None:
    pages = [ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs/explanation").glob("*.md")]
    named = [(page.name, path) for page in pages for path in PATH.findall(page.read_text(encoding="utf-8"))]
    checked = [(page, path) for page, path in named if (first := path.split("/")[0]) in TREE and first not in WRITTEN]
    assert len(checked) > 30
    assert [(page, path) for page, path in checked if not any((ROOT / r / path).exists() for r in ROOTS)] == []
