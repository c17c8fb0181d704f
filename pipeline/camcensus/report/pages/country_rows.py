"""The page's country table as text, for every snapshot, unit and larger maker.

Python computes and writes every number once: the template shows the newest snapshot's, `page.js` shows the others'.
"""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from camcensus.report.context import ReportContext
from camcensus.report.formatting import HIDDEN, MISSING, percent, rate, share, shown, signed
from camcensus.report.pages.page_map import looks_and_legend
from camcensus.report.pages.sparklines import HIGH, WIDE, spark
from camcensus.report.tables import facts
from camcensus.report.tables.page_data import UNITS, Place, View, Year, maker_slugs

MOST_COLUMNS = 3  # makers of the study with a column of their own; the switch has the others
MOST_NAMED = 2  # makers named in a row
RATES = {"people": 100_000, "addresses": 1_000_000}
Columns = dict[str, list[str]]  # column to text by row: the places, then the world


class Heading(NamedTuple):
    """A column: its key, its name, the note below it, how it sorts first (text, up or down)."""

    key: str
    name: str
    note: str
    sort: str


class Row(NamedTuple):
    """A row: kind is country, out (left out), unknown or world; its cells by column."""

    kind: str
    code: str
    name: str
    cells: dict[str, str | Markup]


class CountryRows:
    """The table and the map of every snapshot and measure: a unit (all makers), or a maker (hosts)."""

    def __init__(self, context: ReportContext, found: View) -> None:
        self.found, slugs = found, maker_slugs(context)
        self.makers = {maker: f"maker-{slugs[maker]}" for maker in found.makers}
        self._own = context.study.vendors[:MOST_COLUMNS]
        self._world = Place("", f"World {context.where}", "world", None, None)
        self._codes = [*(place.code for place in found.places), ""]

    def headings(self) -> list[Heading]:
        """Return the columns in order."""
        unit, since = self.found.unit, self._since(len(self.found.years) - 1)
        return [
            Heading("rank", "Rank", f"by {unit}", "up"),
            Heading("name", "Country or territory", "", "text"),
            Heading("code", "Code", "ISO", "text"),
            *(Heading(name, name.capitalize(), "", "down") for name in UNITS),
            Heading("people", "Per 100,000", f"{unit}, people", "down"),
            Heading("addresses", "Per million", f"{unit}, IPv4 addresses", "down"),
            Heading("change", "Change", f"{unit} {since}", "down"),
            Heading("percent", "Change, %", since, "down"),
            Heading("trend", "Trend", unit, "down"),
            Heading("share", "Makers", "% of hosts, largest", "down"),
            Heading("agreed", "Agreement", "%, two location sources", "down"),
            *(Heading(self.makers[maker], maker, "hosts", "down") for maker in self._own),
        ]

    def rows(self) -> list[Row]:
        """Return the newest snapshot's rows, all makers: by rank, then left-out countries, Unknown and World."""
        year, unit = len(self.found.years) - 1, self.found.unit
        columns = self._columns(year, unit) | {"trend": self._trends(unit), "agreed": self._agreed(year)}
        columns |= {name: self._counts(year, name) for name in (*UNITS, *self._own)}
        rows = []
        for i, place in enumerate((*self.found.places, self._world)):
            cells: dict[str, str | Markup] = {self.makers.get(k, k): texts[i] for k, texts in columns.items()}
            value, *paths = columns["trend"][i].split(";")
            rows.append(Row(place.kind, place.code, place.name, cells | {"trend": _svg(paths), "trend_value": value}))
        return rows

    def data(self) -> dict[str, object]:
        """Return what `page.js` shows: columns as one text each (`_pack`); names of makers may hold anything."""
        measures = {unit: unit for unit in UNITS} | self.makers
        return {
            "unit": self.found.unit,
            "codes": self._codes[:-1],
            "makers": dict(zip(self.makers.values(), self.makers, strict=True)),
            "trends": {key: "|".join(self._trends(name)) for name, key in measures.items()},
            "years": [
                {
                    "id": year.point.snapshot,
                    "since": self._since(number),
                    "caveat": year.caveat,
                    "agreed": _pack(self._agreed(number)),
                    "share": self._shares(year, self.found.unit),
                    "views": {key: self._packed(number, name) for name, key in measures.items()},
                }
                for number, year in enumerate(self.found.years)
            ],
        }

    def _packed(self, number: int, measure: str) -> dict[str, object]:
        """Return a view's columns, each as one text, and its maps."""
        counts = self._measure_counts(number, measure)
        year, places = self.found.years[number], self.found.places
        rates = {"": None} | {name: self._rates(year, measure, counts, name) for name in RATES}
        maps = {name: looks_and_legend(places, counts, values) for name, values in rates.items()}
        columns = self._columns(number, measure) | {"count": self._counts(number, measure)}
        if measure in UNITS:
            columns.pop("share")  # the same for every unit, so it is the year's
        # A minus takes three bytes, a hyphen one; the script writes it as a minus again.
        changes = {
            name: [text.replace("\N{MINUS SIGN}", "-") for text in columns[name]] for name in ("change", "percent")
        }
        return {key: _pack(texts) for key, texts in (columns | changes).items()} | {"maps": maps}

    def _measure_counts(self, number: int, measure: str) -> list[int | None]:
        counts = self.found.years[number].counts(measure)
        return [counts.get(code, 0) for code in self._codes]

    def _counts(self, number: int, measure: str) -> list[str]:
        return [shown(n) for n in self._measure_counts(number, measure)]

    def _columns(self, number: int, measure: str) -> Columns:
        """Return the columns that follow the measure, but for its counts and trends."""
        year, counts = self.found.years[number], self._measure_counts(number, measure)
        before = self._measure_counts(number - 1, measure) if number and not year.why else [None] * len(counts)
        moved = [facts.change(one, two) for one, two in zip(before, counts, strict=True)]
        ranks, spans = self.found.ranks(year.counts(measure)), year.ranks.get(measure, {})
        return {
            # Behind them those that the sensitivity ranges allow (known for all makers together).
            "rank": [
                f"{ranks[c]} ({spans[c][0]}–{spans[c][1]})" if c in spans and c in ranks else str(ranks.get(c, ""))
                for c in self._codes
            ],
            **{name: [rate(n) for n in self._rates(year, measure, counts, name)] for name in RATES},
            "change": [signed(one.absolute) for one in moved],
            "percent": [percent(one.percent).removesuffix("%") for one in moved],
            "share": self._shares(year, measure),
        }

    def _rates(self, year: Year, measure: str, counts: Sequence[int | None], name: str) -> list[float | None]:
        """Return counts per 100,000 people or per million addresses; None where they are not known."""
        of = [getattr(place, name) for place in self.found.places]
        rates = [round(RATES[name] * n / m, 4) if n is not None and m else None
                 for n, m in zip(counts[:-1], of, strict=True)]  # fmt: skip
        return [*rates, year.rates[measure][list(RATES).index(name)] if measure in year.rates else None]

    def _shares(self, year: Year, measure: str) -> list[str]:
        """Return a maker's share of the hosts; or the largest makers that may be shown, with theirs."""
        texts = []
        for code in self._codes:
            hosts = year.units["hosts"].get(code, 0)
            if measure in year.makers:
                own = year.makers[measure].get(code, 0)
                texts.append(HIDDEN if own is None or not hosts else share(own / hosts))
                continue
            found = {m: n for m, counts in year.makers.items() if (n := counts.get(code)) and hosts}
            top = sorted(found, key=lambda m: (-found[m], m))[:MOST_NAMED]
            texts.append(", ".join(f"{m} {100 * found[m] / hosts:.0f}%" for m in top) or HIDDEN)
        return texts

    def _trends(self, measure: str) -> list[str]:
        """How high the line ends (from zero to the row's own most, in thousandths), and its path data."""
        points, texts = [year.point for year in self.found.years], []
        series = [self._measure_counts(number, measure) for number in range(len(points))]
        for counts in zip(*series, strict=True):
            most = max((n for n in counts if n is not None), default=0)
            value = "" if counts[-1] is None or not most else f"{1000 * counts[-1] / most:.0f}"
            texts.append(";".join([value, *spark(points, counts)]))
        return texts

    def _agreed(self, number: int) -> list[str]:
        agreed = [self.found.years[number].agreed.get(code) for code in self._codes]
        return [MISSING if value is None else f"{100 * value:.1f}" for value in agreed]

    def _since(self, number: int) -> str:
        return f"since {self.found.years[number - 1].point.snapshot}" if number else "no earlier snapshot"


def _pack(texts: Sequence[str]) -> str:
    """Return the texts joined by "|", n/a as nothing; one n/a for a column that has nothing else."""
    if all(text == MISSING for text in texts):
        return MISSING
    return "|".join("" if text == MISSING else text for text in texts)


def _svg(paths: Sequence[str]) -> Markup:
    kinds = (" ", ' class="dots" ', ' class="dot" ', ' class="ring" ')
    drawn = [Markup('<path{}d="{}"/>').format(Markup(kind), path) for kind, path in zip(kinds, paths, strict=True)]  # noqa: S704
    return Markup('<svg class="spark" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(
        WIDE, HIGH, Markup("").join(drawn)
    )
