"""The ledger holds what it was told, whole or not at all; damage, a full disk and a power cut are told or mended."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from camcensus.core import storage
from camcensus.core.errors import InputError, IntegrityError
from camcensus.raw.ledger import CHECKSUM, FILE, SYNC, Ledger
from camcensus.raw.ledger_rows import Announced, Attempt, FreeReply, Page, Partition
from camcensus.raw.reply_files import file_of, page_of, write_page


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    found = Ledger(tmp_path / "raw")
    yield found
    with suppress(IntegrityError, InputError, sqlite3.ProgrammingError):  # a test closed or damaged it
        found.close()


def kept(ledger: Ledger, number: int, body: bytes = b"{}", again: int = 0) -> Page:
    """A page of part 1, its file and its row."""
    file = file_of(Partition(1, "download", "q", "s", 1, passes=again), number)
    size, digest = write_page(ledger.path.parent, file, body)
    page = Page(*page_of(file), file, 300, 100, size, digest, "2026-01-01T00:00:00+00:00")
    ledger.add_page(page)
    return page


def test_what_is_entered_is_there_when_it_is_opened_again(ledger: Ledger) -> None:
    ledger.set_fact("a", "1")
    ledger.set_fact("a", "2")
    ledger.add_query("q", "text", "sent", "note")
    ledger.add_partition("download", "q", "sent", 300)
    ledger.add_done("download", "q", 300, {"DE": 200, "US": 90})
    ledger.add_done("download", "q", 5, {})
    page = kept(ledger, 1)
    reply = FreeReply("census", "q", "", "sent", "census/q/all.page.zst", 1, "x", "2026-01-01T00:00:00+00:00")
    ledger.add_reply(reply)
    (part,) = ledger.partitions("download")
    ledger.close()
    again = Ledger(ledger.path.parent)
    assert (again.fact("a"), again.fact("none"), again.fact("format")) == ("2", "", "1")
    assert again.queries() == {"q": {"text": "text", "sent": "sent", "note": "note"}}
    assert again.done("download") == {"q": Announced(300, {"DE": 200, "US": 90})}
    assert again.done("census") == {}
    assert again.partitions("download") == [part] == [Partition(1, "download", "q", "sent", 300)]
    assert again.partitions("sample") == []
    assert again.pages() == again.pages(1) == [page]
    assert again.pages(2) == []
    assert again.replies("census") == [reply]
    assert again.reply("census", "q", "") == reply
    assert again.reply("census", "q", "DE") is None
    again.close()
    # Nothing but the one file is left.
    assert sorted(path.name for path in ledger.path.parent.glob("ledger*")) == [FILE, CHECKSUM]


def test_a_request_is_paid_from_when_it_is_sent_until_it_is_known_better(ledger: Ledger) -> None:
    sent = [ledger.add_request(Attempt("t", "search", "q", n)) for n in (1, 2, 3)]
    ledger.add_request(Attempt("t", "count", "q", 1))
    assert ledger.spent == 3
    ledger.add_outcome(sent[0], Attempt("t", "search", "q", 1, 200, "", 100))
    assert ledger.spent == 3
    ledger.add_outcome(sent[1], Attempt("t", "search", "q", 2, 502, "UnavailableError"))
    assert ledger.spent == 2
    # The third was cut off by a kill: it may have been paid for.
    again = Ledger(ledger.path.parent, read_only=True)
    assert again.spent == 2
    again.close()


def test_what_belongs_together_is_written_whole_or_not_at_all(ledger: Ledger) -> None:
    with pytest.raises(KeyError), ledger.together():
        ledger.add_partition("download", "q", "a", 1)
        raise KeyError
    assert ledger.partitions("download") == []
    with ledger.together():
        ledger.add_partition("download", "q", "b", 1)
        ledger.add_done("download", "q")
    assert [part.id for part in ledger.partitions("download")] == [1]


def test_reading_neither_makes_nor_changes_nor_holds_up(tmp_path: Path, ledger: Ledger) -> None:
    with pytest.raises(InputError, match="cannot be read or written: unable to open"):
        Ledger(tmp_path / "none", read_only=True)
    assert not (tmp_path / "none").exists()
    with ledger.together():
        ledger.add_partition("download", "q", "s", 1)
        reader = Ledger(ledger.path.parent, read_only=True)
        assert reader.partitions("download") == []
    assert len(reader.partitions("download")) == 1
    with pytest.raises(InputError, match="readonly"):
        reader.set_fact("a", "b")
    ledger.set_fact("c", "d")
    reader.close()
    assert ledger.fact("c") == "d"


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_damage_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    for read_only in (True, False):
        with pytest.raises(IntegrityError, match=r"ledger\.sqlite: is damaged: .*; put a copy of it back"):
            Ledger(tmp_path, read_only)


def test_damage_inside_is_told(ledger: Ledger) -> None:
    for n in range(500):
        ledger.add_query(f"q{n}", "text" * 50, "sent", "")
    ledger.close()
    data = bytearray(ledger.path.read_bytes())
    data[8192:40000] = b"\xaa" * (40000 - 8192)
    ledger.path.write_bytes(data)
    with pytest.raises(IntegrityError, match="is damaged"):
        Ledger(ledger.path.parent, read_only=True).queries()


def test_another_format_is_refused(ledger: Ledger) -> None:
    ledger.set_fact("format", "0")
    with pytest.raises(IntegrityError, match="is of another version"):
        Ledger(ledger.path.parent)


def test_f9_a_full_disk_is_told_and_what_was_there_stays(ledger: Ledger) -> None:
    ledger.set_fact("a", "b")
    size = ledger._db.execute("pragma page_count").fetchone()[0]
    ledger._db.execute(f"pragma max_page_count = {size}")
    with pytest.raises(InputError, match=r"database or disk is full; complete files are kept"):
        ledger.set_fact("large", "x" * 100_000)
    with pytest.raises(InputError, match="full"), ledger.together():
        ledger.set_fact("larger", "x" * 100_000)
    assert ledger.fact("a") == "b"
    ledger._db.execute("pragma max_page_count = 1000000")
    ledger.set_fact("large", "x" * 100_000)


def test_two_writers_do_not_wait_for_ever(ledger: Ledger) -> None:
    """The lock of the snapshot keeps two collectors apart; should it fail, this says so."""
    other = sqlite3.connect(ledger.path, isolation_level=None)
    ledger._db.execute("pragma busy_timeout = 50")
    other.execute("begin immediate")
    with pytest.raises(InputError, match="database is locked"):
        ledger.set_fact("a", "b")
    other.close()


def test_a_page_has_one_file_and_one_row(ledger: Ledger) -> None:
    kept(ledger, 1)
    with pytest.raises(IntegrityError, match="UNIQUE"):
        kept(ledger, 1)


@pytest.mark.parametrize("number", [1, 9999, 10_000, 123_456])
@pytest.mark.parametrize("again", [0, 1, 12])
def test_a_pages_file_says_which_page_it_is(number: int, again: int) -> None:
    file = file_of(Partition(42, "download", "a.b-c_d", "s", 1, passes=again), number)
    assert page_of(file) == (42, number, again)
    assert file.startswith("download/a.b-c_d/000042/")


@pytest.mark.parametrize("damage", ["gone", "empty", "half"])
def test_what_a_power_cut_took_is_asked_for_again_and_the_rest_stays(ledger: Ledger, damage: str) -> None:
    """Rows and files that were not forced to the disk together; an empty or half a file under its final name."""
    ledger.add_partition("download", "q", "s", 300)
    first, second = kept(ledger, 1), kept(ledger, 2)
    ledger.sync()
    third, again = kept(ledger, 3), kept(ledger, 1, again=1)
    ledger.settle(Partition(1, "download", "q", "s", 300, passes=2, announced=300, found=300))
    reply = FreeReply(
        "census",
        "q",
        "",
        "s",
        "census/q/all.page.zst",
        *write_page(ledger.path.parent, "census/q/all.page.zst", b"{}"),
        "t",
    )
    ledger.add_reply(reply)
    assert ledger.forget_lost() == []
    raw = ledger.path.parent
    for lost in (third, reply, first):
        path = raw / lost.file
        {
            "gone": path.unlink,
            "empty": lambda p=path: p.write_bytes(b""),
            "half": lambda p=path: p.write_bytes(p.read_bytes()[:9]),
        }[damage]()
    # The first was on the disk: that it is not any more is no power cut, and is told by whoever reads it.
    assert ledger.forget_lost() == [third.file, reply.file]
    assert ledger.pages() == [first, second, again]
    assert ledger.replies("census") == []
    assert ledger.partitions("download")[0].passes == 0
    assert not (raw / third.file).exists()
    assert ledger.forget_lost() == []


def test_rows_are_forced_to_the_disk_with_their_files(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    forced: list[str] = []
    monkeypatch.setattr(storage, "sync_files", lambda paths: forced.extend(path.name for path in paths))
    ledger.add_partition("download", "q", "s", 300)
    ledger._synced -= SYNC
    kept(ledger, 1)
    assert forced == ["0001.page.zst"]
    kept(ledger, 2)
    kept(ledger, 3)
    assert forced == ["0001.page.zst"]
    assert ledger.fact("synced") == "[1,0]"
    ledger.sync()
    assert forced == ["0001.page.zst", "0002.page.zst", "0003.page.zst"]
    assert ledger.fact("synced") == "[3,0]"
