"""What reaches the terminal: nothing that it obeys, no traceback, and only warnings where that was asked for."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from camcensus.core.console import printable
from tests.commands import camcensus, finish, on, run, start, study_in
from tests.conftest import Banner, banner, write_lines

ESCAPES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")


def hostile_banners() -> Iterator[Banner]:
    """Banners whose texts would clear the screen, set its title, or turn the direction of text."""
    for text in ("\x1b[2J\x1b[31m", "\x9b31m", "\x1b]0;owned\x07", "\u202egnp", "\r\x08\x08"):
        yield banner(
            product=f"{text}Hikvision IP Camera",
            version=text,
            org=text,
            tags=[text],
            http={"title": text, "server": f"App-webs/{text}"},
            hikvision={"device_model": f"DS-2CD2032-I{text}", "device_version": f"V5.4.5{text}"},
            data=f"HTTP/1.1 200 OK\r\nServer: App-webs/{text}\r\n\r\n",
            _shodan={"module": text},
        )


@pytest.mark.slow
def test_f28_hostile_text_never_reaches_the_terminal(tmp_path: Path) -> None:
    study = study_in(tmp_path / "s")
    path = write_lines(tmp_path / "\x1b[31mx\x07.json", [*hostile_banners(), "["])
    done = [
        camcensus("identify", path),
        finish(start("identify", path, "--format", "jsonl", PYTHONIOENCODING="ascii"), 0),
        camcensus("import", path, "--study", study, "--snapshot", "a"),
        camcensus("identify", tmp_path / "\x1b[31mnone.json", status=1),
    ]
    assert "Hikvision" in done[0].stdout
    shutil.copy(path, study.parent / "data" / "a" / "raw")
    done += [run(study), camcensus("status", "--study", study)]
    for one in done:
        assert not ESCAPES.search(one.stdout + one.stderr), ascii(one.stdout + one.stderr)


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "x.json", [banner()] * 3000)
    process = start("identify", path, "--format", "jsonl")
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith('{"line": 1')
    process.stdout.close()
    with process.stderr:
        assert "Traceback" not in process.stderr.read()
    assert process.wait() != 0


def test_quiet_says_nothing_but_warnings(study: Path) -> None:
    write_lines(study.parent / "data" / "a" / "raw" / "three.json", [on("81.2.69.145")])
    done = run(study, "--quiet")
    assert done.stdout == ""
    assert all(line.startswith("warning: ") for line in done.stderr.splitlines())


@pytest.mark.parametrize("text", ["\x1b[31m", "\x9b", "\x07", "\r", "\u202e", "\udcff", "\x7f"])
def test_printable_text_is_what_no_terminal_obeys(text: str) -> None:
    assert set(printable(text)) <= set("?[31m")
    assert printable("é 中\n") == "é 中\n"
