"""The engine of a cluster gives what the engine of one machine gives, to the byte, whatever happens to its tasks."""

import json
import os
import pickle
import shutil
import signal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from camcensus.aggregate.counts import count
from camcensus.aggregate.coverage import outcomes
from camcensus.aggregate.headline import choose
from camcensus.core.config import Decoys, Dedupe, load_study
from camcensus.core.console import Reporter
from camcensus.core.errors import CamcensusError, InputError, IntegrityError, TableError
from camcensus.core.manifest import Manifest
from camcensus.core.parquet import parts_of
from camcensus.core.storage import sha256
from camcensus.core.tables import QUERY_REPLAY, Table
from camcensus.dedupe.devices import Rules, dedupe
from camcensus.engines import local
from camcensus.engines.engine import Engine, Sql, call, no_progress
from camcensus.engines.local import Local
from camcensus.engines.spark import Spark
from camcensus.engines.spark_tasks import FILE, RESULTS, done, exactly, name_of, over
from camcensus.geolocate.database import open_locator
from camcensus.identify.catalogue import Catalogue
from camcensus.identify.task import IdentifyTask
from camcensus.ingest.records import Ingested, IngestTask
from camcensus.raw.imports import import_files
from camcensus.readers.registry import SHODAN, RawPart
from camcensus.run import run
from tests.census import (
    COUNTRIES,
    INSTRUMENT,
    MAKERS,
    NOON,
    Row,
    banner,
    census,
    name_tables,
    numbered,
    somewhere,
    write,
)
from tests.conftest import banner as raw_banner
from tests.conftest import write_lines
from tests.engines.sparks import quickly
from tests.verify.worlds import VARYING

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
# In a folder whose name Spark would take for a pattern, if it were asked.
ODD = "da*ta [1] {a,b} é"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    """Spark on two cores."""
    with quickly(tmp_path_factory.mktemp("conf")) as found:
        yield found


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of one year of the first demo: two exports of it (gzip and zstd), one of a single banner, one of rubbish;
    some files have names that Spark passes over. Not counted yet."""
    folder = tmp_path_factory.mktemp("study")
    text = (ROOT / "data/demo/study.toml").read_text()
    text = text.replace('"../snapshots/first-demo"', f'"{ODD}"').replace('"../../reports/first-demo"', '"report"')
    (folder / "study.toml").write_text(text)
    one = write_lines(folder / "_one[1].json", [raw_banner(timestamp="2026-10-20T08:30:01.123456")])
    bad = write_lines(folder / "bad.json", [b"{", b"", b"[1]", raw_banner(ip_str="n_unlocated", ip=None)])
    exports = [*sorted((ROOT / "data/demo/raw/2026").glob("SYNTHETIC-*")), one, bad]
    import_files(list(map(str, exports)), folder / ODD / "2026")
    return folder


def counted(imported: Path, folder: Path, engine: Engine) -> dict[str, str]:
    """Checksums of all that a run makes and that comparisons cover, in a copy of the study."""
    shutil.copytree(imported, folder)
    run(load_study(folder / "study.toml"), Reporter(), engine=engine, report=False)
    files = [p for p in (folder / ODD).rglob("*") if p.is_file() and p.name not in VARYING]
    return {p.relative_to(folder).as_posix(): sha256(p) for p in files}


@pytest.fixture(scope="module")
def expected(imported: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """What one process of this machine makes of the study, and where."""
    folder = tmp_path_factory.mktemp("expected") / "study"
    return folder, counted(imported, folder, Local(1))


@pytest.mark.parametrize("how", ["2", "4", "spark"])
def test_every_engine_leaves_the_same_bytes(
    how: str, imported: Path, expected: tuple[Path, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    for worth in ("WORTH_PROCESSES", "WORTH_PROCESSES_ROWS"):
        monkeypatch.setattr(local, worth, 0)  # processes are started however small the work is
    chosen = request.getfixturevalue("engine") if how == "spark" else Local(int(how))
    found = counted(imported, tmp_path / "study", chosen)
    assert {name.split("/")[2] for name in found} >= {
        "observations.parquet", "quarantine.jsonl.gz", "identified.parquet", "links.parquet", "devices.parquet",
        "counts.parquet", "networks.parquet", "concentration.parquet", "firmware.parquet", "coverage.parquet",
        "maker_kinds.parquet", "reliance.parquet", "series.parquet",
    }  # fmt: skip
    assert [name for name in expected[1] if found.get(name) != expected[1][name]] == []
    assert found.keys() == expected[1].keys()
    flow = json.loads((tmp_path / "study" / ODD / "2026/manifest.json").read_text())["stages"]["ingest"]["flow"]
    assert sum(n for reason, n in flow["dropped"].items() if reason.startswith("quarantined")) >= 3


def test_what_spark_made_is_up_to_date_for_this_machine(
    imported: Path, expected: tuple[Path, dict[str, str]], engine: Spark, tmp_path: Path
) -> None:
    shutil.copytree(expected[0], tmp_path / "study")
    outcome = run(load_study(tmp_path / "study/study.toml"), Reporter(), engine=engine, report=False)
    assert outcome.done == []


def both(here: Sql, there: Sql, name: str, table: pa.Table) -> None:
    """A small table in both databases."""
    here.rows(name, table)
    there.rows(name, table)


RESTS = ("pivots_found", "reliance")


def test_queries_that_the_demo_does_not_ask_answer_alike(engine: Spark, tmp_path: Path) -> None:
    rows = [{**row, "pivotal": "x.a @cpe"} if row["port"] == 80 else row for row in numbered(somewhere(3, 600))]
    parts = write(tmp_path, [rows[:400], [], rows[400:]])
    rules = Rules("all", None, Dedupe.model_validate({}), Decoys.model_validate({}))
    returned = [{"file": row["file"], "line": row["line"]} for row in rows if row["line"] % 3]
    with Local(1).sql(tmp_path / "before") as before:
        before.parquet("identified", parts)
        window = dedupe(before, rules, tmp_path).window
        settings = before.read("settings")
    with Local(1).sql(tmp_path / "here") as here, engine.sql(tmp_path / "there") as there:
        for db in (here, there):
            db.parquet("identified", parts)
            name_tables(db, tmp_path)
            db.rows("settings", settings)
        choose(here, "medium", ("CN",))
        count(here, Manifest(snapshot="2026", window=window, instrument=INSTRUMENT), "medium")
        for name in ("host_labels", "levels", "count_labels", "countries", "headline"):
            there.rows(name, here.read(name))
        both(here, there, "left_out", pa.table({"country": ["CN"]}))
        both(here, there, "blocks", pa.table({"shift": [4]}))
        both(here, there, "collections", pa.table({"file": ["f0", "f1"], "collection": ["may", "june"]}))
        both(here, there, "common", pa.table({"has_one_query_set": [False], "has_one_port_list": [False]}))
        both(here, there, "ports", pa.table({"port": [80, 554]}))
        both(here, there, "query_replay", pa.Table.from_pylist(returned))
        both(here, there, "counted_window", pa.table({"window_start": [window.start], "window_end": [window.end]}))
        both(here, there, "outcomes", outcomes())
        names = {"pivotal": ["x.a @cpe"] * 2, "pivot_id": [0, 1]}
        both(here, there, "pivots", pa.table({**names, "kind": ["signature", "field"], "name": ["x.a", "cpe"]}))
        for query in ("sample_blocks", "churn", "coverage", "coverage_flow", "maker_kinds", *RESTS):
            answer = here.query(query)
            assert answer.num_rows, query
            assert there.query(query).to_pylist() == answer.to_pylist(), query
        name_tables(there, tmp_path, "links", "devices")
        with Local(1).sql(tmp_path / "again") as again:
            again.parquet("identified", parts)
            name_tables(again, tmp_path, "links", "devices")
            for name in ("headline", "left_out", "common", "ports", "query_replay"):
                again.rows(name, here.read(name))
            assert there.query("series").to_pylist() == again.query("series").to_pylist() != []


def skewed(at_one_address: int) -> Iterator[Row]:
    """As many banners at one address, and so all of them in its country, as at all others of all countries."""
    for n in range(at_one_address):
        yield banner("192.0.2.1", 1 + n % 65535, transport=("tcp", "udp")[n // 65535 % 2], seen_at=NOON - n // 131070)
    for n in range(at_one_address):
        maker = [*MAKERS][n % len(MAKERS)]
        yield banner(
            f"10.{n // 40_000}.{n // 200 % 200}.{n % 200}", 80 + n % 3, manufacturer=maker, country=COUNTRIES[n % 5],
            model=MAKERS[maker][n % 2], identity=f"id{n // 2}" if n % 7 == 0 else None,
        )  # fmt: skip


@pytest.mark.nightly  # 78 s on two quiet cores, 2026-11-30
def test_small_and_skewed_partitions_give_the_same_answer(engine: Spark, tmp_path: Path) -> None:
    rows = numbered(skewed(20_000))
    # Line by line to three parts, and a fourth of one row.
    rows = [{**row, "file": "z"} if row is rows[-1] else row for row in rows]
    made = {}
    for name, chosen in (("local", None), ("spark", engine)):
        found = census(tmp_path / name, rows, parts=3, counts=True, numbered_already=True, engine=chosen)
        made[name] = found.bytes
        assert len(found.links) == len(rows)
    assert made["local"] == made["spark"]


def tasks_in(folder: Path, files: int) -> list[IngestTask]:
    """As many raw files to ingest, the second of them with a bad line."""
    tasks = []
    for n in range(files):
        lines: list[Any] = [raw_banner(ip_str=f"81.2.{n}.{host}", ip=None) for host in range(20)]
        raw = write_lines(folder / f"{n}.json", [*lines, b"{"] if n == 1 else lines)
        tasks.append(
            IngestTask(RawPart(raw, SHODAN, sha256(raw)), folder / f"o/{n}.parquet", folder / f"q/{n}.gz", 1 << 40)
        )
    return tasks


def outputs(tasks: list[IngestTask]) -> dict[str, bytes]:
    """Every file that tasks left, those that no task should leave among them."""
    folder = tasks[0].raw.path.parent
    return {p.relative_to(folder).as_posix(): p.read_bytes() for d in "oq" for p in (folder / d).iterdir()}


def test_a_task_that_is_done_twice_counts_once(engine: Spark, tmp_path: Path) -> None:
    mark = tmp_path / "died"

    # Inside the test, so that it is sent by value: executors do not have the tests.
    def killed_once(task: IngestTask, on_progress: Callable[[int], None]) -> Ingested:
        result: Ingested = task(on_progress)
        if task.raw.path.name == "1.json" and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    here, there = (tasks_in(tmp_path / name, 3) for name in ("here", "there"))
    plain = Local(1).map_parts(call, here, [1, 1, 1])
    found = engine.map_parts(killed_once, there, [1, 1, 1])
    assert mark.exists()
    assert found == plain
    assert [result.accepted for result in found] == [20, 20, 20]
    assert found[1].quarantined.total() == 1
    assert outputs(there) == outputs(here)


def test_two_that_do_the_same_at_once_leave_one_whole_file(engine: Spark, tmp_path: Path) -> None:
    (task,) = tasks_in(tmp_path, 1)
    results = engine.map_parts(call, [task] * 6, [1] * 6)
    assert all(result == results[0] for result in results)
    assert len(outputs([task])) == 2
    assert len(parts_of(tmp_path / "o")) == 1


def test_results_keep_the_order_of_the_tasks(engine: Spark) -> None:
    told: list[int] = []
    assert engine.map_parts(lambda task, _: task * 3, [5, 1, 4, 2], [5, 1, 4, 2], told.append) == [15, 3, 12, 6]
    assert told[-1] == 12
    assert engine.map_parts(call, [], []) == []


def test_an_error_of_ours_arrives_as_it_was_raised(engine: Spark, tmp_path: Path) -> None:
    tasks = tasks_in(tmp_path, 2)
    tasks[1].raw.path.write_bytes(b"{}")
    with pytest.raises(IntegrityError, match="is not the file that was imported") as told:
        engine.map_parts(call, tasks, [1, 1])
    assert told.value.path == tasks[1].raw.path


def test_any_other_error_is_told_in_one_sentence(engine: Spark) -> None:
    def wrong(task: int, _: Callable[[int], None]) -> int:
        return 1 // task

    with pytest.raises(CamcensusError, match="ZeroDivisionError") as told:
        engine.map_parts(wrong, [1, 0], [1, 1])
    assert "\n" not in str(told.value)


def test_columns_that_changed_places_raise() -> None:
    right = pa.RecordBatch.from_pydict({"task": [1], "result": [b"x"]}, RESULTS)
    assert exactly(right, RESULTS) is right
    with pytest.raises(TableError, match="result binary, task int64"):
        exactly(right.select(["result", "task"]), RESULTS)
    same_types = pa.schema({"country": pa.string(), "manufacturer": pa.string()})
    with pytest.raises(TableError, match="they must be country string, manufacturer string"):
        exactly(pa.RecordBatch.from_pydict({"manufacturer": ["Axis"], "country": ["NL"]}), same_types)
    with pytest.raises(TableError, match="task int32"):
        list(done(pickle.dumps(call), [], [pa.RecordBatch.from_pydict({"task": pa.array([1], pa.int32())})]))


@dataclass(frozen=True)
class Listed:
    """Lists the lines of a file's rows."""

    source: Path = Path("unread")
    reads: Table = QUERY_REPLAY

    def __call__(self, _: Callable[[int], None]) -> list[int]:
        return []

    def over(self, batches: Iterable[pa.RecordBatch], _: Callable[[int], None] = no_progress) -> list[int]:
        return [line for batch in batches for line in batch["line"].to_pylist()]


def rows_of(file: str, *lines: int) -> pa.RecordBatch:
    """Rows of `returned` as Spark hands them on."""
    row = {"file": ["a"] * len(lines), "line": pa.array(lines, pa.int64()), FILE: [file] * len(lines)}
    return pa.RecordBatch.from_pydict(row)


def came_of(batches: Iterable[pa.RecordBatch]) -> list[tuple[int, Any]]:
    """Number and result of each task, errors in words."""
    rows = [row for batch in over([Listed(), Listed()], batches) for row in batch.to_pylist()]
    results = [(row["task"], pickle.loads(row["result"])) for row in rows]
    return [(number, str(result) if isinstance(result, Exception) else result) for number, result in results]


def test_rows_go_to_the_task_that_their_file_is_of() -> None:
    one = name_of(1)
    assert came_of([]) == came_of([rows_of(one)]) == []
    assert came_of([rows_of(one), rows_of(one, 4, 2), rows_of(one), rows_of(one, 3)]) == [(1, [4, 2, 3])]
    assert came_of([rows_of(one, 4), rows_of(name_of(0), 1)]) == [
        (1, "query_replay: rows of two files came to one task")
    ]
    swapped = rows_of(one, 4).select(["line", "file", FILE])
    assert came_of([swapped]) == [
        (1, "batch: has the columns line int64, file string; they must be file string, line int64")
    ]


def test_a_part_whose_columns_changed_places_is_read_by_name_or_refused(
    engine: Spark, expected: tuple[Path, dict[str, str]], catalogue: Catalogue, tmp_path: Path
) -> None:
    right = next((expected[0] / ODD / "2026/observations.parquet").glob("*zst.parquet"))
    table = pq.read_table(right)
    names = ["network", "engine_country"]  # both of text: by place alone nobody would notice
    assert table["network"].drop_null().to_pylist()
    order = [dict(zip(names, names[::-1], strict=True)).get(name, name) for name in table.column_names]
    pq.write_table(table.select(order), tmp_path / "swapped.parquet")
    tasks = [
        IdentifyTask(path, sha256(path), tmp_path / f"out/{n}.parquet", catalogue, open_locator(), None, b"key" * 9)
        for n, path in enumerate((right, tmp_path / "swapped.parquet"))
    ]
    rows = [table.num_rows] * 2
    with pytest.raises(TableError, match="seen_at int64, network string, asn int64, engine_country string"):
        engine.map_rows(tasks[1:], rows[1:], tmp_path / "scratch")
    assert list((tmp_path / "out").iterdir()) == []
    # Beside one that is right, Spark finds its columns by their names.
    assert engine.map_rows(tasks, rows, tmp_path / "scratch") == [tasks[0](no_progress)] * 2
    assert len({sha256(path) for path in (tmp_path / "out").iterdir()}) == 1
    assert not (tmp_path / "scratch").exists()


@pytest.mark.parametrize("damage", ["end", "page"])
def test_a_damaged_part_stops_the_run_and_says_what_to_do(
    damage: str, engine: Spark, expected: tuple[Path, dict[str, str]], catalogue: Catalogue, tmp_path: Path
) -> None:
    right = next((expected[0] / ODD / "2026/observations.parquet").glob("*zst.parquet"))
    data = bytearray(right.read_bytes())
    data[len(data) // 4] ^= 1
    wrong = tmp_path / "wrong.parquet"
    wrong.write_bytes(data if damage == "page" else data[:-9])
    task = IdentifyTask(wrong, sha256(right), tmp_path / "out.parquet", catalogue, open_locator(), None, b"key" * 9)
    with pytest.raises(CamcensusError, match="run again with --rehash") as told:
        engine.map_rows([task], [9], tmp_path / "scratch")
    assert "\n" not in str(told.value)
    assert not (tmp_path / "out.parquet").exists()


def test_a_table_takes_rows_by_the_names_of_their_columns(
    engine: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = tmp_path / "window.sql"
    counted = "count(case when is_counted then 1 end) as counted"
    query.write_text(f"select min(seen_at) as oldest, max(seen_at) as newest, {counted} from identified\n")
    monkeypatch.setattr("camcensus.engines.engine._queries", lambda: {"window": query})
    with engine.sql(tmp_path / "scratch") as db:
        db.rows("given", pa.table({"seen_at": [3, 1], "is_counted": [True, False]}))
        db.rows("window", pa.table({"counted": pa.array([], pa.int64()), "newest": pa.array([], pa.int64())}))
        db.rows("identified", pa.table({"seen_at": [3, 1], "is_counted": [True, False]}))
        with pytest.raises(TableError, match="cannot take the columns oldest, newest, counted"):
            db.append("window")
        schema = {"counted": pa.int64(), "newest": pa.int64(), "oldest": pa.int64()}
        db.rows("window", pa.schema(schema).empty_table())
        for _ in range(2):
            db.append("window")
        assert db.read("window").to_pylist() == [{"counted": 1, "newest": 3, "oldest": 1}] * 2
    assert not (tmp_path / "scratch").exists()


def listening(pid: int) -> Iterator[str]:
    """Addresses that a process listens on, as the kernel writes them (hex, bytes of each word reversed)."""
    inodes = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(str(handle.readlink()).removeprefix("socket:[").removesuffix("]"))
        except FileNotFoundError:
            continue
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, here, _, state, *rest = line.split()
            if state == "0A" and rest[5] in inodes:
                yield here.partition(":")[0]


def test_nothing_of_it_listens_beyond_this_machine(engine: Spark) -> None:
    pid = engine._spark.sparkContext._gateway.proc.pid  # type: ignore[union-attr]
    loopback = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
    found = set(listening(pid))
    assert found
    assert found <= loopback


def test_an_error_crosses_processes_whole() -> None:
    error = pickle.loads(pickle.dumps(InputError(Path("a.json"), "is empty")))
    assert (str(error), error.path, error.reason) == ("a.json: is empty", Path("a.json"), "is empty")
