"""What the engine sends changes: fields that are new, gone or renamed are told, and what is read must not vanish."""

import json
from pathlib import Path
from typing import Any

import pytest

from camcensus.core.config import load_study
from camcensus.core.console import Reporter
from camcensus.core.errors import GateError
from camcensus.core.manifest import load_manifest
from camcensus.ingest.sent_fields import describe_changes, lost_fields, sample_fields
from camcensus.readers.shodan import ShodanFile
from camcensus.run import run
from tests.conftest import Banner, banner, write_lines

STUDY = 'title = "t"\nvendors = ["Hikvision"]\nwindow_days = "all"\n'


def banners(number: int, **fields: Any) -> list[Banner]:
    """So many cameras, each with these fields."""
    return [banner(ip_str=f"81.2.{n // 250}.{n % 250}", ip=None, **fields) for n in range(number)]


def counted(folder: Path, **snapshots: list[Banner]) -> list[str]:
    """Counts and draws the snapshots; what was warned of."""
    folder.mkdir(exist_ok=True)
    (folder / "study.toml").write_text(STUDY)
    for name, lines in snapshots.items():
        write_lines(folder / "data" / name / "raw" / "a.json", lines)
    warned: list[str] = []
    reporter = Reporter()
    reporter.warning = lambda text, *_: warned.append(text)  # type: ignore[method-assign]
    run(load_study(folder / "study.toml"), reporter)
    return warned


def without(lines: list[Banner], share: float, *path: str) -> list[Banner]:
    """The banners with a field taken from that share of them."""
    for line in lines[: round(share * len(lines))]:
        held: Any = line
        for name in path[:-1]:
            held = held[name]
        del held[path[-1]]
    return lines


@pytest.mark.slow
def test_f13_a_field_gone_from_a_fifth_of_the_rows_stops_before_publishing(tmp_path: Path) -> None:
    counted(tmp_path, one=banners(200))
    before = (tmp_path / "report" / "index.html").read_bytes()
    with pytest.raises(GateError, match=r"two: gate fields: product: in 100% of rows in one, in 80% now"):
        counted(tmp_path, two=without(banners(200), 0.2, "product"))
    assert (tmp_path / "report" / "index.html").read_bytes() == before


@pytest.mark.slow
def test_f13_a_field_gone_from_fewer_rows_does_not(tmp_path: Path) -> None:
    assert counted(tmp_path, one=banners(200), two=without(banners(200), 0.19, "product")) == []


@pytest.mark.slow
def test_f13_new_missing_and_renamed_fields_are_told_on_the_page_too(tmp_path: Path) -> None:
    now = [json.loads(json.dumps(line).replace('"isp"', '"provider"')) for line in banners(200, weather="x")]
    warned = counted(tmp_path, one=banners(200, screenshot={"data": "x"}), two=now)
    (told,) = [text for text in warned if "gate fields" in text]
    assert "isp (100% of rows) seems to be renamed to provider" in told
    assert "screenshot (100% of rows) seems to be renamed to weather" in told
    assert "screenshot.data (100% of rows) is missing" in told
    assert "seems to be renamed to provider" in (tmp_path / "report" / "index.html").read_text()


def test_shares_stand_in_the_manifest(tmp_path: Path) -> None:
    counted(tmp_path, one=without(banners(200), 0.25, "product"))
    manifest = load_manifest(tmp_path / "data" / "one")
    assert manifest is not None
    found = manifest.stages["ingest"].fields
    assert found is not None
    assert (found.rows, found.sampled) == (200, 200)
    assert (found.read["product"], found.read["host"]) == (150, 200)
    assert (found.raw["product"], found.raw["http.title"], found.raw["ip_str"]) == (150, 200, 200)


def test_pages_whose_elements_are_cut_are_counted_in_the_manifest(tmp_path: Path) -> None:
    pages = ["".join(f"<img src=a{n:04}.gif>" for n in range(400)), "x" * 262_145, "<img src=a.gif>", None]
    counted(tmp_path, one=[found | {"http": {"html": page}} for found, page in zip(banners(4), pages, strict=True)])
    manifest = load_manifest(tmp_path / "data" / "one")
    assert manifest is not None
    found = manifest.stages["ingest"].fields
    assert found is not None
    assert (found.assets_cut, found.read["is_assets_cut"], found.read["http_assets"]) == (2, 3, 2)


def test_names_that_are_data_are_not_written_down(tmp_path: Path) -> None:
    lines = [banner(mac={f"00408cab{n:04x}": {}}, **{f"Marker{n}": 1, "bad name": 1}) for n in range(60)]
    path = write_lines(tmp_path / "a.json", [*lines, "null", "bad", "[1]"])
    rows, found = sample_fields([ShodanFile(path)])
    assert rows == 60
    assert "mac" in found
    assert not [name for name in found if name.startswith(("mac.", "Marker", "bad"))]


def test_words_for_what_changed() -> None:
    assert describe_changes({"a": 10, "b": 5}, 10, {"a": 10, "c": 50}, 100) == [
        "b (50% of rows) seems to be renamed to c"
    ]
    assert describe_changes({"a": 10}, 10, {"b.a": 10}, 10) == [
        "a (100% of rows) is missing",
        "b.a (100% of rows) is new",
    ]
    assert describe_changes({}, 0, {"a": 1}, 1) == []
    assert lost_fields({"a": 10, "b": 10}, 10, {"a": 5}, 10) == {"b": (1.0, 0.0), "a": (1.0, 0.5)}
