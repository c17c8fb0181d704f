"""Space without hosts is nowhere, and its neighbours are where they were."""

import ipaddress

import numpy as np
import pytest

from camcensus.geolocate.ranges import Ranges, count_special, key_v4, key_v6, without_special
from camcensus.raw.address_blocks import V4, V6, special_ranges


def everywhere(version: int) -> Ranges:
    """Ranges that put every address of one version into NL."""
    first = np.array([0], np.uint32) if version == 4 else np.array([bytes(16) + b"\x01"], "S17")
    return Ranges(first, np.array(["NL"]))


@pytest.mark.parametrize("text", [*V4, *V6])
def test_special_space_is_nowhere_and_ends_where_it_ends(text: str) -> None:
    network = ipaddress.ip_network(text)
    ranges = without_special(everywhere(network.version), network.version)
    key = key_v4 if network.version == 4 else key_v6
    top = (1 << network.max_prefixlen) - 1
    special = special_ranges(network.version)
    for number in (int(network.network_address), int(network.broadcast_address)):
        assert ranges.look_up(key([str(ipaddress.ip_address(network.network_address.__class__(number)))])).tolist() == [
            ""
        ]
    for number in (int(network.network_address) - 1, int(network.broadcast_address) + 1):
        if 0 <= number <= top and not any(first <= number <= last for first, last in special):
            host = str(network.network_address.__class__(number))
            assert ranges.look_up(key([host])).tolist() == ["NL"], host


UNSETTLED = {
    "192.0.0.0/24",
    "192.88.99.0/24",
    "100.64.0.0/10",
    "2002::/16",
    "64:ff9b:1::/48",
    "3fff::/20",
    "5f00::/16",
    "::/96",
}


@pytest.mark.parametrize("text", sorted({*V4, *V6} - UNSETTLED))
def test_the_list_agrees_with_the_standard_library_on_private_space(text: str) -> None:
    network = ipaddress.ip_network(text)
    site_local = network.version == 6 and network.is_site_local
    assert network.is_private or network.is_multicast or network.is_reserved or site_local


def test_ranges_stay_sorted_and_unique() -> None:
    for version in (4, 6):
        starts = without_special(everywhere(version), version).starts
        assert (starts[1:] > starts[:-1]).all()


def test_addresses_in_special_space_are_counted() -> None:
    inside = [str(ipaddress.ip_network(text).network_address) for text in (*V4, *V6)]
    assert [count_special([host]) for host in inside] == [1] * len(inside)
    outside = ["8.8.8.8", "9.255.255.255", "11.0.0.0", "223.255.255.255", "2a00:1450::1", "2606:4700::1111"]
    assert count_special(outside) == 0
    assert count_special([*outside, *inside, inside[0]]) == len(inside) + 1
    assert count_special([]) == 0
