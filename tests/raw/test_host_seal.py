"""What was sealed is held to it; what came later, or from somebody else, is told."""

from pathlib import Path

import pytest

from camcensus.core.errors import IntegrityError
from camcensus.raw.host_seal import FILE, check_seal, seal
from tests.verify.worlds import flip

NAMES = ["draw.json", "replies.jsonl", "replies.jsonl.gz"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A draw and some answers, sealed."""
    (tmp_path / "draw.json").write_text("{}\n")
    (tmp_path / "replies.jsonl").write_text("one\ntwo\n")
    seal(tmp_path, NAMES)
    return tmp_path


def test_what_is_as_it_was_sealed_is_vouched_for(folder: Path) -> None:
    assert check_seal(folder, NAMES) == []


def test_answers_that_came_after_are_told_and_those_before_still_held(folder: Path) -> None:
    with (folder / "replies.jsonl").open("a") as file:
        file.write("three\n")
    (told,) = check_seal(folder, NAMES)
    assert "replies.jsonl: was left open" in told
    flip(folder / "replies.jsonl", 1, 0)
    with pytest.raises(IntegrityError, match="is not what was answered"):
        check_seal(folder, NAMES)


@pytest.mark.parametrize("name", ["draw.json", "replies.jsonl", FILE])
def test_f26_each_bit_of_each_file_is_held(folder: Path, name: str) -> None:
    for place in range((folder / name).stat().st_size):
        flip(folder / name, place, place % 8)
        with pytest.raises(IntegrityError):
            check_seal(folder, NAMES)
        flip(folder / name, place, place % 8)


def test_a_sealed_file_that_is_cut_or_gone_is_refused(folder: Path) -> None:
    (folder / "replies.jsonl").write_text("one\n")
    with pytest.raises(IntegrityError):
        check_seal(folder, NAMES)
    (folder / "replies.jsonl").unlink()
    with pytest.raises(IntegrityError):
        check_seal(folder, NAMES)


def test_what_nobody_sealed_is_told(folder: Path) -> None:
    (folder / "replies.jsonl.gz").write_bytes(b"x")
    (told,) = check_seal(folder, NAMES)
    assert "replies.jsonl.gz: has no checksum" in told
