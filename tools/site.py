"""Build the documentation site in build/site, without the network: Markdown pages, notebooks, reference.

    python tools/site.py [FOLDER]

Links between pages are kept; links to other files of the repository become their names. A broken link is an error, and
so is any warning of Sphinx.
"""

import base64
import os
import re
import shutil
import sys
from pathlib import Path

import nbformat
from sphinx.cmd.build import build_main

from tools import reference
from tools.snippets import FENCE

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
SHOWN = {"csv": "text", "json": "text", "jsonc": "text"}  # Sphinx warns of anything but strict JSON
# The order of the pages. A page that is not named comes last in the part of its folder, or among the explanations.
PARTS = {
    "Tutorial": ["tutorial"],
    "How to": [
        "how-to/regenerate", "how-to/collect", "how-to/compare-years", "how-to/measure-errors", "how-to/publish",
        "how-to/purge", "how-to/add-a-maker", "how-to/add-an-engine", "how-to/spark",
    ],
    "Reference": [
        "glossary", "reference/commands", "reference/cli", "reference/api", "reference/tables", "reference/outputs",
        "reference/study", "reference/catalogue", "reference/mappings", "reference/requirements",
    ],
    "Explanation": [
        "explanation/units", "explanation/where-things-are", "explanation/ingest", "explanation/identify",
        "explanation/geolocation", "explanation/dedupe", "explanation/decoys", "explanation/trends",
        "explanation/collecting", "explanation/sampling", "explanation/report", "explanation/integrity",
        "explanation/spark", "explanation/part-files", "explanation/accuracy", "explanation/ethics",
        "explanation/libraries",
    ],
    "Notebooks": [],
    "The project": ["architecture", "contributing", "security", "changelog"],
}  # fmt: skip
FOLDERS = {"how-to": "How to", "reference": "Reference", "notebooks": "Notebooks"}
TOP = {
    "README.md": "index", "ARCHITECTURE.md": "architecture", "CONTRIBUTING.md": "contributing",
    "SECURITY.md": "security", "CHANGELOG.md": "changelog",
}  # fmt: skip


def sources() -> dict[Path, str]:
    """Return each page of the repository with its name on the site."""
    found = {ROOT / name: page for name, page in TOP.items() if (ROOT / name).is_file()}
    docs = ROOT / "docs"
    return found | {p: p.relative_to(docs).with_suffix("").as_posix() for p in sorted(docs.rglob("*.md"))}


def gather(to: Path) -> None:
    """Write the sources of the site into an empty folder. Raise `ValueError` for a broken link."""
    pages = sources()
    texts = {f"reference/{name}": text for name, text in reference.pages().items()}
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    names = {*pages.values(), *texts, *(f"notebooks/{path.stem}" for path in notebooks)}
    texts |= {page: page_of(path, path.read_text(encoding="utf-8"), pages, names) for path, page in pages.items()}
    texts["index"] += "\n" + contents(names)
    for page, text in texts.items():
        (to / f"{page}.md").parent.mkdir(parents=True, exist_ok=True)
        (to / f"{page}.md").write_text(text, encoding="utf-8")
    for path in notebooks:
        write_notebook(path, to / "notebooks")
    shutil.copytree(ROOT / "docs/images", to / "images")
    shutil.copy(ROOT / "docs/conf.py", to)


def page_of(path: Path, text: str, pages: dict[Path, str], names: set[str]) -> str:
    """Return a page in the form that Sphinx needs."""
    here = pages[path]

    def linked(match: re.Match[str]) -> str:
        target, hash_, anchor = match["target"].partition("#")
        if "://" in target or target.startswith("mailto:") or not target:
            return match[0]
        found = (path.parent / target).resolve()
        page = pages.get(found) or _generated(found, names)
        if page:
            way = os.path.relpath(f"{page}.md", Path(here).parent)
            return f"[{match['text']}]({way}{hash_}{anchor})"
        if not found.exists() and not found.is_relative_to(ROOT / "reports"):  # written by nightly runs
            raise ValueError(f"{path.relative_to(ROOT)}: the link to {target} leads nowhere")
        if match["image"]:
            way = os.path.relpath(found.relative_to(ROOT / "docs"), Path(here).parent)
            return f"![{match['text']}]({way})"
        name = found.relative_to(ROOT).as_posix()
        return match["text"] if match["text"] == f"`{name}`" else f"{match['text']} (`{name}`)"

    def fence(match: re.Match[str]) -> str:
        language = match["info"].strip().partition(" ")[0]
        indent = match["indent"]
        return f"{indent}```{SHOWN.get(language, language)}\n{match['text']}{indent}```"

    pieces, end = [], 0
    for match in FENCE.finditer(text):
        pieces += [LINK.sub(linked, text[end : match.start()]), fence(match)]
        end = match.end()
    return "".join([*pieces, LINK.sub(linked, text[end:])])


def _generated(found: Path, names: set[str]) -> str | None:
    """Return the name of the page, written when the site is built, that a link into docs/ means."""
    if not found.is_relative_to(ROOT / "docs"):
        return None
    page = found.relative_to(ROOT / "docs").with_suffix("").as_posix()
    return page if page in names else None


def contents(names: set[str]) -> str:
    """Return the table of contents: all pages, by part."""
    placed = {page for pages in PARTS.values() for page in pages}
    rest = sorted(names - placed - {"index"})
    lines = []
    for part, pages in PARTS.items():
        own = [*(page for page in pages if page in names), *(page for page in rest if _part_of(page) == part)]
        lines += ["```{toctree}", ":hidden:", f":caption: {part}", "", *own, "```", ""]
    return "\n".join(lines)


def _part_of(page: str) -> str:
    """Return the part of a page that `PARTS` does not name."""
    return FOLDERS.get(page.partition("/")[0], "Explanation")


def write_notebook(path: Path, folder: Path) -> None:
    """Write a notebook as a page, with its pictures next to it."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    for number, cell in enumerate(nbformat.read(path, 4).cells):
        if cell.cell_type == "markdown":
            lines += [cell.source, ""]
            continue
        lines += ["```python", cell.source, "```", ""]
        for place, output in enumerate(cell.outputs):
            data = {"text/plain": output.text} if output.output_type == "stream" else output.data
            if "image/png" in data:
                name = f"{path.stem}-{number}-{place}.png"
                (folder / name).write_bytes(base64.b64decode(data["image/png"]))
                lines += [f"![The picture that the cell above draws]({name})", ""]
            else:
                lines += ["```text", data["text/plain"].rstrip(), "```", ""]
    (folder / f"{path.stem}.md").write_text("\n".join(lines), encoding="utf-8")


def main() -> int:
    """Run the command."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build/site"
    source = out.parent / f"{out.name}-source"
    for folder in (out, source):
        shutil.rmtree(folder, ignore_errors=True)
    source.mkdir(parents=True)
    gather(source)
    status: int = build_main(["-W", "--keep-going", "-q", "-b", "html", str(source), str(out)])
    print(out / "index.html" if not status else "the site was not built")
    return status


if __name__ == "__main__":
    sys.exit(main())
