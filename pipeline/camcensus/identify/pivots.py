"""Find what a banner's being counted rests on: signatures and fields without any one of which it would be otherwise."""

from collections.abc import Hashable, Iterable, Sequence
from functools import lru_cache
from itertools import chain

from camcensus.identify.matcher import Identifier
from camcensus.identify.memo import Memo
from camcensus.identify.verdict import Hit, Hits, Verdict

FIELD = "@"  # before the name of a field; no id begins with it


class Pivots:
    """What is decided again without each signature and each field, once for cases that differ in names only."""

    def __init__(self, identifier: Identifier) -> None:
        """Keep what decides."""
        self._identifier = identifier
        self._cases: Memo[tuple[Hits, ...], str] = Memo()
        self._known: Memo[Hashable, str] = Memo()

    def of_all(self, cases: Iterable[tuple[Hits, ...]], decided: Iterable[Verdict]) -> list[str | None]:
        """Return the pivotal signatures and fields of each case, joined with a space; None where there are none."""
        return [self._of(case, verdict.counted) or None for case, verdict in zip(cases, decided, strict=True)]

    def _of(self, case: tuple[Hits, ...], is_counted: bool) -> str:
        if (found := self._cases.get(case)) is None:
            hits = tuple(chain(*case))
            key = frozenset(map(_essence, hits))
            if (found := self._known.get(key)) is None:
                found = self._known.keep(key, " ".join(self._pivotal(hits, is_counted)))
            self._cases.keep(case, found)
        return found

    def _pivotal(self, hits: Sequence[Hit], is_counted: bool) -> Iterable[str]:
        for rule in sorted({hit.rule for hit in hits if hit.rule}):
            if self._is_counted(hit for hit in hits if hit.rule != rule) != is_counted:
                yield rule
        for column in sorted({hit.column for hit in hits}):
            if self._is_counted(hit for hit in hits if hit.column != column) != is_counted:
                yield FIELD + column

    def _is_counted(self, hits: Iterable[Hit]) -> bool:
        return self._identifier.decide(tuple(hits)).counted


@lru_cache(maxsize=4)
def pivots_of(identifier: Identifier) -> Pivots:
    """Return what finds pivots with an identifier; what it found in a batch holds for the next."""
    return Pivots(identifier)


def _essence(hit: Hit) -> Hashable:
    """Return what decides whether a banner is counted: not its firmware, and not which model of a pattern it is."""
    model = hit.model_raw if hit.unknown else hit.model is not None
    return (
        hit.rule, hit.column, hit.manufacturer, hit.maker, hit.type, hit.type_evidence, hit.brand, model, hit.word,
        hit.needs_maker, hit.unknown,
    )  # fmt: skip
