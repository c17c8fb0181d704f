"""The elements that a page names are found wherever they are in it, and nothing of hosts, queries and owners."""

import json
import time

import pytest

from camcensus.ingest.assets import LONGEST, READ, SEPARATOR, assets_of, base_name
from camcensus.ingest.evidence import evidence_of
from camcensus.readers.banner import decode
from tests.conftest import banner

PAGE = """<!DOCTYPE html><html><head><meta name="generator" content="Kestrel Studio 4"><TITLE>
 Kestrel &amp; Co</TITLE><link rel=stylesheet href='http://cdn.example.org/css/kestrel.css?v=77'>
<script src="../js/kestrel.core.js"></script><meta content="(c) Kestrel Optics" name="Copyright">
</head><body><h1>IP <b>Camera</b> KO-2200D of Ms Marple</h1><img src=/img/logo.gif>
<frame src="//10.0.0.7/frames/top.htm#x"><iframe src='left.html'></iframe><form action="/cgi-bin/login.cgi;sid=77" >
<object classid="clsid:{11AA22BB-0000-1111-2222-333344445555}" codebase="/cab/KestrelView.cab#version=1,2" id="KView">
<embed type="application/x-kestrel-player" name='KPlayer' src="a/b/play.swf"><applet code="Eye.class" archive=eye.jar>
<param name="cabbase" value="eye.cab"></applet><script>
var v = new ActiveXObject('Kestrel.View.1'); document.write("<object id=\\"KOld\\">");
var deviceModel = "KO-2200D in the attic", device_type="Dome for Jane", szVersion = "V5.4.1 Jane";</script></body>"""
FOUND = [
    "generator=Kestrel Studio 4", "title=Kestrel & Co", "style=kestrel.css", "script=kestrel.core.js",
    "copyright=(c) Kestrel Optics", "heading=IP Camera KO-2200D", "image=logo.gif", "frame=top.htm", "frame=left.html",
    "form=login.cgi", "plugin=KView", "classid=clsid:11AA22BB-0000-1111-2222-333344445555", "codebase=KestrelView.cab",
    "plugin=KPlayer", "embed=play.swf", "type=application/x-kestrel-player", "applet=Eye.class", "applet=eye.jar",
    "applet=eye.cab", "activex=Kestrel.View.1", "plugin=KOld", "model=KO-2200D", "type=Dome", "version=V5.4.1",
]  # fmt: skip


def found_in(page: str) -> list[str]:
    """The elements of a page that is not cut."""
    assets, is_cut = assets_of(page)
    assert not is_cut
    return (assets or "").split(SEPARATOR) if assets else []


def test_every_listed_element_is_found() -> None:
    assert sorted(found_in(PAGE)) == sorted(FOUND)
    assert found_in(PAGE)[:4] == FOUND[:4]


def test_an_element_is_found_far_into_a_page_and_no_further_than_is_read() -> None:
    plugin = '<object id="KView">'
    assert found_in("x" * (READ - 40) + plugin) == ["plugin=KView"]
    assert assets_of("x" * READ + plugin) == (None, True)
    assert assets_of("é" * 100_000 + plugin) == ("plugin=KView", False)


def test_what_is_repeated_is_kept_once() -> None:
    assert found_in('<img src="a.gif">' * 900 + "<img src='b/a.gif'><img src=c.gif>") == ["image=a.gif", "image=c.gif"]


def test_too_many_elements_are_cut_at_a_whole_one() -> None:
    assets, is_cut = assets_of("".join(f"<script src=s{n:04}.js>" for n in range(2000)))
    assert is_cut
    assert assets is not None
    assert LONGEST - 40 < len(assets) <= LONGEST
    assert assets.endswith(".js")


@pytest.mark.parametrize(
    "value",
    [
        "http://cam.example.org/", "https://cam.example.org", "//cam.example.org", "javascript:go(1)",
        "mailto:a@b.example", "data:image/png;base64,AAAA", "' + url + '", "/folder/", "..", "?session=1", "",
        "a b.gif", "x" * 97, "k2n4f8s0d9f7g6h5j4k3l2m1n0b9v8c7.htm", "0123456789abcdef0123.js",
    ],
)  # fmt: skip
def test_what_is_no_base_name(value: str) -> None:
    assert base_name(value.encode()) == ""


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("http://cam.example.org:8080/a/b.cgi?u=joe&p=1", "b.cgi"), ("\\web\\cab\\view.ocx", "view.ocx"),
        ("view.cab#version=1,0,0,1", "view.cab"), ("login", "login"), ("/a/login.asp;jsessionid=99", "login.asp"),
    ],
)  # fmt: skip
def test_the_base_name_of_a_path(value: str, name: str) -> None:
    assert base_name(value.encode()) == name


@pytest.mark.parametrize(
    "page",
    [
        "", "<p>a camera</p>", "<imgx src=a.gif>", "<img alt='src=a.gif'>", "codebase", "clsid:1", "var remodel = 1",
        "<h1>Ms Marple's attic, 12 High Street</h1>", 'var model = "Jane"', "<meta name=author content=Jane>",
        "<object", "<title", "<script src=", "new ActiveXObject(name)", "<head><html1>",
        "<input type=text name=user value=jane>",
    ],
)  # fmt: skip
def test_pages_without_such_elements(page: str) -> None:
    assert found_in(page) == []


def test_a_page_that_begins_or_breaks_off_within_an_element() -> None:
    assert found_in('"KView" codebase="view.cab#version=1"></object><img src="a.gif"><script src="b.js') == [
        "codebase=view.cab", "image=a.gif", "script=b.js",
    ]  # fmt: skip


HOSTILE = (
    "<img ", '<img src="', "<h1>", "<h1 a", "<h1><b", "<object id=", 'model="', "codebase", "codebase=", "<title>",
    "clsid:", '<meta name="', "application/x-", 'activexobject("', "<script src=a/", "<h1><", "<", "=", '"', '\\"',
    "<input a='", "model", "<title a>", "aa=", "<param name=x ", "<applet\n",
)  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("filling", ["", "{:06}", "<!--{}-->"])
def test_no_page_makes_it_slow(piece: str, filling: str) -> None:
    page = "".join(piece + filling.format(n) for n in range(READ // len(piece + filling)))
    start = time.process_time()
    assets_of(page)
    assert time.process_time() - start < 1


def test_a_banner_has_them_as_evidence_without_personal_text() -> None:
    page = (
        "<p>"
        + "x" * 5000
        + '<script src="kestrel.js"><title>User name: jane</title><title>jane@mail.example.org</title>'
    )
    found = evidence_of(decode(json.dumps(banner(http={"html": page})).encode()))
    assert found["http_assets"].startswith("script=kestrel.js | title=User name: ")
    assert "jane" not in found["http_assets"]
    assert "kestrel" not in found["http_html"]
