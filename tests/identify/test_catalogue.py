"""The built-in catalogue is sound, and a fault in a catalogue is named by file, line, id and reason."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from camcensus.core.errors import CatalogueError
from camcensus.core.resources import bundled
from camcensus.core.tables import COUNTED_TYPES
from camcensus.identify.catalogue import Catalogue, faults_of, load_catalogue

MAKERS = (
    "Hikvision", "Dahua", "Axis", "Hanwha Vision", "Vivotek", "Uniview", "TVT", "Xiongmai", "Reolink", "Foscam",
    "D-Link", "TP-Link", "Bosch", "Sony", "Panasonic / i-PRO", "Mobotix", "GeoVision", "AVTECH",
)  # fmt: skip

MAKER = """\
# A maker.
manufacturer = "Acme"

[[query]]
id = "acme.query.server"
text = '"Server: Acme"'
since = 2026-11-23
catches = "cameras"
also = "nothing"
trends = true

[[signature]]
id = "acme.http.server"
field = "http.server"
pattern = '^Acme/(?P<firmware>\\d+)'
maker = "specific"
type = "camera"
source = "made up"
licence = "MIT"
examples = ["Acme/1"]
counterexamples = ["Acme"]

[[model]]
id = "acme.model.a"
pattern = '\\bAC-\\d{3}\\b'
type = "camera"
alone = false
source = "made up"
licence = "MIT"
examples = ["AC-100"]
"""
Load = Callable[[str], Catalogue]


@pytest.fixture(scope="module")
def builtin() -> Catalogue:
    """The catalogue that comes with camcensus."""
    return load_catalogue(bundled("queries"))


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads a catalogue of one file with the given text."""

    def loaded(text: str) -> Catalogue:
        (tmp_path / "acme.toml").write_text(text, encoding="utf-8")
        return load_catalogue(tmp_path)

    return loaded


def problems(load: Load, text: str) -> list[str]:
    """What is said of a faulty catalogue."""
    with pytest.raises(CatalogueError) as caught:
        load(text)
    assert all(problem in str(caught.value) for problem in caught.value.problems)
    return caught.value.problems


# --- the built-in catalogue ---


def test_every_rule_passes_its_own_examples(builtin: Catalogue) -> None:
    assert faults_of(builtin) == []


def test_the_makers_are_there_with_queries_signatures_and_models(builtin: Catalogue) -> None:
    assert set(MAKERS) <= set(builtin.makers)
    assert len(builtin.makers) == len(set(builtin.makers))
    speaking = {s.manufacturer for s in builtin.signatures}
    assert set(MAKERS) <= speaking
    assert set(MAKERS) - {m.manufacturer for m in builtin.models} <= {"Xiongmai", "AVTECH", "Foscam", "Vivotek"}


def test_software_has_signatures_and_no_maker(builtin: Catalogue) -> None:
    software = [s for s in builtin.signatures if s.type == "software" and s.id.startswith("software.")]
    assert len(software) > 20
    assert {s.manufacturer for s in software} == {None}
    names = " ".join(s.id for s in software)
    assert all(name in names for name in ("blue-iris", "zoneminder", "ip-webcam", "yawcam"))


def test_an_id_stands_once(builtin: Catalogue) -> None:
    ids = [entry.id for entry in (*builtin.written, *builtin.signatures, *builtin.models)]
    assert len(ids) == len(set(ids)) > 400


def test_makers_of_brands_are_spelled_as_the_files_spell_them(builtin: Catalogue) -> None:
    known = {maker.casefold(): maker for maker in builtin.makers}
    named = {maker for brand in builtin.brands for maker in brand.manufacturer}
    assert [m for m in named if known.get(m.casefold(), m) != m] == []
    assert len({brand.name for brand in builtin.brands}) == len(builtin.brands)


def test_a_short_model_pattern_needs_its_maker(builtin: Catalogue) -> None:
    # Mobotix `M12`, Tapo `C200`, Axis `P1344`: text of many kinds.
    assert not [
        m.id for m in builtin.models if m.alone and re.search(r"(?:M12|C200|P1344|A1001)$", "".join(m.examples))
    ]
    assert not any(m.alone for m in builtin.models if m.manufacturer in ("Mobotix", "TP-Link", "Vivotek", "Reolink"))


def test_the_engine_s_guesses_are_weak(builtin: Catalogue) -> None:
    guesses = [
        s for s in builtin.signatures if s.column in ("product", "devicetype", "cpe") and s.type in COUNTED_TYPES
    ]
    strong = {s.id for s in guesses if s.type_evidence != "weak" or s.maker not in (None, "weak")}
    assert len(guesses) > 10
    assert strong == {"hikvision.product.ip-camera"}  # Shodan's own name, not nmap's


# --- versions ---


def test_a_comment_changes_no_version(load: Load) -> None:
    first, second = (
        load(MAKER),
        load("# Another comment.\n" + MAKER.replace('also = "nothing"', 'also = "nothing" # at all')),
    )
    assert (first.version, first.query_set) == (second.version, second.query_set)
    assert re.fullmatch("[0-9a-f]{12}", first.version)


@pytest.mark.parametrize(
    ("old", "new"),
    [("^Acme/", "^Acme "), ('"specific"', '"weak"'), ('type = "camera"', 'type = "recorder"'), ("AC-", "AD-"),
     ("acme.http.server", "acme.http.server2"), ("http.server", "rtsp.server"), ('"Acme"\n', '"Acme Ltd"\n')],
)  # fmt: skip
def test_a_change_of_meaning_changes_the_version(load: Load, old: str, new: str) -> None:
    assert old in MAKER
    first, second = load(MAKER), load(MAKER.replace(old, new))
    assert first.version != second.version


def test_queries_and_signatures_have_versions_of_their_own(load: Load) -> None:
    first, second = load(MAKER), load(MAKER.replace("Server: Acme", "Server: Ac"))
    assert first.query_set != second.query_set
    assert first.version == second.version


@pytest.mark.slow
def test_the_version_does_not_depend_on_where_the_catalogue_lies(builtin: Catalogue, tmp_path: Path) -> None:
    copy = load_catalogue(Path(shutil.copytree(bundled("queries"), tmp_path / "elsewhere")))
    assert (copy.version, copy.query_set) == (builtin.version, builtin.query_set)


# --- faults ---

PATTERN = "^Acme/(?P<firmware>\\d+)"
SIGNATURE_LINE = 1 + MAKER.splitlines().index("[[signature]]")
MODEL_LINE = 1 + MAKER.splitlines().index("[[model]]")
QUERY_LINE = 1 + MAKER.splitlines().index("[[query]]")
FAULTS = {
    "bad regex": (PATTERN, "^Acme(", SIGNATURE_LINE, "acme.http.server", "RE2's syntax: missing )"),
    "an open model": (r"AC-\d{3}\b'", r"AC-\w{3,20}'", MODEL_LINE, "acme.model.a", "letters in a row open"),
    "a look-ahead": (PATTERN, "^Acme(?!x)", SIGNATURE_LINE, "acme.http.server", "no look-arounds"),
    "a back reference": (PATTERN, r"^(A)cme\1", SIGNATURE_LINE, "acme.http.server", "no back references"),
    "unknown field": ('"http.server"', '"http.sever"', SIGNATURE_LINE, "acme.http.server", "no such field"),
    "unknown key": ('maker = "specific"', 'maker = "specific"\nmakr = 1', SIGNATURE_LINE, "acme.http.server", "makr"),
    "unknown group": ("<firmware>", "<version>", SIGNATURE_LINE, "acme.http.server", "unknown group version"),
    "matches nothing": (PATTERN, "(?:Acme)?", SIGNATURE_LINE, "acme.http.server", "matches everything"),
    "no example": ('examples = ["Acme/1"]\n', "", SIGNATURE_LINE, "acme.http.server", "examples"),
    "empty examples": ('["Acme/1"]', "[]", SIGNATURE_LINE, "acme.http.server", "examples"),
    "unknown strength": ('"specific"', '"sure"', SIGNATURE_LINE, "acme.http.server", "maker"),
    "unknown type": ('type = "camera"\nalone', 'type = "cam"\nalone', MODEL_LINE, "acme.model.a", "type"),
    "no date": ("since = 2026-11-23\n", "", QUERY_LINE, "acme.query.server", "since"),
    "id in capitals": ("acme.model.a", "Acme.model.a", MODEL_LINE, "Acme.model.a", "lower case"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_by_file_line_id_and_reason(load: Load, fault: str) -> None:
    old, new, line, name, reason = FAULTS[fault]
    assert old in MAKER
    (problem,) = problems(load, MAKER.replace(old, new))
    assert problem.startswith(f"acme.toml:{line}: {name}: ")
    assert reason in problem


def test_an_id_that_stands_twice_is_a_fault(load: Load) -> None:
    again = MAKER + MAKER[MAKER.index("[[model]]") :]
    (problem,) = problems(load, again)
    places = [n for n, line in enumerate(again.splitlines(), 1) if line == 'id = "acme.model.a"']
    assert problem == f"acme.toml:{places[1]}: acme.model.a: the id is used twice; first in acme.toml:{places[0]}"


def test_all_faults_are_told_at_once(load: Load) -> None:
    both = MAKER.replace(PATTERN, "^Acme(").replace("since = 2026-11-23\n", "")
    assert len(problems(load, both)) == 2


def test_what_is_not_toml_is_named(load: Load) -> None:
    (problem,) = problems(load, MAKER + "\n[[model\n")
    assert problem.startswith("acme.toml: is not TOML: ")
    assert re.search(r"line \d+", problem)


def test_a_maker_s_file_names_its_maker(load: Load) -> None:
    (problem,) = problems(load, MAKER.replace('manufacturer = "Acme"\n', ""))
    assert problem.startswith("acme.toml:1: manufacturer: missing")


GENERAL = MAKER.replace('manufacturer = "Acme"\n', "")
MODEL_OF_ACME = GENERAL.replace('maker = "specific"\n', "") + 'manufacturer = "Acme"\n'


@pytest.mark.parametrize(
    ("text", "name"),
    [(MAKER, "manufacturer"), (GENERAL, "acme.http.server"), (MODEL_OF_ACME, "acme.model.a")],
    ids=["file", "signature", "model"],
)
def test_a_general_file_names_no_maker(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / "_general.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=rf"_general\.toml:\d+: {name}: names a maker"):
        load_catalogue(tmp_path)


def test_an_entry_without_an_id_is_not_given_another_s(load: Load) -> None:
    (problem,) = problems(load, MAKER.replace('id = "acme.http.server"\n', ""))
    assert problem.startswith(f"acme.toml:{SIGNATURE_LINE}: id: ")


def test_a_folder_without_files_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="contains no TOML file"):
        load_catalogue(tmp_path)


def test_a_file_that_is_not_utf8_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_bytes(MAKER.encode() + b"# \xff\n")
    with pytest.raises(CatalogueError, match=r"acme\.toml: cannot be read: 'utf-8' codec can't decode"):
        load_catalogue(tmp_path)


def test_a_rule_that_fails_its_examples_is_named(load: Load) -> None:
    wrong = MAKER.replace('["Acme/1"]', '["Acme/x"]').replace(
        'counterexamples = ["Acme"]', 'counterexamples = ["Acme/2"]'
    )
    assert faults_of(load(wrong)) == [
        "acme.http.server: does not match its example 'Acme/x'",
        "acme.http.server: matches its counterexample 'Acme/2'",
    ]


MODEL = """
[[signature]]
id = "acme.{field}"
field = "{field}"
pattern = '^Acme (?P<model>[A-Z]+-\\d+)'
maker = "specific"
source = "made up"
licence = "MIT"
examples = ["{example}"]
"""


@pytest.mark.parametrize("field", ["http.realm", "http.html"])
@pytest.mark.parametrize(
    ("example", "faults"),
    [
        ("Acme AC-100", []),
        ("Acme ZZ-100", ["acme.{field}: no [[model]] of Acme takes the model 'ZZ-100' that it names"]),
        ("Acme AC-1000", ["acme.{field}: no [[model]] of Acme takes the model 'AC-1000' that it names"]),
    ],
)
def test_a_signature_that_names_a_model_in_no_pattern_is_a_fault(
    load: Load, field: str, example: str, faults: list[str]
) -> None:
    catalogue = load(MAKER + MODEL.format(field=field, example=example))
    assert faults_of(catalogue) == [fault.format(field=field) for fault in faults]


def test_a_fixed_model_in_no_pattern_is_a_fault(load: Load) -> None:
    fixed = MAKER.replace('maker = "specific"', 'maker = "specific"\nmodel = "ZZ-1"')
    assert faults_of(load(fixed)) == ["acme.http.server: no [[model]] of Acme takes the model 'ZZ-1' that it names"]


def test_words_in_front_that_a_model_needs_are_read_with_it(load: Load) -> None:
    """The text of a realm is read complete, so a hyphen in front hides the model as it does in a count."""
    text = MODEL.format(field="http.realm", example="Acme X-AC-100").replace("Acme (?P", "Acme X-(?P")
    assert faults_of(load(MAKER + text)) == [
        "acme.http.realm: no [[model]] of Acme takes the model 'AC-100' that it names"
    ]
    fitting = MAKER.replace("'\\bAC-\\d{3}\\b'", "'(?:X-)?(?P<model>AC-\\d{3})'")
    assert faults_of(load(fitting + text)) == []
