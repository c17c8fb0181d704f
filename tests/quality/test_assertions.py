"""What a study expects of a snapshot: a broken minimum stops, a broken maximum warns."""

from pathlib import Path

import pytest

from camcensus.core.config import load_study
from camcensus.core.console import Reporter
from camcensus.core.errors import GateError, StudyError
from camcensus.run import run
from tests.conftest import banner, write_lines


def counted(folder: Path, text: str, **snapshots: int) -> list[str]:
    """Counts and draws snapshots of so many hosts, half of them without a model, under a study that says this more;
    what was warned of."""
    (folder / "study.toml").write_text(f'title = "t"\nvendors = ["Hikvision"]\nwindow_days = "all"\n{text}')
    for name, hosts in snapshots.items():
        named = {"hikvision": {"device_model": "DS-2CD2032-I"}}
        lines = [banner(ip_str=f"81.2.{n // 250}.{n % 250}", ip=None, **(named if n % 2 else {})) for n in range(hosts)]
        write_lines(folder / "data" / name / "raw" / "a.json", lines)
    warned: list[str] = []
    reporter = Reporter()
    reporter.warning = lambda text, *_: warned.append(text)  # type: ignore[method-assign]
    run(load_study(folder / "study.toml"), reporter)
    return [text for text in warned if "assertions" in text]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hosts = { min = 11 }", "hosts of the headline: 10, expected at least 11"),
        ("devices = { min = 11 }", "devices of the headline: 10, expected at least 11"),
        ("banners = { min = 11 }", "banners of the headline: 10, expected at least 11"),
        ("countries = { min = 2 }", "countries with a host: 1, expected at least 2"),
        ("makers.Axis = { min = 1 }", "hosts of Axis: 0, expected at least 1"),
        ("fill.model = { min = 0.6 }", "share filled of model: 0.5, expected at least 0.6"),
        ("fill.http_server = { min = 1 }\nfill.asn = { min = 1 }\nfill.mac = { min = 0.1 }", "share filled of mac: 0,"),
        ("fill.nonsense = { min = 0.1 }", "share filled of nonsense: no data to compute it from"),
    ],
)
def test_f23_a_broken_minimum_stops_before_anything_is_published(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(GateError, match=told):
        counted(tmp_path, f"[assertions]\n{text}\n", a=10)
    assert not (tmp_path / "report").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["hosts = { max = 9 }", "fill.manufacturer = { max = 0.5 }", "countries = { max = 0 }"]
)
def test_f23_a_broken_maximum_is_a_warning(tmp_path: Path, text: str) -> None:
    (warned,) = counted(tmp_path, f"[assertions]\n{text}\n", a=10)
    assert "expected at most" in warned
    assert "expected at most" in (tmp_path / "report" / "index.html").read_text()


def test_what_holds_is_not_told(tmp_path: Path) -> None:
    held = "hosts = { min = 10, max = 10 }\ncountries = { min = 1, max = 1 }\nfill.model = { min = 0.5, max = 0.5 }\n"
    assert counted(tmp_path, f"[assertions]\n{held}", a=10) == []


@pytest.mark.slow
def test_f23_changes_of_a_country(tmp_path: Path) -> None:
    bounds = "[gates]\nmin_hosts = 5\nmax_fall = 1.0\n[assertions]\ncountry_change = { min = -0.4, max = 0.5 }\n"
    (warned,) = counted(tmp_path, bounds, a=10, b=16)
    assert "change of hosts in RU: 0.6, expected at most 0.5" in warned
    with pytest.raises(GateError, match=r"change of hosts in RU: -0\.5, expected at least -0\.4"):
        counted(tmp_path, bounds, c=8)


def test_a_wrong_assertion_is_a_wrong_study(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"assertions\.hosts\.most: unknown key"):
        counted(tmp_path, "[assertions]\nhosts = { most = 3 }\n", a=1)
