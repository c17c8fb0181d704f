"""What each stage makes of a small input that never changes, as a digest of its Arrow values.

Results that change without a raised version mean that a published number changed and nobody would know: by our own
code, or by an upgrade of a library. After a deliberate change: raise the version in the stage's `stage.py`, then run
`python -m tests.stage_digests` and commit `tests/data/stage_digests/digests.json`.
"""

import hashlib
import ipaddress
import json
import random
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest

from camcensus.collect.collector import collect_snapshot
from camcensus.core import parquet
from camcensus.core.config import Study, load_study
from camcensus.core.console import Reporter
from camcensus.core.manifest import load_manifest
from camcensus.core.tables import BY_NAME
from camcensus.raw.imports import import_files
from camcensus.run import run
from camcensus.stages import STAGES
from camcensus.validation.loopback.index import Index
from camcensus.validation.loopback.server import KEY, Loopback
from tests.conftest import banner
from tests.mmdb import mmdb

FOLDER = Path(__file__).parent / "data" / "stage_digests"
RECORDED = FOLDER / "digests.json"
DEMO = Path(__file__).parents[1] / "data" / "demo" / "raw"
COUNTRIES = {"0.0.0.0/2": "US", "64.0.0.0/2": "GB", "128.0.0.0/2": "BR", "192.0.0.0/3": "VN"}
# Columns that name the method: they change with the version itself.
METHOD = {"query_set", "catalogue", "rules", "geo_db"}
STUDY = """
title = "stage digests"
vendors = ["Axis"]
simulated = true
catalogue = "{catalogue}"
geo_database = "geo.mmdb"
[snapshots.2024]
date = 2024-11-01
queries = ["has_screenshot:true", "axis", "port:80,554,8080"]
ports = [80, 554, 8080]
[snapshots.2026]
date = 2026-11-01
queries = ["axis", "port:80,554,8080"]
ports = [80, 554]
[collect]
queries = ["axis.query.title"]
rate = 0
budget = 1000
[collect.sample]
blocks = 60
prefix_length = 8
"""
SNAPSHOTS = ("2024", "2026", "counts", "sample")
COLLECTED = (("counts", "census"), ("counts", "trends"), ("sample", "sample"))  # snapshot and mode


def digest_of_table(table: pa.Table) -> str:
    """A digest of the values of a table, whatever its chunks and encodings."""
    digest = hashlib.sha256()
    for name in sorted(set(table.column_names) - METHOD):
        digest.update(repr((name, str(table[name].type), table[name].to_pylist())).encode())
    return digest.hexdigest()[:16]


def collect(study: Study) -> None:
    """Collect from a Shodan on this machine that holds cameras in a part of all address blocks."""
    dice = random.Random(1)
    hosts = [
        f"{block}.{dice.randrange(256)}.7.{n + 1}" for block in range(1, 224) for n in range(dice.randrange(-1, 5))
    ]
    title = {"status": 200, "title": "AXIS M1065-L Network Camera"}
    cameras = [
        banner(ip_str=host, ip=int(ipaddress.ip_address(host)), http=title, location={"country_code": code})
        for host in hosts
        for code in [dice.choice(["US", "GB", None])]
    ]
    with Loopback(Index(cameras)) as shodan, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHODAN_API_URL", shodan.url)
        patch.setenv("SHODAN_API_KEY", KEY)
        for snapshot, mode in COLLECTED:
            collect_snapshot(study, snapshot, mode, KEY, None, lambda _: None)


def measured(folder: Path) -> dict[str, dict[str, object]]:
    """Run the stages on the fixed input in `folder`; for each its version, and the digests of its tables."""
    mmdb(folder / "geo.mmdb", {network: {"country": {"iso_code": code}} for network, code in COUNTRIES.items()})
    (folder / "study.toml").write_text(STUDY.format(catalogue=(FOLDER / "queries").as_posix()))
    study = load_study(folder / "study.toml")
    for year in ("2024", "2026"):
        import_files([str(path) for path in sorted((DEMO / year).glob("SYNTHETIC-*"))], study.data / year)
    collect(study)
    run(study, Reporter(), report=False)
    found: dict[str, dict[str, object]] = {}
    for stage in STAGES:
        tables = {}
        for year in SNAPSHOTS:
            manifest = load_manifest(study.data / year)
            assert manifest is not None
            for file in stage.writes if stage.name in manifest.stages else ():
                names = [name for name in manifest.outputs_of(file) if name.endswith(".parquet")]
                parts = [parquet.read_table(study.data / year / name, BY_NAME[file.split(".")[0]]) for name in names]
                tables |= {f"{year}/{file}": digest_of_table(pa.concat_tables(parts))} if parts else {}
        if tables:
            found[stage.name] = {"version": stage.version, "tables": tables}
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        RECORDED.write_text(json.dumps(measured(Path(scratch)), indent=1, sort_keys=True) + "\n")
    print(f"{RECORDED.name}: written")
