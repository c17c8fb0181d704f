"""Killed at any moment, a collection goes on where it was and ends as one that was left in peace.

`make nightly PARTS=faults` kills at 300 moments.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from camcensus.validation.loopback.server import Loopback
from tests.collect.collected import collector, differences
from tests.collect.worlds import cameras, collect, served, study_in
from tests.kills import kill_often
from tests.shell import Shell

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    found = Shell(tmp_path_factory.mktemp("shell"))
    yield found
    found.close()


def mixed() -> list[dict[str, object]]:
    """Cameras of which a third are found by the second query alone."""
    found = cameras(600)
    for camera in found[::3]:
        camera["product"] = "Other"
    return found


KILLS = int(os.environ.get("CAMCENSUS_KILLS", "10"))


@pytest.mark.parametrize(("mode", "tries"), [("download", KILLS), ("sample", KILLS), ("census", 3)])
def test_f1_a_killed_collector_goes_on_and_ends_as_if_nothing_had_been(
    tmp_path: Path, shell: Shell, mode: str, tries: int
) -> None:
    with Loopback(mixed()) as server:
        tally = kill_often(collector(server, mode), tmp_path, shell, tries, seed=1)
    assert tally.faults == []
    assert (tally.tries, tally.survived) == (tries, tries)
    assert tally.hit > 0


def test_the_comparison_sees_what_it_should(tmp_path: Path) -> None:
    with served(mixed()) as server:
        calm, other = (study_in(tmp_path / name, depth=2) for name in ("calm", "other"))
        collect(calm)
        began = len(server.log)
        collect(other)
        log = server.log[began:]
    assert differences(other, calm, log, 0) == []
    page = next((tmp_path / "other").rglob("0001.page.zst"))
    page.write_bytes(page.read_bytes()[:-1])
    (page.parent / ".0001.page.zst.part").write_bytes(b"")
    told = differences(other, calm, [*log, next(entry for entry in log if entry.credits)], 0)
    assert any("has other bytes" in text for text in told)
    assert any(".part: in one of the two only" in text for text in told)
    assert "1 pages more were bought, for 0 kills" in told
