"""Dedupe: which banner is which device. Set-wise, in the SQL files it names; nothing depends on the order of rows.

Rules, in order:
- `same-banner`: one host, port and transport is one banner, the latest sight. It is what a banner is, so never off;
- `identity`: banners of one host with one serial number, MAC address or rare certificate are one device, and those with
  another one are another;
- `same-host`: ports of a host that do not contradict each other are one device; off: each banner without an identity is
  a device of its own;
- `churn`: one identity on several hosts is one device that moved; it needs `identity`.

What no rule joins is a device of its own, so devices are a low estimate.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from camcensus.core import storage
from camcensus.core.config import Decoys, Dedupe
from camcensus.core.errors import InputError
from camcensus.core.manifest import Window
from camcensus.core.stage_record import Ages, Churn, DecoyRule, Flow, Merges
from camcensus.core.tables import DEVICE_HOSTS, DEVICE_LABELS, DEVICES, LINKS, LOCATIONS, Table
from camcensus.dedupe.churn import churn
from camcensus.dedupe.decoys import graded
from camcensus.engines.engine import BATCH, Sql

LEVELS = 9
# Rows of a row group of `devices`, which are sorted by country: few, so that one country is a small part of the file.
DEVICES_TOGETHER = 8_000
AGES = ("0", "1-2", "3-6", "7-13", "14-29", "30+")
LAST_7_DAYS = AGES[:3]
# What aggregate starts from, and all that it reads.
COUNTED_FROM = (DEVICE_HOSTS.name, DEVICE_LABELS.name, LOCATIONS.name)
FILES = tuple(f"{name}.parquet" for name in (LINKS.name, DEVICES.name, *COUNTED_FROM))
# Tables in the order that they are made in; each is a query over those before it.
NUMBERED = ("files", "sixes", "spots", "names", "repeated", "sights")
IDENTITIES = ("serials", "certificates", "marked")
HOSTS = ("hosts", "mixed", "disputed")
QUERIES = (
    "window", *NUMBERED, *IDENTITIES, *HOSTS, "others", "suspects", "decoys", "decoy_rules", "evaluable", "told",
    "claims", "attach", "members", "resolved", "says", "devices", "devices_written", "device_hosts", "device_labels",
    "locations", "placed", "links", "merges", "identities", "ages", "collected", "churn",
)  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """What the study decides of dedupe: the window (days before `end`), the rules and the signs of decoys. And what is
    known of the snapshot: raw files with the names of their collections, and whether these are whole."""

    days: int | str
    end: date | None
    dedupe: Dedupe
    decoys: Decoys
    collections: Mapping[str, str] = field(default_factory=dict)
    whole: bool = True


@dataclass(frozen=True)
class Deduped:
    """The window, the newest banner of any kind, where banners went, how many each rule placed and merged, how
    identities fared, which decoy rules found what, and how old the banners are."""

    window: Window
    newest: int | None
    flow: Flow
    rules: dict[str, int]
    merges: dict[str, Merges]
    identities: dict[str, int]
    decoy_rules: list[DecoyRule]
    ages: Ages
    churn: Churn


def key_id_of(parts: Sequence[Path]) -> str:
    """The id of the key that identities in these parts of `identified` are hashed with; empty when there is no part.

    Raises `InputError` when parts were made with different keys: equal devices would have different hashes.
    """
    found = {str((pq.read_schema(p).metadata or {}).get(b"key_id", b"").decode()): p for p in parts}
    if len(found) > 1:
        told = ", ".join(f"{key or 'none'} ({path.name})" for key, path in sorted(found.items()))
        raise InputError(
            parts[0].parent,
            f"its parts have identities hashed with different keys: {told}; they cannot be matched. Put the key file "
            "back that made them, or delete the folder and run again",
        )
    return next(iter(found), "")


def window_of(newest: int | None, days: int | str, end: date | None) -> Window:
    """First and last second counted: the given day's end, else the newest banner, and so many days before it."""
    if end is not None:
        last = int(datetime.combine(end + timedelta(days=1), time(), UTC).timestamp()) - 1
    elif newest is not None:
        last = newest
    else:
        return Window.model_validate({"start": None, "end": None, "days": days})
    first = 0 if days == "all" else last - int(days) * 86400 + 1
    return Window.model_validate({"start": first, "end": last, "days": days})


def dedupe(db: Sql, rules: Rules, folder: Path, key_id: str = "") -> Deduped:
    """Write `FILES`, and `churn.parquet` where there are several collections, from the view `identified`.

    What later stages need is in these files; nothing in `db` is meant for them.
    """
    window, seen = number(db, rules)
    decoy_rules = graded(db, rules.decoys)
    attach(db)
    metadata = {"key_id": key_id}
    fates, placed = _write_links(db, folder, metadata)
    devices = _write(db, "devices_written", DEVICES, folder, metadata, DEVICES_TOGETHER)
    for table in (DEVICE_HOSTS, DEVICE_LABELS, LOCATIONS):
        _write(db, table.name, table, folder, {})
    dropped = {"seen again": fates["again"], "outside the window": fates["outside"]}
    flow = Flow(
        unit="counted banners",
        rows_in=seen["counted"],
        rows_out=fates["kept"],
        dropped={reason: n for reason, n in dropped.items() if n},
    )
    moved = churn(db, rules.collections, rules.whole, folder)
    return Deduped(
        window=window,
        newest=seen["newest"],
        flow=flow.check("dedupe"),
        rules=dict(placed),
        merges=_merges(db, rules.dedupe, flow.rows_out, devices),
        identities=db.query("identities").to_pylist()[0],
        decoy_rules=decoy_rules,
        ages=_ages(db, moved),
        churn=moved,
    )


def number(db: Sql, rules: Rules) -> tuple[Window, dict[str, Any]]:
    """From the view `identified` to tables of numbers, up to the hosts that are disputed; the window, and the oldest
    and newest banner with how many there are to count."""
    (seen,) = db.query("window").to_pylist()
    window = window_of(seen["newest"], rules.days, rules.end)
    if rules.days == "all" and seen["oldest"] is not None:
        window.start = min(seen["oldest"], window.end or seen["oldest"])
    db.rows("settings", _settings(window, rules))
    for name in (*NUMBERED, *IDENTITIES, *HOSTS):
        db.table(name, name)
    return window, seen


def _settings(window: Window, rules: Rules) -> pa.Table:
    """The one row that queries have in place of parameters."""
    on, signs = rules.dedupe, rules.decoys
    settings: dict[str, int | bool] = {
        "window_start": window.start or 0,
        "window_end": window.end or 0,
        "max_identity_hosts": on.max_identity_hosts,
        "max_certificate_hosts": on.max_certificate_hosts,
        "use_identity": on.identity,
        "use_same_host": on.same_host,
        "use_churn": on.churn,
        **{f"from_{name}": n for name, n in signs.model_dump().items()},
    }
    return pa.table({name: [value] for name, value in settings.items()})


def attach(db: Sql) -> None:
    """From hosts and `disputed` ones to `members` (their banners), `devices` and `placed` banners. Attaches what each
    disputed host's banners claim to devices, from the claims that say most to those that say nothing."""
    db.table("told", "told")
    db.table("claims", "claims")
    db.rows("attached", _ATTACHED.empty_table())
    for level in range(1, LEVELS + 1):
        db.rows("step", pa.table({"level": [level]}))
        db.append("attached", "attach")
    for name in ("members", "resolved", "says", "devices", "placed"):
        db.table(name, name)


def _merges(db: Sql, on: Dedupe, kept: int, devices: int) -> dict[str, Merges]:
    """What each rule merged. Raises `ReconciliationError` unless banners are devices plus what was merged."""
    (found,) = db.query("merges").to_pylist()
    merges = {rule.replace("_", "-"): Merges(on=getattr(on, rule), merged=n) for rule, n in found.items()}
    if on.churn and not on.identity:
        merges["churn"] = Merges(on=False, merged=found["churn"], reason="needs the rule identity, which is off")
    gone = {rule: n for rule, n in found.items() if rule != "same_banner"}
    Flow(unit="kept banners", rows_in=kept, rows_out=devices, dropped=gone).check("dedupe")
    return merges


def _ages(db: Sql, moved: Churn) -> Ages:
    ages = {unit: dict.fromkeys(AGES, 0) for unit in ("banners", "hosts")}
    for row in db.query("ages").to_pylist():
        ages[row["unit"]][row["age"]] = row["n"]
    return Ages(
        banners=ages["banners"],
        hosts=ages["hosts"],
        hosts_last_7_days=sum(ages["hosts"][age] for age in LAST_7_DAYS),
        churn_index=moved.index,
        churn_reason=moved.reason,
    )


_ATTACHED = pa.schema({
    "host": pa.int64(), "identity": pa.string(), "maker": pa.int64(), "model": pa.int64(), "kind": pa.int64(),
    "place": pa.int64(), "level": pa.int64(), "device": pa.string(), "rule": pa.string(),
})  # fmt: skip


def _write_links(db: Sql, folder: Path, metadata: dict[str, str]) -> tuple[Counter[str], Counter[str]]:
    """Writes `links.parquet`; gives how many banners met each fate, and how many each rule placed."""
    fates, rules = Counter[str](), Counter[str]()
    with storage.parquet_writer(folder / "links.parquet", LINKS, metadata) as writer:
        for group in storage.in_groups(db.stream("links"), BATCH):
            writer.write_table(storage.fitted(group, LINKS, writer))
            for told, column in ((fates, group["fate"]), (rules, group["rule"].drop_null())):
                told.update({str(v["values"]): int(v["counts"]) for v in pc.value_counts(column).to_pylist()})
    db.drop("placed")
    return fates, rules


def _write(db: Sql, query: str, table: Table, folder: Path, metadata: dict[str, str], rows: int = BATCH) -> int:
    """Write the result of a query, in its order and in row groups of `rows`; return the number of rows."""
    written = 0
    with storage.parquet_writer(folder / f"{table.name}.parquet", table, metadata) as writer:
        for group in storage.in_groups(db.stream(query, rows), rows):
            writer.write_table(storage.fitted(group, table, writer))
            written += group.num_rows
    return written
