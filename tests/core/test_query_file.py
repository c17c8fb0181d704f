"""A file of queries is read line by line, and a fault says on which line it stands."""

from pathlib import Path

import pytest

from camcensus.core.query_file import LISTED, MOST_BYTES, read_queries


def written(folder: Path, content: bytes) -> Path:
    path = folder / "queries.txt"
    path.write_bytes(content)
    return path


def test_a_query_a_line_in_order_without_comments(tmp_path: Path) -> None:
    text = (
        '\ufeff# what was asked\r\n\r\n  product:"Hikvision IP Camera"  \r\n# later\r\n"uc-httpd #1" port:80\nvivotek'
    )
    queries, faults = read_queries(written(tmp_path, text.encode()))
    assert (queries, faults) == (('product:"Hikvision IP Camera"', '"uc-httpd #1" port:80', "vivotek"), [])


def test_every_fault_has_its_line(tmp_path: Path) -> None:
    _, faults = read_queries(written(tmp_path, b'# c\nport:80\n\nhttp.titel:x\nport:many\n"open\n'))
    assert [fault.split(":")[0] for fault in faults] == ["line 4", "line 5", "line 6"]
    assert "unknown filter 'http.titel'" in faults[0]
    assert "whole number" in faults[1]
    assert "quote" in faults[2]


def test_many_faults_are_not_all_listed(tmp_path: Path) -> None:
    _, faults = read_queries(written(tmp_path, b"port:x\n" * (LISTED + 7)))
    assert len(faults) == LISTED + 1
    assert faults[-1] == "and 7 more lines"


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"", "no query"), (b"# only\n\n", "no query"), (b"\xff\xfe", "utf-8"), (b"a" * (MOST_BYTES + 1), "larger than")],
)
def test_what_is_no_file_of_queries_is_refused(tmp_path: Path, content: bytes, word: str) -> None:
    queries, (fault,) = read_queries(written(tmp_path, content))
    assert queries == ()
    assert word in fault


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    assert "no such file" in read_queries(tmp_path / "gone.txt")[1][0]
    assert "cannot be read" in read_queries(tmp_path)[1][0]
