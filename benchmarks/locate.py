"""Addresses a second that get a country: ours against the publisher's own reader, geoip2, on the same addresses.

geoip2 opens only databases of its own types, so the built-in one is written anew in the layout of GeoLite2 Country:
once slim (nothing but the code, the best case for geoip2) and once with names in eight languages, continent and
registered country, as the real one has. Ours, geoip2 and maxminddb, which geoip2 stands on, read the same file.
Before anything is timed, all three must agree on every address. Usage: python benchmarks/locate.py [--rounds 5]
"""

import argparse
import ipaddress
import json
import os
import platform
import random
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geoip2.database
import geoip2.errors
import maxminddb

from camcensus.core.countries import canonical_code, country_name
from camcensus.geolocate.database import Locator, country_of, open_locator
from camcensus.raw.address_blocks import special_ranges
from tests.mmdb import mmdb

ROOT = Path(__file__).parent.parent
ADDRESSES, FEW = 300_000, 60_000
LANGUAGES = ("de", "en", "es", "fr", "ja", "pt-BR", "ru", "zh-CN")
SPECIAL = [ipaddress.summarize_address_range(*map(ipaddress.IPv4Address, edges)) for edges in special_ranges(4)]
NOWHERE = [network for networks in SPECIAL for network in networks]


def main() -> None:
    """Prints the medians as JSON, and keeps them in benchmarks/results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    chance = random.Random(2026)
    hosts = [str(ipaddress.IPv4Address(chance.getrandbits(32))) for _ in range(ADDRESSES)]
    result: dict[str, Any] = {
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores (one used), Python {platform.python_version()}",
        "versions": {"geoip2": geoip2.__version__, "maxminddb": maxminddb.__version__},
        "rounds": rounds,
        "addresses": ADDRESSES,
    }
    with TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder  # or nothing would be flattened the second time
        for layout, record in (("slim", slim), ("full", full)):
            path = rebuilt(Path(folder) / f"{layout}.mmdb", record)
            result[layout] = compared(path, hosts, rounds)
    text = json.dumps(result, indent=1)
    (ROOT / "benchmarks/results" / f"locate-{result['date']}.json").write_text(text + "\n")
    print(text)


def compared(path: Path, hosts: list[str], rounds: int) -> dict[str, float]:
    """Median addresses a second of each, turn about, and how many times as fast ours is."""
    began = time.perf_counter()
    locator = open_locator(path)
    opening = time.perf_counter() - began
    with geoip2.database.Reader(str(path)) as reader, maxminddb.open_database(str(path)) as raw:
        agree(locator, reader, raw, hosts)
        ways: dict[str, tuple[Callable[[list[str]], object], int]] = {
            "camcensus": (locator.countries, ADDRESSES),
            "geoip2": (lambda some: [by_geoip2(reader, host) for host in some], FEW),
            "maxminddb": (lambda some: [country_of(raw.get(host)) for host in some], FEW),
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, (look_up, count) in ways.items():
                began = time.perf_counter()
                look_up(hosts[:count])
                seconds[name].append((time.perf_counter() - began) / count)
    rates = {name: 1 / statistics.median(taken) for name, taken in seconds.items()}
    return {
        **{f"{name}_per_second": round(rate) for name, rate in rates.items()},
        "times_geoip2": round(rates["camcensus"] / rates["geoip2"], 1),
        "times_maxminddb": round(rates["camcensus"] / rates["maxminddb"], 1),
        "flattening_seconds": round(opening, 1),
    }


def agree(locator: Locator, reader: geoip2.database.Reader, raw: maxminddb.Reader, hosts: list[str]) -> None:
    """Every address, by all three; what is special is nowhere, whatever a database says."""
    for host, mine in zip(hosts, locator.countries(hosts), strict=True):
        theirs, plain = canonical_code(by_geoip2(reader, host)), canonical_code(country_of(raw.get(host)))
        if mine != theirs or mine != plain:
            address = ipaddress.IPv4Address(host)
            special = mine == "ZZ" and any(address in network for network in NOWHERE)
            assert special, (host, mine, theirs, plain)


def by_geoip2(reader: geoip2.database.Reader, host: str) -> str:
    """As its manual has it."""
    try:
        return reader.country(host).country.iso_code or ""
    except geoip2.errors.AddressNotFoundError:
        return ""


def rebuilt(path: Path, record: Callable[[str], dict[str, Any]]) -> Path:
    """The built-in database's IPv4 half in GeoLite2's layout."""
    ranges = open_locator().v4
    starts = [*ranges.starts.tolist(), 1 << 32]
    networks: dict[str, Any] = {}
    records = {code: record(code) for code in set(ranges.codes.tolist())}
    for start, end, code in zip(starts, starts[1:], ranges.codes.tolist(), strict=False):
        if code:
            edges = (ipaddress.IPv4Address(start), ipaddress.IPv4Address(end - 1))
            networks |= {str(network): records[code] for network in ipaddress.summarize_address_range(*edges)}
    return mmdb(path, networks)


def slim(code: str) -> dict[str, Any]:
    """The least that geoip2 reads."""
    return {"country": {"iso_code": code}}


def full(code: str) -> dict[str, Any]:
    """As much as GeoLite2 Country has for an address."""
    country = {"iso_code": code, "geoname_id": 1, "names": dict.fromkeys(LANGUAGES, country_name(code)[:20])}
    continent = {"code": "EU", "geoname_id": 2, "names": dict.fromkeys(LANGUAGES, "Continent")}
    return {"continent": continent, "country": country, "registered_country": country}


if __name__ == "__main__":
    main()
