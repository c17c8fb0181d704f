"""Which addresses may be asked, and how fast."""

import ipaddress
import urllib.parse
from contextlib import suppress

from camcensus.core.errors import CamcensusError

MAX_RATE = 1.0  # requests a second; the engine's own limit


def is_loopback(address: str) -> bool:
    """Return whether a URL leads to this machine and nowhere else."""
    host = _host(address)
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _host(address: str) -> str:
    """Return the host of an http or https URL; empty for all else."""
    with suppress(ValueError):
        parts = urllib.parse.urlsplit(address)
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    return ""


def check_address(address: str, rate: float) -> None:
    """Raise `CamcensusError` for an address or a rate that is not allowed, except where it is this machine's."""
    if not _host(address):
        raise CamcensusError(f"SHODAN_API_URL: found {address!r}; allowed: a URL such as https://api.shodan.io")
    if is_loopback(address):
        return
    if not address.startswith("https://"):
        raise CamcensusError(
            f"SHODAN_API_URL: found {address!r}; it would send the API key unencrypted. Use https; plain http is for "
            "servers on this machine only"
        )
    if not 0 < rate <= MAX_RATE:
        raise CamcensusError(
            f"rate: found {rate:g}; the search engine allows {MAX_RATE:g} request a second. Set rate under [collect] "
            "in the study to at most that; higher rates, and 0 for no limit, are for servers on this machine only"
        )
