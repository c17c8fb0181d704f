"""The whole fault suite: every test that has a fault's number in its name, with kills, flipped bits and mutated lines
at full size. Prints a table (fault, tries, survived) and writes it, dated, to `reports/faults/`.

It has parts: the kills of each command, which take most of the time, flipped bits, mutated lines, and all the others.
Each is written down when it ends, in place of an earlier one of the day; one that Ctrl-C stops says how far it came.

PYTHONPATH=. .venv/bin/python tools/faults.py [--part PART] [--kills 300] [--flips 200] [--lines 1000000]
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.faults import FAULTS, numbers_in

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "reports" / "faults"
PARTS = {
    "others": "Each fault once",
    "lines": "Mutated lines",
    "flips": "Flipped bits",
    **{command: f"Kills of {command}" for command in ("import", "report", "run", "collect")},
}
Row = dict[str, Any]


@dataclass(eq=False)
class Suite:
    """Keeps of all tests those of a part, and counts by fault's number how many ran and how many passed."""

    part: str
    ran: Counter[int] = field(default_factory=Counter)
    passed: Counter[int] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Lets go of what has no number, or is of the other part."""
        wanted = [item for item in items if numbers_in(item.name) and part_of(item) == self.part]
        config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
        items[:] = wanted

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts a test when it is over, or when it could not even begin."""
        if report.skipped:
            self.skipped.append(report.nodeid)
        elif report.when == "call" or report.failed:
            for number in numbers_in(report.nodeid.partition("::")[2]):
                self.ran[number] += 1
                self.passed[number] += report.passed
            self.failed += [report.nodeid] if report.failed else []


def part_of(item: pytest.Item) -> str:
    """The part that a test belongs to: of those that kill, that of the command."""
    parameters: Row = getattr(getattr(item, "callspec", None), "params", {})
    if item.path.name == "test_kills.py" and parameters:
        return str(parameters.get("name", "collect"))
    return {"test_fuzz.py": "lines", "test_bit_rot.py": "flips"}.get(item.path.name, "others")


def run_part(part: str, sizes: dict[str, int]) -> Row:
    """Runs one part; all that is written down of it."""
    began, clock, tested = datetime.now(UTC), time.monotonic(), commit()
    suite = Suite(part)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "faults.jsonl"
        place.touch()
        os.environ |= {"CAMCENSUS_FAULTS": str(place)} | {f"CAMCENSUS_{name}": str(n) for name, n in sizes.items()}
        status = pytest.main([str(ROOT / "tests"), "-p", "no:cacheprovider"], plugins=[suite])
        many = [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]
    return {
        "began": began.isoformat(timespec="minutes"),
        "minutes": round((time.monotonic() - clock) / 60, 1),
        "commit": tested,
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}",
        "asked_for": sizes,
        "stopped_early": status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED),
        "rows": _by_test(suite) + _by_try(many),
        "failed": suite.failed,
        "skipped": suite.skipped,
    }


def _by_test(suite: Suite) -> list[Row]:
    return [_row(f"F{n}: {FAULTS[n]} (tests)", suite.ran[n], suite.passed[n]) for n in FAULTS if suite.ran[n]]


def _by_try(many: list[Row]) -> list[Row]:
    """What tests of many tries recorded, added up by fault."""
    tries: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    for entry in many:
        tries[entry["fault"]] += entry["tries"]
        survived[entry["fault"]] += entry["survived"]
    return [_row(name, tries[name], survived[name]) for name in tries]


def _row(fault: str, tries: int, survived: int) -> Row:
    return {"fault": fault, "tries": tries, "survived": survived}


def commit() -> str:
    """What was tested: the commit, and whether files other than the results differ from it."""
    told = _git("rev-parse", "--short=12", "HEAD")
    others = _git("status", "--porcelain", "--untracked-files=no", "--", ".", f":!{FOLDER.relative_to(ROOT)}")
    return f"{told}-dirty" if told and others else told or "unknown"


def _git(*words: str) -> str:
    command = ["git", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def table_of(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = [f"| {row['fault']} | {row['tries']:,} | {row['survived']:,} |" for row in rows]
    return "\n".join(["| fault | tries | survived |", "|---|---:|---:|", *lines])


def page_of(date: str, parts: dict[str, Row]) -> str:
    """The page of a day's results."""
    told = [
        f"# Fault suite, {date}",
        f"Made by `make nightly PARTS=faults`; [{date}.json]({date}.json) has the same for programs.",
    ]
    for part in (part for part in PARTS if part in parts):
        found = parts[part]
        sizes = ", ".join(f"{name} {count:,}" for name, count in found["asked_for"].items())
        early = "STOPPED EARLY: tries say how far it came." if found["stopped_early"] else ""
        told.append(f"## {PARTS[part]}")
        told.append(f"{found['began']}, commit {found['commit']}, {found['minutes']} minutes; {found['machine']}.")
        told.append(f"Asked for: {sizes}. {early}".strip())
        told.append(table_of(found["rows"]))
        notes = [f"- {kind}: `{name}`" for kind in ("failed", "skipped") for name in found[kind]]
        told.append("\n".join(notes) or "Nothing that ran failed, nothing was skipped.")
    if missing := [words for part, words in PARTS.items() if part not in parts]:
        told.append(f"No result of that day: {', '.join(missing)}.")
    return "\n\n".join(told) + "\n"


def write_down(part: str, found: Row) -> Path:
    """Enters a part into the day's file, and draws the page of the day anew."""
    date = found["began"][:10]
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{date}.json"
    parts = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    parts[part] = found
    path.write_text(json.dumps(parts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (FOLDER / "README.md").write_text(page_of(date, parts), encoding="utf-8")
    return path


def main() -> int:
    """Runs the parts, prints their tables, writes them down; 1 when anything was not survived, or it was stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--kills", type=int, default=300, help="of each command")
    parser.add_argument("--flips", type=int, default=200, help="bits, one at a time")
    parser.add_argument("--lines", type=int, default=1_000_000, help="mutated, in all")
    told = parser.parse_args()
    sizes = {"KILLS": told.kills, "FLIPS": told.flips, "FUZZ": told.lines}
    good = True
    for part in [told.part] if told.part else PARTS:
        found = run_part(part, sizes)
        print(table_of(found["rows"]))
        print("written to", write_down(part, found).relative_to(ROOT), flush=True)
        good &= not found["failed"] and not found["stopped_early"]
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
