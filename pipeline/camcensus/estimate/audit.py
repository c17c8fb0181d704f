"""`camcensus audit`: draws hosts to label by hand, and turns the labels into precision, recall and a corrected count.

All of it is within what was collected. Labels are expert readings, not truth. What is kept of them has no address: a
label code stands for each host, so that labels can be held against a new catalogue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from camcensus.core import storage
from camcensus.core.errors import InputError
from camcensus.core.resources import TEMPLATES
from camcensus.core.tables import UNKNOWN
from camcensus.estimate.audit_sample import TEXTS, banners_of, code_of, draw, frame_of
from camcensus.estimate.proportions import REPLICATES, Audited, Stratum, bootstrap, wilson
from camcensus.estimate.two_lists import Source

ANSWERS = {"yes": True, "no": False, "cannot tell": None}
GROUPS = 2  # countries that are strata of their own
LONGEST = 600  # characters of each piece of evidence that a labeller sees
_KEPT = ["code", "stratum", "stratum_size", "chance"]


@dataclass(frozen=True)
class Score:
    """What the labels say. `labelled`: hosts with an answer; `cannot_tell`: without; `untold`: hosts of strata in which
    nobody could tell of any, and which are in no figure; `agreement`: of two labellers, share and Cohen's kappa (None:
    there was one); `strata`, `makers`, `confused`: tables."""

    labelled: int
    cannot_tell: int
    untold: int
    agreement: tuple[float, float] | None
    precision: tuple[float, float, float]
    recall: tuple[float, float, float]
    cameras: tuple[float, float, float]
    counted: int
    strata: pd.DataFrame
    makers: pd.DataFrame
    confused: pd.DataFrame


def sample(source: Source, wanted: int, seed: int) -> tuple[pd.DataFrame, list[Path]]:
    """Draws the sample and writes it into the snapshot's `audit` folder: the table, a page to read and a file to fill
    in. It is private: what the banners say stands in it."""
    key = storage.identity_key(source.study.key_path, source.study.simulated)
    frame = frame_of(banners_of(source))
    groups = frame.hosts.loc[frame.hosts["counted"], "country"].value_counts().index[:GROUPS].tolist()
    drawn = draw(frame, frame.strata(groups), wanted, seed)
    drawn["code"] = [code_of(key, host) for host in drawn["host"]]
    drawn = drawn.sort_values("code").reset_index(drop=True)  # neither page nor file tells the stratum by its order
    texts = _evidence(source, drawn["host"].tolist())
    folder = source.folder / "audit"
    paths = [folder / name for name in ("sample.csv", "page.html", "labels.csv")]
    storage.write_text(paths[0], drawn[[*_KEPT]].to_csv(index=False, lineterminator="\n"))
    storage.write_text(paths[1], _page(drawn, texts, source))
    empty = pd.DataFrame({"code": drawn["code"], "camera": "", "maker": "", "labeller": "", "date": "", "note": ""})
    storage.write_text(paths[2], empty.to_csv(index=False, lineterminator="\n"))
    return drawn, paths


def score(source: Source, files: Sequence[Path], seed: int) -> Score:
    """What the labels of one or two labellers say of the snapshot as the catalogue sees it now.

    Raises `InputError` for a file that is none of this sample's.
    """
    labels = told_of(source, files)
    told = labels.told
    found = replicates(told, seed)
    return Score(
        labelled=len(told),
        cannot_tell=labels.cannot_tell,
        untold=labels.untold,
        agreement=labels.agreement,
        precision=found.interval("precision"), recall=found.interval("recall"), cameras=found.interval("cameras"),
        counted=labels.counted,
        strata=_by_stratum(told), makers=_by_maker(told, seed), confused=_confused(told),
    )  # fmt: skip


def as_table(found: Score) -> pd.DataFrame:
    """The score as rows, with the columns that `kept` names."""
    rows: list[dict[str, Any]] = []
    for what in ("precision", "recall", "cameras"):
        value, low, high = getattr(found, what)
        rows.append({"what": what, "manufacturer": "", "value": value, "low": low, "high": high,
                     "labelled": found.labelled, "counted": found.counted})  # fmt: skip
    for maker in found.makers.to_dict("records"):
        rows += [
            {"what": what, "manufacturer": maker["maker"], "value": maker[what], "low": maker[f"{what}_low"],
             "high": maker[f"{what}_high"], "labelled": maker["labelled"], "counted": None}
            for what in ("precision", "recall")
        ]  # fmt: skip
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Labels:
    """Labelled hosts (`told`: `code`, `host`, `stratum`, `stratum_size`, `chance`, `maker`, `answer`, and what the
    catalogue says now: `counted`, `manufacturer`), hosts that cannot be told, hosts of strata without an answer, hosts
    counted in all, and agreement."""

    told: pd.DataFrame
    cannot_tell: int
    untold: int
    counted: int
    agreement: tuple[float, float] | None


def told_of(source: Source, files: Sequence[Path]) -> Labels:
    """What one or two labellers said, beside what the catalogue says now. Raises `InputError` as `score` does."""
    key = storage.identity_key(source.study.key_path, source.study.simulated)
    drawn = _read(source.folder / "audit" / "sample.csv", _KEPT)
    labels = [_labels(path) for path in files]
    for path, each in zip(files, labels, strict=True):
        if strangers := set(each["code"]) - set(drawn["code"]):
            raise InputError(path, f"has {len(strangers)} codes that are not in sample.csv; is it of another snapshot?")
    first = drawn.merge(labels[0], on="code", how="left")
    hosts = frame_of(banners_of(source)).hosts
    hosts["code"] = [code_of(key, host) for host in hosts["host"]]
    now = first.merge(hosts[["code", "host", "counted", "manufacturer"]], on="code", how="left")
    now["counted"] = now["counted"].eq(True)
    told = now[now["answer"].notna()].assign(answer=lambda rows: rows["answer"].astype(bool))
    cannot = int((now["camera"] == "cannot tell").sum())
    untold = _untold(files[0], now)
    return Labels(told, cannot, untold, int(hosts["counted"].sum()), _agreement(labels) if len(labels) > 1 else None)


def _untold(path: Path, drawn: pd.DataFrame) -> int:
    """Hosts of strata in which nobody could tell of any. Raises `InputError` for labels that are not filled in: what
    stands for a stratum that was not looked at is not known, and a sum without it would be taken for the whole."""
    filled = drawn["camera"].isin(list(ANSWERS)).groupby(drawn["stratum"]).any()
    if empty := filled.index[~filled].tolist():
        raise InputError(
            path,
            f"has no answer in {len(empty)} of {len(filled)} strata of sample.csv, {empty[0]!r} among them; fill in at "
            "least one host of each ('cannot tell' where nobody can)",
        )
    strata = drawn.groupby("stratum")
    answered = strata["answer"].count() > 0
    if not answered.any():
        raise InputError(path, "says 'cannot tell' of every host, which tells nothing of the count")
    return int(strata["stratum_size"].first()[~answered].sum())


def replicates(told: pd.DataFrame, seed: int, number: int = REPLICATES) -> Audited:
    """The bootstrap over labelled rows (`stratum`, `stratum_size`, `counted`, `answer`)."""
    return bootstrap([_stratum(each) for _, each in told.groupby("stratum", sort=True)], seed, number)


def _stratum(rows: pd.DataFrame) -> Stratum:
    return Stratum(
        int(rows["stratum_size"].iloc[0]), rows["counted"].to_numpy(bool), rows["answer"].to_numpy(bool)
    )  # fmt: skip


def _by_stratum(told: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name, each in told.groupby("stratum", sort=True):
        hits = int(each["answer"].sum())
        low, high = wilson(hits, len(each))
        rows.append({
            "stratum": name, "hosts": int(each["stratum_size"].iloc[0]), "labelled": len(each), "cameras": hits,
            "low": low, "high": high,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _by_maker(told: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Precision and recall of each maker's name, among labelled cameras whose maker the labeller named."""
    named = told[told["answer"] & told["maker"].ne("")]
    rows = []
    for maker in sorted(set(named["maker"]) - {UNKNOWN}):
        said = named["counted"] & (named["manufacturer"] == maker)
        as_maker = named.assign(counted=said, answer=named["maker"] == maker)
        found = replicates(as_maker, seed)
        rows.append({
            "maker": maker, "labelled": int((named["maker"] == maker).sum()),
            **{f"{what}{end}": value for what in ("precision", "recall")
               for end, value in zip(("", "_low", "_high"), found.interval(what), strict=True)},
        })  # fmt: skip
    return pd.DataFrame(rows)


def _confused(told: pd.DataFrame) -> pd.DataFrame:
    """How often a camera of one maker is taken for another's: weighted hosts, labelled maker by maker said."""
    named = told[told["answer"] & told["maker"].ne("")]
    said = named["manufacturer"].where(named["counted"], "not counted")
    return named.assign(said=said, hosts=1.0 / named["chance"]).pivot_table(
        index="maker", columns="said", values="hosts", aggfunc="sum", fill_value=0.0
    )


def _agreement(labels: Sequence[pd.DataFrame]) -> tuple[float, float]:
    """Share of hosts on which two labellers say the same, and Cohen's kappa."""
    both = labels[0].merge(labels[1], on="code", suffixes=("_one", "_two"))
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
        found = pd.read_csv(path, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(path, f"is no table: {error}") from None
    if missing := [c for c in columns if c not in found.columns]:
        raise InputError(path, f"has no column {', '.join(missing)}")
    return found


def _labels(path: Path) -> pd.DataFrame:
    """A file of labels, with `answer`: True, False or None. Raises `InputError` for other words."""
    found = _read(path, ["code", "camera", "maker"]).astype(str)
    if found["code"].duplicated().any():
        raise InputError(path, "has a code twice; keep one line of each")
    said = found["camera"].str.strip().str.lower()
    if strange := sorted(set(said) - {*ANSWERS, ""}):
        raise InputError(path, f"camera: found {strange[0]!r}; allowed: {', '.join(ANSWERS)}, or nothing")
    return found.assign(camera=said, maker=found["maker"].str.strip(), answer=said.map({**ANSWERS, "": None}))


def _evidence(source: Source, hosts: list[str]) -> dict[str, list[dict[str, str]]]:
    """What the banners of these hosts say, cut short: a list of column to text for each host."""
    found: dict[str, list[dict[str, str]]] = {host: [] for host in hosts}
    columns = ["host", "port", *TEXTS]
    for part in source.parts("observations"):
        table = pq.read_table(part, columns=columns, filters=[("host", "in", hosts)])
        for row in table.to_pylist():
            said = {name: str(row[name])[:LONGEST] for name in TEXTS if row[name] is not None}
            found[row["host"]].append({"port": str(row["port"]), **said})
    return found


def _page(drawn: pd.DataFrame, texts: dict[str, list[dict[str, str]]], source: Source) -> str:
    """The page to read while labelling. It shows no address, no stratum and not what the catalogue says."""
    loader = jinja2.FileSystemLoader(TEMPLATES)
    template = jinja2.Environment(loader=loader, autoescape=True).get_template("audit.html.j2")
    hosts: list[dict[str, Any]] = [
        {"code": row.code, "banners": sorted(texts[str(row.host)], key=lambda b: int(b["port"]))}
        for row in drawn.itertuples()
    ]
    return template.render(hosts=hosts, snapshot=source.snapshot, simulated=source.study.simulated)
