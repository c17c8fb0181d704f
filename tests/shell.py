"""The command in processes of its own, quickly: imports take most of a short command's time, so one process imports
once and forks another for each command. Those can be killed at any moment."""

import atexit
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
_LOADED = """
import json, os, sys, traceback
import pandas  # which pyarrow imports when it makes its first array
import camcensus.cli.app, camcensus.cli.doctor, camcensus.cli.messages, camcensus.collect.plan
import camcensus.run, camcensus.cli.catalogue_checks, duckdb
# What stages import when they run.
import camcensus.aggregate.coverage, camcensus.aggregate.details, camcensus.aggregate.headline
import camcensus.aggregate.maker_kinds, camcensus.aggregate.reliance, camcensus.dedupe.devices
import camcensus.estimate.area_sampling.inputs, camcensus.identify.task, camcensus.ingest.sent_fields
import camcensus.trends.match_rows, camcensus.trends.query_replay, camcensus.quality.gates
from camcensus.core.resources import TEMPLATES, bundled
from camcensus.geolocate.database import open_locator
from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.matcher import identifier_of
from camcensus.report.charts.geometry import world_shapes
from camcensus.report.pages.rendering import environment
from tests import pictures, unsynced
pictures.install()
unsynced.install()
identifier = identifier_of(load_catalogue(bundled("queries")))
for column in identifier.columns:
    identifier.match(column, "camera")  # compiles the column's patterns
open_locator()
load_catalogue(bundled("queries")).feeding
world_shapes()
for template in TEMPLATES.glob("*.j2"):
    environment().get_template(template.name)

def command(job, handles):
    os.setpgid(0, 0)  # a group of its own, with all that it starts
    os.environ.clear()
    os.environ.update(job["environment"])
    for number, handle in enumerate(handles):
        os.dup2(handle, number)
        os.close(handle)
    sys.argv = ["camcensus", *job["arguments"]]
    status = 1
    try:
        camcensus.cli.app.main()
    except SystemExit as stop:
        status = stop.code or 0
    except BaseException:
        traceback.print_exc()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)
"""
_FORKING = """
for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if not child:
        paths = (os.devnull, *job["outputs"])
        command(job, [os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC) for path in paths])
    try:
        os.setpgid(child, child)  # whichever of the two comes first
    except OSError:
        pass
    print(child, flush=True)
    sys.stdin.readline()  # until then its number stays its own, even if it has ended
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@dataclass(frozen=True)
class Done:
    """A command that ended: exit status (negative: the signal that killed it), and what it printed where."""

    status: int
    out: str
    err: str


class Running:
    """A command under way."""

    def __init__(self, shell: "Shell", pid: int, folder: Path) -> None:
        self._shell = shell
        self._pid = pid
        self._folder = folder

    def kill(self, tree: bool = False) -> None:
        """Kill -9, of it alone or of all that it started too; nothing happens to one that has ended."""
        (os.killpg if tree else os.kill)(self._pid, signal.SIGKILL)

    def done(self) -> Done:
        """Waits for the end."""
        self._shell.say("")
        status = int(self._shell.line())
        out, err = ((self._folder / name).read_bytes().decode("utf-8", "surrogateescape") for name in ("out", "err"))
        return Done(status, out, err)


def _environment() -> dict[str, str]:
    return {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "PYTHONUTF8": "1"}


class Shell:
    """Starts commands, one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parent = subprocess.Popen(
            [sys.executable, "-c", _LOADED + _FORKING],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=_environment(),
        )

    def line(self) -> str:
        """The next line that the parent says."""
        assert self._parent.stdout is not None
        return self._parent.stdout.readline()

    def say(self, line: str) -> None:
        """A line to the parent."""
        assert self._parent.stdin is not None
        print(line, file=self._parent.stdin, flush=True)

    def start(self, *arguments: object, **environment: str) -> Running:
        """The command, started."""
        outputs = [str(self._folder / name) for name in ("out", "err")]
        # The environment as it is now, and not as it was when the parent began.
        told = _environment() | environment
        job = {"arguments": [str(a) for a in arguments], "environment": told, "outputs": outputs}
        self.say(json.dumps(job))
        return Running(self, int(self.line()), self._folder)

    def run(self, *arguments: object, **environment: str) -> Done:
        """The command, done."""
        return self.start(*arguments, **environment).done()

    def close(self) -> None:
        """Ends the parent."""
        self._parent.communicate()


@functools.cache
def one_shell() -> Shell:
    """A shell that all tests of a process share; it ends with the process."""
    folder = tempfile.TemporaryDirectory()
    found = Shell(Path(folder.name))
    atexit.register(folder.cleanup)
    atexit.register(found.close)
    return found


# For each who asks, one process waits for the command, and kills it if who asked is gone.
_SERVING = """
import select, signal, socket, threading
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen(64)
print("ready", flush=True)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
    asking, _ = listening.accept()
    if os.fork():
        asking.close()
        continue
    listening.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    told, handles, *_ = socket.recv_fds(asking, 1 << 16, 3)
    while not told.endswith(b"\\n"):
        told += asking.recv(1 << 16)
    job = json.loads(told)
    child = os.fork()
    if not child:
        asking.close()
        os.chdir(job["folder"])
        command(job, handles)
    for handle in (0, 1, 2, *handles):
        os.close(handle)

    def gone():
        if not asking.recv(1):
            os.killpg(child, signal.SIGKILL)

    threading.Thread(target=gone, daemon=True).start()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    asking.sendall(str(status).encode())
    os._exit(0)
"""
_ASKING = """#!{python} -IS
import json, os, socket, sys
asking = socket.socket(socket.AF_UNIX)
asking.connect({path!r})
job = {{"arguments": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}
told = json.dumps(job).encode() + b"\\n"
asking.sendall(told[socket.send_fds(asking, [told], [0, 1, 2]):])
status = int(asking.recv(16) or 1)
sys.exit(status if status >= 0 else 128 - status)
"""


@contextmanager
def programs() -> Iterator[Path]:
    """A folder with a program `camcensus` for scripts, which need not wait for its imports: another process forks."""
    with tempfile.TemporaryDirectory() as folder:
        path, program = Path(folder) / "socket", Path(folder) / "bin/camcensus"
        program.parent.mkdir()
        program.write_text(_ASKING.format(python=sys.executable, path=str(path)))
        program.chmod(0o755)
        server = subprocess.Popen(
            [sys.executable, "-c", _LOADED + _SERVING, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=_environment(),
        )
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        yield program.parent
        server.communicate()


@contextmanager
def shell() -> Iterator[Shell]:
    """A shell for as long as it is needed."""
    with tempfile.TemporaryDirectory() as folder:
        found = Shell(Path(folder))
        try:
            yield found
        finally:
            found.close()
