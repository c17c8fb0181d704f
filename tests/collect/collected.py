"""What a collection left, to be compared: files, the ledger without its times, and what the engine was paid."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from camcensus.raw.ledger import CHECKSUM, FILE
from camcensus.validation.loopback.server import KEY, Loopback, Request
from tests.collect.worlds import PRODUCT, SERVER, raw, study_in
from tests.kills import Victim

# Of each table, all but when it was.
TABLES = {
    "facts": "name, value",
    "queries": "id, text, sent, note",
    "done": "mode, query, announced, countries",
    "networks": "query, place, network, matches",
    "partitions": "id, mode, query, sent, expected, passes, announced, received, found, repeated, drift, countries",
    "pages": "id, partition, page, pass, file, total, results, bytes, sha256",
    "replies": "id, mode, query, part, sent, file, bytes, sha256",
}


def files(study: Path) -> dict[str, bytes]:
    """Every file of the snapshot but the ledger and the lock, with its bytes."""
    found = sorted(path for path in raw(study).rglob("*") if path.is_file())
    return {
        str(path.relative_to(raw(study))): path.read_bytes()
        for path in found
        if path.name not in (FILE, CHECKSUM, ".lock")
    }


def ledger(study: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the ledger says, without times and requests."""
    with closing(sqlite3.connect(raw(study) / FILE)) as found:
        held = {name: list(found.execute(f"select {columns} from {name}")) for name, columns in TABLES.items()}
    # A fact that is written again goes to the end.
    return held | {"facts": sorted(held["facts"])}


def requests(study: Path) -> tuple[Counter[tuple[Any, ...]], int]:
    """Requests in the ledger that were answered well, and the credits of all."""
    with closing(sqlite3.connect(raw(study) / FILE)) as found:
        rows = found.execute(
            "select endpoint, query, page, results from requests where outcome = '' and endpoint != 'info'"
        )
        (spent,) = found.execute("select sum(credits) from requests").fetchone()
        return Counter(rows), int(spent)


def differences(study: Path, calm: Path, log: list[Request], kills: int) -> list[str]:
    """How a collection that was killed so often differs from one that was not. `log`: what the engine was asked for
    the first."""
    faults = []
    own, other = files(study), files(calm)
    faults += [f"{name}: {what}" for name in own.keys() ^ other.keys() for what in ["in one of the two only"]]
    faults += [f"{name}: has other bytes" for name in own.keys() & other.keys() if own[name] != other[name]]
    for name, rows in ledger(calm).items():
        if ledger(study)[name] != rows:
            faults.append(f"ledger: {name} differs: {ledger(study)[name]} and {rows}")
    bought = Counter((request.query, request.page) for request in log if request.credits)
    twice = sum(bought.values()) - len(ledger(calm)["pages"])
    if not 0 <= twice <= kills:
        faults.append(f"{twice} pages more were bought, for {kills} kills")
    answered, spent = requests(study)
    if missing := requests(calm)[0] - answered:
        faults.append(f"ledger: requests are missing: {missing}")
    if not sum(bought.values()) <= spent <= sum(bought.values()) + kills:
        faults.append(f"ledger: has {spent} credits, {sum(bought.values())} were taken")
    return faults


def collector(server: Loopback, mode: str = "download") -> Victim:
    """A collector of two queries, to be killed."""
    began: dict[Path, int] = {}

    def prepare(folder: Path) -> None:
        study_in(folder, queries=(PRODUCT, SERVER), depth=2, sample="{ blocks = 221, prefix_length = 8 }")
        began[folder] = len(server.log)

    def arguments(folder: Path) -> list[object]:
        return ["collect", "--study", folder / "study.toml", "--snapshot", "a", "--mode", mode, "--quiet"]

    def faults(folder: Path, calm: Path, kills: int) -> list[str]:
        return differences(folder / "study.toml", calm / "study.toml", server.log[began[folder] :], kills)

    environment = {"SHODAN_API_URL": server.url, "SHODAN_API_KEY": KEY}
    return Victim(f"kill -9 of collect --mode {mode}", prepare, arguments, faults, environment)
