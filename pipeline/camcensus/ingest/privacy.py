"""Remove personal data: names of people, devices and channels, passwords, mail and inner addresses, phone numbers.

Personal fields of Shodan's layout are never read (see `banner.py`). What remains is text of a page or protocol that
repeats them: `scrub` removes the value and keeps the label. Columns whose form is known keep listed forms only: see
`kept_forms.py`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import accumulate, pairwise

import ahocorasick_rs

from camcensus.ingest.personal_labels import BEGINNINGS, NAMES
from camcensus.ingest.text import INVISIBLE

GONE = "[removed]"
FURTHER = 512  # characters read beyond those that are kept
LONGEST_END = FURTHER - 64  # characters at the end of what is read in which half a mail address may be

# Every repeat is bounded, and none can match in two ways, so no text makes these slow. Quotes and equal signs are also
# written as entities, in percent or JavaScript's form.
_QUOTE = r"(?:\\?[\"']|&quot;|&apos;|&#0{0,4}3[49];|&#x0{0,4}2[27];|%2[27]|\\u002[27])"
_EQUALS = r"(?:[:=>]|&gt;|&#0{0,4}(?:58|6[12]);|&#x0{0,4}3[ade];|%3[ade]|\\u003[ade])"
_GAP = r"(?:\s|&nbsp;){0,8}"
_INLINE = r"(?:b|i|em|strong|span|font|label|p|div|a)"
# A field whose value is personal, in JSON (also inside a string), JavaScript, XML, HTML or a text such as "Name: x".
_FIELD = re.compile(
    rf"(?i)({NAMES})(?!\w)"
    rf"({_QUOTE}?\s{{0,4}}{_EQUALS}>?(?!:)\s{{0,4}}(?:<!\[CDATA\[)?"
    r"|[\"']?\s[^<>]{0,128}?\b(?:value|content)\s{0,4}=\s{0,4}"
    r"|\s{1,4}(?:[\w:.-]{1,32}\s{0,4}=\s{0,4}[\"'][^\"'<>]{0,128}[\"']\s{0,4}){0,4}>(?:<!\[CDATA\[)?"
    # The next cell of a table.
    rf"|{_GAP}:?{_GAP}(?:</{_INLINE}\s{{0,4}}>{_GAP}){{0,3}}</(?:td|th|dt)\s{{0,4}}>{_GAP}"
    rf"<(?:td|th|dd)\b[^<>]{{0,128}}>{_GAP}(?:<{_INLINE}\b[^<>]{{0,128}}>{_GAP}){{0,3}})"
    r'(?:\\"[^"\\]{0,2048}(?:\\")?'
    r'|"(?:[^"\\]|\\.){0,2048}+"?'
    r"|'(?:[^'\\]|\\.){0,2048}+'?"
    r"|(?:&(?:quot|apos|#0{0,4}3[49]|#x0{0,4}2[27]);|%2[27]|\\u002[27])"
    r"(?:(?!&|%2[27]|\\u002[27])[^<>\"'\r\n]){0,512}(?:&#?\w{2,6};|%2[27]|\\u002[27])?"
    r'|\[(?:"(?:[^"\\]|\\.){0,512}+"?|[^\]"]){0,2048}+\]?'
    r"|\{[^}]{0,2048}\}?"
    r"|[^\s<>,;&\"'\]}]{1,256}[^\r\n<>,;&\"'\]}]{0,256}(?:, [^\r\n<>,;:=&\"'\]}]{1,64}(?=[\r\n<]|\Z))?)"
)
# A value in the same tag before the name of its field; and the end of a tag that names one.
_VALUE = re.compile(r"(?i)(\b(?:value|content)\s{0,4}=\s{0,4})(?:\"[^\"<>]{1,256}\"|'[^'<>]{1,256}'|[^\s\"'<>]{1,256})")
_NAMED = re.compile(r"(?i)\b(?:name|id|property)\s{0,4}=\s{0,4}[\"']?[\w.:$-]{0,32}\Z")
TAG = 448  # characters of a tag that are searched for a value, less than FURTHER
_AT = r"(?:@|%40|&#0{0,4}64;|&#x0{0,4}40;|&commat;|\\u0040|\s?[(\[{]\s?at ?[)\]}]\s?)"
_DOT = r"(?:\.|%2e|&#0{0,4}46;|\s?[(\[{]\s?(?:dot|punkt|point)\s?[)\]}]\s?)"
_EMAIL = re.compile(
    rf"[\w.+-]{{1,64}}{_AT}(?:[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{1,4}}|localhost\b|\[[^\]\s<>]{{1,64}}\]?)",
    re.IGNORECASE,
)
_ATS = re.compile(_AT, re.IGNORECASE)
NEAR = 14  # characters from what is looked for to either end of a sign for the @
_MAIL_PART = re.compile(r"\s?[(\[{]\s?(?:at?|d|dot?|pu?n?k?t?|poi?n?t?)\s?[)\]}]?\s?\Z", re.IGNORECASE)
# Addresses of inner networks. Not a version (Server/10.0.0.1, V10.0.0.1), and also where the last part is not shown.
_INNER = re.compile(
    r"(?:(?<![\w.])(?<![^/]/)(?<!ersion[ ])|(?<=%2f))(?:10\.[0-9]{1,3}\.(?:[0-9]{1,3}\.\w{1,16}|[a-z]\w{0,16})"
    r"|192\.168\.[0-9]{1,3}(?:\.\w{1,16})?|172\.(?:1[6-9]|2[0-9]|3[01])\.[0-9]{1,3}\.\w{1,16})",
    re.IGNORECASE,
)
_INNER_6 = re.compile(
    r"(?<![\w:.])(?:fe[89ab][0-9a-f]|f[cd][0-9a-f]{2})(?::[0-9a-f]{0,4}){2,7}(?![0-9a-z])", re.IGNORECASE
)
_PHONE = re.compile(
    r"(?<![\w+])\+(?=(?:[ ().-]{0,3}[0-9]){8})[1-9][0-9]{0,14}(?:[ ().-]{1,3}[0-9]{1,14}){0,6}"
    r"(?:[ ./-]\w{0,8}[0-9]\w{0,8})?"
)
# ONVIF scopes that no owner writes; in a page all others are removed.
KEPT_SCOPES = ("type", "hardware", "Profile", "manufacturer", "mfr")
_SCOPE_PERSONAL = re.compile(
    rf"onvif://www\.onvif\.org/(?!(?:{'|'.join(KEPT_SCOPES)})/)[^\s<>\"']{{0,256}}", re.IGNORECASE
)
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}

# Other characters that a pattern matches as these letters when it ignores case.
_CASE_VARIANTS = {"\u017f": "s", "\u0131": "i", "\u0130": "i"}
# Texts in small letters, one of which is in each text that a pattern matches. One pass that looks for them and for the
# beginnings of labels is many times as fast as trying the patterns at each letter, and finds the same (a test checks).
_SIGNS = {
    "mail": [
        "@", "%40", "64;", "40;", "&commat;", "u0040", *(f"at{space}{end}" for space in ("", " ") for end in ")]}"),
    ],
    "scope": ["onvif://"],
    "inner": ["10.", "192.168.", "172."],
    "inner6": [
        *("fe8", "fe9", "fea", "feb"), *(f"f{second}{third}" for second in "cd" for third in "0123456789abcdef"),
    ],
    "phone": [f"+{digit}" for digit in range(1, 10)],
}  # fmt: skip
_LOOKED_FOR = [
    *((word, "field") for word in BEGINNINGS),
    *((sign, kind) for kind, signs in _SIGNS.items() for sign in signs),
]
_KINDS = [kind for _, kind in _LOOKED_FOR]


def scrub(text: str) -> str:
    """Remove the values of personal fields, mail and inner addresses, and phone numbers in international form."""
    if not text.isascii():
        text = INVISIBLE.sub("", text).translate(_FULL_WIDTH)
    signs = _signs_of(text)
    for number, (kind, remove) in enumerate(_REMOVE, 1):
        if kind in signs and (left := remove(text, signs[kind])) is not text:
            # What was put in makes no new sign, but others have moved.
            text, signs = left, _signs_of(left) if any(later in signs for later, _ in _REMOVE[number:]) else {}
    return text


def start_of(text: str, longest: int, clean: Callable[[str], str] = scrub) -> str:
    """Return at least the first `longest` characters that `clean` leaves of a text, or a little less if it leaves less.

    More is read. Where the text is longer, its end is dropped as far as something personal may be cut in half there:
    all other personal data is recognised by the text before it.
    """
    read = text[: longest + FURTHER]
    cleaned = clean(read)
    if len(read) < longest + FURTHER:
        return cleaned
    least = max(len(cleaned) - LONGEST_END, 0)
    tag = cleaned.rfind("<", least)
    end = tag if tag > cleaned.rfind(">") else len(cleaned)
    while True:
        end = _word_start(cleaned, end, least, "_.+-@%&#;\\")
        if not (part := _MAIL_PART.search(cleaned, max(end - 12, least), end)):
            return cleaned[:end]
        end = part.start()


def _without(text: str, starts: Iterable[int], pattern: re.Pattern[str]) -> str:
    """Remove what `pattern` matches at the places where it may begin (in order), but not its groups."""
    kept, done = [], 0
    for start in starts:
        if match := pattern.match(text, max(start, done)):
            kept += [text[done : match.start()], *match.groups(), GONE]
            done = match.end()
    return "".join([*kept, text[done:]]) if kept else text


def _without_values(text: str, starts: Iterable[int]) -> str:
    """Remove values that are in a tag before the name of a personal field, which begins at one of `starts`."""
    kept, done = [], 0
    for start in starts:
        tag = text.rfind("<", max(start - TAG, done), start)
        before = text[tag:start].lower() if tag >= 0 else ""
        if not ("value" in before or "content" in before) or not _NAMED.search(text, max(start - 48, tag), start):
            continue
        for match in _VALUE.finditer(text, tag, start):
            kept += [text[done : match.start()], match[1], GONE]
            done = match.end()
    return "".join([*kept, text[done:]]) if kept else text


def _without_mail(text: str, signs: Iterable[int]) -> str:
    """Remove mail addresses, whose sign for the @ is near one of `signs`."""
    return _without(text, _mail_starts(text, signs), _EMAIL)


def _mail_starts(text: str, signs: Iterable[int]) -> Iterator[int]:
    """Yield where mail addresses may begin: as far before each @ as one reaches, but not before the previous @."""
    before = end = 0
    for sign in signs:
        if found := _ATS.search(text, max(sign - NEAR, end), sign + NEAR):
            yield _word_start(text, found.start(), max(before, found.start() - 64), "_.+-")
            before, end = found.start() + 1, found.end()


def _word_start(text: str, end: int, least: int, marks: str) -> int:
    """Return where the letters, digits and `marks` before `end` begin, but not before `least`."""
    start = end
    while start > max(least, 0) and (text[start - 1].isalnum() or text[start - 1] in marks):
        start -= 1
    return start


def _signs_of(text: str) -> dict[str, list[int]]:
    """Return where, in order, personal data of each kind may be."""
    if not text.isascii():
        for variant, letter in _CASE_VARIANTS.items():
            text = text.replace(variant, letter)
    encoded = text.lower().encode()
    found = _automaton().find_matches_as_indexes(encoded, overlapping=True)
    if not found:
        return {}
    places = sorted({(start, _KINDS[number]) for number, start, _ in found})
    if len(encoded) != len(text):
        starts = [0, *(start for start, _ in places)]
        letters = accumulate(len(encoded[before:at].decode()) for before, at in pairwise(starts))
        places = [(start, kind) for start, (_, kind) in zip(letters, places, strict=True)]
    signs: dict[str, list[int]] = {}
    for start, kind in places:
        signs.setdefault(kind, []).append(start)
    return signs


@cache
def _automaton() -> ahocorasick_rs.BytesAhoCorasick:
    words = [word.encode() for word, _ in _LOOKED_FOR]
    return ahocorasick_rs.BytesAhoCorasick(words, implementation=ahocorasick_rs.Implementation.DFA)


_REMOVE: tuple[tuple[str, Callable[[str, Iterable[int]], str]], ...] = (
    ("mail", _without_mail),
    ("scope", partial(_without, pattern=_SCOPE_PERSONAL)),
    ("field", _without_values),
    ("field", partial(_without, pattern=_FIELD)),
    ("inner", partial(_without, pattern=_INNER)),
    ("inner6", partial(_without, pattern=_INNER_6)),
    ("phone", partial(_without, pattern=_PHONE)),
)
