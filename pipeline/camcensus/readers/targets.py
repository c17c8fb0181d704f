"""The targets of a mapping file, and the place of each in a banner.

A mapped record becomes the same struct as a Shodan line (`banner.py`), so all later code is the same for every engine.
Nothing else can be read from another engine's export.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from camcensus.readers.banner import BLOCKS

# The parts of a distinguished name that are evidence; mail addresses and the like are not read.
_PART = re.compile(
    r"""(?:^|[,+])\s*(?P<key>CN|OU|O|L|ST|C)\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>(?:[^,+\\]|\\.)*))"""
)
_SLASHED = re.compile(r"/(?P<key>CN|OU|O|L|ST|C)=(?P<plain>[^/]*)")
_ESCAPED = re.compile(r"\\(.)")
LONGEST_NAME = 4096


@dataclass(frozen=True)
class Target:
    """The place of a value: `path` in Shodan's layout. `convert` prepares it; `many`: all values count."""

    path: tuple[str, ...]
    meaning: str
    convert: Callable[[Any], Any] = lambda value: value
    many: bool = False


def _bare(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _lower_all(values: list[Any]) -> list[Any]:
    return [_lower(value) for value in values]


def _number(value: Any) -> Any:
    text = _bare(value)
    return int(text) if isinstance(text, str) and re.fullmatch("-?[0-9]{1,18}", text, re.ASCII) else text


def name_parts(value: Any) -> dict[str, str] | None:
    """Return CN, OU, O, L, ST and C of a distinguished name, the first of each: `CN=a, O="b, c"` or `/C=d/CN=a`."""
    if not isinstance(value, str):
        return None
    parts: dict[str, str] = {}
    for found in (_SLASHED if value.startswith("/") else _PART).finditer(value[:LONGEST_NAME]):
        groups = found.groupdict()
        text = _ESCAPED.sub(r"\1", groups.get("quoted") or groups["plain"] or "").strip()
        if text:
            parts.setdefault(groups["key"], text)
    return parts or None


def _certificate() -> dict[str, Target]:
    found = {"cert_sha256": Target(("ssl", "cert", "fingerprint", "sha256"), "SHA-256 of the certificate, hex", _bare)}
    for who in ("subject", "issuer"):
        path = ("ssl", "cert", who)
        found[f"cert_{who}"] = Target(path, f"the {who}, a distinguished name such as CN=a, O=b", name_parts)
        for key in ("CN", "OU", "O", "L", "ST", "C"):
            found[f"cert_{who}_{key.lower()}"] = Target((*path, key), f"{key} of the {who}, in a separate field")
    return found


TARGETS: dict[str, Target] = {
    "address": Target(("ip_str",), "IPv4 or IPv6 address", _bare),
    "port": Target(("port",), "port, a whole number", _bare),
    "transport": Target(("transport",), "tcp or udp", _lower),
    "time": Target(("timestamp",), "when the engine got the answer; [time] has its format", _bare),
    "protocol": Target(("_shodan", "module"), "the protocol that answered, such as http, rtsp or ftp", _lower),
    "product": Target(("product",), "product, as the engine names it"),
    "version": Target(("version",), "version of the product"),
    "device": Target(("devicetype",), "kind of device, as the engine names it"),
    "cpe": Target(("cpe23",), "CPE names", many=True),
    "tags": Target(("tags",), "the engine's labels; honeypot and cloud are used", _lower_all, many=True),
    "data": Target(("data",), "the answer itself: an HTTP head, an RTSP answer, a greeting"),
    "status": Target(("http", "status"), "HTTP status", _number),
    "title": Target(("http", "title"), "title of the page"),
    "server": Target(("http", "server"), "HTTP Server header"),
    "www_authenticate": Target(("www_authenticate",), "WWW-Authenticate headers, where `data` has no head", many=True),
    "html": Target(("http", "html"), "the page"),
    "redirect": Target(("http", "location"), "where the page redirects to; only its path is kept"),
    "favicon": Target(("http", "favicon", "hash"), "favicon hash of Shodan's kind; set in [favicon]", _number),
    "country": Target(("location", "country_code"), "country by the engine, ISO 3166 alpha-2", _bare),
    "region": Target(("location", "region_code"), "region, as the engine names it"),
    "city": Target(("location", "city"), "city, as the engine names it"),
    "asn": Target(("asn",), "number of the autonomous system", _bare),
    "network": Target(("org",), "name of the network's operator"),
    **_certificate(),
    **{
        f"{name}_{field}": Target((name, field), f"block {name}: {field}")
        for name, block in BLOCKS.items()
        for field in block.__struct_fields__
    },
}
