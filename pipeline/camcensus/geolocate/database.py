"""Locate addresses in countries, many at a time.

A country database is flattened once into sorted ranges (cached by the file's checksum) and compared with the official
reader before it is used. Addresses are then looked up by binary search.
"""

import gzip
import hashlib
import io
import ipaddress
import lzma
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geoip2.database
import maxminddb
import numpy as np

from camcensus.core import storage
from camcensus.core.errors import GeoDatabaseError
from camcensus.core.resources import bundled, cache_folder
from camcensus.geolocate.description import BUILTIN, FORMAT, describe
from camcensus.geolocate.ranges import Ranges, key_v4, key_v6, keys_of_halves, without_special
from camcensus.geolocate.search_tree import read_leaves

CODE_LETTERS = 2  # of ISO 3166-1 alpha-2
_DIGEST = hashlib.sha256().digest_size
SAMPLES = 2_000  # addresses compared with the official reader
CHUNK = 1 << 16  # addresses looked up together; more do not fit into the processor's cache
FIRST_EDITION = date(2012, 1, 1)  # the format is of 2012
UNUSABLE = (
    maxminddb.InvalidDatabaseError, lzma.LZMAError, zlib.error, EOFError, OSError, OverflowError, ValueError,
)  # fmt: skip
LARGEST = 1 << 30  # bytes of a database unpacked; the largest country databases are under 100 MB


@dataclass(frozen=True)
class Locator:
    """A country database, ready to look up. `edition`: its name and date; `credit` must be shown with its results."""

    edition: str
    built: date
    sha256: str
    credit: str
    v4: Ranges
    v6: Ranges

    def countries(self, hosts: Sequence[str]) -> list[str]:
        """Return the ISO alpha-2 code of each canonical address; ZZ where unknown, private or reserved."""
        found: list[str] = []
        for start in range(0, len(hosts), CHUNK):
            found += self._chunk(hosts[start : start + CHUNK])
        return found

    def _chunk(self, hosts: Sequence[str]) -> list[str]:
        if ":" not in "".join(hosts):
            return self.v4.countries(key_v4(hosts))
        v4 = iter(self.v4.countries(key_v4([h for h in hosts if ":" not in h])))
        v6 = iter(self.v6.countries(key_v6([h for h in hosts if ":" in h])))
        return [next(v6) if ":" in host else next(v4) for host in hosts]


@lru_cache(maxsize=4)
def open_locator(path: Path | None = None, sha256: str | None = None) -> Locator:
    """Open the database in `path` (.mmdb, .mmdb.gz or .mmdb.xz), or the built-in one.

    Raises `GeoDatabaseError`, also when it is not the file with the checksum `sha256`.
    """
    described = describe(path)
    if sha256 not in (None, described.sha256):
        raise GeoDatabaseError(path or bundled(BUILTIN), "has changed since this run began; run again")
    flat = flattened(path or bundled(BUILTIN), described.sha256)
    return Locator(
        edition=described.edition,
        built=described.built,
        sha256=described.sha256,
        credit=described.credit,
        v4=without_special(Ranges(flat["starts4"], flat["codes4"]), 4),
        v6=without_special(Ranges(flat["starts6"], flat["codes6"]), 6),
    )


def flattened(source: Path, checksum: str) -> dict[str, Any]:
    """Return the ranges of a database with this checksum, and what it is. Raises `GeoDatabaseError`."""
    cache = cache_folder() / f"ranges-{FORMAT}-{checksum}.npz"
    if (flat := _from_cache(cache)) is None:
        flat = _flatten(source)
        _to_cache(cache, flat)
    return flat


def built_on(source: Path) -> date:
    """Return the day a database was built, from its metadata only. Raises `GeoDatabaseError`."""
    with _opened(source) as (_, reader):
        return _built(reader.metadata().build_epoch)


def _built(epoch: int) -> date:
    """Return the day of a build, by which an edition is chosen. Raises `ValueError` for an impossible one."""
    built = datetime.fromtimestamp(epoch, tz=UTC).date()
    if built < FIRST_EDITION:
        raise ValueError(f"its build date is {built}, before the format existed")
    return built


def country_of(record: Any) -> str:
    """Return the country code in a record of any database layout; '' when there is none.

    A code has two letters: AUT and AUSTRIA, cut off after two, would be Australia.
    """
    code = record
    if isinstance(record, dict):
        country = record.get("country")
        code = country.get("iso_code") if isinstance(country, dict) else record.get("country_code") or country
    return code if isinstance(code, str) and len(code) == CODE_LETTERS else ""


def _from_cache(path: Path) -> dict[str, Any] | None:
    """Return what `_to_cache` wrote; None if the cache is damaged or missing."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, packed = content[:_DIGEST], content[_DIGEST:]
    if hashlib.sha256(packed).digest() != digest:
        return None
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        return dict(arrays)


def _to_cache(path: Path, flat: dict[str, Any]) -> None:
    packed = io.BytesIO()
    np.savez(packed, **flat)
    with suppress(OSError), storage.atomic(path) as file:  # a read-only home only costs time
        file.write(hashlib.sha256(packed.getbuffer()).digest() + packed.getbuffer())


def _flatten(source: Path) -> dict[str, Any]:
    """Flatten both address families into ranges, in a second or two. Raises `GeoDatabaseError` for an unusable file."""
    with _opened(source) as (plain, reader):
        meta = reader.metadata()
        built = _built(meta.build_epoch)
        v4, v6 = _ranges(plain, reader)
        _compare(plain, v4, v6)
    return {
        "starts4": v4.starts, "codes4": v4.codes, "starts6": v6.starts, "codes6": v6.codes,
        "built": np.str_(built), "kind": np.str_(meta.database_type),
    }  # fmt: skip


@contextmanager
def _opened(source: Path) -> Iterator[tuple[Path, maxminddb.Reader]]:
    """Provide the database as a plain file, and its reader. Raises `GeoDatabaseError` for an unusable file."""
    openers: dict[str, Callable[[Path], Any]] = {".xz": lzma.open, ".gz": gzip.open}
    plain = source
    try:
        with TemporaryDirectory(prefix="camcensus-") as folder:
            if opener := openers.get(source.suffix):
                plain = Path(folder) / source.stem
                with opener(source) as packed:
                    content = packed.read(LARGEST + 1)
                if len(content) > LARGEST:
                    raise ValueError(f"it unpacks to more than {LARGEST >> 20} MB")
                plain.write_bytes(content)
            with maxminddb.open_database(str(plain)) as reader:
                yield plain, reader
    except UNUSABLE as error:
        raise GeoDatabaseError(source, f"is not a usable geolocation database: {error}") from None


def _ranges(plain: Path, reader: maxminddb.Reader) -> tuple[Ranges, Ranges]:
    """Return the ranges of IPv4 and IPv6. The reader decodes each record once, however many networks have it."""
    codes: dict[int, str] = {0: ""}
    found = []
    for version, leaves in zip((4, 6), read_leaves(plain, reader), strict=True):
        records, first, which = np.unique(leaves.records, return_index=True, return_inverse=True)
        for record, at in zip(records.tolist(), first.tolist(), strict=True):
            if record not in codes:
                codes[record] = country_of(reader.get(leaves.address(at, version)))
        code = np.array([codes[record] for record in records.tolist()], dtype="<U2")[which]
        is_start = np.append(True, code[1:] != code[:-1])  # neighbours of one code are one range
        found.append(Ranges(keys_of_halves(leaves.high[is_start], leaves.low[is_start], version), code[is_start]))
    if not any(codes.values()):
        raise ValueError("none of its records has a country code of two letters")
    return found[0], found[1]


def _compare(plain: Path, v4: Ranges, v6: Ranges) -> None:
    """Compare the flattened ranges with the publisher's reader, at edges and at random."""
    with geoip2.database.Reader(str(plain)) as reader, maxminddb.open_database(str(plain)) as raw:
        # geoip2 supports some types and one layout; all else is compared with maxminddb.
        kind = reader.metadata().database_type
        typed = reader.country if "Country" in kind else reader.city if "City" in kind else None
        for host, code in _samples(v4, v6):
            record = raw.get(host)
            if typed and isinstance(record, dict) and isinstance(record.get("country"), dict):
                record = typed(host).country.iso_code
            if code != (official := country_of(record)):
                raise ValueError(f"flattening went wrong: {host} is {official or 'nowhere'}, not {code or 'nowhere'}")


def _samples(v4: Ranges, v6: Ranges) -> Iterator[tuple[str, str]]:
    dice = random.Random(0)
    hosts4 = [str(ipaddress.IPv4Address(dice.getrandbits(32))) for _ in range(SAMPLES)]
    hosts4 += [str(ipaddress.IPv4Address(int(s))) for s in dice.sample(list(v4.starts), min(SAMPLES, len(v4.starts)))]
    starts = dice.sample(list(v6.starts), min(SAMPLES, len(v6.starts)))
    addresses = [ipaddress.IPv6Address(bytes(start)[:16]) for start in starts]
    hosts6 = [str(address) for address in addresses if address.ipv4_mapped is None and int(address) >> 32]
    yield from zip(hosts4, map(str, v4.look_up(key_v4(hosts4))), strict=True)
    yield from zip(hosts6, map(str, v6.look_up(key_v6(hosts6))), strict=True)
