"""Read what devices announce of themselves: ONVIF replies, UPnP descriptions, redirects, blocks that Shodan writes out.

Only listed elements and keys are read; names and places that owners write are not. XML is searched, not parsed: answers
are cut, and no entity but the five of XML is replaced.
"""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

from camcensus.ingest.kept_forms import title
from camcensus.ingest.makers import MAKERS

READ = 16_384  # characters of an answer that are read
SCOPE = re.compile(r"onvif://www\.onvif\.org/(?P<kind>[A-Za-z]{1,32})/(?P<value>[^\s<>\"']{1,256})", re.IGNORECASE)
# Kinds of scope that the maker writes, as they are kept. `name` is the owner's, but may be the maker's.
KINDS = {kind.lower(): kind for kind in ("type", "hardware", "Profile", "manufacturer", "mfr")}
# Types of devices by ONVIF, and those of other devices that answer the same probe.
_KNOWN_TYPES = frozenset({
    "NetworkVideoTransmitter", "NetworkVideoDisplay", "NetworkVideoStorage", "NetworkVideoAnalytics", "Device",
    "Computer", "PrintDeviceType", "ScanDeviceType",
})  # fmt: skip
_TYPES = re.compile(r"<(?:[\w-]{1,32}:)?Types\b[^>]{0,512}>(?P<types>[^<]{1,1024})<", re.IGNORECASE)
_ADDRESS = re.compile(r"<(?:[\w-]{1,32}:)?Address\b[^>]{0,512}>\s{0,16}(?P<urn>urn:[^<\s]{1,128})", re.IGNORECASE)
_MAC_SCOPE = re.compile(r"onvif://www\.onvif\.org/mac/(?P<mac>[0-9a-f:-]{12,17})(?![\w:-])", re.IGNORECASE)
# Elements of a UPnP description, and their columns.
_ELEMENTS = {
    "manufacturer": "upnp_manufacturer",
    "modelName": "upnp_model_name",
    "modelNumber": "upnp_model_number",
    "serialNumber": "upnp_serial_number",
    "UDN": "upnp_udn",
}
_ELEMENT = re.compile(rf"<(?P<name>{'|'.join(_ELEMENTS)})>(?P<value>[^<]{{1,512}})</(?P=name)>")
_DESCRIPTION = "urn:schemas-upnp-org:device"
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos);")

_HOST = re.compile(r"\A(?:https?:)?(?://[^/?#]{0,512})?", re.IGNORECASE)
_PATH = re.compile(r"[\w./+,!~@=%-]{1,512}", re.ASCII)
_AFTER_PATH = re.compile(r"[?#;].*", re.DOTALL)
# A part of a path that is a session's, a person's or a host's, not the program's.
_TOKEN = re.compile(
    r"[0-9a-f-]{16,}|(?=\D*\d)(?=[^a-z]*[a-z])[\w~=+-]{20,}|[^/]*[@=~%][^/]*|(?:\d{1,3}\.){3}\d{1,3}", re.IGNORECASE
)
HIDDEN = "*"

# The text form of a parsed block: a line with its title, and indented lines with its fields.
_BLOCK = re.compile(
    r"\A\s{0,8}(?P<title>[A-Za-z][\w .&+-]{1,40}?(?:DVR|NVR|XVR|Camera|Recorder|Encoder)):[ \t]{0,8}\r?\n"
    r"(?P<lines>(?:[ \t]{1,16}[^\r\n]{1,256}(?:\r?\n|\Z)){1,64})"
)
_TECHNICAL = re.compile(
    r"^[ \t]{1,16}(?P<key>(?:Web|Device|Plugin|Software|System|Hardware|App|Client|Server|Firmware) Version(?: 2)?"
    r"|Version|Device Model|Model|Brand|Build|Product):[ \t]{1,8}(?P<value>[^\r\n]{1,64})",
    re.MULTILINE,
)


def onvif_types(text: str) -> str | None:
    """Return the known types of devices in an ONVIF reply, without the prefixes of their namespaces, each once."""
    names = [name.rpartition(":")[2] for found in _TYPES.finditer(text[:READ]) for name in found["types"].split()]
    return " ".join(name for name in dict.fromkeys(names) if name in _KNOWN_TYPES) or None


def onvif_scopes(text: str) -> str:
    """Return the scopes of listed kinds in an ONVIF reply, decoded; of a name only the maker that it begins with."""
    return " ".join(dict.fromkeys(_scopes(text[:READ])))


def _scopes(text: str) -> Iterator[str]:
    for found in SCOPE.finditer(text):
        kind, value = found["kind"].lower(), " ".join(unquote(found["value"]).split())
        if kind in KINDS:
            yield f"onvif://www.onvif.org/{KINDS[kind]}/{title(value)}"
        elif kind == "name" and (maker := maker_in(value)):
            yield f"onvif://www.onvif.org/name/{maker}"


def maker_in(name: str) -> str | None:
    """Return the known maker's name that a name begins with, as it is written there."""
    words = re.split(r"(?<=\w)[\s_]+", name, maxsplit=2)
    return next((part for part in (" ".join(words[:2]), words[0]) if part.lower() in MAKERS), None)


def endpoint_of(text: str) -> str | None:
    """Return the id of the device that an ONVIF reply names: the address of its card, or the name of its endpoint."""
    return next((found[1] for pattern in (_MAC_SCOPE, _ADDRESS) if (found := pattern.search(text[:READ]))), None)


def description_of(text: str) -> dict[str, str]:
    """Return maker, model and ids of the root device in a UPnP description, by column; empty: it is none."""
    found: dict[str, str] = {}
    if text.find(_DESCRIPTION, 0, READ) >= 0:
        for element in _ELEMENT.finditer(text[:READ]):
            value = _ENTITY.sub(lambda entity: unescape(entity[0]), element["value"]).strip()
            found.setdefault(_ELEMENTS[element["name"]], value)
    return found


def path_of(location: str | None) -> str | None:
    """Return the path of a redirect without host, query and tokens; None: none, or only the root."""
    if not location:
        return None
    bare = _AFTER_PATH.sub("", _HOST.sub("", location[:1024].strip()))
    if not _PATH.fullmatch(bare):
        return None
    path = "/".join(HIDDEN if _TOKEN.fullmatch(part) else part for part in bare.split("/"))
    return path if path.strip("/.*") else None


def block_text(text: str) -> str | None:
    """Return the title and technical fields of a block that the engine wrote out as text, under whatever brand."""
    if not (found := _BLOCK.match(text[:READ])):
        return None
    fields = [f"{field['key']}: {field['value'].strip()}" for field in _TECHNICAL.finditer(found["lines"])]
    return f"{found['title']}: {'; '.join(fields)}" if fields else None
