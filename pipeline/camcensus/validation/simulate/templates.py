"""Line templates: JSON of an answer, made once and filled for many devices at a time.

What goes into a template is escaped already, so no JSON is encoded line by line.
"""

import functools
import ipaddress
import json
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from camcensus.validation.simulate.answers import TITLES, Answer, answer
from camcensus.validation.simulate.chance import Bits, Floats, Ints
from camcensus.validation.simulate.pieces import PERSONAL, AnswerSpec
from camcensus.validation.simulate.products import Product

SECOND = "second"  # the layout of the second engine
Strings = npt.NDArray[np.object_]
_NUMBER = re.compile(r'"\$#(\w+)"')
# Of the second engine's layout: protocols with a key of their own, as far as documented, and the headers it keeps.
_PROTOCOLS = ("ftp", "telnet", "rtsp")
_HEADERS = ("date", "server", "location", "www-authenticate", "content-type")
_LONG = {
    "CN": "common_name", "O": "organization", "OU": "organizational_unit", "L": "locality", "ST": "province",
    "C": "country",
}  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """What fills templates, one element per banner.

    `key`: source of the device's numbers; `session`: the word that a page has as a number, new in each answer or the
    same in all; `mac`: MAC address as a number; `host`: address.
    """

    key: Bits
    session: Bits
    mac: Bits
    model: Strings
    firmware: Strings
    host: Strings
    seen_at: Floats

    def take(self, at: Ints) -> "Rows":
        """Return these rows."""
        return Rows(*(column[at] for column in vars(self).values()))


@dataclass(frozen=True)
class LineTemplate:
    """An answer as text: `%s` is a placeholder for each of `names` in turn."""

    spec: AnswerSpec
    pattern: str
    names: tuple[str, ...]
    answer: Answer


def fill(templates: list[LineTemplate], which: Ints, rows: Rows) -> list[str]:
    """Return the text of each row by its template, of which `which` is the index."""
    columns: dict[str, Strings] = {}
    for name, column in _COLUMNS.items():
        at = np.flatnonzero(np.array([name in t.names for t in templates], bool)[which])
        columns[name] = np.empty(len(which), object)
        columns[name][at] = column(rows.take(at))
    texts = np.empty(len(which), object)
    order = np.argsort(which, kind="stable")
    for same in np.split(order, np.flatnonzero(np.diff(which[order])) + 1) if len(order) else ():
        template = templates[which[same[0]]]
        values = zip(*(columns[name][same] for name in template.names), strict=True)
        texts[same] = [template.pattern % each for each in (values if template.names else [()] * len(same))]
    found: list[str] = texts.tolist()
    return found


@functools.cache
def template_of(spec: AnswerSpec) -> LineTemplate:
    """Return the template of an answer."""
    found = answer(replace(spec, layout="plain") if spec.layout == SECOND else spec)
    banner = _second_layout(found) if spec.layout == SECOND else {**found.banner, "hash": "$#hash"}
    constants = _constants(found.banner)
    text = json.dumps(banner)[1:-1].replace("$PERSONAL", PERSONAL)
    text = _NUMBER.sub(lambda m: str(constants[m[1]]) if m[1] in constants else f"$#{m[1]}", text)
    names: list[str] = []

    def placeholder(match: re.Match[str]) -> str:
        names.append(f"#{match[1]}" if match[1] else match[2])
        return "%s"

    pattern = _WORD.sub(placeholder, text.replace("%", "%%"))
    return LineTemplate(spec, pattern, tuple(names), found)


def _constants(banner: dict[str, Any]) -> dict[str, int]:
    """Hashes of texts that are the same on every device."""
    http = banner.get("http") or {}
    parts = {"hash": str(banner.get("data", "")), "html": str(http.get("html", ""))}
    parts["headers"] = parts["hash"]
    return {name: zlib.crc32(text.encode()) - (1 << 31) for name, text in parts.items() if not _WORD.search(text)}


def _second_layout(found: Answer) -> dict[str, Any]:
    """Return a response as Netlas gives it, without address, time and place. This engine parses no camera blocks."""
    banner = found.banner
    data = str(banner.get("data", ""))
    if http := banner.get("http"):
        body: dict[str, Any] = {
            "protocol": "https" if "ssl" in banner else "http",
            "prot7": "http",
            "http": {
                "status_code": http["status"], "title": http["title"], "body": http["html"], "headers": _headers(data),
                "content_length": len(http["html"]), "http_version": {"name": "HTTP/1.1", "major": 1, "minor": 1},
            },
        }  # fmt: skip
    else:
        name = found.module.split("-")[0]
        response = {name: {"banner": data}} if name in _PROTOCOLS else {"banner": data}
        body = {"protocol": name, "prot7": name, **response}
    if ssl := banner.get("ssl"):
        cert = ssl["cert"]
        body["certificate"] = {
            **{f"{who}_dn": ", ".join(f"{k}={v}" for k, v in cert[who].items()) for who in ("subject", "issuer")},
            **{who: {_LONG.get(k, k.lower()): [v] for k, v in cert[who].items()} for who in ("subject", "issuer")},
            "fingerprint_sha256": cert["fingerprint"]["sha256"], "serial_number": str(cert["serial"]), "version": 3,
            "chain": ssl["chain"],
        }  # fmt: skip
    return body


def _headers(data: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in data.split("\r\n")[1:]:
        name, between, value = line.partition(": ")
        if between and name.lower() in _HEADERS:
            found.setdefault(name.lower().replace("-", "_"), []).append(value)
    return found


@functools.cache
def escaped(text: str) -> str:
    """Return text as it is inside a JSON string."""
    return json.dumps(text)[1:-1]


def hosts(high: Bits, low: Bits) -> list[str]:
    """Return addresses as text."""
    numbers = low.astype(np.uint64)
    parts = [((numbers >> np.uint64(shift)) & np.uint64(255)).tolist() for shift in (24, 16, 8, 0)]
    found = [f"{a}.{b}.{c}.{d}" for a, b, c, d in zip(*parts, strict=True)]
    for at in np.flatnonzero(high).tolist():
        found[at] = str(ipaddress.IPv6Address((int(high[at]) << 64) | int(low[at])))
    return found


def times(seen_at: Floats, unit: str = "us") -> list[str]:
    """Return times as Shodan writes them, in microseconds."""
    stamps = (seen_at * 1e6).astype(np.int64).astype("datetime64[us]")
    found: list[str] = np.datetime_as_string(stamps, unit=unit).tolist()  # type: ignore[call-overload]
    return found


def _hex(rows: Rows, salt: int) -> list[int]:
    with np.errstate(over="ignore"):
        mixed = (rows.key ^ np.uint64(salt)) * np.uint64(0x9E3779B97F4A7C15)
    found: list[int] = (mixed ^ (mixed >> np.uint64(29))).tolist()
    return found


def macs_of(key: Bits, product: Ints, products: Sequence[Product]) -> Bits:
    """Return the MAC address of each device: with a prefix of its maker, otherwise a local one (02:...)."""
    most = max(len(p.cards) for p in products)
    prefixes = np.array([[*p.cards, *[0] * (most - len(p.cards))] for p in products], np.uint64)
    known = np.array([len(p.cards) for p in products], np.uint64)[product]
    prefix = prefixes[product, key % np.maximum(known, np.uint64(1))]
    local = (np.uint64(2) << np.uint64(40)) | (key >> np.uint64(24))
    own = (prefix << np.uint64(24)) | (key >> np.uint64(40))
    return np.where(known > 0, own, local)


def _macs(rows: Rows, form: Callable[[str], str]) -> list[str]:
    return [form(f"{number:012X}") for number in rows.mac.tolist()]


def _pairs(mac: str, between: str) -> str:
    return between.join((mac[0:2], mac[2:4], mac[4:6], mac[6:8], mac[8:10], mac[10:12]))


def _serials(rows: Rows) -> list[str]:
    return [f"{n % 9}{n >> 40:06X}PAA{(n >> 8) % 100_000:05d}" for n in rows.key.tolist()]


def _dates(rows: Rows) -> list[str]:
    """Return a Date header with the month as a number, which is enough to differ from device to device."""
    return [f"{day[8:10]} {day[5:7]} {day[:4]} {day[11:19]} GMT" for day in times(rows.seen_at, "s")]


def _signed(salt: int) -> Callable[[Rows], list[str]]:
    return lambda rows: [str((number & 0xFFFFFFFF) - (1 << 31)) for number in _hex(rows, salt)]


_COLUMNS: dict[str, Callable[[Rows], Sequence[str] | Strings]] = {
    "model": lambda rows: rows.model,
    "fw": lambda rows: rows.firmware,
    "host": lambda rows: rows.host,
    "serial": _serials,
    "token": lambda rows: [f"{a:016x}{b:016x}" for a, b in zip(_hex(rows, 1), _hex(rows, 2), strict=True)],
    "mac": lambda rows: _macs(rows, lambda mac: _pairs(mac, ":")),
    "dashed": lambda rows: _macs(rows, lambda mac: _pairs(mac, "-")),
    "bare": lambda rows: _macs(rows, str.lower),
    "BARE": lambda rows: _macs(rows, str),
    "date": _dates,
    "fresh": lambda rows: [f"{number:012x}" for number in rows.session.tolist()],
    "newtitle": lambda rows: [TITLES[number % len(TITLES)] for number in _hex(rows, 3)],
    "sha1": lambda rows: [f"{a:016x}{a ^ 255:024x}" for a in _hex(rows, 4)],
    "sha256": lambda rows: [f"{a:016x}{b:016x}{a ^ b:032x}" for a, b in zip(_hex(rows, 5), _hex(rows, 6), strict=True)],
    "#serial": lambda rows: [str(number >> 3) for number in _hex(rows, 7)],
    "#hash": _signed(8),
    "#html": _signed(9),
    "#headers": _signed(10),
}
# The placeholders in answers; longer ones first, since some begin like others.
_WORD = re.compile(r"\$#(\w+)|\$(" + "|".join(sorted(filter(str.isalnum, _COLUMNS), key=len, reverse=True)) + r")\b")
