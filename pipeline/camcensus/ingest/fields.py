"""Convert single fields of a banner for `observations`: addresses, ports, times, numbers.

Address, port, transport and time, which every banner needs, raise `Rejected`; any other field of a wrong type counts as
absent.
"""

import ipaddress
import re
import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from camcensus.readers.banner import Banner, Rejected

EARLIEST = int(datetime(2009, 1, 1, tzinfo=UTC).timestamp())
A_DAY = 86400  # seconds that a timestamp may be later than a file was received
LATEST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())  # where it is not known when a file was received
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  timestamps without a zone are compared with it, and are UTC
_ASN = re.compile(r"(?:AS)?(\d{1,10})", re.IGNORECASE)
_HASH = re.compile("-?[0-9]{1,10}")
_SHA256 = re.compile("[0-9a-f]{64}")
_VULNERABILITY = re.compile(r"[A-Z]{2,8}-?[A-Z0-9]{1,8}(?:-[0-9A-Z]{1,10}){1,4}", re.ASCII)
MOST_VULNERABILITIES = 512
_INT64 = 1 << 63


def address_of(banner: Banner) -> tuple[str, int]:
    """Return the canonical address and its version; an IPv4-mapped IPv6 address is the IPv4 address."""
    found = banner.ip_str or banner.ipv6
    if found is None or found == "":
        if isinstance(banner.ip, int) and not isinstance(banner.ip, bool) and 0 <= banner.ip < 1 << 32:
            return str(ipaddress.IPv4Address(banner.ip)), 4
        raise Rejected("no_address" if banner.ip is None else "bad_address")
    if not isinstance(found, str):
        raise Rejected("bad_address")
    if ":" not in found:
        try:
            # Strict: it refuses leading zeros and short forms, so an accepted address is canonical.
            socket.inet_pton(socket.AF_INET, found)
        except (OSError, ValueError):
            raise Rejected("bad_address") from None
        return found, 4
    try:
        address = ipaddress.IPv6Address(found)
    except ValueError:
        raise Rejected("bad_address") from None
    if address.scope_id is not None:
        raise Rejected("bad_address")
    return (str(address.ipv4_mapped), 4) if address.ipv4_mapped else (str(address), 6)


def port_of(value: Any) -> int:
    """Return the port, 1 to 65535, from a number or a string of digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 5:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
        raise Rejected("bad_port")
    return value


def seconds_of(value: Any, latest: int) -> int:
    """Return a timestamp in seconds since 1970; without a zone it is UTC, as Shodan's are."""
    if value is None or value == "":
        raise Rejected("no_timestamp")
    try:
        time = datetime.fromisoformat(value)
        if time.tzinfo is not None:
            time = time.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, TypeError, OverflowError):
        raise Rejected("bad_timestamp") from None
    delta = time - _EPOCH
    seconds = delta.days * 86400 + delta.seconds
    if seconds < EARLIEST:
        raise Rejected("too_early")
    if seconds > latest:
        raise Rejected("too_late")
    return seconds


def transport_of(value: Any) -> str:
    """Return the transport, tcp or udp; None means tcp."""
    if value is None:
        return "tcp"
    if value in ("tcp", "udp"):
        return str(value)
    raise Rejected("bad_transport")


def country_of(value: Any) -> str | None:
    """Return a country code of two letters, in capitals."""
    return value.upper() if isinstance(value, str) and len(value) == 2 and value.isascii() and value.isalpha() else None


def asn_of(value: Any) -> int | None:
    """Return the number of an autonomous system, written with or without AS."""
    match = _ASN.fullmatch(str(value)) if value is not None else None
    return int(match[1]) if match else None


def integer_of(value: Any) -> int | None:
    """Return an integer that fits into int64, else None."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if -_INT64 <= value < _INT64 else None


def favicon_of(value: Any) -> int | None:
    """Return a favicon hash from a number or its digits; Shodan's is a signed int32, some tools write it unsigned."""
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    found = int(text) if _HASH.fullmatch(text) else None
    if found is None or not -(1 << 31) <= found < 1 << 32:
        return None
    return found - (1 << 32) if found >= 1 << 31 else found


def fingerprint_of(banner: Banner) -> str | None:
    """Return the SHA-256 of the certificate, as 64 hex digits."""
    cert = banner.ssl.cert if banner.ssl else None
    value = cert.fingerprint.sha256 if cert and cert.fingerprint else None
    digits = value.replace(":", "").lower() if isinstance(value, str) else ""
    return digits if _SHA256.fullmatch(digits) else None


def vulnerabilities_of(found: Iterable[Any]) -> str | None:
    """Return the first identifiers of vulnerabilities such as CVE-2021-1, sorted and joined with a space."""
    names = {name for name in found if isinstance(name, str) and _VULNERABILITY.fullmatch(name)}
    return " ".join(sorted(names)[:MOST_VULNERABILITIES]) or None
