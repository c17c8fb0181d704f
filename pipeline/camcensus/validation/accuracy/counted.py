"""A simulated world that the pipeline has counted, with its truth, as frames to compare."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from camcensus.core import parquet, storage
from camcensus.core.config import load_study
from camcensus.core.console import Reporter
from camcensus.core.tables import COUNTED_TYPES, COUNTS, DEVICES, LINKS
from camcensus.engines.local import Local
from camcensus.run import run
from camcensus.validation.simulate.truth import BANNERS, TRUTH

_IDENTIFIED = [
    "file", "line", "host", "is_counted", "manufacturer", "manufacturer_confidence", "model", "product_type", "decoy",
    "country", "candidate",
]  # fmt: skip
SURE = ("medium", "high")


@dataclass(frozen=True)
class CountedWorld:
    """One snapshot of a counted world. `folder` contains `truth.parquet`, `study.toml` and `data/`."""

    folder: Path
    snapshot: str

    @property
    def data(self) -> Path:
        """Return the folder of the snapshot's tables."""
        return self.folder / "data" / self.snapshot

    @cached_property
    def truth(self) -> pd.DataFrame:
        """Return the devices that exist."""
        return _of(self.folder / "truth.parquet", TRUTH.names, self.snapshot)

    @cached_property
    def cameras(self) -> pd.DataFrame:
        """Return the real cameras, recorders and encoders."""
        return self.truth[self.truth["product_type"].isin(COUNTED_TYPES)]

    @cached_property
    def banners(self) -> pd.DataFrame:
        """Return the banners that the engine holds, without repeats."""
        found = _of(self.folder / "truth_banners.parquet", BANNERS.names, self.snapshot)
        kept: pd.DataFrame = found[~found["again"]]
        return kept

    @cached_property
    def identified(self) -> pd.DataFrame:
        """Return what the pipeline made of each banner, with the true device (`device_id`) and its properties."""
        table: pd.DataFrame = pq.read_table(self.data / "identified.parquet", columns=_IDENTIFIED).to_pandas()
        lines = _of(self.folder / "truth_banners.parquet", BANNERS.names, self.snapshot).dropna(subset=["file"])
        lines = lines.rename(columns={"counted": "is_camera"})
        columns = ["file", "line", "device_id", "is_camera", "names", "tells", "models", "identifies", "port"]
        found = table.merge(lines[columns], on=["file", "line"], how="left", validate="one_to_one")
        said = self.truth[["device_id", "manufacturer", "model", "product_type", "decoy"]]
        return found.merge(said.add_prefix("true_"), left_on="device_id", right_on="true_device_id", how="left")

    @cached_property
    def linked(self) -> pd.DataFrame:
        """Return counted banners with the inferred device (`device`) and the true one (`device_id`)."""
        links: pd.DataFrame = parquet.read_table(self.data / "links.parquet", LINKS).to_pandas()
        placed: pd.DataFrame = links[links["device"].notna()]
        return placed.merge(self.identified, on=["file", "line"], validate="one_to_one")

    @cached_property
    def devices(self) -> pd.DataFrame:
        """Return the inferred devices, each with the true device of most of its banners."""
        found: pd.DataFrame = parquet.read_table(self.data / "devices.parquet", DEVICES).to_pandas()
        votes = self.linked.groupby(["device", "device_id"]).size().rename("votes").reset_index()
        votes = votes.sort_values(["device", "votes", "device_id"], ascending=[True, False, True])
        best = votes.drop_duplicates("device")[["device", "device_id"]]
        said = self.truth[["device_id", "manufacturer", "model", "product_type", "decoy"]].add_prefix("true_")
        found = found.merge(best, on="device", how="left", validate="one_to_one")
        return found.merge(said, left_on="device_id", right_on="true_device_id", how="left")

    @cached_property
    def counts(self) -> pd.DataFrame:
        """Return the cells of the cube."""
        cells: pd.DataFrame = parquet.read_table(self.data / "counts.parquet", COUNTS).to_pandas()
        return cells

    def by_country(self, min_confidence: str = "medium", decoys_left_out: str = "certain") -> pd.DataFrame:
        """Return the pipeline's counts by country, both IP versions, no country left out."""
        cells = self.counts
        own = cells[
            (cells["level"] == "country") & (cells["scope"] == "all") & (cells["ip_version"] == "all")
            & (cells["min_confidence"] == min_confidence) & (cells["decoys_left_out"] == decoys_left_out)
        ]  # fmt: skip
        return own.set_index("country")[["n_banners", "n_hosts", "n_devices", "n_prefixes"]]


def count_world(
    folder: Path, workers: int = 1, settings: Mapping[str, Mapping[str, Any]] | None = None,
    snapshots: list[str] | None = None,
) -> list[str]:  # fmt: skip
    """Run the pipeline on a written world, or on some snapshots of it; return its snapshots, oldest first.

    `settings`: sections of the study to change.
    """
    study = load_study(folder / "study.toml")
    for section, values in (settings or {}).items():
        changed = getattr(study, section).model_copy(update=dict(values))
        study = study.model_copy(update={section: changed})
    with storage.lock(study.data):
        run(study, Reporter(), snapshots, Local(workers), report=False)
    return study.snapshot_ids()


def _of(path: Path, columns: list[str], snapshot: str) -> pd.DataFrame:
    found: pd.DataFrame = pq.read_table(path, columns=columns, filters=[("snapshot", "=", snapshot)]).to_pandas()
    return found
