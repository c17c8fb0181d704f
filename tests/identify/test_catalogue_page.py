"""The page about the catalogue is written from the catalogue."""

import json
import re
import shutil
from pathlib import Path

import pytest

from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.catalogue_page import page, read_published, sources_of
from camcensus.identify.entries import Signature
from tests.commands import camcensus

QUERIES = Path(__file__).parents[2] / "queries"


@pytest.mark.slow
def test_the_page_is_true() -> None:
    written = (QUERIES / "README.md").read_text()
    assert written == page(load_catalogue(QUERIES), read_published(QUERIES)), "run: camcensus catalogue page queries"


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


def test_unfed_signatures_and_sources_are_listed() -> None:
    catalogue = load_catalogue(QUERIES)
    text = page(catalogue)
    queries = text.split("## Queries")[1].split("## Sources")[0]
    for name, reason in catalogue.feeding.unfed.items():
        assert f"| {reason} | " in queries
        assert re.search(rf"[ |]{re.escape(name)}[,|  ]", queries)
    sources = text.split("## Sources")[1].split("##")[0]
    alone = sum(int(row.split("|")[2]) for row in sources.splitlines() if row.startswith("| ") and row[-3].isdigit())
    assert f"{alone} of {len(catalogue.signatures)} signatures rest on one source alone" in sources


def test_forty_makers_of_published_counts_are_listed_with_their_fields(tmp_path: Path) -> None:
    catalogue = load_catalogue(QUERIES)
    rows = read_published(QUERIES)
    makers = [row.maker for row in rows]
    assert len(set(makers)) == len(makers) >= 40
    assert set(makers) <= set(catalogue.makers)
    assert all(row.published and row.source.startswith("https://") for row in rows)
    section = page(catalogue, rows).split("## Makers with the most hosts")[1].split("## Brands")[0]
    few = []
    for row in rows:
        fields = {s.field for s in catalogue.signatures if s.file_maker == row.maker}
        assert f"| {row.maker} | {row.published} | {row.source} | {len(fields)} |" in section
        few += [row.maker] * (len(fields) < 3)
    assert f"{len(rows) - len(few)} of these {len(rows)} makers" in section
    assert f"found in public: {', '.join(few)}." in section
    assert read_published(tmp_path) == []
    assert "published counts" not in page(catalogue)


def test_how_many_makers_have_several_fields_is_said() -> None:
    catalogue = load_catalogue(QUERIES)
    fields = [{s.field for s in catalogue.signatures if s.file_maker == maker} for maker in catalogue.makers]
    several, many = (sum(len(found) >= n for found in fields) for n in (2, 3))
    assert f"{several} makers have signatures in two fields or more, {many} of them in three" in page(catalogue)
    cited = [s for s in catalogue.signatures if "not looked up" not in s.source]
    sure = sum(len({s.field for s in cited if s.file_maker == maker}) > 1 for maker in catalogue.makers)
    assert f"{sure} have two without the signatures" in page(catalogue)
    assert several > sure


def test_the_sources_of_a_signature() -> None:
    def of(source: str) -> tuple[str, ...]:
        values = {"id": "a.b", "field": "product", "pattern": "^a$", "licence": "x", "examples": ["a"]}
        return sources_of(Signature.model_validate({**values, "counterexamples": ["b"], "source": source}))

    assert of("rapid7/recog xml/ftp_banners.xml") == of("rapid7/recog xml/http_servers.xml") == ("rapid7/recog",)
    assert of("nmap 7.93 nmap-service-probes (the string as a fact); nmap 7.95") == ("nmap",)
    assert of("a/b c.py; seen in public code (a list)") == ("a/b", "seen in public code")
