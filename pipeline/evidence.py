"""From a banner to its evidence: the few bounded strings that signatures are held against.

Everything here is a pure function of one banner. Headers and titles are read from `data` as well as from the parsed
blocks, because probes such as `https-simple-new` leave a page unparsed.
"""

import re
from typing import Any

from pipeline import privacy
from pipeline.banner import Banner, Http

# Longest evidence kept, in characters. What is matched is bounded here, so no pattern can be made to run long.
SHORT = 256
GREETING = 512
PAGE = 2048

_HEADER = re.compile(r"^(server|www-authenticate|user-agent)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_REALM = re.compile(r'realm[ \t]*=[ \t]*(?:"([^"]*)"|([^\s,"]+))', re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,128}>([^<]{0,512})", re.IGNORECASE)
# Control characters and the marks that turn the direction of text; other scripts stay as they are.
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_HEAD_END = re.compile(r"\r?\n\r?\n")
_NAME_PARTS = ("CN", "OU", "O", "L", "ST", "C")
BLOCKS = ("hikvision", "dahua", "dahua_dvr_web", "ip_camera", "upnp")

Evidence = dict[str, str]


def evidence_of(banner: Banner) -> Evidence:
    """The banner's evidence: column of `tables.EVIDENCE` to text. What is absent has no key."""
    found: Evidence = {}
    _put(found, "module", banner.shodan.module if banner.shodan else None, SHORT)
    _put(found, "product", banner.product, SHORT)
    _put(found, "devicetype", banner.devicetype, SHORT)
    _put(found, "cpe", _joined(banner.cpe23) or _joined(banner.cpe), GREETING)
    _put(found, "tags", _joined(banner.tags), SHORT)
    _blocks(found, banner)
    _certificate(found, banner)
    _answer(found, banner)
    return found


def text_of(value: Any) -> str | None:
    """A scalar as text without control characters; None for what is not a scalar, for booleans and for nothing."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    else:
        text = str(value)
    if not text.isprintable():
        text = _CONTROL.sub(" ", text)
    return text.strip() or None


def _put(found: Evidence, column: str, value: Any, longest: int) -> None:
    if value is None:
        return
    text = text_of(value[: longest + 64] if isinstance(value, str) else value)
    if text:
        found[column] = text if len(text) <= longest else text[:longest].rstrip()


def _joined(value: list[Any] | str | None) -> str | None:
    if isinstance(value, str) or value is None:
        return value
    return " ".join(v for v in value if isinstance(v, str)) or None


def _blocks(found: Evidence, banner: Banner) -> None:
    """The parsed camera blocks: which there are, and their technical fields."""
    blocks = (banner.hikvision, banner.dahua, banner.dahua_dvr_web, banner.ip_camera, banner.upnp)
    present = [name for name, block in zip(BLOCKS, blocks, strict=True) if block is not None]
    if banner.mac:
        first = banner.mac if isinstance(banner.mac, str) else min(banner.mac)
        _put(found, "mac", first, SHORT)
    if not present:
        return
    found["block"] = " ".join(present)
    for name in present:
        block = getattr(banner, name)
        for field in block.__struct_fields__:
            _put(found, f"{name}_{field}", getattr(block, field), SHORT)


def _certificate(found: Evidence, banner: Banner) -> None:
    cert = banner.ssl.cert if banner.ssl else None
    if cert is None:
        return
    _put(found, "cert_subject", _distinguished_name(cert.subject), GREETING)
    _put(found, "cert_issuer", _distinguished_name(cert.issuer), GREETING)


def _distinguished_name(parts: dict[str, Any] | None) -> str | None:
    if not parts:
        return None
    return ",".join(f"{key}={text}" for key in _NAME_PARTS if (text := text_of(parts.get(key))))


def _answer(found: Evidence, banner: Banner) -> None:
    """The answer itself, by the protocol it speaks."""
    data = banner.data if isinstance(banner.data, str) else ""
    module = found.get("module", "")
    if data.startswith("RTSP/"):
        _headers(found, "rtsp", data)
    elif data.startswith("SIP/"):
        headers = dict(reversed([(k.lower(), v) for k, v in _HEADER.findall(data[:PAGE])]))
        _put(found, "sip_user_agent", headers.get("user-agent") or headers.get("server"), SHORT)
    elif data.startswith("HTTP/") or banner.http or module.startswith("http"):
        _web(found, banner, data)
    elif "DHIP" in data[:64]:
        _put(found, "dhip_reply", privacy.dhip_reply(data[:PAGE]), GREETING)
    elif "onvif://" in data:
        _put(found, "onvif_scopes", privacy.onvif_scopes(data), GREETING)
    elif module.startswith("ftp") or (data.startswith("220") and banner.port == 21):
        _put(found, "ftp_banner", _scrubbed(data, GREETING), GREETING)
    elif module.startswith("telnet"):
        _put(found, "telnet_banner", _scrubbed(data, GREETING), GREETING)
    elif module.startswith("snmp"):
        _put(found, "snmp_description", privacy.snmp_description(data[: 2 * GREETING]), GREETING)


def _scrubbed(text: str, longest: int) -> str:
    """The start of a text, scrubbed; a little more than is kept, so that nothing personal is cut before it is seen."""
    return privacy.scrub(text[: longest + GREETING])


def _headers(found: Evidence, protocol: str, head: str) -> None:
    """Server, realm and authentication schemes out of a head; the first of each that says something."""
    schemes: list[str] = []
    for name, value in _HEADER.findall(head):
        if name.lower() == "server":
            if f"{protocol}_server" not in found:
                _put(found, f"{protocol}_server", value, SHORT)
        elif name.lower() == "www-authenticate":
            schemes.append(value.split(" ", 1)[0])
            realm = _REALM.search(value)
            if realm and f"{protocol}_realm" not in found:
                _put(found, f"{protocol}_realm", realm[1] or realm[2], SHORT)
    _put(found, f"{protocol}_auth", " ".join(schemes), SHORT)


def _web(found: Evidence, banner: Banner, data: str) -> None:
    http = banner.http or Http()
    head, *rest = _HEAD_END.split(data, maxsplit=1) if data.startswith("HTTP/") else ("", data)
    body = rest[0] if rest else ""
    _headers(found, "http", head)
    if "http_server" not in found:
        _put(found, "http_server", http.server, SHORT)
    page = next((p for p in (http.html, banner.html, body) if isinstance(p, str) and p), "")
    title = text_of(http.title) or text_of(banner.title)
    if title is None and (match := _TITLE.search(page[: 8 * PAGE])):
        title = match[1]
    _put(found, "http_title", title, SHORT)
    _put(found, "http_html", _scrubbed(page, PAGE), PAGE)
    if http.favicon is not None:
        _put(found, "http_favicon", http.favicon.hash, SHORT)
