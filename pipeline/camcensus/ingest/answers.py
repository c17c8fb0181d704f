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
# Headers that are read, with the letters that they begin with first, which is faster.
_HEADER = re.compile(
    r"\n(?=[sSwWlLuUnN])(server|www-authenticate|location|user-agent|st|nt|usn)[ \t]*:[ \t]*([^\r\n]*)",
    re.IGNORECASE | re.ASCII,
)
Headers = dict[str, list[str]]


def headers_of(head: str) -> Headers:
    """Return what is read of the head of an answer: each header's values, in order."""
    found: Headers = {}
    for name, value in _HEADER.findall("\n" + head[:FAR]):
        found.setdefault(name.lower(), []).append(value)
    return found


def _first(headers: Headers, *names: str) -> str | None:
    """Return the first value that is not empty, of the first of these headers that has one."""
    return next((value for name in names for value in headers.get(name, ()) if value), None)


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
    head, body = parted(text)
    headers = headers_of(head)
    if "usn" in headers and ("st" in headers or "nt" in headers):
        _put_announcement(columns, row, headers)
        return None
    _put_headers("http", columns, row, headers)
    if "location" in headers:
        _put_location(columns, row, _first(headers, "location"))
    if body and body[0] != "<":
        columns.put("block_text", row, _blocks[body])
    return _put_page(columns, row, banner, body)


def parted(text: str) -> tuple[str, str]:
    """Split a web answer at its first empty line."""
    end = text.find("\n\r\n")
    bare = text.find("\n\n", 0, end if end >= 0 else len(text))
    if bare >= 0:
        return text[:bare], text[bare + 2 :]
    return (text[:end], text[end + 3 :]) if end >= 0 else (text, "")


def _put_headers(protocol: str, columns: EvidenceColumns, row: int, headers: Headers) -> None:
    """Put the first server and realm of a head that are not empty, and the authentication schemes."""
    for server in headers.get("server", ()):
        columns.put(f"{protocol}_server", row, server)
    schemes = []
    for value in headers.get("www-authenticate", ()):
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


def _named_in(page: str) -> tuple[str | None, dict[str, str]]:
    """Return the title of a page, and what it says of a device if it is a UPnP description."""
    title = _TITLE.search(page[:FAR])
    return title[1] if title else None, description_of(page)


_challenges, _locations, _blocks = Memo(_challenge), Memo(path_of), Memo(block_text)
_pages = Memo(_named_in)


def _put_page(columns: EvidenceColumns, row: int, banner: Banner, body: str) -> str | None:
    """Put title, favicon and, without a header, the server of a web answer. Return its page."""
    http = banner.http or _NO_HTTP
    page: Any = http.html or banner.html or body
    if not isinstance(page, str):
        page = next((page for page in (banner.html, body) if page and isinstance(page, str)), "")
    title, description = _pages[page]
    columns.put("http_server", row, http.server)
    for found in (http.title, banner.title, title):
        if columns.put("http_title", row, found):
            break
    if http.favicon is not None:
        columns.put("http_favicon", row, favicon_of(http.favicon.hash))
    put_redirects(columns, row, http)
    for column, value in description.items():
        columns.put(column, row, value)
    # The rest of a description is the owner's: the name and the address of the device.
    return None if description else page[: READ + 1] or None


def put_redirects(columns: EvidenceColumns, row: int, http: Http) -> None:
    """Put the path that the engine was redirected to."""
    for step in http.redirects or ():
        _put_location(columns, row, step.location)
    _put_location(columns, row, http.location)


def _put_location(columns: EvidenceColumns, row: int, location: Any) -> None:
    if isinstance(location, str):
        columns.put("http_location", row, _locations[location])


def _put_text(columns: EvidenceColumns, row: int, text: str, column: str) -> None:
    columns.put(column, row, text)


def _put_rtsp(columns: EvidenceColumns, row: int, text: str) -> None:
    _put_headers("rtsp", columns, row, headers_of(text))


def _put_sip(columns: EvidenceColumns, row: int, text: str) -> None:
    columns.put("sip_user_agent", row, _first(headers_of(text), "user-agent", "server"))


def _put_announcement(columns: EvidenceColumns, row: int, headers: Headers) -> None:
    """Put the server and the path of the description of a UPnP announcement, and the device's id."""
    columns.put("ssdp_server", row, _first(headers, "server"))
    _put_location(columns, row, _first(headers, "location"))
    columns.put("upnp_udn", row, (_first(headers, "usn") or "").partition("::")[0])


def _put_ssdp(columns: EvidenceColumns, row: int, text: str) -> None:
    _put_announcement(columns, row, headers_of(text))


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
