"""When each signature matched first and last in the snapshots of a study, and makers whose new devices none matches.

All snapshots must be identified with one catalogue: otherwise a signature begins when it was written.
"""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from camcensus.core.tables import COUNTED_TYPES
from camcensus.engines.duckdb_sql import MEMORY, OFFLINE, Config, without_bars

LEAST_NETWORKS = 3  # with new banners of a maker, from which it is listed


@dataclass(frozen=True)
class SignatureAge:
    """The first and last snapshot in which a signature matched, and the banners that it matched in each.

    `has_died_out`: it matched before, and does not in the newest snapshot.
    """

    signature: str
    first: str
    last: str
    n_banners: dict[str, int]
    has_died_out: bool


@dataclass(frozen=True)
class UnmatchedMaker:
    """A maker of which banners are new in the newest snapshot (address and port), while none of these is counted."""

    manufacturer: str
    n_new_banners: int
    n_new_networks: int
    n_counted_before: int


@dataclass(frozen=True)
class Ages:
    """What became of signatures, by id, and of makers, those in most networks first."""

    snapshots: tuple[str, ...]
    signatures: tuple[SignatureAge, ...]
    unmatched_makers: tuple[UnmatchedMaker, ...]


def ages_of(identified: Mapping[str, Sequence[Path]]) -> Ages:
    """Return the ages. identified: the files of the table by snapshot, oldest first."""
    snapshots = tuple(identified)
    with tempfile.TemporaryDirectory() as scratch:
        limits: Config = {"threads": 1, "memory_limit": MEMORY, "temp_directory": scratch}
        with closing(duckdb.connect(Path(scratch) / "ageing.duckdb", config={**limits, **OFFLINE})) as db:
            without_bars(db)
            for statement in _EMPTY:
                db.execute(statement)
            for order, name in enumerate(snapshots):
                db.read_parquet([str(path) for path in identified[name]]).create_view("identified", replace=True)
                db.execute(_MATCHED, [order])
                db.execute(_NAMED, [order, sorted(COUNTED_TYPES)])
            matched = db.execute("select signature, snapshot, n_banners from matched order by all").fetchall()
            makers = db.execute(_UNMATCHED, [len(snapshots) - 1] * 2 + [LEAST_NETWORKS]).fetchall()
    found: dict[str, dict[int, int]] = {}
    for signature, order, n in matched:
        found.setdefault(signature, {})[order] = n
    ages = [
        SignatureAge(
            signature, snapshots[min(counts)], snapshots[max(counts)],
            {name: counts.get(order, 0) for order, name in enumerate(snapshots)}, max(counts) < len(snapshots) - 1,
        )
        for signature, counts in found.items()
    ]  # fmt: skip
    return Ages(snapshots, tuple(ages), tuple(UnmatchedMaker(*row) for row in makers))


_EMPTY = (
    "create table matched (snapshot bigint, signature varchar, n_banners bigint)",
    """
    create table named (
        snapshot bigint, manufacturer varchar, host varchar, port bigint, prefix varchar, counted bool
    )
    """,
)
_MATCHED = """
insert into matched
select ?, signature, count(*)
from (select unnest(string_split(signatures, ' ')) as signature from identified where signatures <> '')
group by signature
"""
_NAMED = """
insert into named
select ?, manufacturer, host, port, any_value(prefix), bool_or(is_counted)
from identified
where manufacturer is not null and (product_type is null or list_contains(?, product_type))
group by manufacturer, host, port
"""
_UNMATCHED = """
select
    n.manufacturer, count(*) as n_new_banners, count(distinct n.prefix) as n_new_networks,
    (select count(*) from named o where o.manufacturer = n.manufacturer and o.snapshot < ? and o.counted)
from named n
left join named o on o.snapshot < n.snapshot and o.host = n.host and o.port = n.port
where n.snapshot = ? and o.host is null
group by n.manufacturer
having not bool_or(n.counted) and count(distinct n.prefix) >= ?
order by n_new_networks desc, n.manufacturer
"""
