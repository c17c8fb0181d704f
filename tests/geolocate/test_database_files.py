"""Files that are no country database, and the cache of those that are."""

import lzma
import os
import random
from pathlib import Path

import pytest

from camcensus.core.errors import GeoDatabaseError
from camcensus.geolocate import database
from camcensus.geolocate.database import open_locator
from camcensus.geolocate.description import describe
from tests.mmdb import GEOIP2, mmdb, official
from tests.mmdb import cache as cache  # noqa: PLC0414  a fixture

# --- what is no database ---


@pytest.mark.parametrize("name", ["a.mmdb", "a.mmdb.xz"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\x89PNG\r\n\x1a\n" + bytes(500), b"ip,country\n8.8.8.8,US\n", bytes(4096), b"\xfd7zXZ\x00" + bytes(50)],
)
def test_f19_what_is_no_database_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(GeoDatabaseError, match=r"a\.mmdb"):
        open_locator(path)


def test_f19_a_missing_database_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.mmdb", tmp_path):
        with pytest.raises(GeoDatabaseError, match="no such geolocation database"):
            open_locator(path)


def test_f19_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = mmdb(tmp_path / "asn.mmdb", {"8.8.8.0/24": {"autonomous_system_number": 15169}}, "GeoLite2-ASN")
    with pytest.raises(GeoDatabaseError, match="has a country code"):
        open_locator(path)


@pytest.mark.parametrize("packed", [False, True])
def test_f19_a_truncated_database_is_refused(tmp_path: Path, packed: bool) -> None:
    whole = mmdb(tmp_path / "whole.mmdb", official(GEOIP2)).read_bytes()
    path = tmp_path / ("a.mmdb.xz" if packed else "a.mmdb")
    whole = lzma.compress(whole) if packed else whole
    for length in (10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        open_locator.cache_clear()
        with pytest.raises(GeoDatabaseError):
            open_locator(path)


def test_f19_a_flipped_byte_is_refused_or_harmless_and_never_a_crash(tmp_path: Path) -> None:
    whole = mmdb(tmp_path / "whole.mmdb", official(GEOIP2)).read_bytes()
    chance = random.Random(8)
    path = tmp_path / "a.mmdb"
    refused = 0
    for _ in range(150):
        content = bytearray(whole)
        content[chance.randrange(len(content) - 400, len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        open_locator.cache_clear()
        try:
            open_locator(path)
        except GeoDatabaseError:
            refused += 1
    assert refused > 20


# --- the cache ---


def cached(folder: Path) -> Path:
    """The one file of ranges in the cache."""
    (path,) = folder.glob("ranges-*")
    return path


def test_the_cache_is_used(tmp_path: Path, cache: Path) -> None:
    path = mmdb(tmp_path / "a.mmdb", official(GEOIP2))
    first = open_locator(path)
    before = cached(cache).stat().st_mtime_ns
    open_locator.cache_clear()
    second = open_locator(path)
    assert cached(cache).stat().st_mtime_ns == before
    assert (second.edition, second.built, second.sha256) == (first.edition, first.built, first.sha256)
    assert second.countries(["8.8.8.8", "2a00:1450::1"]) == ["US", "IE"]


def test_a_description_is_recorded_for_the_file_that_it_is_of(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mmdb(tmp_path / "a.mmdb", official(GEOIP2))
    first = describe(path)
    (record,) = cache.glob("database-*")
    whole = record.read_bytes()
    for content in (b"", b"{}", whole.replace(b"Country", b"Kountry"), whole[:-2]):
        record.write_bytes(content)
        assert describe(path) == first
        assert record.read_bytes() == whole, "what is damaged is made again"
    cached(cache).unlink()
    with monkeypatch.context() as without:
        without.setattr(database, "_flatten", lambda _: pytest.fail("it was described before"))
        assert describe(path) == first
        with pytest.raises(GeoDatabaseError, match="has changed"):
            open_locator(path, "0" * 64)
    before = path.stat()
    mmdb(path, official({"8.8.8.0/24": "DE"}))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert describe(path).sha256 != first.sha256
    (tmp_path / "a.mmdb.sha256").write_text(first.sha256)
    with pytest.raises(GeoDatabaseError, match=r"does not match a\.mmdb\.sha256"):
        describe(path)


def test_a_damaged_cache_is_a_miss(tmp_path: Path, cache: Path) -> None:
    path = mmdb(tmp_path / "a.mmdb", official(GEOIP2))
    open_locator(path)
    held = cached(cache)
    whole = held.read_bytes()
    chance = random.Random(9)
    damaged = [b"", b"x", whole[:-1], whole[: len(whole) // 2], whole + b"x", b"\0" * len(whole)]
    for _ in range(40):
        content = bytearray(whole)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        damaged.append(bytes(content))
    for content in damaged:
        held.write_bytes(content)
        open_locator.cache_clear()
        assert open_locator(path).countries(["1.0.0.1", "8.8.8.8", "9.9.9.9"]) == ["AU", "US", "ZZ"]
        assert held.read_bytes() == whole


def test_another_database_under_the_same_name_is_another(tmp_path: Path) -> None:
    path = tmp_path / "a.mmdb"
    for code in ("NL", "DE"):
        open_locator.cache_clear()
        mmdb(path, official({"8.8.8.0/24": code}))
        assert open_locator(path).countries(["8.8.8.8"]) == [code]


@pytest.mark.parametrize("name", ["a.mmdb", "a.mmdb.xz"])
def test_a_home_that_cannot_be_written_only_costs_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "a-file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a-file"))
    content = mmdb(tmp_path / "plain.mmdb", official(GEOIP2)).read_bytes()
    path = tmp_path / name
    path.write_bytes(lzma.compress(content) if name.endswith(".xz") else content)
    assert open_locator(path).countries(["8.8.8.8"]) == ["US"]
