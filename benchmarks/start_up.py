"""What a command costs before it does anything: the help, the status of a study, and a run with nothing to do.

    python benchmarks/start_up.py                   a simulated study of `make demo`'s size, medians of nine rounds
    python benchmarks/start_up.py --devices 5000

The study is made and counted first, with its report. `python` is the interpreter alone, and `typer` what the command
line is built of; no command can take less. Writes benchmarks/results/start-up-<date>.json.
"""

import argparse
import json
import os
import platform
import sys
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from watched import watched

HERE = Path(__file__).parent
CLI = (sys.executable, "-m", "camcensus")


def main() -> None:
    """Prints the medians as JSON, and keeps them in benchmarks/results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--devices", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        world = Path(folder) / "world"
        study = world / "study.toml"
        watched([*CLI, "simulate", world, "--devices", given.devices, "--growing"])
        watched([*CLI, "run", "--study", study])
        commands: dict[str, list[object]] = {
            "python": [sys.executable, "-c", "pass"],
            "typer": [sys.executable, "-c", "import typer._adapters"],
            "camcensus --help": [*CLI, "--help"],
            "camcensus status": [*CLI, "status", "--study", study],
            "camcensus run --no-report": [*CLI, "run", "--no-report", "--study", study],
            "camcensus run": [*CLI, "run", "--study", study],
        }
        taken = [{name: watched(command) for name, command in commands.items()} for _ in range(given.rounds)]
    result = {
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "rounds": given.rounds,
        "load": round(os.getloadavg()[0], 1),  # over the last minute, by this and by other work
        "devices": given.devices,
        "commands": {
            name: {figure: round(median(one[name][figure] for one in taken), 3) for figure in taken[0][name]}
            for name in commands
        },
    }
    text = json.dumps(result, indent=1)
    (HERE / "results" / f"start-up-{result['date']}.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
