"""`camcensus simulate --serve` as a process, asked by the real package."""

import re
import signal
import socket
import threading
from pathlib import Path

import pytest
import shodan

from tests.commands import camcensus, finish, start
from tests.conftest import banner, write_lines


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
def test_it_says_how_to_use_it_answers_and_says_what_was_asked(tmp_path: Path) -> None:
    export = write_lines(tmp_path / "a.jsonl", [banner(), "broken"])
    process = start("simulate", "--serve", export, "--plan", "dev", "--credits", "7", "--rate", "0")
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    assert process.stdout is not None
    greeting = "".join(process.stdout.readline() for _ in range(6))
    assert greeting.startswith("LOOPBACK: this is not Shodan")
    assert "1 banners (1 other lines ignored); plan dev, 7 query credits" in greeting
    address = re.search(r"export SHODAN_API_URL=(http://127\.0\.0\.1:\d+)$", greeting, re.MULTILINE)
    key = re.search(r"export SHODAN_API_KEY=(\S+)", greeting)
    assert address is not None
    assert key is not None
    assert key[1].startswith("LOOPBACK-KEY")
    api = shodan.Shodan(key[1])
    api.base_url = address[1]
    assert api.search("port:80")["total"] == 1
    api._session.close()
    process.send_signal(signal.SIGINT)
    assert finish(process, 0).stdout == "stopped after 1 requests, 1 query credits spent\n"
    watchdog.cancel()


def test_wrong_use_is_explained_before_anything_starts(tmp_path: Path) -> None:
    export = write_lines(tmp_path / "a.jsonl", [banner()])
    assert "there is no plan 'gold'" in camcensus("simulate", "--serve", export, "--plan", "gold", status=1).stderr
    assert "is not a file" in camcensus("simulate", "--serve", tmp_path / "none.jsonl", status=1).stderr
    assert "of an unknown kind" in camcensus("simulate", "--serve", Path(__file__), status=1).stderr
    assert "--serve" in camcensus("simulate", export, status=2).stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port}" in camcensus("simulate", "--serve", export, "--port", port, status=1).stderr
