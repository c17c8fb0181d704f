"""The batch path says what `Identifier.identify` says, whatever the batch; identities leave as keyed hashes only."""

import ipaddress
import random
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camcensus.core import parquet, storage
from camcensus.core.errors import IntegrityError
from camcensus.core.resources import bundled
from camcensus.core.tables import EVIDENCE, IDENTIFIED, OBSERVATIONS, conform
from camcensus.engines.local import Local, sooner_divided
from camcensus.geolocate.database import Locator
from camcensus.geolocate.ranges import Ranges
from camcensus.identify import batches as labelling
from camcensus.identify.batches import (
    Context,
    IdentifiedRows,
    _better,
    _certificates,
    _keyed,
    addresses_of,
    identify_batch,
    identify_part,
    outcome_of,
    pieces_of,
    prefix_of,
    read_piece,
)
from camcensus.identify.catalogue import Catalogue, load_catalogue
from camcensus.identify.matcher import Identifier
from camcensus.identify.task import IdentifyTask

Row = dict[str, Any]
KEY = b"k" * 32
ROWS = 4_000
COLUMNS = [column.name for column in EVIDENCE]
NOWHERE = Locator("none", date(2026, 1, 1), "", "", Ranges(np.array([0], np.uint32), np.array([""])),
                  Ranges(np.array([b"\0" * 16 + b"\1"], "S17"), np.array([""])))  # fmt: skip
FOUND = ("manufacturer", "manufacturer_confidence", "brand", "model", "model_raw", "product_type",
         "type_confidence", "firmware", "decoy")  # fmt: skip


def observation(line: int, **told: Any) -> Row:
    """A row of `observations`."""
    where = {"file": "a.json", "line": line, "host": "192.0.2.1", "ip_version": 4, "port": 80, "transport": "tcp"}
    return dict.fromkeys(OBSERVATIONS.names) | where | {"seen_at": line, "is_synthetic": False} | told


def batch_of(rows: list[Row]) -> pa.RecordBatch:
    """The rows as a batch of `observations`."""
    return pa.RecordBatch.from_pylist(rows, OBSERVATIONS.schema)


@pytest.fixture(scope="module")
def rows(catalogue: Catalogue) -> list[Row]:
    """Mixtures of the catalogue's own examples and counterexamples, serial numbers that differ, and other text."""
    chance = random.Random(20261123)
    texts: dict[str, list[str]] = {column: ["", "nothing", "Ünïcode \U0001f4f7"] for column in COLUMNS}
    for rule in catalogue.signatures:
        texts[rule.column] += [*rule.examples, *rule.counterexamples]
    models = [example for model in catalogue.models for example in model.examples]
    found = []
    for line in range(1, ROWS + 1):
        evidence = {c: chance.choice(texts[c]) for c in chance.sample(COLUMNS, chance.choice((0, 1, 1, 2, 3, 5)))}
        if chance.random() < 0.3:
            evidence[chance.choice(("http_title", "hikvision_device_model", "product", "cert_subject"))] = (
                chance.choice(models)
            )
        if chance.random() < 0.2:
            evidence["rtsp_realm"] = f"Login to 9Z{chance.randrange(500):07d}PAA"
        if chance.random() < 0.2:
            evidence["http_realm"] = f"AXIS_00408C{chance.randrange(500):06X}"
        found.append(observation(line, host=f"192.0.2.{line % 256}", **evidence))
    return found


@pytest.fixture(scope="module")
def labelled(rows: list[Row], identifier: Identifier) -> list[Row]:
    """The rows, labelled as one batch."""
    return run(rows, identifier)


def run(rows: list[Row], identifier: Identifier, key: bytes = KEY, result: IdentifiedRows | None = None) -> list[Row]:
    """What the batch path makes of rows."""
    table, came = identify_batch(batch_of(rows), Context(identifier, NOWHERE, key))
    if result is not None:
        result.add(came)
    found: list[Row] = conform(table, IDENTIFIED).to_pylist()
    return found


def evidence_of(row: Row) -> dict[str, str]:
    """The evidence in a row."""
    return {c: row[c] for c in COLUMNS if row[c] is not None}


def identity_of(row: Row, identifier: Identifier) -> tuple[str, str] | None:
    """The best identity in a row: a serial number before a MAC address, then the first in the order of columns."""
    evidence = evidence_of(row)
    matches = (identifier.match(c, evidence[c]).identity for c in identifier.columns if c in evidence)
    return min((identity for identity in matches if identity), key=lambda i: i[0] != "serial", default=None)


def test_the_batch_path_says_what_the_single_path_says(
    rows: list[Row], labelled: list[Row], identifier: Identifier
) -> None:
    for row, found in zip(rows, labelled, strict=True):
        wanted = identifier.identify(evidence_of(row))
        assert {name: found[name] for name in FOUND} == {name: getattr(wanted, name) for name in FOUND}, row["line"]
        assert found["is_counted"] == wanted.counted, row["line"]
        assert found["signatures"] == " ".join(wanted.signatures)
    assert len({found["signatures"] for found in labelled}) > ROWS / 4
    assert {found["product_type"] for found in labelled} >= {"camera", "recorder", "video", "software", "other", None}


def test_the_screen_hides_no_rule(rows: list[Row], catalogue: Catalogue, identifier: Identifier) -> None:
    for row in rows[:1000]:
        for column, text in evidence_of(row).items():
            rules = [s.id for s in catalogue.signatures if s.column == column and s.regex.search(text)]
            assert set(rules) <= {hit.rule for hit in identifier.match(column, text).hits}


def test_identities_are_those_of_the_single_path(rows: list[Row], labelled: list[Row], identifier: Identifier) -> None:
    hashes: dict[tuple[str, str], set[str]] = {}
    for row, found in zip(rows, labelled, strict=True):
        wanted = identity_of(row, identifier)
        assert found["identity_kind"] == (wanted[0] if wanted else None)
        assert (found["identity"] is None) == (wanted is None)
        if wanted:
            hashes.setdefault(wanted, set()).add(found["identity"])
    assert all(len(found) == 1 for found in hashes.values())
    assert len(set.union(*hashes.values())) == len(hashes) > 500


def test_an_identity_is_a_keyed_hash(rows: list[Row], labelled: list[Row], identifier: Identifier) -> None:
    other = run(rows, identifier, b"j" * 32)
    mine, theirs = ({row["identity"] for row in found} - {None} for found in (labelled, other))
    assert not mine & theirs
    assert len(mine) == len(theirs)
    assert all(len(identity) == 32 and set(identity) <= set("0123456789abcdef") for identity in mine)


def test_no_serial_number_or_address_is_in_the_output(
    rows: list[Row], labelled: list[Row], identifier: Identifier
) -> None:
    for row, found in zip(rows, labelled, strict=True):
        if identity := identity_of(row, identifier):
            bare = identity[1].rpartition(":")[2]
            kept = " ".join(str(value) for name, value in found.items() if name != "identity")
            assert bare not in kept.upper().replace(":", "").replace("-", "").replace(".", ""), row["line"]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_where_a_batch_ends_does_not_matter(
    rows: list[Row], labelled: list[Row], identifier: Identifier, size: int
) -> None:
    some = rows[: 60 * size]
    parts = [run(some[n : n + size], identifier) for n in range(0, len(some), size)]
    assert [row for part in parts for row in part] == labelled[: len(some)]


def test_a_slice_of_a_larger_batch_is_read_from_its_own_start(
    rows: list[Row], labelled: list[Row], identifier: Identifier
) -> None:
    table, _ = identify_batch(batch_of(rows[:50]).slice(17, 20), Context(identifier, NOWHERE, KEY))
    assert conform(table, IDENTIFIED).to_pylist() == labelled[17:37]


def test_rows_pass_through_in_order(rows: list[Row], labelled: list[Row]) -> None:
    for name in (
        "file",
        "line",
        "host",
        "ip_version",
        "port",
        "transport",
        "seen_at",
        "asn",
        "network",
        "is_synthetic",
    ):
        assert [row[name] for row in rows] == [row[name] for row in labelled]


def test_fates_add_up_to_rows(rows: list[Row], identifier: Identifier) -> None:
    result = IdentifiedRows()
    found = run(rows, identifier, result=result)
    assert sum(result.outcomes.values()) == len(rows)
    assert result.outcomes["counted"] == sum(row["is_counted"] for row in found)
    assert result.outcomes == Counter(outcome_of(identifier.identify(evidence_of(row))) for row in rows)
    assert result.n_unlocated == len(rows)
    flow = result.flow()
    assert flow.rows_in == flow.rows_out + sum(flow.dropped.values()) == len(rows)
    assert {"no sign of a camera", "camera only by a guess", "software", "access control"} <= set(flow.dropped)


def test_banners_of_private_and_reserved_space_are_counted_apart(identifier: Identifier) -> None:
    hosts = ("8.8.8.8", "10.0.0.1", "2a00:1450::1", "fe80::1", "10.0.0.1")
    versions = [6 if ":" in host else 4 for host in hosts]
    told = [observation(n, host=h, ip_version=v) for n, (h, v) in enumerate(zip(hosts, versions, strict=True), 1)]
    result = IdentifiedRows()
    found = run(told, identifier, result=result)
    assert [row["country"] for row in found] == ["ZZ"] * len(hosts)
    assert (result.n_unlocated, result.n_special) == (5, 3)


def test_a_batch_without_rows_or_evidence(identifier: Identifier) -> None:
    assert run([], identifier) == []
    (found,) = run([observation(1)], identifier)
    assert (found["is_counted"], found["identity"], found["signatures"]) == (False, None, "")


def test_both_location_sources_are_kept_apart(identifier: Identifier) -> None:
    told = [observation(n, engine_country=code) for n, code in enumerate(("NL", "uk", "ZZ", "EU", None, "NA"), 1)]
    found = run(told, identifier)
    assert [row["country_second"] for row in found] == ["NL", "GB", None, None, None, "NA"]
    assert {row["country"] for row in found} == {"ZZ"}


def test_a_part_is_a_file_and_does_not_depend_on_the_batch(
    rows: list[Row], labelled: list[Row], identifier: Identifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "observations.parquet"
    parquet.write_table(source, pa.Table.from_batches([batch_of(rows)]), OBSERVATIONS)
    for batch in (50_000, 999):
        monkeypatch.setattr(labelling, "BATCH", batch)
        told: list[int] = []
        context = Context(identifier, NOWHERE, KEY)
        result = identify_part(source, tmp_path / f"{batch}.parquet", context, told.append)
        assert parquet.read_table(tmp_path / f"{batch}.parquet", IDENTIFIED).to_pylist() == labelled
        assert told == [*range(batch, ROWS, batch), ROWS]
        assert sum(result.outcomes.values()) == ROWS


@pytest.mark.parametrize("group", [pytest.param(1, marks=pytest.mark.slow), 7, 999, ROWS])
def test_a_part_is_read_in_pieces(rows: list[Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: int) -> None:
    number = ROWS if group > 1 else ROWS // 10  # a group of one row takes as long as one of thousands
    part, whole = tmp_path / "observations.parquet", batch_of(rows[:number])
    pq.write_table(pa.Table.from_batches([whole]), part, row_group_size=group)
    for batch in (number // 7, number):
        monkeypatch.setattr(labelling, "BATCH", batch)
        pieces = [read_piece(part, piece).cast(whole.schema) for piece in pieces_of(part)]
        firsts = range(0, number, batch)
        assert all(piece.equals(whole.slice(first, batch)) for first, piece in zip(firsts, pieces, strict=True))
    pq.write_table(pa.Table.from_batches([whole.slice(0, 0)]), part)
    assert pieces_of(part) == []


@pytest.mark.slow
def test_one_large_part_is_labelled_by_several_processes(rows: list[Row], tmp_path: Path) -> None:
    assert sooner_divided([300, 16 * ROWS], 2, labelling.BATCH)
    source, small = (tmp_path / name for name in ("observations.parquet", "small.parquet"))
    parquet.write_table(source, pa.Table.from_batches([batch_of(rows)] * 16), OBSERVATIONS)
    parquet.write_table(small, pa.Table.from_batches([batch_of(rows[:300])]), OBSERVATIONS)
    catalogue = load_catalogue(bundled("queries"))
    made = {}
    for workers in (1, 2):
        parts = {path: tmp_path / str(workers) / path.name for path in (small, source)}
        tasks = [
            IdentifyTask(path, storage.sha256(path), out, catalogue, NOWHERE, None, KEY) for path, out in parts.items()
        ]
        told: list[int] = []
        results = Local(workers).map_rows(tasks, [300, 16 * ROWS], tmp_path, told.append)
        assert told[-1] == 300 + 16 * ROWS
        made[workers] = (results, [out.read_bytes() for out in parts.values()])
    assert made[1] == made[2]


def test_a_damaged_part_is_named(rows: list[Row], identifier: Identifier, tmp_path: Path) -> None:
    source = tmp_path / "observations.parquet"
    parquet.write_table(source, pa.Table.from_batches([batch_of(rows[:500])]), OBSERVATIONS)
    content = bytearray(source.read_bytes())
    content[200] ^= 0x10
    source.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"observations\.parquet: is damaged"):
        identify_part(source, tmp_path / "identified.parquet", Context(identifier, NOWHERE, KEY))
    assert [p.name for p in tmp_path.iterdir()] == ["observations.parquet"]


@pytest.mark.parametrize(
    ("host", "prefix"),
    [
        ("192.0.2.1", "192.0.2.0/24"), ("10.0.0.255", "10.0.0.0/24"), ("255.255.255.255", "255.255.255.0/24"),
        ("2001:db8::1", "2001:db8::/48"), ("2001:db8:1:2::1", "2001:db8:1::/48"), ("::1", "::/48"),
    ],
)  # fmt: skip
def test_prefix(host: str, prefix: str) -> None:
    assert prefix_of(host) == prefix


@given(st.ip_addresses())
def test_a_prefix_holds_its_host(address: Any) -> None:
    network = ipaddress.ip_network(prefix_of(str(address)))
    assert address in network
    assert network.prefixlen == (24 if address.version == 4 else 48)


@given(st.lists(st.ip_addresses(), max_size=8))
def test_an_address_is_the_number_of_an_ipv4_host(hosts: list[Any]) -> None:
    wanted = [int(host) if host.version == 4 else None for host in hosts]
    assert addresses_of([str(host) for host in hosts]).to_pylist() == wanted


def test_a_serial_number_is_better_than_a_mac_address() -> None:
    assert _better(("mac", "m"), ("serial", "s")) == ("serial", "s")
    assert _better(("serial", "s"), ("mac", "m")) == ("serial", "s")
    assert _better(("mac", "m"), ("mac", "n")) == ("mac", "m")
    assert _better(None, ("mac", "m")) == ("mac", "m")
    assert _better(("mac", "m"), None) == ("mac", "m")


def test_certificates_are_hashed_with_the_key() -> None:
    found = _certificates(b"k" * 32, pa.chunked_array([["ab", None, "ab", "cd"]], pa.string())).to_pylist()
    assert found[0] == found[2] == _keyed(b"k" * 32, ("certificate", "ab"))
    assert found[1] is None
    assert found[3] not in (found[0], "cd", _keyed(b"l" * 32, ("certificate", "cd")))
