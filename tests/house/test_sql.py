"""What keeps the queries the same on DuckDB and on Spark SQL, found by parsing each in both dialects."""

import re

import pytest
import sqlglot
from sqlglot import exp

from camcensus.engines.engine import PACKAGE, run

FILES = {path.stem: path for path in sorted(PACKAGE.glob("**/sql/*.sql"))}
# All that queries are made of. Both engines have these with one meaning; what is not here, they may have alone or with
# another meaning (limit, using, any_value, filter), or it depends on order or is no exact number (division, float).
ALLOWED = {
    "Add", "Alias", "And", "Between", "BitwiseAnd", "BitwiseRightShift", "Boolean", "CTE", "Case", "Cast", "Coalesce",
    "Column", "Concat", "Count", "DataType", "DenseRank", "Distinct", "EQ", "From", "GT", "GTE", "Group",
    "GroupingSets", "Having", "Identifier", "If", "In", "Is", "Join", "LT", "LTE", "Like", "Literal", "MD5", "Max",
    "Min", "Mul", "NEQ", "Not", "Null", "NullSafeEQ", "Or", "Order", "Ordered", "Paren", "RowNumber", "Select", "Star",
    "Sub", "Subquery", "Sum", "Table", "TableAlias", "TryCast", "Tuple", "Union", "Where", "Window", "With",
}  # fmt: skip
TYPES = {"BIGINT", "TEXT", "BOOLEAN"}
# Whose results go to a table in the database. All others are written, so their rows must be in order.
APPENDED = {"attached", "multi_label_counts"}
NEVER_NULL = re.compile(r"_(?:id|rank)$|^(?:is|no|n|same)_")


def faults(text: str, is_written: bool) -> list[str]:
    """Return what may differ between the engines, or between two runs, in a statement."""
    trees = [sqlglot.parse_one(text, dialect=dialect) for dialect in ("duckdb", "spark")]
    kinds = {type(node).__name__ for tree in trees for node in tree.walk()}
    found = [f"{kind} is not on the list" for kind in kinds - ALLOWED]
    tree = trees[0]
    found += [f"cast to {to.sql()}" for to in tree.find_all(exp.DataType) if to.this.name not in TYPES]
    found += [f"{number} is no whole number" for number in tree.find_all(exp.Literal) if not _is_exact(number)]
    known = {cte.alias for cte in tree.find_all(exp.CTE)}
    for select in tree.find_all(exp.Select):
        has_star = any(one.is_star for one in select.expressions)
        sources = {table.name for table in select.find_all(exp.Table)}
        if has_star and not sources <= known:
            found.append("select * from a table: a new column would change the result")
    # Without nulls first or last, the parser puts the dialect's own order in.
    for here, there in zip(*(each.find_all(exp.Ordered) for each in trees), strict=True):
        is_said = here.args["nulls_first"] == there.args["nulls_first"]
        if not (is_said or isinstance(here.this, exp.Case) or NEVER_NULL.search(here.this.name)):
            found.append(f"order by {here.this.sql()} does not say where nulls go")
    if is_written and tree.args.get("order") is None:
        found.append("what is written has no order")
    return found


def _is_exact(number: exp.Literal) -> bool:
    return number.is_string or number.this.isdigit()


def statements(name: str) -> list[tuple[str, str]]:
    """Return the statements of a file as the engines run them: the table that each keeps ("": none), and its select."""
    found: list[tuple[str, str]] = []
    rest = run(name, lambda table, select: found.append((table, select)))
    has_select = any(not line.startswith("--") for line in rest.split("\n") if line)
    return [*found, *([("", rest)] if has_select else [])]


@pytest.mark.parametrize("name", FILES)
def test_a_query_means_the_same_on_both_engines(name: str) -> None:
    for table, select in statements(name):
        assert faults(select, not table and name not in APPENDED) == [], table


@pytest.mark.parametrize("name", FILES)
def test_a_file_makes_what_it_is_named_after_and_describes_each_of_its_tables(name: str) -> None:
    text = FILES[name].read_text(encoding="utf-8")
    found = statements(name)
    assert name in [table for table, _ in found] or not found[-1][0]
    for dialect in ("duckdb", "spark"):
        parsed = [tree for tree in sqlglot.parse(text, dialect=dialect) if tree is not None]
        assert [tree.this.name if isinstance(tree, exp.Create) else "" for tree in parsed] == [t for t, _ in found]
    heads = [line.split(": ")[0] for line in text.splitlines() if re.match(r"-- [A-Z]\w+: ", line)]
    assert heads == ["-- Grain", "-- Columns", "-- Why"] * len(found)
    assert text.startswith("-- Grain: ")
    assert text.endswith("\n")
    assert max(map(len, text.splitlines())) <= 120
    code = re.sub(r"--[^\n]*|'[^']*'", "", text)
    assert code == code.lower()


def test_every_query_is_used_by_the_package_that_holds_it_and_no_two_have_one_name() -> None:
    assert len(FILES) == len([*PACKAGE.glob("**/sql/*.sql")])
    for name, path in FILES.items():
        code = "".join(module.read_text(encoding="utf-8") for module in path.parents[1].glob("*.py"))
        assert f'"{name}"' in code or f"_write(db, {name.upper()}" in code, name
    assert all(path.suffix == ".sql" for path in PACKAGE.glob("**/sql/*"))
    tables = [table for name in FILES for table, _ in statements(name) if table]
    assert len(tables) == len(set(tables))


def test_every_level_of_claims_is_attached() -> None:
    text = dict(statements("banners_encoded"))["banner_labels"]
    levels = re.findall(r"(?:then|else) (\d)$", text[text.index("cast(case\n") :], re.MULTILINE)
    assert [1, *map(int, levels)] == list(range(1, 10))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("select a from t limit 1", "Limit is not on the list"),
        ("select any_value(a) from t", "AnyValue is not on the list"),
        ("select random() from t", "Rand is not on the list"),
        ("select sum(a) / 2 from t", "Div is not on the list"),
        ("select first(a) from t", "First is not on the list"),
        ("select list_sum(a) from t", "Anonymous is not on the list"),
        ("select cast(a as double) from t", "cast to DOUBLE"),
        ("select a * 1.5 as b from t", "1.5 is no whole number"),
        ("select * from t", "select * from a table: a new column would change the result"),
        ("select t.* from t", "select * from a table: a new column would change the result"),
        ("select row_number() over (order by a) as n from t", "order by a does not say where nulls go"),
        ("select a from t", "what is written has no order"),
    ],
)
def test_the_lint_sees_what_it_forbids(text: str, fault: str) -> None:
    assert fault in faults(text, is_written=True)
