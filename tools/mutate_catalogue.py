"""How well the examples in queries/*.toml pin their patterns down: mutates every pattern and asks who notices.

A mutant is a pattern with one thing lost or loosened. It is killed if an example no longer matches, a counterexample
matches, or an example gives something else: a named group, or for a model pattern the whole match. The mutants follow
from the patterns alone; `--sample` takes a subset that depends on `--seed` only. Exit status 1: too many survive.

    python tools/mutate_catalogue.py
    python tools/mutate_catalogue.py --json --sample 200 --seed 7
"""

import argparse
import hashlib
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from camcensus.identify.catalogue import Model, Signature, load_catalogue
from tools.pattern_pieces import QUANTIFIER, Branch, Node, parse

LIMIT = 0.10
_LOOSE = 64
# What is left when the only content of a group or lookaround is dropped: the same as without the group, or never true.
_HOLLOW = re.compile(r"\(\?(?::|<?[=!])\)")


@dataclass(frozen=True)
class Change:
    """A mutation: what it does, and the text that takes the place of a piece of the pattern."""

    kind: str
    start: int
    end: int
    text: str = ""


@dataclass(frozen=True)
class Mutant:
    """A mutated pattern of one rule."""

    file: str
    rule: str
    mutation: str
    pattern: str


@dataclass(frozen=True)
class Survey:
    """How many mutants each file has, how many of them survive, and which."""

    made: Counter[str]
    left: Counter[str]
    survivors: list[Mutant]

    @property
    def rate(self) -> float:
        """Share of all mutants that survive."""
        return self.left.total() / max(1, self.made.total())


def changes(pattern: str, whole: bool) -> Iterator[Change]:
    """All mutations of a pattern. `whole`: the text that it matches matters too, not only whether it does."""
    branches, _ = parse(pattern)
    yield from _alternatives(branches, (not whole, not whole), pattern)


def _alternatives(branches: tuple[Branch, ...], open_ends: tuple[bool, bool], pattern: str) -> Iterator[Change]:
    for number, branch in enumerate(branches):
        if len(branches) > 1:
            bar_before = number > 0
            yield Change("drop alternative", branch.start - bar_before, branch.end + (not bar_before))
        yield from _sequence(branch.nodes, open_ends, pattern)


def _sequence(nodes: tuple[Node, ...], open_ends: tuple[bool, bool], pattern: str) -> Iterator[Change]:
    left, right = (_idle(side, is_open) for side, is_open in zip((nodes, nodes[::-1]), open_ends, strict=True))
    kept = nodes[left : len(nodes) - right] if left < len(nodes) else ()
    for index, node in enumerate(kept):
        first, last = open_ends[0] and index == 0, open_ends[1] and index == len(kept) - 1
        yield from _one(node, (first, last), pattern)
    yield from _words(kept, pattern)


def _idle(nodes: Iterable[Node], is_open: bool) -> int:
    """How many pieces at an end of a search pattern cannot matter.

    They are optional, capture nothing, and nothing beyond them has to match. What is done to them changes no answer:
    such mutants are equivalent by construction, so none is made.
    """
    count = 0
    for node in nodes:
        if not is_open or node.low > 0 or node.kind in ("look", "anchor") or _captures(node):
            break
        count += 1
    return count


def _captures(node: Node) -> bool:
    return node.kind == "named" or any(_captures(n) for branch in node.branches for n in branch.nodes)


def _one(node: Node, open_ends: tuple[bool, bool], pattern: str) -> Iterator[Change]:
    """The mutations of one piece and of what is in it."""
    atom = pattern[node.start : node.atom_end]
    if node.kind in ("anchor", "look"):
        yield Change(f"drop anchor {atom}", node.start, node.end)
    elif node.kind == "set" and (wide := _wider(atom)):
        yield Change(f"widen {atom}", node.start, node.atom_end, wide)
    elif node.kind == "literal":
        if atom == r"\.":
            yield Change(r"widen \.", node.start, node.atom_end, ".")
        if node.end > node.atom_end:
            yield Change(f"drop token {atom}", node.start, node.end)
    elif node.kind == "group":
        # A named group is not dropped as a whole: its name would be gone from every example, which tells nothing.
        yield Change(f"drop group {atom}", node.start, node.end)
    yield from _looser(node, pattern)
    if node.branches:
        # The ends of a repeated group meet its own next round, those of a named group are captured; behind a
        # lookahead's end there is nothing.
        once = node.kind == "group" and node.end == node.atom_end
        inner = (once and open_ends[0], (once and open_ends[1]) or atom.startswith(("(?=", "(?!")))
        yield from _alternatives(node.branches, inner, pattern)


def _wider(atom: str) -> str:
    r"""Any character in place of a class; nothing for a class that takes any already.

    `.` stops at the end of a line, so a class that goes on there, or whose whole point is to stop there, becomes
    `[\s\S]` instead.
    """
    taken = re.compile(atom)
    if all(taken.match(chr(code)) for code in range(256)):
        return ""
    return r"[\s\S]" if taken.match("\n") or atom.startswith("[^") else "."


def _looser(node: Node, pattern: str) -> Iterator[Change]:
    """A count without its lower bound and with a wider upper bound.

    `*` has neither, and to allow a second of what may stand once is no likely slip; both stay.
    """
    quantifier = QUANTIFIER.fullmatch(pattern, node.atom_end, node.end)
    if not quantifier or quantifier[0][0] in "*?":
        return
    greed = "?" if quantifier[0][-1] == "?" else ""
    high = quantifier["high"] if quantifier["comma"] else quantifier["low"]
    # From {0,60} to {0,64} would be no real loosening.
    loose = "{0,64}" if high and 2 * int(high) <= _LOOSE else "*"
    yield Change(f"loosen {quantifier[0]}", node.atom_end, node.end, loose + greed)


def _words(nodes: tuple[Node, ...], pattern: str) -> Iterator[Change]:
    """Each word of each run of plain characters dropped, with the space after it, if any."""
    runs: list[list[Node]] = [[]]
    for node in nodes:
        if node.kind == "literal" and node.end == node.atom_end:
            runs[-1].append(node)
            if pattern[node.start : node.end] != " ":
                continue
        runs.append([])
    for run in filter(None, runs):
        word = pattern[run[0].start : run[-1].end]
        yield Change(f"drop token {word}", run[0].start, run[-1].end)


def mutants(rule: Signature | Model, file: str = "") -> list[Mutant]:
    """The mutants of a rule that the catalogue would load, each pattern once."""
    found: dict[str, Mutant] = {}
    for change in changes(rule.pattern, isinstance(rule, Model)):
        text = rule.pattern[: change.start] + change.text + rule.pattern[change.end :]
        try:
            loadable = not re.compile(text, re.IGNORECASE).search("")
        except re.error:  # such as a lookbehind of no fixed width
            continue
        if loadable and text != rule.pattern and not _HOLLOW.search(text):
            found.setdefault(text, Mutant(file, rule.id, change.kind, text))
    return list(found.values())


def survives(rule: Signature | Model, mutated: str) -> bool:
    """Whether the rule's examples and counterexamples take the mutated pattern for the rule's own."""
    regex = re.compile(mutated, re.IGNORECASE)
    whole = isinstance(rule, Model)
    if any(_result(regex, text, whole) != _result(rule.regex, text, whole) for text in rule.examples):
        return False
    return not any(regex.search(text) for text in rule.counterexamples)


def _result(regex: re.Pattern[str], text: str, whole: bool) -> tuple[object, ...] | None:
    found = regex.search(text)
    return (found.groupdict(), found[0] if whole else None) if found else None


def survey(folder: Path, sample: int | None = None, seed: int = 0) -> Survey:
    """Mutants and survivors of a folder of TOML files."""
    catalogue = load_catalogue(folder)
    files = {
        entry["id"]: path.name
        for path in sorted(folder.glob("*.toml"))
        for table in ("signature", "model")
        for entry in tomllib.loads(path.read_text(encoding="utf-8")).get(table, [])
    }
    rules: dict[str, Signature | Model] = {s.id: s for s in catalogue.signatures}
    rules |= {m.id: m for m in catalogue.models}
    made = [mutant for rule in rules.values() for mutant in mutants(rule, files[rule.id])]
    if sample is not None:
        made = sorted(made, key=lambda m: hashlib.sha256(f"{seed} {m.rule} {m.pattern}".encode()).digest())[:sample]
    left = [mutant for mutant in made if survives(rules[mutant.rule], mutant.pattern)]
    return Survey(Counter(m.file for m in made), Counter(m.file for m in left), left)


def report(found: Survey) -> Iterator[str]:
    """The lines to print: a table of the files, and every survivor."""
    yield f"{'file':24} {'mutants':>8} {'killed':>8} {'survive':>8} {'rate':>7}"
    for name, made in sorted(found.made.items()):
        left = found.left[name]
        yield f"{name:24} {made:8} {made - left:8} {left:8} {left / made:7.1%}"
    made, left = found.made.total(), found.left.total()
    yield f"{'all':24} {made:8} {made - left:8} {left:8} {found.rate:7.1%}"
    yield from (f"{m.file}: {m.rule}: {m.mutation}: {m.pattern}" for m in found.survivors)


def main(arguments: list[str] | None = None) -> int:
    """Prints the survey of a catalogue; 1 if too many mutants survive."""
    parser = argparse.ArgumentParser(description="Mutates every pattern of the catalogue and counts who survives.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parents[1] / "queries")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--sample", type=int, metavar="N", help="only N mutants, chosen by the seed")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    found = survey(options.folder, options.sample, options.seed)
    if options.json:
        files = {name: {"mutants": n, "survivors": found.left[name]} for name, n in sorted(found.made.items())}
        numbers = {"mutants": found.made.total(), "survivors": found.left.total(), "rate": found.rate}
        text = json.dumps({**numbers, "files": files, "left": [asdict(m) for m in found.survivors]}, indent=2)
    else:
        text = "\n".join(report(found))
    sys.stdout.write(text + "\n")
    return 1 if found.rate > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
