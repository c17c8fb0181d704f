"""Rows of `identified` for tests, and what dedupe and aggregate make of them."""

import datetime as dt
import ipaddress
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from camcensus.aggregate.counts import aggregate, flow_of
from camcensus.aggregate.coverage import compare, cover
from camcensus.aggregate.headline import choose, headline_of
from camcensus.aggregate.maker_kinds import describe_makers
from camcensus.aggregate.reliance import rest
from camcensus.core import parquet
from camcensus.core.config import Decoys, Dedupe
from camcensus.core.manifest import Instrument, Manifest
from camcensus.core.stage_record import Flow
from camcensus.core.tables import COUNTED_FROM, COUNTED_TYPES, COUNTS, DEVICES, IDENTIFIED, LINKS
from camcensus.dedupe.devices import Deduped, Rules, dedupe
from camcensus.engines.engine import Engine, Sql
from camcensus.engines.local import Local
from camcensus.identify.batches import addresses_of, prefix_of

Row = dict[str, Any]
DAY = 86400
NOON = 1_750_000_000
OUTPUTS = ("links", "devices", *COUNTED_FROM, "counts", "coverage", "maker_kinds", "reliance")


def banner(host: str = "192.0.2.1", port: int = 80, **told: Any) -> Row:
    """A row of `identified`, a camera by one specific token unless told otherwise."""
    row: Row = dict.fromkeys(IDENTIFIED.names)
    row |= {
        "file": "a.json", "host": host, "ip_version": 6 if ":" in host else 4, "port": port, "transport": "tcp",
        "address": addresses_of([host])[0].as_py(),
        "seen_at": NOON, "prefix": prefix_of(host), "product_type": "camera", "type_confidence": "medium",
        "signatures": "", "country": "NL", "is_synthetic": False,
    }  # fmt: skip
    row |= told
    if row["manufacturer"] and "manufacturer_confidence" not in told:
        row["manufacturer_confidence"] = "medium"
    sure = row["type_confidence"] in ("medium", "high")
    row["is_counted"] = row["product_type"] in COUNTED_TYPES and sure
    return row


def numbered(rows: Iterable[Row]) -> list[Row]:
    """The rows with a line of their own each, where none was told."""
    return [row if row["line"] is not None else {**row, "line": n} for n, row in enumerate(rows, 1)]


def write(folder: Path, parts: Sequence[Sequence[Row]]) -> list[Path]:
    """The rows as part files of `identified`."""
    paths = [folder / "identified.parquet" / f"{n}.parquet" for n in range(len(parts))]
    for path, rows in zip(paths, parts, strict=True):
        parquet.write_table(path, pa.Table.from_pylist(list(rows), IDENTIFIED.schema), IDENTIFIED)
    return paths


@dataclass
class Census:
    """What dedupe and aggregate made of a table."""

    folder: Path
    rows: list[Row]
    links: list[Row]
    devices: dict[str, Row]
    counts: list[Row]
    deduped: Deduped
    flow: Flow | None
    covered: Flow | None

    @property
    def kept(self) -> list[Row]:
        """Kept banners, each with its device and rule."""
        by_place = {(row["file"], row["line"]): row for row in self.rows}
        return [{**by_place[link["file"], link["line"]], **link} for link in self.links if link["status"] == "kept"]

    def devices_of(self, host: str) -> set[str]:
        """Devices that a host's kept banners belong to."""
        return {row["device"] for row in self.kept if row["host"] == host}

    @property
    def bytes(self) -> dict[str, bytes]:
        """Each output's bytes."""
        return {n: p.read_bytes() for n in OUTPUTS if (p := self.folder / f"{n}.parquet").is_file()}


def census(
    folder: Path, rows: Iterable[Row], *, parts: int = 1, threads: int = 1, days: int | str = "all",
    end: dt.date | None = None, max_identity_hosts: int = 3, counts: bool = False, min_confidence: str = "medium",
    left_out: tuple[str, ...] = (), numbered_already: bool = False, rules: Row | None = None,
    signs: Row | None = None, engine: Engine | None = None,
) -> Census:  # fmt: skip
    """Runs both stages on real files, on this machine unless an engine is given."""
    rows = list(rows) if numbered_already else numbered(rows)
    paths = write(folder, [rows[n::parts] for n in range(parts)])
    flow = covered = None
    where = engine or Local(threads)
    with where.sql(folder / "scratch") as db:
        db.parquet("identified", paths)
        told = Dedupe.model_validate({"max_identity_hosts": max_identity_hosts, **(rules or {})})
        deduped = dedupe(db, Rules(days, end, told, Decoys.model_validate(signs or {})), folder)
    if counts:
        with where.sql(folder / "scratch") as db:
            name_tables(db, folder)
            choose(db, min_confidence, left_out)
            manifest = Manifest(snapshot="2026", window=deduped.window, instrument=INSTRUMENT)
            cells_of = aggregate(db, manifest, min_confidence, folder)
            flow = flow_of(cells_of, min_confidence)
        with where.sql(folder / "scratch") as db:
            db.parquet("identified", paths)
            choose(db, min_confidence, left_out)
            covered = cover(db, manifest, folder)
            describe_makers(db, "2026", folder)
            rest(db, "2026", min_confidence, folder)
        compare(manifest, min_confidence, headline_of(cells_of, min_confidence)[None], folder)
    links = parquet.read_table(folder / "links.parquet", LINKS).to_pylist()
    devices = {row["device"]: row for row in parquet.read_table(folder / "devices.parquet", DEVICES).to_pylist()}
    cells = parquet.read_table(folder / "counts.parquet", COUNTS).to_pylist() if counts else []
    return Census(folder, rows, links, devices, cells, deduped, flow, covered)


def name_tables(db: Sql, folder: Path, *names: str) -> None:
    """Views of tables that dedupe wrote: what aggregate reads, unless others are named."""
    for name in names or COUNTED_FROM:
        db.parquet(name, [folder / f"{name}.parquet"])


INSTRUMENT = Instrument(query_set="q", catalogue="c", rules="r", geo_db="g")

HIK = {"manufacturer": "Hikvision"}
DAHUA = {"manufacturer": "Dahua"}
MAKERS = {"Hikvision": ("DS-1", "DS-2"), "Dahua": ("IPC-1", "IPC-2"), "Axis": ("P1", "P1 Mk II")}
COUNTRIES = ("NL", "DE", "CN", "ZZ", "NA")


def somewhere(seed: int, n: int = 300) -> list[Row]:
    """A table over 30 hosts in which everything collides: ports, sights, identities, makers, models and decoys."""
    chance = random.Random(seed)
    hosts = [str(ipaddress.ip_address("192.0.2.0") + i * 37) for i in range(24)]
    hosts += [str(ipaddress.ip_address("2001:db8::") + (i << 79)) for i in range(6)]
    country = {host: chance.choice(COUNTRIES) for host in hosts}
    rows = []
    for n_th in range(n):
        host = chance.choice(hosts)
        maker = chance.choice([*MAKERS, None, None])
        told = {
            "file": f"f{chance.randrange(4)}", "line": n_th + 1, "transport": chance.choice(("tcp", "tcp", "udp")),
            "seen_at": NOON - chance.choice((0, 0, 1, DAY, chance.randrange(40 * DAY))),
            "manufacturer": maker,
            "manufacturer_confidence": maker and chance.choice(("low", "medium", "high")),
            "brand": chance.choice((None, None, "Lorex", "ABUS")),
            "model": chance.choice((None, None, *MAKERS[maker])) if maker else chance.choice((None, None, None, "X-1")),
            "product_type": chance.choice(("camera", "camera", "recorder", "video", "video", "encoder", "other", None)),
            "type_confidence": chance.choice(("low", "medium", "medium", "high")),
            "firmware": chance.choice((None, "1.0", "2.0")),
            "identity": chance.choice((None, None, f"id{chance.randrange(50)}", "shared")),
            "certificate": chance.choice((None, None, f"cert{chance.randrange(20)}")),
            "decoy": chance.choice((*[None] * 40, "possible", "likely", "certain")),
            "country": country[host], "country_second": chance.choice((country[host], country[host], "FR", None)),
            "network_kind": chance.choice((*[None] * 9, "hosting", "mobile", "fixed")),
        }  # fmt: skip
        row = banner(host, chance.choice((80, 554, 8000)), **told)
        if n_th % 2 and not row["is_counted"] and row["product_type"] != "other":
            row["candidate"] = "camera dvr"
        rows.append(row)
    return rows


def merged(found: Census) -> dict[str, int]:
    """How many rows each rule merged; rows in the window are devices plus all of them."""
    merges = {rule: found.deduped.merges[rule].merged for rule in ("same-banner", "identity", "same-host", "churn")}
    inside = sum(link["status"] != "out_of_window" for link in found.links)
    assert inside == len(found.devices) + sum(merges.values())
    return merges
