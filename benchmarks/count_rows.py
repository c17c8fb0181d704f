"""Made-up rows of `identified` for the benchmark of counting: hard to count, and such as an export holds.

What a host is follows from its number alone, so that its banners agree whatever part they are in. A third of the hosts
show a serial number; one host in twenty has a second device behind its later ports; of the hosts with several banners
half say different things on different ports (model, firmware, kind, confidence); one device in twenty five was seen on
two addresses; some serial numbers and certificates are copies on many; some answers are no cameras; two sources of
country disagree about one network in fifty; one host in a hundred has IPv6.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from camcensus.core import storage
from camcensus.core.tables import IDENTIFIED

NOON = 1_790_000_000
CHUNK = 500_000
MAKERS, MODELS, FIRMWARES, COUNTRIES = 40, 50, 12, 200
PORTS = np.array([80, 554, 8000, 443, 8080, 37777, 81, 8443])
MOST_SEEN = 5  # the first so many ports have nine banners in ten
Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]


def make(folder: Path, rows: int) -> None:
    """Parts of `identified`, each of at most CHUNK rows."""
    for n, begin in enumerate(range(0, rows, CHUNK)):
        table = part(np.random.default_rng([1, n]), f"part-{n:03}.json", min(CHUNK, rows - begin), rows)
        storage.write_table(folder / "identified.parquet" / f"{n:03}.parquet", table, IDENTIFIED)


def drawn(number: Numbers, what: int, size: int) -> Numbers:
    """A number under `size` for each of `number`, another one for each `what`: splitmix64's last steps."""
    start = np.uint64((what + 1) * 0x9E3779B97F4A7C15 % (1 << 64))
    mixed = (number.astype(np.uint64) + start) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) % np.uint64(size)).astype(np.int64)


def part(chance: np.random.Generator, file: str, rows: int, total: int) -> pa.Table:
    """Rows in no order of hosts, as a search engine's: mean 1.7 sights of a host, a few of the same banner again."""
    host = chance.integers(0, int(total / 1.25), rows)
    door = np.where(chance.random(rows) < 0.9, chance.integers(0, MOST_SEEN, rows), chance.integers(0, 8, rows))
    columns = {
        "file": pa.repeat(file, rows),
        "line": pa.array(np.arange(1, rows + 1)),
        "port": pa.array(PORTS[door]),
        "transport": pa.repeat("tcp", rows),
        "seen": pa.array(NOON - chance.integers(0, 32 * 86400, rows)),
        "synthetic": pa.repeat(True, rows),
        "signatures": pa.repeat("bench.signature.one bench.signature.two", rows),
        **addresses(host),
        **places(host),
        **things(host, door),
        **proofs(host, door),
    }
    schema = IDENTIFIED.schema
    return pa.table({f.name: columns.get(f.name, pa.nulls(rows, f.type)) for f in schema}).cast(schema)


def addresses(host: Numbers) -> dict[str, pa.Array]:
    """Four hosts a network; one in a hundred has IPv6."""
    address = (16 << 24) + host * 64
    six = drawn(host // 4, 1, 100) == 0
    text, prefix = [], []
    for number, is_six in zip(address.tolist(), six.tolist(), strict=True):
        if is_six:
            text.append(f"2001:{number >> 24:x}:{number >> 8 & 0xFFFF:x}::{number & 255:x}")
            prefix.append(f"2001:{number >> 24:x}:{number >> 8 & 0xFFFF:x}::/48")
        else:
            network = f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}"
            text.append(f"{network}.{number & 255}")
            prefix.append(f"{network}.0/24")
    return {
        "host": pa.array(text),
        "prefix": pa.array(prefix),
        "ip_version": pa.array(np.where(six, 6, 4)),
        "address": pa.array(address, mask=six),
    }


def places(host: Numbers) -> dict[str, pa.Array]:
    """A network lies in one country, but for one in a thousand; a few countries have most of them."""
    network = host // 4
    across = drawn(network, 2, 1000) == 0
    country = drawn(np.where(across, host, network), 3, COUNTRIES) * drawn(network, 4, COUNTRIES) // COUNTRIES
    other = drawn(network, 5, 50)
    codes = pa.array(["CN", *[a + b for a in "ABCDEFGHIJ" for b in "ABCDEFGHIJKLMNOPQRST"]][:COUNTRIES])
    second = np.where(other == 0, (country + 1) % COUNTRIES, country)
    asn = drawn(network // 64, 6, 20_000)
    kinds = pa.array(["hosting", "mobile", "fixed", "fixed", "fixed", "fixed", "fixed", None])
    return {
        "country": codes.take(pa.array(country)),
        "country_second": codes.take(pa.array(second, mask=other == 1)),
        "asn": pa.array(asn),
        "network": pa.repeat("Example", len(host)),
        "network_kind": kinds.take(pa.array(drawn(asn, 7, 8))),
    }


def things(host: Numbers, door: Numbers) -> dict[str, pa.Array]:
    """What the banner says it is. `second`: another device, or of ports that tell less or otherwise: half the hosts."""
    device = np.where((drawn(host, 8, 20) == 0) & (door > 2), host + (1 << 40), host)
    maker = drawn(device, 9, MAKERS) * drawn(device, 10, MAKERS) // MAKERS
    model = drawn(device, 11, MODELS)
    quiet = (drawn(host, 12, 2) == 0) & (door % 3 == 1)  # names neither model nor firmware, nor its kind
    other = drawn(host * 8 + door, 13, 24)  # in 24: 0 is no camera, 1 names nobody
    nobody = other <= 1
    names = pa.array([f"Maker {n}" for n in range(MAKERS)])
    models = pa.array([f"M{m}-{n}" for m in range(MAKERS) for n in range(MODELS)])
    releases = pa.array([f"V{n}.{m}" for n in range(MODELS) for m in range(FIRMWARES)])
    kind = np.where(other == 0, 3, np.where(quiet | (other == 1), 2, drawn(model + 50 * maker, 14, 5) // 4))
    sure = pa.array(["medium", "high"])
    return {
        "counted": pa.array(other > 0),
        "manufacturer": names.take(pa.array(np.where(other == 0, (maker + 1) % MAKERS, maker), mask=other == 1)),
        "manufacturer_confidence": sure.take(pa.array(drawn(host, 15, 2) * ~quiet, mask=other == 1)),
        "brand": names.take(pa.array(maker, mask=nobody | quiet)),
        "model": models.take(pa.array(maker * MODELS + model, mask=nobody | quiet)),
        "product_type": pa.array(["camera", "recorder", "video", "other"]).take(pa.array(kind)),
        "type_confidence": sure.take(pa.array(np.where(quiet, 0, drawn(host, 16, 4) > 0))),
        "firmware": releases.take(
            pa.array(model * FIRMWARES + drawn(device, 17, FIRMWARES), mask=nobody | quiet | (door == 2))
        ),
    }


def proofs(host: Numbers, door: Numbers) -> dict[str, pa.Array]:
    """Serial numbers, certificates and hashes of answers. A device that moved has that of the host before it."""
    device = np.where(drawn(host, 18, 25) == 0, host - 1, host) + np.where(
        (drawn(host, 8, 20) == 0) & (door > 2), 1 << 40, 0
    )
    copied = drawn(device, 19, 500) == 0
    serial = np.where(copied, drawn(device, 20, 50), device)
    silent = (drawn(device, 21, 3) != 0) | (door % 2 == 1)
    shared = drawn(host, 22, 10) != 0
    certificate = np.where(shared, drawn(host, 23, 100), host)
    hashes = np.where(drawn(host, 24, 3) == 0, drawn(host, 25, 1 << 30), drawn(host, 26, 500))
    grades = pa.array(["possible", "likely", "certain"])
    return {
        "identity": texts(serial, silent),
        "identity_kind": pc.if_else(pa.array(silent), None, "serial"),
        "certificate": texts(certificate + (1 << 50), door != 3),
        "banner_hash": pa.array(hashes),
        "html_hash": pa.array(hashes % 211, mask=door % 2 == 1),
        "decoy": grades.take(pa.array(drawn(host, 27, 3), mask=drawn(host, 28, 200) != 0)),
    }


def texts(numbers: Numbers, absent: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pa.Array:
    """Such as keyed hashes are: 32 hexadecimal digits."""
    high, low = drawn(numbers, 29, 1 << 62), drawn(numbers, 30, 1 << 62)
    return pa.array(
        [
            None if no else f"{a:016x}{b:016x}"
            for a, b, no in zip(high.tolist(), low.tolist(), absent.tolist(), strict=True)
        ],
        pa.string(),
    )
