"""Which addresses may be asked, and how fast."""

import ipaddress
import urllib.parse

from camcensus.core.errors import CamcensusError

RATE = 1.0  # requests a second; the engine's own limit


def is_loopback(address: str) -> bool:
    """Whether a URL leads to this machine and nowhere else."""
    host = _host(address)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _host(address: str) -> str:
    """The host that an http or https URL leads to; empty for all else."""
    try:
        parts = urllib.parse.urlsplit(address)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in ("http", "https") else ""


def check_address(address: str, rate: float) -> None:
    """Raises `CamcensusError` for what is no address of a search engine, for one that would take the key in clear over
    a network, and for a rate above the engine's own limit; the last two are fine on this machine."""
    if not _host(address):
        raise CamcensusError(f"SHODAN_API_URL: found {address!r}; allowed: an address such as https://api.shodan.io")
    if is_loopback(address):
        return
    if not address.startswith("https://"):
        raise CamcensusError(
            f"SHODAN_API_URL: found {address!r}; the API key would cross the network in clear. Use https; plain http "
            "is for servers on this machine only"
        )
    if not 0 < rate <= RATE:
        raise CamcensusError(
            f"rate: found {rate:g}; the search engine allows {RATE:g} request a second. Set rate under [collect] in "
            "the study to at most that; more, and 0 for no limit, is for servers on this machine only"
        )
