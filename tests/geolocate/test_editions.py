"""The edition that locates a snapshot: of its own time where there is one, and said where there is none."""

import gzip
import lzma
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camcensus.core import parquet, storage
from camcensus.core.config import Study, load_study
from camcensus.core.console import Reporter
from camcensus.core.errors import GeoDatabaseError
from camcensus.core.manifest import Manifest, load_manifest
from camcensus.core.tables import IDENTIFIED
from camcensus.geolocate.database import built_on, open_locator
from camcensus.geolocate.description import BUILTIN_CREDIT
from camcensus.geolocate.editions import (
    Edition,
    Sources,
    choose,
    databases_in,
    day_of,
    editions_of,
    fetched_folder,
    sources_of,
)
from camcensus.raw.snapshot import open_snapshot
from camcensus.run import run
from tests.conftest import banner, write_lines
from tests.mmdb import mmdb, official

HOST = "81.127.163.14"  # of the banner in conftest; the engine says GB


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing fetched, and nothing of another test held in memory."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
    open_locator.cache_clear()
    yield
    open_locator.cache_clear()


def edition(folder: Path, day: str, code: str, kind: str = "DBIP-Country-Lite", name: str = "") -> Path:
    """A database built on `day` that has the host in `code`."""
    folder.mkdir(exist_ok=True)
    built = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
    return mmdb(folder / (name or f"{day}.mmdb"), official({"81.127.0.0/16": code}), kind, built)


def make_study(folder: Path, *lines: str, seen: str = "2026-10-20") -> Study:
    """A study with one snapshot of one banner."""
    study = folder / "study.toml"
    study.write_text("\n".join(['title = "t"', "simulated = true", *lines]))
    loaded = load_study(study)
    write_lines(loaded.data / "one/raw/SYNTHETIC-a.json", [banner(timestamp=f"{seen}T08:30:01.123456", asn="AS16509")])
    return loaded


def counted(study: Study) -> Manifest:
    """The snapshot's manifest after a run."""
    run(study, Reporter(), report=False)
    manifest = load_manifest(study.data / "one")
    assert manifest is not None
    return manifest


def located(study: Study) -> dict[str, Any]:
    """The one row of `identified`."""
    (row,) = parquet.read_table(study.data / "one/identified.parquet", IDENTIFIED).to_pylist()
    return dict(row)


# --- the choice ---

DAYS = st.dates(date(2018, 1, 1), date(2030, 1, 1))


@given(st.lists(DAYS, min_size=1, max_size=8, unique=True), DAYS)
def test_the_newest_not_after_else_the_nearest(built: list[date], day: date) -> None:
    found = choose(tuple(Edition(d, Path(d.isoformat())) for d in built), day).built
    earlier = [d for d in built if d <= day]
    assert found == (max(earlier) if earlier else min(built, key=lambda d: abs((d - day).days)))


def test_an_edition_of_the_day_itself_is_not_after() -> None:
    one, two = Edition(date(2026, 5, 1), Path("a")), Edition(date(2026, 6, 1), Path("b"))
    assert choose((one, two), date(2026, 6, 1)) == two
    assert choose((two, one), date(2026, 5, 31)) == one


def test_of_two_of_one_day_always_the_same() -> None:
    same = [Edition(date(2026, 6, 1), path) for path in (Path("a"), None, Path("b"))]
    for order in (same, same[::-1]):
        assert choose(tuple(order), date(2026, 7, 1)).path is None
        assert choose(tuple(e for e in order if e.path), date(2026, 7, 1)).path == Path("b")


# --- where editions come from ---


def test_a_folder_of_plain_and_packed_editions(tmp_path: Path) -> None:
    folder = tmp_path / "geo"
    plain = edition(folder, "2024-03-01", "NL")
    (folder / "b.mmdb.xz").write_bytes(lzma.compress(edition(tmp_path, "2025-03-01", "DE").read_bytes()))
    (folder / "c.mmdb.gz").write_bytes(gzip.compress(edition(tmp_path, "2026-03-01", "US").read_bytes()))
    (folder / "LICENSE.txt").write_text("not a database")
    (folder / ".half.mmdb").write_text("not one either")
    found = editions_of("geo", tmp_path)
    assert {e.built: e.path.name for e in found if e.path} == {
        date(2024, 3, 1): plain.name, date(2025, 3, 1): "b.mmdb.xz", date(2026, 3, 1): "c.mmdb.gz",
    }  # fmt: skip
    for day, code in (("2024-06-01", "NL"), ("2025-06-01", "DE"), ("2026-06-01", "US"), ("2020-01-01", "NL")):
        chosen = Sources(found).on(date.fromisoformat(day)).first
        assert open_locator(chosen.path, chosen.sha256).countries([HOST]) == [code]


def test_the_builtin_one_competes_with_what_was_fetched_and_with_nothing_else(tmp_path: Path) -> None:
    assert [e.path for e in editions_of("builtin", tmp_path)] == [None]
    fetched_folder().mkdir(parents=True)
    shutil.copy(edition(tmp_path / "geo", "2026-10-01", "NL"), fetched_folder() / "dbip-country-lite-2026-10.mmdb")
    both = Sources(editions_of("builtin", tmp_path))
    assert both.on(date(2026, 11, 1)).first.edition == "DB-IP Lite country 2026-10-01"
    assert both.on(date(2026, 11, 1)).credit == BUILTIN_CREDIT
    assert both.on(date(2026, 9, 30)).first.edition == "DB-IP Lite country 2026-06-01"
    assert [e.path for e in editions_of("geo", tmp_path)] == [tmp_path / "geo/2026-10-01.mmdb"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "geo").mkdir()
    with pytest.raises(GeoDatabaseError, match="contains no geolocation database"):
        editions_of("geo", tmp_path)
    assert databases_in(tmp_path / "none") == []


@pytest.mark.parametrize("name", ["a.mmdb", "a.mmdb.xz", "a.mmdb.gz"])
@pytest.mark.parametrize("content", [b"", b"<html>", bytes(5000), b"\x1f\x8b\x08\0\0\0\0\0\0\3abc", b"\xfd7zXZ\0abc"])
def test_f19_one_bad_file_in_a_folder_is_named_and_not_passed_over(tmp_path: Path, name: str, content: bytes) -> None:
    edition(tmp_path / "geo", "2026-03-01", "US")
    (tmp_path / "geo" / name).write_bytes(content)
    with pytest.raises(GeoDatabaseError, match=name.replace(".", r"\.")):
        editions_of("geo", tmp_path)


@pytest.mark.parametrize("second", [False, True])
def test_a_missing_database_is_said_before_any_work(tmp_path: Path, second: bool) -> None:
    study = make_study(tmp_path, f"{'geo_second' if second else 'geo_database'} = 'none.mmdb'")
    with pytest.raises(GeoDatabaseError, match=r"none\.mmdb: no such geolocation database"):
        run(study, Reporter(), report=False)
    assert not (study.data / "one/observations.parquet").exists()


@pytest.mark.parametrize("epoch", [0, 86400 * 365, 1 << 62])
def test_a_build_date_that_cannot_be_right(tmp_path: Path, epoch: int) -> None:
    path = mmdb(tmp_path / "a.mmdb", official({"8.8.8.0/24": "US"}), "GeoLite2-Country", epoch)
    for opened in (built_on, open_locator):
        with pytest.raises(GeoDatabaseError, match=r"a\.mmdb"):
            opened(path)


# --- the day of a snapshot ---


@pytest.mark.slow
def test_the_studys_date_else_the_newest_banner(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    write_lines(study.data / "one/raw/SYNTHETIC-b.json", [banner(timestamp="2026-10-22T23:59:59.5", port=81)])
    counted(study)
    assert day_of(open_snapshot(study, "one"), study) == date(2026, 10, 22)
    dated = make_study(tmp_path, '[snapshots."one"]', "date = 2026-11-01")
    assert day_of(open_snapshot(dated, "one"), dated) == date(2026, 11, 1)


def test_the_day_is_the_same_without_statistics(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    counted(study)
    (path,) = (study.data / "one/observations.parquet").iterdir()
    pq.write_table(pq.read_table(path), path, write_statistics=False, write_page_checksum=True)
    assert day_of(open_snapshot(study, "one"), study) == date(2026, 10, 20)


# --- what a run makes of it ---


def test_the_manifest_and_the_counts_say_which_edition(tmp_path: Path) -> None:
    edition(tmp_path / "geo", "2026-03-01", "NL")
    manifest = counted(make_study(tmp_path, 'geo_database = "geo"'))
    assert manifest.geo is not None
    assert manifest.geo.model_dump() == {
        "edition": "DB-IP Lite country 2026-03-01", "built": "2026-03-01", "snapshot": "2026-10-20", "days": 233,
        "flag": "before", "second": "engine", "second_sha256": None,
        "sha256": storage.sha256(tmp_path / "geo" / "2026-03-01.mmdb"),
    }  # fmt: skip
    assert manifest.instrument is not None
    assert manifest.instrument.geo_db == "DB-IP Lite country 2026-03-01"


def test_f19_a_later_edition_is_flagged(tmp_path: Path) -> None:
    edition(tmp_path / "geo", "2026-10-21", "NL")
    geo = counted(make_study(tmp_path, 'geo_database = "geo"')).geo
    assert geo is not None
    assert (geo.flag, geo.days) == ("after", 1)


@pytest.mark.parametrize(("seen", "days"), [("2026-06-29", None), ("2026-06-30", 181), ("2025-07-05", None)])
def test_an_edition_far_from_the_snapshot_is_said_on_the_terminal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, seen: str, days: int | None
) -> None:
    edition(tmp_path / "geo", "2025-12-31", "DE")
    edition(tmp_path / "geo", "2025-07-06", "DE")
    study = make_study(tmp_path, 'geo_database = "geo"', seen=seen).model_copy(update={"simulated": False})
    run(study, Reporter(), report=False)
    assert (f"{days} days before the snapshot" in caplog.text) == (days is not None)
    assert ("one: identify: located with" in caplog.text) == (days is not None)
    caplog.clear()
    run(study, Reporter(), report=False)  # a warning stands until it is mended
    assert ("located with" in caplog.text) == (days is not None)


def test_a_better_edition_makes_identify_run_again_and_a_worse_one_does_not(tmp_path: Path) -> None:
    edition(tmp_path / "geo", "2026-03-01", "NL")
    study = make_study(tmp_path, 'geo_database = "geo"')
    counted(study)
    assert located(study)["country"] == "NL"
    edition(tmp_path / "geo", "2026-12-01", "FR")  # later than the snapshot
    assert run(study, Reporter(), report=False).done == []
    edition(tmp_path / "geo", "2026-10-01", "DE")
    assert "one: identify" in run(study, Reporter(), report=False).done
    assert located(study)["country"] == "DE"


# --- the second opinion ---


def test_the_second_database_is_asked_before_the_engine(tmp_path: Path) -> None:
    edition(tmp_path / "first", "2026-03-01", "NL")
    edition(tmp_path / "second", "2026-04-01", "DE", "GeoLite2-Country")
    study = make_study(tmp_path, 'geo_database = "first"', 'geo_second = "second"')
    manifest = counted(study)
    row = located(study)
    assert (row["country"], row["country_second"], row["second_source"]) == ("NL", "DE", "GeoLite2-Country 2026-04-01")
    assert row["network_kind"] == "hosting"
    assert manifest.geo is not None
    assert manifest.geo.second == "GeoLite2-Country 2026-04-01"
    assert "DB-IP" in manifest.geo_credit
    assert "2026-04-01.mmdb" in manifest.geo_credit
    edition(tmp_path / "second", "2026-05-01", "GB", "GeoLite2-Country")
    assert "one: identify" in run(study, Reporter(), report=False).done
    assert located(study)["country_second"] == "GB"


def test_where_the_second_database_knows_nothing_the_engine_is_asked(tmp_path: Path) -> None:
    path = mmdb(tmp_path / "elsewhere.mmdb", official({"8.8.8.0/24": "US"}))
    study = make_study(tmp_path, f'geo_second = "{path.name}"')
    counted(study)
    row = located(study)
    assert (row["country_second"], row["second_source"]) == ("GB", "engine")


def test_without_a_second_database_it_is_the_engine(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    assert sources_of(study).second == ()
    counted(study)
    assert (located(study)["country_second"], located(study)["second_source"]) == ("GB", "engine")
