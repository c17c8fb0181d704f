"""What stands in lines: a banner, why there is none, or nothing; and nothing else is kept of them."""

import gc
import json
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from camcensus.readers.banner import Banner, Rejected
from camcensus.readers.record import parse_lines
from tests.conftest import banner


class Lines(list[bytes]):
    """Lines that one can see going."""


@contextmanager
def no_circles() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize("wrong", [b"{", b"[]", b"\xff", b"[" * 100_000, b'{"port": NaN}'])
def test_a_line_that_is_none_does_not_keep_those_beside_it(wrong: bytes) -> None:
    lines = Lines([json.dumps(banner()).encode(), wrong, b""])
    gone = weakref.ref(lines)
    with no_circles():
        one, other, blank = parse_lines(lines)
        del lines
        assert gone() is None
    assert isinstance(one, Banner)
    assert isinstance(other, Rejected)
    assert blank is None
