"""Answers of a product's ports, in the layout of Shodan, with `$names` where devices differ."""

import functools
import json
from dataclasses import dataclass
from string import Template

from camcensus.validation.simulate.pieces import AnswerSpec, Banner, Pieces, shared_texts
from camcensus.validation.simulate.products import Product
from camcensus.validation.simulate.web_answers import web_answer

TITLES = ("Login", "Web Client", "Remote Access", "Welcome", "System", "Home", "Index")
UDP = frozenset({"snmp", "upnp", "onvif", "sip", "dhip"})
MODULES = {
    "web": "http", "https": "https", "description": "http", "rtsp": "rtsp-tcp", "sdk": "dahua-dvr",
    "lpd": "line-printer-daemon",
}  # fmt: skip


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
    pieces = Pieces(spec)
    kind = spec.kind
    if kind in ("web", "https"):
        banner = web_answer(pieces, secure=kind == "https")
    elif kind == "rtsp":
        banner = _rtsp(pieces)
    elif kind == "sdk":
        pieces.used |= {"sdk", "block"}
        banner = {"data": "\\xb0\\x00\\x00\\x58 $serial", "dahua": shared_texts()["blocks"]["dahua"]}
    elif kind == "upnp":
        banner = _upnp(pieces)
    elif kind == "description":
        banner = _description(pieces)
    else:
        banner = _other(pieces, kind)
    transport = "udp" if kind in UDP else "tcp"
    return Answer(banner, _sample(banner, spec.product), frozenset(pieces.used), MODULES.get(kind, kind), transport)


def _sample(banner: Banner, product: Product) -> Banner:
    """Return the banner with the product's first model and firmware; a maker names its models alike."""
    text = json.dumps(banner)
    for name, value in (("$model", product.models[0]), ("$fw", product.firmware[0])):
        text = text.replace(name, json.dumps(value)[1:-1])
    found: Banner = json.loads(text)
    return found


def _rtsp(pieces: Pieces) -> Banner:
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


def _upnp(pieces: Pieces) -> Banner:
    """Return the answer to a search for UPnP devices, with the description as the engine parsed it."""
    pieces.used.add("upnp")
    texts, fields = shared_texts(), _described(pieces)
    head = Template(texts["answers"]["upnp"]).safe_substitute(fields).replace("\n", "\r\n")
    return {"data": head, "upnp": {name: value for name, value in fields.items() if name != "server"}}


def _description(pieces: Pieces) -> Banner:
    """Return the description of a UPnP device itself, which the engine did not parse."""
    if pieces.spec.variant == "hidden":
        return {"data": "HTTP/1.1 404 Not Found\r\n\r\n"}
    pieces.used.add("upnp")
    page = Template(shared_texts()["answers"]["description"]).safe_substitute(_described(pieces))
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {len(page)}\r\nConnection: close\r\n\r\n"
    return {"data": head + page}


def _described(pieces: Pieces) -> dict[str, str]:
    found: dict[str, str] = shared_texts()["blocks"]["upnp"] | pieces.spec.product.pieces.get("upnp", {})
    return found


def _other(pieces: Pieces, kind: str) -> Banner:
    """Return the answer of another protocol; of some, the engine parses a block."""
    text = pieces.text(kind)
    found: Banner = {"data": text}
    if kind == "snmp" and pieces.spec.is_parsed and "text" in pieces.used:
        description = pieces.spec.product.pieces["text"]["snmp"]
        found["snmp"] = {**shared_texts()["blocks"]["snmp"], "description": description}
    return found
