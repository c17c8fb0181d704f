"""Files appear whole or not at all, damage is seen, one process works at a time, and the key stays private."""

import os
import random
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from camcensus.core import parquet, storage
from camcensus.core.errors import BusyError, CamcensusError, InputError, IntegrityError, TableError
from camcensus.core.tables import LINKS, conform

ROWS = 300


def links(**columns: pa.Array) -> pa.Table:
    """A table of links, with some columns replaced."""
    plain = {
        "file": pa.array(["a.json"] * ROWS),
        "line": pa.array(range(ROWS), pa.int64()),
        "status": pa.array(["kept"] * ROWS),
        "device": pa.array([f"d{n}" for n in range(ROWS)]),
        "rule": pa.array(["alone"] * ROWS),
        "decoy": pa.array(["likely"] * ROWS),
    }
    return pa.table({name: array for name, array in (plain | columns).items() if array is not None})


def python(code: str, *arguments: object) -> "subprocess.Popen[str]":
    """A process of its own that runs `code`."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of links in a file."""
    parquet.write_table(tmp_path / "links.parquet", links(), LINKS)
    return tmp_path / "links.parquet"


def test_a_file_appears_whole_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.txt"
    with storage.atomic(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(error), storage.atomic(tmp_path / "a.txt") as file:
        file.write(b"half")
        raise error
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"a.txt": "old"}


def test_f1_a_kill_in_the_middle_leaves_the_old_file_and_the_next_run_tidies_up(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.txt"
    storage.write_text(path, "old")
    code = (
        "import sys; from pathlib import Path; from camcensus.core import storage as store\n"
        "with store.atomic(Path(sys.argv[1])) as file:\n"
        "    file.write(b'x' * 100_000); file.flush(); print('half', flush=True); sys.stdin.read()"
    )
    with python(code, path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    assert path.read_text() == "old"
    assert len(list(path.parent.iterdir())) == 2, "the half file is there, under another name"
    storage.remove_leftovers(tmp_path)
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_tidying_up_removes_nothing_else(tmp_path: Path) -> None:
    for name in (".hidden", "a.part", ".lock", "sub/b.parquet"):
        storage.write_text(tmp_path / name, "x")
    storage.remove_leftovers(tmp_path)
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == [".hidden", ".lock", "a.part", "b.parquet"]


def test_files_are_as_private_as_the_user_wants(tmp_path: Path) -> None:
    code = (
        "import os, sys; os.umask(0o077); from pathlib import Path; from camcensus.core import storage as store\n"
        "store.write_text(Path(sys.argv[1]), 'x')"
    )
    with python(code, tmp_path / "a.txt") as process:
        process.communicate()
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o600


def test_json_is_the_same_bytes_whatever_the_order(tmp_path: Path) -> None:
    storage.write_json(tmp_path / "a", {"b": 1, "a": "é"})
    storage.write_json(tmp_path / "b", {"a": "é", "b": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert storage.read_json(tmp_path / "a") == {"a": "é", "b": 1}


@pytest.mark.parametrize("content", [b"{", b"", b"\xff"])
def test_damaged_json_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(IntegrityError, match=r"a\.json: is damaged"):
        storage.read_json(tmp_path / "a.json")


def test_a_table_comes_back_as_it_went(table: Path) -> None:
    assert parquet.read_table(table, LINKS).equals(links().cast(LINKS.schema))
    assert pq.read_schema(table).metadata[b"table"] == b"links"


def test_columns_lie_in_files_as_their_values_ask_for(table: Path) -> None:
    group = pq.read_metadata(table).row_group(0)
    lies = {column.path_in_schema: column for column in map(group.column, range(group.num_columns))}
    assert "DELTA_BINARY_PACKED" in lies["line"].encodings
    made = {name for name, column in lies.items() if column.has_dictionary_page}
    assert made == {name for name in LINKS.names if name not in ("line", "device")}


def test_parts_are_read_in_order_of_name(tmp_path: Path) -> None:
    for name in ("b", "a"):
        parquet.write_table(tmp_path / "t" / f"{name}.parquet", links(file=pa.array([name] * ROWS)), LINKS)
    (tmp_path / "t" / "c.txt").write_text("not a part")
    assert parquet.read_table(tmp_path / "t", LINKS).column("file").to_pylist() == ["a"] * ROWS + ["b"] * ROWS
    (tmp_path / "empty").mkdir()
    assert parquet.read_table(tmp_path / "empty", LINKS).num_rows == 0


def test_a_flipped_bit_is_never_read_as_data(table: Path) -> None:
    good, before = table.read_bytes(), storage.sha256(table)
    chance = random.Random(1)
    seen = 0
    places = [*(chance.randrange(len(good)) for _ in range(30)), *range(len(good) - 1500, len(good), 7)]
    for place in places:
        table.write_bytes(good[:place] + bytes([good[place] ^ 1 << chance.randrange(8)]) + good[place + 1 :])
        assert storage.sha256(table) != before
        try:
            assert parquet.read_table(table, LINKS).equals(links().cast(LINKS.schema))
        except CamcensusError as error:
            assert "Traceback" not in str(error)
            seen += 1
    assert seen > len(places) / 2


def test_rows_that_a_damaged_footer_hides_are_missed(table: Path) -> None:
    good = table.read_bytes()
    rows = bytes([2 * ROWS % 128 + 128, 2 * ROWS // 128])  # as the footer writes the number
    places = [n for n in range(len(good)) if good[n : n + 2] == rows]
    told = []
    for place, bit in ((place, bit) for place in places for bit in range(7)):
        table.write_bytes(good[:place] + bytes([good[place] ^ 1 << bit]) + good[place + 1 :])
        try:
            assert parquet.read_table(table, LINKS).num_rows == ROWS
        except IntegrityError as error:
            told.append(str(error))
    assert any("rows, not" in text for text in told), "no flip hid a row: the test looks at the wrong place"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_table_is_damaged(table: Path, share: float) -> None:
    table.write_bytes(table.read_bytes()[: int(table.stat().st_size * share)])
    with pytest.raises(IntegrityError, match="is damaged"):
        parquet.read_table(table, LINKS)


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError):
        parquet.read_table(tmp_path / "none.parquet", LINKS)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"line": pa.array(range(ROWS), pa.int32())}, "column line is int32, must be int64"),
        ({"line": pa.array([None] * ROWS, pa.int64())}, f"column line has {ROWS} nulls, may have none"),
        ({"status": pa.array([1.5] * ROWS)}, "column status is double, must be string"),
        ({"rule": None}, "columns are missing: rule"),
        ({"more": pa.array([1] * ROWS)}, "unexpected columns: more"),
    ],
)
def test_a_table_that_does_not_conform_is_not_written(
    tmp_path: Path, columns: dict[str, pa.Array], reason: str
) -> None:
    with pytest.raises(TableError, match=reason):
        parquet.write_table(tmp_path / "links.parquet", links(**columns), LINKS)
    assert list(tmp_path.iterdir()) == []


def test_conform_puts_columns_in_order_and_leaves_nulls_where_they_may_be() -> None:
    turned = links().select(LINKS.names[::-1])
    place = turned.column_names.index("rule")
    found = conform(turned.set_column(place, "rule", pa.array([None] * ROWS, pa.string())), LINKS)
    assert found.column_names == LINKS.names
    assert found.column("rule").null_count == ROWS


def test_f10_a_second_process_is_told_who_holds_the_study(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from camcensus.core import storage as store\n"
        "with store.lock(Path(sys.argv[1])):\n    print('held', flush=True); sys.stdin.read()"
    )
    with python(code, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match=f"in use by process {process.pid} on ") as caught, storage.lock(tmp_path):
            pass
        assert str(process.pid) in caught.value.holder
        process.communicate()
    with storage.lock(tmp_path):
        pass


def test_f10_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from camcensus.core import storage as store\n"
        "with store.lock(Path(sys.argv[1])):\n    os.kill(os.getpid(), 9)"
    )
    with python(code, tmp_path) as process:
        process.communicate()
    assert process.returncode == -9
    with storage.lock(tmp_path):
        assert (tmp_path / ".lock-holder").read_text().startswith(f"process {os.getpid()} on ")


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "study.key"
    key = storage.identity_key(path, simulated=False)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert storage.identity_key(path, simulated=False) == key
    assert storage.identity_key(tmp_path / "other.key", simulated=False) != key
    assert key.hex() not in storage.key_id(key)


def test_made_up_data_has_a_public_key_and_writes_none(tmp_path: Path) -> None:
    assert storage.identity_key(tmp_path / "k", simulated=True) == storage.identity_key(tmp_path / "l", simulated=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "study.key"
    storage.identity_key(path, simulated=False)
    path.chmod(mode)
    with pytest.raises(InputError, match="can be read by others; run: chmod 600"):
        storage.identity_key(path, simulated=False)


@pytest.mark.parametrize("content", [b"", b"z" * 64, b"\xff" * 64, b"ab" * 31, b"ab" * 33])
def test_a_file_that_is_no_key_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "study.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(InputError, match="is not a key of camcensus"):
        storage.identity_key(path, simulated=False)
    assert path.read_bytes() == content


def test_a_file_read_in_batches_is_not_held(tmp_path: Path) -> None:
    size = 200_000
    with pq.ParquetWriter(tmp_path / "a.parquet", pa.schema([("text", pa.binary())]), compression="none") as writer:
        for n in range(40):
            writer.write_table(pa.table({"text": [bytes([n]) + random.Random(n).randbytes(size)]}))
    before = pa.total_allocated_bytes()
    for batch in parquet.opened_to_stream(tmp_path / "a.parquet").iter_batches(1):
        del batch
        assert pa.total_allocated_bytes() - before < 10 * size


@pytest.mark.parametrize("value", [{}, {"a": 1}, {"z": [1, {"sha256": "x"}]}, {"a": "é\n", "sha": {}, "t": None}])
def test_a_checksummed_file_is_read_only_as_it_was_written(tmp_path: Path, value: dict[str, object]) -> None:
    path = tmp_path / "record.json"
    storage.write_checksummed(path, value)
    assert storage.read_checksummed(path) == value
    written = path.read_bytes()
    for place in range(len(written)):
        for bit in (1, 4, 32, 128):
            path.write_bytes(written[:place] + bytes([written[place] ^ bit]) + written[place + 1 :])
            with pytest.raises(IntegrityError, match="damaged"):
                storage.read_checksummed(path)
    for other in (written + b"\n", b" " + written, written.replace(b"\n", b"\r\n"), written.replace(b"\n", b"\n ")):
        path.write_bytes(other)
        with pytest.raises(IntegrityError, match="damaged"):
            storage.read_checksummed(path)


def test_a_checksum_in_another_place_is_not_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    storage.write_checksummed(path, {"a": 1, "z": 2})
    first, a, checksum, z, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + checksum + a + z + last)
    with pytest.raises(IntegrityError, match="not what was written"):
        storage.read_checksummed(path)
    path.write_bytes(first + a + checksum + checksum + z + last)
    with pytest.raises(IntegrityError, match="not what was written"):
        storage.read_checksummed(path)
