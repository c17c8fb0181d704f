"""Which addresses are on this machine."""

import ipaddress
import urllib.parse


def is_loopback(address: str) -> bool:
    """Whether a URL leads to this machine and nowhere else."""
    host = urllib.parse.urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
