"""The job of `analyst.py` in DuckDB, in ClickHouse (chdb) and in Polars: the same six makers, the same countries, the
latest answer of each host and port, hosts by country and maker.

Countries come from a Parquet file of ranges (`first`, `last`, `country`), which none of them has to make. Each writes
the CSV file that `analyst.py` writes, and the benchmark compares them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from analyst import MAKERS


@dataclass(frozen=True)
class Other:
    """The package it needs, and how it does the job: raw files, ranges, the CSV file to write, cores."""

    package: str
    work: Callable[[list[Path], Path, Path, int], None]


def duckdb(files: list[Path], ranges: Path, out: Path, cores: int) -> None:
    """Two queries."""
    import duckdb  # noqa: PLC0415  # each peer is loaded by its own side only

    made = " ".join(f"when regexp_matches(data, '{pattern}') then '{maker}'" for maker, pattern in MAKERS.items())
    columns = "{ip_str: 'varchar', port: 'bigint', timestamp: 'varchar', data: 'varchar'}"
    with duckdb.connect(config={"threads": cores, "preserve_insertion_order": False}) as db:
        # A table, so that the planner knows how many there are: of a subquery it expects few, and joins in a loop.
        db.execute(f"""
            create table numbered as
            with banners as (
                select ip_str, port, timestamp, case {made} end as maker
                from read_json({[str(f) for f in files]}, format = 'newline_delimited', columns = {columns})
            ), latest as (
                select ip_str as host, arg_max(maker, timestamp) as maker from banners
                where maker is not null and ip_str not like '%:%' group by ip_str, port
            )
            select host, maker, split_part(host, '.', 1)::bigint * 16777216 + split_part(host, '.', 2)::bigint * 65536
                + split_part(host, '.', 3)::bigint * 256 + split_part(host, '.', 4)::bigint as number
            from (select distinct host, maker from latest)""")
        db.execute(f"""
            copy (
                select country, maker, count(*) as hosts
                from numbered asof join '{ranges}' as ranges on number >= first
                where number <= last group by all order by all
            ) to '{out}' (header true)""")


def chdb(files: list[Path], ranges: Path, out: Path, cores: int) -> None:
    """One query."""
    import chdb as clickhouse  # noqa: PLC0415

    made = ", ".join(f"match(data, '{pattern}'), '{maker}'" for maker, pattern in MAKERS.items())
    source = f"{files[0].parent}/{{{','.join(f.name for f in files)}}}"
    clickhouse.query(f"""
        with latest as (
            select ip_str as host, argMax(made, timestamp) as maker from (
                select ip_str, port, timestamp, multiIf({made}, '') as made from file('{source}', 'JSONEachRow',
                    'ip_str String, port Int64, timestamp String, data String')
            ) where made != '' and position(ip_str, ':') = 0 group by ip_str, port
        ), numbered as (
            select toInt64(IPv4StringToNum(host)) as number, maker, 1 as one
            from (select distinct host, maker from latest)
        )
        select country, maker, count() as hosts from numbered
        asof join (select *, 1 as one from file('{ranges}')) as ranges
            on numbered.one = ranges.one and numbered.number >= ranges.first
        where number <= last group by country, maker order by country, maker
        into outfile '{out}' format CSVWithNames
        settings max_threads = {cores}, input_format_skip_unknown_fields = 1""")


def polars(files: list[Path], ranges: Path, out: Path, cores: int) -> None:  # noqa: ARG001  # it takes all cores
    """One lazy frame."""
    import polars as pl  # noqa: PLC0415

    schema = {"ip_str": pl.String, "port": pl.Int64, "timestamp": pl.String, "data": pl.String}
    maker = pl.coalesce(
        pl.when(pl.col("data").str.contains(pattern)).then(pl.lit(name)) for name, pattern in MAKERS.items()
    )
    octets = pl.col("host").str.split(".")
    number = sum(octets.list.get(n).cast(pl.Int64) * 256 ** (3 - n) for n in range(4))
    latest = (
        pl.scan_ndjson(files, schema=schema)
        .select("port", "timestamp", host="ip_str", maker=maker)
        .filter(pl.col("maker").is_not_null() & ~pl.col("host").str.contains(":", literal=True))
        .group_by("host", "port")
        .agg(pl.col("maker").sort_by("timestamp").last())
        .select("host", "maker")
        .unique()
    )
    (
        latest.with_columns(number=number)
        .sort("number")
        .join_asof(pl.scan_parquet(ranges).sort("first"), left_on="number", right_on="first")
        .filter(pl.col("number") <= pl.col("last"))
        .group_by("country", "maker")
        .agg(hosts=pl.len())
        .sort("country", "maker")
        .sink_csv(out)
    )


OTHERS = {"duckdb": Other("duckdb", duckdb), "chdb": Other("chdb", chdb), "polars": Other("polars", polars)}
