"""Files that a download finds in its folder: entered, cleared, or refused, and never bought again."""

import sqlite3
from pathlib import Path

import pytest

from camcensus.core.errors import CamcensusError, IntegrityError
from camcensus.raw.ledger import CHECKSUM
from camcensus.validation.loopback.index import Index
from tests.collect.worlds import PRODUCT, collect, pages, raw, rows, served, study_in


def rows_gone(study: Path, statement: str) -> None:
    (raw(study) / CHECKSUM).unlink(missing_ok=True)  # as while a collector is at work
    ledger = sqlite3.connect(raw(study) / "ledger.sqlite", isolation_level=None)
    ledger.execute(statement)
    ledger.close()


def test_what_a_stop_left_between_file_and_ledger_is_entered_not_bought(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    with served(three_pages) as server:
        collect(study)
        before, ledger = pages(study), rows(study, "select partition, page, pass, file, sha256 from pages order by id")
        # As if killed after the file was written and before its row was.
        rows_gone(study, "delete from pages where page = 3")
        rows_gone(study, "update partitions set passes = 0, found = 0")
        asked = len(server.log)
        said: list[str] = []
        assert collect(study, say=said.append).complete
        assert len(server.log) == asked
        assert any("0003.page.zst: received before the stop" in text for text in said)
        assert rows(study, "select partition, page, pass, file, sha256 from pages order by id") == ledger
        assert pages(study) == before


def test_half_written_files_are_cleared(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    with served(three_pages):
        left = raw(study) / "download" / PRODUCT / "000001" / ".0001.page.zst.x.part"
        left.parent.mkdir(parents=True)
        left.write_bytes(b"half")
        assert collect(study).complete
        assert not left.exists()


def test_a_page_of_another_ledger_is_refused(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    with served(three_pages):
        collect(study)
        (raw(study) / "ledger.sqlite").unlink()
        stray = raw(study) / "download" / "other" / "000009" / "0001.page.zst"
        stray.parent.mkdir(parents=True)
        stray.write_bytes(next(iter(pages(study).values())))
        with pytest.raises(IntegrityError, match=r"000009/0001\.page\.zst: is a page that is not in the ledger"):
            collect(study)


def test_a_damaged_page_is_told_and_nothing_is_bought(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    with served(three_pages) as server:
        collect(study)
        (name, body) = next(iter(pages(study).items()))
        (raw(study) / name).write_bytes(body[:40] + bytes([body[40] ^ 1]) + body[41:])
        rows_gone(study, "update partitions set passes = 0, found = 0")
        with pytest.raises(IntegrityError, match=rf"{name}: is damaged"):
            collect(study)
        assert server.account.credits == 10_000_000 - 3


def test_a_snapshot_of_imported_files_takes_no_pages(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    raw(study).mkdir(parents=True)
    (raw(study) / "export.json").write_text("{}\n")
    with served(three_pages) as server, pytest.raises(CamcensusError, match="holds imported files"):
        collect(study)
    assert not server.log
