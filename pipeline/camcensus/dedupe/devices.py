"""Dedupe: which banner is which device. Set-wise, in the SQL files it names; nothing depends on the order of rows.

Rules, in order:
- `same-banner`: one host, port and transport is one banner, the latest. Always on;
- `identity`: banners of one host with one serial number, MAC address or rare certificate are one device, and those with
  another one are another;
- `same-host`: ports of a host that do not contradict each other are one device; off: each banner without an identity is
  a device of its own;
- `churn`: one identity on several hosts is one device that moved; it needs `identity`.

What no rule joins is a device of its own, so devices are a low estimate.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from camcensus.core import parquet
from camcensus.core.config import Decoys, Dedupe
from camcensus.core.errors import InputError
from camcensus.core.manifest import Window
from camcensus.core.stage_record import Ages, Churn, DecoyRule, Flow, Merges
from camcensus.core.tables import DEVICE_HOSTS, DEVICE_LABELS, DEVICES, LINKS, LOCATIONS, Table
from camcensus.dedupe.churn import churn
from camcensus.dedupe.decoys import decoy_rules
from camcensus.engines.engine import BATCH, Sql, make_by_level

# Rows of a row group of `devices`, which are sorted by country: few, so that one country is a small part of the file.
DEVICES_TOGETHER = 8_000
AGES = ("0", "1-2", "3-6", "7-13", "14-29", "30+")
LAST_7_DAYS = AGES[:3]
IDENTITIES = (
    "serials_used", "serials_refused", "certificates_used", "certificates_refused", "certificates_of_a_serial",
    "banners_by_certificate",
)  # fmt: skip
NO_TEXTS: Mapping[str, pa.Table] = MappingProxyType({})
Totals = Mapping[str, Counter[str]]  # topic to name to number, see `dedupe_totals.sql`


@dataclass(frozen=True)
class Rules:
    """The study's rules for dedupe, and the collections of the snapshot.

    `days` is the window's length before `end`; `collections` gives the collection of each raw file; `is_complete` says
    that nothing is missing of any.
    """

    days: int | str
    end: date | None
    dedupe: Dedupe
    decoys: Decoys
    collections: Mapping[str, str] = field(default_factory=dict)
    is_complete: bool = True


@dataclass(frozen=True)
class Deduped:
    """What dedupe reports.

    `newest` is when the newest banner of any kind was seen, `rules` how many banners each rule placed, `identities` how
    many were used and refused.
    """

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
    """Return the id of the key of the identities in parts of `identified`. Raises `InputError` for different keys."""
    found = {str((pq.read_schema(p).metadata or {}).get(b"key_id", b"").decode()): p for p in parts}
    if len(found) > 1:
        keys = ", ".join(f"{key or 'none'} ({path.name})" for key, path in sorted(found.items()))
        raise InputError(
            parts[0].parent,
            f"its parts have identities hashed with different keys: {keys}; they cannot be matched. Put back "
            "the key file that made them, or delete the folder and run again",
        )
    return next(iter(found), "")


def window_of(newest: int | None, days: int | str, end: date | None) -> Window:
    """Return the first and last second counted: the end of the given day, else the newest banner, and `days` before."""
    if end is not None:
        last = int(datetime.combine(end + timedelta(days=1), time(), UTC).timestamp()) - 1
    elif newest is not None:
        last = newest
    else:
        return Window.model_validate({"start": None, "end": None, "days": days})
    first = 0 if days == "all" else last - int(days) * 86400 + 1
    return Window.model_validate({"start": first, "end": last, "days": days})


def dedupe(db: Sql, rules: Rules, folder: Path, key_id: str = "") -> Deduped:
    """Write `stage.FILES`, all that later stages need, and `churn.parquet`, from the view `identified`."""
    db.make("files")
    seen = {column: db.read("files")[column] for column in ("first_seen_at", "last_seen_at", "n_counted")}
    newest = pc.max(seen["last_seen_at"]).as_py()
    window = window_of(newest, rules.days, rules.end)
    if rules.days == "all" and newest is not None:
        oldest = pc.min(seen["first_seen_at"]).as_py()
        window.start = min(oldest, window.end or oldest)
    db.rows("settings", _settings(window, rules))
    for query in ("banners_encoded", "identities", "hosts", "honeypot_signals"):
        db.make(query)
    resolve_conflicts(db)
    key = {"key_id": key_id}
    _write(db, DEVICE_LABELS, folder, {})
    devices = _write(db, DEVICES, folder, key, device_texts(db), DEVICES_TOGETHER)
    _write(db, DEVICE_HOSTS, folder, {})
    _write(db, LINKS, folder, key, {"file_id": db.read("files").sort_by("file_id").select(["file"])})
    parquet.write_table(folder / f"{LOCATIONS.name}.parquet", db.read("locations").sort_by("location_id"), LOCATIONS)
    totals = _totals(db)
    status = totals["statuses"]
    dropped = {"superseded by a later banner": status["superseded"], "outside the window": status["out_of_window"]}
    flow = Flow(
        unit="counted banners",
        rows_in=pc.sum(seen["n_counted"]).as_py() or 0,
        rows_out=status["kept"],
        dropped={reason: n for reason, n in dropped.items() if n},
    )
    moved = churn(db, rules.collections, rules.is_complete, folder)
    return Deduped(
        window=window,
        newest=newest,
        flow=flow.check("dedupe"),
        rules=dict(totals["rules"]),
        merges=_merges(totals["merges"], rules.dedupe, flow.rows_out, devices),
        identities={name: totals["identities"][name] for name in IDENTITIES},
        decoy_rules=decoy_rules(totals, rules.decoys),
        ages=_ages(totals, moved),
        churn=moved,
    )


def _settings(window: Window, rules: Rules) -> pa.Table:
    """Return the one row that queries have in place of parameters."""
    on = rules.dedupe
    settings: dict[str, int | bool] = {
        "window_start": window.start or 0,
        "window_end": window.end or 0,
        "max_identity_hosts": on.max_identity_hosts,
        "max_certificate_hosts": on.max_certificate_hosts,
        "use_identity": on.identity,
        "use_same_host": on.same_host,
        "use_churn": on.churn,
        **{f"from_{name}": n for name, n in rules.decoys.model_dump().items()},
    }
    return pa.Table.from_pylist([settings])


def resolve_conflicts(db: Sql) -> None:
    """Attach the claims of `conflicting_hosts` to devices, from those that say most to those that say nothing."""
    db.make("claims")
    levels = db.query("claim_levels")["level"].to_pylist()  # most are empty in a small snapshot
    make_by_level(db, "attached", _ATTACHED, levels)
    db.make("conflict_devices")


_ATTACHED = pa.schema({
    "host_id": pa.int64(), "identity": pa.string(), "maker": pa.int64(), "model": pa.int64(), "kind": pa.int64(),
    "place": pa.int64(), "level": pa.int64(), "device": pa.string(), "rule": pa.string(),
})  # fmt: skip


def _totals(db: Sql) -> Totals:
    """Return the totals that the manifest reports."""
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for row in db.query("dedupe_totals").to_pylist():
        totals[row["topic"]][row["name"]] = row["n"]
    return totals


def _merges(merged: Counter[str], on: Dedupe, kept: int, devices: int) -> dict[str, Merges]:
    """Return what each rule merged. Raises `ReconciliationError` unless banners are devices plus what was merged."""
    found = {rule: merged[rule] for rule in ("same_banner", "identity", "same_host", "churn")}
    merges = {rule.replace("_", "-"): Merges(on=getattr(on, rule), merged=n) for rule, n in found.items()}
    if on.churn and not on.identity:
        merges["churn"] = Merges(on=False, merged=found["churn"], reason="needs the rule identity, which is off")
    gone = {rule: n for rule, n in found.items() if rule != "same_banner"}
    Flow(unit="kept banners", rows_in=kept, rows_out=devices, dropped=gone).check("dedupe")
    return merges


def _ages(totals: Totals, moved: Churn) -> Ages:
    banners, hosts = ({age: totals[f"ages of {unit}"][age] for age in AGES} for unit in ("banners", "hosts"))
    return Ages(
        banners=banners,
        hosts=hosts,
        hosts_last_7_days=sum(hosts[age] for age in LAST_7_DAYS),
        churn_index=moved.index,
        churn_reason=moved.reason,
    )


def _write(
    db: Sql, table: Table, folder: Path, metadata: dict[str, str], texts: Mapping[str, pa.Table] = NO_TEXTS,
    rows: int = BATCH,
) -> int:  # fmt: skip
    """Write the result of the query of a table's name, in its order and in row groups of `rows`; return the rows.

    `texts`: see `with_texts`.
    """
    written = 0
    with parquet.parquet_writer(folder / f"{table.name}.parquet", table, metadata) as writer:
        for group in parquet.in_groups(db.stream(table.name, rows), rows):
            writer.write_table(parquet.fitted(with_texts(group, texts), table, writer))
            written += group.num_rows
    return written


def device_texts(db: Sql) -> dict[str, pa.Table]:
    """Return what `with_texts` puts in place of ids in the result of the query `devices`."""
    locations = db.read("locations").sort_by("location_id").select(["ip_version", "country"])
    return {"claim_id": db.query("claim_texts"), "location_id": locations}


def with_texts(group: pa.Table, texts: Mapping[str, pa.Table]) -> pa.Table:
    """Return rows whose columns of ids (1 is the first row) are replaced by the columns of the table of their name."""
    for ids, table in texts.items():
        found = table.combine_chunks().take(pc.subtract(group[ids], 1))
        for name in found.column_names:
            group = group.append_column(name, found[name])
    return group.drop_columns(list(texts))
