"""From answers to lines of an export: a template for each look, filled for many devices at a time.

A line is what surrounds every answer (address, time, place, probe) and the template of its look. Templates are JSON
made once; what goes into them is already escaped, so no JSON is made line by line.
"""

import functools
import ipaddress
import json
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from camcensus.validation.simulate.answers import PERSONAL, TITLES, Answer, Look, answer
from camcensus.validation.simulate.chance import Bits, Floats, Ints
from camcensus.validation.simulate.second import SECOND, body

WORDS = ("model", "fw", "serial", "token", "mac", "dashed", "bare", "BARE", "host", "date", "fresh", "newtitle",
         "sha1", "sha256")  # fmt: skip
_NUMBER = re.compile(r'"\$#(\w+)"')
_WORD = re.compile(r"\$#(\w+)|\$(" + "|".join(sorted(WORDS, key=len, reverse=True)) + r")\b")


@dataclass(frozen=True)
class Rows:
    """What fills templates: one element a banner. `key`: what the device's numbers come from; `host`: its address."""

    key: Bits
    model: Sequence[str]
    firmware: Sequence[str]
    host: Sequence[str]
    seen: Floats

    def take(self, at: Ints) -> "Rows":
        """These rows."""
        index = at.tolist()
        return Rows(
            self.key[at], [self.model[n] for n in index], [self.firmware[n] for n in index],
            [self.host[n] for n in index], self.seen[at],
        )  # fmt: skip


@dataclass(frozen=True)
class Text:
    """A look as text: `%s` stands for each of `names` in turn."""

    pattern: str
    names: tuple[str, ...]
    answer: Answer

    def fill(self, rows: Rows) -> list[str]:
        """The text for each row."""
        columns = {name: _COLUMNS[name](rows) for name in set(self.names)}
        if not self.names:
            return [self.pattern % ()] * len(rows.host)
        return [self.pattern % values for values in zip(*(columns[name] for name in self.names), strict=True)]


@functools.cache
def text_of(look: Look) -> Text:
    """The template of a look."""
    found = answer(look)
    banner = body(found) if look.layout == SECOND else {**found.banner, "hash": "$#hash"}
    fixed = _constants(found.banner)
    text = json.dumps(banner)[1:-1].replace("$PERSONAL", PERSONAL)
    text = _NUMBER.sub(lambda m: str(fixed[m[1]]) if m[1] in fixed else f"$#{m[1]}", text)
    names: list[str] = []

    def hole(match: re.Match[str]) -> str:
        names.append(f"#{match[1]}" if match[1] else match[2])
        return "%s"

    pattern = _WORD.sub(hole, text.replace("%", "%%"))
    return Text(pattern, tuple(names), found)


def _constants(banner: dict[str, Any]) -> dict[str, int]:
    """Hashes of texts that are the same on every device of the look."""
    http = banner.get("http") or {}
    parts = {"hash": str(banner.get("data", "")), "html": str(http.get("html", ""))}
    parts["headers"] = parts["hash"]
    return {name: zlib.crc32(text.encode()) - (1 << 31) for name, text in parts.items() if not _WORD.search(text)}


def escaped(text: str) -> str:
    """Text as it stands inside a JSON string."""
    return json.dumps(text)[1:-1]


def hosts(high: Bits, low: Bits) -> list[str]:
    """Addresses as text."""
    whole = low.astype(np.uint64)
    parts = [((whole >> np.uint64(shift)) & np.uint64(255)).tolist() for shift in (24, 16, 8, 0)]
    found = [f"{a}.{b}.{c}.{d}" for a, b, c, d in zip(*parts, strict=True)]
    for at in np.flatnonzero(high).tolist():
        found[at] = str(ipaddress.IPv6Address((int(high[at]) << 64) | int(low[at])))
    return found


def times(seen: Floats) -> list[str]:
    """Times as Shodan writes them, in microseconds."""
    found: list[str] = np.datetime_as_string((seen * 1e6).astype(np.int64).astype("datetime64[us]"), unit="us").tolist()
    return found


def _hex(rows: Rows, salt: int) -> list[int]:
    with np.errstate(over="ignore"):
        mixed = (rows.key ^ np.uint64(salt)) * np.uint64(0x9E3779B97F4A7C15)
    found: list[int] = (mixed ^ (mixed >> np.uint64(29))).tolist()
    return found


def _macs(rows: Rows, form: Callable[[str], str]) -> list[str]:
    """Locally administered addresses (02:..), so no maker's."""
    return [form(f"02{number >> 24:010X}") for number in rows.key.tolist()]


def _pairs(mac: str, between: str) -> str:
    return between.join((mac[0:2], mac[2:4], mac[4:6], mac[6:8], mac[8:10], mac[10:12]))


def _serials(rows: Rows) -> list[str]:
    return [f"{n % 9}{n >> 40:06X}PAA{(n >> 8) % 100_000:05d}" for n in rows.key.tolist()]


def _dates(rows: Rows) -> list[str]:
    """A Date header: the month and day in the engine's own clock, good enough to differ from device to device."""
    days = np.datetime_as_string((rows.seen * 1e6).astype(np.int64).astype("datetime64[us]"), unit="s").tolist()
    return [f"{day[8:10]} {day[5:7]} {day[:4]} {day[11:19]} GMT" for day in days]


def _session(rows: Rows) -> list[int]:
    """Differs from sight to sight."""
    found: list[int] = ((rows.key ^ (rows.seen * 1e3).astype(np.uint64)) % np.uint64(1 << 48)).tolist()
    return found


def _signed(salt: int) -> Callable[[Rows], list[str]]:
    return lambda rows: [str((number & 0xFFFFFFFF) - (1 << 31)) for number in _hex(rows, salt)]


_COLUMNS: dict[str, Callable[[Rows], Sequence[str]]] = {
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
    "fresh": lambda rows: [f"{number:012x}" for number in _session(rows)],
    "newtitle": lambda rows: [TITLES[number % len(TITLES)] for number in _hex(rows, 3)],
    "sha1": lambda rows: [f"{a:016x}{a ^ 255:024x}" for a in _hex(rows, 4)],
    "sha256": lambda rows: [f"{a:016x}{b:016x}{a ^ b:032x}" for a, b in zip(_hex(rows, 5), _hex(rows, 6), strict=True)],
    "#serial": lambda rows: [str(number >> 3) for number in _hex(rows, 7)],
    "#hash": _signed(8),
    "#html": _signed(9),
    "#headers": _signed(10),
}
