"""Check that what a reader sees avoids the words that CONTRIBUTING.md avoids: `python tools/style.py`.

It reads the help of every command, the reference written from the code, the report's wording, and the Markdown pages.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tools import reference
from tools.snippets import FENCE

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "pipeline/camcensus/report"
PAGES = ("*.md", "docs/**/*.md", "data/*/README.md", "studies/*.toml")
AVOIDED = re.compile(
    r"\b(?:told|stands|(?<!there )is none|held against|comes to|come to the same|of its own|beside|made ready|let be|"
    r"in words|anew|for ever|whoever|nobody wants|looked at|reckoned|what is no|that is no|that are no)\b|\d %",
    re.IGNORECASE,
)
# What a page may say all the same: its name, and the words around it.
ALLOWED: dict[str, tuple[str, ...]] = {}


def texts() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of everything that is checked."""
    yield from ((f"reference/{name} (from the code)", text) for name, text in reference.pages().items())
    for path in [p for pattern in PAGES for p in sorted(ROOT.glob(pattern))] + sorted(REPORT.rglob("*.j2")):
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
    for path in sorted({*REPORT.rglob("*wording.py"), *REPORT.rglob("main_page.py"), *REPORT.rglob("charts/*.py")}):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        found = [n.value for n in nodes if isinstance(n, ast.Constant) and id(n) not in docstrings]
        yield path.relative_to(ROOT).as_posix(), "\n".join(text for text in found if isinstance(text, str))


def faults(name: str, text: str) -> list[str]:
    """Return each avoided word of a text with the words around it. Code is not checked."""
    prose = re.sub(r"`[^`\n]*`", "``", FENCE.sub("", text)) if name.endswith((".md", ".md.j2")) else text
    prose = re.sub(r"\{[{%#].*?[}%#]\}", "", prose, flags=re.DOTALL)
    prose = " ".join(prose.replace("\n#", "\n").split())  # a phrase may run over two lines
    for words in ALLOWED.get(name, ()):
        prose = prose.replace(words, "")
    return [f"{name}: {m[0]!r} in: {prose[max(0, m.start() - 40) : m.end() + 30]}" for m in AVOIDED.finditer(prose)]


if __name__ == "__main__":
    found = [fault for name, text in texts() for fault in faults(name, text)]
    print("\n".join(found) or "style: no avoided word")
    sys.exit(bool(found))
