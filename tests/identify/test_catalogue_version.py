"""The version of a study's catalogue is remembered while nothing that it depends on changes."""

from pathlib import Path

import pytest

from camcensus.core import storage
from camcensus.core.config import Study, load_study
from camcensus.core.errors import CatalogueError, StudyError
from camcensus.identify.catalogue_version import RECORD, catalogue_version, remember_version, study_catalogue

MAKER = """manufacturer = "Merlin"

[[signature]]
id = "merlin.http.title"
field = "http.title"
pattern = '^Merlin falconry eye$'
maker = "specific"
type = "camera"
type_evidence = "specific"
source = "a maker invented for this test"
licence = "facts only"
examples = ["Merlin falconry eye"]
counterexamples = ["Merlin"]
"""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study with a catalogue of one maker, of which a version that it never had is recorded."""
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries/merlin.toml").write_text(MAKER)
    (tmp_path / "data").mkdir()
    settings = 'title = "x"\nvendors = ["Merlin"]\ncatalogue = "queries"\ndata_dir = "data"\n'
    (tmp_path / "study.toml").write_text(settings)
    loaded = load_study(tmp_path / "study.toml")
    remember_version(loaded, "recorded")
    return loaded


def test_the_record_is_used_while_nothing_changed(study: Study) -> None:
    assert catalogue_version(study) == "recorded"


def test_a_changed_file_is_read_again(study: Study) -> None:
    path = study.catalogue_path / "merlin.toml"
    path.write_text(f"# A comment, which changes no version.\n{MAKER}")
    assert catalogue_version(study) == study_catalogue(study).version
    path.write_text(MAKER.replace("'^Merlin", "'(Merlin"))
    with pytest.raises(CatalogueError, match="merlin"):
        catalogue_version(study)


@pytest.mark.parametrize("name", ["ids.csv", "README.md"])
def test_a_changed_register_or_page_is_read_again(study: Study, name: str) -> None:
    (study.catalogue_path / name).write_text("id,meaning\n")
    assert catalogue_version(study) == study_catalogue(study).version


def test_other_makers_of_a_study_are_checked(study: Study) -> None:
    with pytest.raises(StudyError, match="Osprey"):
        catalogue_version(study.model_copy(update={"vendors": ("Osprey",)}))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": "forged"}'])
def test_a_damaged_record_is_not_used(study: Study, text: str) -> None:
    (study.data / RECORD).write_text(text)
    found = catalogue_version(study)
    assert found == study_catalogue(study).version
    remember_version(study, found)
    assert storage.read_checksummed(study.data / RECORD)["version"] == found
