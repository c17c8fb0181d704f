"""The API key is in no file, output, log, traceback, process list, manifest or cache, after runs that succeed and that
fail in each way."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from camcensus.validation.loopback.faults import KINDS, Fault
from camcensus.validation.loopback.server import Loopback
from tests.shell import ROOT, one_shell
from tests.verify.worlds import cameras

pytestmark = pytest.mark.slow

SECRET = "SECRETKEYabcdefghijklmnopqrstuvw"
STUDY = """title = "t"
vendors = ["Hikvision"]
window_days = "all"
[collect]
rate = 0
budget = 100
timeout_seconds = 0.2
deadline_seconds = 0.4
queries = ["hikvision.query.product"]
"""


class ProcessList(threading.Thread):
    """Looks at what others see of all processes, until it is stopped."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.found: list[str] = []
        self.looks = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.1):
            self.looks += 1
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    if SECRET.encode() in path.read_bytes():
                        self.found.append(str(path))
                except OSError:
                    continue


def commanded(home: Path, *words: object, is_alone: bool = False, **environment: str) -> str:
    """What a command printed whose every place for files is under `home`; `is_alone`: with imports of its own."""
    places = {"HOME": home, "XDG_CACHE_HOME": home, "XDG_DATA_HOME": home, "TMPDIR": home, "MPLCONFIGDIR": home}
    told = {**{name: str(path) for name, path in places.items()}, **environment}
    if is_alone:
        command = [sys.executable, "-m", "camcensus", *map(str, words)]
        alone = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | told, timeout=300)
        return alone.stdout + alone.stderr
    done = one_shell().run(*words, **told)
    return done.out + done.err


def holding(folder: Path) -> list[str]:
    """Files that hold the key."""
    return [str(p) for p in folder.rglob("*") if p.is_file() and SECRET.encode() in p.read_bytes()]


WAYS = [None, *sorted(KINDS)]


@pytest.mark.parametrize("times", ["once", "always"])
def test_f7_the_key_is_nowhere(tmp_path: Path, times: str) -> None:
    """All ways of failing in one study each, and the counting of what came of them."""
    processes = ProcessList()
    processes.start()
    said = ""
    for n, kind in enumerate(WAYS):
        folder = tmp_path / f"{n}"
        folder.mkdir()
        (folder / "study.toml").write_text(STUDY)
        study = folder / "study.toml"
        forever = {"times": None} if times == "always" else {}
        faults = [Fault(kind, where=r"host/search\?", **forever)] if kind else []
        with Loopback(cameras(30), faults=faults) as server:
            account = {"SHODAN_API_URL": server.url, "SHODAN_API_KEY": SECRET}
            words = ["collect", "--study", study, "--snapshot", "a", "--mode", "download"]
            said += commanded(tmp_path, *words, **account)
            if n < 2:
                said += commanded(tmp_path, "plan", "--study", study, **account)
                said += commanded(tmp_path, "doctor", **account)
                said += commanded(
                    tmp_path, "run", "--study", study, "--allow-partial", is_alone=n == 0 and times == "once", **account
                )
    said += commanded(tmp_path, "collect", "--study", tmp_path / "0/study.toml", "--snapshot", "b", "--mode", "census",
                      is_alone=True, SHODAN_API_URL="http://127.0.0.1:9", SHODAN_API_KEY=SECRET)  # fmt: skip
    processes.over.set()
    processes.join()
    assert processes.looks > 10
    assert processes.found == []
    assert SECRET not in said
    assert len(said) > 1000
    assert holding(tmp_path) == []
    assert (tmp_path / "0/data/a/manifest.json").is_file()


def test_the_search_finds_a_key(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x").write_text(f"?key={SECRET}&")
    assert len(holding(tmp_path)) == 1
    processes = ProcessList()
    processes.start()
    with subprocess.Popen([sys.executable, "-c", "input()", SECRET], stdin=subprocess.PIPE) as shown:
        while not processes.found and processes.is_alive():
            pass
        shown.communicate(b"\n")
    processes.over.set()
    assert processes.found
