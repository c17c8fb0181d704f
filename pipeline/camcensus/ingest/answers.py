"""Read the answer itself by its protocol: headers, page, greeting, description.

Headers and titles come from `data` as well as from the parsed blocks, because probes such as `https-simple-new` leave a
page unparsed.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from camcensus.ingest.assets import READ
from camcensus.ingest.columns import EvidenceColumns
from camcensus.ingest.discovery import block_text, description_of, endpoint_of, onvif_types, path_of
from camcensus.ingest.fields import favicon_of
from camcensus.ingest.macs import mac_in
from camcensus.ingest.protocols import Protocol, description_in, protocol_of, without_negotiation
from camcensus.ingest.text import PAGE, Memo
from camcensus.readers.banner import Banner, Http

FAR = 8 * PAGE  # characters read of a web answer's head, and of a page for its title
_REALM = re.compile(
    r'realm[ \t]{0,8}=[ \t]{0,8}(?:"(?P<quoted>[^"]{0,512})"|(?P<bare>[^,"\r\n]{1,256}))', re.IGNORECASE
)
_NEXT_PARAMETER = re.compile(r"\s(?:nonce|qop|algorithm|stale|opaque|domain|charset)=.*", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,128}>([^<]{0,512})", re.IGNORECASE)
_NO_HTTP = Http()
# Headers that are read, and the letters that they begin with.
_HEADERS = frozenset({"server", "www-authenticate", "location", "user-agent", "st", "nt", "usn"})
_FIRST = frozenset("sSwWlLuUnN")


class Heads:
    """What is read of the head of an answer: each header's values, in order."""

    def __init__(self, head: str) -> None:
        self._values: dict[str, list[str]] = {}
        for line in head[:FAR].split("\n"):
            if line[:1] not in _FIRST:
                continue
            name, colon, rest = line.partition(":")
            name = name.rstrip(" \t").lower()
            if colon and name in _HEADERS:
                self._values.setdefault(name, []).append(rest.partition("\r")[0].lstrip(" \t"))

    def all(self, name: str) -> Sequence[str]:
        """Return the values of a header."""
        return self._values.get(name, ())

    def first(self, *names: str) -> str | None:
        """Return the first value that is not empty, of the first of these headers that has one."""
        return next((value for name in names for value in self.all(name) if value), None)

    @property
    def is_ssdp(self) -> bool:
        """Whether the head announces a UPnP service: its target and its unique name."""
        return bool((self.all("st") or self.all("nt")) and self.all("usn"))


def put_answers(columns: EvidenceColumns, banners: Sequence[Banner]) -> None:
    """Fill the columns that are read from the answers; `module` is filled already."""
    pages: list[str | None] = [None] * len(banners)
    modules = columns.filled.get("module") or pages
    for row, (banner, module) in enumerate(zip(banners, modules, strict=True)):
        text = banner.data if isinstance(banner.data, str) else ""
        if text[:1] in "\r\n ":
            text = text.lstrip("\r\n ")
        protocol = protocol_of(text, module or "", banner.port)
        if protocol == "http":
            pages[row] = _put_web(columns, row, banner, text)
            continue
        if banner.http:
            pages[row] = _put_page(columns, row, banner, "" if protocol else text)
        if protocol:
            _READERS[protocol](columns, row, text)
    columns.fill_pages(pages)


def _put_web(columns: EvidenceColumns, row: int, banner: Banner, text: str) -> str | None:
    """Put what a web answer shows: its headers and page, or a UPnP announcement. Return its page."""
    if text[:5] != "HTTP/":
        return _put_page(columns, row, banner, text)
    head, body = _parted(text)
    heads = Heads(head)
    if heads.is_ssdp:
        _put_announcement(columns, row, heads)
        return None
    _put_headers("http", columns, row, heads)
    if location := heads.first("location"):
        columns.put("http_location", row, _locations[location])
    if body and body[0] != "<":
        columns.put("block_text", row, block_text(body))
    return _put_page(columns, row, banner, body)


def _parted(text: str) -> tuple[str, str]:
    """Split a web answer at its first empty line."""
    end = text.find("\n\r\n")
    bare = text.find("\n\n", 0, end if end >= 0 else len(text))
    if bare >= 0:
        return text[:bare], text[bare + 2 :]
    return (text[:end], text[end + 3 :]) if end >= 0 else (text, "")


def _put_headers(protocol: str, columns: EvidenceColumns, row: int, heads: Heads) -> None:
    """Put the first server and realm of a head that are not empty, and the authentication schemes."""
    for server in heads.all("server"):
        columns.put(f"{protocol}_server", row, server)
    schemes = []
    for value in heads.all("www-authenticate"):
        scheme, realm = _challenges[value]
        schemes.append(scheme)
        columns.put(f"{protocol}_realm", row, realm)
    if schemes:
        columns.put(f"{protocol}_auth", row, " ".join(schemes))


def _challenge(value: str) -> tuple[str, str | None]:
    """Return scheme and realm of a WWW-Authenticate header."""
    realm = _REALM.search(value)
    scheme = value.split(" ", 1)[0]
    if not realm:
        return scheme, None
    # A bare realm may have spaces; old cameras write such.
    return scheme, realm["quoted"] or _NEXT_PARAMETER.sub("", realm["bare"] or "").strip() or None


_challenges = Memo(_challenge)
_locations = Memo(path_of)


def _put_page(columns: EvidenceColumns, row: int, banner: Banner, body: str) -> str | None:
    """Put title, favicon and, without a header, the server of a web answer. Return its page."""
    http = banner.http or _NO_HTTP
    page: Any = next((page for page in (http.html, banner.html, body) if page and isinstance(page, str)), "")
    columns.put("http_server", row, http.server)
    has_title = columns.put("http_title", row, http.title) or columns.put("http_title", row, banner.title)
    if not has_title and page and (match := _TITLE.search(page[:FAR])):
        columns.put("http_title", row, match[1])
    if http.favicon is not None:
        columns.put("http_favicon", row, favicon_of(http.favicon.hash))
    if http.location or http.redirects:
        for found in (*(step.location for step in http.redirects or ()), http.location):
            if isinstance(found, str):
                columns.put("http_location", row, _locations[found])
    # The rest of a description is the owner's: the name and the address of the device.
    return None if page and _put_description(columns, row, page) else page[: READ + 1] or None


def _put_text(columns: EvidenceColumns, row: int, text: str, column: str) -> None:
    columns.put(column, row, text)


def _put_rtsp(columns: EvidenceColumns, row: int, text: str) -> None:
    _put_headers("rtsp", columns, row, Heads(text))


def _put_sip(columns: EvidenceColumns, row: int, text: str) -> None:
    columns.put("sip_user_agent", row, Heads(text).first("user-agent", "server"))


def _put_announcement(columns: EvidenceColumns, row: int, heads: Heads) -> None:
    """Put the server and the path of the description of a UPnP announcement, and the device's id."""
    columns.put("ssdp_server", row, heads.first("server"))
    columns.put("http_location", row, _locations[heads.first("location")])
    columns.put("upnp_udn", row, (heads.first("usn") or "").partition("::")[0])


def _put_ssdp(columns: EvidenceColumns, row: int, text: str) -> None:
    _put_announcement(columns, row, Heads(text))


def _put_description(columns: EvidenceColumns, row: int, text: str) -> bool:
    """Put the root device of a UPnP description. Return whether the text is one."""
    found = description_of(text)
    for column, value in found.items():
        columns.put(column, row, value)
    return bool(found)


def _put_onvif(columns: EvidenceColumns, row: int, text: str) -> None:
    columns.put("onvif_types", row, onvif_types(text))
    columns.put("onvif_scopes", row, text)
    columns.put("mac", row, mac_in(endpoint_of(text)))


def _put_telnet(columns: EvidenceColumns, row: int, text: str) -> None:
    columns.put("telnet_banner", row, without_negotiation(text))


def _put_snmp(columns: EvidenceColumns, row: int, text: str) -> None:
    columns.put("snmp_description", row, description_in(text))


_READERS: dict[Protocol, Callable[[EvidenceColumns, int, str], object]] = {
    "rtsp": _put_rtsp,
    "sip": _put_sip,
    "ssdp": _put_ssdp,
    "upnp": _put_description,
    "onvif": _put_onvif,
    "dhip": partial(_put_text, column="dhip_reply"),
    "ftp": partial(_put_text, column="ftp_banner"),
    "telnet": _put_telnet,
    "snmp": _put_snmp,
}
