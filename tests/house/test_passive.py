"""It never connects to a device: every socket of every process is watched, and only the API's host may be asked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from camcensus.validation.loopback.server import KEY, Loopback
from tests.commands import in_one_process
from tests.shell import ROOT
from tests.verify.worlds import cameras, exports_in, settings_in

pytestmark = pytest.mark.slow

# In each Python process that starts, workers too: what is asked for is written down, and refused unless it is here.
_WATCH = """
import os, sys

def _watch(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else "local"
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
        host = host.decode() if isinstance(host, bytes) else host
    else:
        return
    allowed = host in (None, "local", "127.0.0.1", "::1", "localhost")
    with open(os.environ["WATCHED"], "a") as log:
        log.write(f"{'ok' if allowed else 'REFUSED'} {event} {host}\\n")
    if not allowed:
        raise PermissionError(f"{event} to {host}")

sys.addaudithook(_watch)
"""


def watched(folder: Path, *words: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A command in processes whose sockets are watched."""
    (folder / "watch").mkdir(exist_ok=True)
    (folder / "watch" / "sitecustomize.py").write_text(_WATCH)
    paths = os.pathsep.join([str(folder / "watch"), str(ROOT)])
    told = {**os.environ, "PYTHONPATH": paths, "WATCHED": str(folder / "log"), **environment}
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=told, timeout=300)


def log(folder: Path) -> list[str]:
    """What was asked for."""
    return (folder / "log").read_text().splitlines() if (folder / "log").is_file() else []


CHILD = """
import subprocess, sys
way_out = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
sys.exit(subprocess.call([sys.executable, "-c", way_out]))
"""


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), 1)",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "import urllib.request; urllib.request.urlopen('http://camera.invalid/')",
        CHILD,
    ],
)
def test_the_watch_sees_and_stops_every_way_out(tmp_path: Path, code: str) -> None:
    done = watched(tmp_path, "-c", code)
    assert done.returncode != 0
    assert [line for line in log(tmp_path) if line.startswith("REFUSED")]


def test_the_whole_pipeline_asks_the_api_host_and_nobody_else(tmp_path: Path) -> None:
    study = settings_in(tmp_path / "study")
    exports = exports_in(tmp_path / "study" / "exports")
    with Loopback(cameras(40)) as server:
        account = {"SHODAN_API_URL": server.url, "SHODAN_API_KEY": KEY}
        words: list[tuple[object, ...]] = [
            ("import", *exports, "--study", study, "--snapshot", "2025"),
            ("plan", "--study", study),
            ("collect", "--study", study, "--snapshot", "2026", "--mode", "download"),
            ("collect", "--study", study, "--snapshot", "c", "--mode", "census"),
        ]
        done = watched(tmp_path, *in_one_process(*words), **account)
        assert done.returncode == 0, done.stderr
        assert any(line.startswith("ok socket.connect 127.0.0.1") for line in log(tmp_path)), "collecting asks the API"
    asked = len(log(tmp_path))
    words = [
        ("run", "--study", study, "--workers", "2"),
        ("report", "--study", study),
        ("verify", "--study", study),
        ("identify", exports[0]),
        ("status", "--study", study),
    ]
    done = watched(tmp_path, *in_one_process(*words), SHODAN_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    found = log(tmp_path)
    assert [line for line in found if line.startswith("REFUSED")] == []
    outside = [line for line in found[asked:] if not line.endswith(" local")]
    assert outside == [], "counting and drawing ask nobody at all"
    assert json.loads((tmp_path / "study/report/datapackage.json").read_text())["resources"]


# The watch sees what Python does. Libraries that open sockets of their own are seen by the kernel's counters of a
# network that nobody else uses, and that leads nowhere.
_COUNTERS = {"Ip": ("OutRequests", "OutNoRoutes"), "Tcp": ("ActiveOpens",), "Udp": ("OutDatagrams",)}


def tried_alone(*words: object) -> int:
    """How often a command in a network of its own tried to send anything (IPv4)."""
    if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode:
        pytest.skip("no network of its own can be made here; the watch stands for it")
    script = '"$@" 1>&2; status=$?; cat /proc/net/snmp; exit $status'
    command = ["unshare", "--net", "sh", "-c", script, "sh", sys.executable, *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    found = {
        name[0][:-1]: dict(zip(name, told, strict=True)) for name, told in zip(lines[::2], lines[1::2], strict=True)
    }
    return sum(int(found[layer][counter]) for layer, counters in _COUNTERS.items() for counter in counters)


def test_counting_and_drawing_try_no_network_in_any_library(tmp_path: Path) -> None:
    study = settings_in(tmp_path / "study")
    exports = exports_in(tmp_path / "study" / "exports")
    words = ("import", *exports, "--study", study, "--snapshot", "2025"), ("run", "--study", study, "--workers", "2")
    assert tried_alone(*in_one_process(*words, ("verify", "--study", study))) == 0
    assert json.loads((study.parent / "report/datapackage.json").read_text())["resources"]


def test_the_counters_see_a_socket_that_python_does_not_open() -> None:
    code = (
        "import ctypes, socket; c = ctypes.CDLL(None); s = c.socket(2, 2, 0); print(s); "
        "c.sendto(s, b'x', 1, 0, bytes([2, 0, 0, 53, 192, 0, 2, 1] + [0] * 8), 16)"
    )
    assert tried_alone("-c", code) > 0
