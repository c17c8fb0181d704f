"""What keeps the queries the same on DuckDB and on Spark SQL: types, names, functions and total orders."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from camcensus.aggregate.counts import QUERIES as COUNT_QUERIES
from camcensus.aggregate.details import QUERIES as DETAIL_QUERIES
from camcensus.core.tables import DEVICES, IDENTIFIED
from camcensus.dedupe.devices import LEVELS
from camcensus.dedupe.devices import QUERIES as DEDUPE_QUERIES
from camcensus.engines.engine import SQL
from camcensus.estimate.area_sampling.blocks import QUERIES as SAMPLE_QUERIES
from camcensus.trends.stage import QUERY as SERIES_QUERY

# Functions that both engines have under this name and with this meaning.
FUNCTIONS = {
    "cast", "coalesce", "concat", "count", "dense_rank", "max", "md5", "min", "row_number", "sum",
}  # fmt: skip
# Words that a bracket may follow without being functions.
WORDS = {
    "and",
    "as",
    "by",
    "exists",
    "from",
    "in",
    "join",
    "not",
    "on",
    "or",
    "over",
    "select",
    "sets",
    "then",
    "when",
    "where",
}
TYPES = {"bigint", "string", "boolean"}
# What a file or a cell is made of; their rows stand in a total order.
WRITTEN = {
    "links", "devices_written", "ages", "cube", "margins", "geo_range", "networks", "collected", "churn", "sampled",
    "sample_blocks", "series", "concentration", "firmwares",
}  # fmt: skip
NEVER_NULL = {
    "file", "line", "host", "ip_version", "prefix", "seen", "seen_at", "first_seen", "last_seen", "sight", "device",
    "level", "type_rank", "maker_rank", "same_model", "same_kind", "same_maker", "no_country", "no_manufacturer",
    "no_brand",
    "no_product_type", "no_model", "maker_no", "brand_no", "model_no", "kind_no", "firmware_no", "claimed_no",
}  # fmt: skip
# What one engine has and the other has not, or has with another meaning.
FOREIGN = (
    r"::", r'"', r"`", r"\bqualify\b", r"\bany_value\b", r"\bmax_by\b", r"\bilike\b", r"\bexclude\b", r"\bfilter\s*\(",
    r"\blimit\b", r"\busing\b", r"\bgroup by all\b", r"\bunion by name\b", r"\bnatural\b", r"\|\|", r"//", r"~",
    r"\bglob\b",
    r"\b(?:u?int\w*|integer|hugeint|varchar|text|double|float|decimal|timestamp|date)\b",
)  # fmt: skip

NAMES = sorted(path.stem for path in SQL.glob("*.sql"))


def query(name: str) -> str:
    """A query without comments and texts, in one line."""
    text = re.sub(r"--[^\n]*", "", (SQL / f"{name}.sql").read_text(encoding="utf-8"))
    return " ".join(re.sub(r"'[^']*'", "''", text).split())


def inside(text: str, start: int) -> str:
    """What stands between the bracket at `start` and its other end."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return text[start + 1 : at]
    raise AssertionError(text[start:])


def split(text: str) -> Iterator[str]:
    """The items of a list, by the commas outside brackets."""
    depth, begin = 0, 0
    for at, letter in enumerate(text + ","):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            yield text[begin:at].strip()
            begin = at + 1


def orders(text: str) -> Iterator[str]:
    """The items of each order by in a text, windows and all."""
    for found in re.finditer(r"\border by ", text):
        rest, depth = text[found.end() :], 0
        for at, letter in enumerate(rest + ")"):
            depth += {"(": 1, ")": -1}.get(letter, 0)
            if depth < 0:
                yield from split(re.split(r" rows between ", rest[:at])[0])
                break


def is_total(item: str) -> bool:
    """Whether an item of an order says where nulls go, or has none."""
    bare = re.sub(r" (?:asc|desc)$", "", item)
    return (
        bool(re.search(r" nulls (?:first|last)$", item))
        or bare.startswith("case ")
        or bare.split(".")[-1] in NEVER_NULL
    )


def test_the_queries_are_those_the_stages_name() -> None:
    assert sorted([*DEDUPE_QUERIES, *COUNT_QUERIES, *SAMPLE_QUERIES, *DETAIL_QUERIES, SERIES_QUERY]) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_casts_are_to_types_of_both_engines(name: str) -> None:
    text = query(name)
    for found in re.finditer(r"\bcast\(", text):
        assert inside(text, found.end() - 1).rpartition(" as ")[2] in TYPES


@pytest.mark.parametrize("name", NAMES)
def test_functions_are_on_the_list(name: str) -> None:
    text = re.sub(r"\b\w+ as \(", "as (", query(name))
    called = set(re.findall(r"\b([a-z_]\w*) ?\(", text)) - WORDS
    assert called <= FUNCTIONS


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("foreign", FOREIGN)
def test_nothing_that_one_engine_has_alone(name: str, foreign: str) -> None:
    assert not re.search(foreign, query(name), re.IGNORECASE)


@pytest.mark.parametrize("name", NAMES)
def test_keywords_and_names_are_lower_case_and_lines_short(name: str) -> None:
    text = (SQL / f"{name}.sql").read_text(encoding="utf-8")
    assert query(name) == query(name).lower()
    assert text.startswith("-- ")
    assert text.endswith("\n")
    assert ";" not in query(name)
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("name", sorted(WRITTEN | {"window"}))
def test_sums_and_counts_that_leave_are_bigint(name: str) -> None:
    text = query(name)
    bare = re.sub(r"\b(?:cast\((?:coalesce\()?)(?:sum|count|min|max|grouping)\(", "", text)
    bare = re.sub(r"\b(?:min|max|first_value|row_number)\([^()]*(?:\([^()]*\))?[^()]*\) over", "", bare)
    left = re.findall(r"\b(?:sum|count|grouping|row_number)\(", bare)
    assert left == []
    assert "hugeint" not in text


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_what_is_written_ends_in_an_order(name: str) -> None:
    last = query(name).rpartition(" order by ")
    assert last[1]
    assert ")" not in re.sub(r"\([^()]*\)", "", last[2])
    assert " from " not in last[2]


@pytest.mark.parametrize("name", NAMES)
def test_every_order_says_where_nulls_go(name: str) -> None:
    assert [item for item in orders(query(name)) if not is_total(item)] == []


def test_what_is_never_null_is_so_by_the_schema() -> None:
    known = {column.name: column for table in (IDENTIFIED, DEVICES) for column in table.columns}
    assert [name for name in NEVER_NULL & known.keys() if known[name].nullable] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_join_on_columns_that_may_be_null_loses_rows(name: str) -> None:
    # What may be null is compared with `is not distinct from`, or may not match on purpose.
    # Joins by identity: without one, none is shared.
    on_purpose = {"k.identity = t.identity", "w.identity = m.identity"}
    joins = re.findall(
        r"\bon (.*?)(?= (?:left |cross )?join | where | group by | order by | union | \)|$)", query(name)
    )
    for join in joins:
        for term in re.split(r" and ", join):
            nullable = re.search(r"\b(?:identity|maker|model|kind|brand|firmware|country_second)\b", term)
            if nullable and term not in on_purpose:
                assert "is not distinct from" in term or "coalesce(" in term or "is null" in term, term


def test_every_query_is_one_statement_that_parses() -> None:
    for name in NAMES:
        (statement,) = duckdb.extract_statements((SQL / f"{name}.sql").read_text(encoding="utf-8"))
        assert statement.type.name.startswith("SELECT")


def test_every_level_of_claims_is_attached() -> None:
    levels = re.search(r"cast\(case (.*?) end as bigint\) as level", query("names").rpartition(" as maker_rank,")[2])
    assert levels is not None
    numbers = [int(n) for n in re.findall(r"(?:then|else) (\d+)", levels[1])]
    assert "then 1 else n.level end as level" in query("told")
    assert [1, *numbers] == list(range(1, LEVELS + 1))


def test_the_lint_sees_what_it_forbids() -> None:
    text = "select a, row_number() over (partition by b order by c desc, d) from t order by e nulls last, f"
    assert list(orders(text)) == ["c desc", "d", "e nulls last", "f"]
    assert not is_total("country")
    assert not is_total("country desc")
    assert is_total("country desc nulls last")
    assert list(split("a, f(b, c), d")) == ["a", "f(b, c)", "d"]
    assert inside("cast(sum(x) as bigint) y", 4) == "sum(x) as bigint"


def test_the_folder_holds_queries_only(request: pytest.FixtureRequest) -> None:
    folder = Path(request.config.rootpath) / "pipeline/camcensus/sql"
    assert [p.name for p in folder.iterdir() if p.suffix != ".sql"] == []
