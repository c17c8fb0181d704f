"""The row-wise map from `observations` to `identified`: what identify and locate find, a batch at a time.

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

from camcensus.core import storage
from camcensus.core.countries import canonical_code
from camcensus.core.errors import IntegrityError
from camcensus.core.manifest import Flow
from camcensus.core.tables import COUNTED_TYPES, IDENTIFIED, OBSERVATIONS, UNKNOWN_COUNTRY, conform
from camcensus.geolocate.database import ENGINE, Locator
from camcensus.geolocate.networks import network_kind
from camcensus.geolocate.ranges import count_special, key_v4
from camcensus.identify.matcher import NOTHING, Hit, Identifier, Match, Verdict

BATCH = 25_000
# Bytes; a column of values that are longer on average is looked through as a whole before each distinct one is.
LONG = 200
_PASSED = (
    "file", "line", "host", "ip_version", "port", "transport", "seen_at", "asn", "network", "is_synthetic",
    "banner_hash", "html_hash",
)  # fmt: skip
_FOUND = (
    "manufacturer", "manufacturer_confidence", "brand", "model", "model_raw", "family",
    "product_type", "type_confidence", "firmware", "decoy",
)  # fmt: skip


@dataclass
class IdentifiedRows:
    """What came of one part: how many banners of each fate (counted, or why not), how many have no country, and how
    many of these are in private or reserved address space."""

    outcomes: Counter[str] = field(default_factory=Counter)
    n_unlocated: int = 0
    n_special: int = 0

    def add(self, other: "IdentifiedRows") -> None:
        """Counts what came of more rows."""
        self.outcomes.update(other.outcomes)
        self.n_unlocated += other.n_unlocated
        self.n_special += other.n_special

    def flow(self) -> Flow:
        """The reconciliation, checked."""
        dropped = {fate: n for fate, n in sorted(self.outcomes.items()) if fate != "counted"}
        total = sum(self.outcomes.values())
        return Flow(unit="banners", rows_in=total, rows_out=self.outcomes["counted"], dropped=dropped).check("identify")


def identify_part(
    observations: Path, identified: Path, identifier: Identifier, locator: Locator, key: bytes,
    tick: Callable[[int], None] = lambda _: None, second: Locator | None = None,
    batches: Iterable[pa.RecordBatch] | None = None,
) -> IdentifiedRows:  # fmt: skip
    """Reads one part of `observations`, writes the same part of `identified`; `tick` is told the rows done so far.

    `batches`: its rows, where somebody else has read them; their sizes make no difference.
    """
    rows = _even(_batches(observations) if batches is None else batches)
    found = (identify_batch(batch, identifier, locator, key, second) for batch in rows)
    return write_identified(found, identified, key, tick)


def write_identified(
    pieces: Iterable[tuple[pa.Table, IdentifiedRows]], identified: Path, key: bytes, tick: Callable[[int], None]
) -> IdentifiedRows:
    """Writes a part of `identified` from its rows, `BATCH` at a time and in order, each with what came of them."""
    result = IdentifiedRows()
    with storage.parquet_writer(identified, IDENTIFIED, {"key_id": storage.key_id(key)}) as writer:
        for rows, found in pieces:
            writer.write_table(storage.fitted(rows, IDENTIFIED, writer))
            result.add(found)
            tick(sum(result.outcomes.values()))
    return result


class Piece(NamedTuple):
    """`BATCH` rows of a part, or the last of it: the row groups that hold them, and how many rows of these stand before
    them."""

    row_groups: list[int]
    before: int


def pieces_of(observations: Path) -> list[Piece]:
    """A part in pieces, in order."""
    metadata = pq.read_metadata(observations)
    rows = np.array([metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)], np.int64)
    ends = rows.cumsum()
    starts = ends - rows
    found = []
    for first in range(0, metadata.num_rows, BATCH):
        groups = np.flatnonzero((ends > first) & (starts < first + BATCH)).tolist()
        found.append(Piece(groups, first - int(starts[groups[0]])))
    return found


def read_piece(observations: Path, piece: Piece) -> pa.RecordBatch:
    """The rows of a piece; page checksums verified. Raises `IntegrityError`."""
    rows = pa.Table.from_batches(_batches(observations, piece.row_groups)).slice(piece.before, BATCH)
    (batch,) = rows.combine_chunks().to_batches()
    return batch


def _even(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows in batches of one size, each of which is written as a row group."""
    for group in storage.in_groups(batches, BATCH):
        yield from group.to_batches()


def _batches(observations: Path, row_groups: list[int] | None = None) -> Iterator[pa.RecordBatch]:
    """The rows (None: of all row groups), page checksums verified.

    Raises `IntegrityError`; what goes wrong while others write is theirs."""
    try:
        batches = storage.opened_to_stream(observations).iter_batches(BATCH, row_groups=row_groups)
        while (batch := next(batches, None)) is not None:
            yield batch
    except (OSError, pa.ArrowException) as error:
        raise IntegrityError(observations, f"is damaged: {error}; run again with --rehash") from None


def identify_batch(
    batch: pa.RecordBatch, identifier: Identifier, locator: Locator, key: bytes, second: Locator | None = None
) -> tuple[pa.Table, IdentifiedRows]:
    """`identified` rows for a batch of `observations` rows, in the same order, and what came of them. `second`: where
    to ask for a second opinion on the country before the engine's."""
    table = conform(batch, OBSERVATIONS)
    decided, group, identities = decisions(batch, identifier)
    hosts = table.column("host").to_pylist()
    countries = pa.array(locator.countries(hosts), pa.string())
    columns = {name: table.column(name) for name in _PASSED}
    rows, schema = pa.array(group), IDENTIFIED.schema
    for name in _FOUND:
        columns[name] = pa.array([getattr(v, name) for v in decided], schema.field(name).type).take(rows)
    columns |= {
        "is_counted": pa.array([v.counted for v in decided], pa.bool_()).take(rows),
        "address": addresses_of(hosts),
        "prefix": _prefixes(table.column("host").combine_chunks()),
        "identity": pa.array([_keyed(key, identity) for identity in identities], pa.string()),
        "identity_kind": pa.array([i[0] if i else None for i in identities], pa.string()),
        "certificate": _certificates(key, table.column("cert_sha256")),
        "signatures": pa.array([" ".join(v.signatures) for v in decided], pa.string()).take(rows),
        "country": countries,
        "network_kind": _network_kinds(table),
    }
    columns |= _second_opinion(hosts, table.column("engine_country").combine_chunks(), second)
    result = IdentifiedRows()
    for verdict, often in zip(decided, np.bincount(group, minlength=len(decided)).tolist(), strict=True):
        result.outcomes[outcome_of(verdict)] += often
    unplaced = table.column("host").filter(pc.equal(countries, UNKNOWN_COUNTRY)).to_pylist()
    result.n_unlocated, result.n_special = len(unplaced), count_special(unplaced)
    return pa.table(columns), result


def outcome_of(verdict: Verdict) -> str:
    """`counted`, or in words why the banner is not."""
    if verdict.counted:
        return "counted"
    if verdict.product_type is None:
        return "no sign of a camera"
    if verdict.product_type in COUNTED_TYPES:
        return "camera only by a guess"
    return verdict.product_type.replace("_", " ")


def addresses_of(hosts: list[str]) -> pa.Array:
    """IPv4 addresses as numbers (int64), null for IPv6 ones."""
    six = np.array([":" in host for host in hosts], dtype=bool)
    numbers = np.zeros(len(hosts), dtype=np.int64)
    numbers[~six] = key_v4([host for host in hosts if ":" not in host])
    return pa.array(numbers, mask=six)


def prefix_of(host: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 address."""
    if ":" not in host:
        return host.rpartition(".")[0] + ".0/24"
    return str(ipaddress.IPv6Network((host, 48), strict=False))


def _prefixes(hosts: pa.Array) -> pa.Array:
    """`prefix_of` of many."""
    six = pc.match_substring(hosts, ":")
    four = pc.replace_substring_regex(hosts, r"\.[0-9]+$", ".0/24")
    if not pc.any(six).as_py():
        return four
    return pc.replace_with_mask(four, six, pa.array([prefix_of(host) for host in hosts.filter(six).to_pylist()]))


def _network_kinds(table: pa.Table) -> pa.Array:
    """Each distinct pair of network and tags is asked for once."""
    asn, tags = (table.column(name).combine_chunks().dictionary_encode("encode") for name in ("asn", "tags"))
    pairs = asn.indices.to_numpy().astype(np.int64) * len(tags.dictionary) + tags.indices.to_numpy()
    distinct, rows = _numbered(pairs)
    networks, said = asn.dictionary.to_pylist(), tags.dictionary.to_pylist()
    kinds = [network_kind(networks[pair // len(said)], said[pair % len(said)]) for pair in distinct]
    return pa.array(kinds, pa.string()).take(pa.array(rows))


def _second_opinion(hosts: list[str], told: pa.Array, second: Locator | None) -> dict[str, pa.Array]:
    """The second database's country, else the engine's, and which of the two it was."""
    codes = told.dictionary_encode("encode")
    answers = pa.array([_second(code) for code in codes.dictionary.to_pylist()], pa.string()).take(codes.indices)
    sources = pc.if_else(pc.is_valid(answers), ENGINE, pa.scalar(None, pa.string()))
    if second:
        asked = pa.array(second.countries(hosts), pa.string())
        known = pc.not_equal(asked, UNKNOWN_COUNTRY)
        answers = pc.if_else(known, asked, answers)
        sources = pc.if_else(known, second.edition, sources)
    return {"country_second": answers, "second_source": sources}


def _second(code: str | None) -> str | None:
    """The engine's country; what it does not know is no second opinion."""
    found = canonical_code(code)
    return None if found == UNKNOWN_COUNTRY else found


def _keyed(key: bytes, identity: tuple[str, str] | None) -> str | None:
    if identity is None:
        return None
    return hmac.new(key, "\x00".join(identity).encode(), hashlib.sha256).hexdigest()[:32]


def _better(one: tuple[str, str] | None, other: tuple[str, str] | None) -> tuple[str, str] | None:
    """A serial number before a MAC address; among equals the first."""
    return other if one is None or (other is not None and (one[0], other[0]) == ("mac", "serial")) else one


def _certificates(key: bytes, values: pa.ChunkedArray) -> pa.Array:
    """Keyed hashes of certificate fingerprints, each distinct one hashed once."""
    encoded = values.combine_chunks().dictionary_encode()
    hashed = [_keyed(key, ("certificate", value)) for value in encoded.dictionary.to_pylist()]
    return pa.array(hashed, pa.string()).take(encoded.indices)


def verdicts(batch: pa.RecordBatch, identifier: Identifier) -> tuple[list[Verdict], list[tuple[str, str] | None]]:
    """The verdict and the identity of each row."""
    decided, group, identities = decisions(batch, identifier)
    return [decided[g] for g in group.tolist()], identities


def decisions(
    batch: pa.RecordBatch, identifier: Identifier
) -> tuple[list[Verdict], npt.NDArray[np.int64], list[tuple[str, str] | None]]:
    """Distinct verdicts, which of them each row has, and the identity of each row."""
    rows = batch.num_rows
    identities: list[tuple[str, str] | None] = [None] * rows
    group: npt.NDArray[np.int64] = np.zeros(rows, dtype=np.int64)
    hits_of: list[tuple[Hit, ...]] = [()]
    for column in identifier.columns:
        codes, matches = _distinct(batch.column(column), column, identifier)
        if not matches:
            continue
        holds = np.array([m.identity is not None for m in matches])
        for row in np.flatnonzero(holds[codes]).tolist():
            identities[row] = _better(identities[row], matches[codes[row]].identity)
        # Values that say the same are one case, so that serial numbers do not make every row its own.
        cases: dict[tuple[Hit, ...], int] = {}
        case = np.array([cases.setdefault(m.hits, len(cases)) for m in matches], dtype=np.int64)
        said = list(cases)
        pairs, group = _numbered(group * len(said) + case[codes])
        hits_of = [hits_of[pair // len(said)] + said[pair % len(said)] for pair in pairs]
    return [identifier.decide(hits) for hits in hits_of], group, identities


def _numbered(values: npt.NDArray[np.int64]) -> tuple[list[int], npt.NDArray[np.int64]]:
    """The distinct values in order of appearance, and which of them each is. Hashing them is quicker than sorting."""
    encoded = pa.array(values).dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)


def _distinct(values: pa.Array, column: str, identifier: Identifier) -> tuple[npt.NDArray[np.int64], list[Match]]:
    """For each row the index of its match, and the matches; no matches when no value of the column says anything."""
    quick = identifier.quick(column)
    if quick and values.nbytes > LONG * len(values):
        values = pc.if_else(pc.match_substring_regex(values, quick, ignore_case=True), values, None)
    if values.null_count == len(values):
        return np.empty(0, dtype=np.int64), []
    encoded = values.dictionary_encode()
    matches = [NOTHING, *(identifier.match(column, text) for text in encoded.dictionary.to_pylist())]
    if all(match is NOTHING for match in matches):
        return np.empty(0, dtype=np.int64), []
    codes = encoded.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False) + 1
    return codes, matches
