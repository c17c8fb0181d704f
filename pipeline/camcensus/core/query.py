"""Parse queries of Shodan's language, and match banners with them.

Documented by Shodan: terms are AND; the values of one filter are OR and separated by commas, inside quotes too
(`city:"San Diego,Austin"`); plain words and phrases search `data` only; `-` before a term negates it; `device:` is the
field `devicetype`; there is no OR between terms and there are no parentheses. Reported by users: `title:` and `html:`
are older names of `http.title:` and `http.html:`; `before:` and `after:` need DD/MM/YYYY and find almost nothing for
other dates; `net:0.0.0.0/0` is not reliably accepted, its halves are.

Observed in 289 published results of one-word queries: each contains the word as a complete word, in any case, and
hyphens separate words. Assumed, because it is not published: every character that is neither letter nor digit separates
words (also "_" and "."); a word never matches a part of one; the words of a phrase match in that order with nothing
between. Other fields than text (country, port, asn, hashes, tags, device, module) match complete values. `after:`
includes its day and `before:` does not. A filter for a property that a banner lacks does not match; its negation does.
"""

import ipaddress
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cached_property, lru_cache
from typing import Any, Literal

from camcensus.core.errors import QueryError, UnknownFilterError

Value = str | int | float | bool
Values = tuple[Value, ...]
Kind = Literal["words", "exact", "number", "net", "after", "before", "flag"]
DATA = "data"


class Field:
    """What a filter reads: places in the banner, and how a value is compared. `deep`: everything below the place."""

    def __init__(self, kind: Kind, *paths: str, deep: bool = False) -> None:
        self.kind, self.paths, self.deep = kind, paths, deep


# `data` is not a filter: terms without a filter read it.
FIELDS: dict[str, Field] = {
    DATA: Field("words", "data"),
    "after": Field("after", "timestamp"),
    "asn": Field("exact", "asn"),
    "before": Field("before", "timestamp"),
    "city": Field("words", "location.city"),
    "cloud.provider": Field("words", "cloud.provider"),
    "cloud.region": Field("words", "cloud.region"),
    "cloud.service": Field("words", "cloud.service"),
    "country": Field("exact", "location.country_code"),
    "cpe": Field("words", "cpe23", "cpe"),
    "device": Field("exact", "devicetype"),
    "has_ipv6": Field("flag", "ipv6"),
    "has_screenshot": Field("flag", "screenshot", "opts.screenshot"),
    "has_ssl": Field("flag", "ssl"),
    "has_vuln": Field("flag", "vulns"),
    "hash": Field("number", "hash"),
    "hostname": Field("words", "hostnames"),
    "http.component": Field("exact", "http.components"),
    "http.component_category": Field("exact", "http.components", deep=True),
    "http.dom_hash": Field("number", "http.dom_hash"),
    "http.favicon.hash": Field("number", "http.favicon.hash"),
    "http.headers_hash": Field("number", "http.headers_hash"),
    "http.html": Field("words", "http.html", "html"),
    "http.html_hash": Field("number", "http.html_hash"),
    "http.robots_hash": Field("number", "http.robots_hash"),
    "http.securitytxt": Field("words", "http.securitytxt"),
    "http.server_hash": Field("number", "http.server_hash"),
    "http.status": Field("number", "http.status"),
    "http.title": Field("words", "http.title", "title"),
    "http.title_hash": Field("number", "http.title_hash"),
    "http.waf": Field("words", "http.waf"),
    "ip": Field("net", "ip_str", "ipv6"),
    "isp": Field("words", "isp"),
    "link": Field("exact", "link"),
    "net": Field("net", "ip_str", "ipv6"),
    "org": Field("words", "org"),
    "os": Field("words", "os"),
    "port": Field("number", "port"),
    "postal": Field("exact", "location.postal_code"),
    "product": Field("words", "product"),
    "region": Field("exact", "location.region_code"),
    "scan": Field("exact", "_shodan.options.scan"),
    "screenshot.hash": Field("number", "screenshot.hash", "opts.screenshot.hash"),
    "screenshot.label": Field("exact", "screenshot.labels"),
    "shodan.module": Field("exact", "_shodan.module"),
    "snmp.contact": Field("words", "snmp.contact"),
    "snmp.location": Field("words", "snmp.location"),
    "snmp.name": Field("words", "snmp.name"),
    "ssh.hassh": Field("exact", "ssh.hassh"),
    "ssh.type": Field("exact", "ssh.type"),
    "ssl": Field("words", "ssl", deep=True),
    "ssl.alpn": Field("exact", "ssl.alpn"),
    "ssl.cert.alg": Field("exact", "ssl.cert.sig_alg"),
    "ssl.cert.expired": Field("exact", "ssl.cert.expired"),
    "ssl.cert.extension": Field("exact", "ssl.cert.extensions", deep=True),
    "ssl.cert.fingerprint": Field("exact", "ssl.cert.fingerprint", deep=True),
    "ssl.cert.issuer.cn": Field("words", "ssl.cert.issuer.CN"),
    "ssl.cert.pubkey.bits": Field("number", "ssl.cert.pubkey.bits"),
    "ssl.cert.pubkey.type": Field("exact", "ssl.cert.pubkey.type"),
    "ssl.cert.serial": Field("number", "ssl.cert.serial"),
    "ssl.cert.subject.cn": Field("words", "ssl.cert.subject.CN"),
    "ssl.cipher.bits": Field("number", "ssl.cipher.bits"),
    "ssl.cipher.name": Field("exact", "ssl.cipher.name"),
    "ssl.cipher.version": Field("exact", "ssl.cipher.version"),
    "ssl.ja3s": Field("exact", "ssl.ja3s"),
    "ssl.jarm": Field("exact", "ssl.jarm"),
    "ssl.version": Field("exact", "ssl.versions"),
    "state": Field("exact", "location.region_code"),
    "tag": Field("exact", "tags"),
    "telnet.do": Field("exact", "telnet.do"),
    "telnet.dont": Field("exact", "telnet.dont"),
    "telnet.option": Field("exact", "telnet", deep=True),
    "telnet.will": Field("exact", "telnet.will"),
    "telnet.wont": Field("exact", "telnet.wont"),
    "version": Field("words", "version"),
    "vuln": Field("exact", "vulns"),
}
FILTERS = tuple(name for name in FIELDS if name != DATA)
# Older names of filters, which people still paste.
ALIASES = {"html": "http.html", "title": "http.title"}
# Names that are pasted and that the engine does not have, or that cannot be read in a banner: what to write instead.
INSTEAD = {
    "all": "it searches every property at once; name one, such as product: or http.html:",
    "bitcoin": "it is not of cameras; no query of it is read here",
    "category": "write tag:",
    "devicetype": "write device:",
    "favicon": "write http.favicon.hash:",
    "favicon.hash": "write http.favicon.hash:",
    "geo": "a distance is not read here; write country:, region: or city:",
    "http.server": 'write the header as a phrase: "Server: NAME"',
    "module": "write shodan.module:",
    "ntp": "it is not of cameras; no query of it is read here",
    "server": 'write the header as a phrase: "Server: NAME"',
    "ssl.chain_count": "the length of the chain is not read here; write ssl.cert.issuer.cn:",
    "ssl.cert.subject": "write ssl.cert.subject.cn:, or ssl: for the complete certificate",
    "ssl.cert.issuer": "write ssl.cert.issuer.cn:, or ssl: for the complete certificate",
}
# Filters that Trends does not have, as far as known.
NOT_IN_TRENDS = frozenset({
    "device", "http.headers_hash", "http.html", "http.server_hash", "http.title_hash", "shodan.module", "snmp.contact",
    "snmp.location", "snmp.name",
})  # fmt: skip

_TERM = re.compile(r'(?P<minus>-)?(?:(?P<name>[A-Za-z][\w.]*):)?(?P<value>(?:"(?:[^"\\]|\\.)*"|[^\s"])+)')
_WORD = re.compile(r"[^\W_]+")
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


@dataclass(frozen=True)
class Term:
    """A word, a phrase or a filter. `name` is the filter's, or `data`; `values` are alternatives."""

    name: str
    values: tuple[str, ...]
    negated: bool = False

    @cached_property
    def _tests(self) -> list[Callable[[Values], bool]]:
        make = _TESTS[FIELDS[self.name].kind]
        return [make(value) for value in self.values]

    def accepts(self, found: Values) -> bool:
        """Return whether one of the alternatives matches a banner's values of the field, without the term's minus."""
        return any(test(found) for test in self._tests)

    @cached_property
    def ranges(self) -> tuple[tuple[int, int, int], ...]:
        """The blocks of a `net:` term: IP version, first and last address as numbers."""
        blocks = map(_network, self.values)
        return tuple((b.version, int(b.network_address), int(b.broadcast_address)) for b in blocks)

    @cached_property
    def phrases(self) -> tuple[tuple[str, ...], ...]:
        """The alternatives of a text term, each as its words."""
        return tuple(tuple(words(value)) for value in self.values)


@dataclass(frozen=True)
class Query:
    """A parsed query: terms that must all match."""

    text: str
    terms: tuple[Term, ...]

    def matches(self, banner: Mapping[str, Any]) -> bool:
        """Return whether the search engine would return this banner, by the rules at the top of this module."""
        return self.returns(Fields(banner))

    def returns(self, fields: "Fields") -> bool:
        """Return the same for a banner that many queries are matched with: each field is read once."""
        return all(term.accepts(fields[term.name]) != term.negated for term in self.terms)

    @property
    def filters(self) -> tuple[str, ...]:
        """The names of the filters in use, in order, each once."""
        return tuple(dict.fromkeys(term.name for term in self.terms if term.name != DATA))

    @property
    def not_in_trends(self) -> tuple[str, ...]:
        """The filters in use that Trends does not have; empty: the query has a history."""
        return tuple(name for name in self.filters if name in NOT_IN_TRENDS)


@lru_cache(maxsize=4096)  # the snapshots of a study repeat each other's
def parse(text: str) -> Query:
    """Parse a query. Raises `QueryError`, or `UnknownFilterError` for a filter that is not in `FIELDS`."""
    terms: list[Term] = []
    rest = text.strip()
    while rest:
        found = _TERM.match(rest)
        if found is None or (found.end() < len(rest) and not rest[found.end()].isspace()):
            raise QueryError(text, f"a quote is not closed, or is in the middle of a word, near {rest[:40]!r}")
        terms.append(_term(text, found))
        rest = rest[found.end() :].lstrip()
    if not terms:
        raise QueryError(text, "it is empty")
    return Query(text, tuple(terms))


def _term(text: str, found: re.Match[str]) -> Term:
    name = (found["name"] or DATA).lower()
    name = ALIASES.get(name, name)
    value = re.sub(r'\\(.)|"', lambda m: m[1] or "", found["value"])
    if name not in FIELDS or (name == DATA and found["name"]):
        raise UnknownFilterError(text, name, _advice(name))
    if name == DATA and found["value"][0] in "()":
        raise QueryError(text, "parentheses are not allowed; terms are AND, and commas separate the values of a filter")
    if name == DATA and found["value"].endswith(":"):
        advice = INSTEAD.get(found["value"].lower().rstrip(":"), "put it right behind the colon")
        raise QueryError(text, f"{found['value']} has no value; {advice}")
    values = [value] if name == DATA else [part.strip() for part in value.split(",") if part.strip()]
    term = Term(name, tuple(values), negated=bool(found["minus"]))
    if not values:
        raise QueryError(text, f"{name} has no value")
    try:
        _ = term._tests
    except ValueError as error:
        raise QueryError(text, f"{found[0]}: {error}") from None
    return term


def _advice(name: str) -> str:
    """Return what to write instead of an unknown filter; empty: not known."""
    if found := INSTEAD.get(name) or INSTEAD.get(name.partition(".")[0]):
        return found
    near = get_close_matches(name, [*FILTERS, *ALIASES], 1)
    return f"did you mean {ALIASES.get(near[0], near[0])}:" if near else ""


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case."""
    return _WORD.findall(text.lower())


def read(name: str, banner: Mapping[str, Any]) -> Values:
    """Return a banner's values of a field of `FIELDS`, from the first place that has any."""
    field = FIELDS[name]
    for path in field.paths:
        place: Any = banner
        for key in path.split("."):
            place = place.get(key) if isinstance(place, Mapping) else None
        if field.kind == "flag":
            if place:
                return (True,)
        elif values := tuple(_scalars(place, field.deep)):
            return values
    return ()


class Fields(dict[str, Values]):
    """A banner's values of each field of `FIELDS`, read on first use."""

    def __init__(self, banner: Mapping[str, Any]) -> None:
        super().__init__()
        self._banner = banner

    def __missing__(self, name: str) -> Values:
        """Read a field."""
        found = self[name] = read(name, self._banner)
        return found


def _scalars(place: Any, deep: bool) -> list[Value]:
    """Return the strings and numbers at a place: each of a list, the keys of an object, or with `deep` all below it."""
    if isinstance(place, str | int | float):
        return [place]
    if isinstance(place, Mapping):
        place = list(place.values()) if deep else list(place)
    if not isinstance(place, list):
        return []
    if deep:
        return [value for item in place for value in _scalars(item, deep)]
    return [item for item in place if isinstance(item, str | int | float)]


@lru_cache(maxsize=1 << 12)
def _spaced(text: str) -> str:
    return f" {' '.join(words(text))} "


def _phrase(value: str) -> Callable[[Values], bool]:
    wanted = _spaced(value)
    if not wanted.strip():
        raise ValueError("contains no letter and no digit, so there is nothing to search for")
    return lambda found: any(wanted in _spaced(str(text)) for text in found)


def _same(value: str) -> Callable[[Values], bool]:
    wanted = value.lower()
    return lambda found: any(str(item).lower() == wanted for item in found)


def _equal(value: str) -> Callable[[Values], bool]:
    if not re.fullmatch(r"-?\d{1,100}", value):
        raise ValueError("is not a whole number")
    return _same(str(int(value)))


def _network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    network = ipaddress.ip_network(value, strict=False)
    if network.prefixlen == 0:
        raise ValueError("the complete address space is not accepted; query its two halves")
    return network


def _inside(value: str) -> Callable[[Values], bool]:
    network = _network(value)

    def test(found: Values) -> bool:
        try:
            return any(ipaddress.ip_address(str(item)) in network for item in found)
        except ValueError:
            return False

    return test


def _dated(value: str, is_within: Callable[[str, str], bool]) -> Callable[[Values], bool]:
    found = _DAY.fullmatch(value)
    if not found:
        return lambda _: False  # the engine accepts other forms silently
    day = date(int(found[3]), int(found[2]), int(found[1])).isoformat()
    return lambda times: any(is_within(str(time), day) for time in times)


def _is(value: str) -> Callable[[Values], bool]:
    if value.lower() not in ("true", "false", "1", "0"):
        raise ValueError("is neither true nor false")
    wanted = value.lower() in ("true", "1")
    return lambda found: bool(found) is wanted


_TESTS: dict[Kind, Callable[[str], Callable[[Values], bool]]] = {
    "words": _phrase, "exact": _same, "number": _equal, "net": _inside, "flag": _is,
    "after": lambda value: _dated(value, operator.ge), "before": lambda value: _dated(value, operator.lt),
}  # fmt: skip
