"""The worked example in the documentation works, and its table of targets is whole."""

import re
from pathlib import Path

from camcensus.readers.banner import Banner
from camcensus.readers.record import records
from camcensus.readers.registry import chosen_source, shipped
from camcensus.readers.targets import TARGETS
from tests.conftest import row_of

DOCS = (Path(__file__).parent.parent.parent / "docs/reference/mappings.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    found = re.search(rf"```{kind}\b[^\n]*\n(.*?)```", DOCS, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_worked_example_works(tmp_path: Path) -> None:
    (tmp_path / "scan.toml").write_text(block("toml"))
    (tmp_path / "scan.csv").write_text(block("csv"))
    source, _ = chosen_source(str(tmp_path / "scan.toml"))
    source.check(tmp_path / "scan.csv")
    reader = source.reader(tmp_path / "scan.csv")
    rows = [row_of(record.found) for record in records(reader) if isinstance(record.found, Banner)]
    assert [(row["host"], row["port"], row["transport"], row["seen_at"], row["engine_country"]) for row in rows] == [
        ("81.2.69.142", 80, "tcp", 1795508100, "GB"), ("81.2.69.143", 554, "tcp", 1795508160, "GB"),
    ]  # fmt: skip
    assert (rows[0]["http_server"], rows[0]["http_title"]) == ("App-webs/", "index")
    assert not reader.unknown


def test_every_target_and_every_mapping_is_in_the_documentation() -> None:
    named = set(re.findall(r"`(\w+)`", DOCS))
    blocks = tuple(re.findall(r"`(\w+_)\.\.\.`", DOCS))
    parts = {f"cert_{who}_{part}" for who in ("subject", "issuer") for part in ("cn", "o", "ou", "l", "st", "c")}
    lacking = [name for name in TARGETS if name not in named | parts and not name.startswith(blocks)]
    assert lacking == ["favicon"]  # which has a section of its own
    assert all(f"| `{name}` |" in DOCS for name in shipped())
