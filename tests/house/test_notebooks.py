"""The notebooks as they are committed: articles over the public API, whose outputs hold nothing of a machine or host.

That they print what is committed is checked by `tools/notebooks.py check`, which needs the demo (`.ci/run`).
"""

import ast
import base64
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.optional import optional

nbformat = optional("nbformat")
optional("nbclient")
from tools.notebooks import FOLDER, cleaned, texts  # noqa: E402

pytestmark = pytest.mark.slow

NAMES = [
    "01_country_counts", "02_trends_and_breaks", "03_prior_studies", "04_how_wrong", "05_two_engines",
    "06_your_own_question",
]  # fmt: skip
ALLOWED = {"camcensus", "matplotlib"}


@pytest.fixture(params=NAMES)
def notebook(request: pytest.FixtureRequest) -> Any:
    return nbformat.read(FOLDER / f"{request.param}.ipynb", 4)


def code(notebook: Any) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def test_there_are_these() -> None:
    assert [path.stem for path in sorted(FOLDER.glob("*.ipynb"))] == NAMES


def test_f30_it_is_whole_and_clean(notebook: Any) -> None:
    nbformat.validate(notebook)
    before = nbformat.writes(notebook)
    assert nbformat.writes(cleaned(notebook)) == before, "run: make notebooks"
    assert all(cell.outputs for cell in notebook.cells if cell.cell_type == "code" and "open_study" not in cell.source)


def test_it_starts_from_the_public_api_alone(notebook: Any) -> None:
    imported = set()
    for node in ast.walk(ast.parse(code(notebook))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module))
    assert "camcensus" in imported
    assert {name.partition(".")[0] for name in imported} <= ALLOWED
    assert not [name for name in imported if name.startswith("camcensus.")]


def test_it_reads_like_an_article(notebook: Any) -> None:
    words = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert words.startswith("# ")
    template = notebook.cells[0].source.startswith("# Your own question")
    for part in (
        ("**A template.**", "## Before you publish")
        if template
        else ("**Question.**", "**Method.**", "## What you can conclude, and what you cannot")
    ):
        assert part in words
    simulated = "Everything here is simulated" in words
    assert simulated != ("These are real publications" in words)


def test_f30_pictures_are_png_and_nothing_is_private(notebook: Any) -> None:
    pictures = [
        o.data["image/png"]
        for c in notebook.cells
        for o in c.get("outputs", [])
        if "data" in o and "image/png" in o.data
    ]
    assert pictures
    assert all(base64.b64decode(picture).startswith(b"\x89PNG") for picture in pictures)
    told = "\n".join(texts(notebook))
    assert not re.search(r"\b\d{1,3}(\.\d{1,3}){3}\b|\b([0-9A-Fa-f]{2}:){5}", told), "an address"
    assert not re.search(r"(^|\s)/(home|work|tmp|root|Users)/", told), "a path of a machine"
    assert "style" not in code(notebook)


def test_the_check_tells_what_differs(tmp_path: Path) -> None:
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)\nprint(2)")])
    made.cells[0].outputs = [nbformat.v4.new_output("stream", name="stdout", text="1\n2\n")]
    assert texts(made) == ["cell 0: 1", "cell 0: 2"]
    made.cells[0].outputs = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in ("1\n2", "\n")]
    assert texts(made) == ["cell 0: 1", "cell 0: 2"]
    made.cells[0].outputs = [nbformat.v4.new_output("stream", name="stderr", text="careful")]
    with pytest.raises(ValueError, match="warns: careful"):
        cleaned(made)
    made.cells[0].outputs = [nbformat.v4.new_output("display_data", {"text/html": "<b>1</b>"})]
    with pytest.raises(ValueError, match="neither text nor PNG"):
        cleaned(made)


def test_jupyterlab_is_opened_on_them_by_whoever_asks() -> None:
    done = subprocess.run(["make", "-n", "lab"], cwd=FOLDER.parent, capture_output=True, text=True, check=True)
    command = done.stdout.partition(".venv/bin/jupyter lab notebooks ")[2].split()
    assert "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate" in command
    assert ("--allow-root" in command) == (os.getuid() == 0)
