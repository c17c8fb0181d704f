"""Tables that estimates and audits leave for the report and notebooks: small CSVs in `<data_dir>/estimates/`.

`docs/reference/outputs.md` lists them and their columns. An empty `country` is the world without the countries left
out, an empty `manufacturer` is all makers; changes are shares of the year before. All intervals are 95%; sensitivity
ranges are not intervals.

`manifest.json` has for each file its SHA-256, the run of each snapshot that it was made from and the labels' checksums,
and a checksum of itself. A table is valid as long as these runs are current (a second engine's is not checked): `kept`
returns none that is older than the counts.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.errors import IntegrityError
from camcensus.core.manifest import load_manifest

FOLDER = "estimates"
MANIFEST = "manifest.json"
REMEDY = "delete the folder and make its tables again with camcensus estimate and camcensus audit"
DAMAGED = f"is damaged; {REMEDY}"
CHANGES, RANKS = "changes.csv", "ranks.csv"
MAKERS = "makers-{}.csv"  # of a snapshot


def keep(
    study: Study, name: str, table: pd.DataFrame, snapshots: Sequence[str], labels: Sequence[Path] = ()
) -> Path:  # fmt: skip
    """Write a table made from these snapshots and labels, and record it in the manifest; return its path."""
    folder = study.data / FOLDER
    path = folder / name
    with storage.lock(study.data):
        storage.write_text(path, table.to_csv(index=False, lineterminator="\n", float_format="%.6g"))
        made_from = {"runs": runs(study, snapshots), "labels": [storage.sha256(p) for p in labels]}
        entry = {"sha256": storage.sha256(path), **made_from}
        storage.write_checksummed(folder / MANIFEST, {**entries(study.data), name: entry})
    return path


def kept(study: Study, name: str) -> pd.DataFrame | None:
    """Return a table; None if it is missing or was made from other counts. Raises `IntegrityError` if it is damaged."""
    entry, path = entries(study.data).get(name), study.data / FOLDER / name
    if entry is None or not path.is_file() or entry["runs"] != runs(study, list(entry["runs"])):
        return None
    storage.require(path, entry["sha256"], DAMAGED)
    found: pd.DataFrame = pd.read_csv(path, keep_default_na=False, na_values=[""])
    return found


def entries(data: Path) -> Mapping[str, Any]:
    """Return the manifest of the tables: file to entry. Raises `IntegrityError` if it is damaged."""
    path = data / FOLDER / MANIFEST
    try:
        return storage.read_checksummed(path) if path.is_file() else {}
    except IntegrityError as error:
        raise IntegrityError(path, DAMAGED) from error


def runs(study: Study, snapshots: Sequence[str]) -> dict[str, str]:
    """Return the run of each snapshot that exists."""
    found = {name: load_manifest(study.data / name) for name in snapshots}
    return {name: manifest.run for name, manifest in found.items() if manifest}
