"""Nothing of a banner is published: every private field carries a marker, and no page, table or log holds one."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from camcensus.validation.loopback.server import KEY, Loopback
from tests.commands import camcensus, page_of
from tests.conftest import Banner, banner, write_lines
from tests.ingest.test_privacy import MAC, MARK, SERIAL, Marks, personal_banners

HOSTS = 24
# Markers that are no words: what a page could show of an address or an identity.
KNOWN = (SERIAL, MAC, "00:40:8C:AB:12:CD", "81.127.163.14")


def marked(mark: Marks) -> Iterator[Banner]:
    """Cameras of two makers whose title, texts, names, certificate and unknown model are markers."""
    yield from personal_banners(mark)
    for n in range(HOSTS):
        own = banner(
            ip_str=f"81.2.7.{n}",
            ip=None,
            hostnames=[mark("hostnames")],
            org=mark("org"),
            isp=mark("isp"),
            data=f"HTTP/1.1 200 OK\r\nServer: App-webs/\r\nX-Note: {mark('header')}\r\n\r\n",
            product="Hikvision IP Camera",
            info=mark("info"),
            ssl={"cert": {"subject": {"CN": mark("cert CN")}, "issuer": {"O": mark("cert O")}}},
            hikvision={"device_model": mark("model that no catalogue knows") if n % 2 else "DS-2CD2032-I"},
            dahua={"serial_number": SERIAL},
            mac={"00:40:8C:AB:12:CD": {}},
        )
        own["http"] |= {"title": mark("title"), "html": f"<p>{mark('html')}</p>", "realm": mark("realm")}
        yield own


def text_of(path: Path) -> str:
    """All that a file says, packed or not."""
    content = path.read_bytes().decode("latin-1")
    if path.suffix == ".parquet":
        content += json.dumps(pq.read_table(path).to_pylist()) + str(pq.read_schema(path).metadata)
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            content += "".join(book.read(name).decode("latin-1") for name in book.namelist())
    return content


def leaks(folder: Path, names: dict[str, str]) -> list[str]:
    """Field and file of each marker that stands in a file of the folder."""
    wanted = {**names, **{known: known for known in KNOWN}}
    return [
        f"{field} in {path.relative_to(folder)}"
        for path in sorted(p for p in folder.rglob("*") if p.is_file())
        for field, marker in wanted.items()
        if marker in text_of(path)
    ]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], str]:
    """A study of such banners, counted and drawn; the markers; all that the commands printed."""
    folder = tmp_path_factory.mktemp("published")
    mark = Marks()
    write_lines(folder / "a.json", [*marked(mark), "bad " + mark("quarantined line")])
    text = 'title = "t"\nvendors = ["Hikvision", "Dahua"]\nwindow_days = "all"\n[publication]\nmin_hosts = 1\n'
    (folder / "study.toml").write_text(text)
    study = folder / "study.toml"
    said = ""
    for words in (
        ["import", folder / "a.json", "--study", study, "--snapshot", "a"],
        ["run", "--study", study],
        ["report", "--study", study],
        ["status", "--study", study],
        ["verify", "--study", study],
        ["lineage", folder / "report/country_table.csv", "--study", study],
        ["diff", "a", "a", "--study", study],
    ):
        done = camcensus(*words)
        said += done.stdout + done.stderr
    return folder, mark.names, said


def test_no_marker_stands_in_the_report(world: tuple[Path, dict[str, str], str]) -> None:
    folder, names, _ = world
    assert len(names) > 60
    assert leaks(folder / "report", names) == []


def test_no_marker_stands_in_logs_manifests_and_what_is_printed(world: tuple[Path, dict[str, str], str]) -> None:
    folder, names, said = world
    kept = [folder / "data" / "run-log.json", folder / "data" / "a" / "manifest.json"]
    for text in (said, *(path.read_text() for path in kept)):
        assert [field for field, marker in names.items() if marker in text] == []
        assert [known for known in KNOWN if known in text] == []


def test_models_that_the_catalogue_wrote_are_published_and_no_others(world: tuple[Path, dict[str, str], str]) -> None:
    folder, _, _ = world
    rows = pq.read_table(folder / "report" / "counts_public.parquet").to_pylist()
    models = {row["model"] for row in rows if row["model"]}
    assert "DS-2CD2032-I" in models
    assert not [model for model in models if MARK in model]


@pytest.mark.slow
def test_the_search_finds_what_it_should(world: tuple[Path, dict[str, str], str], tmp_path: Path) -> None:
    folder, names, _ = world
    assert any(found.startswith("title in ") for found in leaks(folder / "data" / "a" / "observations.parquet", names))
    shutil.copytree(folder / "report", tmp_path / "report")
    page = tmp_path / "report" / "index.html"
    page.write_text(page.read_text() + names["realm"] + SERIAL)
    assert leaks(tmp_path / "report", names) == ["realm in index.html", f"{SERIAL} in index.html"]


@pytest.mark.slow
def test_values_of_a_census_are_not_published(tmp_path: Path) -> None:
    mark = Marks()
    cameras = [banner(ip_str=f"81.2.7.{n}", ip=None, org=mark("org"), version=mark("version")) for n in range(HOSTS)]
    for camera in cameras:
        camera["http"] |= {"title": mark("title")}
    study = tmp_path / "study.toml"
    study.write_text('title = "t"\nvendors = ["Hikvision"]\n[collect]\nrate = 0\n')
    with Loopback(cameras) as server:
        account = {"SHODAN_API_URL": server.url, "SHODAN_API_KEY": KEY}
        camcensus("collect", "--study", study, "--snapshot", "c", "--mode", "census", **account)
    done = camcensus("run", "--study", study)
    assert page_of(done).is_file()
    assert leaks(tmp_path / "report", mark.names) == []
