"""Text files that people write: regular, bounded, UTF-8, and TOML of bounded depth; anything else is a clear error."""

import os
from pathlib import Path

import pytest

from camcensus.core.config import load_study
from camcensus.core.errors import CamcensusError, CatalogueError, InputError, MappingError, StudyError
from camcensus.core.query_file import read_queries
from camcensus.core.text_files import DEEPEST, LARGEST, parse_toml, read_text
from camcensus.identify.catalogue import load_catalogue
from camcensus.readers.mapping import load_mapping

DEEP = "a" + ".a" * 20_000 + " = 1\n"
KINDS = ["a folder", "a pipe", "a device", "large", "deep", "latin"]


def made(path: Path, kind: str) -> Path:
    """A file of a kind that cannot be used."""
    if kind == "a folder":
        path.mkdir()
    elif kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a device":
        path.symlink_to("/dev/zero")
    else:
        path.write_bytes({"large": b"#" * (LARGEST + 1), "deep": DEEP.encode(), "latin": b"# \xe9\n"}[kind])
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_studies_mappings_and_catalogues_are_bounded_text(tmp_path: Path, kind: str) -> None:
    path = made(tmp_path / "x.toml", kind)
    told = {"large": "is larger than 4,194,304 bytes", "deep": "is nested deeper than 32"}.get(kind, "cannot be read: ")
    with pytest.raises(StudyError, match=told):
        load_study(path)
    with pytest.raises(MappingError, match=told):
        load_mapping(path)
    with pytest.raises((CatalogueError, InputError), match=told):
        load_catalogue(tmp_path)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "deep"])
def test_files_of_queries_are_bounded_text(tmp_path: Path, kind: str) -> None:
    queries, (fault,) = read_queries(made(tmp_path / "q.txt", kind))
    assert queries == ()
    assert fault.startswith(("cannot be read: ", "is larger than "))


def test_a_study_names_a_file_of_queries_that_never_ends(tmp_path: Path) -> None:
    (tmp_path / "data" / "x").mkdir(parents=True)
    study = tmp_path / "study.toml"
    study.write_text('title = "t"\n[snapshots.x]\ndate = 2026-01-01\nqueries_file = "/dev/zero"\n')
    with pytest.raises(CamcensusError, match="/dev/zero: cannot be read: it is not a regular file"):
        load_study(study)


def test_text_is_read_without_its_byte_order_mark_up_to_the_bound(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbf" + "é\r\n".encode())
    assert read_text(path) == "é\r\n"
    assert read_text(path, 7) == "é\r\n"
    with pytest.raises(InputError, match="is larger than 6 bytes"):
        read_text(path, 6)


@pytest.mark.parametrize("text", ["x = " + "[" * 50_000 + "]" * 50_000, "x = ", "x = " + "9" * 100_000, DEEP])
def test_toml_that_is_hostile_or_none_is_an_error(text: str) -> None:
    with pytest.raises(InputError, match=r"is not TOML|is nested deeper"):
        parse_toml(text, Path("x.toml"))


def test_toml_of_usual_depth_is_read() -> None:
    assert parse_toml("[a.b]\nc = [[1, {d = 2}]]\n", Path("x.toml")) == {"a": {"b": {"c": [[1, {"d": 2}]]}}}
    parse_toml("a" + ".a" * (DEEPEST - 2) + " = 1\n", Path("x.toml"))
