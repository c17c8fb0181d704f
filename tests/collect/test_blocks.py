"""Blocks of the address space: which there are, and that each is drawn with the same known chance."""

import hashlib
import ipaddress
import math
from itertools import combinations

import pytest

from camcensus.core.errors import CamcensusError
from camcensus.raw.address_blocks import V4, Frame

LENGTHS = (8, 12, 16)
SPECIAL = [ipaddress.IPv4Network(text) for text in V4]


def public(block: ipaddress.IPv4Network) -> bool:
    """Whether a block has an address outside special space, asked of each of its /24s at most."""
    if any(block.subnet_of(special) for special in SPECIAL):
        return False
    inside = [special for special in SPECIAL if special.subnet_of(block)]
    return sum(special.num_addresses for special in inside) < block.num_addresses


@pytest.mark.slow
@pytest.mark.parametrize("length", LENGTHS)
def test_the_frame_is_every_block_with_a_public_address(length: int) -> None:
    frame = Frame(length)
    wanted = [block for block in ipaddress.IPv4Network("0.0.0.0/0").subnets(new_prefix=length) if public(block)]
    assert [frame.block(place) for place in range(frame.size)] == wanted


def test_small_special_networks_are_left_out_where_blocks_are_as_small() -> None:
    assert Frame(24).size == sum(1 << (24 - n.prefixlen) for n in collapsed(24))
    assert Frame(16).size == sum(1 << (16 - n.prefixlen) for n in collapsed(16))


def collapsed(length: int) -> list[ipaddress.IPv4Network]:
    """The address space without what is special in whole blocks of a length."""
    left = [ipaddress.IPv4Network("0.0.0.0/0")]
    for special in SPECIAL:
        if special.prefixlen <= length:
            left = [part for n in left for part in (n.address_exclude(special) if special.subnet_of(n) else [n])]
    return left


def test_draws_are_those_of_the_documented_rule() -> None:
    frame = Frame(16)
    blocks = [ipaddress.IPv4Network(text) for text in ("61.197.0.0/16", "84.31.0.0/16", "143.97.0.0/16")]
    assert frame.draw(1, 3) == blocks
    for n, block in enumerate(blocks):
        digest = hashlib.sha256(f"camcensus sample 1 /16 {n}".encode()).hexdigest()
        assert frame.block(int(digest, 16) % frame.size) == block


def test_more_blocks_add_to_fewer_and_none_comes_twice() -> None:
    frame = Frame(8)
    every = frame.draw(7, frame.size)
    assert sorted(every) == [frame.block(place) for place in range(frame.size)]
    assert frame.draw(7, 100) == every[:100]
    assert frame.draw(8, 100) != every[:100]


@pytest.mark.slow
def test_each_block_and_each_pair_has_its_chance() -> None:
    # 6 standard deviations: of 221 blocks and 6 pairs, one of a hundred million right rules would fail.
    frame, seeds, n = Frame(8), 3000, 55
    size = frame.size
    samples = [set(frame.draw(seed, n)) for seed in range(seeds)]
    one = n / size
    for place in range(size):
        drawn = sum(frame.block(place) in sample for sample in samples)
        assert abs(drawn - seeds * one) < 6 * math.sqrt(seeds * one * (1 - one))
    two = one * (n - 1) / (size - 1)
    for pair in combinations([frame.block(place) for place in (0, 1, 100, 220)], 2):
        drawn = sum(set(pair) <= sample for sample in samples)
        assert abs(drawn - seeds * two) < 6 * math.sqrt(seeds * two * (1 - two))


def test_more_blocks_than_there_are_cannot_be_drawn() -> None:
    with pytest.raises(CamcensusError, match=r"found 222; allowed: at most 221, the public blocks of prefix length 8"):
        Frame(8).draw(1, 222)
