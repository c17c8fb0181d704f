"""Other readers of JSON lines, as peers of ingest: each writes fields of banners to one Parquet file (zstd).

`duckdb` takes the columns of `observations` (`ingest_duckdb.sql` says which not), by regular expressions too.
`duckdb_plain`, `chdb` and `polars` take the dozen that stand ready in the JSON, which is what such tools are quickest
at. None of them checks an address or a time, says where a bad line went, or removes what is personal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
# Who MAC addresses are registered to.
REGISTRY = resources.files("netaddr") / "eui" / "oui.txt"
TEXTS = ("ip_str", "transport", "timestamp", "product", "version", "asn", "org")
NUMBERS = ("port", "hash")
BLOCKS = {"location": ("country_code",), "_shodan": ("module",), "http": ("title", "server")}
# The plain fields, in words that SQL engines share.
PLAIN = ", ".join(
    [*TEXTS, *NUMBERS, *(f"{b}.{field} as {b}_{field}" for b, inner in BLOCKS.items() for field in inner)]
)
# What the whole query reads beside the plain fields, in DuckDB's words.
WIDE = """
    devicetype: 'varchar', isp: 'varchar', title: 'varchar', html: 'varchar', data: 'varchar', cpe: 'varchar[]',
    cpe23: 'varchar[]', tags: 'varchar[]', mac: 'map(varchar, json)', vulns: 'map(varchar, json)',
    _camcensus: 'struct(synthetic boolean)', snmp: 'struct(description varchar)',
    http: 'struct(status bigint, title varchar, server varchar, html varchar, html_hash bigint,
        favicon struct(hash bigint), location varchar, redirects struct(location varchar)[])',
    ssl: 'struct(cert struct(
        subject struct(CN varchar, OU varchar, O varchar, L varchar, ST varchar, C varchar),
        issuer struct(CN varchar, OU varchar, O varchar, L varchar, ST varchar, C varchar),
        fingerprint struct(sha256 varchar)))',
    hikvision: 'struct(device_model varchar, device_version varchar, web_version varchar)',
    dahua: 'struct(serial_number varchar)', dahua_dvr_web: 'struct(web_version varchar)',
    ip_camera: 'struct(brand varchar, model varchar, software_version varchar, mac_address varchar, id varchar)',
    upnp: 'struct(manufacturer varchar, model_name varchar, model_number varchar, serial_number varchar, udn varchar)'
"""


@dataclass(frozen=True)
class Peer:
    """The package it needs, and how it reads files into one Parquet file on so many cores."""

    package: str
    read: Callable[[list[Path], Path, int], None]


def _columns(text: str, number: str, block: str) -> dict[str, str]:
    """Types of the plain fields, in the words of an engine; `block` holds the fields of one."""
    blocks = {name: block.format(", ".join(f"{field} {text}" for field in fields)) for name, fields in BLOCKS.items()}
    return dict.fromkeys(TEXTS, text) | dict.fromkeys(NUMBERS, number) | blocks


def _duckdb(query: str, columns: str, files: list[Path], out: Path, cores: int) -> None:
    import duckdb  # noqa: PLC0415  # each peer is loaded by its own side only

    told = query.replace("$files", str([str(f) for f in files])).replace("$columns", "{" + columns + "}")
    with duckdb.connect(config={"threads": cores, "preserve_insertion_order": False}) as db:
        db.execute(f"copy ({told}) to '{out}' (format parquet, compression zstd)")


def _plain_columns() -> str:
    told = _columns("varchar", "bigint", "struct({})")
    return ", ".join(f"{name}: '{kind}'" for name, kind in told.items())


def duckdb_wide(files: list[Path], out: Path, cores: int) -> None:
    """DuckDB's `read_json`, the columns of `observations`."""
    plain = dict.fromkeys(TEXTS, "varchar") | dict.fromkeys(NUMBERS, "bigint")
    plain |= {
        "timestamp": "timestamp",
        "location": "struct(country_code varchar, region_code varchar, city varchar)",
        "_shodan": "struct(module varchar)",
    }
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in plain.items())
    query = (HERE / "ingest_duckdb.sql").read_text().replace("$registry", str(REGISTRY))
    _duckdb(query, f"{columns}, {WIDE}", files, out, cores)


def duckdb_plain(files: list[Path], out: Path, cores: int) -> None:
    """DuckDB's `read_json`, the plain fields."""
    query = (
        f"select {PLAIN} from read_json($files, format = 'newline_delimited', columns = $columns, ignore_errors = true)"
    )
    _duckdb(query, _plain_columns(), files, out, cores)


def chdb(files: list[Path], out: Path, cores: int) -> None:
    """ClickHouse in this process, the plain fields."""
    import chdb as clickhouse  # noqa: PLC0415

    told = _columns("Nullable(String)", "Nullable(Int64)", "Tuple({})")
    structure = ", ".join(f"{name} {kind}" for name, kind in told.items())
    source = f"{files[0].parent}/{{{','.join(f.name for f in files)}}}"
    clickhouse.query(
        f"select {PLAIN} from file('{source}', 'JSONEachRow', '{structure}') "
        f"into outfile '{out}' format Parquet settings max_threads = {cores}, "
        "input_format_skip_unknown_fields = 1, output_format_parquet_compression_method = 'zstd'"
    )


def polars(files: list[Path], out: Path, cores: int) -> None:  # noqa: ARG001  # it takes the cores that there are
    """Polars, the plain fields."""
    import polars as pl  # noqa: PLC0415

    schema: dict[str, Any] = dict.fromkeys(TEXTS, pl.String()) | dict.fromkeys(NUMBERS, pl.Int64())
    blocks = {name: pl.Struct(dict.fromkeys(fields, pl.String())) for name, fields in BLOCKS.items()}
    fields = [pl.col(b).struct.field(f).alias(f"{b}_{f}") for b, inner in BLOCKS.items() for f in inner]
    lines = pl.scan_ndjson(files, schema=schema | blocks)
    lines.select(*TEXTS, *NUMBERS, *fields).sink_parquet(out, compression="zstd")


PEERS = {
    "duckdb": Peer("duckdb", duckdb_wide),
    "duckdb_plain": Peer("duckdb", duckdb_plain),
    "chdb": Peer("chdb", chdb),
    "polars": Peer("polars", polars),
}
