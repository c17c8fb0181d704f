"""A study opened to be asked: counts, tables, trends, explanations, errors where the truth is known."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import pyarrow as pa

from camcensus.api import choices, country_table, truth
from camcensus.api.frame import Frame
from camcensus.api.rows import Rows
from camcensus.api.trend import Series, trend
from camcensus.api.two_engines import TwoEngines, two_engines
from camcensus.core import storage
from camcensus.core.config import Study, load_study
from camcensus.core.console import Reporter
from camcensus.core.errors import ChoiceError
from camcensus.core.manifest import Manifest
from camcensus.core.tables import UNITS
from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.matcher import Identifier, identifier_of
from camcensus.ingest.evidence import evidence_of
from camcensus.readers.banner import Rejected, decode
from camcensus.report.inputs import Result, Scope, cells_of
from camcensus.report.stage import counted_results

Snapshots = str | Sequence[str]
_GEO = ("n_hosts_geo_min", "n_hosts_geo_max", "n_hosts_geo_asked")
# What to do in place of holding snapshots of several instruments against each other: counts, and a trend.
_RECOUNT = "count all with one catalogue and rules (camcensus run)"
_APART = (
    "take those that go together (snapshots={together}), or one at a time", _RECOUNT,
    'see what the queries of every snapshot would have returned (trend(series="queries"))',
    "keep them apart yourself (several_instruments=True)",
)  # fmt: skip
_UNBROKEN = (
    'see what the queries of every snapshot would have returned (series="queries")', _RECOUNT,
    'have the breaks marked (breaks="mark")',
)  # fmt: skip


def open_study(path: str | Path) -> "OpenStudy":
    """Opens a study (a `study.toml`) to ask its counts; nothing is changed and, but for the file, nothing read yet.

    Raises `StudyError`, with a line for each fault, where the file is none.

    >>> study = open_study("studies/demo.toml")
    >>> study.snapshots
    ['2025', '2026']
    """
    return OpenStudy(load_study(Path(path)))


class OpenStudy:
    """A study and what was counted of it. Counts are of cells as they are, small ones too: what may be given away is
    `counts_public.parquet` in the report. Devices, observations and other rows hold addresses; keep them to yourself.
    """

    def __init__(self, study: Study) -> None:
        """study: as `camcensus.core.config.load_study` gives it; `open_study` takes a path."""
        self.study = study

    def __repr__(self) -> str:
        """The study's title and file's name."""
        return f"<study {self.study.title!r} ({self.study.path.name})>"

    @cached_property
    def results(self) -> list[Result]:
        """The counted snapshots, oldest first, read once and held against their checksums. Raises `CamcensusError` when
        nothing was counted, `IntegrityError` when a table is not what was counted."""
        return counted_results(self.study)

    @property
    def snapshots(self) -> list[str]:
        """Ids of the counted snapshots, oldest first."""
        return [result.snapshot for result in self.results]

    @property
    def manifest(self) -> Mapping[str, Manifest]:
        """Snapshot id to its `manifest.json`: inputs, instrument, window, checksums, and where every row went.

        >>> study.manifest["2026"].stages["identify"].flow.unit
        'banners'
        """
        return {result.snapshot: result.manifest for result in self.results}

    def instrument(self) -> Frame:
        """What the numbers of each snapshot depend on: one row a snapshot, with the versions of queries, catalogue,
        rules and country database, engine, basis, window (seconds since 1970 UTC), whether it is whole, and made up.
        From `manifest.json`.

        >>> study.instrument()[["snapshot", "engine", "complete", "simulated"]]
          snapshot  engine  complete  simulated
        0     2025  shodan      True       True
        1     2026  shodan      True       True
        """
        rows = []
        for name, manifest in self.manifest.items():
            used = manifest.instrument.model_dump() if manifest.instrument else {}
            window = manifest.window
            ends = {"window_start": window.start if window else None, "window_end": window.end if window else None}
            kept = {key: getattr(manifest, key) for key in ("engine", "basis", "complete", "simulated", "run")}
            rows.append({"snapshot": name, **used, **ends, **kept})
        return Frame.of(pa.Table.from_pylist(rows))

    def counts(
        self,
        level: str | Sequence[str] = "world",
        snapshots: Snapshots = choices.NEWEST,
        *,
        scope: Scope = "all",
        ip_version: Literal["4", "6", "all"] = "4",
        min_confidence: Literal["medium", "high"] | None = None,
        decoys_left_out: Literal["none", "certain", "likely"] = "certain",
        several_instruments: bool = False,
    ) -> Frame:
        """The cells of one level: one row a snapshot and cell, with `snapshot`, the level's columns, and the units
        `n_banners`, `n_hosts`, `n_devices`, `n_prefixes` (int64). World and country rows also have hosts that both
        location sources (`n_hosts_geo_min`) or either (`n_hosts_geo_max`) put there, and how many have a second
        opinion (`n_hosts_geo_asked`). From `counts.parquet`; of a snapshot without a camera no level but "world" has a
        row.

        level: what is grouped by, such as "country" or ("country", "manufacturer"); "world" for the total. snapshots:
        "newest", "all", an id or several. scope: "study" leaves out the study's countries. The other arguments default
        to the headline's values; levels finer than countries are counted at these alone.

        Raises `ChoiceError` for a level, snapshot or variant that was not counted, and `InstrumentError` where the
        snapshots were counted with different instruments (unless `several_instruments`). To sum, use `total`.

        >>> study.counts("world", "all", scope="study")[["snapshot", "n_hosts", "n_devices"]]
          snapshot  n_hosts  n_devices
        0     2025     1232       1193
        1     2026     1327       1281
        """
        results = choices.chosen(self.results, snapshots)
        if not several_instruments:
            choices.one_instrument(results, *_APART)
        name = choices.level_of(level)
        asked: dict[str, str] = {
            "min_confidence": min_confidence or self.study.min_confidence,
            "ip_version": ip_version,
            "decoys_left_out": decoys_left_out,
        }
        choices.require_variant(name, scope, asked, self.study.min_confidence)
        groups = [] if name == "world" else name.split("+")
        columns = ["snapshot", *groups, *UNITS, *(_GEO if name in ("world", "country") else ())]
        found = pa.concat_tables(cells_of(result, name, scope, asked).select(columns) for result in results)
        return Frame.of(found.replace_schema_metadata(None))

    def country_table(
        self, unit: str | None = None, exclude: Sequence[str] | None = None, manufacturer: str | None = None,
        snapshot: str = choices.NEWEST,
    ) -> Frame:  # fmt: skip
        """The country table: most first, then countries left out, Unknown (ZZ) and World.

        Columns, as in the report's table: `snapshot`, `rank` (null: not ranked), `alpha2` (`country` of `counts`),
        `name`, `in_headline`, the unit (`hosts`, `devices` or `banners`; `n_hosts`, ... of `counts`), `share` (percent
        of the World row) and `hosts_per_100k` (for each 100,000 people, when unit is hosts). unit: the study's when not
        given. exclude: alpha-2 codes out of ranking and World row; the study's when not given. manufacturer: hosts with
        cameras of this maker alone, under the names of the catalogue. From `counts.parquet`; people and their source
        are in `data/reference/countries.csv`.

        Raises `UnitError` for prefixes, which add up across no countries, `ChoiceError` for an unknown maker or code.

        >>> study.country_table(unit="hosts", exclude=["CN"])[["rank", "alpha2", "hosts"]].head(2)
           rank alpha2  hosts
        0     1     US    134
        1     2     VN    109
        """
        result = choices.one(self.results, snapshot)
        left_out = self.study.countries_left_out if exclude is None else tuple(choices.names_of(exclude, "exclude"))
        level = "country" if manufacturer is None else "country+manufacturer"
        cells = self.counts(level, result.snapshot)
        return country_table.build(result.snapshot, cells, unit or self.study.headline_unit, left_out, manufacturer)

    def trend(
        self, unit: str | None = None, manufacturer: str | None = None, *, series: Series = "all",
        breaks: Literal["raise", "mark"] = "raise",
    ) -> Frame:  # fmt: skip
        """The total (or one maker's) snapshot by snapshot, without the countries that the study leaves out.

        Columns: `snapshot`, `window_end` (date), the unit (int64; null where `reason` says why), `low` and `high` (the
        sensitivity range: decoys, confidence, location; of all makers alone), `break` (why it cannot be held against
        the snapshot before; null: it can), `queries_known`, `complete`, `reason`.

        series: "all" counts every banner, from `counts.parquet`; "queries" those that every snapshot's queries would
        have returned; "ports" of these the ones on ports that the engine looked at in every snapshot, both from
        `series.parquet`. Raises `InstrumentError` where the series
        is broken, unless breaks="mark" or another series, which mends it; `UnitError` for prefixes.

        >>> study.trend("hosts")[["snapshot", "window_end", "hosts", "queries_known"]]
          snapshot  window_end  hosts  queries_known
        0     2025  2025-11-01   1232          True
        1     2026  2026-11-01   1327          True
        """
        choices.one_of(series, get_args(Series), "series")
        if choices.one_of(breaks, ("raise", "mark"), "breaks") == "raise" and series == "all":
            choices.one_instrument(self.results, *_UNBROKEN)
        return trend(self.study, self.results, unit or self.study.headline_unit, manufacturer, series)

    def table(
        self, name: str, columns: Sequence[str] | None = None, where: str | None = None,
        snapshots: Snapshots = choices.NEWEST,
    ) -> Rows:  # fmt: skip
        """Rows of a table of banners or devices, lazily: `observations`, `identified`, `links`, `devices`, and any
        other of `camcensus.core.tables` that the snapshots have. See `columns(name)` for what each column holds.

        columns: names, in order; all when not given. where: a condition in SQL on any column, `snapshot` among them.
        Raises `ChoiceError` for an unknown table, column or condition, or a table that was purged.

        >>> study.table("identified", ["manufacturer", "network_kind"], "is_counted and country = 'DE'").count() > 0
        True
        """
        table = choices.table_of(name)
        parts = [
            (result.snapshot, path)
            for result in choices.chosen(self.results, snapshots)
            for path in self._parts(result, name)
        ]
        return Rows(table, parts, columns, where)

    def observations(
        self, columns: Sequence[str] | None = None, where: str | None = None, snapshots: Snapshots = choices.NEWEST
    ) -> Rows:
        """Accepted banners with their evidence, one row a banner; lazily, and private. As `table("observations", ...)`.

        >>> study.observations(columns=["host", "port"], where="port in (80, 554)")
        <rows of observations where port in (80, 554): snapshot, host, port; not read yet>
        """
        return self.table("observations", columns, where, snapshots)

    def devices(
        self, columns: Sequence[str] | None = None, where: str | None = None, snapshots: Snapshots = choices.NEWEST
    ) -> Rows:
        """Inferred devices, one row a device; lazily, and private. As `table("devices", ...)`.

        >>> study.devices(["country", "model"], "manufacturer = 'Axis'").columns
        ['snapshot', 'country', 'model']
        """
        return self.table("devices", columns, where, snapshots)

    def explain(self, banner: Mapping[str, Any] | str | bytes) -> dict[str, Any]:
        r"""What one banner is, and by which evidence: a line of a Shodan export, as text or as a dictionary.

        Gives `counted`, `manufacturer`, `model`, `product_type`, the confidences, `signatures` (ids of `queries/`),
        `decoy`, and `evidence`: the fields that were looked at, without what is personal. What is no JSON object has
        `rejected` with the reason; address, port and time, without which ingest takes no banner, may be missing.

        >>> said = study.explain({"ip_str": "192.0.2.1", "port": 80, "transport": "tcp", "timestamp":
        ...     "2026-10-20T08:30:01.123456", "data": "HTTP/1.1 200 OK\r\nServer: App-webs/\r\n\r\n"})
        >>> said["manufacturer"], said["signatures"]
        ('Hikvision', ['hikvision.http.server.app-webs'])
        """
        line = json.dumps(banner) if isinstance(banner, Mapping) else banner
        try:
            found = decode(line.encode() if isinstance(line, str) else line)
            evidence = evidence_of(found)
        except Rejected as why:
            return {"counted": False, "rejected": why.reason}
        verdict = asdict(self._identifier.identify(evidence))
        shown = {name: value for name, value in evidence.items() if value is not None}
        return verdict | {"signatures": list(verdict["signatures"]), "evidence": shown}

    def errors(self, snapshot: str = choices.NEWEST, against: str = "evidence") -> Frame:
        """The software's error by country in a simulated world: `country`, `unit`, `counted`, `true`, `error` (a share
        of the truth; null where that is 0). Both IP versions, no country left out.

        against: "reachable", "seen", "returned" or "evidence", from everything there is to what shows what it is.
        From `counts.parquet` and the world's `truth.parquet`. Raises `ChoiceError` for a study whose truth is not
        known: of the real world nobody has it.

        >>> sorted(set(study.errors()["unit"]))
        ['n_banners', 'n_devices', 'n_hosts', 'n_prefixes']
        """
        return truth.errors(self.study, self._one(snapshot), against)

    def error_summary(self, snapshot: str = choices.NEWEST, least: int = 200) -> Frame:
        """World error, and median, 90th percentile and worst error of countries with at least `least` of the unit, in
        shares of the truth; one row a unit and truth. From the same files as `errors`, and raises the same."""
        return truth.summary(self.study, self._one(snapshot), least)

    def two_engines(self, other: "OpenStudy", snapshot: str = choices.NEWEST) -> TwoEngines:
        """How many hosts this and another engine's study of the same week let expect: reachable from the Internet, seen
        or not. From both `identified.parquet` and the evidence in `observations.parquet`. Raises `CamcensusError` where
        the two cannot be compared."""
        return two_engines(self.study, other.study, self._one(snapshot))

    def run(self, snapshots: Sequence[str] | None = None, *, report: bool = False, workers: int = 1) -> "OpenStudy":
        """Brings the study (or some snapshots) up to date, as `camcensus run` does, and gives it newly opened. Raises
        `CamcensusError`: whatever `camcensus run` would stop with.

        workers: processes; with more than one, a script must guard its main part (`if __name__ == "__main__":`).
        """
        from camcensus.engines.local import Local  # noqa: PLC0415
        from camcensus.run import run  # noqa: PLC0415  (the whole pipeline: not where counts are only read)

        with storage.lock(self.study.data):
            names = None if snapshots is None else list(snapshots)
            run(self.study, Reporter(), names, Local(workers), report=report)
        return OpenStudy(self.study)

    @cached_property
    def _identifier(self) -> Identifier:
        return identifier_of(load_catalogue(self.study.catalogue_path))

    def _one(self, snapshot: str) -> str:
        return choices.one(self.results, snapshot).snapshot

    def _parts(self, result: Result, name: str) -> list[Path]:
        """The files of a table, as the manifest names them. Raises `ChoiceError` where there are none."""
        folder = self.study.data / result.snapshot
        outputs = sorted(o for stage in result.manifest.stages.values() for o in stage.outputs)
        own = [o for o in outputs if o == f"{name}.parquet" or o.startswith(f"{name}.parquet/")]
        if set(own) & set(result.manifest.purged):
            raise ChoiceError(f"{name} of {result.snapshot} was purged (camcensus purge); its counts are what is left")
        if not own:
            raise ChoiceError(f"snapshot {result.snapshot} has no table {name}")
        return [folder / o for o in own]
