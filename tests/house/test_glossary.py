"""Every term is defined once, in one sentence and in order; every column of every table is explained."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import camcensus
from camcensus.core.config import load_study
from camcensus.core.tables import BY_NAME, Table
from camcensus.report.tables import country_table

ROOT = Path(__file__).parents[2]
ENTRIES = re.findall(r"^- \*\*(.+?)\*\*: (.+)$", (ROOT / "docs/glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
TERMS = [term for term, _ in ENTRIES]
# The design fixes these words.
FIXED = (
    "banner", "host", "device", "prefix", "snapshot", "study", "signature", "evidence", "catalogue", "maker", "brand",
    "model", "product type", "confidence", "decoy", "window", "query", "credit", "facet", "ledger", "stage", "manifest",
    "checksum", "gate", "quarantine", "coverage", "precision", "recall", "interval", "sensitivity range",
    "suppression", "lineage", "engine", "unit", "method",
)  # fmt: skip


def declared_tables() -> list[Table]:
    """Every table of the package: module constants, and the country table of the demo's study."""
    found = {id(table): table for table in BY_NAME.values()}
    for info in pkgutil.walk_packages([str(ROOT / "pipeline/camcensus")], "camcensus."):
        if "__main__" in info.name or "spark" in info.name:
            continue
        for value in vars(importlib.import_module(info.name)).values():
            if isinstance(value, Table):
                found[id(value)] = value
    return [*found.values(), country_table.schema(load_study(ROOT / "studies/demo.toml"))]


TABLES = declared_tables()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_is_explained(table: Table) -> None:
    assert Path(camcensus.__file__).is_relative_to(ROOT)
    known = {re.sub(r"\W", "_", term.lower()) for term in TERMS}
    unexplained = [c.name for c in table.columns if len(c.meaning.split()) < 2 and c.name not in known]
    assert unexplained == []


def test_no_term_is_defined_twice() -> None:
    assert len(ENTRIES) == (ROOT / "docs/glossary.md").read_text(encoding="utf-8").count("\n- ")
    assert sorted({term.lower() for term in TERMS}) == sorted(term.lower() for term in TERMS)
    assert [term.lower() for term in TERMS] == sorted(term.lower() for term in TERMS)


@pytest.mark.parametrize(("term", "meaning"), ENTRIES, ids=TERMS)
def test_a_term_is_one_sentence(term: str, meaning: str) -> None:
    assert meaning.endswith("."), term
    assert not re.search(r"\. [A-Z]", meaning), term


@pytest.mark.parametrize("word", FIXED)
def test_the_fixed_words_are_defined(word: str) -> None:
    assert word in TERMS
