"""Which answers the catalogue's search queries return, by the rules of `core/query.py`."""

import functools
from dataclasses import dataclass, field
from typing import Any

from camcensus.core.query import Fields, Query, parse
from camcensus.core.resources import bundled
from camcensus.identify.catalogue import load_catalogue
from camcensus.validation.simulate.templates import LineTemplate

# This query ends within a word, so by the rules of the language it returns nothing. The simulated engine answers it as
# if it named a model, so that worlds stay what they were; the remedy is a new query in the catalogue.
_ANSWERED_AS = {'"Grandstream GXV36"': '"Grandstream GXV3674"'}


@dataclass
class QuerySet:
    """Queries as they are sent (`texts`), with a cache of the answers that they return."""

    texts: tuple[str, ...]
    _known: dict[tuple[int, int], bool] = field(default_factory=dict)

    def returns(self, template: LineTemplate, port: int) -> bool:
        """Return whether any query returns an answer on this port.

        `template` must stay alive, as those of `template_of` do.
        """
        without_port, with_port = self._queries
        found = self._any(without_port, template, -1)
        return found or (bool(with_port) and self._any(with_port, template, port))

    def _any(self, queries: list[Query], template: LineTemplate, port: int) -> bool:
        if (key := (id(template), port)) not in self._known:
            answer = template.answer
            banner: dict[str, Any] = {**answer.sample, "port": port, "_shodan": {"module": answer.module}}
            fields = Fields(banner)
            self._known[key] = any(query.returns(fields) for query in queries)
        return self._known[key]

    @functools.cached_property
    def _queries(self) -> tuple[list[Query], list[Query]]:
        """Queries without and with a `port:` filter; the answer to the first is the same on every port."""
        queries = [parse(_ANSWERED_AS.get(text, text)) for text in self.texts]
        return [q for q in queries if "port" not in q.filters], [q for q in queries if "port" in q.filters]


@functools.cache
def builtin_queries(without: tuple[str, ...] = ()) -> QuerySet:
    """Return the queries of the bundled catalogue without these ids. Raises `KeyError` for an unknown id."""
    queries = {query.id: query.text for query in load_catalogue(bundled("queries")).queries}
    for name in without:
        del queries[name]
    return QuerySet(tuple(queries.values()))
