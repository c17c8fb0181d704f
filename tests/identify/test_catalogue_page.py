"""The page about the catalogue is written from the catalogue."""

import json
import shutil
from pathlib import Path

from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.catalogue_page import page
from tests.commands import camcensus

QUERIES = Path(__file__).parents[2] / "queries"


def test_the_page_is_true() -> None:
    written = (QUERIES / "README.md").read_text()
    assert written == page(load_catalogue(QUERIES)), "run: camcensus catalogue page queries"


def test_the_command_writes_it(tmp_path: Path) -> None:
    folder = shutil.copytree(QUERIES, tmp_path / "queries")
    (folder / "README.md").unlink()
    found = json.loads(camcensus("catalogue", "page", folder, "--json").stdout)
    assert found == {"page": str(folder / "README.md"), "new_ids": []}
    assert (folder / "README.md").read_text() == (QUERIES / "README.md").read_text()


def test_the_readme_has_its_makers_counted() -> None:
    makers = load_catalogue(QUERIES).makers
    assert f" {len(makers)} makers " in (QUERIES.parent / "README.md").read_text()


def test_each_maker_has_a_row_and_each_conflict_is_told() -> None:
    catalogue = load_catalogue(QUERIES)
    text = page(catalogue)
    for maker in catalogue.makers:
        assert f"\n| {maker} | " in text
    for brand in catalogue.brands:
        assert (f"\n| {brand.name} | " in text.split("## Brands")[1]) == (len(brand.manufacturer) > 1)
