"""An id keeps its meaning for ever."""

import shutil
from pathlib import Path

import pytest

from camcensus.core.errors import CatalogueError
from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.catalogue_diff import difference, extend_register, meanings, read_register

QUERIES = Path(__file__).parents[2] / "queries"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(QUERIES, tmp_path / "queries"))


def edit(folder: Path, before: str, after: str) -> None:
    path = folder / "hikvision.toml"
    text = path.read_text()
    assert text.count(before) == 1
    path.write_text(text.replace(before, after))


def test_the_catalogue_means_what_its_register_says() -> None:
    found = difference(read_register(QUERIES), meanings(load_catalogue(QUERIES)))
    assert found.changed == (), "the meaning of an id never changes; give the new meaning a new id"
    assert found.added == (), "run: camcensus catalogue page queries"


def test_a_changed_pattern_is_a_changed_meaning(copy: Path) -> None:
    old = meanings(load_catalogue(copy))
    edit(copy, "id = \"hikvision.http.server.app-webs\"\nfield = \"http.server\"\npattern = '^App-webs/",
         "id = \"hikvision.http.server.app-webs\"\nfield = \"http.server\"\npattern = '^App-web")  # fmt: skip
    found = difference(old, meanings(load_catalogue(copy)))
    assert found.lines() == ["~ hikvision.http.server.app-webs"]


def test_notes_sources_and_examples_are_not_part_of_the_meaning(copy: Path) -> None:
    old = load_catalogue(copy)
    path = copy / "hikvision.toml"
    path.write_text("# a new comment\n" + path.read_text().replace('licence = "', 'licence = "so to say: '))
    new = load_catalogue(copy)
    assert meanings(new) == meanings(old)
    assert new.version == old.version


def test_a_new_id_is_entered_and_an_old_one_stays(copy: Path) -> None:
    gone = set(extend_register(copy, load_catalogue(copy)).lines())  # ids that were there once
    before = read_register(copy)
    edit(copy, 'id = "hikvision.http.server.app-webs"', 'id = "hikvision.http.server.app-webs-2"')
    found = extend_register(copy, load_catalogue(copy))
    assert set(found.lines()) - gone == {"- hikvision.http.server.app-webs", "+ hikvision.http.server.app-webs-2"}
    assert set(read_register(copy)) == {*before, "hikvision.http.server.app-webs-2"}


def test_a_changed_meaning_is_refused_and_nothing_is_written(copy: Path) -> None:
    extend_register(copy, load_catalogue(copy))
    before = (copy / "ids.csv").read_bytes()
    text = (copy / "hikvision.toml").read_text()
    (copy / "hikvision.toml").write_text(text.replace("'^App-webs/", "'^App-web", 1))
    with pytest.raises(CatalogueError, match=r"hikvision\.http\.server\.app-webs: .*new id"):
        extend_register(copy, load_catalogue(copy))
    assert (copy / "ids.csv").read_bytes() == before
