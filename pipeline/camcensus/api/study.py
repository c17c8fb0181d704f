"""An open study: counts, tables, trends, explanations, errors where the truth is known."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc

from camcensus.api import choices
from camcensus.api.frame import Frame
from camcensus.api.meaning import unit_column
from camcensus.api.rows import Rows
from camcensus.api.two_engines import TwoEngines
from camcensus.core import storage
from camcensus.core.config import Study, load_study
from camcensus.core.console import Reporter
from camcensus.core.countries import load_countries
from camcensus.core.errors import ChoiceError, UnitError
from camcensus.core.manifest import Manifest
from camcensus.core.tables import UNITS
from camcensus.core.units import adds_up
from camcensus.estimate.audits.makers import corrected_makers
from camcensus.estimate.audits.score import read_labels
from camcensus.estimate.source import Source
from camcensus.estimate.two_engines.lists import comparable
from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.matcher import Identifier, identifier_of
from camcensus.ingest.evidence import evidence_of
from camcensus.readers.banner import Rejected, decode
from camcensus.report.inputs import Result, Scope, cells_of, headline_cells
from camcensus.report.stage import counted_results
from camcensus.report.tables.country_table import Selection, snapshot_rows
from camcensus.report.tables.country_table import schema as table_schema
from camcensus.report.tables.trend import Series, trend
from camcensus.validation.accuracy.counted import CountedWorld
from camcensus.validation.accuracy.countries import TRUTHS, by_truth, country_errors, true_counts

Snapshots = str | Sequence[str]
COVERED = ("world", "country", "port", "country+port")  # levels of coverage
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
    """Open a study (a `study.toml`). Nothing is changed, and nothing but the file is read yet.

    Raises `StudyError`, with a line for each fault, where the file is not a study.

    >>> study = open_study("studies/demo.toml")
    >>> study.snapshots
    ['2025', '2026']
    """
    return OpenStudy(load_study(Path(path)))


class OpenStudy:
    """A study and its counts.

    Counts are of all cells, small ones too: what may be published is `counts_public.parquet` in the report. Devices,
    observations and other rows hold addresses; keep them private.
    """

    def __init__(self, study: Study) -> None:
        """Keep the study, as `camcensus.core.config.load_study` returns it; `open_study` takes a path."""
        self.study = study

    def __repr__(self) -> str:
        """Return the study's title and file's name."""
        return f"<study {self.study.title!r} ({self.study.path.name})>"

    @cached_property
    def results(self) -> list[Result]:
        """Read the counted snapshots, oldest first, once, and compare them with their checksums.

        Raises `CamcensusError` when nothing was counted, `IntegrityError` when a table is not what was counted.
        """
        return counted_results(self.study)

    @property
    def snapshots(self) -> list[str]:
        """Return the ids of the counted snapshots, oldest first."""
        return [result.snapshot for result in self.results]

    @property
    def manifest(self) -> Mapping[str, Manifest]:
        """Return snapshot id to `manifest.json`: inputs, instrument, window, checksums, and the flow of rows.

        >>> study.manifest["2026"].stages["identify"].flow.unit
        'banners'
        """
        return {result.snapshot: result.manifest for result in self.results}

    def instrument(self) -> Frame:
        """Return what the numbers of each snapshot depend on, one row per snapshot.

        Columns: the versions of queries, evidence, catalogue, rules and country database, engine, basis, window
        (seconds since 1970 UTC), whether it is complete, and made up. From `manifest.json`.

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
        """Return the cells of one level, one row per snapshot and cell.

        Columns: `snapshot`, the level's columns, and the units `n_banners`, `n_hosts`, `n_devices`, `n_prefixes`
        (int64). World and country rows also have hosts that both location sources (`n_hosts_geo_min`) or either
        (`n_hosts_geo_max`) put there, and how many have a second source (`n_hosts_geo_asked`). From `counts.parquet`;
        of a snapshot without a camera only the level "world" has a row.

        level: what is grouped by, such as "country" or ("country", "manufacturer"); "world" for the total. snapshots:
        "newest", "all", an id or several. scope: "study" leaves out the study's countries. The other arguments default
        to the headline's values; levels finer than countries are counted at these alone.

        Raises `ChoiceError` for a level, snapshot or variant that was not counted, and `InstrumentError` where the
        snapshots were counted with different instruments (unless `several_instruments`). To sum, use `total`.

        >>> study.counts("world", "all", scope="study")[["snapshot", "n_hosts", "n_devices"]]
          snapshot  n_hosts  n_devices
        0     2025     1066       1037
        1     2026     1167       1095
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

    def coverage(
        self, level: str | Sequence[str] = "world", snapshots: Snapshots = choices.NEWEST, *, scope: Scope = "all"
    ) -> Frame:
        """Return what all banners in the window turned out to be, one row per snapshot, cell and outcome.

        Columns: `snapshot`, the level's columns, `outcome` (counted, candidate, unsure, other, nothing), `n_banners`
        and `n_hosts` (int64), at the headline's values. A host is in the strongest outcome of its banners in the cell,
        so hosts add up across countries, and not across ports. From `coverage.parquet`; cells may be small, so keep
        them private. Candidates use words of surveillance; devices without such words are in no number here, so no
        share of all cameras follows.

        level: "world", "country", "port" or "country+port". Raises `ChoiceError` for another, and for a snapshot that
        was counted before there was coverage.

        >>> list(study.coverage()["outcome"])
        ['counted', 'candidate', 'unsure', 'other', 'nothing']
        """
        name = level if isinstance(level, str) else "+".join(choices.names_of(level, "level"))
        choices.one_of(name, COVERED, "level")
        choices.one_of(scope, get_args(Scope), "scope")
        groups = [] if name == "world" else name.split("+")
        tables = []
        for result in choices.chosen(self.results, snapshots):
            if result.coverage is None:
                raise ChoiceError(f"snapshot {result.snapshot} has no coverage; count it again with: camcensus run")
            rows = result.coverage.filter((pc.field("level") == name) & (pc.field("scope") == scope))
            rows = rows.select([*groups, "outcome", "n_banners", "n_hosts"])
            tables.append(rows.add_column(0, "snapshot", pa.repeat(result.snapshot, rows.num_rows)))
        return Frame.of(pa.concat_tables(tables).replace_schema_metadata(None))

    def country_table(
        self, unit: str | None = None, exclude: Sequence[str] | None = None, manufacturer: str | None = None,
        snapshot: str = choices.NEWEST,
    ) -> Frame:  # fmt: skip
        """Return the country table of one snapshot: most first, then countries left out, Unknown (ZZ) and World.

        Without arguments it is the report's, which explains the columns (data dictionary). unit: what is ranked and
        shared, the study's by default. exclude: alpha-2 codes out of ranking and World row; the study's by default.
        manufacturer: cameras of this maker alone, under the names of the catalogue; what is known of all makers
        together is null then: ranges, agreement. From `counts.parquet`.

        Raises `UnitError` for prefixes, which add up across no countries, `ChoiceError` for an unknown maker or code.

        >>> study.country_table(unit="hosts", exclude=["CN"])[["rank", "country", "n_hosts"]].head(2)
           rank country  n_hosts
        0     1      US      122
        1     2      VN      100
        """
        result, column = choices.one(self.results, snapshot), unit_column(unit or self.study.headline_unit)
        left_out = self.study.countries_left_out if exclude is None else tuple(choices.names_of(exclude, "exclude"))
        if not adds_up(column, "country"):
            raise UnitError(f"{column} does not add up across countries, so there is no World row; use counts()")
        if wrong := [code for code in left_out if code not in load_countries()]:
            raise ChoiceError(f"exclude: {', '.join(wrong)}: not ISO 3166-1 alpha-2 codes in capitals, such as CN")
        if manufacturer is not None:
            cells = headline_cells(result, "country+manufacturer", self.study)
            choices.require_maker(manufacturer, cells["manufacturer"])
        selection = Selection(column.removeprefix("n_"), left_out, manufacturer)
        rows = snapshot_rows(self.study, result, selection)
        schema = pa.schema([field for field in table_schema(self.study).schema if field.name in rows[0]])
        return Frame.of(pa.Table.from_pylist(rows, schema=schema))

    def trend(
        self, unit: str | None = None, manufacturer: str | None = None, *, series: Series = "all",
        breaks: Literal["raise", "mark"] = "raise",
    ) -> Frame:  # fmt: skip
        """Return the total (or one maker's) snapshot by snapshot, without the countries that the study leaves out.

        Columns: `snapshot`, `window_end` (date), the unit (`n_hosts`, ...; null where `reason` says why), `low` and
        `high` (the sensitivity range: decoys, confidence, location; of all makers alone), `break` (why it cannot be
        compared with the snapshot before; null: it can), `is_query_set_known`, `complete`, `reason`.

        series: "all" counts every banner, from `counts.parquet`; "queries" those that every snapshot's queries would
        have returned; "ports" of these the ones on ports that the engine scanned in every snapshot, both from
        `series.parquet`. Raises `InstrumentError` where the series is broken, unless breaks="mark"; another series
        mends a break of the queries alone. Raises `UnitError` for prefixes.

        >>> study.trend("hosts")[["snapshot", "window_end", "n_hosts", "is_query_set_known"]]
          snapshot  window_end  n_hosts  is_query_set_known
        0     2025  2025-11-01     1066                True
        1     2026  2026-11-01     1167                True
        """
        choices.one_of(series, get_args(Series), "series")
        column = unit_column(unit or self.study.headline_unit)
        if choices.one_of(breaks, ("raise", "mark"), "breaks") == "raise":
            instead = _UNBROKEN if series == "all" else _UNBROKEN[1:]
            choices.one_instrument(self.results, *instead, are_queries_the_same=series != "all")
        if column == "n_prefixes":
            raise UnitError("prefixes are a check on churn and have no trend; use hosts, devices or banners")
        if manufacturer is not None:
            cells = (headline_cells(result, "manufacturer", self.study, "study") for result in self.results)
            choices.require_maker(manufacturer, (maker for found in cells for maker in found["manufacturer"]))
        points = trend(self.study, self.results, column.removeprefix("n_"), manufacturer, series)
        names = {"count": column, "break_reason": "break", "is_complete": "complete"}
        rows = [{names.get(name, name): value for name, value in asdict(point).items()} for point in points]
        types = {"window_end": pa.date32(), "is_query_set_known": pa.bool_(), "complete": pa.bool_()}
        types |= dict.fromkeys((column, "low", "high"), pa.int64())
        schema = pa.schema([(name, types.get(name, pa.string())) for name in rows[0]])
        return Frame.of(pa.Table.from_pylist(rows, schema=schema))

    def table(
        self, name: str, columns: Sequence[str] | None = None, where: str | None = None,
        snapshots: Snapshots = choices.NEWEST,
    ) -> Rows:  # fmt: skip
        """Return rows of a table, lazily.

        name: `observations`, `identified`, `links`, `devices`, or any other of `camcensus.core.tables` that the
        snapshots have, each from a file such as `devices.parquet`. See `columns(name)` for what each column holds.

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
        """Return accepted banners with their evidence, lazily; private. As `table("observations", ...)`.

        >>> study.observations(columns=["host", "port"], where="port in (80, 554)")
        <rows of observations where port in (80, 554): snapshot, host, port; not read yet>
        """
        return self.table("observations", columns, where, snapshots)

    def devices(
        self, columns: Sequence[str] | None = None, where: str | None = None, snapshots: Snapshots = choices.NEWEST
    ) -> Rows:
        """Return inferred devices, lazily; private. As `table("devices", ...)`.

        >>> study.devices(["country", "model"], "manufacturer = 'Axis'").columns
        ['snapshot', 'country', 'model']
        """
        return self.table("devices", columns, where, snapshots)

    def explain(self, banner: Mapping[str, Any] | str | bytes) -> dict[str, Any]:
        r"""Return what one banner is, and by which evidence. `banner`: a line of a Shodan export, or a dictionary.

        Keys: `counted`, `manufacturer`, `model`, `product_type`, the confidences, `signatures` (ids of `queries/`),
        `decoy`, and `evidence`: the fields that were inspected, without personal ones. If it is not a JSON object,
        there is `rejected` with the reason. Address, port and time, which ingest requires, may be missing.

        >>> verdict = study.explain({"ip_str": "192.0.2.1", "port": 80, "transport": "tcp", "timestamp":
        ...     "2026-10-20T08:30:01.123456", "data": "HTTP/1.1 200 OK\r\nServer: App-webs/\r\n\r\n"})
        >>> verdict["manufacturer"], verdict["signatures"]
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
        """Return the software's error by country in a simulated world.

        Columns: `country`, `unit`, `counted`, `true`, `error` (a share of the truth; null where that is 0). Both IP
        versions, no country left out. against: "reachable", "seen", "returned" or "evidence", from everything there is
        to what shows what it is. From `counts.parquet` and the world's `truth.parquet`. Raises `ChoiceError` for a
        study whose truth is not known, as of any real count.

        >>> sorted(set(study.errors()["unit"]))
        ['n_banners', 'n_devices', 'n_hosts', 'n_prefixes']
        """
        if against not in TRUTHS:
            known = "; ".join(f"{name}: {meaning}" for name, meaning in TRUTHS.items())
            raise ChoiceError(f"there is no truth {against!r}; there are: {known}")
        world = self._world(snapshot)
        return Frame.of(Frame(country_errors(world.by_country(), true_counts(world, against))).arrow())

    def error_summary(self, snapshot: str = choices.NEWEST, least: int = 200) -> Frame:
        """Return the world error, and median, 90th percentile and worst error of countries, one row per unit and truth.

        In shares of the truth, of countries with at least `least` of the unit. From the same files as `errors`, and
        raises the same.
        """
        found = by_truth(self._world(snapshot), least=least)
        return Frame.of(Frame(found[["truth", *(c for c in found.columns if c != "truth")]]).arrow())

    def two_engines(self, other: "OpenStudy", snapshot: str = choices.NEWEST) -> TwoEngines:
        """Return an estimate of the hosts reachable from the Internet, from this and another engine's study.

        Both are of the same week. From both `identified.parquet` and the evidence in `observations.parquet`. Raises
        `CamcensusError` where the two cannot be compared.
        """
        name = self._one(snapshot)
        return TwoEngines.of(comparable(Source(self.study, name), Source(other.study, name)))

    def corrected_makers(
        self, blocks: "OpenStudy", snapshot: str = choices.NEWEST, labels: Sequence[str | Path] = ()
    ) -> Frame:
        """Return makers' hosts next to those corrected by their recall in `blocks`, a study of blocks downloaded whole.

        Columns: `manufacturer`, `n_hosts`, `audited` and `found` hosts, `recall` and `n_hosts_corrected` with 95%
        intervals, `basis` (labels, or catalogue: what it does not know is not corrected), and the `reason` where there
        is no corrected count, such as fewer than 30 audited hosts. labels: files of an audit of the blocks. From
        `counts.parquet` and both `identified.parquet`. Raises `CamcensusError` where the two snapshots cannot be
        compared.
        """
        name = self._one(snapshot)
        whole = Source(blocks.study, name)
        labelled = read_labels(whole, [Path(path) for path in labels]).hosts if labels else None
        return Frame.of(Frame(corrected_makers(whole, Source(self.study, name), labelled=labelled)).arrow())

    def run(self, snapshots: Sequence[str] | None = None, *, report: bool = False, workers: int = 1) -> "OpenStudy":
        """Bring the study (or some snapshots) up to date, as `camcensus run` does, and return it newly opened.

        Raises `CamcensusError` wherever `camcensus run` would stop.

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

    def _world(self, snapshot: str) -> CountedWorld:
        """Return the snapshot of a simulated world, with its truth. Raises `ChoiceError` where there is none."""
        folder = self.study.data.parent
        if not (folder / "truth.parquet").is_file():
            raise ChoiceError(
                f"{self.study.path.name}: its truth is not known, as of any real count. To estimate errors: camcensus "
                "audit (labels by hand) or camcensus estimate (two engines); for the software alone: a simulated world"
            )
        return CountedWorld(folder, self._one(snapshot))

    def _one(self, snapshot: str) -> str:
        return choices.one(self.results, snapshot).snapshot

    def _parts(self, result: Result, name: str) -> list[Path]:
        """Return the files of a table, as the manifest names them. Raises `ChoiceError` where there are none."""
        folder = self.study.data / result.snapshot
        outputs = sorted(o for stage in result.manifest.stages.values() for o in stage.outputs)
        own = [o for o in outputs if o == f"{name}.parquet" or o.startswith(f"{name}.parquet/")]
        if set(own) & set(result.manifest.purged):
            raise ChoiceError(f"{name} of {result.snapshot} was purged (camcensus purge); its counts are what is left")
        if not own:
            raise ChoiceError(f"snapshot {result.snapshot} has no table {name}")
        return [folder / o for o in own]
