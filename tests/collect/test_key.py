"""The key comes from the environment or a file of its owner alone, and is written nowhere."""

import logging
import urllib.parse
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camcensus.collect.key import find_key, redact, redact_logs, require_key
from camcensus.core.errors import CamcensusError, InputError
from camcensus.validation.loopback.faults import Fault
from camcensus.validation.loopback.server import Loopback
from tests.collect.worlds import cameras, raw, study_in
from tests.commands import camcensus

KEY = "SECRETKEY0123456789abcdef"


def key_file(path: Path, text: str = f"{KEY}\n", mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def collect(study: Path, status: int, *words: str, **environment: str) -> str:
    """What the command prints, without a key but what the environment says."""
    arguments = ("collect", "--study", study, "--snapshot", "a", "--mode", "download", *words)
    done = camcensus(*arguments, status=status, SHODAN_API_KEY="", **environment)
    return done.stdout + done.stderr


def test_the_environment_comes_first_then_the_named_file_then_shodans_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_key() is None
    with pytest.raises(CamcensusError, match="set SHODAN_API_KEY, or put the key into a file that only you can read"):
        require_key()
    monkeypatch.setenv("HOME", str(tmp_path))
    key_file(tmp_path / ".shodan" / "api_key", "OLDEST-KEY")
    assert find_key() == "OLDEST-KEY"
    key_file(tmp_path / ".config" / "shodan" / "api_key", "SHODANS-OWN")
    assert find_key() == "SHODANS-OWN"
    monkeypatch.setenv("SHODAN_API_KEY_FILE", "~/mine")
    key_file(tmp_path / "mine")
    assert find_key() == KEY
    monkeypatch.setenv("SHODAN_API_KEY", f" {'X' * 32}\n")
    assert find_key() == require_key() == "X" * 32


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o601, 0o610, 0o777])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    path = key_file(tmp_path / "key", mode=mode)
    monkeypatch.setenv("SHODAN_API_KEY_FILE", str(path))
    with pytest.raises(InputError, match=f"others can read it; run: chmod 600 {path}") as caught:
        find_key()
    assert KEY not in str(caught.value)
    path.chmod(0o400)
    assert find_key() == KEY


@pytest.mark.parametrize(
    "text", ["", "\n", "two words", "line\nline", "short", "caf\u00e9-caf\u00e9", "a\x00bcdefgh", "k" * 300]
)
def test_what_is_no_key_is_refused_and_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SHODAN_API_KEY_FILE", str(key_file(tmp_path / "key", text)))
    with pytest.raises(InputError, match="holds no API key"):
        find_key()
    if text.strip() and "\x00" not in text:
        monkeypatch.setenv("SHODAN_API_KEY", text)
        with pytest.raises(CamcensusError, match="SHODAN_API_KEY holds no API key"):
            find_key()


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHODAN_API_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(InputError, match="cannot be read: No such file"):
        find_key()
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        find_key()
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setenv("SHODAN_API_KEY_FILE", str(tmp_path / "binary"))
    with pytest.raises(InputError, match="cannot be read"):
        find_key()


@given(
    before=st.text(max_size=20), after=st.text(max_size=20),
    key=st.text("abcXYZ019/+=&%-_", min_size=8, max_size=40),
)  # fmt: skip
def test_no_form_of_the_key_is_left_in_a_text(before: str, after: str, key: str) -> None:
    for form in (key, urllib.parse.quote(key, safe=""), urllib.parse.quote_plus(key), urllib.parse.quote(key)):
        assert form not in redact(f"{before}{form}{after}", key).replace("[key]", "\n")


def test_f7_logs_hold_no_key_of_any_client(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for key in ("FIRST-KEY-1", "SECOND-KEY-2"):
        redact_logs(key)
    for name in ("urllib3.connectionpool", "requests"):
        logging.getLogger(name).debug('%s "GET /?key=%s&x=%s"', "host", "FIRST-KEY-1", "SECOND-KEY-2")
    assert {record.getMessage() for record in caplog.records} == {'host "GET /?key=[key]&x=[key]"'}


@pytest.mark.parametrize("fault", [Fault("revoked", at=3), Fault("502", times=None), Fault("short-page")])
def test_f7_no_output_and_no_file_holds_the_key(folder: Path, tmp_path: Path, fault: Fault) -> None:
    """By the command, from a file, whatever happens; it is no argument, so no list of processes shows it either."""
    path = key_file(tmp_path / "key")
    study = study_in(folder, deadline_seconds=0.2)
    with Loopback(cameras(150), faults=[fault]) as server:
        status = {"revoked": 1, "502": 1, "short-page": 0}[fault.kind]
        said = collect(study, status, SHODAN_API_KEY_FILE=str(path), SHODAN_API_URL=server.url)
        assert KEY not in said
    assert raw(study).is_dir()
    for written in folder.rglob("*"):
        if written.is_file():
            assert KEY.encode() not in written.read_bytes(), written


def test_no_command_takes_the_key_as_an_argument(folder: Path) -> None:
    for option in ("--key", "--api-key"):
        assert "No such option" in collect(study_in(folder), 2, option, KEY)


def test_without_a_key_nothing_is_asked(folder: Path) -> None:
    with Loopback(cameras(3)) as server:
        said = collect(study_in(folder), 1, SHODAN_API_URL=server.url)
        assert "no API key: set SHODAN_API_KEY" in said
        assert not server.log
