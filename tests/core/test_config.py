"""A study that is wrong is explained by file, key, what was found and what is allowed; never by a traceback."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from camcensus.core.config import Study, check_vendors, load_study
from camcensus.core.errors import StudyError
from camcensus.core.resources import bundled


def study_of(folder: Path, text: str | bytes) -> Study:
    path = folder / "study.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_study(path)


def problems_of(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(StudyError) as caught:
        study_of(folder, text)
    assert str(caught.value).startswith(f"{folder / 'study.toml'}: the study cannot be used\n")
    assert all(problem in str(caught.value) for problem in caught.value.problems)
    return caught.value.problems


def test_the_template_is_a_study_and_shows_the_defaults(tmp_path: Path) -> None:
    template = load_study(Path(shutil.copy(bundled("studies/template.toml"), tmp_path / "study.toml")))
    least = study_of(tmp_path, 'title = "My camera census"')
    differing = {name for name in Study.model_fields if getattr(template, name) != getattr(least, name)}
    assert differing <= {"vendors", "window_days"}


def test_paths_start_from_the_study(tmp_path: Path) -> None:
    found = study_of(tmp_path, 'title = "t"\ndata_dir = "d"\nkey_file = "/etc/k"\ncatalogue = "own"')
    assert (found.data, found.report, found.catalogue_path) == (tmp_path / "d", tmp_path / "report", tmp_path / "own")
    assert found.key_path == Path("/etc/k")
    assert study_of(tmp_path, 'title = "t"').key_path == tmp_path / "study.key"


def test_a_snapshot_may_have_a_date(tmp_path: Path) -> None:
    found = study_of(tmp_path, 'title = "t"\n[snapshots."2026"]\ndate = 2026-11-01')
    assert found.snapshots["2026"].date == date(2026, 11, 1)


def test_queries_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "asked.txt").write_text("# a\nport:80\nvivotek\n")
    named = '[snapshots."2026"]\ndate = 2026-11-01\nqueries_file = "asked.txt"'
    found = study_of(tmp_path, f'title = "t"\n{named}')
    assert found.snapshots["2026"].queries == ("port:80", "vivotek")
    before = found.settings()
    (tmp_path / "asked.txt").write_text("port:80\n")
    assert study_of(tmp_path, f'title = "t"\n{named}').settings() != before


def test_faults_of_files_of_queries_name_snapshot_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "asked.txt").write_text("port:80\n\ntitel:x\n")
    (tmp_path / "data/2025").mkdir(parents=True)
    texts = ("queries_file = 'asked.txt'", "queries_file = 'gone.txt'", "queries_file = 'asked.txt'\nqueries = ['a']")
    snapshots = "".join(f"[snapshots.{2024 + n}]\ndate = {2024 + n}-11-01\n{text}\n" for n, text in enumerate(texts))
    assert problems_of(tmp_path, f'title = "t"\n{snapshots}') == [
        "snapshots.2024.queries_file: asked.txt: line 3: 'titel:x': unknown filter 'titel'; did you mean http.title:",
        "snapshots.2025.queries_file: gone.txt: no such file; the path starts from the study's folder",
        "snapshots.2026: found queries and queries_file; allowed: one of them",
    ]


def test_a_snapshot_that_is_not_there_waits_for_its_file(tmp_path: Path) -> None:
    text = 'title = "t"\n[snapshots."2026"]\ndate = 2026-11-01\nqueries_file = "gone.txt"'
    assert study_of(tmp_path, text).snapshots["2026"].queries == ()
    (tmp_path / "data/2026").mkdir(parents=True)
    assert "no such file" in problems_of(tmp_path, text)[0]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert study_of(tmp_path, b'\xef\xbb\xbftitle = "t"').title == "t"


@pytest.mark.parametrize(
    ("text", "key", "found", "allowed"),
    [
        ('countries_left_out = ["XX"]', "countries_left_out.0", "'XX'", "alpha-2 code in capitals"),
        ('countries_left_out = ["cn"]', "countries_left_out.0", "'cn'", "alpha-2 code in capitals"),
        ('countries_left_out = "CN"', "countries_left_out", "'CN'", "a list"),
        ("vendors = []", "vendors", "()", "at least one maker"),
        ('vendors = ["Axis", "Axis"]', "vendors", "('Axis', 'Axis')", "each named once"),
        ("vendors = [5]", "vendors.0", "5", "string"),
        ("window_days = 0", "window_days", "0", 'from 1 to 3660, or "all"'),
        ('window_days = "30"', "window_days", "'30'", 'from 1 to 3660, or "all"'),
        ("window_days = 1.5", "window_days.int", "1.5", "integer"),
        ('headline_unit = "cameras"', "headline_unit", "'cameras'", "'hosts', 'devices' or 'banners'"),
        ('min_confidence = "low"', "min_confidence", "'low'", "'medium' or 'high'"),
        ("simulated = 1", "simulated", "1", "boolean"),
        ('data_dir = ""', "data_dir", "''", "path of a file or folder"),
        ('data_dir = "a\\u0000b"', "data_dir", r"'a\x00b'", "path of a file or folder"),
        ("[publication]\nmin_hosts = 0", "publication.min_hosts", "0", "greater than or equal to 1"),
        ("[dedupe]\nmax_identity_hosts = true", "dedupe.max_identity_hosts", "True", "integer"),
        ('[snapshots."a b"]\ndate = 2026-01-01', "snapshots.a b", "'a b'", "letters, digits"),
        ('[snapshots.".."]\ndate = 2026-01-01', "snapshots...", "'..'", "letters, digits"),
        ('[snapshots.a]\ndate = "2026-01-01"', "snapshots.a.date", "'2026-01-01'", "valid date"),
        ("snapshots = 5", "snapshots", "5", "dictionary"),
    ],
)
def test_a_wrong_value_is_explained(tmp_path: Path, text: str, key: str, found: str, allowed: str) -> None:
    problem = problems_of(tmp_path, f'title = "t"\n{text}')[0]
    assert problem.startswith(f"{key}: found {found}; allowed: ")
    assert allowed in problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('titel = "t"', "titel: unknown key (did you mean 'title'?)"),
        ('vendor = ["Axis"]', "vendor: unknown key (did you mean 'vendors'?)"),
        ("[publication]\nmin_host = 3", "publication.min_host: unknown key (did you mean 'min_hosts'?)"),
        ("[snapshots.a]\ndates = 2026-01-01", "snapshots.a.dates: unknown key (did you mean 'date'?)"),
        ('path = "x"', "path: unknown key; remove it"),
    ],
)
def test_an_unknown_key_is_explained(tmp_path: Path, text: str, problem: str) -> None:
    assert problem in problems_of(tmp_path, text)


def test_an_unknown_key_like_no_other_gets_the_list(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, 'title = "t"\nzzz = 1')
    assert problem.startswith("zzz: unknown key: title, catalogue, ")
    assert "path" not in problem


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    found = problems_of(tmp_path, 'simulated = "no"\nheadline_unit = "x"')
    assert [problem.partition(":")[0] for problem in found] == ["title", "headline_unit", "simulated"]
    assert found[0] == "title: missing; add it"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("title = ", "is not TOML: "),
        ("title = 't'\ntitle = 'u'", "is not TOML: "),
        ("a = " + "[" * 100_000, "is not TOML: "),
        ("a = " + "9" * 5_000, "is not TOML: "),
        (b'title = "\xff"', "cannot be read: "),
        ('title = "t"'.encode("utf-16"), "cannot be read: "),
    ],
    ids=["cut", "twice", "deep", "digits", "latin-1", "utf-16"],
)
def test_a_file_that_is_no_toml(tmp_path: Path, text: str | bytes, problem: str) -> None:
    assert problems_of(tmp_path, text)[0].startswith(problem)


def test_a_file_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(
        StudyError, match=r"none\.toml: the study cannot be used\n  no such file; make one with: camcensus init DIR"
    ):
        load_study(tmp_path / "none.toml")
    with pytest.raises(StudyError, match="cannot be read: "):
        load_study(tmp_path)


def test_a_vendor_that_the_catalogue_does_not_have(tmp_path: Path) -> None:
    study = study_of(tmp_path, 'title = "t"\nvendors = ["Axis", "Hikvison", "Nobody"]')
    with pytest.raises(StudyError) as caught:
        check_vendors(study, ["Axis", "Hikvision"])
    assert caught.value.problems == [
        "vendors: found 'Hikvison'; allowed: a maker of the catalogue (did you mean 'Hikvision'?)",
        "vendors: found 'Nobody'; allowed: a maker of the catalogue: Axis, Hikvision",
    ]
    expecting = study_of(
        tmp_path, 'title = "t"\n[assertions]\nmakers.Axiss = { max = 9 }\nmakers.Hikvision = { min = 1 }'
    )
    with pytest.raises(StudyError) as caught:
        check_vendors(expecting, ["Axis", "Hikvision"])
    assert caught.value.problems == [
        "assertions.makers: found 'Axiss'; allowed: a maker of the catalogue (did you mean 'Axis'?)"
    ]


def test_bounds_between_which_there_is_nothing(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, 'title = "t"\n[assertions]\nhosts = { min = 9, max = 8 }')
    assert problem == "assertions.hosts: found {'min': 9, 'max': 8}; allowed: a min that is no more than the max"
    assert study_of(tmp_path, 'title = "t"\n[assertions]\nhosts = { min = 8, max = 8 }').assertions.hosts.max == 8


def test_snapshots_are_the_folders_with_raw_data_in_order_of_their_dates(tmp_path: Path) -> None:
    study = study_of(tmp_path, 'title = "t"\n[snapshots.b]\ndate = 2020-01-01\n[snapshots.unseen]\ndate = 2019-01-01')
    assert study.snapshot_ids() == []
    for name in ("2021", "b", "2019", "a b"):
        (study.data / name / "raw").mkdir(parents=True)
        (study.data / name / "raw" / "a.json").touch()
    (study.data / "2022").mkdir()
    (study.data / "2023" / "raw").mkdir(parents=True)
    assert study.snapshot_ids() == ["2019", "b", "2021"]


def test_settings_do_not_depend_on_where_the_study_lies(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = (study_of(tmp_path / name, 'title = "t"') for name in "ab")
    assert one.settings() == other.settings()
    assert one.settings() != study_of(tmp_path, 'title = "u"').settings()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('data_dir = "x"\nreport_dir = "x"', "report_dir"),
        ('data_dir = "x"\nreport_dir = "x/2026"', "report_dir"),
        ('data_dir = "x/y"\nreport_dir = "x"', "report_dir"),
        ('report_dir = "."', "report_dir"),
        ('key_file = "data/my.key"', "key_file"),
        ('key_file = "report/my.key"', "key_file"),
    ],
)
def test_private_and_public_places_are_kept_apart(tmp_path: Path, text: str, key: str) -> None:
    assert any(p.startswith(f"{key}: found ") for p in problems_of(tmp_path, f'title = "t"\n{text}'))


def test_rules_of_dedupe_can_be_turned_off_but_for_what_a_banner_is(tmp_path: Path) -> None:
    study = study_of(tmp_path, 'title = "t"\n[dedupe]\nchurn = false\n[decoys]\nports = 100')
    assert (study.dedupe.identity, study.dedupe.churn, study.decoys.ports) == (True, False, 100)
    with pytest.raises(StudyError, match="a banner is by definition a distinct host, port and transport"):
        study_of(tmp_path, 'title = "t"\n[dedupe]\nsame_banner = false')
    with pytest.raises(StudyError, match="did you mean 'makers'"):
        study_of(tmp_path, 'title = "t"\n[decoys]\nmaker = 3')
