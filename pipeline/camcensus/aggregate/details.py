"""Details of the headline that are not in the cube: concentration in few networks, and the age of firmware.

A firmware's age is known where its name has its build day, as in "V5.5.0 build 170725". A version alone says nothing of
time without a list of releases.
"""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa

from camcensus.core import parquet
from camcensus.core.errors import ReconciliationError
from camcensus.core.manifest import Manifest
from camcensus.core.stage_record import Flow
from camcensus.core.tables import CONCENTRATION, FIRMWARE
from camcensus.engines.engine import Sql

TOPS = (1, 10, 100, 1000, 10_000)
AGES = ("0", "1-2", "3-4", "5-6", "7-9", "10+")  # whole years
FIRST_YEARS = (0, 1, 3, 5, 7, 10)
UNDATED, UNKNOWN = "undated", "unknown"
FIRST_BUILD = date(2000, 1, 1)
_BUILD = re.compile(r"build\W{0,3}(?P<year>\d\d)(?P<month>\d\d)(?P<day>\d\d)(?!\d)", re.IGNORECASE)


def describe(db: Sql, manifest: Manifest, headline: Mapping[str, int], folder: Path) -> Flow:
    """Write `concentration.parquet` and `firmware.parquet` in the database of `aggregate`.

    Returns which devices' firmware has a build day. Raises `ReconciliationError` unless hosts and devices are those of
    the headline.
    """
    end = manifest.window.end if manifest.window else None
    db.rows("tops", pa.table({"top": pa.array([*TOPS, None], pa.int64())}))
    networks, firmwares = db.query("concentration"), db.query("firmware").to_pylist()
    ages = by_age(((row["firmware"], row["n_devices"]) for row in firmwares), end)
    held = {(row["network_type"], row["top"]): row["n_hosts"] for row in networks.to_pylist()}
    hosts, devices = held["prefix", None], sum(ages.values())
    if (hosts, devices) != (headline["n_hosts"], headline["n_devices"]):
        raise ReconciliationError(
            f"{manifest.snapshot}: details: {hosts} hosts and {devices} devices; the headline has "
            f"{headline['n_hosts']} and {headline['n_devices']}"
        )
    rows = pa.table({"age": list(ages), "n_devices": pa.array(ages.values(), pa.int64())}, schema=FIRMWARE.schema)
    for table, to in ((networks, CONCENTRATION), (rows, FIRMWARE)):
        parquet.write_table(folder / f"{to.name}.parquet", table, to, {"snapshot": manifest.snapshot})
    left = {age: ages[age] for age in (UNDATED, UNKNOWN) if ages[age]}
    flow = Flow(unit="devices of the headline", rows_in=devices, rows_out=devices - sum(left.values()), dropped=left)
    return flow.check("details")


def by_age(firmwares: Iterable[tuple[str | None, int]], end: int | None) -> dict[str, int]:
    """Return devices by age of their firmware (every age, in order) at `end` (seconds since 1970 UTC)."""
    found = Counter(dict.fromkeys((*AGES, UNDATED, UNKNOWN), 0))
    for firmware, devices in firmwares:
        found[_age(firmware, end)] += devices
    return dict(found)


def _age(firmware: str | None, end: int | None) -> str:
    if firmware is None:
        return UNKNOWN
    built = built_on(firmware)
    if built is None or end is None:
        return UNDATED
    day = datetime.fromtimestamp(end, UTC).date()
    years = day.year - built.year - ((day.month, day.day) < (built.month, built.day))
    return UNDATED if years < 0 else AGES[bisect(FIRST_YEARS, years) - 1]


def built_on(firmware: str) -> date | None:
    """Return the build day in a firmware's name; None without one, or for an impossible one."""
    found = _BUILD.search(firmware)
    if not found:
        return None
    try:
        day = date(2000 + int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
    return day if day > FIRST_BUILD else None
