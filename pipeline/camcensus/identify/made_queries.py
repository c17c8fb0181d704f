"""Write queries from the terms that they look for: values packed together, and nothing asked for twice."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from camcensus.core.query import DATA, FIELDS, Term, parse, words
from camcensus.identify.entries import Maker, Query

MADE = date(2026, 11, 30)  # since when queries are made by these rules
MOST_VALUES = 24  # of one filter in one query
LONGEST = 700  # characters of one query; an address must hold it, and those that it excludes
_LONGEST_LABEL = 40  # letters of a query's text in its id; else a hash
_MADE = ".fed."  # in the ids of these queries
_GENERAL = "general"

Terms = tuple[tuple[str, tuple[str, ...]], ...]  # filter and values of each term; a banner must match all


@dataclass(frozen=True)
class Wanted:
    """Terms that one query looks for, and what they feed."""

    terms: Terms
    feeds: str


def queries_of(maker: str | None, wanted: Sequence[Wanted], known: list[tuple[Term, ...]]) -> Iterator[Query]:
    """Yield the queries of a maker: values of one filter packed together, and what needs a query each."""
    single: dict[str, list[str]] = {}
    several: list[Terms] = []
    for item in _needed(wanted, known):
        name, values = item.terms[0]
        if len(item.terms) == 1 and name != DATA:
            single.setdefault(name, []).extend(values)
        else:
            several.append(item.terms)
    for name, listed in sorted(single.items()):
        yield from (_query(maker, ((name, pack),)) for pack in packs_of(name, sorted(listed)))
    yield from (_query(maker, terms) for terms in several)


def _length(item: Wanted) -> int:
    return sum(len(words(value)) for _, values in item.terms for value in values)


def packs_of(name: str, values: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield values of a filter in groups that one query holds."""
    pack: list[str] = []
    for value in values:
        if pack and (len(pack) == MOST_VALUES or len(name) + sum(map(len, [*pack, value])) + len(pack) > LONGEST):
            yield tuple(pack)
            pack = []
        pack.append(value)
    if pack:
        yield tuple(pack)


def _query(maker: str | None, terms: Terms) -> Query:
    text = " ".join(_term(name, values) for name, values in terms)
    slug = Maker(manufacturer=maker).slug if maker else _GENERAL
    kind = "-".join(dict.fromkeys(re.sub("[._]", "-", name) for name, _ in terms))
    parts = ["-".join(re.findall("[a-z0-9]+", re.sub("^-", "minus ", value.lower()))) for _, (value, *_) in terms]
    short = "_".join(parts)
    is_readable = len(short) <= _LONGEST_LABEL and text.isascii() and all(len(values) == 1 for _, values in terms)
    label = short if is_readable and all(parts) else _digest(text)
    return Query(
        id=f"{slug}{_MADE}{kind}.{label}", text=text, since=MADE, catches="what signatures, names or words match",
        also="not known", trends=not parse(text).not_in_trends, manufacturer=maker, made=True,
    )  # fmt: skip


def slug_of(query: str) -> str:
    """Return the maker in the id of a query that was made, as its slug; empty: the query was written."""
    return query.partition(_MADE)[0] if _MADE in query else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _term(name: str, values: Sequence[str]) -> str:
    value = ",".join(values)
    quoted = value if FIELDS[name].kind == "number" else f'"{value}"'
    return quoted if name == DATA else f"{name}:{quoted}"


def _needed(wanted: Sequence[Wanted], known: Sequence[tuple[Term, ...]]) -> list[Wanted]:
    """Return what no known query covers, nor any other of these; short ones first, for what contains their words."""
    ordered = sorted(wanted, key=lambda item: (_length(item), len(item.terms), item.terms))
    terms = [tuple(Term(name, values) for name, values in item.terms) for item in ordered]
    kept: list[int] = []
    for n, one in enumerate(terms):
        if not any(covers(query, one) for query in known) and not any(covers(terms[m], one) for m in kept):
            kept.append(n)
    return [ordered[n] for n in kept if not any(covers(terms[m], terms[n]) for m in kept if m > n)]


def covers(query: Sequence[Term], other: Sequence[Term]) -> bool:
    """Return whether a query returns all that another does: each of its terms follows from a term of the other."""
    return all(any(_follows(term, given) for given in other) for term in query)


def _follows(term: Term, given: Term) -> bool:
    """Return whether what matches `given` matches `term`: each alternative contains one of the term's."""
    if term.name != given.name or term.negated or given.negated:
        return False
    if FIELDS[term.name].kind != "words":
        return {value.lower() for value in given.values} <= {value.lower() for value in term.values}
    return all(any(_contains(long, short) for short in term.phrases) for long in given.phrases)


def _contains(long: tuple[str, ...], short: tuple[str, ...]) -> bool:
    return any(long[n : n + len(short)] == short for n in range(len(long) - len(short) + 1))
