"""A random sample of counted hosts that is looked up through the collector, against a server on this machine."""

import json
from pathlib import Path

import pytest

from camcensus.collect.look_up import LookedUp, look_up
from camcensus.core.config import load_study
from camcensus.core.console import Reporter
from camcensus.core.errors import CamcensusError, IntegrityError, UnavailableError
from camcensus.core.manifest import load_manifest
from camcensus.dedupe.host_sample import DRAW, FOLDER
from camcensus.raw.host_seal import FILE as SEAL
from camcensus.raw.imports import import_files
from camcensus.run import run
from camcensus.validation.loopback.faults import Fault
from camcensus.validation.loopback.server import KEY
from tests.collect.worlds import cameras, finished, served, started, study_in
from tests.conftest import Banner, banner, write_lines

CAMERAS = cameras(60)  # three ports on each of twenty hosts
OTHERS = [
    banner(ip_str=host, port=port, data="SSH-2.0-x", http=None, _shodan={"module": "ssh"}, product="OpenSSH")
    for host in {str(b["ip_str"]) for b in CAMERAS[3:]}
    for port in (21, 22, 23)
]
HELD: list[Banner] = [*CAMERAS[3:], *OTHERS]  # the engine has forgotten the first host


@pytest.fixture
def study(folder: Path) -> Path:
    """A study of one snapshot: cameras on twenty hosts, imported and counted."""
    path = study_in(folder)
    # All signatures, so that the cameras are counted.
    path.write_text(path.read_text().replace('catalogue = "queries"\n', "") + "[decoys]\nports = 6\n")
    loaded = load_study(path)
    import_files([str(write_lines(folder / "SYNTHETIC.json", CAMERAS))], loaded.data / "a")
    run(loaded, Reporter(quiet=True), report=False)
    return path


def looked_up(study: Path, hosts: int = 20, seed: int = 1) -> LookedUp:
    """Looks up, or goes on with it."""
    return look_up(load_study(study), "a", hosts, seed, KEY)


def replies(study: Path) -> Path:
    """The file of answers."""
    return load_study(study).data / "a" / FOLDER / "replies.jsonl"


def test_every_host_is_asked_once_for_nothing_and_the_rules_find_their_share(study: Path) -> None:
    with served(HELD) as server:
        done = looked_up(study)
        assert (done.complete, done.asked, done.now, done.gone, done.of) == (True, 20, 20, 1, 20)
        again = looked_up(study)
        assert (again.complete, again.asked, again.now, again.gone) == (True, 20, 0, 1)
        assert (len(server.log), server.credits) == (20, 10_000_000)
    run(load_study(study), Reporter(quiet=True), report=False)
    manifest = load_manifest(load_study(study).data / "a")
    assert manifest is not None
    sample = manifest.stages["dedupe"].host_sample
    assert sample is not None
    assert (sample.drawn, sample.asked, sample.gone, sample.counted) == (20, 20, 1, 19)
    # Three ports of cameras and three others are six.
    assert (sample.rules["many-ports"].flagged, sample.rules["many-ports"].hosts) == (19, 19)


def test_a_stopped_run_goes_on_after_the_last_whole_answer(study: Path) -> None:
    with served(HELD) as server:
        looked_up(study, hosts=8)
        whole = replies(study).read_bytes()
        lines = whole.splitlines(keepends=True)
        replies(study).write_bytes(b"".join(lines[:5]) + lines[5][:40])
        (replies(study).parent / SEAL).unlink()  # which is written when a run ends
        before = len(server.log)
        done = looked_up(study, hosts=8)
        assert (done.asked, done.now, len(server.log) - before) == (8, 3, 3)
    assert replies(study).read_bytes() == whole


def test_what_is_not_answered_is_told_and_asked_for_again(study: Path) -> None:
    host = json.loads(replies_after_a_draw(study))[0]
    with served(HELD, faults=[Fault("502", where=host, times=None)]) as server:
        done = looked_up(study, hosts=5)
        assert (done.complete, done.asked, len(done.failed)) == (False, 4, 1)
        server.set_faults()
        assert looked_up(study, hosts=5).complete
    with served(HELD, faults=[Fault("502", times=None)]), pytest.raises(UnavailableError):
        look_up(load_study(other_study(study)), "a", 5, 1, KEY)


def other_study(study: Path) -> Path:
    """The same study without what was looked up."""
    for path in replies(study).parent.iterdir():
        path.unlink()
    return study


def replies_after_a_draw(study: Path) -> str:
    """The hosts that a draw of five gives, as JSON."""
    with served(HELD):
        looked_up(study, hosts=5)
    drawn = json.loads((replies(study).parent / DRAW).read_text())["hosts"]
    other_study(study)
    return json.dumps(drawn)


def test_another_draw_is_refused(study: Path) -> None:
    with served(HELD):
        looked_up(study, hosts=5)
        for hosts, seed in ((6, 1), (5, 2)):
            with pytest.raises(CamcensusError, match="5 hosts were drawn with seed 1"):
                looked_up(study, hosts, seed)


def test_nobody_can_be_drawn_where_nothing_was_counted(folder: Path) -> None:
    with served(HELD), pytest.raises(CamcensusError, match="camcensus run first"):
        looked_up(study_in(folder))


def test_at_the_command_line(study: Path) -> None:
    with served(HELD, faults=[Fault("502", at=2)]):
        told = finished(started(study, "--hosts", 4, mode="hosts"), 0)
    assert "4 of the 4 drawn from 20 were looked up, 4 now" in told
    assert f"next: camcensus run --study {study}" in told
    host = json.loads((replies(study).parent / DRAW).read_text())["hosts"][1]
    replies(study).unlink()
    (replies(study).parent / SEAL).unlink()
    with served(HELD, faults=[Fault("502", where=host, times=None)]):
        assert "PARTIAL" in finished(started(study, "--hosts", 4, mode="hosts"), 3)


@pytest.mark.parametrize("name", [DRAW, "replies.jsonl"])
def test_files_that_hold_something_else_are_refused(study: Path, name: str) -> None:
    with served(HELD):
        looked_up(study, hosts=2)
        (replies(study).parent / name).write_text("{\n")
        with pytest.raises(IntegrityError):
            looked_up(study, hosts=2)
