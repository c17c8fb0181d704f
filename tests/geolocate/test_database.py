"""Countries of addresses: equal to the official readers, whatever the database's layout, and never a guess."""

import ipaddress
import lzma
import random
import socket
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import geoip2.database
import geoip2.errors
import maxminddb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camcensus.core.countries import canonical_code
from camcensus.core.errors import GeoDatabaseError
from camcensus.core.resources import bundled
from camcensus.geolocate.database import CHUNK, Locator, country_of, open_locator
from camcensus.geolocate.description import BUILTIN, BUILTIN_CREDIT
from camcensus.geolocate.ranges import key_v4
from camcensus.readers.banner import Rejected, decode
from camcensus.readers.lines import RawFile
from tests.conftest import row_of
from tests.mmdb import GEOIP2, ROOT, mmdb, official
from tests.mmdb import cache as cache  # noqa: PLC0414  a fixture

# --- the built-in database ---


@pytest.fixture(scope="module")
def builtin(tmp_path_factory: pytest.TempPathFactory) -> Locator:
    """The built-in database, flattened once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        open_locator.cache_clear()
        return open_locator()


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[maxminddb.Reader]:
    """The built-in database as maxminddb reads it."""
    path = tmp_path_factory.mktemp("plain") / "dbip.mmdb"
    path.write_bytes(lzma.decompress(bundled(BUILTIN).read_bytes()))
    with maxminddb.open_database(str(path)) as opened:
        yield opened


# Special space on which versions of Python disagree, or have parts of it global.
UNSETTLED = [
    ipaddress.ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20", "5f00::/16", "64:ff9b:1::/48")
]


def expected(reader: maxminddb.Reader, host: str) -> str:
    """The country by the reader; none for what is not public."""
    address = ipaddress.ip_address(host)
    known = address.is_global and not address.is_multicast and not any(address in n for n in UNSETTLED)
    return canonical_code(country_of(reader.get(host))) if known else "ZZ"


def test_many_ipv4_addresses(builtin: Locator, reader: maxminddb.Reader) -> None:
    chance = random.Random(4)
    hosts = [socket.inet_ntoa(chance.randbytes(4)) for _ in range(60_000)]
    found = builtin.countries(hosts)
    for host, mine in zip(hosts, found, strict=True):
        if mine != country_of(reader.get(host)):
            assert mine == expected(reader, host), host
    assert len(set(found)) > 150


def test_addresses_of_the_demo(builtin: Locator, reader: maxminddb.Reader) -> None:
    hosts = set()
    for path in sorted((ROOT / "data/demo/raw").rglob("SYNTHETIC-*")):
        for line in islice(RawFile(path).lines(), 0, None, 8):
            try:
                hosts.add(str(row_of(decode(line.data))["host"]))
            except Rejected:
                continue
    some = sorted(hosts)
    assert builtin.countries(some) == [expected(reader, host) for host in some]
    assert len(some) > 800
    assert any(":" in host for host in some)


def test_5_000_ipv6_addresses(builtin: Locator, reader: maxminddb.Reader) -> None:
    chance = random.Random(6)
    hosts = [str(ipaddress.IPv6Address(chance.getrandbits(128))) for _ in range(500)]
    starts = [int.from_bytes(bytes(s)[:16]) for s in builtin.v6.starts]
    for n in chance.sample(range(1, len(starts) - 1), 1500):
        edges = (starts[n] - 1, starts[n], chance.randrange(starts[n], starts[n + 1]))
        hosts += [str(ipaddress.IPv6Address(edge)) for edge in edges]
    found = builtin.countries(hosts)
    assert found == [expected(reader, host) for host in hosts]
    assert len(hosts) == 5_000
    assert len(set(found)) > 50


def test_every_edge_of_some_ipv4_ranges(builtin: Locator, reader: maxminddb.Reader) -> None:
    starts = random.Random(5).sample([int(s) for s in builtin.v4.starts], 2_000)
    hosts = [str(ipaddress.IPv4Address(n)) for s in starts for n in (s - 1, s) if n >= 0]
    assert builtin.countries(hosts) == [expected(reader, host) for host in hosts]


def test_the_builtin_database_names_itself_and_its_credit(builtin: Locator) -> None:
    assert builtin.edition == "DB-IP Lite country 2026-06-01"
    assert builtin.credit == BUILTIN_CREDIT


def test_known_addresses(builtin: Locator) -> None:
    assert builtin.countries(["81.2.69.142", "2001:67c:2e8:22::c100:68b", "81.2.69.142"]) == ["GB", "NL", "GB"]
    assert builtin.countries([]) == []


NOT_PUBLIC = (
    "10.0.0.1", "172.16.0.1", "192.168.1.64", "127.0.0.1", "169.254.1.1", "100.64.0.1", "0.0.0.0", "255.255.255.255",
    "192.0.2.1", "198.51.100.1", "203.0.113.1", "240.0.0.1", "224.0.0.1", "239.255.255.250", "198.18.0.1",
    "::", "::1", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1", "::ffff:8.8.8.8", "::ffff:10.0.0.1",
)  # fmt: skip


@pytest.mark.parametrize("host", NOT_PUBLIC)
def test_f15_what_is_not_public_is_nowhere(builtin: Locator, host: str) -> None:
    assert builtin.countries([str(ipaddress.ip_address(host))]) == ["ZZ"]


def test_what_is_not_public_is_nowhere_even_if_the_database_says_otherwise(tmp_path: Path) -> None:
    records = official({"10.0.0.0/8": "US", "192.0.2.0/24": "US", "8.8.8.0/24": "US", "2001:db8::/32": "US"})
    locator = open_locator(mmdb(tmp_path / "a.mmdb", records))
    assert locator.countries(["10.0.0.1", "192.0.2.1", "8.8.8.8", "2001:db8::1"]) == ["ZZ", "ZZ", "US", "ZZ"]


# --- other databases ---


def test_equal_to_geoip2_where_it_opens_the_file(tmp_path: Path) -> None:
    path = mmdb(tmp_path / "GeoLite2-Country.mmdb", official(GEOIP2))
    locator = open_locator(path)
    hosts = ["1.0.0.0", "1.0.0.255", "1.0.1.0", "1.0.2.0", "2.15.255.255", "2.16.0.0", "2.23.255.255", "2.24.0.0"]
    hosts += ["8.8.8.8", "9.9.9.9", "2a00:1450::", "2a00:1450:ffff:ffff:ffff:ffff:ffff:ffff", "2a00:1451::"]
    with geoip2.database.Reader(str(path)) as reader:
        for host in hosts:
            try:
                code = reader.country(host).country.iso_code
            except geoip2.errors.AddressNotFoundError:
                code = None
            assert locator.countries([host]) == [code or "ZZ"], host


@pytest.mark.parametrize("seed", range(5))
def test_any_networks_are_flattened_as_the_reader_sees_them(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    networks: list[Any] = []
    for _ in range(150):
        four = chance.random() < 0.6
        length = chance.randint(6, 32) if four else chance.choice((20, 32, 48, 64, 65, 96, 120, 127, 128))
        bits = chance.getrandbits(32) if four else (0x2A << 120) | chance.getrandbits(24) << 96 | chance.getrandbits(96)
        network = ipaddress.ip_network((bits, length), strict=False)
        if not any(network.version == n.version and network.overlaps(n) for n in networks):
            networks.append(network)
            after = int(network.broadcast_address) + 1  # a neighbour, so that ranges touch
            if after < 1 << (32 if four else 128) and after % network.num_addresses == 0:
                near = ipaddress.ip_network((type(network.network_address)(after), network.prefixlen))
                if not any(near.version == n.version and near.overlaps(n) for n in networks):
                    networks.append(near)
    codes = {str(n): chance.choice(("NL", "DE", "US", "")) for n in networks}
    records = {n: {"country_code": code} for n, code in codes.items()}
    path = mmdb(tmp_path / "any.mmdb", records, "any", bits=(24, 28, 32)[seed % 3])
    ends = [e for n in networks if n.version == 4 for e in (n.network_address, n.broadcast_address)]
    edges = [int(end) + d for end in ends for d in (-1, 0, 1)]
    hosts = [str(ipaddress.IPv4Address(e)) for e in edges if 0 <= e < 1 << 32]
    ends = [e for n in networks if n.version == 6 for e in (n.network_address, n.broadcast_address)]
    edges = [int(end) + d for end in ends for d in (-1, 0, 1)]
    hosts += [str(ipaddress.IPv6Address(e)) for e in edges]
    with maxminddb.open_database(str(path)) as reader:
        assert open_locator(path).countries(hosts) == [expected(reader, host) for host in hosts]


LAYOUTS = (
    {"country": {"iso_code": "NL"}}, {"country_code": "NL"}, {"country": "NL"}, "NL",
    {"country": {"iso_code": "NL"}, "city": {"names": {"en": "Utrecht"}}}, {"country_code": "NL", "country": "NL"},
)  # fmt: skip


@pytest.mark.parametrize("record", LAYOUTS, ids=str)
@pytest.mark.parametrize("kind", ["GeoLite2-Country", "GeoLite2-City", "country ipvAll"])
def test_any_layout_under_any_type(tmp_path: Path, record: Any, kind: str) -> None:
    assert country_of(record) == "NL"
    locator = open_locator(mmdb(tmp_path / "a.mmdb", {"8.0.0.0/8": record}, kind))
    assert locator.countries(["8.8.8.8", "9.9.9.9"]) == ["NL", "ZZ"]
    assert locator.edition == f"{kind} 2026-05-28"
    assert "a.mmdb" in locator.credit


@pytest.mark.parametrize(
    "record",
    [None, {}, {"country": {}}, {"country": {"iso_code": None}}, {"country_code": ""}, {"country": None}, 7, []],
)
def test_a_record_without_a_country(record: Any) -> None:
    assert country_of(record) == ""


@pytest.mark.parametrize("said", ["AUT", "AUSTRIA", "Austria", "A"])
def test_f14_what_has_not_two_letters_is_never_cut_to_a_country(tmp_path: Path, said: str) -> None:
    for n, record in enumerate(({"country": {"iso_code": said}}, {"country_code": said}, {"country": said}, said)):
        records = {"8.0.0.0/8": record, "9.0.0.0/8": {"country_code": "NL"}}
        assert open_locator(mmdb(tmp_path / f"{n}.mmdb", records)).countries(["8.8.8.8", "9.9.9.9"]) == ["ZZ", "NL"]


def test_f19_a_database_of_other_codes_is_refused(tmp_path: Path) -> None:
    path = mmdb(tmp_path / "a.mmdb", {"8.0.0.0/8": {"country_code": "AUT"}})
    with pytest.raises(GeoDatabaseError, match="two letters"):
        open_locator(path)


def test_where_a_network_is_registered_is_not_where_it_is() -> None:
    assert country_of({"registered_country": {"iso_code": "US"}}) == ""


def test_f14_codes_that_are_no_country_are_nowhere(tmp_path: Path) -> None:
    codes = {
        "1.0.0.0/24": "EU",
        "1.0.1.0/24": "UK",
        "1.0.2.0/24": "NA",
        "1.0.3.0/24": "XK",
        "1.0.4.0/24": "",
        "1.0.5.0/24": "No",
    }
    locator = open_locator(mmdb(tmp_path / "a.mmdb", {n: {"country_code": c} for n, c in codes.items()}, "any"))
    found = locator.countries([n.replace("0/24", "9") for n in codes])
    assert found == ["ZZ", "GB", "NA", "XK", "ZZ", "ZZ"]


def test_only_one_ip_version_in_the_database(tmp_path: Path) -> None:
    four = open_locator(mmdb(tmp_path / "4.mmdb", official({"8.8.8.0/24": "US"})))
    six = open_locator(mmdb(tmp_path / "6.mmdb", official({"2a00:1450::/32": "IE"})))
    assert four.countries(["8.8.8.8", "2a00:1450::1"]) == ["US", "ZZ"]
    assert six.countries(["8.8.8.8", "2a00:1450::1"]) == ["ZZ", "IE"]


def test_a_network_that_holds_all_of_ipv4_and_more(tmp_path: Path) -> None:
    path = mmdb(tmp_path / "a.mmdb", {"::/3": {"country_code": "NL"}, "2a00:1450::/32": {"country_code": "IE"}}, "any")
    found = open_locator(path).countries(["8.8.8.8", "2a00:1450::1", "2a00:1451::1", "1a00::1"])
    assert found == ["NL", "IE", "ZZ", "NL"]


def test_f19_a_tree_with_a_circle_is_refused(tmp_path: Path) -> None:
    path = mmdb(tmp_path / "a.mmdb", {"8.0.0.0/8": {"country_code": "NL"}}, "any", bits=24)
    tree = path.read_bytes()
    path.write_bytes(bytes(6) + tree[6:])  # both children of the root are the root
    with pytest.raises(GeoDatabaseError, match="circle"):
        open_locator(path)


def test_f19_a_record_size_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    path = mmdb(tmp_path / "a.mmdb", {"8.0.0.0/8": {"country_code": "NL"}}, "any", bits=24)
    path.write_bytes(path.read_bytes().replace(b"record_size\xa1\x18", b"record_size\xa1\x17"))
    with pytest.raises(GeoDatabaseError):
        open_locator(path)


def test_a_compressed_database_is_the_same(tmp_path: Path) -> None:
    plain = mmdb(tmp_path / "a.mmdb", official(GEOIP2))
    packed = tmp_path / "a.mmdb.xz"
    packed.write_bytes(lzma.compress(plain.read_bytes()))
    assert open_locator(packed).countries(["1.0.0.1", "2.16.0.1"]) == ["AU", "NL"]


# --- addresses ---


@given(st.lists(st.ip_addresses(v=4), max_size=40))
def test_addresses_as_integers(addresses: list[ipaddress.IPv4Address]) -> None:
    assert key_v4([str(a) for a in addresses]).tolist() == [int(a) for a in addresses]


NOT_ADDRESSES = (
    "", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1", "1.2.3.999", "1.2.3.1000", "a.b.c.d",
    "1.2.3.x", "1.2.3.4 ", "1.2.3.-4", "1.2.3.4\n5.6.7.8", "\n", "١.2.3.4", "1.2.3.4/32", "localhost",
)  # fmt: skip


@pytest.mark.parametrize("host", NOT_ADDRESSES)
def test_what_is_no_address_is_refused(host: str) -> None:
    for hosts in ([host], ["8.8.8.8", host], [host, "8.8.8.8"], ["1.2.3.4.5", host, "1.2.3"]):
        with pytest.raises(ValueError, match="canonical"):
            key_v4(hosts)


def test_both_versions_in_any_order(builtin: Locator) -> None:
    chance = random.Random(11)
    known = {"81.2.69.142": "GB", "2001:67c:2e8:22::c100:68b": "NL", "10.0.0.1": "ZZ", "::1": "ZZ"}
    hosts = chance.choices(list(known), k=3 * CHUNK // 2)
    assert builtin.countries(hosts) == [known[host] for host in hosts]
