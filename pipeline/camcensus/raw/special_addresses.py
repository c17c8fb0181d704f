"""Address space without hosts of the Internet: private, reserved, for documentation, multicast.

A separate list, since `ipaddress.is_global` differs between versions of Python. Source: the IANA IPv4
and IPv6 Special-Purpose Address Registries (entries that are not globally reachable) and the multicast ranges, as of
2026-11.
"""

import ipaddress

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

V4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
)  # fmt: skip
V6 = (
    "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
    "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)  # fmt: skip


def special_ranges(version: int) -> list[tuple[int, int]]:
    """Return first and last address of each special range of one IP version, as integers, in order."""
    networks = [ipaddress.ip_network(text) for text in (V4 if version == 4 else V6)]
    return sorted((int(network.network_address), int(network.broadcast_address)) for network in networks)
