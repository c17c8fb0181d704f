"""What must never reach a table: names of people, devices and channels, DDNS hosts, inner addresses.

Whole fields of Shodan's layout that are personal are simply never read (see `banner.py`). What is left is text in
which a page or a protocol repeats them: `scrub` takes the value out and leaves the name of the field.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import accumulate, pairwise

import ahocorasick_rs
import pyarrow as pa
import pyarrow.compute as pc

GONE = "[removed]"
# How much further a text is looked at than it is kept.
FURTHER = 512

# A field whose value is personal, in JSON (also inside a string), JavaScript, XML, HTML or a text such as "Name: x".
# Every repeat is bounded, and none can be matched in two ways, so no text makes it slow. The look ahead, at the first
# letters of the names, halves the time.
_NAMES = (
    r"(?:(?:user|device|channel|machine|alias|host|owner)[ _-]?names?|alias|ddns[\w-]{0,32}|e-?mail\w{0,32}|password"
    r"|login[ _-]?name|user[ _-]?info|ip[ _-]?addr(?:ess(?:es)?)?)"
)
_FIELD = re.compile(
    rf"""(?ix) (?=[acdehilmopu]) (?P<name>{_NAMES})\b
    (?P<sep> \\?["']? \s{{0,4}} [:=>] \s{{0,4}} (?:<!\[CDATA\[)?
        | \s[^<>]{{0,128}}> (?:<!\[CDATA\[)?
        | ["']\s[^<>]{{0,128}}?\bvalue\s{{0,4}}=\s{{0,4}} )
    (?: \\"[^"\\]{{0,2048}}(?:\\")?
        | "(?:[^"\\]|\\.){{0,2048}}+"?
        | '(?:[^'\\]|\\.){{0,2048}}+'?
        | \[(?:"(?:[^"\\]|\\.){{0,512}}+"?|[^\]"]){{0,2048}}+\]?
        | \{{[^}}]{{0,2048}}\}}?
        | [^\s<>,;&"'\]}}]{{1,256}} [^\r\n<>,;&"'\]}}]{{0,256}} (?:,\ [^\r\n<>,;:=&"'\]}}]{{1,64}}(?=[\r\n<]|\Z))? )"""
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
LONGEST_MAIL = 64 + 1 + 63 + 4 * 64

# Greetings of these kinds name the host or its owner; what a signature needs is the software's own words.
_ONVIF_PERSONAL = re.compile(r"onvif://www\.onvif\.org/(?:name|location)/[^\s<>\"']*", re.IGNORECASE)
_SNMP_PERSONAL = re.compile(r"^[ \t]*(?:sys)?(?:name|contact|location)[ \t]*[:=][^\r\n]*", re.IGNORECASE | re.MULTILINE)
DHIP_KEPT = re.compile(
    r'"(?P<key>Vendor|DeviceClass|DeviceType|Version|SerialNo|mac)"\s{0,4}:\s{0,4}"(?P<value>[^"\\]{0,64})"'
)


# What the name of a personal field begins with: looking for these words first, all at once, is many times quicker than
# trying the pattern at each letter, and finds the same. In bytes, which are the quickest.
_OWNERS = ("user", "device", "channel", "machine", "alias", "host", "owner", "login")
_BEGINNINGS = ["alias", "ddns", "password"] + [
    first + between + second
    for between in ("", " ", "_", "-")
    for first, second in [*((owner, "name") for owner in _OWNERS), ("user", "info"), ("ip", "addr"), ("e", "mail")]
]
# What the pattern, which ignores case, takes for these letters too.
_STRANGERS = {"\u017f": "s", "\u0131": "i", "\u0130": "i"}
# The same for RE2, which cannot look ahead and counts only ASCII as letters and space: it finds at least each text in
# which there is something to remove (a test holds it to that), at a hundredth of the cost.
_FAR = r"\x{80}-\x{10FFFF}"
_SPACE = rf"[\s\x0b\x1c-\x1f{_FAR}]"
_MAYBE = (
    rf"(?:(?:user|device|channel|machine|alias|host|owner|login)[ _-]?names?|alias|ddns[\w{_FAR}-]*|e-?mail[\w{_FAR}]*"
    r"|password|user[ _-]?info|ip[ _-]?addr(?:ess(?:es)?)?)"
    rf"""(?:\\?["']?{_SPACE}*[:=>]{_SPACE}*|{_SPACE}[^<>]*>|["']{_SPACE}[^<>]*value{_SPACE}*={_SPACE}*)"""
    r"(?:<!\[CDATA\[)?[^\s<>,;&\]}]"
    rf"|[\w.+{_FAR}-]@[\w{_FAR}-]+\.[\w{_FAR}-]"
    r"|onvif://www\.onvif\.org/(?:name|location)/"
    # Letters that Python's patterns take for an i where case does not matter.
    r"|[\x{130}\x{131}]"
)


def maybe_personal(texts: pa.Array, more: str = "") -> pa.Array:
    """Whether there may be something in each text that `scrub` removes, or that the pattern `more` finds; never wrongly
    no."""
    return pc.match_substring_regex(texts, _MAYBE + more, ignore_case=True)


def scrub(text: str) -> str:
    """The text without the values of personal fields and without mail addresses."""
    if "@" in text:
        text = _without(text, _EMAIL, _mail_starts(text))
    if "onvif" in text:
        text = _ONVIF_PERSONAL.sub(GONE, text)
    return _without(text, _FIELD, _field_starts(text))


def start_of(text: str, longest: int, clean: Callable[[str], str] = scrub) -> str:
    """At least the first `longest` characters of a text that `clean` leaves. More is looked at; where the text goes on
    beyond that, its last word is dropped: half a mail address is not known for one. All else that is personal is known
    by what stands before it."""
    looked_at = text[: longest + FURTHER]
    cleaned = clean(looked_at)
    if len(looked_at) < longest + FURTHER:
        return cleaned
    return cleaned[: _word_start(cleaned, len(cleaned), len(cleaned) - LONGEST_MAIL, "_.+-@")]


def _without(text: str, pattern: re.Pattern[str], starts: Iterable[int]) -> str:
    """The text without what `pattern` finds at the places where it may begin (in order); groups before it are kept."""
    kept, done = [], 0
    for start in starts:
        if match := pattern.match(text, max(start, done)):
            kept += [text[done : match.start()], *match.groups(), GONE]
            done = match.end()
    return "".join([*kept, text[done:]]) if kept else text


def _mail_starts(text: str) -> Iterator[int]:
    """Where a mail address may begin: as far before each @ as one reaches, but not before the @ before."""
    before = 0
    for at in _places(text, "@"):
        yield _word_start(text, at, max(before, at - 64), "_.+-")
        before = at + 1


def _word_start(text: str, end: int, least: int, marks: str) -> int:
    """Where the letters, digits and `marks` that stand before `end` begin, not before `least`."""
    start = end
    while start > max(least, 0) and (text[start - 1].isalnum() or text[start - 1] in marks):
        start -= 1
    return start


def _field_starts(text: str) -> list[int]:
    """Where the name of a personal field may begin, in order."""
    for stranger, letter in _STRANGERS.items():
        text = text.replace(stranger, letter)
    encoded = text.encode()
    found = _words().find_matches_as_indexes(encoded.lower(), overlapping=True)
    starts = sorted({start for _, start, _ in found})
    return starts if len(encoded) == len(text) else _in_letters(encoded, starts)


def _in_letters(encoded: bytes, starts: list[int]) -> list[int]:
    """Places in letters, given places in bytes, in order."""
    letters = [len(encoded[before:at].decode()) for before, at in pairwise([0, *starts])]
    return list(accumulate(letters))


@cache
def _words() -> ahocorasick_rs.BytesAhoCorasick:
    words = [word.encode() for word in _BEGINNINGS]
    return ahocorasick_rs.BytesAhoCorasick(words, implementation=ahocorasick_rs.Implementation.DFA)


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def onvif_scopes(text: str) -> str:
    """The ONVIF scopes in a reply, but name and location, which owners write themselves."""
    kept = _ONVIF_PERSONAL.sub("", text)
    return " ".join(re.findall(r"onvif://www\.onvif\.org/\S{1,128}", kept))


def snmp_description(text: str) -> str:
    """An SNMP answer without the lines in which its owner writes a name, a contact and a place."""
    return scrub(_SNMP_PERSONAL.sub("", text))


def dhip_reply(text: str) -> str:
    """The technical fields of a Dahua discovery reply; the machine's name and addresses are left behind."""
    return ", ".join(f'"{m["key"]}" : "{m["value"]}"' for m in DHIP_KEPT.finditer(text))
