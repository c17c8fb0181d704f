"""Choose the edition of a country database that locates a snapshot.

It is the newest one built not after the snapshot's day; if there is none, the nearest later one, recorded as `after`.
Address blocks change hands, so an edition of another time counts some hosts in another year's country.
"""

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from camcensus.core.config import BUILTIN, Study
from camcensus.core.errors import GeoDatabaseError, IntegrityError
from camcensus.core.manifest import FAR, Geo
from camcensus.geolocate.description import ENGINE, Description, describe
from camcensus.raw.snapshot import Snapshot

ENDINGS = (".mmdb", ".mmdb.gz", ".mmdb.xz")


@dataclass(frozen=True)
class Edition:
    """One build of a database; `path` is None for the one that comes with camcensus."""

    built: date
    path: Path | None

    @property
    def order(self) -> tuple[date, bool, str]:
        """The order: oldest first; the built-in edition last of its day, since it is the same on every machine."""
        return self.built, self.path is None, self.path.name if self.path else ""


@dataclass(frozen=True)
class SnapshotGeo:
    """The databases that locate one snapshot. `second` is None where the engine's country is the second opinion."""

    first: Description
    second: Description | None
    day: date

    @property
    def checksums(self) -> tuple[str, str]:
        """The checksums of both files, on which the result depends."""
        return self.first.sha256, self.second.sha256 + self.second.edition if self.second else ENGINE

    @property
    def record(self) -> Geo:
        """The record for the manifest."""
        built = self.first.built
        return Geo(
            edition=self.first.edition,
            sha256=self.first.sha256,
            built=built.isoformat(),
            snapshot=self.day.isoformat(),
            days=abs((self.day - built).days),
            flag="after" if built > self.day else "before",
            second=self.second.edition if self.second else ENGINE,
            second_sha256=self.second.sha256 if self.second else None,
        )

    @property
    def warning(self) -> str:
        """The warning about an edition too far from the snapshot's day; empty if it is near enough."""
        geo = self.record
        if geo.days <= FAR:
            return ""
        return (
            f"located with {geo.edition}, {geo.days:,} days {'after' if geo.flag == 'after' else 'before'} the "
            f"snapshot ({geo.snapshot}); hosts that moved to another country in between are counted in the wrong one. "
            "Set geo_database to an edition of that time, or to a folder of editions"
        )

    @property
    def credit(self) -> str:
        """The credit that must be shown with the results."""
        texts = [self.first.credit] + ([self.second.credit] if self.second else [])
        return ". ".join(dict.fromkeys(texts))


@dataclass(frozen=True)
class Sources:
    """The editions of a study: for the country, and for the second opinion (none: the engine)."""

    first: tuple[Edition, ...]
    second: tuple[Edition, ...] = ()

    def on(self, day: date) -> SnapshotGeo:
        """Return the databases for a snapshot of `day`."""
        second = describe(choose(self.second, day).path) if self.second else None
        return SnapshotGeo(describe(choose(self.first, day).path), second, day)


def choose(editions: tuple[Edition, ...], day: date) -> Edition:
    """Return the newest edition built not after `day`, else the oldest, which is the nearest after it."""
    earlier = [edition for edition in editions if edition.built <= day]
    return max(earlier, key=lambda e: e.order) if earlier else min(editions, key=lambda e: (e.built, e.order))


def sources_of(study: Study) -> Sources:
    """Return the editions that the study's `geo_database` and `geo_second` name. Raises `GeoDatabaseError`."""
    second = editions_of(study.geo_second, study.base) if study.geo_second else ()
    return Sources(editions_of(study.geo_database, study.base), second)


def editions_of(setting: str, base: Path) -> tuple[Edition, ...]:
    """Return the editions that a setting names: "builtin" (and what `geo update` fetched), a file or a folder."""
    if setting == BUILTIN:
        fetched = _dated(databases_in(fetched_folder()))
        return Edition(describe().built, None), *fetched
    path = base / setting
    if not path.is_dir():
        return (Edition(describe(path).built, path),)
    found = tuple(_dated(databases_in(path)))
    if not found:
        raise GeoDatabaseError(path, f"contains no geolocation database; add files that end in {', '.join(ENDINGS)}")
    return found


def _dated(files: list[Path]) -> list[Edition]:
    """Return databases as editions, by the build date in their metadata."""
    if not files:
        return []
    from camcensus.geolocate.database import built_on

    return [Edition(built_on(file), file) for file in files]


def databases_in(folder: Path) -> list[Path]:
    """Return the files of a folder that are databases by their name, sorted; none if the folder is missing."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.name.endswith(ENDINGS) and p.is_file() and p.name[0] != ".")


def fetched_folder() -> Path:
    """Return the folder in which `camcensus geo update` puts editions."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local/share")
    return Path(base) / "camcensus/geo"


def day_of(snapshot: Snapshot, study: Study) -> date:
    """Return the last day of a snapshot (UTC): the study's date for it, else the day of its newest banner."""
    if snapshot.id in study.snapshots:
        return study.snapshots[snapshot.id].date
    names = [name for name in snapshot.manifest.stages["ingest"].outputs if name.endswith(".parquet")]
    newest = max(_newest(snapshot.path(name)) for name in names)
    return datetime.fromtimestamp(newest, UTC).date()


def _newest(observations: Path) -> int:
    """Return the latest `seen_at` in one part, in seconds since 1970 UTC; 0 for a part without rows."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(observations, page_checksum_verification=True) as file:
            column = file.schema_arrow.get_field_index("seen_at")
            groups = [file.metadata.row_group(n).column(column) for n in range(file.metadata.num_row_groups)]
            if all(group.is_stats_set and group.statistics.has_min_max for group in groups):
                return max((int(group.statistics.max) for group in groups), default=0)
            return pc.max(file.read(["seen_at"])["seen_at"]).as_py() or 0
    except (OSError, pa.ArrowException) as error:
        raise IntegrityError(observations, f"is damaged: {error}; run again with --rehash") from None
