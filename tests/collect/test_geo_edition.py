"""`camcensus geo update` against a real server on this machine: a good edition is put, a bad one never is."""

import gzip
import json
import os
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from camcensus.collect import geo_edition
from camcensus.collect.geo_edition import Updated, update
from camcensus.core.errors import UpdateError
from camcensus.geolocate.database import open_locator
from camcensus.geolocate.description import BUILTIN_CREDIT
from tests.mmdb import mmdb, official

TODAY = date(2026, 11, 23)
THIS, BEFORE = "dbip-country-lite-2026-11.mmdb", "dbip-country-lite-2026-10.mmdb"
Answer = Callable[[BaseHTTPRequestHandler], None]


class Publisher:
    """What the server says to each path; all else is 404. `asked` holds the paths of all requests."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | Answer] = {}
        self.asked: list[str] = []
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked.append(self.path)
                found = publisher.files.get(self.path.rpartition("/")[2])
                if callable(found):
                    found(self)
                elif found is None:
                    self.send_error(404)
                else:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(found)))
                    self.end_headers()
                    self.wfile.write(found)

            def log_message(self, *arguments: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that has seen enough hangs up; that is what some of these tests are about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/free"


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A server for one test."""
    found = Publisher()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.01,))
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of this test's own, and proxies that lead nowhere."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    open_locator.cache_clear()


def database(folder: Path, day: str, code: str = "NL") -> bytes:
    """An edition of DB-IP's layout built on `day`."""
    built = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
    path = mmdb(folder / "made.mmdb", official({"8.8.8.0/24": code}), "DBIP-Country-Lite", built)
    content = path.read_bytes()
    path.unlink()
    return content


def fetch(folder: Path, publisher: Publisher, **limits: Any) -> Updated:
    """One update of `folder`."""
    return update(folder, lambda _: None, publisher.address, TODAY, **limits)


def test_this_months_edition_is_put_and_credited(tmp_path: Path, publisher: Publisher) -> None:
    content = database(tmp_path, "2026-11-01")
    publisher.files[f"{THIS}.gz"] = gzip.compress(content)
    found = fetch(tmp_path / "new/geo", publisher)
    assert (tmp_path / "new/geo" / THIS).read_bytes() == content
    assert found == Updated(tmp_path / "new/geo" / THIS, "DB-IP Lite country 2026-11-01", BUILTIN_CREDIT, is_new=True)
    assert publisher.asked == [f"/free/{THIS}.gz"]
    assert not fetch(tmp_path / "new/geo", publisher).is_new


def test_the_month_before_where_this_months_is_not_out(tmp_path: Path, publisher: Publisher) -> None:
    publisher.files[f"{BEFORE}.gz"] = gzip.compress(database(tmp_path, "2026-10-01"))
    fetch(tmp_path, publisher)
    assert sorted(p.name for p in tmp_path.iterdir()) == [BEFORE, f"{BEFORE}.sha256"]
    assert publisher.asked == [f"/free/{THIS}.gz", f"/free/{BEFORE}.gz"]


def test_in_january_the_month_before_is_of_last_year(tmp_path: Path, publisher: Publisher) -> None:
    publisher.files["dbip-country-lite-2025-12.mmdb.gz"] = gzip.compress(database(tmp_path, "2025-12-01"))
    update(tmp_path, lambda _: None, publisher.address, date(2026, 1, 31))
    assert {p.name.removesuffix(".sha256") for p in tmp_path.iterdir()} == {"dbip-country-lite-2025-12.mmdb"}


def test_a_corrected_edition_takes_the_place_of_the_first(tmp_path: Path, publisher: Publisher) -> None:
    for day, code in (("2026-11-01", "NL"), ("2026-11-02", "DE")):
        publisher.files[f"{THIS}.gz"] = gzip.compress(database(tmp_path, day, code))
        fetch(tmp_path, publisher)
    assert open_locator(tmp_path / THIS).countries(["8.8.8.8"]) == ["DE"]


def test_a_damaged_file_in_the_folder_may_be_replaced(tmp_path: Path, publisher: Publisher) -> None:
    (tmp_path / THIS).write_bytes(b"half a file")
    content = database(tmp_path, "2026-11-01")
    publisher.files[f"{THIS}.gz"] = gzip.compress(content)
    fetch(tmp_path, publisher)
    assert (tmp_path / THIS).read_bytes() == content


# --- what is not put ---


def status(code: int) -> Answer:
    return lambda request: request.send_error(code)


def cut_short(content: bytes) -> Answer:
    """Fewer bytes than announced."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content[: len(content) // 2])

    return answer


def trickle(request: BaseHTTPRequestHandler) -> None:
    """A byte now and then, without end."""
    request.send_response(200)
    request.end_headers()
    packer = zlib.compressobj(wbits=31)
    try:
        while True:
            request.wfile.write(packer.compress(b"x") + packer.flush(zlib.Z_SYNC_FLUSH))
            time.sleep(0.02)
    except OSError:
        return


def elsewhere(request: BaseHTTPRequestHandler) -> None:
    """A redirect to an address that could not be asked for."""
    request.send_response(302)
    request.send_header("Location", "ftp://127.0.0.1/x.gz")
    request.end_headers()


def bomb() -> bytes:
    """Some kB that unpack to more than the limit of the test."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(12)) + packer.flush()


GOOD = gzip.compress(b"x" * 5000)
BAD: dict[str, tuple[bytes | Answer | None, str]] = {
    "404": (None, "neither this month's"),
    "500": (status(500), "answered 500"),
    "403": (status(403), "answered 403"),
    "html with 200": (b"<!doctype html><title>Sorry</title>", "no gzip file"),
    "empty": (b"", "cut short"),
    "html in gzip": (gzip.compress(b"<!doctype html><title>Sorry</title>" * 50), "not a usable geolocation database"),
    "truncated gzip": (GOOD[:-9], "cut short"),
    "damaged gzip": (GOOD[:-8] + bytes(8), "no gzip file"),
    "cut short": (cut_short(GOOD), "broke off|cut short|cannot be downloaded"),
    "bomb": (bomb(), "unpacks to more than"),
    "large": (b"\x1f\x8b\x08" + bytes(3 << 20), "larger than|no gzip file"),
    "trickle": (trickle, "too long"),
    "redirect": (elsewhere, "not an https address"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_changes_nothing(
    tmp_path: Path, publisher: Publisher, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(geo_edition, "LARGEST", 8 << 20)
    monkeypatch.setattr(geo_edition, "LARGEST_PACKED", 2 << 20)
    content = database(tmp_path, "2026-11-01")
    (tmp_path / THIS).write_bytes(content)
    answer, reason = BAD[name]
    if answer is not None:
        publisher.files[f"{THIS}.gz"] = answer
    with pytest.raises(UpdateError, match=reason):
        fetch(tmp_path, publisher, seconds=0.3 if name == "trickle" else 30)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {THIS: content}


def test_a_truncated_or_wrong_database_is_not_put(tmp_path: Path, publisher: Publisher) -> None:
    whole = database(tmp_path, "2026-11-01")
    other = mmdb(tmp_path / "asn", {"8.8.8.0/24": {"autonomous_system_number": 15169}}, "GeoLite2-ASN").read_bytes()
    (tmp_path / "asn").unlink()
    for content in (whole[: len(whole) // 2], whole[:-1], other):
        publisher.files[f"{THIS}.gz"] = gzip.compress(content)
        with pytest.raises(UpdateError, match="not a usable geolocation database"):
            fetch(tmp_path, publisher)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", [THIS, "GeoLite2-Country.mmdb"])
def test_an_older_edition_is_not_put(tmp_path: Path, publisher: Publisher, there: str) -> None:
    newer = database(tmp_path, "2026-11-02")
    (tmp_path / there).write_bytes(newer)
    publisher.files[f"{THIS}.gz"] = gzip.compress(database(tmp_path, "2026-11-01"))
    with pytest.raises(UpdateError, match=r"older than .* \(2026-11-02\); nothing was kept"):
        fetch(tmp_path, publisher)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {there: newer}


def test_an_edition_with_much_less_in_it_is_not_put(tmp_path: Path, publisher: Publisher) -> None:
    networks = official({f"8.{n}.0.0/16": "US" for n in range(64)})
    built = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp())
    whole = mmdb(tmp_path / BEFORE, networks, "DBIP-Country-Lite", built).read_bytes()
    publisher.files[f"{THIS}.gz"] = gzip.compress(database(tmp_path, "2026-11-01"))
    with pytest.raises(UpdateError, match="less than half"):
        fetch(tmp_path, publisher)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {BEFORE: whole}


def test_an_edition_of_the_future_is_not_put(tmp_path: Path, publisher: Publisher) -> None:
    publisher.files[f"{THIS}.gz"] = gzip.compress(database(tmp_path, "2031-01-01"))
    with pytest.raises(UpdateError, match="in the future"):
        fetch(tmp_path, publisher)


@pytest.mark.parametrize("base", ["http://192.0.2.1/free", "file:///etc", "ftp://127.0.0.1", "127.0.0.1"])
def test_only_https_or_this_machine(tmp_path: Path, base: str) -> None:
    with pytest.raises(UpdateError, match="not an https address"):
        update(tmp_path, lambda _: None, base, TODAY)


def test_nobody_there(tmp_path: Path, publisher: Publisher) -> None:
    publisher.server.server_close()
    with pytest.raises(UpdateError, match="cannot be downloaded"):
        fetch(tmp_path, publisher)


# --- the command ---


def command(publisher: Publisher, share: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CAMCENSUS_GEO_URL": publisher.address, "XDG_DATA_HOME": str(share), "COLUMNS": "200"}
    line = [sys.executable, "-m", "camcensus", "geo", "update", *arguments]
    return subprocess.run(line, capture_output=True, text=True, env=environment, timeout=60)


@pytest.mark.slow
def test_the_command_puts_it_where_builtin_looks(tmp_path: Path, publisher: Publisher) -> None:
    today = datetime.now(UTC).date()
    name = f"dbip-country-lite-{today:%Y-%m}.mmdb"
    publisher.files[f"{name}.gz"] = gzip.compress(database(tmp_path, f"{today:%Y-%m}-01"))
    done = command(publisher, tmp_path)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert (tmp_path / "camcensus/geo" / name).is_file()
    assert "https://db-ip.com" in done.stdout
    assert ", unchanged; " in command(publisher, tmp_path).stdout
    mine = json.loads(command(publisher, tmp_path, "--to", str(tmp_path / "mine"), "--json").stdout)
    assert (mine["file"], mine["is_new"]) == (str(tmp_path / "mine" / name), True)
    assert (tmp_path / "mine" / name).is_file()


def test_the_command_fails_with_a_reason(tmp_path: Path, publisher: Publisher) -> None:
    done = command(publisher, tmp_path, "--quiet")
    assert done.returncode == 1
    assert done.stderr.startswith("camcensus: http://127.0.0.1")
    assert done.stdout == ""
