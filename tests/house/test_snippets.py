"""Every command and snippet in README and docs runs, in a folder such as a reader has, and prints what the page says.

Shodan is the loopback one. README has the program as installed, other pages one that needs not import anything. Blocks
marked `not-run` have a reason, and nothing hides in indented blocks.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from camcensus.api import OpenStudy
from camcensus.cli.messages import create_study
from camcensus.core.config import load_study
from camcensus.core.errors import InstrumentError
from camcensus.validation.loopback.server import KEY, Loopback
from camcensus.validation.simulate.world import GROWING, Plan
from tests.api.worlds import ROOT, SEED, make_world
from tests.api.worlds import world as world  # noqa: PLC0414  a fixture
from tests.pictures import PLACEHOLDERS, SWITCH, placeholders
from tests.shell import programs
from tools.snippets import Block, blocks_of, differences, faults_of, matches, pages, script_of

pytestmark = pytest.mark.slow

PAGES = pages(ROOT)
MOST_SECONDS = 300


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


RUNNING = [
    page
    for page in PAGES
    if any(b.reason is None and b.language in ("sh", "console", "python") for b in blocks_of(page.read_text()))
]


@pytest.fixture(scope="module")
def shodan() -> Iterator[Loopback]:
    """A Shodan on this machine over the exports of 2026 of the first demo."""
    files = sorted((ROOT / "data/demo/raw/2026").glob("SYNTHETIC-*"))
    with Loopback(files) as found:
        yield found


def _checkout(world: OpenStudy, to: Path) -> Path:
    """A folder such as a reader has: a small world in place of the demo's, exports, and studies to try things on."""
    shutil.copytree(world.study.path.parent.parent, to)
    (to / ".venv").symlink_to(Path(sys.prefix))
    shutil.copytree(ROOT / "data/demo", to / "data/demo")
    shutil.copytree(ROOT / "queries", to / "queries")
    (to / "exports").mkdir()
    for source in (ROOT / "data/demo/raw/2026").glob("*.jsonl.gz"):
        shutil.copy(source, to / "exports" / f"{source.name.split('.')[0]}.json.gz")
    shutil.copy(ROOT / "tests/data/mappings/SYNTHETIC-fofa.csv", to / "results.csv")
    return to


@pytest.fixture(scope="module")
def program() -> Iterator[Path]:
    """A folder with a quick `camcensus`, which draws no charts: no page shows one."""
    with programs() as found:
        yield found


def _studies(to: Path, simulated: bool, program: Path) -> None:
    """Fills in `study.toml`; where the page is about a simulated world, also those of a second engine and of blocks."""
    template = (ROOT / "studies/template.toml").read_text()
    if not simulated:
        (to / "study.toml").write_text(template.replace('data_dir = "data"', 'data_dir = "my-data"'))
        return
    base = to / "data/snapshots/simulated"
    for name, folder in {"study": base, "shodan": base, "netlas": base / "second", "net": base / "net"}.items():
        text = (folder / "study.toml").read_text()
        for key, value in (("data_dir", "data"), ("queries_file", "queries/")):
            text = text.replace(f'{key} = "{value}', f'{key} = "{folder}/{value}')
        (to / f"{name}.toml").write_text(text.replace('report_dir = "report"', f'report_dir = "report-{name}"'))
    for name in ("netlas", "net"):
        arguments = ["run", "--study", f"{name}.toml", "--snapshot", "2026", "--no-report", "--quiet"]
        subprocess.run([program / "camcensus", *arguments], cwd=to, check=True, capture_output=True)


def _fresh(folder: Path) -> None:
    """A new folder with a study that may spend 50 credits of the loopback Shodan, as quickly as it answers."""
    folder.mkdir()
    (folder / "my-census").mkdir()
    text = (ROOT / "studies/template.toml").read_text()
    text = text.replace("budget = 0\n", "budget = 50\n").replace("rate = 1.0\n", "rate = 0\n")
    (folder / "my-census/study.toml").write_text(text)


INSTALLED = Path(sys.prefix) / "bin"


def _run(script: str, cwd: Path, environment: dict[str, str], program: Path = INSTALLED) -> tuple[int, str]:
    """Status and output of a script; whatever it left running is ended."""
    own = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "PYTHONUTF8": "1", "HOME": str(cwd / "home"), **environment}
    own["PATH"] = f"{program}:{INSTALLED}:{own['PATH']}"
    printed = cwd / "printed.txt"
    with printed.open("wb") as out:
        started = subprocess.Popen(
            ["bash", "-c", script], cwd=cwd, env=own, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            status = started.wait(MOST_SECONDS)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)
    return status, printed.read_text()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_blocks_are_of_known_kinds_and_none_is_hidden(page: Path) -> None:
    assert faults_of(page.read_text()) == []


@pytest.mark.parametrize("page", RUNNING, ids=_name)
def test_every_snippet_runs_and_prints_what_the_page_says(
    page: Path, world: OpenStudy, shodan: Loopback, program: Path, tmp_path: Path
) -> None:
    found = blocks_of(page.read_text())
    script = script_of(found)
    folder = _checkout(world, tmp_path / "checkout")
    _studies(folder, page.name == "measure-errors.md", program)
    for number, block in enumerate(found):
        if block.fresh:
            _fresh(folder / f"fresh-{number}")
    environment = {"SHODAN_API_URL": shodan.url, "SHODAN_API_KEY": KEY, SWITCH: PLACEHOLDERS}
    status, printed = _run(script, folder, environment, INSTALLED if page.name == "README.md" else program)
    assert status == 0, printed[-3000:]
    wrong = list(differences(found, printed))
    assert not wrong, "\n\n".join(wrong)


def test_the_python_of_the_readme_runs_on_a_world_whose_queries_grow_as_the_demo_s_do(tmp_path: Path) -> None:
    with placeholders():
        study = make_world(tmp_path, Plan(600, 4, SEED, GROWING))
    with pytest.raises(InstrumentError, match=r"2024: another query set.*\['2024', '2025', '2026'\]"):
        study.counts("world", snapshots="all")
    for block in blocks_of((ROOT / "README.md").read_text()):
        if block.language == "python":
            done = subprocess.run([sys.executable, "-c", block.text], cwd=tmp_path, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr


def test_what_a_reader_fills_with_raw_data_is_not_committed(tmp_path: Path) -> None:
    assert "/exports/" in (ROOT / ".gitignore").read_text().splitlines()
    create_study(tmp_path / "census")
    study = load_study(tmp_path / "census/study.toml")
    private = [study.data / "2026/raw/a.json", study.key_path, study.report / "index.html", study.path]
    git = ["git", "-C", str(tmp_path / "census")]
    subprocess.run([*git, "init", "--quiet"], check=True)
    done = subprocess.run([*git, "check-ignore", *map(str, private)], capture_output=True, text=True)
    assert done.stdout.split() == [str(path) for path in private[:2]]


def test_blocks_are_found_with_what_is_said_of_them() -> None:
    page = "a\n```sh not-run: too long\nmake x\n```\n- b\n\n  ```console fresh\n  $ echo 1\n  1\n  $ true\n  ```\n"
    one, two = blocks_of(page)
    assert (one.line, one.language, one.reason, one.text) == (2, "sh", "too long", "make x\n")
    assert (two.fresh, two.reason, two.commands) == (True, None, [("echo 1", "1\n"), ("true", "")])


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("```perl\n1\n```\n", "language 'perl'"),
        ("```sh not-run:\nx\n```\n", "without a reason"),
        ("```toml\nx = \n```\n", "line 1"),
        ("text\n\n    camcensus run --study s\n", "indented block"),
    ],
)
def test_what_would_not_be_run_is_a_fault(page: str, says: str) -> None:
    (fault,) = faults_of(page)
    assert says in fault


def test_a_script_stops_at_a_failing_command_and_tells_other_output(tmp_path: Path) -> None:
    def done(page: str) -> tuple[int, list[str]]:
        found = blocks_of(page)
        status, printed = _run(script_of(found), tmp_path, {})
        return status, list(differences(found, printed))

    assert done("```console\n$ echo one two\none\ntwo\n$ echo three\nth...\n```\n") == (0, [])
    status, (wrong,) = done("```console\n$ echo one\ntwo\n```\n")
    assert status == 0
    assert re.search(r"\$ echo one\nshould print\ntwo\nand prints\none", wrong)
    assert done("```sh\nfalse\necho after\n```\n")[0] == 1
    assert done("```python\nraise SystemExit(3)\n```\n")[0] == 3
    assert done("```csv file=a.csv\nx;$HOME\n```\n```sh\ngrep -qF 'x;$HOME' a.csv\n```\n")[0] == 0


def test_what_is_printed_matches_with_gaps_and_other_line_breaks() -> None:
    assert matches("a b\nc\n", "a\nb c\n")
    assert matches("a\n...\nz\n", "a\nb\nz\n")
    assert matches("run ...\n", "run 12\n")
    assert not matches("a\n", "a b\n")
    assert not matches("a ... z\n", "a b\n")
    assert Block(1, "sh", "", "").file is None
