"""The command as a user has it, in processes of its own; and a small study to run it on."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from camcensus.core import parquet
from camcensus.core.tables import COUNTS
from tests.conftest import Banner, banner, write_lines
from tests.shell import ROOT, one_shell

Done = subprocess.CompletedProcess[str]


def start(*arguments: object, **environment: str) -> "subprocess.Popen[str]":
    """The command, started as a user's shell does."""
    command = [sys.executable, "-m", "camcensus", *map(str, arguments)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", **environment},
        cwd=ROOT,
    )


_ONE_AFTER_ANOTHER = """
import json, sys
from camcensus.cli.app import main
for words in json.loads(sys.argv[1]):
    sys.argv[1:] = words
    try:
        main()
    except SystemExit as done:
        if done.code:
            raise
"""


def in_one_process(*commands: tuple[object, ...]) -> tuple[str, str, str]:
    """Arguments of Python with which it does the commands one after another, up to the first that fails."""
    return "-c", _ONE_AFTER_ANOTHER, json.dumps([[str(word) for word in words] for words in commands])


def finish(process: "subprocess.Popen[str]", status: int) -> Done:
    """What the process printed, once it is done with the exit status; never a traceback."""
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    assert process.returncode == status, out + err
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def camcensus(*arguments: object, status: int = 0, **environment: str) -> Done:
    """The command, done in a process of its own; never with a traceback."""
    done = one_shell().run(*arguments, **environment)
    assert "Traceback" not in done.err, done.err
    assert done.status == status, done.out + done.err
    return subprocess.CompletedProcess("camcensus", done.status, done.out, done.err)


def study_in(folder: Path, **files: list[Any]) -> Path:
    """A study with one snapshot, "a", of raw files (name without .json to lines)."""
    folder.mkdir(exist_ok=True)
    for name, lines in files.items():
        write_lines(folder / "data" / "a" / "raw" / f"{name}.json", lines)
    (folder / "study.toml").write_text('title = "t"\nvendors = ["Hikvision"]\n')
    return folder / "study.toml"


def run(study: Path, *arguments: object, status: int = 0) -> Done:
    return camcensus("run", "--no-report", "--study", study, *arguments, status=status)


def page_of(done: Done) -> Path:
    """The page that a run names last."""
    return Path(done.stdout.splitlines()[-1].removeprefix("page: "))


def world(study: Path) -> int:
    """Banners counted in the world, whatever they are."""
    rows = parquet.read_table(study.parent / "data" / "a" / "counts.parquet", COUNTS).to_pylist()
    wanted = {
        "level": "world",
        "scope": "all",
        "ip_version": "all",
        "min_confidence": "medium",
        "decoys_left_out": "none",
    }
    (row,) = [row for row in rows if wanted.items() <= row.items()]
    return int(row["n_banners"])


def on(host: str, **changed: Any) -> Banner:
    return banner(ip_str=host, ip=None, **changed)
