"""Answers of web servers: headers, page, icon, certificate, and what the engine read from them."""

import zlib
from itertools import count
from string import Template

from camcensus.validation.simulate.pieces import PERSONAL, AnswerSpec, Banner, Pieces, shared_texts

DATED = ("nginx", "apache", "lighttpd", "boa")  # servers that send a Date header
_SESSION = "0123456789ab"  # a word of a device's own, which pages may contain


def web_answer(pieces: Pieces, secure: bool) -> Banner:
    """Return the answer of a web server, as the engine holds it."""
    spec, server, realm, title = pieces.spec, pieces.get("server"), pieces.get("realm"), pieces.title
    location, html = pieces.get("location"), _page(pieces, title)
    moved = location.startswith("http:")
    status, reason = (302, "Found") if moved else (401, "Unauthorized") if realm else (200, "OK")
    head = f"HTTP/1.1 {status} {reason}\r\n"
    head += "Date: $date\r\n" if server.lower().startswith(DATED) else ""
    head += f"Server: {server}\r\n" if server else ""
    head += f"Location: {location}\r\n" if moved else ""
    scheme = spec.product.piece("auth") or "Basic"
    head += f'WWW-Authenticate: {scheme} realm="{realm}"\r\n' if realm else ""
    head += "X-Frame-Options: SAMEORIGIN\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-cache, no-store\r\n"
    head += f"Connection: close\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(html)}\r\n\r\n"
    found: Banner = {"data": head, "http": _http(spec, status, title, server, html)}
    if location and not moved:
        first = f"HTTP/1.1 302 Found\r\nLocation: http://$host{location}?session=$fresh\r\nContent-Length: 0\r\n\r\n"
        found["http"] |= {"location": location, "redirects": [{"host": "$host", "data": first, "location": location}]}
    favicon = pieces.get("favicon")
    if favicon or spec.variant == "reskinned":
        number = int(favicon) if favicon else zlib.crc32(f"new {spec.product.number}".encode()) - (1 << 31)
        found["http"]["favicon"] = {
            "hash": number, "data": "AAABAAEAEBAAAAEAIABoBAAAFgAAACgAAAAQAAAAIAAAAAEAIAAAAAAAAAQAABILAAASCwAA",
            "location": "http://$host/favicon.ico",
        }  # fmt: skip
    if secure:
        found["ssl"] = _ssl(pieces)
    _read_by_the_engine(pieces, found)
    return found


def _read_by_the_engine(pieces: Pieces, found: Banner) -> None:
    """Add blocks that the engine parsed, which it also writes into the answer's text, and what it guesses."""
    spec, texts = pieces.spec, shared_texts()
    if spec.is_parsed:
        for name in pieces.get("block").split():
            found[name] = texts["blocks"][name]
            found["data"] += texts["block_texts"].get(name, "").replace("\n", "\r\n")
    if spec.is_guessed:
        if guess := pieces.get("engine"):
            product, _, device = guess.partition("|")
            found |= {"product": product, "version": "$fw"} if product else {}
            found |= {"devicetype": device} if device else {}
            found |= {"cpe23": [spec.product.piece("cpe").lower()]} if pieces.get("cpe") else {}
        if names := pieces.get("vulns").split():
            found["vulns"] = dict.fromkeys(names, texts["blocks"]["vulnerability"])


def _page(pieces: Pieces, title: str) -> str:
    """Return the page: with the product's own markup far below, and as long as the product's are."""
    product, page = pieces.spec.product, shared_texts()["pages"][pieces.page]
    has_length = pieces.spec.variant not in ("hidden", "reskinned")
    longest = int(product.piece("length") or 0) if has_length else 0

    def filled(filler: str) -> str:
        return Template(page).safe_substitute(title=title, filler=filler, far=pieces.get("far"))

    sample = {"model": product.models[0], "fw": product.firmware[0], "fresh": _SESSION, "PERSONAL": PERSONAL}
    return filled(_filler(longest - len(Template(filled("")).safe_substitute(sample))))


def _filler(length: int) -> str:
    """Return style sheets and scripts of a length, which name nobody; nothing if there is no room for any."""
    texts = shared_texts()["filler"]
    frame = "\n<style>\n%s</style>\n<script>\n%s/*%s*/</script>"
    room = length - len(frame % ("", "", ""))
    if room < 0:
        return ""
    styles = _repeated(texts["style"], room // 2)
    scripts = _repeated(texts["script"], room - len(styles))
    return frame % (styles, scripts, "-" * (room - len(styles) - len(scripts)))


def _repeated(text: str, length: int) -> str:
    """Return copies of a text with a number in each, of at most a length together."""
    found: list[str] = []
    for number in count(1):
        copy = Template(text).safe_substitute(n=f"{number:04d}")
        if (length := length - len(copy)) < 0:
            return "".join(found)
        found.append(copy)
    raise AssertionError


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


def _ssl(pieces: Pieces) -> Banner:
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
