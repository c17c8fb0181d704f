"""Labels of an audit, and the precision, recall and corrected count that they give.

All of it is within what was collected. Labels are expert readings, not truth. Label codes replace addresses, so that
labels can be compared with a new catalogue.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from camcensus.core import storage
from camcensus.core.errors import InputError
from camcensus.core.tables import UNKNOWN
from camcensus.core.text_files import read_text
from camcensus.estimate.audits.proportions import REPLICATES, Audited, Stratum, bootstrap, wilson
from camcensus.estimate.audits.sample import banners_of, code_of, hosts_of
from camcensus.estimate.source import Source

ANSWERS = {"yes": True, "no": False, "cannot tell": None}
MEASURES = ("precision", "recall", "cameras")
COLUMNS = ["what", "manufacturer", "value", "low", "high", "labelled", "counted"]  # of a score, see `saved`


@dataclass(frozen=True)
class Labels:
    """Labelled hosts with what the catalogue says now.

    `hosts`: those with an answer: `code`, `host`, `stratum`, `stratum_size`, `chance`, `maker`, `answer`, `counted`,
    `manufacturer`.
    """

    hosts: pd.DataFrame
    cannot_tell: int  # hosts without an answer
    unknown_hosts: int  # hosts of strata without any answer, which are in no figure
    counted: int  # hosts, in total
    agreement: tuple[float, float] | None  # of two labellers: share, and Cohen's kappa


@dataclass(frozen=True)
class Score:
    """What the labels say: each measure with its 95% interval, and tables by stratum, maker and confusion."""

    labels: Labels
    measures: dict[str, tuple[float, float, float]]
    strata: pd.DataFrame
    makers: pd.DataFrame
    confused: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Return the score as the rows of `audit-<snapshot>.csv` (see `saved`)."""
        number, counted = len(self.labels.hosts), self.labels.counted
        rows: list[tuple[Any, ...]] = [(what, "", *of, number, counted) for what, of in self.measures.items()]
        rows += [
            (what, maker["maker"], maker[what], maker[f"{what}_low"], maker[f"{what}_high"], maker["labelled"], None)
            for maker in self.makers.to_dict("records")
            for what in ("precision", "recall")
        ]
        return pd.DataFrame(rows, columns=COLUMNS)


def score(source: Source, files: Sequence[Path], seed: int) -> Score:
    """Score a snapshot by the labels of one or two labellers. Raises `InputError` for a file of another sample."""
    labels = read_labels(source, files)
    found = replicates(labels.hosts, seed)
    measures = {name: found.interval(name) for name in MEASURES}
    return Score(labels, measures, _by_stratum(labels.hosts), _by_maker(labels.hosts, seed), _confused(labels.hosts))


def read_labels(source: Source, files: Sequence[Path]) -> Labels:
    """Read the labels of one or two labellers. Raises `InputError` as `score` does."""
    key = storage.identity_key(source.study.key_path, source.study.simulated)
    drawn = _read(source.folder / "audit" / "sample.csv", ["code", "stratum", "stratum_size", "chance"])
    labels = [_read_file(path) for path in files]
    for path, each in zip(files, labels, strict=True):
        if unknown := set(each["code"]) - set(drawn["code"]):
            raise InputError(path, f"has {len(unknown)} codes that are not in sample.csv; is it of another snapshot?")
    hosts = hosts_of(banners_of(source))
    hosts["code"] = [code_of(key, host) for host in hosts["host"]]
    now = drawn.merge(labels[0], on="code", how="left")
    now = now.merge(hosts[["code", "host", "counted", "manufacturer"]], on="code", how="left")
    now["counted"] = now["counted"].eq(True)
    return Labels(
        hosts=now[now["answer"].notna()].assign(answer=lambda rows: rows["answer"].astype(bool)),
        cannot_tell=int((now["camera"] == "cannot tell").sum()),
        unknown_hosts=_unknown_hosts(files[0], now),
        counted=int(hosts["counted"].sum()),
        agreement=_agreement(*labels) if len(labels) > 1 else None,
    )


def _unknown_hosts(path: Path, drawn: pd.DataFrame) -> int:
    """Return the hosts of strata without any answer. Raises `InputError` for a stratum that is not filled in."""
    filled = drawn["camera"].isin(list(ANSWERS)).groupby(drawn["stratum"]).any()
    if empty := filled.index[~filled].tolist():
        raise InputError(
            path,
            f"has no answer in {len(empty)} of {len(filled)} strata of sample.csv, such as {empty[0]!r}; fill in at "
            "least one host of each ('cannot tell' if the banners do not show it)",
        )
    strata = drawn.groupby("stratum")
    answered = strata["answer"].count() > 0
    if not answered.any():
        raise InputError(path, "says 'cannot tell' for every host, which says nothing about the count")
    return int(strata["stratum_size"].first()[~answered].sum())


def replicates(labelled: pd.DataFrame, seed: int, number: int = REPLICATES) -> Audited:
    """Bootstrap labelled rows (`stratum`, `stratum_size`, `counted`, `answer`)."""
    return bootstrap(strata_of(labelled, "counted"), seed, number)


def strata_of(labelled: pd.DataFrame, counted: str) -> list[Stratum]:
    """Return the strata of labelled rows; `counted` names the column of what is scored."""
    return [
        Stratum(int(each["stratum_size"].iloc[0]), each[counted].to_numpy(bool), each["answer"].to_numpy(bool))
        for _, each in labelled.groupby("stratum", sort=True)
    ]


def _by_stratum(labelled: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name, each in labelled.groupby("stratum", sort=True):
        hits = int(each["answer"].sum())
        low, high = wilson(hits, len(each))
        rows.append((name, int(each["stratum_size"].iloc[0]), len(each), hits, low, high))
    return pd.DataFrame(rows, columns=["stratum", "hosts", "labelled", "cameras", "low", "high"])


def _by_maker(labelled: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return precision and recall of each maker's name, among cameras whose maker the labeller named."""
    named = labelled[labelled["answer"] & labelled["maker"].ne("")]
    rows = []
    for maker in sorted(set(named["maker"]) - {UNKNOWN}):
        as_maker = named["counted"] & (named["manufacturer"] == maker)
        found = replicates(named.assign(counted=as_maker, answer=named["maker"] == maker), seed)
        rows.append({
            "maker": maker, "labelled": int((named["maker"] == maker).sum()),
            **{f"{what}{end}": value for what in ("precision", "recall")
               for end, value in zip(("", "_low", "_high"), found.interval(what), strict=True)},
        })  # fmt: skip
    return pd.DataFrame(rows)


def _confused(labelled: pd.DataFrame) -> pd.DataFrame:
    """Return weighted hosts by labelled maker and the catalogue's maker."""
    named = labelled[labelled["answer"] & labelled["maker"].ne("")]
    by_catalogue = named["manufacturer"].where(named["counted"], "not counted")
    return named.assign(catalogue=by_catalogue, hosts=1.0 / named["chance"]).pivot_table(
        index="maker", columns="catalogue", values="hosts", aggfunc="sum", fill_value=0.0
    )


def _agreement(one: pd.DataFrame, two: pd.DataFrame) -> tuple[float, float]:
    """Return the share of hosts with the same label, and Cohen's kappa."""
    both = one.merge(two, on="code", suffixes=("_one", "_two"))
    both = both[both["camera_one"].ne("") & both["camera_two"].ne("")]
    if both.empty:
        return np.nan, np.nan
    same = float((both["camera_one"] == both["camera_two"]).mean())
    shares = [both[f"camera_{who}"].value_counts(normalize=True) for who in ("one", "two")]
    by_chance = float((shares[0] * shares[1]).dropna().sum())
    return same, (same - by_chance) / (1 - by_chance) if by_chance < 1 else 1.0


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(path, "no such file; draw a sample with: camcensus audit sample")
    try:
        found = pd.read_csv(io.StringIO(read_text(path)), keep_default_na=False)
    except ValueError as error:
        raise InputError(path, f"is not a table: {error}") from None
    if missing := [c for c in columns if c not in found.columns]:
        raise InputError(path, f"has no column {', '.join(missing)}")
    return found


def _read_file(path: Path) -> pd.DataFrame:
    """Return a file of labels, with `answer`: True, False or None. Raises `InputError` for other words."""
    found = _read(path, ["code", "camera", "maker"]).astype(str)
    if found["code"].duplicated().any():
        raise InputError(path, "has a code twice; keep one line of each")
    camera = found["camera"].str.strip().str.lower()
    if invalid := sorted(set(camera) - {*ANSWERS, ""}):
        raise InputError(path, f"camera: found {invalid[0]!r}; allowed: {', '.join(ANSWERS)}, or nothing")
    return found.assign(camera=camera, maker=found["maker"].str.strip(), answer=camera.map({**ANSWERS, "": None}))
