"""Write `queries/README.md` from the catalogue: what it can name, what finds it, and what it rests on."""

import re
from collections import Counter
from collections.abc import Iterable

from camcensus.core.tables import COUNTED_TYPES
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

No published count ranks 40 makers of cameras by hosts. Searched on 2026-11-30; `data/reference/prior_studies.csv` has
the studies. Top10VPN (2021) counts two makers, Cybernews (2022) 28 together (Hikvision 96%), Guo and Heidemann (2018)
and Li and others (2017) all makers together, and other figures are of devices with one vulnerability. These are the
makers with a figure that was found, largest first, and those that a count names; no two figures are comparable:
"""
# Maker, figure, and where it is published.
_PUBLISHED = (
    ("Hikvision", "more than 4.8 million camera networks outside China, 2021 (Top10VPN)",
     "https://www.himalayaustralia.com.au/2022/06/26/the-worlds-biggest-surveillance-company-in-china/"),
    ("Dahua", "with Hikvision more than 6 million, 2021 (Top10VPN)",
     "https://www.top10vpn.com/research/hikvision-dahua-surveillance-cameras-global-locations/"),
    ("Xiongmai", "more than 500,000 vulnerable devices, 2016 (Flashpoint)",
     "https://www.darkreading.com/endpoint/7-imminent-iot-threats/d/d-id/1327233"),
    ("RaySharp", "up to 46,000 recorders, 2016 (Risk Based Security)",
     "https://pogowasright.org/hard-coded-password-exposes-up-to-46000-raysharp-video-surveillance-dvrs-to-hacking"),
    ("GeoVision", "more than 10,000 vulnerable devices in the USA and Germany, 2024 (Shadowserver)",
     "https://bitdefender.com/en-us/blog/hotforsecurity/researchers-geovision-botnet-ddos-cryptocurrency"),
    ("Cisco", "named among 28 makers, without a figure, 2022 (Cybernews)",
     "https://www.wilsonsmedia.com/millions-of-ip-cameras-around-the-world-are-unprotected"),
    ("Toshiba", "named among 28 makers, without a figure, 2022 (Cybernews)",
     "https://www.wilsonsmedia.com/millions-of-ip-cameras-around-the-world-are-unprotected"),
    ("Linksys", "named among 28 makers, without a figure, 2022 (Cybernews)",
     "https://www.wilsonsmedia.com/millions-of-ip-cameras-around-the-world-are-unprotected"),
)  # fmt: skip
_FEWEST = 5  # signatures of a source, for a row
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def page(catalogue: Catalogue) -> str:
    """Return the page in Markdown: totals, a table of makers, and brands of several makers."""
    totals = (
        f"Version {catalogue.version}, query set {catalogue.query_set}: {len(catalogue.makers)} makers, "
        f"{len(catalogue.signatures)} signatures, {len(catalogue.models)} model patterns, "
        f"{len(catalogue.written)} written queries, {len(catalogue.feeding.made)} made ones, "
        f"{len(catalogue.brands)} brands.\n"
    )
    makers = _table(catalogue, [*catalogue.makers, GENERAL])
    parts = [_HEAD, totals, "## Makers\n", *makers, _LEGEND, _QUERIES, *_unfed(catalogue)]
    parts += ["", "## Sources\n", *_sources(catalogue), "", _PUBLISHED_HEAD, *_published(catalogue)]
    return "\n".join([*parts, "", _BRANDS, *_conflicts(catalogue), ""])


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


def _published(catalogue: Catalogue) -> Iterable[str]:
    yield "| maker | published | source | fields |"
    yield "|---|---|---|---|"
    for maker, figure, source in _PUBLISHED:
        fields = {s.field for s in catalogue.signatures if s.file_maker == maker}
        yield f"| {maker} | {figure} | {source} | {len(fields)} |"


def _conflicts(catalogue: Catalogue) -> Iterable[str]:
    yield "| brand | makers named | period | confidence |"
    yield "|---|---|---|---|"
    for brand in sorted(catalogue.brands, key=lambda b: b.name.lower()):
        if len(brand.manufacturer) > 1:
            yield f"| {brand.name} | {', '.join(brand.manufacturer)} | {brand.period} | {brand.confidence} |"
