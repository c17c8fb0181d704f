"""Find MAC addresses that devices write into names and ids, and the organisations that these are registered to."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise

from camcensus.ingest.columns import EvidenceColumns
from camcensus.ingest.text import Memo
from camcensus.readers.banner import Banner

# Columns that may hold a device's MAC address, the surest first.
SOURCES = (
    "ip_camera_mac_address", "dhip_reply", "upnp_serial_number", "upnp_udn", "ip_camera_id", "rtsp_realm", "http_realm",
    "cert_subject", "http_title",
)  # fmt: skip
READ = 512  # characters of a text
_FLAGS = re.IGNORECASE | re.ASCII
_SEPARATED = re.compile(r"(?<![0-9A-Z:-])[0-9A-F]{2}([:-])(?:[0-9A-F]{2}\1){4}[0-9A-F]{2}(?![0-9A-Z:-])", _FLAGS)
_BARE = re.compile(
    r"(?<![0-9A-Z])(?P<uuid>[0-9A-F]{8}-[0-9A-F]{4}-(?P<version>[0-9A-F])[0-9A-F]{3}-[0-9A-F]{4}-)?"
    r"(?P<digits>[0-9A-F]{12})(?![0-9A-Z])",
    _FLAGS,
)
_COMMON_NAME = re.compile(r"CN=[^,]*")
# UUIDs of these versions end with a hash or with chance, not with an address.
_NOT_OF_A_CARD = frozenset("345")
_DUMMY = re.compile("000000|1234567890|0123456789")
# Names in the registry that are no makers': the registry itself, which splits these blocks, and what is not public.
_NOBODY = frozenset({"IEEE Registration Authority", "ICANN, IANA Department", "Private", "XEROX CORPORATION"})


def put_macs(columns: EvidenceColumns, _: Sequence[Banner]) -> None:
    """Put the MAC address that a banner's names and ids show, unless it has one, and its organisation."""
    for name in SOURCES:
        texts = columns.filled.get(name) or ()
        for row, mac in enumerate(map((_in_subjects if name == "cert_subject" else _in_texts).__getitem__, texts)):
            if mac:
                columns.put("mac", row, mac)
    if macs := columns.filled.get("mac"):
        columns.fill("mac_organisation", list(map(_organisations.__getitem__, macs)))


def mac_in(text: str | None) -> str | None:
    """Return the MAC address in a text as `AA:BB:CC:DD:EE:FF`.

    Twelve digits without separators are one only if the first six are registered and not all are decimal.
    """
    if not text:
        return None
    for found in _SEPARATED.finditer(text[:READ]):
        if is_device(digits := found[0].replace(found[1], "").upper()):
            return _written(digits)
    for found in _BARE.finditer(text[:READ]):
        digits = found["digits"].upper()
        if found["version"] in _NOT_OF_A_CARD and found["uuid"]:
            continue
        if is_device(digits) and not digits.isdecimal() and registered_to(digits[:6]):
            return _written(digits)
    return None


def is_device(digits: str) -> bool:
    """Return whether 12 hex digits can be the address of one card: global, for one receiver, no dummy."""
    parts = bytes.fromhex(digits)
    steps = {(after - before) % 256 for before, after in pairwise(parts)}
    return not parts[0] & 3 and len(steps) > 1 and len(set(digits)) > 2 and not _DUMMY.match(digits)


def organisation_of(mac: str | None) -> str | None:
    """Return the organisation that a MAC address is registered to; None: none, or no device's address."""
    digits = re.sub(r"[^0-9A-Fa-f]", "", mac or "").upper()
    return registered_to(digits[:6]) if len(digits) == 12 and is_device(digits) else None


@lru_cache(maxsize=1 << 16)
def registered_to(oui: str) -> str | None:
    """Return the organisation that a prefix of six hex digits is registered to; None: none."""
    if not (place := _places().get(int(oui, 16))):
        return None
    offset, size = map(int, place.split(b","))
    with (_registry() / "oui.txt").open("rb") as records:
        records.seek(offset)
        first_line = records.read(size).decode().partition("\n")[0]
    name = first_line.partition("(hex)")[2].strip()
    return None if name in _NOBODY else name or None


@cache
def _places() -> dict[int, bytes]:
    """Return where the record of each prefix is: offset and size. `netaddr` takes a tenth of a second to load them."""
    places: dict[int, bytes] = {}
    for line in (_registry() / "oui.idx").read_bytes().split():
        prefix, _, place = line.partition(b",")
        places.setdefault(int(prefix), place)
    return places


@cache
def _registry() -> Traversable:
    return resources.files("netaddr") / "eui"


def _written(digits: str) -> str:
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def _in_subject(subject: str | None) -> str | None:
    common = _COMMON_NAME.match(subject) if subject else None
    return mac_in(common[0]) if common else None


_in_texts, _in_subjects, _organisations = Memo(mac_in), Memo(_in_subject), Memo(organisation_of)
