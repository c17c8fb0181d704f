"""What the tests of the collector share: banners, a study that collects them, the loopback Shodan, the command."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import zstandard

from camcensus.collect.client import Client, Limits
from camcensus.collect.collector import collect_snapshot
from camcensus.collect.download import Collected
from camcensus.core.config import load_study
from camcensus.raw.ledger import FILE
from camcensus.validation.loopback.index import Index
from camcensus.validation.loopback.server import KEY, Loopback
from tests.conftest import Banner, banner

ROOT = Path(__file__).parent.parent.parent
# One term each, on what `cameras` makes; as in queries/hikvision.toml.
PRODUCT = "hikvision.query.product"
SERVER = "hikvision.query.server-app-webs"
TEXT = 'product:"Hikvision IP Camera"'
# Only these two, since all of the real one takes longer to read than a collection here to be done.
CATALOGUE = f"""
manufacturer = "Hikvision"
country = "CN"
[[query]]
id = "{PRODUCT}"
text = '{TEXT}'
since = 2026-11-23
catches = "cameras"
also = "nothing"
trends = true
[[query]]
id = "{SERVER}"
text = '"Server: App-webs/"'
since = 2026-11-23
catches = "cameras"
also = "nothing"
trends = true
"""
PAGE_2 = r"host/search\?.*page=2\b"
QUICK = Limits(silence=0.5, total=2.0, deadline=1.0, rate=0.0)


def cameras(number: int, countries: tuple[str | None, ...] = ("DE", "US", "FR", None), ports: int = 3) -> list[Banner]:
    """Cameras, so many ports on each address; countries in turn, by address."""
    return [
        banner(
            ip_str=f"{60 + i // ports // 60_000}.{i // ports // 250 % 240}.{i // ports % 250}.7",
            ip=None,
            port=(80, 554, 8000, 8080, 81)[i % ports],
            timestamp=f"2026-10-20T08:{i // 60 % 60:02}:{i % 60:02}.000001",
            location={"country_code": countries[i // ports % len(countries)]},
            http={"title": f"Camera {i % 7}", "status": 200, "server": "App-webs/", "html": "<html></html>"},
        )
        for i in range(number)
    ]


def client(server: Loopback, limits: Limits = QUICK, **named: Any) -> Client:
    """A client of the server, whatever the environment says."""
    return Client(KEY, limits, base_url=server.url, **named)


def study_in(folder: Path, queries: tuple[str, ...] = (PRODUCT,), **settings: object) -> Path:
    """A study that collects with these queries from a server on this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {"rate": 0, "timeout_seconds": 0.5, "deadline_seconds": 1.0, "budget": 1000, **settings}
    lines = [f"{name} = {str(value).lower() if isinstance(value, bool) else value}" for name, value in wanted.items()]
    named = ", ".join(f'"{query}"' for query in queries)
    head = 'title = "t"\nvendors = ["Hikvision"]\nwindow_days = "all"\ncatalogue = "queries"\n'
    (folder / "queries").mkdir(exist_ok=True)
    (folder / "queries" / "hikvision.toml").write_text(CATALOGUE)
    (folder / "study.toml").write_text(f"{head}[collect]\nqueries = [{named}]\n" + "\n".join(lines) + "\n")
    return folder / "study.toml"


@contextmanager
def served(*arguments: Any, **named: Any) -> Iterator[Loopback]:
    """A loopback Shodan to which SHODAN_API_URL leads."""
    with Loopback(*arguments, **named) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHODAN_API_URL", server.url)
        yield server


def collect(
    study: Path, mode: str = "download", allowed: int | None = None, say: Callable[[str], None] = lambda _: None
) -> Collected:
    """What a run of the collector did."""
    return collect_snapshot(load_study(study), "a", mode, KEY, allowed, say)


def started(study: Path, *words: object, mode: str = "download", **environment: str) -> "subprocess.Popen[str]":
    """The command, as a user's shell starts it."""
    command = [sys.executable, "-m", "camcensus", "collect", "--study", study, "--snapshot", "a", "--mode", mode]
    return subprocess.Popen(
        [*map(str, command), *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "SHODAN_API_KEY": KEY, "COLUMNS": "200", "NO_COLOR": "1", **environment},
    )


def finished(process: "subprocess.Popen[str]", status: int) -> str:
    """What the process printed, once it is done with the exit status; never a traceback, never the key."""
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in err, err
    assert process.returncode == status, out + err
    assert KEY not in out + err
    return out + err


def raw(study: Path) -> Path:
    """The raw folder of the snapshot."""
    return study.parent / "data" / "a" / "raw"


def pages(study: Path) -> dict[str, bytes]:
    """Files of downloaded pages by name, with their bytes."""
    found = sorted((raw(study) / "download").rglob("*.page.zst"))
    return {path.relative_to(raw(study)).as_posix(): path.read_bytes() for path in found}


def banners(study: Path) -> list[tuple[str, int]]:
    """Address and port of each banner in the page files."""
    found = []
    for body in pages(study).values():
        matches = json.loads(zstandard.ZstdDecompressor().decompress(body))["matches"]
        found += [(match["ip_str"], match["port"]) for match in matches]
    return found


def rows(study: Path, statement: str) -> list[tuple[Any, ...]]:
    """Rows of the ledger."""
    with closing(sqlite3.connect(raw(study) / FILE)) as ledger:
        return list(ledger.execute(statement))


def searches(server: Loopback) -> list[tuple[str, int]]:
    """Query and page of every request for banners that was answered with some."""
    return [(r.query, r.page) for r in server.log if r.path.endswith("/search") and r.credits and r.results]


@pytest.fixture(scope="session")
def shared() -> Index:
    """700 cameras, to be served many times."""
    return Index(cameras(700))


@pytest.fixture(scope="session")
def three_pages() -> Index:
    """300 cameras of one country: one part, three pages."""
    return Index(cameras(300, countries=("DE",)))


@pytest.fixture(scope="session")
def some() -> Index:
    """150 cameras: two pages, the second half full."""
    return Index(cameras(150))
