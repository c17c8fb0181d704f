"""A small study of one imported and one collected snapshot, with a database and a catalogue of its own, counted and
drawn: what tests damage, kill and follow to its sources."""

import gzip
import json
import os
import shutil
from pathlib import Path

from camcensus.core import storage
from camcensus.core.config import load_study
from camcensus.core.console import Reporter
from camcensus.core.resources import bundled
from camcensus.geolocate.database import open_locator
from camcensus.run import Outcome, run
from camcensus.validation.loopback.server import KEY, Loopback
from camcensus.verify.command import verify_study
from camcensus.verify.verdict import Verdict
from tests.conftest import Banner, banner
from tests.mmdb import mmdb, official
from tests.shell import one_shell

STUDY = """title = "T"
vendors = ["Hikvision"]
catalogue = "queries"
geo_database = "geo.mmdb"
window_days = "all"
[publication]
min_hosts = 2
[collect]
rate = 0
budget = 100
queries = ["hikvision.query.product"]
"""
# Written anew by each run, or of this machine alone.
VARYING = {".lock", ".lock-holder", ".stats.json", ".catalogue.json", "run-log.json", "imports.json"}


def cameras(number: int, first: int = 0) -> list[Banner]:
    """So many cameras in three countries, a few with a serial number."""
    return [
        banner(
            ip_str=f"81.{2 + n % 3}.{n // 250}.{n % 250}",
            ip=None,
            location={"country_code": ("GB", "NL", "DE")[n % 3]},
            timestamp=f"2026-10-2{n % 7}T08:30:01.123456",
            hikvision={"device_model": "DS-2CD2032-I", "device_version": f"V5.4.{n % 4}"},
        )
        for n in range(first, first + number)
    ]


def settings_in(folder: Path, more: str = "") -> Path:
    """The study's file, database and catalogue; no snapshot yet."""
    folder.mkdir(parents=True)
    (folder / "study.toml").write_text(STUDY + more)
    storage.identity_key(folder / "study.key", simulated=False)  # one key, so that copies give the same bytes
    codes = {"81.2.0.0/16": "GB", "81.3.0.0/16": "NL", "81.4.0.0/16": "DE"}
    path = mmdb(folder / "geo.mmdb", official(codes))
    path.with_name("geo.mmdb.sha256").write_text(f"{storage.sha256(path)}  geo.mmdb\n")
    shutil.copytree(bundled("queries"), folder / "queries")
    return folder / "study.toml"


def exports_in(folder: Path) -> list[Path]:
    """Two exports, one of them with lines that are no banners."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(one).encode() for one in cameras(60)]
    (folder / "one.json").write_bytes(b"\n".join([*lines[:30], b"bad", b"{"]) + b"\n")
    (folder / "two.json.gz").write_bytes(gzip.compress(b"\n".join(lines[30:]) + b"\n", mtime=0))
    return [folder / "one.json", folder / "two.json.gz"]


def counted_in(folder: Path, more: str = "") -> Path:
    """The study, counted and drawn."""
    study = settings_in(folder, more)
    shell = one_shell()
    imported = shell.run("import", *exports_in(folder / "exports"), "--study", study, "--snapshot", "2025")
    assert imported.status == 0, imported.err
    with Loopback(cameras(150)) as server:
        collected = shell.run(
            *("collect", "--study", study, "--snapshot", "2026", "--mode", "download"),
            SHODAN_API_URL=server.url,
            SHODAN_API_KEY=KEY,
        )
    assert collected.status == 0, collected.err
    counted(study, rehash=False)
    return study


# What 2025 was downloaded with, so that the series is counted on what both snapshots' queries return.
ASKED = """[gates]
min_hosts = 1000
[snapshots.2025]
date = 2026-10-26
queries = ['product:"Hikvision IP Camera"', "has_screenshot:false"]
[collect.sample]
prefix_length = 8
blocks = 221
"""


def all_sorts_in(folder: Path) -> Path:
    """The study with every sort of file that there is: two collections in 2025, a census and
    history in `asked`, blocks at random in `sample`, an earlier run, and estimates."""
    study = counted_in(folder, ASKED)
    later = folder / "exports" / "three.json"
    later.write_text("".join(json.dumps(one) + "\n" for one in cameras(50, 10)))
    shell, own = one_shell(), ("--study", study)
    done = [shell.run("import", later, *own, "--snapshot", "2025", "--collection", "later"), shell.run("run", *own)]
    with Loopback(cameras(150)) as server:
        account = {"SHODAN_API_URL": server.url, "SHODAN_API_KEY": KEY}
        for snapshot, mode in (("asked", "census"), ("asked", "trends"), ("sample", "sample")):
            done.append(shell.run("collect", *own, "--snapshot", snapshot, "--mode", mode, **account))
    done += [shell.run("run", *own), shell.run("estimate", "change", *own), shell.run("run", *own)]
    assert [f"{one.status}: {one.out}{one.err}" for one in done if one.status] == [], done
    return study


def counted(study: Path, rehash: bool = True) -> Outcome:
    """Runs the study in this process, as if nothing were remembered of its files."""
    open_locator.cache_clear()
    loaded = load_study(study)
    with storage.lock(loaded.data):
        return run(loaded, Reporter(), rehash=rehash)


def verified(study: Path) -> Verdict:
    """What verify says of all that a study has."""
    open_locator.cache_clear()
    verdict = Verdict()
    verify_study(load_study(study), verdict)
    return verdict


def results(study: Path) -> dict[str, bytes]:
    """Every file that a study's run leaves, but what is of the moment: name to bytes."""
    folders = [study.parent / "data", study.parent / "report"]
    found = sorted(p for folder in folders for p in folder.rglob("*") if p.is_file() and p.name not in VARYING)
    return {str(p.relative_to(study.parent)): p.read_bytes() for p in found}


def flip(path: Path, place: int, bit: int) -> None:
    """One bit of a file, as a disk that rots does it: size, time and inode stay."""
    state = path.stat()
    with path.open("r+b") as file:
        file.seek(place)
        (before,) = file.read(1)
        file.seek(place)
        file.write(bytes([before ^ 1 << bit]))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
