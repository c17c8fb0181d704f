"""List the elements of a web page that its maker named: scripts, images, plug-ins, headings; wherever they are in it.

A login page has thousands of characters of styles before its plug-in, so the start of a page shows little of what it
is. All key words are looked for in one pass; what follows one is read with patterns whose repeats are bounded, so the
time is linear in the page, whatever is in it. A page is read as text, not as a tree: what scripts write and comments
hide counts too, and broken or cut markup gives what is whole in it.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

import ahocorasick_rs

from camcensus.core.surveillance_words import known_words
from camcensus.ingest.text import Memo

READ = 256 << 10  # characters of a page
LONGEST = 4096  # characters kept of a page's elements
NAME = 96  # characters of one base name
SEPARATOR = " | "
_TAG = re.compile(rb"(?=[\s/>])[^<>]{0,2048}")
_ATTRIBUTE = re.compile(
    rb"""([a-z]{2,10})\s{0,4}=\s{0,4}(?:\\?"([^"<>]{0,1024})|\\?'([^'<>]{0,1024})|([^\s"'<>\\]{1,256}))""",
    re.IGNORECASE,
)
_VALUE = re.compile(rb"""\s{0,4}[:=,]?\s{0,4}\\?["']?([^"'<>\s\\]{1,256})""")
_TITLE = re.compile(rb"[^<>]{0,128}>\s{0,64}([^<]{1,512})")
_HEADING = re.compile(rb"(?=[\s>])[^<>]{0,256}>((?:[^<]|<(?!/?h)){1,512})", re.IGNORECASE)
_CALL = re.compile(rb"""\s{0,4}\(\s{0,4}\\?["']([\w.-]{1,64})\\?["']""")
_TYPE = re.compile(rb"[\w.+-]{1,48}")
_VARIABLE = re.compile(
    rb"""(?:name|str|_?no|number)?["']?\s{0,4}[:=]\s{0,4}["']([^"'<>\\\r\n]{1,64})["']""", re.IGNORECASE
)
_CLSID = re.compile(r"clsid:\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_BASE_NAME = re.compile(rf"[\w.+~-]{{1,{NAME}}}")
# A run of letters and digits like these names a session or a build, not a file.
_TOKEN = re.compile(r"(?=[a-z_-]{0,64}[0-9])[0-9a-z_-]{32,}|(?=[a-f]{0,64}[0-9])[0-9a-f]{16,}", re.IGNORECASE)
_PARAMETERS = frozenset({b"cabbase", b"archive", b"code", b"codebase", b"src", b"movie", b"filename"})
_META = {b"generator": "generator", b"copyright": "copyright"}
# Tag: attribute to kind, for attributes whose base name is kept.
_FILES = {
    b"<script": {b"src": "script"},
    b"<link": {b"href": "style"},
    b"<img": {b"src": "image"},
    b"<input": {b"src": "image"},
    b"<frame": {b"src": "frame"},
    b"<iframe": {b"src": "frame"},
    b"<form": {b"action": "form"},
    b"<embed": {b"src": "embed"},
    b"<applet": {b"code": "applet", b"archive": "applet"},
    b"<object": {b"data": "object"},
}
_PLUGINS = frozenset({b"<object", b"<embed", b"<applet"})
_VARIABLES = {
    **dict.fromkeys((b"model", b"modelname", b"model_name", b"devmodel", b"productmodel"), "model"),
    **dict.fromkeys((b"devicetype", b"device_type", b"devtype", b"dev_type", b"producttype", b"product_type"), "type"),
    **dict.fromkeys(
        (b"softwareversion", b"software_version", b"firmwareversion", b"firmware_version", b"deviceversion",
         b"device_version", b"webversion", b"web_version", b"szversion", b"sysversion", b"firmware"), "version",
    ),
}  # fmt: skip
Found = Iterator[tuple[str, str]]


def assets_of(page: str) -> tuple[str | None, bool]:
    """Return the listed elements of a page as `kind=name`, in order and each once, and whether some were cut."""
    text = page[:READ].encode("utf-8", "replace")
    lower = text.lower()
    keys, automaton = _automaton()
    kept: dict[str, None] = {}
    seen: set[bytes] = set()
    size = 0
    for number, start, end in automaton.find_matches_as_indexes(lower):
        key = keys[number]
        if lower[end : end + 1] == b">" and key in _FILES:
            continue  # it has no attributes
        near = lower[start : end + 192]
        if near in seen:
            continue
        seen.add(near)
        for kind, name in _found(key, text, end):
            element = f"{kind}={name}"
            if name and element not in kept:
                size += len(element) + (len(SEPARATOR) if kept else 0)
                if size > LONGEST:
                    return SEPARATOR.join(kept) or None, True
                kept[element] = None
    return SEPARATOR.join(kept) or None, len(page) > READ


def base_name(value: bytes) -> str:
    """Return the last part of a path, without folders, host, query, fragment or token; empty: there is none."""
    path = re.split(r"[?#;]", _text(value).strip(" \\"), maxsplit=1)[0].replace("\\", "/")
    scheme, colon, rest = path.partition(":")
    if colon and "/" not in scheme:
        if not rest.startswith("//"):
            return ""
        path = rest
    if path.startswith("//"):
        path = path[2:].partition("/")[2]
    name = path.rpartition("/")[2]
    return name if _BASE_NAME.fullmatch(name) and not _TOKEN.search(name) and name.strip(".") else ""


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _found(key: bytes, text: bytes, end: int) -> Iterable[tuple[str, str]]:
    """Return what a key word shows that ends at `end`: kinds and names."""
    if reader := _OTHERS.get(key):
        return reader(key, text, end)
    tag = _TAG.match(text, end)
    return _TAGS[key, tag[0]] if tag else ()


def _read_tag(tag: tuple[bytes, bytes]) -> list[tuple[str, str]]:
    """Return what a tag shows, from its beginning and the rest of it."""
    key, rest = tag
    parts = _ATTRIBUTE.findall(rest)
    attributes = [(name.lower(), (double or single or bare).rstrip(b"\\")) for name, double, single, bare in parts]
    if key in _FILES:
        return list(_read_files(key, attributes))
    found = dict(attributes)
    name = found.get(b"name", b"").lower()
    if key == b"<param":
        return [("applet", base_name(found.get(b"value", b"")))] if name in _PARAMETERS else []
    return [(_META[name], _plain(found.get(b"content", b"")))] if name in _META else []


def _read_files(key: bytes, attributes: Iterable[tuple[bytes, bytes]]) -> Found:
    kinds = _FILES[key]
    for name, value in attributes:
        if name in kinds:
            yield kinds[name], base_name(value)
        elif name in (b"id", b"name") and key in _PLUGINS:
            yield "plugin", base_name(value)


def _read_title(_: bytes, text: bytes, end: int) -> Found:
    if found := _TITLE.match(text, end):
        yield "title", _TITLES[found[1]]


def _read_heading(_: bytes, text: bytes, end: int) -> Found:
    if found := _HEADING.match(text, end):
        yield "heading", _HEADINGS[found[1]]


def _read_codebase(_: bytes, text: bytes, end: int) -> Found:
    if found := _VALUE.match(text, end):
        yield "codebase", base_name(found[1])


def _read_clsid(_: bytes, text: bytes, end: int) -> Found:
    if found := _CLSID.match(_text(text[end - len("clsid:") : end + 64])):
        yield "classid", found[0].replace("{", "")


def _read_activex(_: bytes, text: bytes, end: int) -> Found:
    if found := _CALL.match(text, end):
        yield "activex", _text(found[1])


def _read_type(key: bytes, text: bytes, end: int) -> Found:
    if found := _TYPE.match(text, end):
        yield "type", _text(key + found[0])


def _read_variable(key: bytes, text: bytes, end: int) -> Found:
    if found := _VARIABLE.match(text, end):
        yield _VARIABLES[key], known_words(_plain(found[1]))


_OTHERS: dict[bytes, Callable[[bytes, bytes, int], Found]] = {
    b"<title": _read_title,
    b"<h1": _read_heading,
    b"<h2": _read_heading,
    b"<h3": _read_heading,
    b"codebase": _read_codebase,
    b"clsid:": _read_clsid,
    b"activexobject": _read_activex,
    b"application/x-": _read_type,
    **dict.fromkeys(_VARIABLES, _read_variable),
}


def _plain(value: bytes) -> str:
    """Return text of a page without entities and line breaks."""
    return " ".join(html.unescape(_text(value)).replace(SEPARATOR.strip(), " ").split())[:256]


def _heading(value: bytes) -> str:
    return known_words(_plain(re.sub(rb"<[^<>]{0,256}>?", b" ", value)))


# Most pages name the same as others.
_TAGS, _TITLES, _HEADINGS = Memo(_read_tag), Memo(_plain), Memo(_heading)


@cache
def _automaton() -> tuple[list[bytes], ahocorasick_rs.BytesAhoCorasick]:
    keys = [*_FILES, b"<meta", b"<param", *_OTHERS]
    return keys, ahocorasick_rs.BytesAhoCorasick(
        keys,
        matchkind=ahocorasick_rs.MatchKind.LeftmostLongest,
        implementation=ahocorasick_rs.Implementation.DFA,
    )
