"""Write `queries/README.md` from the catalogue: what it can name, what finds it, and what it rests on."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from camcensus.core.tables import COUNTED_TYPES
from camcensus.core.text_files import read_text
from camcensus.identify.catalogue import Catalogue
from camcensus.identify.entries import Model, Signature

GENERAL = "(general)"
_HEAD = """# The catalogue

`camcensus catalogue page` writes this page; a test checks it. Each maker has a file; names of files without a maker
start with `_`. `identify/catalogue.py` defines the format of each entry. Every entry has a source, the licence of its
source, examples that must match and near misses that must not. `ids.csv` keeps the meaning of each id permanently.
"""

_LEGEND = """
Yields: P the maker's own protocol or parsed block, S specific evidence, W a guess; then the product types named, and
`model`, `firmware` or `identity` where they are captured.
"""

_BRANDS = """## Brands with more than one maker

Such a brand names no maker: the maker stays unknown unless other evidence names it.
"""

_QUERIES = """## Queries

A query set of a study (`query_set` under `[collect]`) is `written` (the queries in these files) or `feeding`: those and
the queries that `identify/feeding.py` makes from signatures, models, makers' names and words.
"""

_PUBLISHED_HEAD = """## Makers with the most hosts in published counts

No published count ranks 40 makers of cameras by hosts, and no two of these figures are comparable. The list, searched
on 2026-11-30, is made of four kinds of source, in this order: a figure of the maker, largest first (Top10VPN 2021,
Flashpoint 2016, Risk Based Security 2016, results of queries in dootss/shodan-dorks of 2023-12-06, Claroty 2025);
named, without a figure, in a count (Cybernews 2022; TechRadar removed Linksys from it); in the list of makers whose
default passwords Mirai tried (2016); and in Costin's list of queries for surveillance systems (2016, "1M+ systems").
The last two are in no order. `published_counts.csv` is its data; `data/reference/prior_studies.csv` has more studies.
"""
PUBLISHED = "published_counts.csv"
NOT_LOOKED_UP = "not looked up"  # so begins a source that no page or capture was found for
_ENOUGH = 3  # fields, for a maker in many published counts
_SOUND = 2  # fields, for any other
_FEWEST = 5  # signatures of a source, for a row
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


class Published(NamedTuple):
    """What is published of the number of a maker's hosts, and where."""

    maker: str
    published: str
    source: str


def read_published(folder: Path) -> list[Published]:
    """Return the published counts in a catalogue's folder; empty if there are none."""
    path = folder / PUBLISHED
    rows = csv.DictReader(read_text(path).splitlines()) if path.is_file() else ()
    return [Published(row["maker"], row["published"], row["source"]) for row in rows]


def page(catalogue: Catalogue, published: Sequence[Published] = ()) -> str:
    """Return the page in Markdown: totals, a table of makers, and brands of several makers."""
    totals = (
        f"Version {catalogue.version}, query set {catalogue.query_set}: {len(catalogue.makers)} makers, "
        f"{len(catalogue.signatures)} signatures, {len(catalogue.models)} model patterns, "
        f"{len(catalogue.written)} written queries, {len(catalogue.feeding.made)} made ones, "
        f"{len(catalogue.brands)} brands.\n"
    )
    makers = _table(catalogue, [*catalogue.makers, GENERAL])
    parts = [_HEAD, totals, "## Makers\n", _breadth(catalogue), *makers, _LEGEND, _QUERIES, *_unfed(catalogue)]
    parts += ["", "## Sources\n", *_sources(catalogue), ""]
    if published:
        parts += [_PUBLISHED_HEAD, *_published(catalogue, published), ""]
    return "\n".join([*parts, _BRANDS, *_conflicts(catalogue), ""])


def _fields(catalogue: Catalogue, *, all_sources: bool = True) -> dict[str, set[str]]:
    """Return the fields that each maker has signatures in; or only those whose source was looked up."""
    fields: dict[str, set[str]] = {maker: set() for maker in catalogue.makers}
    for signature in catalogue.signatures:
        if signature.file_maker and (all_sources or not signature.source.startswith(NOT_LOOKED_UP)):
            fields[signature.file_maker].add(signature.field)
    return fields


def _breadth(catalogue: Catalogue) -> str:
    fields = _fields(catalogue)
    several, many = (sum(1 for found in fields.values() if len(found) >= n) for n in (_SOUND, _ENOUGH))
    sure = sum(1 for found in _fields(catalogue, all_sources=False).values() if len(found) >= _SOUND)
    registered = sum(1 for maker in catalogue.about if maker.organisations and len(fields[maker.manufacturer]) < _SOUND)
    return (
        f"{several} makers have signatures in two fields or more, {many} of them in three or more. {sure} have two "
        f'without the signatures whose source says "{NOT_LOOKED_UP}". Of the {len(fields) - several} others, '
        f"{registered} are also known by MAC addresses that are registered to them.\n"
    )


def _table(catalogue: Catalogue, makers: list[str]) -> Iterable[str]:
    yield "| maker | signatures | models | queries | fields | yields |"
    yield "|---|---|---|---|---|---|"
    for maker in makers:
        signatures = [s for s in catalogue.signatures if (s.file_maker or GENERAL) == maker]
        models = [m for m in catalogue.models if (m.manufacturer or GENERAL) == maker]
        queries = sum(1 for q in catalogue.queries if (q.manufacturer or GENERAL) == maker)
        fields = ", ".join(sorted({s.field for s in signatures}))
        yield f"| {maker} | {len(signatures)} | {len(models)} | {queries} | {fields} | {_yields(signatures, models)} |"


def _yields(signatures: list[Signature], models: list[Model]) -> str:
    marks = {"protocol": "P", "specific": "S", "weak": "W"}
    strengths = "".join(mark for strength, mark in marks.items() if any(s.maker == strength for s in signatures))
    types = Counter(rule.type for rule in (*signatures, *models) if rule.type)
    groups = {group for s in signatures for group in s.regex.groupindex}
    captured = (
        ["model"] * bool(models or "model" in groups)
        + ["firmware"] * ("firmware" in groups)
        + ["identity"] * bool(groups & {"serial", "mac"})
    )
    return "; ".join(part for part in (strengths, ", ".join(sorted(types)), ", ".join(captured)) if part)


def _unfed(catalogue: Catalogue) -> Iterable[str]:
    """Yield how many counted signatures have a query, and which have none, by reason."""
    unfed = catalogue.feeding.unfed
    counted = sum(1 for s in catalogue.signatures if s.type in COUNTED_TYPES)
    yield f"Of {counted} counted signatures, {counted - len(unfed)} have a query. The others, by reason:\n"
    yield "| why no query finds it | signatures | which |"
    yield "|---|---|---|"
    by_reason: dict[str, list[str]] = {}
    for name, reason in unfed.items():
        by_reason.setdefault(reason, []).append(name)
    for reason, names in sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0])):
        yield f"| {reason} | {len(names)} | {', '.join(sorted(names))} |"


def sources_of(signature: Signature) -> tuple[str, ...]:
    """Return the sources that a signature rests on, without files and remarks: a repository, or who says so."""
    found = []
    for part in signature.source.split(";"):
        text = re.sub(r"\(.*?\)", "", part).strip()
        repository = _REPOSITORY.match(text)
        found.append("nmap" if text.startswith("nmap") else repository[0] if repository else text.split(",")[0].strip())
    return tuple(dict.fromkeys(filter(None, found)))


def _sources(catalogue: Catalogue) -> Iterable[str]:
    """Yield how many signatures, and which share of the makers, rest on one source alone."""
    alone = Counter(found[0] for s in catalogue.signatures if len(found := sources_of(s)) == 1)
    by_maker: dict[str, set[str]] = {}
    for signature in catalogue.signatures:
        if signature.file_maker:
            by_maker.setdefault(signature.file_maker, set()).update(sources_of(signature))
    one = sum(1 for found in by_maker.values() if len(found) == 1)
    yield (
        f"{alone.total()} of {len(catalogue.signatures)} signatures rest on one source alone, and {one} of "
        f"{len(by_maker)} makers with signatures have all theirs from one source.\n"
    )
    yield "| source | signatures that rest on it alone |"
    yield "|---|---|"
    rows = sorted(alone.items(), key=lambda item: (-item[1], item[0]))
    yield from (f"| {name} | {n} |" for name, n in rows if n >= _FEWEST)
    rest = [n for _, n in rows if n < _FEWEST]
    yield f"| {len(rest)} others | {sum(rest)} |"


def _published(catalogue: Catalogue, published: Sequence[Published]) -> Iterable[str]:
    fields = _fields(catalogue)
    few = [row.maker for row in published if len(fields[row.maker]) < _ENOUGH]
    yield f"{len(published) - len(few)} of these {len(published)} makers have signatures in at least {_ENOUGH} fields."
    if few:
        yield f"For the others no more was found in public: {', '.join(few)}."
    yield from ("", "| maker | published | source | fields |", "|---|---|---|---|")
    yield from (f"| {row.maker} | {row.published} | {row.source} | {len(fields[row.maker])} |" for row in published)


def _conflicts(catalogue: Catalogue) -> Iterable[str]:
    yield "| brand | makers named | period | confidence |"
    yield "|---|---|---|---|"
    for brand in sorted(catalogue.brands, key=lambda b: b.name.lower()):
        if len(brand.manufacturer) > 1:
            yield f"| {brand.name} | {', '.join(brand.manufacturer)} | {brand.period} | {brand.confidence} |"
