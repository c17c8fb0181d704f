"""The limit of requests a second holds over objects and processes, and outlives damage."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from camcensus.collect.client import Client, Limits
from camcensus.collect.limiter import Limiter
from camcensus.validation.loopback.account import Limits as ServerLimits
from camcensus.validation.loopback.server import KEY, Loopback
from tests.collect.worlds import ROOT, cameras

ASKING = """
import sys
from camcensus.collect.client import Client, Limits
engine = Client("any-key-of-ours", Limits(rate=20.0), sys.argv[1])
for _ in range(10):
    engine.ports()
"""


@pytest.mark.slow
def test_two_processes_share_the_limit(tmp_path: Path) -> None:
    """20 requests a second: 20 requests of two processes and of a third client take at least 29 gaps of 50 ms."""
    with Loopback(cameras(3)) as server:
        environment = {"XDG_CACHE_HOME": str(tmp_path), "PATH": "", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", ASKING, server.url]
        both = [subprocess.Popen(command, env=environment) for _ in range(2)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_CACHE_HOME", str(tmp_path))
            engine = Client(KEY, Limits(rate=20.0), server.url)
            for _ in range(10):
                engine.ports()
        assert [process.wait(60) for process in both] == [0, 0]
        times = [request.seconds for request in server.log]
    assert len(times) == 30
    for start in range(len(times) - 10):
        # Over ten requests the jitter of the machine cancels out, unless it held one back for long.
        assert times[start + 10] - times[start] > 10 * 0.05 - 0.2
    assert times[-1] - times[0] > 29 * 0.05 - 0.2


def test_the_engines_own_limit_is_kept(tmp_path: Path) -> None:
    """The loopback refuses what comes too early, as the real one does; nothing does."""
    # Far enough apart that a busy machine, which holds one request back, makes no two of them come too close.
    with Loopback(cameras(3), limits=ServerLimits(rate=20)) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path))
        for engine in [Client(KEY, Limits(rate=4.0), server.url) for _ in range(2)]:
            for _ in range(4):
                engine.ports()
        assert {request.status for request in server.log} == {200}


def test_requests_that_fail_count_too(tmp_path: Path) -> None:
    limiter = Limiter("http://127.0.0.1:1", 20.0, tmp_path)
    began = time.monotonic()
    for _ in range(5):
        limiter.wait()
    assert time.monotonic() - began >= 0.2


def test_hosts_have_limits_of_their_own_and_ports_are_told_apart(tmp_path: Path) -> None:
    first = Limiter("https://api.shodan.io", 0.1, tmp_path)
    first.wait()
    assert Limiter("https://api.shodan.io/", 1000.0, tmp_path)._file == first._file
    for address in ("http://127.0.0.1:1", "http://127.0.0.1:2", "https://trends.shodan.io"):
        assert Limiter(address, 0.1, tmp_path).wait() == 0
    assert all("@" not in path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize("text", ["", "nonsense", "nan", "inf", "-inf", "1e300", "-5", "\x00\xff"])
def test_a_damaged_file_starts_anew_and_does_not_stop_anybody(tmp_path: Path, text: str) -> None:
    limiter = Limiter("http://127.0.0.1:1", 5.0, tmp_path)
    limiter.wait()
    limiter._file.write_text(text)
    assert limiter.wait() < 1
    assert 0 < limiter.wait() < 1


def test_a_file_from_before_a_restart_does_not_stop_anybody(tmp_path: Path) -> None:
    limiter = Limiter("http://127.0.0.1:1", 5.0, tmp_path)
    limiter._file.parent.mkdir(exist_ok=True)
    limiter._file.write_text(repr(time.monotonic() + 100_000))
    assert limiter.wait() == 0


def test_a_rate_below_one_a_minute_holds_too(tmp_path: Path) -> None:
    limiter = Limiter("http://127.0.0.1:1", 0.005, tmp_path)
    assert limiter.wait() == 0
    waited = float(limiter._file.read_text()) - time.monotonic()
    assert 190 < waited <= 200
    assert limiter._next(time.monotonic()) > time.monotonic() + 190


def test_without_a_rate_nothing_is_written(tmp_path: Path) -> None:
    assert Limiter("http://127.0.0.1:1", 0, tmp_path / "none").wait() == 0
    assert not (tmp_path / "none").exists()
