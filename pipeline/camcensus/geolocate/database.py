"""Locate: from addresses to countries, many at a time.

A country database is flattened once into sorted ranges (cached by the checksum of the file) and proven against the
official reader before it is used. Addresses are then looked up by binary search.
"""

import gzip
import hashlib
import io
import ipaddress
import lzma
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
from camcensus.geolocate.ranges import Ranges, key_v4, key_v6, keys_of, without_special

BUILTIN = "data/reference/dbip-country-2026-06.mmdb.xz"
BUILTIN_CREDIT = "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0"
FREE = frozenset({"dbip-country-lite"})
FORMAT = 5
CODE_LETTERS = 2  # of ISO 3166-1 alpha-2
_DIGEST = hashlib.sha256().digest_size
ENGINE = "engine"  # as a second opinion: the country that the search engine gives
PROOFS = 2_000
CHUNK = 1 << 16  # addresses looked up together; more fall out of the processor's cache
FIRST_EDITION = date(2012, 1, 1)  # the format is of 2012
UNUSABLE = (
    maxminddb.InvalidDatabaseError, lzma.LZMAError, zlib.error, EOFError, OSError, OverflowError, ValueError,
)  # fmt: skip
LARGEST = 1 << 30  # bytes of a database unpacked; the largest country databases are under 100 MB


@dataclass(frozen=True)
class Locator:
    """A country database ready for look-up. `edition`: its name and date; `credit` must stand beside what it gives."""

    edition: str
    built: date
    sha256: str
    credit: str
    v4: Ranges
    v6: Ranges

    def countries(self, hosts: Sequence[str]) -> list[str]:
        """The ISO alpha-2 code of each canonical address; ZZ where not known, private or reserved."""
        found: list[str] = []
        for start in range(0, len(hosts), CHUNK):
            found += self._some(hosts[start : start + CHUNK])
        return found

    def _some(self, hosts: Sequence[str]) -> list[str]:
        if ":" not in "".join(hosts):
            return self.v4.countries(key_v4(hosts))
        four = iter(self.v4.countries(key_v4([h for h in hosts if ":" not in h])))
        six = iter(self.v6.countries(key_v6([h for h in hosts if ":" in h])))
        return [next(six) if ":" in host else next(four) for host in hosts]


@lru_cache(maxsize=4)
def open_locator(path: Path | None = None) -> Locator:
    """The database in `path` (.mmdb, .mmdb.gz or .mmdb.xz), or the built-in one. Raises `GeoDatabaseError`."""
    source = path or bundled(BUILTIN)
    if not source.is_file():
        raise GeoDatabaseError(source, 'no such geolocation database; give the path of an .mmdb file or "builtin"')
    checksum = _checked(source)
    cache = cache_folder() / f"ranges-{FORMAT}-{checksum}.npz"
    if (held := _from_cache(cache)) is None:
        held = _flatten(source)
        _to_cache(cache, held)
    built = date.fromisoformat(str(held["built"]))
    kind = str(held["kind"])
    free = path is None or kind.lower() in FREE  # whoever shows results of it must give DB-IP's credit
    return Locator(
        edition=f"{'DB-IP Lite country' if free else kind} {built}",
        built=built,
        sha256=checksum,
        credit=BUILTIN_CREDIT if free else f"Geolocation by the analyst's database {source.name} ({kind})",
        v4=without_special(Ranges(held["starts4"], held["codes4"]), 4),
        v6=without_special(Ranges(held["starts6"], held["codes6"]), 6),
    )


def _checked(source: Path) -> str:
    """The file's checksum. Raises `GeoDatabaseError` when a file `NAME.sha256` beside it tells another one."""
    checksum = storage.sha256(source)
    beside = source.with_name(f"{source.name}.sha256")
    told = beside.read_text(encoding="utf-8", errors="replace").split()[:1] if beside.is_file() else [checksum]
    if told != [checksum]:
        raise GeoDatabaseError(source, f"is damaged, or {beside.name} beside it is: fetch it again, or put a copy back")
    return checksum


def built_on(source: Path) -> date:
    """The day a database was built, by its own metadata; nothing else of it is read. Raises `GeoDatabaseError`."""
    try:
        with _unpacked(source) as plain, maxminddb.open_database(str(plain)) as reader:
            return _built(reader.metadata().build_epoch)
    except UNUSABLE as error:
        raise GeoDatabaseError(source, f"is not a usable geolocation database: {error}") from None


def _built(epoch: int) -> date:
    """The day of a build; the choice between editions hangs on it. Raises `ValueError` for one that cannot be right."""
    built = datetime.fromtimestamp(epoch, tz=UTC).date()
    if built < FIRST_EDITION:
        raise ValueError(f"it says it was built on {built}, before there were such databases")
    return built


def country_of(record: Any) -> str:
    """The country code in a record, whatever the database's layout; '' when there is none.

    What has not two letters is no code: AUT and AUSTRIA, cut off after two, would be Australia.
    """
    code = _said(record)
    return code if len(code) == CODE_LETTERS else ""


def _said(record: Any) -> str:
    """What a record has where its country should stand."""
    if isinstance(record, str):
        return record
    if not isinstance(record, dict):
        return ""
    country = record.get("country")
    if isinstance(country, dict):
        return str(country.get("iso_code") or "")
    return str(record.get("country_code") or (country if isinstance(country, str) else "") or "")


def _from_cache(path: Path) -> dict[str, Any] | None:
    """What `_to_cache` wrote; a damaged or absent cache is a miss."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, packed = content[:_DIGEST], content[_DIGEST:]
    if hashlib.sha256(packed).digest() != digest:
        return None
    with np.load(io.BytesIO(packed), allow_pickle=False) as held:
        return {name: held[name] for name in ("starts4", "codes4", "starts6", "codes6", "built", "kind")}


def _to_cache(path: Path, held: dict[str, Any]) -> None:
    packed = io.BytesIO()
    np.savez(packed, **held)
    try:
        with storage.atomic(path) as file:
            file.write(hashlib.sha256(packed.getbuffer()).digest() + packed.getbuffer())
    except OSError:
        return  # A home that cannot be written only costs time.


def _flatten(source: Path) -> dict[str, Any]:
    """Both address families as ranges; takes some seconds. Raises `GeoDatabaseError` when the file is no database."""
    try:
        with _unpacked(source) as plain, maxminddb.open_database(str(plain)) as reader:
            meta = reader.metadata()
            built = _built(meta.build_epoch)
            v4, v6 = _ranges(reader)
            _prove(plain, v4, v6)
        return {
            "starts4": v4.starts, "codes4": v4.codes, "starts6": v6.starts, "codes6": v6.codes,
            "built": np.str_(built), "kind": np.str_(meta.database_type),
        }  # fmt: skip
    except UNUSABLE as error:
        raise GeoDatabaseError(source, f"is not a usable geolocation database: {error}") from None


@contextmanager
def _unpacked(source: Path) -> Iterator[Path]:
    """The database as a plain file, for as long as it is read."""
    openers: dict[str, Callable[[Path], Any]] = {".xz": lzma.open, ".gz": gzip.open}
    opener = openers.get(source.suffix)
    if opener is None:
        yield source
        return
    with TemporaryDirectory(prefix="camcensus-") as folder, opener(source) as packed:
        plain = Path(folder) / source.stem
        content = packed.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError(f"it unpacks to more than {LARGEST >> 20} MB")
        plain.write_bytes(content)
        yield plain


def _ranges(reader: maxminddb.Reader) -> tuple[Ranges, Ranges]:
    four: list[tuple[int, int, str]] = []
    six: list[tuple[int, int, str]] = []
    for network, record in reader:
        code = country_of(record)
        if isinstance(network, ipaddress.IPv4Network):
            four.append((int(network.network_address), int(network.broadcast_address), code))
        elif network.network_address.ipv4_mapped is None:
            six.append((int(network.network_address), int(network.broadcast_address), code))
    if not any(code for _, _, code in four) and not any(code for _, _, code in six):
        raise ValueError("none of its records names a country by its two letters")
    return _merged(four, 32), _merged(six, 128)


def _merged(networks: list[tuple[int, int, str]], bits: int) -> Ranges:
    """Sorted starts, neighbours of one code merged, gaps as ''."""
    starts, codes, at, last = [0], [""], 0, ""
    for first, end, code in sorted(networks):
        if first > at and last:
            starts.append(at)
            codes.append("")
            last = ""
        if code != last:
            starts.append(first)
            codes.append(code)
            last = code
        at = end + 1
    if last and at < 1 << bits:
        starts.append(at)
        codes.append("")
    return Ranges(keys_of(starts, bits), np.array(codes, dtype="<U2"))


def _prove(plain: Path, v4: Ranges, v6: Ranges) -> None:
    """Holds the flattened ranges against the reader the database's publisher provides, at edges and at random."""
    with _official(plain) as answer:
        for host, mine in _samples(v4, v6):
            if mine != (official := answer(host)):
                raise ValueError(f"flattening went wrong: {host} is {official or 'nowhere'}, not {mine or 'nowhere'}")


def _samples(v4: Ranges, v6: Ranges) -> Iterator[tuple[str, str]]:
    chance = random.Random(0)
    four = [str(ipaddress.IPv4Address(chance.getrandbits(32))) for _ in range(PROOFS)]
    four += [str(ipaddress.IPv4Address(int(s))) for s in chance.sample(list(v4.starts), min(PROOFS, len(v4.starts)))]
    six = [
        str(ipaddress.IPv6Address(bytes(s)[:16]))
        for s in chance.sample(list(v6.starts), min(PROOFS, len(v6.starts)))
        if ipaddress.IPv6Address(bytes(s)[:16]).ipv4_mapped is None and int.from_bytes(bytes(s)[:16]) >> 32
    ]
    yield from zip(four, map(str, v4.look_up(key_v4(four))), strict=True)
    yield from zip(six, map(str, v6.look_up(key_v6(six))), strict=True)


@contextmanager
def _official(plain: Path) -> Iterator[Callable[[str], str]]:
    """A look-up by geoip2 where the file's type and layout are its own, else by maxminddb."""
    with geoip2.database.Reader(str(plain)) as reader, maxminddb.open_database(str(plain)) as raw:
        kind = reader.metadata().database_type
        ask = reader.country if "Country" in kind else reader.city if "City" in kind else None

        def answer(host: str) -> str:
            record = raw.get(host)
            if ask and isinstance(record, dict) and isinstance(record.get("country"), dict):
                return country_of(ask(host).country.iso_code)
            return country_of(record)

        yield answer
