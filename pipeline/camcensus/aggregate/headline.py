"""The headline of a counted snapshot: its counts, and a database over the tables behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from camcensus.aggregate.counts import HEADLINE_DECOYS, HEADLINE_IP
from camcensus.core import parquet
from camcensus.core.config import Study
from camcensus.core.tables import COUNTS
from camcensus.engines.engine import Engine, Sql
from camcensus.raw.snapshot import Snapshot

UNITS = ("n_banners", "n_hosts", "n_devices")


def headline_counts(snapshot: Snapshot, study: Study) -> dict[str | None, dict[str, Any]]:
    """Units by maker (None: all), without the countries left out."""
    (path,) = snapshot.verified(COUNTS.name)
    return headline_of(parquet.read_table(path, COUNTS), study.min_confidence)


def headline_of(counts: pa.Table, min_confidence: str) -> dict[str | None, dict[str, Any]]:
    """Return units by maker (None: all) from `tables.COUNTS`, without the countries left out."""
    is_total = (pc.field("scope") == "study") & pc.field("level").isin(["world", "manufacturer"])
    rows = counts.filter(is_total & _is_headline(min_confidence)).to_pylist()
    return {row["manufacturer"]: {unit: row[unit] for unit in UNITS} for row in rows}


def of_headline(counts: pa.Table, min_confidence: str) -> pa.Table:
    """Return the rows of `tables.COUNTS` of the headline's variant, in both scopes."""
    return counts.filter(_is_headline(min_confidence))


def _is_headline(min_confidence: str) -> pc.Expression:
    is_on_ipv4 = pc.field("ip_version") == HEADLINE_IP
    is_sure = pc.field("min_confidence") == min_confidence
    return is_on_ipv4 & is_sure & (pc.field("decoys_left_out") == HEADLINE_DECOYS)


def choose(db: Sql, min_confidence: str, left_out: tuple[str, ...]) -> None:
    """Put what the study's headline depends on into `db`: the least confidence, and the countries it leaves out."""
    db.rows("left_out", pa.table({"country": pa.array(left_out, pa.string())}))
    db.rows("headline", pa.table({"min_confidence": [min_confidence]}))


@contextmanager
def opened(snapshot: Snapshot, study: Study, engine: Engine, *tables: str) -> Iterator[Sql]:
    """Open a database with views of tables that stages wrote, verified, and with the settings of the headline."""
    with engine.sql(snapshot.folder / ".scratch") as db:
        for table in tables:
            db.parquet(table, snapshot.verified(table))
        choose(db, study.min_confidence, study.countries_left_out)
        yield db
