"""Map `observations` to `identified`, a batch at a time.

Each distinct value of a column is matched once, and each distinct combination of matches is decided once.
"""

import hashlib
import hmac
import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from camcensus.core import parquet, storage
from camcensus.core.countries import canonical_code
from camcensus.core.errors import IntegrityError
from camcensus.core.stage_record import Flow
from camcensus.core.tables import COUNTED_TYPES, EVIDENCE, IDENTIFIED, OBSERVATIONS, UNKNOWN_COUNTRY, Table, conform
from camcensus.geolocate.database import Locator
from camcensus.geolocate.description import ENGINE
from camcensus.geolocate.networks import network_kind
from camcensus.geolocate.ranges import count_special, key_v4
from camcensus.identify.matcher import NOTHING, Identifier, Match
from camcensus.identify.pivots import pivots_of
from camcensus.identify.verdict import Hits, Verdict

BATCH = 25_000
_LARGEST = 1 << 62  # number of a combination of hits
_LOOKED_UP = ("cert_sha256", "engine_country", "tags")
_COPIED = (
    "file", "line", "host", "ip_version", "port", "transport", "seen_at", "asn", "network", "is_synthetic",
    "banner_hash", "html_hash",
)  # fmt: skip
# The columns of `observations` that are read besides evidence; and the evidence in texts, which repeats.
_READ = Table(
    "observations", OBSERVATIONS.row, tuple(c for c in OBSERVATIONS.columns if c.name in {*_COPIED, *_LOOKED_UP})
)
_TEXTS = [c.name for c in EVIDENCE if c.type == "string" and c.name not in _READ.names]
_IDENTIFIED = (
    "manufacturer", "manufacturer_confidence", "brand", "model", "model_raw", "family",
    "product_type", "type_confidence", "firmware", "decoy", "candidate",
)  # fmt: skip


@dataclass
class IdentifiedRows:
    """Counts of identified banners.

    `outcomes`: counted, or why not. `n_unlocated`: without a country; `n_special`: of these, in private or reserved
    address space.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    n_unlocated: int = 0
    n_special: int = 0

    def add(self, other: "IdentifiedRows") -> None:
        """Add the counts of more rows."""
        self.outcomes.update(other.outcomes)
        self.n_unlocated += other.n_unlocated
        self.n_special += other.n_special

    def flow(self) -> Flow:
        """Return the reconciled flow."""
        dropped = {outcome: n for outcome, n in sorted(self.outcomes.items()) if outcome != "counted"}
        total = sum(self.outcomes.values())
        return Flow(unit="banners", rows_in=total, rows_out=self.outcomes["counted"], dropped=dropped).check("identify")


class Context(NamedTuple):
    """What rows are identified with. `key`: of hashes; `second`: asked for a second country before the engine."""

    identifier: Identifier
    locator: Locator
    key: bytes
    second: Locator | None = None


def identify_part(
    observations: Path,
    identified: Path,
    context: Context,
    on_progress: Callable[[int], None] = lambda _: None,
    batches: Iterable[pa.RecordBatch] | None = None,
) -> IdentifiedRows:
    """Write the part of `identified` that belongs to a part of `observations`.

    `on_progress` gets the rows done so far. `batches`: the rows, if the caller has read them, in batches of any size.
    """
    groups = parquet.in_groups(_batches(observations) if batches is None else batches, BATCH)
    pieces = (identify_batch(batch, context) for group in groups for batch in group.to_batches())
    return write_identified(pieces, identified, context.key, on_progress)


def write_identified(
    pieces: Iterable[tuple[pa.Table, IdentifiedRows]], identified: Path, key: bytes, on_progress: Callable[[int], None]
) -> IdentifiedRows:
    """Write a part of `identified` from its rows, `BATCH` at a time and in order, and return their counts."""
    result = IdentifiedRows()
    with parquet.parquet_writer(identified, IDENTIFIED, {"key_id": storage.key_id(key)}) as writer:
        for rows, found in pieces:
            writer.write_table(parquet.fitted(rows, IDENTIFIED, writer))
            result.add(found)
            on_progress(sum(result.outcomes.values()))
    return result


class Piece(NamedTuple):
    """`BATCH` rows of a part (the last piece: fewer): their row groups, and the rows to skip in these."""

    row_groups: list[int]
    skip: int


def pieces_of(observations: Path) -> list[Piece]:
    """Return the pieces of a part, in order."""
    metadata = pq.read_metadata(observations)
    rows = np.array([metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)], np.int64)
    ends = rows.cumsum()
    starts = ends - rows
    pieces = []
    for first in range(0, metadata.num_rows, BATCH):
        groups = np.flatnonzero((ends > first) & (starts < first + BATCH)).tolist()
        pieces.append(Piece(groups, first - int(starts[groups[0]])))
    return pieces


def read_piece(observations: Path, piece: Piece) -> pa.RecordBatch:
    """Return the rows of a piece, with page checksums verified. Raises `IntegrityError`."""
    rows = pa.Table.from_batches(_batches(observations, piece.row_groups)).slice(piece.skip, BATCH)
    (batch,) = rows.combine_chunks().to_batches()
    return batch


def _batches(observations: Path, row_groups: list[int] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows of these row groups (None: of all), with page checksums verified. Raises `IntegrityError`."""
    try:
        batches = parquet.opened_to_stream(observations, _TEXTS).iter_batches(BATCH, row_groups=row_groups)
        while (batch := next(batches, None)) is not None:
            yield batch
    except (OSError, pa.ArrowException) as error:
        raise IntegrityError(observations, f"is damaged: {error}; run again with --rehash") from None


def identify_batch(batch: pa.RecordBatch, context: Context) -> tuple[pa.Table, IdentifiedRows]:
    """Return the `identified` rows of a batch of `observations`, in the same order, and their counts."""
    table = conform(batch.select(_READ.names), _READ)
    cases, group, identities = cases_of(batch, context.identifier)
    decided = [context.identifier.verdict(case) for case in cases]
    hosts = table.column("host").to_pylist()
    countries = pa.array(context.locator.countries(hosts), pa.string())
    columns = {name: table.column(name) for name in _COPIED}
    rows, schema = pa.array(group), IDENTIFIED.schema
    for name in _IDENTIFIED:
        columns[name] = pa.array([getattr(v, name) for v in decided], schema.field(name).type).take(rows)
    columns |= {
        "is_counted": pa.array([v.counted for v in decided], pa.bool_()).take(rows),
        "address": addresses_of(hosts),
        "prefix": _prefixes(table.column("host").combine_chunks()),
        "identity": pa.array([_keyed(context.key, identity) for identity in identities], pa.string()),
        "identity_kind": pa.array([i[0] if i else None for i in identities], pa.string()),
        "certificate": _certificates(context.key, table.column("cert_sha256")),
        "signatures": pa.array([" ".join(v.signatures) for v in decided], pa.string()).take(rows),
        "pivotal": pa.array(pivots_of(context.identifier).of_all(cases, decided), pa.string()).take(rows),
        "country": countries,
        "network_kind": _network_kinds(table),
    }
    columns |= _second_opinion(hosts, table.column("engine_country").combine_chunks(), context.second)
    result = IdentifiedRows()
    for verdict, n in zip(decided, np.bincount(group, minlength=len(decided)).tolist(), strict=True):
        result.outcomes[outcome_of(verdict)] += n
    unlocated = table.column("host").filter(pc.equal(countries, UNKNOWN_COUNTRY)).to_pylist()
    result.n_unlocated, result.n_special = len(unlocated), count_special(unlocated)
    return pa.table(columns), result


def outcome_of(verdict: Verdict) -> str:
    """Return `counted`, or why the banner is not."""
    if verdict.counted:
        return "counted"
    if verdict.candidate:
        return "candidate"
    if verdict.product_type is None:
        return "no sign of a camera"
    if verdict.product_type in COUNTED_TYPES:
        return "camera only by a guess"
    return verdict.product_type.replace("_", " ")


def addresses_of(hosts: list[str]) -> pa.Array:
    """Return IPv4 addresses as numbers (int64), with null for IPv6 addresses."""
    is_v6 = np.array([":" in host for host in hosts], dtype=bool)
    numbers = np.zeros(len(hosts), dtype=np.int64)
    numbers[~is_v6] = key_v4([host for host in hosts if ":" not in host])
    return pa.array(numbers, mask=is_v6)


def prefix_of(host: str) -> str:
    """Return the /24 of an IPv4 address, the /48 of an IPv6 address."""
    if ":" not in host:
        return host.rpartition(".")[0] + ".0/24"
    return str(ipaddress.IPv6Network((host, 48), strict=False))


def _prefixes(hosts: pa.Array) -> pa.Array:
    """Return `prefix_of` each host."""
    is_v6 = pc.match_substring(hosts, ":")
    prefixes = pc.replace_substring_regex(hosts, r"\.[0-9]+$", ".0/24")
    if not pc.any(is_v6).as_py():
        return prefixes
    return pc.replace_with_mask(prefixes, is_v6, pa.array([prefix_of(h) for h in hosts.filter(is_v6).to_pylist()]))


def _network_kinds(table: pa.Table) -> pa.Array:
    """Look up each distinct pair of AS number and tags once."""
    asn, tags = (table.column(name).combine_chunks().dictionary_encode("encode") for name in ("asn", "tags"))
    pairs = asn.indices.to_numpy().astype(np.int64) * len(tags.dictionary) + tags.indices.to_numpy()
    distinct, rows = _numbered(pairs)
    numbers, texts = asn.dictionary.to_pylist(), tags.dictionary.to_pylist()
    kinds = [network_kind(numbers[pair // len(texts)], texts[pair % len(texts)]) for pair in distinct]
    return pa.array(kinds, pa.string()).take(pa.array(rows))


def _second_opinion(hosts: list[str], engine: pa.Array, second: Locator | None) -> dict[str, pa.Array]:
    """Return the second database's country, else the engine's, and which of the two it is."""
    codes = engine.dictionary_encode("encode")
    canonical = [canonical_code(code) for code in codes.dictionary.to_pylist()]
    known = [None if code == UNKNOWN_COUNTRY else code for code in canonical]
    countries = pa.array(known, pa.string()).take(codes.indices)
    sources = pc.if_else(pc.is_valid(countries), ENGINE, pa.scalar(None, pa.string()))
    if second:
        located = pa.array(second.countries(hosts), pa.string())
        is_known = pc.not_equal(located, UNKNOWN_COUNTRY)
        countries = pc.if_else(is_known, located, countries)
        sources = pc.if_else(is_known, second.edition, sources)
    return {"country_second": countries, "second_source": sources}


def _keyed(key: bytes, identity: tuple[str, str] | None) -> str | None:
    if identity is None:
        return None
    return hmac.new(key, "\x00".join(identity).encode(), hashlib.sha256).hexdigest()[:32]


def _better(one: tuple[str, str] | None, other: tuple[str, str] | None) -> tuple[str, str] | None:
    """Prefer a serial number to a MAC address, then the first."""
    return other if one is None or (other is not None and (one[0], other[0]) == ("mac", "serial")) else one


def _certificates(key: bytes, values: pa.ChunkedArray) -> pa.Array:
    """Return keyed hashes of certificate fingerprints, each distinct one hashed once."""
    encoded = values.combine_chunks().dictionary_encode()
    hashed = [_keyed(key, ("certificate", value)) for value in encoded.dictionary.to_pylist()]
    return pa.array(hashed, pa.string()).take(encoded.indices)


def verdicts(batch: pa.RecordBatch, identifier: Identifier) -> tuple[list[Verdict], list[tuple[str, str] | None]]:
    """Return the verdict and the identity of each row."""
    decided, group, identities = decisions(batch, identifier)
    return [decided[g] for g in group.tolist()], identities


def decisions(
    batch: pa.RecordBatch, identifier: Identifier
) -> tuple[list[Verdict], npt.NDArray[np.int64], list[tuple[str, str] | None]]:
    """Return the distinct verdicts, which of them each row has, and the identity of each row."""
    cases, group, identities = cases_of(batch, identifier)
    return [identifier.verdict(case) for case in cases], group, identities


def cases_of(
    batch: pa.RecordBatch, identifier: Identifier
) -> tuple[list[tuple[Hits, ...]], npt.NDArray[np.int64], list[tuple[str, str] | None]]:
    """Return the distinct combinations of what matched, which of them each row has, and the identity of each row."""
    identities: list[tuple[str, str] | None] = [None] * batch.num_rows
    cases = _Cases(batch.num_rows)
    for column in identifier.columns:
        codes, matches = _distinct(batch.column(column), column, identifier)
        if not matches:
            continue
        has_identity = np.array([m.identity is not None for m in matches])
        for row in np.flatnonzero(has_identity[codes]).tolist() if has_identity.any() else ():
            identities[row] = _better(identities[row], matches[codes[row]].identity)
        # Values with the same hits are one case, so that serial numbers do not make every row a case.
        numbers: dict[Hits, int] = {}
        case = np.array([numbers.setdefault(m.hits, len(numbers)) for m in matches], dtype=np.int64)
        cases.add(case[codes], list(numbers))
    return *cases.numbered(), identities


class _Cases:
    """The combinations of hits of rows: as one number a row, with a digit for each column."""

    def __init__(self, rows: int) -> None:
        self._distinct: list[tuple[Hits, ...]] = [()]
        self._numbers: npt.NDArray[np.int64] = np.zeros(rows, dtype=np.int64)
        self._columns: list[list[Hits]] = []
        self._most = 1

    def add(self, case: npt.NDArray[np.int64], hits: list[Hits]) -> None:
        """Add which of some hits each row has in a column."""
        if self._most * len(hits) > _LARGEST:
            self.numbered()
        self._numbers = self._numbers * len(hits) + case
        self._columns.append(hits)
        self._most *= len(hits)

    def numbered(self) -> tuple[list[tuple[Hits, ...]], npt.NDArray[np.int64]]:
        """Return the distinct combinations, and which of them each row has."""
        distinct, self._numbers = _numbered(self._numbers)
        self._distinct = [self._read(number) for number in distinct]
        self._columns, self._most = [], max(len(distinct), 1)
        return self._distinct, self._numbers

    def _read(self, number: int) -> tuple[Hits, ...]:
        own = []
        for hits in reversed(self._columns):
            number, digit = divmod(number, len(hits))
            if hits[digit]:
                own.append(hits[digit])
        return self._distinct[number] + tuple(reversed(own))


def _numbered(values: npt.NDArray[np.int64]) -> tuple[list[int], npt.NDArray[np.int64]]:
    """Return the distinct values in order of appearance, and which of them each is. Quicker than sorting."""
    encoded = pa.array(values).dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)


def _distinct(values: pa.Array, column: str, identifier: Identifier) -> tuple[npt.NDArray[np.int32], list[Match]]:
    """Return the index of each row's match, and the matches: none when no value of the column matches."""
    if values.null_count == len(values):
        return np.empty(0, dtype=np.int32), []
    encoded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    matches = identifier.matches(column, encoded.dictionary.to_pylist())
    if all(match is NOTHING for match in matches):
        return np.empty(0, dtype=np.int32), []
    return encoded.indices.fill_null(len(matches)).to_numpy(), [*matches, NOTHING]
