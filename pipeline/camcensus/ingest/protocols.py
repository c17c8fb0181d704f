"""Read the answer itself by its protocol: headers, page, greeting.

Headers and titles come from `data` as well as from the parsed blocks, because probes such as `https-simple-new` leave a
page unparsed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from camcensus.ingest import privacy
from camcensus.ingest.pages import START, clean_pages
from camcensus.ingest.text import GREETING, PAGE, SHORT, Memo, TextColumns, cut, cutter
from camcensus.readers.banner import Http

FAR = 8 * PAGE  # characters read of a web answer's head, and of a page for its title
_HEADER = re.compile(r"^(server|user-agent)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_REALM = re.compile(r'realm[ \t]*=[ \t]*(?:"([^"]*)"|([^\s,"]+))', re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,128}>([^<]{0,512})", re.IGNORECASE)
_NO_HTTP = Http()
# Headers that are read begin with one of these.
_FIRST = frozenset("sSwW")
_short = cutter(SHORT)


@dataclass(frozen=True)
class Answers:
    """The parts of answers, with a cell for each banner; `module` is cleaned, the others are raw."""

    module: Sequence[str | None]
    data: Sequence[Any]
    http: Sequence[Http | None]
    port: Sequence[Any]
    title: Sequence[Any]
    html: Sequence[Any]


def add_answers(columns: TextColumns, answers: Answers) -> None:
    """Fill the columns that are read from the answers."""
    web: list[int] = []
    bodies: list[str] = []
    for row, (data, http, module) in enumerate(zip(answers.data, answers.http, answers.module, strict=True)):
        text = data if isinstance(data, str) else ""
        start = text[:5]
        if start == "RTSP/":
            _put_headers(columns, "rtsp", row, text)
        elif start == "HTTP/":
            head, body = _parted(text)
            _put_headers(columns, "http", row, head)
            web.append(row)
            bodies.append(body)
        elif start[:4] == "SIP/":
            _put_sip(columns, row, text)
        elif http or (module and module.startswith("http")):
            web.append(row)
            bodies.append(text)
        else:
            _put_greeting(columns, row, text, module or "", answers.port[row])
    if web:
        _put_pages(columns, answers, web, bodies)


def _parted(text: str) -> tuple[str, str]:
    """Split a web answer at its first empty line."""
    end = text.find("\n\r\n")
    bare = text.find("\n\n", 0, end if end >= 0 else len(text))
    if bare >= 0:
        return text[:bare], text[bare + 2 :]
    return (text[:end], text[end + 3 :]) if end >= 0 else (text, "")


def _put_headers(columns: TextColumns, protocol: str, row: int, head: str) -> None:
    """Put the first server and realm of a head that are not empty, and the authentication schemes."""
    server = realm = None
    schemes: list[str] = []
    for line in head[:FAR].split("\n"):
        if line[:1] not in _FIRST:
            continue
        name, colon, rest = line.partition(":")
        name = name.rstrip(" \t").lower()
        if not colon or name not in ("server", "www-authenticate"):
            continue
        value = rest.partition("\r")[0].lstrip(" \t")
        if name == "server":
            server = server or _short[value]
        else:
            scheme, found = _challenges[value]
            schemes.append(scheme)
            realm = realm or found
    columns.put(f"{protocol}_server", row, server)
    if schemes:
        columns.put(f"{protocol}_realm", row, realm)
        columns.put(f"{protocol}_auth", row, _short[" ".join(schemes)])


def _challenge(value: str) -> tuple[str, str | None]:
    """Return scheme and realm of a WWW-Authenticate header."""
    realm = _REALM.search(value)
    return value.split(" ", 1)[0], cut(realm[1] or realm[2], SHORT) if realm else None


_challenges = Memo(_challenge)


def _put_sip(columns: TextColumns, row: int, text: str) -> None:
    headers = dict(reversed([(name.lower(), value) for name, value in _HEADER.findall(text[:PAGE])]))
    columns.put("sip_user_agent", row, cut(headers.get("user-agent") or headers.get("server"), SHORT))


def _put_greeting(columns: TextColumns, row: int, text: str, module: str, port: Any) -> None:
    if "DHIP" in text[:64]:
        columns.put("dhip_reply", row, cut(privacy.dhip_reply(text[:PAGE]), GREETING))
    elif "onvif://" in text:
        columns.put("onvif_scopes", row, cut(privacy.onvif_scopes(text), GREETING))
    elif module.startswith("ftp") or (text.startswith("220") and port == 21):
        columns.put("ftp_banner", row, _scrubbed(text, GREETING))
    elif module.startswith("telnet"):
        columns.put("telnet_banner", row, _scrubbed(text, GREETING))
    elif module.startswith("snmp"):
        columns.put("snmp_description", row, cut(privacy.start_of(text, GREETING, privacy.snmp_description), GREETING))


def _scrubbed(text: str, longest: int) -> str | None:
    """Scrub the start of a text; more than is kept, so that no personal data is cut in half."""
    return cut(privacy.start_of(text, longest), longest)


def _put_pages(columns: TextColumns, answers: Answers, web: list[int], bodies: list[str]) -> None:
    """Put title, page, favicon and, without a header, the server of web answers, which are the rows in `web`."""
    servers, titles = columns.column("http_server"), columns.column("http_title")
    starts: list[str | None] = [None] * columns.rows
    for row, body in zip(web, bodies, strict=True):
        http = answers.http[row] or _NO_HTTP
        if servers[row] is None and http.server is not None:
            servers[row] = _once(http.server)
        page: Any = http.html
        if not (page and isinstance(page, str)):
            page = next((p for p in (answers.html[row], body) if p and isinstance(p, str)), "")
        title = _once(http.title) or _once(answers.title[row])
        if title is None and page and (match := _TITLE.search(page[:FAR])):
            title = _short[match[1]]
        titles[row] = title
        starts[row] = page[:START] or None
        if http.favicon is not None:
            columns.put("http_favicon", row, _once(http.favicon.hash))
    columns.ready["http_html"] = clean_pages(starts)


def _once(value: Any) -> str | None:
    """Cut to a short text; cached for strings."""
    return _short[value] if isinstance(value, str) else cut(value, SHORT)
