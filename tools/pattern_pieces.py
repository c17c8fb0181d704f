"""A pattern cut into the pieces it is made of, with the place of each in the text, so that a piece can be replaced.

Knows what the catalogue's patterns use; anything else (flags in the pattern, say) is an error, not a guess.
"""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"(?P<anchor>\\[bBAZ]|[\^$])"
    r"|(?P<look>\(\?<?[=!])"
    r"|(?P<named>\(\?P<\w+>)"
    r"|(?P<group>\(\?:|\((?!\?))"
    r"|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\]|\\[dDwWsS])"
    r"|(?P<other>\.|\\[1-9])"
    r"|(?P<bar>\|)|(?P<close>\))"
    r"|(?P<literal>\\x[0-9a-fA-F]{2}|\\[^\w]|\\[nrt]|[^\\()\[*+?|])"
)
QUANTIFIER = re.compile(r"(?:\{(?P<low>\d*)(?P<comma>,?)(?P<high>\d*)\}|[*+?])[?+]?")
_OPENING = ("look", "named", "group")


@dataclass(frozen=True)
class Node:
    """One piece of a pattern: where it stands, where its quantifier starts, and for a group what is in it."""

    kind: str
    start: int
    atom_end: int
    end: int
    low: int = 1
    branches: tuple["Branch", ...] = ()


@dataclass(frozen=True)
class Branch:
    """One alternative of a group or of the whole pattern."""

    start: int
    end: int
    nodes: tuple[Node, ...]


def parse(pattern: str, at: int = 0) -> tuple[tuple[Branch, ...], int]:
    """The alternatives from a place on, up to the bracket that closes them, and where that is."""
    branches: list[Branch] = []
    nodes: list[Node] = []
    start = at
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if not token or not token.lastgroup:
            raise ValueError(f"{pattern!r}: no rule here for what stands at character {at}")
        kind = token.lastgroup
        if kind == "close":
            break
        if kind == "bar":
            branches.append(Branch(start, at, tuple(nodes)))
            nodes, start, at = [], token.end(), token.end()
            continue
        inner, atom_end = parse(pattern, token.end()) if kind in _OPENING else ((), token.end())
        atom_end += kind in _OPENING
        quantifier = QUANTIFIER.match(pattern, atom_end)
        end = quantifier.end() if quantifier else atom_end
        low = 1 if not quantifier or quantifier[0][0] == "+" else int(quantifier["low"] or 0)
        nodes.append(Node(kind, at, atom_end, end, low, inner))
        at = end
    return (*branches, Branch(start, at, tuple(nodes))), at
