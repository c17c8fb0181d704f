"""Remove personal data: names of people, devices and channels, DDNS hosts, internal addresses.

Personal fields of Shodan's layout are never read (see `banner.py`). What remains is text of a page or protocol that
repeats them: `scrub` removes the value and keeps the name of the field.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import accumulate, pairwise

import ahocorasick_rs
import pyarrow as pa
import pyarrow.compute as pc

GONE = "[removed]"
FURTHER = 512  # characters read beyond those that are kept

# A field whose value is personal, in JSON (also inside a string), JavaScript, XML, HTML or a text such as "Name: x".
# Every repeat is bounded, and none can match in two ways, so no text makes it slow. The lookahead for the first letters
# of the names halves the time.
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

# Greetings of these protocols name the host or its owner; signatures need the text of the software only.
_ONVIF_PERSONAL = re.compile(r"onvif://www\.onvif\.org/(?:name|location)/[^\s<>\"']*", re.IGNORECASE)
_SNMP_PERSONAL = re.compile(r"^[ \t]*(?:sys)?(?:name|contact|location)[ \t]*[:=][^\r\n]*", re.IGNORECASE | re.MULTILINE)
DHIP_READ = 2048  # characters
DHIP_KEPT = re.compile(
    r'"(?P<key>Vendor|DeviceClass|DeviceType|Version|SerialNo|mac)"\s{0,4}:\s{0,4}"(?P<value>[^"\\]{0,64})"'
)


# The beginnings of names of personal fields. Looking for all of them in one pass is many times as fast as trying the
# pattern at each letter, and finds the same. In bytes, which is fastest.
_OWNERS = ("user", "device", "channel", "machine", "alias", "host", "owner", "login")
_BEGINNINGS = ["alias", "ddns", "password"] + [
    first + between + second
    for between in ("", " ", "_", "-")
    for first, second in [*((owner, "name") for owner in _OWNERS), ("user", "info"), ("ip", "addr"), ("e", "mail")]
]
# Other characters that a pattern matches as these letters when it ignores case.
_CASE_VARIANTS = {"\u017f": "s", "\u0131": "i", "\u0130": "i"}
# The same for RE2, which has no lookahead and takes only ASCII for letters and space: it finds at least each text with
# something to remove (a test checks that), at a hundredth of the cost.
_FAR = r"\x{80}-\x{10FFFF}"
_SPACE = rf"[\s\x0b\x1c-\x1f{_FAR}]"
_MAYBE = (
    rf"(?:(?:user|device|channel|machine|alias|host|owner|login)[ _-]?names?|alias|ddns[\w{_FAR}-]*|e-?mail[\w{_FAR}]*"
    r"|password|user[ _-]?info|ip[ _-]?addr(?:ess(?:es)?)?)"
    rf"""(?:\\?["']?{_SPACE}*[:=>]{_SPACE}*|{_SPACE}[^<>]*>|["']{_SPACE}[^<>]*value{_SPACE}*={_SPACE}*)"""
    r"(?:<!\[CDATA\[)?[^\s<>,;&\]}]"
    rf"|[\w.+{_FAR}-]@[\w{_FAR}-]+\.[\w{_FAR}-]"
    r"|onvif://www\.onvif\.org/(?:name|location)/"
    # Letters that Python's patterns match as an i when they ignore case.
    r"|[\x{130}\x{131}]"
)


def maybe_personal(texts: pa.Array, more: str = "") -> pa.Array:
    """Return whether `scrub` may remove something of each text, or the pattern `more` matches; False is certain."""
    return pc.match_substring_regex(texts, _MAYBE + more, ignore_case=True)


def scrub(text: str) -> str:
    """Remove the values of personal fields, and mail addresses."""
    if "@" in text:
        text = _without(text, _EMAIL, _mail_starts(text))
    if "onvif" in text:
        text = _ONVIF_PERSONAL.sub(GONE, text)
    return _without(text, _FIELD, _field_starts(text))


def start_of(text: str, longest: int, clean: Callable[[str], str] = scrub) -> str:
    """Return at least the first `longest` characters that `clean` leaves of a text.

    More is read. Where the text is longer, its last word is dropped, since half a mail address is not recognised; all
    other personal data is recognised by the text before it.
    """
    read = text[: longest + FURTHER]
    cleaned = clean(read)
    if len(read) < longest + FURTHER:
        return cleaned
    return cleaned[: _word_start(cleaned, len(cleaned), len(cleaned) - LONGEST_MAIL, "_.+-@")]


def _without(text: str, pattern: re.Pattern[str], starts: Iterable[int]) -> str:
    """Remove what `pattern` matches at the places where it may begin (in order), but not its groups."""
    kept, done = [], 0
    for start in starts:
        if match := pattern.match(text, max(start, done)):
            kept += [text[done : match.start()], *match.groups(), GONE]
            done = match.end()
    return "".join([*kept, text[done:]]) if kept else text


def _mail_starts(text: str) -> Iterator[int]:
    """Yield where mail addresses may begin: as far before each @ as one reaches, but not before the previous @."""
    before = 0
    for at in (found.start() for found in re.finditer("@", text)):
        yield _word_start(text, at, max(before, at - 64), "_.+-")
        before = at + 1


def _word_start(text: str, end: int, least: int, marks: str) -> int:
    """Return where the letters, digits and `marks` before `end` begin, but not before `least`."""
    start = end
    while start > max(least, 0) and (text[start - 1].isalnum() or text[start - 1] in marks):
        start -= 1
    return start


def _field_starts(text: str) -> list[int]:
    """Return where names of personal fields may begin, in order."""
    for variant, letter in _CASE_VARIANTS.items():
        text = text.replace(variant, letter)
    encoded = text.encode()
    found = _words().find_matches_as_indexes(encoded.lower(), overlapping=True)
    starts = sorted({start for _, start, _ in found})
    if len(encoded) == len(text):
        return starts
    return list(accumulate(len(encoded[before:at].decode()) for before, at in pairwise([0, *starts])))


@cache
def _words() -> ahocorasick_rs.BytesAhoCorasick:
    words = [word.encode() for word in _BEGINNINGS]
    return ahocorasick_rs.BytesAhoCorasick(words, implementation=ahocorasick_rs.Implementation.DFA)


def snmp_description(text: str) -> str:
    """Return an SNMP answer without its owner's name, contact and location."""
    return scrub(_SNMP_PERSONAL.sub("", text))


def dhip_reply(text: str) -> str:
    """Return the technical fields of a Dahua discovery reply, without the device's name and addresses."""
    return ", ".join(f'"{m["key"]}" : "{m["value"]}"' for m in DHIP_KEPT.finditer(text[:DHIP_READ]))
