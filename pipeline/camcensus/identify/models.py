"""Publish a model only under a closed name: the maker's series, and suffixes that the catalogue lists.

What else a device writes may be its owner's: it stays in `model_raw`, which is private.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Protocol

import re2


class Rule(Protocol):
    """What a model pattern has."""

    suffixes: tuple[str, ...]
    examples: list[str]

    @property
    def regex(self) -> "re2._Regexp":
        """The compiled pattern."""

    def span(self, text: str) -> tuple[int, int]:
        """Return where the model begins and ends in a text that the pattern matches."""


# Columns that a device writes nothing but its model into.
OWN_MODEL = frozenset({"hikvision_device_model", "ip_camera_model", "upnp_model_name", "upnp_model_number"})
# Columns whose complete text is searched for models; of the others, what a signature captures.
MODEL_COLUMNS = (
    *sorted(OWN_MODEL), "http_title", "http_realm", "rtsp_realm", "ftp_banner", "telnet_banner", "snmp_description",
    "cert_subject", "product", "http_server", "rtsp_server", "onvif_scopes", "sip_user_agent", "block_text",
)  # fmt: skip
LONGEST = 40  # characters of a published name
FREE = 4  # letters in a row that a pattern may leave open
_SUFFIXES = 4  # of one name
_BEFORE_SUFFIX = "-/ "
_REST = re.compile(r"[^\s\"'<>,;]{0,60}")


def published(text: str, start: int, end: int, suffixes: tuple[str, ...]) -> str:
    """Return the closed name of a model that a pattern found in a text."""
    if suffixes and text[end : end + 1] in _BEFORE_SUFFIX:
        matched = _suffixes(suffixes).match(text, end)
        end = matched.end() if matched else end
    return " ".join(text[start:end].upper().split())[:LONGEST]


def written(text: str, start: int, end: int) -> str:
    """Return the model as a text writes it, with what follows without a space."""
    rest = _REST.match(text, end)
    return text[start : rest.end() if rest else end]


def is_closed(name: str, rules: Iterable[Rule]) -> bool:
    """Return whether a published name is one that these model patterns of its maker give."""
    for rule in rules:
        # Some models are known only behind other words, as in the rule's examples.
        for before in {"", *(example[: rule.span(example)[0]] for example in rule.examples)}:
            text = before + name
            if rule.regex.search(text) and published(text, *rule.span(text), rule.suffixes) == name:
                return True
    return False


@lru_cache(maxsize=512)
def _suffixes(suffixes: tuple[str, ...]) -> re.Pattern[str]:
    tokens = "|".join(re.escape(token) for token in sorted(suffixes, key=len, reverse=True))
    return re.compile(rf"(?:[{_BEFORE_SUFFIX}](?:{tokens})(?![A-Za-z0-9])){{0,{_SUFFIXES}}}", re.IGNORECASE | re.ASCII)


def open_part(pattern: str) -> str | None:
    """Return why a model pattern is not closed; None: it is."""
    parsed = parser.parse(pattern)
    if parsed.getwidth()[1] > LONGEST:
        return f"it may match more than {LONGEST} characters"
    if _free_letters(parsed)[1] > FREE:
        return f"it leaves more than {FREE} letters in a row open; list what may follow a model in suffixes"
    return None


def _free_letters(items: Iterable[tuple[Any, Any]]) -> tuple[int, int]:
    """Return how many open letters the end of a pattern may have in a row, and the most anywhere."""
    run = most = 0
    for code, value in items:
        if code is codes.AT or code in (codes.ASSERT, codes.ASSERT_NOT):
            continue
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            inner = _free_letters(value[2])[1] * int(value[1])
        elif code is codes.SUBPATTERN:
            inner = _free_letters(value[3])[1]
        elif code is codes.BRANCH:
            inner = max(_free_letters(branch)[1] for branch in value[1])
        elif code is codes.IN:
            inner = int(any(map(_is_letters, value)))
        else:
            inner = int(code in (codes.ANY, codes.NOT_LITERAL))
        run = run + inner if inner else 0
        most = max(most, run)
    return run, most


def _is_letters(member: tuple[Any, Any]) -> bool:
    code, value = member
    if code is codes.RANGE:
        return chr(value[0]).isalpha() or chr(value[1]).isalpha()
    return code is codes.NEGATE or (code is codes.CATEGORY and value is not codes.CATEGORY_DIGIT)
