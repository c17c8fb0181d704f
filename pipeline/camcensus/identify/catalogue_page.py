"""Write `queries/README.md` from the catalogue: what it can name."""

from collections import Counter
from collections.abc import Iterable

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


def page(catalogue: Catalogue) -> str:
    """Return the page in Markdown: totals, a table of makers, and brands of several makers."""
    totals = (
        f"Version {catalogue.version}, query set {catalogue.query_set}: {len(catalogue.makers)} makers, "
        f"{len(catalogue.signatures)} signatures, {len(catalogue.models)} model patterns, "
        f"{len(catalogue.queries)} queries, {len(catalogue.brands)} brands.\n"
    )
    makers = _table(catalogue, [*catalogue.makers, GENERAL])
    return "\n".join([_HEAD, totals, "## Makers\n", *makers, _LEGEND, _BRANDS, *_conflicts(catalogue), ""])


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


def _conflicts(catalogue: Catalogue) -> Iterable[str]:
    yield "| brand | makers named | period | confidence |"
    yield "|---|---|---|---|"
    for brand in sorted(catalogue.brands, key=lambda b: b.name.lower()):
        if len(brand.manufacturer) > 1:
            yield f"| {brand.name} | {', '.join(brand.manufacturer)} | {brand.period} | {brand.confidence} |"
