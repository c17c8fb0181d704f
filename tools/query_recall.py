"""Measure the search queries: the shares of labelled cameras and of other banners that each, and all together, return.

    python tools/query_recall.py LABELLED [--others FILE...] [--set feeding|written] [--missed] [--json]

LABELLED has a JSON object in each line: `kind` ("positive" for a camera or recorder, any other word for what is none)
and `banner`, as Shodan exports it. FILE has a banner in each line; those that the catalogue counts are left out, since
the rest is taken as no camera. The project's own reader of the query language decides what a query returns.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from camcensus.core.query import Fields, parse
from camcensus.core.query import Query as Parsed
from camcensus.core.resources import bundled
from camcensus.identify.catalogue import Catalogue, load_catalogue
from camcensus.identify.entries import Query
from camcensus.identify.matcher import identifier_of
from camcensus.ingest.evidence import evidence_of
from camcensus.readers.banner import Rejected, decode

POSITIVE = "positive"


@dataclass
class Returned:
    """How many positives and others a query returns."""

    query: str
    positives: int = 0
    others: int = 0


@dataclass
class Recall:
    """What the queries return: in all by kind, by query, and which positives (by line) none returns."""

    banners: dict[str, int] = field(default_factory=dict)
    returned: dict[str, int] = field(default_factory=dict)
    queries: list[Returned] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)

    def share(self, is_positive: bool) -> tuple[int, int]:
        """Return how many of the positives, or of all others, any query returns, and how many there are."""
        kinds = [kind for kind in self.banners if (kind == POSITIVE) == is_positive]
        return sum(self.returned.get(kind, 0) for kind in kinds), sum(self.banners[kind] for kind in kinds)


def measure(queries: Sequence[Query], labelled: Iterable[tuple[str, Mapping[str, Any]]]) -> Recall:
    """Return what queries return of banners with their kinds."""
    known: list[tuple[Returned, Parsed]] = [(Returned(query.id), parse(query.text)) for query in queries]
    found = Recall(queries=[returned for returned, _ in known])
    for line, (kind, banner) in enumerate(labelled, 1):
        fields = Fields(banner)
        hits = [returned for returned, query in known if query.returns(fields)]
        found.banners[kind] = found.banners.get(kind, 0) + 1
        found.returned[kind] = found.returned.get(kind, 0) + bool(hits)
        if kind == POSITIVE and not hits:
            found.missed.append(line)
        for returned in hits:
            returned.positives += kind == POSITIVE
            returned.others += kind != POSITIVE
    return found


def labelled_in(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield kind and banner of each line."""
    for line in path.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        yield str(item["kind"]), item["banner"]


def others_in(path: Path, catalogue: Catalogue) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the banners of a file that the catalogue does not count; their kind is the file's name."""
    identifier = identifier_of(catalogue)
    for line in path.read_bytes().splitlines():
        try:
            evidence = evidence_of(decode(line))
        except Rejected:
            continue
        if not identifier.identify(evidence).counted:
            yield path.name, json.loads(line)


def text_of(found: Recall) -> str:
    """Return the shares by kind, and the queries that return anything, those with most others first."""
    shares = {kind: (found.returned[kind], n) for kind, n in found.banners.items()}
    shares |= {"all positives": found.share(True), "all others": found.share(False)}
    rows = [f"{name}: {returned:,} of {n:,} ({returned / n if n else 0:.1%})" for name, (returned, n) in shares.items()]
    ordered = sorted(found.queries, key=lambda one: (-one.others, -one.positives, one.query))
    rows += [
        f"  {one.query}: {one.positives} positives, {one.others} others"
        for one in ordered
        if one.positives or one.others
    ]
    silent = sum(1 for one in found.queries if not one.positives and not one.others)
    return "\n".join([*rows, f"  {silent} queries return none of these"])


def main(arguments: Sequence[str]) -> None:
    """Print what the queries return."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", type=Path)
    parser.add_argument("--others", type=Path, nargs="*", default=[])
    parser.add_argument("--catalogue", type=Path, default=bundled("queries"))
    parser.add_argument("--set", choices=("feeding", "written"), default="feeding")
    parser.add_argument("--missed", action="store_true", help="print the lines of the positives that no query returns")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    catalogue = load_catalogue(given.catalogue)
    queries = catalogue.queries if given.set == "feeding" else catalogue.written
    banners = [*labelled_in(given.labelled)]
    banners += [item for path in given.others for item in others_in(path, catalogue)]
    found = measure(queries, banners)
    print(json.dumps(asdict(found)) if given.json else text_of(found))
    if given.missed and not given.json:
        print(f"missed, by line: {', '.join(map(str, found.missed))}")


if __name__ == "__main__":
    main(sys.argv[1:])
