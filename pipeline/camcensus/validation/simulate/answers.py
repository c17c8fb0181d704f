"""What a port of a product answers, in the layout of Shodan, with `$names` where devices differ.

A variant of a device takes pieces away or puts others in their place: `hidden` (headers and texts are gone), `retitled`
(another title), `reskinned` (a page and an icon that nobody has catalogued).
"""

import functools
import json
import tomllib
import zlib
from dataclasses import dataclass
from string import Template
from typing import Any

from camcensus.validation.simulate.products import Product, folder

Banner = dict[str, Any]
PERSONAL = "PERSONAL-MARKER"  # stands in every field that a person would fill in; ingest must drop it
TITLES = ("Login", "Web Client", "Remote Access", "Welcome", "System", "Home", "Index")
UDP = frozenset({"snmp", "upnp", "onvif", "sip", "dhip"})
MODULES = {
    "web": "http", "https": "https", "rtsp": "rtsp-tcp", "sdk": "dahua-dvr", "lpd": "line-printer-daemon",
}  # fmt: skip
DATED = ("nginx", "apache", "lighttpd", "boa")  # servers that send a Date header


@dataclass(frozen=True)
class Look:
    """All that decides what an answer looks like, but for the device's own numbers. `layout`: "plain" until 2023,
    "new" from then on; `parsed`, `guessed`: the engine parsed the page, or named a product."""

    product: Product
    service: int
    variant: str
    layout: str
    parsed: bool
    guessed: bool

    @property
    def kind(self) -> str:
        """The protocol."""
        return self.product.services[self.service].kind


@dataclass(frozen=True)
class Answer:
    """A banner without what surrounds every answer, and which pieces of the product's text are in it.

    `sample`: the banner of one device, with a model and a firmware in it, which search queries are held against.
    """

    banner: Banner
    sample: Banner
    pieces: frozenset[str]
    module: str
    transport: str


def answer(look: Look) -> Answer:
    """What a port says."""
    said = _Pieces(look)
    kind = look.kind
    if kind in ("web", "https"):
        banner = _web(said, secure=kind == "https")
    elif kind == "rtsp":
        banner = _rtsp(said)
    elif kind == "sdk":
        said.used |= {"sdk", "block"}
        banner = {"data": "\\xb0\\x00\\x00\\x58 $serial", "dahua": _texts()["blocks"]["dahua"]}
    elif kind == "upnp":
        said.used.add("upnp")
        block = _texts()["blocks"]["upnp"] | look.product.pieces.get("upnp", {})
        banner = {"data": "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nEXT:\r\n\r\n", "upnp": block}
    else:
        banner = {"data": said.text(kind)}
    pieces, module = frozenset(said.used), MODULES.get(kind, kind)
    return Answer(banner, _sample(banner, look.product), pieces, module, "udp" if kind in UDP else "tcp")


def _sample(banner: Banner, product: Product) -> Banner:
    """The banner with the product's first model and firmware; makers name their models alike, so one will do."""
    text = json.dumps(banner)
    for name, value in (("$model", product.models[0]), ("$fw", product.firmware[0])):
        text = text.replace(name, json.dumps(value)[1:-1])
    found: Banner = json.loads(text)
    return found


@functools.cache
def _texts() -> dict[str, Any]:
    """Pages, with their parts put in, and blocks."""
    tables = tomllib.loads((folder() / "pages.toml").read_text(encoding="utf-8"))
    parts = {name: Template(part).safe_substitute() for name, part in tables["parts"].items()}
    pages = {name: Template(page).safe_substitute(parts).lstrip() for name, page in tables["pages"].items()}
    return {"pages": pages, "blocks": tables["blocks"]}


class _Pieces:
    """The pieces of a product's text as a variant shows them; remembers which were used."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.used: set[str] = set()

    def get(self, name: str) -> str:
        """A piece; empty where the product has none or the variant hides it."""
        text, variant = self.look.product.piece(name), self.look.variant
        if variant == "hidden" or (variant == "retitled" and name == "title"):
            return ""
        if variant == "reskinned" and name in ("page", "favicon", "block"):
            return ""
        if text:
            self.used.add(name)
        return text

    def text(self, kind: str) -> str:
        """What another protocol says."""
        texts = self.look.product.pieces.get("text", {})
        if self.look.variant == "hidden" or kind not in texts:
            return "ready\r\n"
        self.used.add("text")
        return str(texts[kind])

    @property
    def title(self) -> str:
        """The page's title."""
        if self.look.variant == "hidden":
            return "Login"
        if self.look.variant == "retitled":
            return "$newtitle"
        return self.get("title")

    @property
    def page(self) -> str:
        """The page's name in pages.toml."""
        if self.look.variant == "hidden":
            return "unauthorized"
        if self.look.variant == "reskinned":
            return "app"
        return self.get("page") or ("login" if self.look.product.piece("title") else "welcome")


def _web(said: _Pieces, secure: bool) -> Banner:
    look, server, realm, title = said.look, said.get("server"), said.get("realm"), said.title
    html = Template(_texts()["pages"][said.page]).safe_substitute(title=title)
    status = 401 if realm else 200
    head = f"HTTP/1.1 {status} {'Unauthorized' if realm else 'OK'}\r\n"
    head += "Date: $date\r\n" if server.lower().startswith(DATED) else ""
    head += f"Server: {server}\r\n" if server else ""
    scheme = look.product.piece("auth") or "Basic"
    head += f'WWW-Authenticate: {scheme} realm="{realm}"\r\n' if realm else ""
    head += "X-Frame-Options: SAMEORIGIN\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-cache, no-store\r\n"
    head += f"Connection: close\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(html)}\r\n\r\n"
    found: Banner = {"data": head, "http": _http(look, status, title, server, html)}
    favicon = said.get("favicon")
    if favicon or look.variant == "reskinned":
        number = int(favicon) if favicon else zlib.crc32(f"new {look.product.number}".encode()) - (1 << 31)
        found["http"]["favicon"] = {
            "hash": number, "data": "AAABAAEAEBAAAAEAIABoBAAAFgAAACgAAAAQAAAAIAAAAAEAIAAAAAAAAAQAABILAAASCwAA",
            "location": "http://$host/favicon.ico",
        }  # fmt: skip
    if secure:
        found["ssl"] = _ssl(said)
    if look.parsed:
        found |= {name: _texts()["blocks"][name] for name in said.get("block").split()}
    if look.guessed and (guess := said.get("engine")):
        product, _, device = guess.partition("|")
        found |= {"product": product, "version": "$fw"} if product else {}
        found |= {"devicetype": device} if device else {}
        found |= {"cpe23": [look.product.piece("cpe").lower()]} if said.get("cpe") else {}
    return found


def _http(look: Look, status: int, title: str, server: str, html: str) -> Banner:
    found: Banner = {
        "status": status, "title": title or None, "server": server or None, "html": html, "html_hash": "$#html",
        "host": "$host", "location": "/", "redirects": [], "robots": None, "robots_hash": None, "sitemap": None,
        "sitemap_hash": None, "securitytxt": None, "securitytxt_hash": None, "components": {}, "waf": None,
    }  # fmt: skip
    if look.layout == "new":
        found |= {"title_hash": zlib.crc32(title.encode()) - (1 << 31), "headers_hash": "$#headers"}
        found |= {"server_hash": zlib.crc32(server.encode()) - (1 << 31), "dom_hash": zlib.crc32(html[:80].encode())}
    return found


def _ssl(said: _Pieces) -> Banner:
    """Block `ssl` with what the product's certificate says, else a self-signed one that says nothing."""
    subject = dict(part.split("=", 1) for part in (said.get("subject") or "CN=localhost").split(";"))
    issuer = dict(part.split("=", 1) for part in said.get("issuer").split(";") if part) or subject
    shared = said.look.product.shared_certificate and said.look.variant != "hidden"
    number = said.look.product.number
    own = {"sha1": f"{number:040x}", "sha256": f"{number:064x}"} if shared else {"sha1": "$sha1", "sha256": "$sha256"}
    extensions = [
        {"name": "basicConstraints", "data": "0\\x03\\x01\\x01\\xff", "critical": True},
        {
            "name": "subjectKeyIdentifier",
            "data": "\\x04\\x14d\\xba\\xd8\\xd7\\xfbT!\\x87\\x08\\xf3\\xb2\\x82f\\xf9\\x9e_",
        },
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


def _rtsp(said: _Pieces) -> Banner:
    """An RTSP answer; some ask for a login, which shows the realm."""
    server, realm, schemes = (*said.get("rtsp").split("|"), "", "", "")[:3]
    if said.look.variant == "hidden":
        server = "RTSP Server"
    data = "RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\n" if realm else "RTSP/1.0 200 OK\r\nCSeq: 1\r\n"
    data += f"Server: {server}\r\n" if server else ""
    for scheme in (schemes or "Digest").split() if realm else ():
        nonce = ', nonce="$fresh", stale="FALSE"' if scheme == "Digest" else ""
        data += f'WWW-Authenticate: {scheme} realm="{realm}"{nonce}\r\n'
    data += "" if realm else "Public: OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY, SET_PARAMETER, GET_PARAMETER\r\n"
    return {"data": data + "\r\n"}
