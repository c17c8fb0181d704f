"""Turn the fenced blocks of a Markdown page into one script, which a test runs.

The language of a block says what it is, and the words after it how it is used:

- `sh`: commands; each must end with status 0. `console`: lines after `$ ` are commands, which must print the lines
  below them; `...` matches anything, and line breaks do not matter.
- `python`: a program; its output is not compared. `toml`: must be TOML.
- `text`, `csv`, `json`, `jsonc`: shown, not run. `file=NAME` after any language writes the block to a file.
- `fresh`: in a new folder. `not-run: REASON`: not run; the reason is for readers of the page's source.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)``` *$", re.MULTILINE | re.DOTALL)
RUN, SHOWN = ("sh", "console", "python", "toml"), ("text", "csv", "json", "jsonc")
NOT_RUN = "not-run:"
# An indented block of commands would escape the test.
HIDDEN = re.compile(r"^(?: {4}|\t)\s*(?:\$ |\.venv/bin/|camcensus |make |pip |export |python )", re.MULTILINE)
_MARK = "=== block"


@dataclass(frozen=True)
class Block:
    """A fenced block: its first line, its language, the options after that, and its text."""

    line: int
    language: str
    options: str
    text: str

    @property
    def reason(self) -> str | None:
        """Return why it is not run; None if it is run."""
        _, found, reason = self.options.partition(NOT_RUN)
        return reason.strip() if found else None

    @property
    def file(self) -> str | None:
        """Return the name of the file to which it is written."""
        match = re.search(r"\bfile=(\S+)", self.options)
        return match[1] if match else None

    @property
    def fresh(self) -> bool:
        """Return whether it starts in a new folder."""
        return "fresh" in self.options.partition(NOT_RUN)[0].split()

    @property
    def commands(self) -> list[tuple[str, str]]:
        """Return each command of a console block with its expected output."""
        parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)
        return [(head, output) for head, _, output in (part.partition("\n") for part in parts[1:])]


def blocks_of(text: str) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    found = []
    for match in FENCE.finditer(text):
        language, _, options = match["info"].strip().partition(" ")
        lines = [line.removeprefix(match["indent"]) for line in match["text"].splitlines(keepends=True)]
        found.append(Block(text.count("\n", 0, match.start()) + 1, language, options, "".join(lines)))
    return found


def faults_of(text: str) -> list[str]:
    """Return the faults of a page's blocks that are visible without running them."""
    found = []
    for block in blocks_of(text):
        if block.language not in (*RUN, *SHOWN):
            found.append(f"line {block.line}: language {block.language!r}; allowed: {', '.join((*RUN, *SHOWN))}")
        if block.reason == "":
            found.append(f"line {block.line}: {NOT_RUN} without a reason")
        if block.language == "toml" and block.reason is None:
            try:
                tomllib.loads(block.text)
            except tomllib.TOMLDecodeError as error:
                found.append(f"line {block.line}: {error}")
    outside = FENCE.sub("", text)
    return found + [
        f"commands in an indented block, which no test runs: {m[0].strip()}" for m in HIDDEN.finditer(outside)
    ]


def script_of(blocks: list[Block]) -> str:
    """Return a bash script that runs the blocks and prints a numbered line before the output of each command."""
    lines = ["set -euo pipefail", 'top="$PWD"']
    for number, block in enumerate(blocks):
        if block.reason is not None:
            continue
        lines += [f'cd "$top/fresh-{number}"' if block.fresh else 'cd "$top"']
        if block.file:
            lines += [_here(f"cat > {block.file}", block.text)]
        elif block.language == "sh":
            lines += [f'echo "{_MARK} {number} 0"', block.text]
        elif block.language == "console":
            for place, (command, _) in enumerate(block.commands):
                lines += [f'echo "{_MARK} {number} {place}"', command]
        elif block.language == "python":
            lines += [f'echo "{_MARK} {number} 0"', _here("python -", block.text)]
    return "\n".join([*lines, f'echo "{_MARK} end 0"', ""])


def _here(command: str, text: str) -> str:
    return f"{command} <<'END OF BLOCK'\n{text}END OF BLOCK"


def differences(blocks: list[Block], printed: str) -> Iterator[str]:
    """Yield each console command whose output differs from the page."""
    pieces = re.split(rf"^{_MARK} (\w+) (\d+)\n", printed, flags=re.MULTILINE)
    printed_by = {(pieces[n], pieces[n + 1]): pieces[n + 2] for n in range(1, len(pieces) - 2, 3)}
    for number, block in enumerate(blocks):
        if block.language != "console" or block.reason is not None:
            continue
        for place, (command, expected) in enumerate(block.commands):
            found = printed_by.get((str(number), str(place)), "")
            if not matches(expected, found):
                yield f"line {block.line}: $ {command}\nshould print\n{expected}and prints\n{found}"


def matches(expected: str, found: str) -> bool:
    """Return whether a text matches the expected one, in which "..." matches anything and line breaks are spaces."""
    parts = [r"\s*".join(map(re.escape, part.split())) for part in expected.split("...")]
    joined = re.sub(r"\s+", " ", found).strip()
    return re.fullmatch(r"\s*" + r".*?".join(rf"\s*{p}\s*" for p in parts), joined, re.DOTALL) is not None


def pages(root: Path) -> list[Path]:
    """Return the pages whose snippets are run."""
    top = [root / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")]
    return [page for page in (*top, *sorted((root / "docs").rglob("*.md"))) if page.is_file()]
