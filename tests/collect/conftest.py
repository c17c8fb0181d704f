"""What the tests of the collector need."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collect.worlds import shared as shared  # noqa: PLC0414  a fixture
from tests.collect.worlds import some as some  # noqa: PLC0414  a fixture
from tests.collect.worlds import three_pages as three_pages  # noqa: PLC0414  a fixture
from tests.validation.loopback.conftest import UNCLOSED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """requests leaves the socket of a reply that broke off to the garbage collector, which says so."""
    for item in items:
        if "tests/collect/" in item.nodeid:
            item.add_marker(pytest.mark.filterwarnings(UNCLOSED))


@pytest.fixture(scope="module", autouse=True)
def nothing_left_to_collect() -> Iterator[None]:
    """Such sockets are collected before tests of others run."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def own_surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No limit that another process of this user keeps takes part in a test, and no key that is set."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        for name in ("SHODAN_API_KEY", "SHODAN_API_KEY_FILE", "SHODAN_API_URL"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for a study."""
    return tmp_path / "study"
