"""Mine a snapshot for makers that the catalogue does not know: what its unidentified banners share.

Numbers in a text are replaced by marks, so that versions and serial numbers do not tell banners of one product apart. A
text that several networks share is then a maker's, and not a person's; only such texts leave this module. A banner
belongs to the text that most networks share, and texts that nearly agree are one cluster. All is done on columns, in
DuckDB, which spills to disk: memory does not grow with the snapshot.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from camcensus.core import parquet
from camcensus.core.tables import COUNTED_TYPES
from camcensus.engines.duckdb_sql import MEMORY, OFFLINE, Config, without_bars
from camcensus.identify.stub import HEX, MAC, NUMBER, Shared, common_start, field_of, masked, stub_of

# Fields that a maker fills, the most telling first. None holds a serial number, or the text of a page.
FIELDS = (
    "upnp_manufacturer", "upnp_model_name", "snmp_description", "rtsp_realm", "http_realm", "http_title", "block_text",
    "sip_user_agent", "ssdp_server", "rtsp_server", "http_server", "cert_subject", "cert_issuer", "ftp_banner",
    "telnet_banner", "http_favicon", "http_assets", "http_location", "mac_organisation", "product",
)  # fmt: skip
LEAST_NETWORKS = 3  # that share a text; fewer may be one owner
MOST_TEXTS = 20_000  # shared texts that are looked at, those of most banners first
MOST_COMPARED = 2_000  # of these, texts that are compared with each other, those of most networks first
ALIKE = 0.9  # Jaro-Winkler similarity from which two texts are one cluster, if they begin alike
BATCH = 50_000
# Texts of software and pages that many makers and web sites have: they do not tell whose a device is.
_STOCK = (
    r"(?i)^(?:apache|nginx|lighttpd|microsoft-(?:iis|httpapi)|(?:mini_?|micro_?|thttp|uc-?)?httpd?|boa|goahead[\w-]*|"
    r"webs|rompager|caddy|openresty|cloudflare|jetty|tomcat|gunicorn|werkzeug|express|linux|upnp|openssl|dropbear|"
    r"openssh|vsftpd|proftpd|pure-ftpd|busybox)\b.{0,40}$"
    r"|\b(?:unauthori[sz]ed|forbidden|not found|bad request|moved|error)\b"
    r"|^(?:web ?)?(?:login|log in|sign in|index|home|document|untitled(?: document)?|welcome|admin|administrator|realm|"
    r"secure|private|protected|restricted|redirect\w*|loading|default|main|web|user)(?: ?(?:page|area|\.{3}))?$"
    r"|^(?:script|style|image|form|frame)=(?:jquery|bootstrap|main|index|style|common|login|app|md5|base64|favicon|"
    r"logo)?[\W\d\x{e000}-\x{e002}]*(?:min)?\.?(?:js|css|ico|png|gif|html?)?$"
    r"|^(?:script|style)=(?:jquery|bootstrap)|^cn=localhost$"
)


@dataclass(frozen=True)
class Also:
    """What at least half of a cluster's banners have in another field or text, numbers masked."""

    field: str
    text: str
    n_banners: int


@dataclass(frozen=True)
class Cluster:
    """Banners that share a text of a field, or nearly the same one.

    `n_counted` and `n_others`: banners that are counted, and of products that are not, which the pattern matches too.
    `stub`: a file for the catalogue, to be completed.
    """

    field: str
    pattern: str
    n_networks: int
    n_banners: int
    n_candidates: int
    words: tuple[str, ...]
    n_counted: int
    n_others: int
    also: tuple[Also, ...]
    query: str | None
    stub: str


def mine(
    parts: Sequence[tuple[Path, Path]], since: date, limit: int = 10, least_networks: int = LEAST_NETWORKS
) -> list[Cluster]:
    """Return the clusters of a snapshot: those with words of surveillance first, then those in most networks.

    parts: each file of `observations` with the file of `identified` that has the same rows. since: the day from which
    the queries in stubs are. least_networks: distinct /24 or /48 that must share a text.
    """
    with tempfile.TemporaryDirectory() as scratch, closing(_database(Path(scratch))) as db:
        for _ in _given(db, parts):
            db.execute(_ADD_TEXTS)
        db.execute(_TEXTS, [list(FIELDS), least_networks, _STOCK, MOST_TEXTS])
        for _ in _given(db, parts):
            db.execute(_ADD_BANNERS)
            db.execute(_ADD_MARKS)
        db.execute(_RANKED, [list(FIELDS), least_networks])
        groups = _groups(db)
        members = [(rank, leader) for leader, group in groups.items() for rank in group]
        ranks, leaders = ([pair[side] for pair in members] for side in (0, 1))
        db.register("leaders", pa.table({"rank": pa.array(ranks, pa.int64()), "leader": pa.array(leaders, pa.int64())}))
        db.execute(_CLUSTERS)
        found = db.execute(_BEST, [least_networks, limit]).fetchall()
        shared = [_text_of(db, groups[leader]) for leader, *_ in found]
        also = [_also(db, leader, groups[leader]) for leader, *_ in found]
        hits = _hits(parts, shared)
    return [
        Cluster(
            field=text.field, pattern=text.pattern, n_networks=counts[0], n_banners=counts[1], n_candidates=counts[2],
            words=tuple(counts[3] or ()), n_counted=n_counted, n_others=n_others, also=more, query=text.query,
            stub=stub_of(text, number, since),
        )
        for number, ((_, *counts), text, more, (n_counted, n_others)) in enumerate(
            zip(found, shared, also, hits, strict=True), 1
        )
    ]  # fmt: skip


def _database(scratch: Path) -> duckdb.DuckDBPyConnection:
    limits: Config = {"threads": 1, "memory_limit": MEMORY, "temp_directory": str(scratch)}
    db = duckdb.connect(scratch / "mining.duckdb", config={**limits, **OFFLINE})
    without_bars(db)
    for statement in _EMPTY:
        db.execute(statement)
    return db


def _given(db: duckdb.DuckDBPyConnection, parts: Sequence[tuple[Path, Path]]) -> Iterator[None]:
    """Name the unidentified banners `given`, and what they say `shared_texts`, a batch at a time."""
    for number, (rows, classes) in enumerate(_batches(parts)):
        first = number * BATCH
        numbered = rows.append_column("banner", pa.array(range(first, first + rows.num_rows), pa.int64()))
        db.register("given", numbered.filter(pc.equal(classes, "unidentified")))
        db.execute(_SHARED)
        yield
        db.unregister("given")


def _batches(parts: Sequence[tuple[Path, Path]]) -> Iterator[tuple[pa.Table, pa.ChunkedArray]]:
    """Yield the fields, network and words of banners, and which of them are counted, other, unidentified or decoys."""
    for observations, identified in parts:
        evidence = parquet.in_groups(_read(observations, FIELDS), BATCH)
        columns = ("is_counted", "product_type", "decoy", "prefix", "candidate")
        for rows, found in zip(evidence, parquet.in_groups(_read(identified, columns), BATCH), strict=True):
            is_camera = pc.is_in(found["product_type"], pa.array(sorted(COUNTED_TYPES)))
            is_open = pc.or_(pc.is_null(found["product_type"]), is_camera)
            classes = pc.if_else(found["is_counted"], "counted", pc.if_else(is_open, "unidentified", "other"))
            classes = pc.if_else(pc.fill_null(pc.equal(found["decoy"], "certain"), False), "decoy", classes)
            for name in ("prefix", "candidate"):
                rows = rows.append_column(name, found[name])  # noqa: PLW2901  (a table with one column more)
            yield rows, classes


def _read(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    yield from parquet.opened_to_stream(path).iter_batches(BATCH, columns=list(columns))


def _groups(db: duckdb.DuckDBPyConnection) -> dict[int, list[int]]:
    """Return the texts of each cluster by the first of them, all by rank. What nearly agrees with it belongs to it."""
    texts = {rank: (name, text) for rank, name, text in db.execute(_BY_RANK).fetchall()}
    alike: dict[int, list[int]] = {}
    for leader, rank in db.execute(_ALIKE, [ALIKE, MOST_COMPARED]).fetchall():
        alike.setdefault(rank, []).append(leader)
    groups: dict[int, list[int]] = {}
    for rank, (_, text) in texts.items():
        near = (
            leader
            for leader in alike.get(rank, ())
            if leader in groups and common_start([text, *(texts[other][1] for other in groups[leader])])
        )
        groups.setdefault(next(near, rank), []).append(rank)
    return groups


def _text_of(db: duckdb.DuckDBPyConnection, group: list[int]) -> Shared:
    """Return what the texts of a cluster share."""
    rows = db.execute("select field, shared from ranked where list_contains(?, rank) order by rank", [group]).fetchall()
    return Shared(rows[0][0], tuple(text for _, text in rows))


def _also(db: duckdb.DuckDBPyConnection, leader: int, group: list[int]) -> tuple[Also, ...]:
    return tuple(
        Also(field_of(name), masked(text), n) for name, text, n in db.execute(_ALSO, [leader, group]).fetchall()
    )


def _hits(parts: Sequence[tuple[Path, Path]], shared: Sequence[Shared]) -> list[tuple[int, int]]:
    """Return how many counted banners and other products the pattern of each cluster matches."""
    hits = [[0, 0] for _ in shared]
    for rows, classes in _batches(parts) if shared else ():
        known = [pc.equal(classes, name) for name in ("counted", "other")]
        for text, found in zip(shared, hits, strict=True):
            is_match = pc.match_substring_regex(rows[text.column], text.pattern, ignore_case=True)
            for n, is_known in enumerate(known):
                found[n] += pc.sum(pc.and_(pc.fill_null(is_match, False), is_known)).as_py() or 0
    return [(counted, others) for counted, others in hits]


_EMPTY = (
    "create table texts (field varchar, shared varchar, n_banners bigint)",
    "create table banners (banner bigint, prefix varchar, words varchar)",
    "create table marks (banner bigint, text_id bigint)",
    f"""
    create macro marked(text) as left(regexp_replace(regexp_replace(regexp_replace(
        left(text, 2048), '\\b(?:[0-9A-Fa-f]{{2}}[:-]){{5}}[0-9A-Fa-f]{{2}}\\b', '{MAC}', 'g'),
        '\\b(?:[0-9A-Fa-f]*[0-9][0-9A-Fa-f]{{7,}}|[0-9A-Fa-f]{{7,}}[0-9][0-9A-Fa-f]*)\\b', '{HEX}', 'g'),
        '[0-9]+', '{NUMBER}', 'g'), 160)
    """,
)
# The texts of a batch: those of a page's elements one by one.
_SHARED = """
create or replace temporary table shared_texts as
with columns_of as (
    unpivot (select * exclude (prefix, candidate) from given) on columns(* exclude (banner)) into name field value text
),
pieces as (
    select
        banner, field, unnest(case when field = 'http_assets' then string_split(text, ' | ') else [text] end) as text
    from columns_of
)
select distinct banner, field, case when field = 'http_favicon' then text else marked(text) end as shared
from pieces
"""
_ADD_TEXTS = "insert into texts select field, shared, count(*) from shared_texts group by field, shared"
_TEXTS = r"""
create table shared as
select row_number() over (order by n_banners desc, list_position(?, field), shared) as text_id, field, shared
from (
    select field, shared, sum(n_banners) as n_banners from texts group by field, shared having sum(n_banners) >= ?
)
where field = 'http_favicon' or (regexp_matches(shared, '\pL{2}') and not regexp_matches(shared, ?))
order by text_id
limit ?
"""
_ADD_BANNERS = "insert into banners select banner, prefix, candidate from given"
_ADD_MARKS = """
insert into marks
select t.banner, s.text_id from shared_texts t join shared s on s.field = t.field and s.shared = t.shared
"""
_RANKED = """
create table ranked as
select
    row_number() over (order by n_networks desc, list_position(?, field), shared) as rank, text_id, field, shared,
    n_networks
from (
    select s.text_id, s.field, s.shared, count(distinct b.prefix) as n_networks
    from marks m join banners b on b.banner = m.banner join shared s on s.text_id = m.text_id
    group by s.text_id, s.field, s.shared
)
where n_networks >= ?
"""
_BY_RANK = "select rank, field, shared from ranked order by rank"
_ALIKE = """
select a.rank, b.rank
from ranked a
join ranked b on b.field = a.field and left(b.shared, 4) = left(a.shared, 4) and a.rank < b.rank
where a.field <> 'http_favicon' and jaro_winkler_similarity(a.shared, b.shared) >= ? and b.rank <= ?
order by a.rank, b.rank
"""
_CLUSTERS = """
create table clusters as
select b.banner, b.prefix, b.words, l.leader
from (
    select m.banner, min(r.rank) as rank from marks m join ranked r on r.text_id = m.text_id group by m.banner
) best
join leaders l on l.rank = best.rank
join banners b on b.banner = best.banner
"""
_BEST = """
select
    leader, count(distinct prefix) as n_networks, count(distinct banner) as n_banners,
    count(distinct case when word is not null then banner end) as n_candidates,
    list_sort(list(distinct word) filter (where word is not null)) as words
from (
    select leader, banner, prefix, unnest(coalesce(string_split(words, ' '), [null])) as word from clusters
)
group by leader
having count(distinct prefix) >= ?
order by n_candidates > 0 desc, n_networks desc, n_banners desc, leader
limit ?
"""
_ALSO = """
select s.field, s.shared, count(*) as n
from clusters c
join marks m on m.banner = c.banner
join ranked r on r.text_id = m.text_id
join shared s on s.text_id = m.text_id
where c.leader = ? and not list_contains(?, r.rank)
group by s.field, s.shared
having 2 * count(*) >= (select count(*) from clusters k where k.leader = any_value(c.leader))
order by n desc, s.field, s.shared
limit 5
"""
