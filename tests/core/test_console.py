"""Log lines: text or JSON on standard error, warnings only when quiet, and no interrupt is lost in them."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest

from camcensus.core.console import LOGGER, Reporter, configure_logging
from camcensus.core.errors import Interrupted


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:], logging.root.level = handlers, level
    LOGGER.setLevel(logging.NOTSET)
    logging.captureWarnings(False)


def say_all() -> Reporter:
    reporter = Reporter()
    reporter.info("3 banners", "2026", "ingest")
    reporter.warning("\x1b[31mcareful")
    with reporter.progress("2026: ingest", 10, "bytes") as progress:
        progress(5)
    return reporter


def test_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    assert say_all().n_warnings == 1
    assert capsys.readouterr().err == "2026: ingest: 3 banners\nwarning: ?[31mcareful\n"


def test_quiet_keeps_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(quiet=True)
    say_all()
    assert capsys.readouterr().err == "warning: ?[31mcareful\n"


def test_one_json_object_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(as_json=True)
    say_all()
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "info",
        "logger": "camcensus",
        "message": "2026: ingest: 3 banners",
        "snapshot": "2026",
        "stage": "ingest",
    }
    assert (second["level"], second["message"]) == ("warning", "?[31mcareful")


def test_an_interrupt_while_a_line_is_written_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupting(io.StringIO):
        def write(self, text: str) -> int:  # noqa: ARG002
            raise Interrupted

    monkeypatch.setattr(sys, "stderr", Interrupting())
    configure_logging()
    with pytest.raises(Interrupted):
        Reporter().info("x")
