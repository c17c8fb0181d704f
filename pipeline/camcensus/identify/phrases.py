"""Find makers' names and words of surveillance in what devices write about themselves.

A device's own phrase is short and closed: a maker's name, what it is, a model, a version, and few words around them
(`Acme Network Camera login`). A shop or a blog says more. So a title is read only if all its words are known, and of
other fields only those that no person fills.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

import ahocorasick_rs

from camcensus.core.tables import COUNTED_TYPES
from camcensus.identify.entries import Maker, WordList
from camcensus.identify.memo import Memo
from camcensus.identify.verdict import NO_HITS, Hit, Hits

# Columns, and how many of their words may be unknown. A title may also be a web site's.
_UNKNOWN_WORDS = {
    "http_title": 0, "cert_subject": 0, "cert_issuer": 0, "product": 0, "block_text": 0, "http_server": 1,
    "http_realm": 1, "rtsp_server": 1, "rtsp_realm": 1, "sip_user_agent": 1, "ssdp_server": 2, "upnp_manufacturer": 1,
    "upnp_model_name": 1, "upnp_model_number": 1, "onvif_scopes": 2, "telnet_banner": 4, "ftp_banner": 4,
    "snmp_description": 6,
}  # fmt: skip
COLUMNS = tuple(_UNKNOWN_WORDS)
# In these a name alone shows no maker: makers have web sites, and the engine's name may be a guess.
_NAME_IS_NOT_ENOUGH = frozenset({"http_title", "product", "block_text"})
# nmap names these services by rules for servers that many devices share.
_SHARED_SERVICE = re.compile(r"\b(?:ftp|ftpd|telnet|telnetd|busybox)\b")
_DIGITS = str.maketrans("123456789", "000000000")
_SHORT = 4  # letters of a word that needs known words around it
_READ = 512  # characters of a text
_SEPARATOR = re.compile(r"[\s_/|,;:()\[\]<>\"'!?*=+-]+")
_MODEL = re.compile(r"(?<![\w-])[a-z]{1,6}-[a-z]{0,4}\d[\w./-]*", re.ASCII)
_WORD = re.compile(r"[^\W_]+")
_ORGANISATION = re.compile(r"(?:^|,)(?:O|OU)=([^,]*)")
_SCOPE = re.compile(r"onvif://\S*?/(?:name|manufacturer|hardware)/(\S+)", re.IGNORECASE)
# Of these columns only some parts are the maker's words.
_PARTS = {"cert_subject": _ORGANISATION, "cert_issuer": _ORGANISATION, "onvif_scopes": _SCOPE}


@dataclass(frozen=True)
class _Term:
    maker: Maker | None = None
    words: WordList | None = None


class Phrases:
    """Names and words, ready to find."""

    def __init__(self, about: Iterable[Maker], words: Iterable[WordList]) -> None:
        """Put each name and each word in its normal form; a name that two makers have is none's."""
        terms: dict[str, _Term] = {}
        for entry in words:
            terms.update((_normal(word), _Term(words=entry)) for word in entry.words)
        for maker in about:
            for name in map(_normal, maker.names):
                terms[name] = _Term() if terms.get(name, _Term(words=None)).maker else _Term(maker=maker)
        self._terms = terms
        self._texts = list(terms)
        self._numbered = [text.translate(_DIGITS) for text in terms if any(map(str.isdigit, text))]
        self._known: dict[str, Memo[str, Hits]] = {column: Memo() for column in COLUMNS}

    def __getstate__(self) -> dict[str, object]:
        """Leave out the automaton: it cannot be pickled, and each process builds it in a moment."""
        return {name: value for name, value in vars(self).items() if name != "_automaton"}

    @cached_property
    def _automaton(self) -> ahocorasick_rs.AhoCorasick:
        return ahocorasick_rs.AhoCorasick(self._texts, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest)

    def hits(self, column: str, texts: Iterable[str]) -> list[Hits]:
        """Return what each value of a column names; values that differ only in their numbers are read once."""
        texts = [text[:_READ] for text in texts]
        if parts := _PARTS.get(column):
            texts = [" ".join(map(unquote, parts.findall(text))) for text in texts]
        known = self._known[column].roomy()
        plain = [text.translate(_DIGITS) for text in texts]
        return [
            self._read_new(column, text, key) if (found := known.get(key)) is None else found
            for text, key in zip(texts, plain, strict=True)
        ]

    def _read_new(self, column: str, text: str, key: str) -> Hits:
        normal = _normal(text)
        found = self._read(column, normal)
        plain = normal.translate(_DIGITS)
        if not any(term in plain for term in self._numbered):
            self._known[column][key] = found
        return found

    def _read(self, column: str, text: str) -> Hits:
        if column == "product" and _SHARED_SERVICE.search(text):
            return NO_HITS
        found = self._find(text)
        makers = {term.maker for _, term in found if term.maker}
        kinds = {text: term.words for text, term in found if term.words and term.words.type}
        if not makers and not kinds:
            return NO_HITS
        counted = [word for word, entry in kinds.items() if entry.type in COUNTED_TYPES]
        n_unknown = self._count_unknown(text, found)
        is_own = n_unknown <= _UNKNOWN_WORDS[column]
        hits = [Hit("", column, word=word) for word in sorted(counted)]
        named = makers.pop() if len(makers) == 1 and is_own else None
        if named and (counted or column not in _NAME_IS_NOT_ENOUGH):
            hits.append(Hit(f"{named.slug}.name", column, named.manufacturer, maker="specific"))
        is_other = len(kinds) > len(counted)
        for word, entry in kinds.items() if is_own or is_other else ():
            is_phrase = not is_other and _is_phrase(word, entry, column, n_unknown, len(text.split()))
            is_named = named is not None and not is_other
            is_sure = is_phrase or is_named
            # Recorders' pages are called "WebCam" too: a word alone does not say which of them it is.
            kind = entry.type if is_sure or entry.type not in COUNTED_TYPES else "video"
            hits.append(Hit(entry.id, column, type=kind, type_evidence="specific" if is_sure else "word"))
        return Hits(dict.fromkeys(hits))

    def _find(self, text: str) -> list[tuple[str, _Term]]:
        """Return the terms in a text, longest first at each place, that are words of their own."""
        matches = self._automaton.find_matches_as_indexes(text)
        return [
            (self._texts[n], self._terms[self._texts[n]]) for n, start, end in matches if _is_word(text, start, end)
        ]

    def _count_unknown(self, text: str, found: list[tuple[str, _Term]]) -> int:
        """Return how many words of a text are neither terms nor hold a digit, as models and versions do."""
        for term, _ in found:
            text = text.replace(term, " ", 1)
        return sum(1 for word in _WORD.findall(text) if not any(c.isdigit() for c in word) and len(word) > 1)


def _is_phrase(word: str, entry: WordList, column: str, n_unknown: int, n_words: int) -> bool:
    """Return whether a text is the device's own phrase for what it is, without its maker's name."""
    if not entry.alone or column in _NAME_IS_NOT_ENOUGH - {"http_title"}:
        return False
    if column == "http_title":
        return n_unknown == 0 and n_words > 1
    # A short word next to an unknown one is often something else: a recorder of television is a DVR too.
    return n_unknown == 0 or (n_unknown == 1 and len(word) > _SHORT)


def _normal(text: str) -> str:
    """Return a text in small letters, models as a number, with one space for each run of separators."""
    return _SEPARATOR.sub(" ", _MODEL.sub("0", text.lower())).strip()


def _is_word(text: str, start: int, end: int) -> bool:
    """Return whether no letter or digit touches a span; scripts without spaces have no such bounds."""
    before, after = text[start - 1 : start], text[end : end + 1]
    starts = not (before.isalnum() and before.isascii() and text[start].isascii())
    return starts and not (after.isalnum() and after.isascii() and text[end - 1].isascii())
