"""What the tests of the loopback Shodan need."""

import gc
from collections.abc import Iterator

import pytest

UNCLOSED = "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """requests leaves the socket of a reply that broke off to the garbage collector, which says so."""
    for item in items:
        if "tests/validation/loopback/" in item.nodeid:
            item.add_marker(pytest.mark.filterwarnings(UNCLOSED))


@pytest.fixture(autouse=True)
def nothing_left_to_collect(request: pytest.FixtureRequest) -> Iterator[None]:
    """Such sockets are collected in the test that made them."""
    yield
    if "loopback/test_faults" in request.node.nodeid:
        gc.collect()
