"""What an analyst decides: a study.toml, validated when it is loaded."""

import difflib
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from camcensus.core.countries import load_countries
from camcensus.core.errors import InputError, QueryError, StudyError
from camcensus.core.query import parse
from camcensus.core.query_file import read_queries
from camcensus.core.resources import bundled
from camcensus.core.text_files import parse_toml, read_text

BUILTIN = "builtin"
LISTED = 20
SNAPSHOT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def _allowed(is_allowed: Callable[[Any], bool], text: str) -> AfterValidator:
    """Return a validator whose error says what is allowed."""

    def check(value: Any) -> Any:
        if not is_allowed(value):
            raise ValueError(text)
        return value

    return AfterValidator(check)


_Path = Annotated[str, _allowed(
    lambda text: text and text.isprintable(), "the path of a file or folder, relative to the study or absolute"
)]  # fmt: skip
_Country = Annotated[str, _allowed(
    lambda code: code in load_countries(), "an ISO 3166-1 alpha-2 code in capitals, such as CN (or XK)"
)]  # fmt: skip
_Vendors = Annotated[tuple[str, ...], _allowed(
    lambda names: 0 < len(set(names)) == len(names), "a list of at least one maker, each named once"
)]  # fmt: skip
_SnapshotId = Annotated[str, _allowed(
    lambda name: SNAPSHOT_ID.fullmatch(name) and name not in (".", ".."),
    "letters, digits, '.', '_' and '-', at most 64 of them",
)]  # fmt: skip
_Days = Annotated[int | str, _allowed(
    lambda value: value == "all" or (isinstance(value, int) and 1 <= value <= 3660),
    'a whole number of days from 1 to 3660, or "all"',
)]  # fmt: skip
_Always = Annotated[bool, _allowed(
    bool, "true; a banner is by definition a distinct host, port and transport, so this is never off"
)]  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Publication(_Strict):
    """What may be published.

    `min_hosts`: a maker's cell with fewer hosts is merged into "other". `licence`: of the published tables, by its SPDX
    name, such as CC-BY-4.0; empty: none given.
    """

    min_hosts: int = Field(5, ge=1, le=1000)
    licence: str = Field("", pattern=r"^[A-Za-z0-9.+-]{0,64}$")


class Dedupe(_Strict):
    """The rules that merge banners into devices.

    `max_identity_hosts` and `max_certificate_hosts`: the most addresses on which a serial number or MAC address, or a
    certificate, identifies one device.
    """

    same_banner: _Always = True
    identity: bool = True
    same_host: bool = True
    churn: bool = True
    # A number that is seen on more addresses than one device can have in the window is a copy. With a bound of 3, 6, 9
    # and 20 a simulated world of 30,000 devices (2026-11-25) had 193, 64, 44 and 44 wrong splits for each 1,000 devices
    # that show an identity on every banner, and 1.1 wrong merges of these with each. Not higher: how many numbers are
    # copied in the real world is not known, and from ten addresses on one is a sign of decoys.
    max_identity_hosts: int = Field(9, ge=1, le=1000)
    max_certificate_hosts: int = Field(0, ge=0, le=1000)


class Decoys(_Strict):
    """The numbers from which something is a sign of a decoy.

    `makers` of cameras on a host; makers of `unrelated` products on a camera's host; open `ports` of a host; hosts with
    one identity (`identity_hosts`); hosts of one network with the same answer and different identities (`alike_hosts`).
    """

    makers: int = Field(3, ge=2, le=1000)
    unrelated: int = Field(2, ge=1, le=1000)
    ports: int = Field(20, ge=2, le=65535)
    identity_hosts: int = Field(10, ge=2, le=100_000)
    alike_hosts: int = Field(20, ge=2, le=65536)


class Gates(_Strict):
    """How far hosts may move between two snapshots before publication stops, and when lost lines make one partial.

    Fractions: 0.5 is half, a rise of 1.0 a doubling. `max_mix`: of the makers' hosts that changed hands. `min_hosts`:
    smaller totals may do as they like. `max_field_loss`: of the rows, that may lose a field which the engine sent.
    `max_quarantined`: of the lines, that may be in quarantine before the snapshot is partial.
    """

    max_fall: float = Field(0.5, ge=0, le=1)
    max_rise: float = Field(1.0, ge=0, le=1_000_000)
    max_mix: float = Field(0.25, ge=0, le=1)
    max_field_loss: float = Field(0.2, gt=0, le=1)
    max_quarantined: float = Field(0.01, ge=0, le=1)
    min_hosts: int = Field(100, ge=1, le=1_000_000_000)


class Bounds(_Strict):
    """What a value may be: a broken `min` stops publication, a broken `max` is a warning. Null: no bound."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _room(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("a min that is no more than the max")
        return self


def _open() -> Bounds:
    return Bounds.model_validate({})


class Assertions(_Strict):
    """What a study expects of a snapshot.

    Bounds of the headline's totals, of countries with a host and of hosts of single makers; of the share of filled
    values (0 to 1) by column; and of the relative change of a country's hosts since the previous snapshot (-0.5: half
    as many).
    """

    hosts: Bounds = Field(default_factory=_open)
    devices: Bounds = Field(default_factory=_open)
    banners: Bounds = Field(default_factory=_open)
    countries: Bounds = Field(default_factory=_open)
    makers: dict[str, Bounds] = {}
    fill: dict[str, Bounds] = {}
    country_change: Bounds = Field(default_factory=_open)


class Retention(_Strict):
    """How many days raw files and all tables with addresses may lie, and whether `run` then reminds or purges."""

    days: int | None = Field(None, ge=1, le=36500)
    action: Literal["remind", "purge"] = "remind"


class Sample(_Strict):
    """How a sample is drawn: so many blocks of the IPv4 space, of this prefix length, by this seed."""

    blocks: int = Field(200, ge=2, le=100_000)
    prefix_length: int = Field(16, ge=8, le=24)
    seed: int = Field(1, ge=0)


class Collect(_Strict):
    """What is asked of the search engine.

    `query_set`: "feeding" (queries of the catalogue's files, and those made from its signatures), "written" (only those
    of the files) or the name of a snapshot, whose queries are sent again. `queries`: ids of the set, in which "*" means
    any text; empty: all of the study's vendors, and all of a snapshot. `budget`: query credits that a snapshot may
    cost. `threshold`: a snapshot is partial if any part or country has a smaller share of what was announced. `depth`:
    most pages of 100 results per part. `rate`: requests per second. `timeout_seconds`: without a byte of an answer
    (four times that for the whole answer). `deadline_seconds`: for one request with all its retries. `fields`: request
    only the fields that camcensus reads, if the plan allows it.
    """

    query_set: str = Field("feeding", min_length=1)
    queries: tuple[str, ...] = ()
    budget: int = Field(0, ge=0)
    threshold: float = Field(0.98, gt=0, le=1)
    depth: int = Field(20, ge=1, le=1000)
    rate: float = Field(1.0, ge=0, le=10_000)
    timeout_seconds: float = Field(30.0, ge=0.1, le=600)
    deadline_seconds: float = Field(600.0, ge=0.1, le=86400)
    fields: bool = True
    sample: Sample = Field(default_factory=lambda: Sample.model_validate({}))


def _readable(queries: tuple[str, ...]) -> tuple[str, ...]:
    for text in queries:
        try:
            parse(text)
        except QueryError as error:
            raise ValueError(f"queries of the engine; {text!r}: {error.reason}") from None
    return queries


class Snapshot(_Strict):
    """What a study declares of one snapshot.

    `date`: the last day of its window. Of imported files, if known: the `queries` that they were downloaded with (all
    of them, here or in a `queries_file`), and the `ports` that the engine scanned then. Once loaded, `queries` include
    those of the file.
    """

    date: date
    queries: Annotated[tuple[str, ...], AfterValidator(_readable)] = ()
    queries_file: _Path | None = None
    ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = ()


class Study(_Strict):
    """A study. Paths are absolute once loaded; `path` is the file it came from."""

    title: str = Field(min_length=1, max_length=200)
    catalogue: _Path = "builtin"
    vendors: _Vendors = ("Hikvision",)
    countries_left_out: tuple[_Country, ...] = ("CN",)
    headline_unit: Literal["hosts", "devices", "banners"] = "hosts"
    window_days: _Days = 30
    min_confidence: Literal["medium", "high"] = "medium"
    geo_database: _Path = BUILTIN
    geo_second: _Path | None = None
    data_dir: _Path = "data"
    report_dir: _Path = "report"
    key_file: _Path | None = None
    simulated: bool = False
    publication: Publication = Field(default_factory=lambda: Publication.model_validate({}))
    dedupe: Dedupe = Field(default_factory=lambda: Dedupe.model_validate({}))
    gates: Gates = Field(default_factory=lambda: Gates.model_validate({}))
    decoys: Decoys = Field(default_factory=lambda: Decoys.model_validate({}))
    assertions: Assertions = Field(default_factory=lambda: Assertions.model_validate({}))
    retention: Retention = Field(default_factory=lambda: Retention.model_validate({}))
    collect: Collect = Field(default_factory=lambda: Collect.model_validate({}))
    snapshots: dict[_SnapshotId, Snapshot] = {}
    path: Path

    @property
    def base(self) -> Path:
        """The folder that relative paths start from."""
        return self.path.parent

    @property
    def data(self) -> Path:
        """Where snapshots live."""
        return (self.base / self.data_dir).resolve()

    @property
    def report(self) -> Path:
        """Where the report is drawn."""
        return (self.base / self.report_dir).resolve()

    @property
    def catalogue_path(self) -> Path:
        """The catalogue's folder."""
        return bundled("queries") if self.catalogue == "builtin" else self.base / self.catalogue

    @property
    def key_path(self) -> Path:
        """The file that holds the key of hashed identities; outside `data`."""
        return self.base / (self.key_file or f"{self.path.stem}.key")

    def snapshot_ids(self) -> list[str]:
        """Ids of the snapshots found under `data`, oldest first (by date if the study gives one, then by id)."""
        if not self.data.is_dir():
            return []
        found = [p.name for p in self.data.iterdir() if SNAPSHOT_ID.fullmatch(p.name) and _has_content(p)]
        return sorted(found, key=lambda i: (str(self.snapshots[i].date) if i in self.snapshots else i, i))

    def settings(self) -> str:
        """All that the study decides, as JSON, for hashing; where it lies on this machine is not part of it."""
        return self.model_dump_json(exclude={"path", "retention"})


def _has_content(snapshot: Path) -> bool:
    """Return whether a folder is a snapshot, and not what an import left that failed."""
    raw = snapshot / "raw"
    if not raw.is_dir():
        return False
    return (snapshot / "manifest.json").is_file() or any(not p.name.startswith(".") for p in raw.iterdir())


def load_study(path: Path) -> Study:
    """Return the study in `path`. Raise `StudyError` with one line for each fault."""
    try:
        raw = parse_toml(read_text(path), path)
    except InputError as error:
        advice = error.reason if path.exists() else "no such file; make one with: camcensus init DIR"
        raise StudyError(path, [advice]) from None
    if "path" in raw:
        raise StudyError(path, ["path: unknown key; remove it"])
    try:
        study = Study.model_validate({**_tuples(raw), "path": path.resolve()})
    except ValidationError as error:
        raise StudyError(path, [_explain(fault) for fault in error.errors()]) from None
    snapshots, faults = _with_queries(study)
    if problems := [*_mixed_up(study), *faults]:
        raise StudyError(path, problems)
    return study.model_copy(update={"snapshots": snapshots})


def _with_queries(study: Study) -> tuple[dict[str, Snapshot], list[str]]:
    """Return a study's snapshots with the queries of their files (until there are data: if any), and all faults."""
    snapshots, problems = dict(study.snapshots), []
    for name, snapshot in study.snapshots.items():
        path = study.base / (snapshot.queries_file or "")
        if snapshot.queries_file is None or not (path.exists() or (study.data / name).exists()):
            continue
        if snapshot.queries:
            problems.append(f"snapshots.{name}: found queries and queries_file; allowed: one of them")
            continue
        queries, faults = read_queries(path)
        problems += [f"snapshots.{name}.queries_file: {snapshot.queries_file}: {fault}" for fault in faults]
        snapshots[name] = snapshot.model_copy(update={"queries": queries})
    return snapshots, problems


def _mixed_up(study: Study) -> list[str]:
    """Return faults of places: what is private (data, key) must be apart from what may be given away (the report)."""
    data, report, key = study.data, study.report, study.key_path.resolve()
    problems = []
    if data == report or data in report.parents or report in data.parents:
        problems.append(f"report_dir: found {study.report_dir!r}; allowed: a folder neither in data_dir nor around it")
    if data in key.parents or report in key.parents:
        problems.append(f"key_file: found {str(key)!r}; allowed: a file outside data_dir and report_dir")
    if report in study.path.parents:
        problems.append(f"report_dir: found {study.report_dir!r}; allowed: a folder without the study in it")
    return problems


def check_vendors(study: Study, makers: list[str]) -> None:
    """Raise `StudyError` when the study, or an assertion in it, names a vendor that its catalogue does not have."""
    named = [("vendors", v) for v in study.vendors] + [("assertions.makers", v) for v in study.assertions.makers]
    if unknown := [(key, vendor) for key, vendor in named if vendor not in makers]:
        allowed = "allowed: a maker of the catalogue"
        raise StudyError(study.path, [f"{key}: found {v!r}; {allowed}{_hint(v, makers)}" for key, v in unknown])


def _tuples(value: Any) -> Any:
    """Turn TOML's lists into the tuples that the frozen model wants."""
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _hint(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1) or [k for k in known if k.lower() in word.lower()]
    if close:
        return f" (did you mean {close[0]!r}?)"
    return f": {', '.join(known[:LISTED])}" + (f" and {len(known) - LISTED} more" if len(known) > LISTED else "")


def _explain(fault: Any) -> str:
    """Return one line for a fault: key, what was found, what is allowed."""
    key = ".".join(str(part) for part in fault["loc"] if part != "[key]") or "the file"
    if fault["type"] == "extra_forbidden":
        sections: dict[str, Any] = {name: field.annotation for name, field in Study.model_fields.items()}
        sections |= {"collect.sample": Sample, "snapshots": Snapshot}
        table = ".".join(str(part) for part in fault["loc"][:-1])
        section = sections.get(table) or sections.get(str(fault["loc"][0])) or Study
        keys = [name for name in getattr(section, "model_fields", ()) if name != "path"]
        return f"{key}: unknown key{_hint(str(fault['loc'][-1]), keys)}"
    if fault["type"] == "missing":
        return f"{key}: missing; add it"
    allowed = str(fault.get("ctx", {}).get("error", "")) or str(fault["msg"]).replace("a valid tuple", "a list")
    return f"{key}: found {fault['input']!r}; allowed: {allowed}"
