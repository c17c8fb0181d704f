"""Runs what takes hours, and writes a dated record to `reports/nightly`.

python tools/nightly.py [PART...]      default: all parts
"""

import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tools.faults import commit

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "reports" / "nightly"
# Each part: what it tests, its command, and where its own results are.
PARTS = {
    "faults": ("Every fault at full size", ["tools/faults.py"], "reports/faults"),
    "spark": ("Slowest tests of Spark", ["-m", "pytest", "-m", "nightly"], "reports/nightly"),
    "coverage": ("How often sample intervals hold the truth", ["benchmarks/sample_coverage.py"], "benchmarks/results"),
    "accuracy": (
        "Errors in simulated worlds",
        ["-m", "camcensus", "accuracy", "--devices", "200000", "--worlds", "500"],
        "reports/accuracy",
    ),
}


def run_part(name: str) -> tuple[int, str]:
    """Run one part; return its exit status and its section of the record."""
    title, words, place = PARTS[name]
    began, clock = datetime.now(UTC), time.monotonic()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "pipeline")])}
    command = [sys.executable, *words]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    print(done.stdout, flush=True)
    minutes = (time.monotonic() - clock) / 60
    state = "passed" if done.returncode == 0 else f"FAILED with status {done.returncode}"
    last = "\n".join(done.stdout.splitlines()[-20:])
    about = f"{state}; began {began.isoformat(timespec='minutes')}, {minutes:.1f} minutes. Results: `{place}`."
    return done.returncode, f"## {title}\n\n{about}\n\n```text\n{last}\n```\n"


def main() -> int:
    """Run the named parts; return 1 if one failed."""
    names = sys.argv[1:] or list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        print(f"unknown part: {', '.join(unknown)} (there are: {', '.join(PARTS)})")
        return 2
    date = datetime.now(UTC).date().isoformat()
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    record = [f"# Nightly tests, {date}\n\nCommit {commit()}; {machine}.\n"]
    failed = False
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{date}.md"
    for name in names:
        status, section = run_part(name)
        failed |= status != 0
        record.append(section)
        path.write_text("\n".join(record), encoding="utf-8")  # after each part, so that a stop loses one at most
    print(f"written to {path.relative_to(ROOT)}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
