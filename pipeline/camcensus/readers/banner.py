"""Decode a line into a Shodan banner, 2014 to 2026; the structs name every field that is read.

Types vary in Shodan's data (a version may be a number, a CPE a list or a string), so the typed decoder allows every
observed type. A line that it refuses is decoded without types, and a field of a wrong type counts as absent. Fields
that are not named here are never read: names of users, channels and devices, DDNS hosts, host names, screenshots.

Source of the layout: https://datapedia.shodan.io and real results of 2018 to 2026.
"""

import json
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeVar, get_args, get_origin

import msgspec

Text = str | int | float | bool | None
Number = int | float | str | bool | None
S = TypeVar("S", bound=msgspec.Struct)


class Rejected(Exception):
    """A line that is not a banner. `reason` is a code of `ingest.records.REASONS`.

    Keep a new one, not one that was raised: the frames of its traceback would hold the whole batch in memory.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Probe(msgspec.Struct, gc=False):
    """Block `_shodan`: which probe got the answer."""

    module: Text = None


class Location(msgspec.Struct, gc=False):
    """Block `location`; coordinates and postal codes are not read."""

    country_code: Text = None
    region_code: Text = None
    city: Text = None


class Vulnerability(msgspec.Struct, gc=False):
    """A value in block `vulns`; only its key, the identifier, is read."""


class Favicon(msgspec.Struct, gc=False):
    """Block `http.favicon`."""

    hash: Number = None


class Redirect(msgspec.Struct, gc=False):
    """A step in `http.redirects`."""

    location: Text = None


class Http(msgspec.Struct, gc=False):
    """Block `http`."""

    status: Number = None
    title: Text = None
    server: Text = None
    html: Text = None
    html_hash: Number = None
    favicon: Favicon | None = None
    location: Text = None
    redirects: list[Redirect] | None = None


class Fingerprint(msgspec.Struct, gc=False):
    """Block `ssl.cert.fingerprint`."""

    sha256: Text = None


class Cert(msgspec.Struct, gc=False):
    """Block `ssl.cert`."""

    subject: dict[str, Any] | None = None
    issuer: dict[str, Any] | None = None
    fingerprint: Fingerprint | None = None


class Ssl(msgspec.Struct, gc=False):
    """Block `ssl`."""

    cert: Cert | None = None


class Hikvision(msgspec.Struct, gc=False):
    """Block `hikvision`; device_name and device_description are personal and not read."""

    device_model: Text = None
    device_version: Text = None
    web_version: Text = None


class Dahua(msgspec.Struct, gc=False):
    """Block `dahua`."""

    serial_number: Text = None


class DahuaWeb(msgspec.Struct, gc=False):
    """Block `dahua_dvr_web`; user_info and channel_names are personal and not read."""

    web_version: Text = None


class IpCamera(msgspec.Struct, gc=False):
    """Block `ip_camera`; alias_name, name, ddns_host and ip_address are personal and not read."""

    brand: Text = None
    model: Text = None
    software_version: Text = None
    mac_address: Text = None
    id: Text = None


class Upnp(msgspec.Struct, gc=False):
    """Block `upnp`; friendly_name may contain text of the owner and is not read."""

    manufacturer: Text = None
    model_name: Text = None
    model_number: Text = None
    serial_number: Text = None
    udn: Text = None


class Snmp(msgspec.Struct, gc=False):
    """Block `snmp`; contact, location and name are personal and not read."""

    description: Text = None


class Banner(msgspec.Struct, gc=False, rename={"shodan": "_shodan", "synthetic_marker": "_camcensus"}):
    """One answer of one port. `synthetic_marker` is in simulated banners only."""

    ip_str: Text = None
    ip: Number = None
    ipv6: Text = None
    port: Number = None
    transport: Text = None
    timestamp: Text = None
    data: Text = None
    hash: Number = None
    product: Text = None
    version: Text = None
    devicetype: Text = None
    asn: Text = None
    org: Text = None
    isp: Text = None
    title: Text = None
    html: Text = None
    cpe: list[Any] | str | None = None
    cpe23: list[Any] | str | None = None
    tags: list[Any] | str | None = None
    mac: dict[str, Any] | str | None = None
    shodan: Probe | None = None
    location: Location | None = None
    http: Http | None = None
    ssl: Ssl | None = None
    hikvision: Hikvision | None = None
    dahua: Dahua | None = None
    dahua_dvr_web: DahuaWeb | None = None
    ip_camera: IpCamera | None = None
    upnp: Upnp | None = None
    snmp: Snmp | None = None
    vulns: dict[str, Vulnerability | None] | list[Any] | None = None
    synthetic_marker: dict[str, Any] | None = None


SYNTHETIC_MARKER = "_camcensus"  # in simulated banners; only the loopback engine knows it
# The blocks that Shodan parses from cameras.
BLOCKS = {"hikvision": Hikvision, "dahua": Dahua, "dahua_dvr_web": DahuaWeb, "ip_camera": IpCamera, "upnp": Upnp}
DECODE = msgspec.json.Decoder(Banner).decode
# Errors of the typed decoder after which a line may still be a banner when decoded without types.
UNDECODED = (msgspec.MsgspecError, UnicodeError, RecursionError)


def decode(line: bytes) -> Banner:
    """Decode the banner in a line. Raises `Rejected` with the reason why there is none."""
    try:
        return DECODE(line)
    except UNDECODED:
        return soften(untyped(line), Banner)


def untyped(line: bytes) -> dict[str, Any]:
    """Decode the object in a line as plain JSON: slower, and lenient with lone surrogates and unusual types."""
    found = untyped_value(line)
    if not isinstance(found, dict):
        raise Rejected("not_object")
    return found


def untyped_value(line: bytes) -> Any:
    """Decode a line of plain JSON. Raises `Rejected` when it is not JSON."""
    try:
        return json.loads(line.decode("utf-8"), parse_constant=_refuse, parse_int=_integer)
    except UnicodeDecodeError:
        raise Rejected("bad_encoding") from None
    except RecursionError:
        raise Rejected("too_deep") from None
    except ValueError:
        raise Rejected("not_json") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _integer(digits: str) -> int | None:
    """Drop numbers of 100 digits or more; Python refuses to convert thousands of digits."""
    return int(digits) if len(digits) < 100 else None


def soften(found: dict[str, Any], kind: type[S]) -> S:
    """Return a struct of `kind` from plain JSON; a field of a wrong type counts as absent."""
    values: dict[str, Any] = {}
    for name, encoded, type_, inner in fields_of(kind):
        value = found.get(encoded)
        if value is None:
            continue
        if inner is not None:
            values[name] = soften(value, inner) if isinstance(value, dict) else None
            continue
        try:
            values[name] = msgspec.convert(_clean(value), type_)
        except msgspec.ValidationError:
            values[name] = None
    return kind(**values)


@lru_cache
def fields_of(kind: type[msgspec.Struct]) -> list[tuple[str, str, Any, type[msgspec.Struct] | None]]:
    """Return the name, name in JSON, type and struct (if it is one) of each field; cached, since it is slow."""
    return [(f.name, f.encode_name, f.type, _struct_of(f.type)) for f in msgspec.structs.fields(kind)]


def _struct_of(kind: Any) -> type[msgspec.Struct] | None:
    options = get_args(kind) if get_origin(kind) else ()
    return next((o for o in options if isinstance(o, type) and issubclass(o, msgspec.Struct)), None)


def _field_names(kind: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    for _, encoded, _, inner in fields_of(kind):
        # Camera blocks are requested completely: their presence alone is evidence.
        if inner is not None and encoded not in BLOCKS:
            yield from _field_names(inner, f"{prefix}{encoded}.")
        else:
            yield prefix + encoded


# The fields that are read, as Shodan's parameter `fields` names them, with dots.
FIELDS = tuple(name for name in _field_names(Banner) if name != SYNTHETIC_MARKER)
# Of these, what collections asked for before 2026-11-30 too: no manifest says which fields a collection asked for, so
# only queries about these can be replayed on one that did not keep complete banners.
ALWAYS_ASKED_FOR = tuple(
    name
    for name in FIELDS
    if name
    not in ("location.region_code", "location.city", "http.location", "http.redirects", "snmp.description", "vulns")
)


def _clean(value: Any) -> Any:
    """Clean a value, or each value of a list or dict; nothing nested deeper is read."""
    if isinstance(value, list):
        return [_scalar(item) for item in value]
    if isinstance(value, dict):
        return {_scalar(key): _scalar(item) for key, item in value.items()}
    return _scalar(value)


def _scalar(value: Any) -> Any:
    """Replace lone surrogates, which no table can store; return None for infinity, lists and dicts."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list | dict) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value
