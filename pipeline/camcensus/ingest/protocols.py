"""Read the answer itself by its protocol: headers, page, greeting.

Headers and titles come from `data` as well as from the parsed blocks, because probes such as `https-simple-new` leave a
page unparsed.
"""

import re
from collections.abc import Sequence
from typing import Any

from camcensus.ingest.assets import READ
from camcensus.ingest.columns import EvidenceColumns
from camcensus.ingest.text import PAGE, Memo
from camcensus.readers.banner import Banner, Http

FAR = 8 * PAGE  # characters read of a web answer's head, and of a page for its title
_HEADER = re.compile(r"^(server|user-agent)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_REALM = re.compile(r'realm[ \t]*=[ \t]*(?:"([^"]*)"|([^\s,"]+))', re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,128}>([^<]{0,512})", re.IGNORECASE)
_NO_HTTP = Http()
# Headers that are read begin with one of these.
_FIRST = frozenset("sSwW")


def put_answers(columns: EvidenceColumns, banners: Sequence[Banner]) -> None:
    """Fill the columns that are read from the answers; `module` is filled already."""
    pages: list[str | None] = [None] * len(banners)
    modules = columns.filled.get("module") or pages
    for row, (banner, module) in enumerate(zip(banners, modules, strict=True)):
        text = banner.data if isinstance(banner.data, str) else ""
        start = text[:5]
        if start == "RTSP/":
            _put_headers(columns, "rtsp", row, text)
        elif start == "HTTP/":
            head, body = _parted(text)
            _put_headers(columns, "http", row, head)
            pages[row] = _put_page(columns, row, banner, body)
        elif start[:4] == "SIP/":
            headers = dict(reversed([(name.lower(), value) for name, value in _HEADER.findall(text[:PAGE])]))
            columns.put("sip_user_agent", row, headers.get("user-agent") or headers.get("server"))
        elif banner.http or (module and module.startswith("http")):
            pages[row] = _put_page(columns, row, banner, text)
        elif column := _greeting(text, module or "", banner.port):
            columns.put(column, row, text)
    columns.fill_pages(pages)


def _parted(text: str) -> tuple[str, str]:
    """Split a web answer at its first empty line."""
    end = text.find("\n\r\n")
    bare = text.find("\n\n", 0, end if end >= 0 else len(text))
    if bare >= 0:
        return text[:bare], text[bare + 2 :]
    return (text[:end], text[end + 3 :]) if end >= 0 else (text, "")


def _put_headers(columns: EvidenceColumns, protocol: str, row: int, head: str) -> None:
    """Put the first server and realm of a head that are not empty, and the authentication schemes."""
    schemes: list[str] = []
    for line in head[:FAR].split("\n"):
        if line[:1] not in _FIRST:
            continue
        name, colon, rest = line.partition(":")
        name = name.rstrip(" \t").lower()
        value = rest.partition("\r")[0].lstrip(" \t")
        if colon and name == "server":
            columns.put(f"{protocol}_server", row, value)
        elif colon and name == "www-authenticate":
            scheme, realm = _challenges[value]
            schemes.append(scheme)
            columns.put(f"{protocol}_realm", row, realm)
    if schemes:
        columns.put(f"{protocol}_auth", row, " ".join(schemes))


def _challenge(value: str) -> tuple[str, str | None]:
    """Return scheme and realm of a WWW-Authenticate header."""
    realm = _REALM.search(value)
    return value.split(" ", 1)[0], realm[1] or realm[2] if realm else None


_challenges = Memo(_challenge)


def _put_page(columns: EvidenceColumns, row: int, banner: Banner, body: str) -> str | None:
    """Put title, favicon and, without a header, the server of a web answer. Return its page."""
    http = banner.http or _NO_HTTP
    page: Any = next((page for page in (http.html, banner.html, body) if page and isinstance(page, str)), "")
    columns.put("http_server", row, http.server)
    has_title = columns.put("http_title", row, http.title) or columns.put("http_title", row, banner.title)
    if not has_title and page and (match := _TITLE.search(page[:FAR])):
        columns.put("http_title", row, match[1])
    if http.favicon is not None:
        columns.put("http_favicon", row, http.favicon.hash)
    return page[: READ + 1] or None


def _greeting(text: str, module: str, port: Any) -> str | None:
    """Return the column of another answer; None: it is not evidence."""
    if "DHIP" in text[:64]:
        return "dhip_reply"
    if "onvif://" in text:
        return "onvif_scopes"
    if module.startswith("ftp") or (text.startswith("220") and port == 21):
        return "ftp_banner"
    if module.startswith("telnet"):
        return "telnet_banner"
    return "snmp_description" if module.startswith("snmp") else None
