"""Execute the notebooks on the demo study (`make demo` first), and write or compare what they print.

    python tools/notebooks.py write [NAME...]   execute them and write their outputs
    python tools/notebooks.py check [NAME...]   execute them; fail if a printed text differs from the committed one

Only printed text and PNG pictures are written. Pictures are not compared: they name the run, and font versions change
their bytes.
"""

import difflib
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

from camcensus import open_study

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
KEPT = ("image/png", "text/plain")
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
MOST_SECONDS = 120
SECOND = FOLDER.parent / "data/snapshots/simulated/second/study.toml"


def execute(path: Path) -> Any:
    """Execute a notebook in its folder and clean it. Raise what a cell raises, and `ValueError` for warnings."""
    notebook = nbformat.read(path, 4)
    with TemporaryDirectory() as folder:
        # Sockets are files of ours, and no ports that others on this machine could reach.
        sockets = Config({"KernelManager": {"transport": "ipc", "ip": f"{folder}/kernel"}})
        client = NotebookClient(
            notebook, timeout=MOST_SECONDS, kernel_name="python3", record_timing=False, coalesce_streams=True,
            resources={"metadata": {"path": str(path.parent)}}, config=sockets,
        )  # fmt: skip
        client.execute()
    return cleaned(notebook)


def cleaned(notebook: Any) -> Any:
    """Remove what another execution would change."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = [_cleaned_output(output) for output in cell.outputs]
    return notebook


def _cleaned_output(output: Any) -> Any:
    if output.output_type == "stream":
        if output.name != "stdout":
            raise ValueError(f"a notebook warns: {output.text}")
        return output
    kind = next((kind for kind in KEPT if kind in output.data), None)
    if kind is None:
        raise ValueError(f"an output is neither text nor PNG: {', '.join(output.data)}")
    return nbformat.v4.new_output("display_data", {kind: output.data[kind]})


def texts(notebook: Any) -> list[str]:
    """Return the printed lines, each with the number of its cell; a picture is one line that says so."""
    lines = []
    for number, cell in enumerate(notebook.cells):
        outputs = cell.get("outputs", [])
        # A kernel sends what is printed in pieces that depend on how busy the machine is.
        printed = "".join(output.text for output in outputs if output.output_type == "stream")
        shown = [o.data.get("text/plain", "a picture") for o in outputs if o.output_type != "stream"]
        lines += [f"cell {number}: {line}" for text in (printed, *shown) for line in text.splitlines()]
    return lines


def check(path: Path) -> str:
    """Return where a notebook's output differs from the committed one."""
    committed, now = texts(nbformat.read(path, 4)), texts(execute(path))
    return "\n".join(difflib.unified_diff(committed, now, f"{path.name} as committed", "now", lineterm=""))


def write(path: Path) -> str:
    """Write a notebook with what it prints now."""
    nbformat.write(execute(path), path)
    return ""


def main() -> int:
    """Run the command."""
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # the kernel's debugger would warn of itself
    mode, names = sys.argv[1], sys.argv[2:]
    open_study(SECOND).run(["2026"])  # here, for its warnings name files of this machine
    paths = [FOLDER / name for name in names] or sorted(FOLDER.glob("*.ipynb"))
    start, same = time.monotonic(), True
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # a kernel is a process of its own
        for path, told in zip(paths, pool.map(write if mode == "write" else check, paths), strict=True):
            print(told or f"{path.name}: done after {time.monotonic() - start:.0f} s")
            same &= not told
    if not same:
        print("outputs differ; if they are right now: make notebooks, look at the difference, and commit it")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
