"""Write the start of a catalogue file from a text that banners share: pattern, masked examples, query."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

# Marks of what was replaced in a text; no text of a banner has these characters. With each, its pattern and a mask.
NUMBER, HEX, MAC = "\ue000", "\ue001", "\ue002"
_MARKS = {NUMBER: (r"\d+", "0"), HEX: ("[0-9a-f]+", "0" * 12), MAC: ("[0-9a-f:-]{17}", "00:00:00:00:00:00")}
LEAST = 6  # letters that the texts of a cluster begin with in common
LONGEST = 120  # characters of a text that a pattern is made of
# A piece of a page's elements, or of a text of several lines: the column holds more than it.
_PIECES = frozenset({"http_assets"})
_QUERIES = {
    "http_title": 'http.title:"{}"', "http_favicon": "http.favicon.hash:{}", "cert_subject": 'ssl:"{}"',
    "cert_issuer": 'ssl:"{}"', "http_realm": '"{}" "WWW-Authenticate"', "rtsp_realm": '"{}" "WWW-Authenticate"',
    "http_assets": 'http.html:"{}"', "product": 'product:"{}"',
}  # fmt: skip
# What the engine does not hold as text: it follows from a MAC address.
_NO_QUERY = frozenset({"mac_organisation"})


@dataclass(frozen=True)
class Shared:
    """What texts of one column share, with numbers as marks; the first is the one that most networks have."""

    column: str
    texts: tuple[str, ...]

    @property
    def field(self) -> str:
        """The name of the column in a catalogue."""
        return field_of(self.column)

    @property
    def start(self) -> str:
        """The text, or what all texts begin with."""
        return (self.texts[0] if len(self.texts) == 1 else common_start(self.texts))[:LONGEST]

    @property
    def pattern(self) -> str:
        """A pattern that matches each of the texts, from its start, and to its end where there is one."""
        body = "".join(_MARKS[c][0] if c in _MARKS else _escaped(c) for c in self.start)
        if self.column in _PIECES:
            return rf"(?:^|\| ){body}" + ("(?: |$)" if self._is_whole else "")
        return f"^{body}" + ("$" if self._is_whole else "")

    @property
    def examples(self) -> list[str]:
        """The texts with numbers masked, as the pattern matches them: at most three."""
        return [masked(text) for text in self.texts[:3]]

    @property
    def query(self) -> str | None:
        """A query for the longest part without numbers; None where the engine cannot look for it."""
        if self.column in _NO_QUERY:
            return None
        if self.column == "http_favicon":
            return _QUERIES[self.column].format(self.start)
        text = self.start.partition("=")[2] if self.column in _PIECES else self.start
        text = max(re.findall(r"(?:O|CN)=([^,]+)", text), key=len, default=text) if "cert_" in self.column else text
        # The engine looks for whole words, and a word ends where no letter or digit is.
        whole = re.split(rf"[^\W_]*[{NUMBER}{HEX}{MAC}][^\W_]*|[\"\\\r\n]", text)
        part = max((re.sub(r"^\W+|\W+$", "", piece) for piece in whole), key=len)
        return _QUERIES.get(self.column, '"{}"').format(part) if re.search(r"[^\W\d_]{2}", part) else None

    @property
    def _is_whole(self) -> bool:
        return len(self.texts) == 1 and len(self.texts[0]) <= LONGEST


def field_of(column: str) -> str:
    """Return the name of a column of evidence in a catalogue."""
    return column.replace("_", ".", 1)


def _escaped(character: str) -> str:
    return "\\" + character if character in r".^$*+?{}[]\|()" else character


def masked(text: str) -> str:
    """Return a shared text with zeros for each number that was replaced."""
    return "".join(_MARKS[c][1] if c in _MARKS else c for c in text)


def common_start(texts: Sequence[str]) -> str:
    """Return what texts begin with in common, up to the end of a word; empty if it has fewer than `LEAST` letters."""
    same = "".join(a[0] for a in takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False)))
    if any(text[len(same) : len(same) + 1].isalpha() for text in texts) and same[-1:].isalpha():
        same = re.sub(r"[^\W\d_]+\Z", "", same)
    return same if sum(c.isalpha() for c in same) >= LEAST else ""


def stub_of(shared: Shared, number: int, since: date) -> str:
    """Return a file for the catalogue, to be completed: the maker's name, what a device is, and a source."""
    name, place = f"new-maker-{number}", shared.field.replace("_", "-")
    query = [
        "[[query]]",
        f'id = "{name}.query.{place}"',
        f"text = {toml(shared.query or '')}",
        f"since = {since.isoformat()}",
        'catches = "devices that share the text"',
        'also = "not yet known"',
        "trends = false",
        "",
    ]
    lines = [
        f'manufacturer = "New maker {number}"',
        "",
        *(query if shared.query else []),
        "[[signature]]",
        f'id = "{name}.{place}"',
        f'field = "{shared.field}"',
        f"pattern = {toml(shared.pattern)}",
        'maker = "specific"',
        'type = "video"',
        'type_evidence = "specific"',
        'source = "a snapshot of our own; name a data sheet or a capture"',
        'licence = "facts only"',
        f"examples = [{', '.join(map(toml, shared.examples))}]",
        "counterexamples = []",
    ]
    return "\n".join(lines) + "\n"


def toml(text: str) -> str:
    """Return a text as a string of TOML: literal where that can hold it."""
    if "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
