"""Answers of a product's ports, in the layout of Shodan, with `$names` where devices differ.

A variant of a device removes or replaces pieces: `hidden` (no headers and texts), `retitled` (another title),
`reskinned` (a page and an icon that are not in the catalogue).
"""

import functools
import json
import tomllib
import zlib
from dataclasses import dataclass
from string import Template
from typing import Any

from camcensus.core.resources import bundled
from camcensus.validation.simulate.products import FOLDER, Product

Banner = dict[str, Any]
PERSONAL = "PERSONAL-MARKER"  # fills every field that a person would fill in; ingest must drop it
TITLES = ("Login", "Web Client", "Remote Access", "Welcome", "System", "Home", "Index")
UDP = frozenset({"snmp", "upnp", "onvif", "sip", "dhip"})
MODULES = {
    "web": "http", "https": "https", "rtsp": "rtsp-tcp", "sdk": "dahua-dvr", "lpd": "line-printer-daemon",
}  # fmt: skip
DATED = ("nginx", "apache", "lighttpd", "boa")  # servers that send a Date header


@dataclass(frozen=True)
class AnswerSpec:
    """What determines an answer, apart from the device's own numbers.

    `layout`: "plain" until 2023, then "new"; or the second engine's. `is_parsed`, `is_guessed`: whether the engine
    parsed the page, or named a product.
    """

    product: Product
    service: int
    variant: str
    layout: str
    is_parsed: bool
    is_guessed: bool

    @property
    def kind(self) -> str:
        """Return the protocol."""
        return self.product.services[self.service].kind


@dataclass(frozen=True)
class Answer:
    """A banner without address, time and place, and which pieces of the product's text are in it.

    `sample`: the banner of one device, with a model and a firmware, which search queries are matched with.
    """

    banner: Banner
    sample: Banner
    pieces: frozenset[str]
    module: str
    transport: str


@functools.cache
def answer(spec: AnswerSpec) -> Answer:
    """Return what a port answers. Shared: do not change it."""
    pieces = _Pieces(spec)
    kind = spec.kind
    if kind in ("web", "https"):
        banner = _web(pieces, secure=kind == "https")
    elif kind == "rtsp":
        banner = _rtsp(pieces)
    elif kind == "sdk":
        pieces.used |= {"sdk", "block"}
        banner = {"data": "\\xb0\\x00\\x00\\x58 $serial", "dahua": _texts()["blocks"]["dahua"]}
    elif kind == "upnp":
        pieces.used.add("upnp")
        block = _texts()["blocks"]["upnp"] | spec.product.pieces.get("upnp", {})
        banner = {"data": "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nEXT:\r\n\r\n", "upnp": block}
    else:
        banner = {"data": pieces.text(kind)}
    transport = "udp" if kind in UDP else "tcp"
    return Answer(banner, _sample(banner, spec.product), frozenset(pieces.used), MODULES.get(kind, kind), transport)


def _sample(banner: Banner, product: Product) -> Banner:
    """Return the banner with the product's first model and firmware; a maker names its models alike."""
    text = json.dumps(banner)
    for name, value in (("$model", product.models[0]), ("$fw", product.firmware[0])):
        text = text.replace(name, json.dumps(value)[1:-1])
    found: Banner = json.loads(text)
    return found


@functools.cache
def _texts() -> dict[str, Any]:
    """Pages with their parts, and blocks."""
    tables = tomllib.loads((bundled(FOLDER) / "pages.toml").read_text(encoding="utf-8"))
    parts = {name: Template(part).safe_substitute() for name, part in tables["parts"].items()}
    pages = {name: Template(page).safe_substitute(parts).lstrip() for name, page in tables["pages"].items()}
    return {"pages": pages, "blocks": tables["blocks"]}


class _Pieces:
    """The pieces of a product's text as a variant shows them; records which were used."""

    def __init__(self, spec: AnswerSpec) -> None:
        self.spec = spec
        self.used: set[str] = set()

    def get(self, name: str) -> str:
        """Return a piece; empty if the product has none or the variant hides it."""
        text, variant = self.spec.product.piece(name), self.spec.variant
        if variant == "hidden" or (variant == "retitled" and name == "title"):
            return ""
        if variant == "reskinned" and name in ("page", "favicon", "block"):
            return ""
        if text:
            self.used.add(name)
        return text

    def text(self, kind: str) -> str:
        """Return the answer of another protocol."""
        texts = self.spec.product.pieces.get("text", {})
        if self.spec.variant == "hidden" or kind not in texts:
            return "ready\r\n"
        self.used.add("text")
        return str(texts[kind])

    @property
    def title(self) -> str:
        """Return the page's title."""
        return {"hidden": "Login", "retitled": "$newtitle"}.get(self.spec.variant) or self.get("title")

    @property
    def page(self) -> str:
        """Return the page's name in pages.toml."""
        usual = "login" if self.spec.product.piece("title") else "welcome"
        return {"hidden": "unauthorized", "reskinned": "app"}.get(self.spec.variant) or self.get("page") or usual


def _web(pieces: _Pieces, secure: bool) -> Banner:
    spec, server, realm, title = pieces.spec, pieces.get("server"), pieces.get("realm"), pieces.title
    html = Template(_texts()["pages"][pieces.page]).safe_substitute(title=title)
    status = 401 if realm else 200
    head = f"HTTP/1.1 {status} {'Unauthorized' if realm else 'OK'}\r\n"
    head += "Date: $date\r\n" if server.lower().startswith(DATED) else ""
    head += f"Server: {server}\r\n" if server else ""
    scheme = spec.product.piece("auth") or "Basic"
    head += f'WWW-Authenticate: {scheme} realm="{realm}"\r\n' if realm else ""
    head += "X-Frame-Options: SAMEORIGIN\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-cache, no-store\r\n"
    head += f"Connection: close\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(html)}\r\n\r\n"
    found: Banner = {"data": head, "http": _http(spec, status, title, server, html)}
    favicon = pieces.get("favicon")
    if favicon or spec.variant == "reskinned":
        number = int(favicon) if favicon else zlib.crc32(f"new {spec.product.number}".encode()) - (1 << 31)
        found["http"]["favicon"] = {
            "hash": number, "data": "AAABAAEAEBAAAAEAIABoBAAAFgAAACgAAAAQAAAAIAAAAAEAIAAAAAAAAAQAABILAAASCwAA",
            "location": "http://$host/favicon.ico",
        }  # fmt: skip
    if secure:
        found["ssl"] = _ssl(pieces)
    if spec.is_parsed:
        found |= {name: _texts()["blocks"][name] for name in pieces.get("block").split()}
    if spec.is_guessed and (guess := pieces.get("engine")):
        product, _, device = guess.partition("|")
        found |= {"product": product, "version": "$fw"} if product else {}
        found |= {"devicetype": device} if device else {}
        found |= {"cpe23": [spec.product.piece("cpe").lower()]} if pieces.get("cpe") else {}
    return found


def _http(spec: AnswerSpec, status: int, title: str, server: str, html: str) -> Banner:
    found: Banner = {
        "status": status, "title": title or None, "server": server or None, "html": html, "html_hash": "$#html",
        "host": "$host", "location": "/", "redirects": [], "robots": None, "robots_hash": None, "sitemap": None,
        "sitemap_hash": None, "securitytxt": None, "securitytxt_hash": None, "components": {}, "waf": None,
    }  # fmt: skip
    if spec.layout == "new":
        found |= {"title_hash": zlib.crc32(title.encode()) - (1 << 31), "headers_hash": "$#headers"}
        found |= {"server_hash": zlib.crc32(server.encode()) - (1 << 31), "dom_hash": zlib.crc32(html[:80].encode())}
    return found


def _ssl(pieces: _Pieces) -> Banner:
    """Block `ssl` with the product's certificate, or an anonymous self-signed one."""
    subject = dict(part.split("=", 1) for part in (pieces.get("subject") or "CN=localhost").split(";"))
    issuer = dict(part.split("=", 1) for part in pieces.get("issuer").split(";") if part) or subject
    shared = pieces.spec.product.shared_certificate and pieces.spec.variant != "hidden"
    number = pieces.spec.product.number
    own = {"sha1": f"{number:040x}", "sha256": f"{number:064x}"} if shared else {"sha1": "$sha1", "sha256": "$sha256"}
    extensions = [
        {"name": "basicConstraints", "data": "0\\x03\\x01\\x01\\xff", "critical": True},
        {"name": "subjectKeyIdentifier", "data": r"\x04\x14d\xba\xd8\xd7\xfbT!\x87\x08\xf3\xb2\x82f\xf9\x9e_"},
        {"name": "keyUsage", "data": "\\x03\\x02\\x05\\xa0", "critical": True},
        {"name": "extendedKeyUsage", "data": "0\\x14\\x06\\x08+\\x06\\x01\\x05\\x05\\x07\\x03\\x01"},
    ]
    chain = "-----BEGIN CERTIFICATE-----\n" + "MIIDXTCCAkWgAwIBAgIJAL\n" * 40 + "$sha1\n-----END CERTIFICATE-----\n"
    return {
        "cert": {
            "subject": subject, "issuer": issuer, "fingerprint": own, "serial": number if shared else "$#serial",
            "sig_alg": "sha256WithRSAEncryption", "issued": "20180101000000Z", "expires": "20380101000000Z",
            "expired": False, "version": 2, "extensions": extensions, "pubkey": {"bits": 2048, "type": "rsa"},
        },
        "cipher": {"bits": 256, "name": "ECDHE-RSA-AES256-GCM-SHA384", "version": "TLSv1.2"},
        "versions": ["-TLSv1", "-SSLv2", "-SSLv3", "-TLSv1.1", "TLSv1.2", "-TLSv1.3"], "chain": [chain], "alpn": [],
        "acceptable_cas": [], "dhparams": None, "trust": {"revoked": False, "browser": None}, "ocsp": {},
        "jarm": "29d29d15d29d29d00042d42d00000000000000000000000000000000000000",
        "ja3s": "ccc514751b175866924439bdbb5bba34",
        "tlsext": [{"id": 65281, "name": "renegotiation_info"}, {"id": 35, "name": "session_ticket"}],
        "handshake_states": [
            "before SSL initialization", "SSLv3/TLS write client hello", "SSLv3/TLS read server hello",
            "SSLv3/TLS read server certificate", "SSLv3/TLS read server done", "SSLv3/TLS write finished",
        ],
    }  # fmt: skip


def _rtsp(pieces: _Pieces) -> Banner:
    """Return an RTSP answer; some require a login, which shows the realm."""
    server, realm, schemes = (*pieces.get("rtsp").split("|"), "", "", "")[:3]
    if pieces.spec.variant == "hidden":
        server = "RTSP Server"
    data = "RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\n" if realm else "RTSP/1.0 200 OK\r\nCSeq: 1\r\n"
    data += f"Server: {server}\r\n" if server else ""
    for scheme in (schemes or "Digest").split() if realm else ():
        nonce = ', nonce="$fresh", stale="FALSE"' if scheme == "Digest" else ""
        data += f'WWW-Authenticate: {scheme} realm="{realm}"{nonce}\r\n'
    data += "" if realm else "Public: OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY, SET_PARAMETER, GET_PARAMETER\r\n"
    return {"data": data + "\r\n"}
