"""Dedupe: which banner is which device. Set-wise, in the SQL files it names; nothing depends on the order of rows.

Rules, in order: `same-banner` (one host, port and transport is one banner: the latest sight), `identity` (a serial
number or MAC address is one device, on whatever port or host), `same-host` (ports of a host that do not contradict each
other are one device), `alone` (what is left is a device of its own). So devices are a low estimate.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import store
from pipeline.engines.local import Sql
from pipeline.manifest import Flow, Window
from pipeline.tables import DEVICES, LINKS

LEVELS = 9
QUERIES = ("window", "banners", "claims", "attach", "members", "devices", "links")


@dataclass(frozen=True)
class Deduped:
    """What came of it: the window that held, where banners went, and how many each rule placed."""

    window: Window
    flow: Flow
    rules: dict[str, int]


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


def dedupe(db: Sql, days: int | str, end: date | None, max_identity_hosts: int, folder: Path) -> Deduped:
    """From the view `identified` to the files `links.parquet` and `devices.parquet` in `folder`.

    Leaves the tables `members` and `devices` in `db`, which aggregate goes on from.
    """
    (seen,) = db.query("window").to_pylist()
    window = window_of(seen["newest"], days, end)
    if days == "all" and seen["oldest"] is not None:
        window.start = min(seen["oldest"], window.end or seen["oldest"])
    settings = {
        "window_start": [0 if window.start is None else window.start],
        "window_end": [0 if window.end is None else window.end],
        "max_identity_hosts": [max_identity_hosts],
    }
    db.rows("settings", pa.table(settings))
    _devices(db)
    _write(db, folder)
    links = store.read_table(folder / "links.parquet", LINKS)
    fates = _tally(links.column("fate"))
    dropped = {"seen again": fates.get("again", 0), "outside the window": fates.get("outside", 0)}
    flow = Flow(
        unit="counted banners",
        rows_in=links.num_rows,
        rows_out=fates.get("kept", 0),
        dropped={reason: n for reason, n in dropped.items() if n},
    )
    return Deduped(window, flow.check("dedupe"), _tally(links.column("rule").drop_null()))


def _devices(db: Sql) -> None:
    """Attaches what each host's banners claim to devices, from the claims that say most to those that say nothing."""
    db.table("banners", "banners")
    db.table("claims", "claims")
    db.rows("attached", _ATTACHED.empty_table())
    for level in range(1, LEVELS + 1):
        db.rows("step", pa.table({"level": [level]}))
        db.append("attached", "attach")
    db.table("members", "members")
    db.table("devices", "devices")


_ATTACHED = pa.schema(
    [(name, pa.string()) for name in ("host", "identity", "maker", "model", "kind")]
    + [("level", pa.int64()), ("device", pa.string()), ("rule", pa.string())]
)


def _write(db: Sql, folder: Path) -> None:
    for name, table in (("links", LINKS), ("devices", DEVICES)):
        with store.parquet_writer(folder / f"{name}.parquet", table) as writer:
            for batch in db.stream(name):
                writer.write_table(store.fitted(batch, table, writer))


def _tally(column: pa.ChunkedArray) -> dict[str, int]:
    return {v["values"].as_py(): v["counts"].as_py() for v in pc.value_counts(column)}
