"""JSON as the engine writes it: what a strict reader refuses costs no page, and banners stay the bytes they came as."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camcensus.core.errors import IntegrityError
from camcensus.raw.reply_files import write_page
from camcensus.readers.banner import Banner, Rejected
from camcensus.readers.lenient_json import decode, items
from camcensus.readers.record import records
from camcensus.readers.shodan import SearchPages
from tests.conftest import banner

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
SPACE = st.text(" \t\r\n", max_size=3)


@given(
    rows=st.lists(st.dictionaries(st.text(), JSON, max_size=3), max_size=5),
    before=st.dictionaries(st.text(min_size=1), JSON, max_size=2),
    space=SPACE,
    ascii_only=st.booleans(),
)
def test_items_are_the_bytes_that_they_came_as(rows: Any, before: Any, space: str, ascii_only: bool) -> None:
    before.pop("matches", None)
    written = [json.dumps(row, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass") for row in rows]
    head = json.dumps(before)[1:-1].encode()
    body = (
        space.encode() + b"{" + head + (b", " if head else b"") + b'"matches":[' + space.encode()
        + f" ,{space}".encode().join(written) + space.encode() + b'], "total": 5}'
    )  # fmt: skip
    assert list(items(body, "matches")) == written


@given(JSON)
def test_what_python_reads_is_read(value: Any) -> None:
    text = json.dumps(value)
    assert json.dumps(decode(text.encode())) == text


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1,]", b'{"a":1', b"<html>", b'{"matches":[', b'{"a":"\\ud8', b"\xff", b'{"a":1}x']
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  of either reader
        decode(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"total":5}',
        b'{"matches":5}',
        b'{"matches":[1',
        b'{"matches":[1 2]}',
        b"{5:1}",
    ],
)
def test_what_has_no_such_list_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  as above
        list(items(body, "matches"))


START = b'{"ip_str":"1.2.3.4","port":80,"transport":"tcp","timestamp":"2026-10-20T08:30:01",'
ODD = {
    "half a character": START + b'"data":"\\ud800"}',
    "not a number": START + b'"data":"","x":NaN}',
    "a control character": START + b'"data":"\x01"}',
}


@pytest.mark.parametrize("name", ODD)
def test_one_odd_banner_costs_none_of_its_page(tmp_path: Path, name: str) -> None:
    good = json.dumps(banner()).encode()
    body = b'{"matches":[' + b",".join([good, ODD[name], good]) + b'],"total":3}'
    size, digest = write_page(tmp_path, "download/q/000001/0001.page.zst", body)
    assert size == (tmp_path / "download/q/000001/0001.page.zst").stat().st_size
    assert len(digest) == 64
    found = list(records(SearchPages(tmp_path, ["download/q/000001/0001.page.zst"])))
    assert [record.number for record in found] == [1, 2, 3]
    assert [record.line.data for record in found] == [good, ODD[name], good]
    assert isinstance(found[0].found, Banner)
    assert isinstance(found[1].found, Banner | Rejected)
    assert isinstance(found[2].found, Banner)


@pytest.mark.parametrize("body", [b'{"total":5}', b'{"matches":[{"a":1}', b'{"matches":5}', b"<html>"])
def test_a_page_that_is_none_is_damaged(tmp_path: Path, body: bytes) -> None:
    write_page(tmp_path, "p.page.zst", body)
    with pytest.raises(IntegrityError, match=r"p\.page\.zst: is damaged"):
        list(SearchPages(tmp_path, ["p.page.zst"]).batches())
