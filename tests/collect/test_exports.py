"""Imports: byte for byte, each content once, written down, and all or nothing when one file is wrong."""

import gzip
import hashlib
import json
import os
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from camcensus.core import storage
from camcensus.core.config import load_study
from camcensus.core.errors import InputError, IntegrityError
from camcensus.raw.imports import LEDGER, expand, import_files, raw_files, read_ledger
from camcensus.readers.lines import RawFile
from tests.commands import study_in


def line(port: int) -> bytes:
    """A banner, as short as can be."""
    return b'{"ip_str": "81.2.69.142", "port": %d, "timestamp": "2026-10-20"}\n' % port


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """A folder with three exports."""
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "a.json").write_bytes(line(80))
    (folder / "b.json.gz").write_bytes(gzip.compress(line(81)))
    (folder / "notes.txt").write_text("no export")
    return folder


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """The folder of a snapshot that is not there yet."""
    return tmp_path / "data" / "2026"


def names_in(snapshot: Path) -> list[str]:
    return sorted(p.name for p in (snapshot / "raw").iterdir())


def test_files_are_copied_byte_for_byte_and_written_down(exports: Path, snapshot: Path) -> None:
    done = import_files([str(exports / "a.json"), str(exports / "b.json.gz")], snapshot)
    assert [(item.file, item.already) for item in done] == [("a.json", False), ("b.json.gz", False)]
    assert names_in(snapshot) == ["a.json", "b.json.gz", LEDGER]
    content = (exports / "b.json.gz").read_bytes()
    assert (snapshot / "raw" / "b.json.gz").read_bytes() == content
    entry = read_ledger(snapshot)["b.json.gz"]
    received = datetime.fromisoformat(entry.pop("received"))
    assert entry == {
        "file": "b.json.gz",
        "source": "shodan",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert timedelta() <= datetime.now(UTC) - received < timedelta(minutes=1)


def test_globs_stand_for_their_files_in_order_each_once(exports: Path) -> None:
    names = [str(exports / "*.gz"), str(exports / "*.json*"), str(exports / "a.json")]
    assert [p.name for p in expand(names)] == ["b.json.gz", "a.json"]
    assert [p.name for p in expand([str(exports / "b*"), str(exports / "a.json")])] == ["b.json.gz", "a.json"]


def test_a_name_that_looks_like_a_glob_and_is_a_file(exports: Path) -> None:
    (exports / "x[1].json").write_text("")
    assert [p.name for p in expand([str(exports / "x[1].json")])] == ["x[1].json"]


def test_the_same_content_is_there_already_whatever_its_name(exports: Path, snapshot: Path) -> None:
    import_files([str(exports / "a.json")], snapshot)
    before = (snapshot / "raw" / LEDGER).read_bytes()
    (exports / "again.json").write_bytes((exports / "a.json").read_bytes())
    done = import_files([str(exports / "again.json"), str(exports / "a.json")], snapshot)
    assert [(item.file, item.already) for item in done] == [("a.json", True), ("a.json", True)]
    assert names_in(snapshot) == ["a.json", LEDGER]
    assert (snapshot / "raw" / LEDGER).read_bytes() == before


def test_a_file_that_was_removed_from_raw_is_copied_again(exports: Path, snapshot: Path) -> None:
    import_files([str(exports / "a.json")], snapshot)
    (snapshot / "raw" / "a.json").unlink()
    (done,) = import_files([str(exports / "a.json")], snapshot)
    assert (done.file, done.already) == ("a.json", False)
    assert (snapshot / "raw" / "a.json").read_bytes() == (exports / "a.json").read_bytes()


def test_another_content_of_the_same_name_gets_a_name_of_its_own(exports: Path, snapshot: Path) -> None:
    import_files([str(exports / "a.json")], snapshot)
    (exports / "a.json").write_bytes(line(99))
    (done,) = import_files([str(exports / "a.json")], snapshot)
    assert done.file == f"{done.sha256[:8]}-a.json"
    assert (snapshot / "raw" / "a.json").read_bytes() == line(80)
    assert len(raw_files(snapshot)) == 2


def test_a_file_put_there_by_hand_is_never_overwritten(exports: Path, snapshot: Path) -> None:
    (snapshot / "raw").mkdir(parents=True)
    (snapshot / "raw" / "a.json").write_bytes(b"by hand\n")
    (done,) = import_files([str(exports / "a.json")], snapshot)
    assert done.file == f"{done.sha256[:8]}-a.json"
    assert (snapshot / "raw" / "a.json").read_bytes() == b"by hand\n"


def test_a_kill_between_copy_and_ledger_is_mended(exports: Path, snapshot: Path) -> None:
    import_files([str(exports / "a.json")], snapshot)
    (snapshot / "raw" / LEDGER).unlink()
    (done,) = import_files([str(exports / "a.json")], snapshot)
    assert done.file == "a.json"
    assert names_in(snapshot) == ["a.json", LEDGER]


@pytest.mark.parametrize("name", ["imports.json", ".json", ".hidden.json.gz", "a b;c\x1b[31m.json", "Ünï.JSONL"])
def test_whatever_its_name_an_import_is_found_again(exports: Path, snapshot: Path, name: str) -> None:
    (exports / name).write_bytes(gzip.compress(line(82)) if name.endswith(".gz") else line(82))
    (done,) = import_files([str(exports / name)], snapshot)
    assert [p.name for p in raw_files(snapshot)] == [done.file]
    assert done.file.isprintable()
    assert " " not in done.file
    assert LEDGER in names_in(snapshot)


def test_linking_shares_the_file(exports: Path, snapshot: Path) -> None:
    (exports / "link.json").symlink_to(exports / "a.json")
    import_files([str(exports / "link.json"), str(exports / "b.json.gz")], snapshot, link=True)
    for name, original in (("link.json", "a.json"), ("b.json.gz", "b.json.gz")):
        found = os.lstat(snapshot / "raw" / name)
        assert found.st_ino == (exports / original).stat().st_ino
        assert stat.S_ISREG(found.st_mode)
    assert read_ledger(snapshot)["link.json"]["sha256"] == storage.sha256(exports / "a.json")


def test_copying_does_not_share_the_file(exports: Path, snapshot: Path) -> None:
    import_files([str(exports / "a.json")], snapshot)
    assert (snapshot / "raw" / "a.json").stat().st_ino != (exports / "a.json").stat().st_ino


@pytest.mark.parametrize(
    ("name", "reason"),
    [("none.json", "no such file"), ("*.zst", "matches no file"), ("", "is a folder; name its files, such as"),
     ("notes.txt", "is of an unknown kind; give files of shodan that end in .json,")],
)  # fmt: skip
@pytest.mark.parametrize("place", [0, 1])
def test_nothing_is_copied_when_one_of_several_is_wrong(
    exports: Path, snapshot: Path, name: str, reason: str, place: int
) -> None:
    names = [str(exports / "a.json")]
    names.insert(place, str(exports / name))
    with pytest.raises(InputError, match=reason):
        import_files(names, snapshot)
    assert not snapshot.exists()


def test_a_pipe_is_no_file(exports: Path, snapshot: Path) -> None:
    os.mkfifo(exports / "pipe.json")
    with pytest.raises(InputError, match="no such file"):
        import_files([str(exports / "pipe.json")], snapshot)


def test_half_copied_files_and_folders_are_no_raw_files(exports: Path, snapshot: Path) -> None:
    import_files([str(exports / "a.json")], snapshot)
    (snapshot / "raw" / ".incoming-b.json.part").write_text("half")
    (snapshot / "raw" / "folder.json").mkdir()
    assert [p.name for p in raw_files(snapshot)] == ["a.json"]
    storage.remove_leftovers(snapshot)
    assert names_in(snapshot) == ["a.json", "folder.json", LEDGER]


@pytest.mark.parametrize("content", ["[]", '{"port": 80}', '{"a.json": {}}', "{", '{"port": 80}\n{"port": 81}'])
def test_a_ledger_that_is_none_is_told(snapshot: Path, content: str) -> None:
    (snapshot / "raw").mkdir(parents=True)
    (snapshot / "raw" / LEDGER).write_text(content)
    with pytest.raises(IntegrityError, match=r"imports\.json: is "):
        read_ledger(snapshot)


def test_what_was_imported_can_be_read(exports: Path, snapshot: Path) -> None:
    import_files([str(exports / "*.json*")], snapshot)
    assert [json.loads(found.data)["port"] for path in raw_files(snapshot) for found in RawFile(path).lines()] == [
        80,
        81,
    ]


def test_a_file_that_no_reader_accepts_is_refused_before_anything_is_created(exports: Path, snapshot: Path) -> None:
    (exports / "c.json").write_bytes(b"17 bytes of it...")
    with pytest.raises(InputError, match="none of its first 1 records is a banner"):
        import_files([str(exports / "a.json"), str(exports / "c.json")], snapshot)
    assert not snapshot.exists()


@pytest.mark.parametrize(("letters", "is_allowed"), [("n" * 195, True), ("n" * 196, False), ("é" * 98, False)])
def test_a_long_name_is_refused_before_anything_is_created(
    exports: Path, snapshot: Path, letters: str, is_allowed: bool
) -> None:
    path = exports / f"{letters}.json"
    path.write_bytes(line(83))
    if is_allowed:
        assert import_files([str(path)], snapshot)[0].file == path.name
        return
    with pytest.raises(InputError, match=r"has a name of 20\d bytes; rename it: at most 200 are allowed"):
        import_files([str(path)], snapshot)
    assert not snapshot.exists()


def test_a_copy_that_fails_leaves_nothing(exports: Path, snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path, to: Path) -> None:
        to.write_bytes(b"half")
        if (snapshot / "raw" / ".incoming-0.part").exists() and to.name != ".incoming-0.part":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(InputError, match="cannot be copied: No space left on device"):
        import_files([str(exports / "a.json"), str(exports / "b.json.gz")], snapshot)
    assert not snapshot.exists()


def test_the_ledger_is_written_once_for_many_files(
    exports: Path, snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for port in range(1, 41):
        (exports / f"n{port}.json").write_bytes(line(port))
    written: list[Path] = []
    write = storage.write_checksummed
    monkeypatch.setattr(storage, "write_checksummed", lambda path, value: (written.append(path), write(path, value)))
    assert len(import_files([str(exports / "n*.json")], snapshot)) == 40
    assert written == [snapshot / "raw" / LEDGER]
    assert len(raw_files(snapshot)) == 40


def test_files_of_one_name_in_one_command_are_both_kept(exports: Path, snapshot: Path) -> None:
    (exports / "more").mkdir()
    (exports / "more" / "a.json").write_bytes(line(84))
    done = import_files([str(exports / "a.json"), str(exports / "more" / "a.json")], snapshot)
    assert [(snapshot / "raw" / item.file).read_bytes() for item in done] == [line(80), line(84)]


def test_an_empty_folder_that_a_failed_import_left_is_no_snapshot(tmp_path: Path) -> None:
    study = study_in(tmp_path / "s", one=[json.loads(line(80))])
    (study.parent / "data" / "b" / "raw").mkdir(parents=True)
    (study.parent / "data" / "b" / "raw" / ".incoming-0.part").write_bytes(b"half")
    assert load_study(study).snapshot_ids() == ["a"]


def test_csv_given_as_shodans_is_read_with_its_mapping(exports: Path, snapshot: Path) -> None:
    (exports / "c.csv").write_text("ip_str,port,timestamp,title\n81.2.69.1,80,2026-10-20T08:30:01,x\n")
    done = import_files([str(exports / "a.json"), str(exports / "c.csv")], snapshot)
    assert [item.source for item in done] == ["shodan", "shodan-csv"]
