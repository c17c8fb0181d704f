"""What the tests of several stages share: a Shodan banner as the engine gives it, and raw files made of banners."""

import json
import os
from collections.abc import Iterable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from camcensus.core.resources import bundled
from camcensus.core.storage import sha256
from camcensus.identify.catalogue import Catalogue, load_catalogue
from camcensus.identify.matcher import Identifier
from camcensus.ingest.fields import LATEST
from camcensus.ingest.observe import batch_of, observe
from camcensus.ingest.records import Ingested, IngestTask
from camcensus.readers.banner import Banner as Struct
from camcensus.readers.banner import Rejected
from camcensus.readers.registry import SHODAN, RawPart, Source
from tests import pictures, unsynced

# How long an example takes is the machine's affair (a first import, a busy neighbour), not the property's.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples each time, so that what was tested is what lands. `pytest --hypothesis-profile new`
# looks for new ones; what it finds is written down as an `@example`.
settings.register_profile("camcensus", _PATIENT, derandomize=True)
settings.register_profile("new", _PATIENT)
settings.load_profile("camcensus")

Banner = dict[str, Any]


# What `make test-slow` begins with, longest first, so that no core waits for one of them at the end.
_LONGEST = (
    "engines/test_spark.py", "house/test_snippets.py", "run/test_disk.py", "house/test_installed.py",
    "run/test_kills.py", "validation/accuracy/test_accuracy_page.py", "verify/test_bit_rot.py",
    "validation/simulate/test_study.py", "run/test_demo_study.py", "house/test_secrets.py", "report/test_browser.py",
    "validation/accuracy/test_coverage.py", "estimate/audits/test_audit.py", "house/test_passive.py",
    "run/test_run_collected.py", "ingest/test_hostile_input.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test that asks for the browser as slow, and begin with the files that take longest."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    places = {str(Path(__file__).parent / name): place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: places.get(str(item.path), len(places)))


pictures.install()
unsynced.install()
_DRAWING = ("report", "house", "validation")  # folders of tests that look at charts


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Say whether the charts of this test are drawn."""
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    os.environ[pictures.SWITCH] = pictures.DRAWN if folder in _DRAWING else pictures.PLACEHOLDERS


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The built-in catalogue."""
    return load_catalogue(bundled("queries"))


@pytest.fixture(scope="session")
def identifier(catalogue: Catalogue) -> Identifier:
    """The built-in catalogue, made ready."""
    return Identifier(catalogue)


@pytest.fixture(scope="session", autouse=True)
def nothing_fetched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No edition that the user of this machine once fetched takes part in a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("share")))
        yield


def row_of(found: Struct) -> dict[str, Any]:
    """What is not null in the row of `observations` that one banner becomes, but file and line. Raises `Rejected`."""
    seen = observe([found])
    if seen.rejected:
        raise Rejected(seen.rejected[0])
    row = batch_of({**seen.columns, "file": [""], "line": [0]}, 1).drop_columns(["file", "line"]).to_pylist()[0]
    return {name: value for name, value in row.items() if value is not None}


_BANNER: Banner = {
    "_shodan": {
        "id": "1b2c3d4e-0000-4000-8000-000000000000",
        "module": "http",
        "crawler": "c9b639b99e5410a46f656e1508a68f1e6e5d6f99",
        "options": {},
        "ptr": True,
        "region": "eu",
    },
    "ip": 1367312142,
    "ip_str": "81.127.163.14",
    "port": 80,
    "transport": "tcp",
    "timestamp": "2026-10-20T08:30:01.123456",
    "hash": -1443232221,
    "asn": "AS5607",
    "org": "Example Broadband",
    "isp": "Example Broadband",
    "os": None,
    "domains": [],
    "hostnames": [],
    "opts": {},
    "location": {
        "country_code": "GB",
        "country_name": "United Kingdom",
        "city": "Leeds",
        "longitude": -1.5,
        "latitude": 53.8,
    },
    "product": "Hikvision IP Camera",
    "data": "HTTP/1.1 200 OK\r\nServer: App-webs/\r\nContent-Type: text/html\r\n\r\n",
    "http": {
        "status": 200,
        "title": "index",
        "server": "App-webs/",
        "html": "<html><head><title>index</title></head><body></body></html>",
        "html_hash": 1234567,
        "favicon": {"hash": 999357577, "location": "/favicon.ico", "data": "AAAA"},
    },
}


def banner(**changed: Any) -> Banner:
    """A realistic banner of a camera's web page; a value of None takes the field away."""
    found = deepcopy(_BANNER) | changed
    return {name: value for name, value in found.items() if value is not None}


def write_lines(path: Path, lines: Iterable[Banner | bytes | str]) -> Path:
    """A raw file of banners (dicts) and raw lines (text or bytes)."""
    rows = [
        line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
        for line in lines
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(row + b"\n" for row in rows))
    return path


def ingest_file(
    raw: Path, observations: Path, quarantine: Path, latest: int = LATEST, source: Source = SHODAN, **options: Any
) -> Ingested:
    """Ingest one raw file of a source."""
    return IngestTask(RawPart(raw, source, sha256(raw)), observations, quarantine, latest)(
        **{"on_progress": lambda _: None, **options}
    )
