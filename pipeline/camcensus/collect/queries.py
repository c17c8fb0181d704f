"""Which queries a study collects with."""

from camcensus.core.config import Study
from camcensus.core.errors import StudyError
from camcensus.identify.catalogue import Catalogue, Query


def queries_of(study: Study, catalogue: Catalogue) -> list[Query]:
    """The study's queries: those it names, in its order, or all of its vendors. Raises `StudyError` for one that the
    catalogue does not have, or when there is none."""
    known = {query.id: query for query in catalogue.queries}
    named = study.collect.queries or tuple(
        query.id for vendor in study.vendors for query in catalogue.queries if query.manufacturer == vendor
    )
    if unknown := [name for name in named if name not in known]:
        raise StudyError(
            study.path, [f"collect.queries: found {name!r}; allowed: an id of a query in queries/" for name in unknown]
        )
    if not named:
        raise StudyError(study.path, [f"collect.queries: the catalogue has no query for {', '.join(study.vendors)}"])
    return [known[name] for name in dict.fromkeys(named)]
