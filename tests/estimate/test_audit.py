"""An audit by the command: drawn with known chances, labelled, scored; no address in what is kept."""

import json
from pathlib import Path

import pandas as pd
import pytest

from pipeline import store
from pipeline.accuracy.counted import Counted
from pipeline.estimate.sample import code_of
from tests.accuracy.worlds import counted
from tests.test_cli import camcensus


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Counted:
    found = counted(tmp_path_factory.mktemp("world") / "out")[-1]
    camcensus("audit", "sample", "--study", found.folder / "study.toml", "--snapshot", found.snapshot, "--hosts", "300")
    return found


def answers(world: Counted) -> pd.DataFrame:
    """What a labeller who knows everything would say of each host."""
    rows = world.identified.assign(camera=world.identified["is_camera"].eq(True))
    hosts = rows.sort_values(["host", "camera"], ascending=[True, False]).drop_duplicates("host")
    codes = [code_of(store.PUBLIC_KEY, host) for host in hosts["host"]]
    maker = hosts["true_manufacturer"].where(hosts["camera"]).fillna("")
    return pd.DataFrame({
        "code": codes, "camera": ["yes" if c else "no" for c in hosts["camera"]], "maker": maker.tolist(),
        "labeller": "a", "date": "2026-11-25", "note": "",
    })  # fmt: skip


def labelled(world: Counted, path: Path) -> pd.DataFrame:
    sample = pd.read_csv(world.data / "audit/sample.csv")
    return (
        sample[["code"]]
        .merge(answers(world), on="code", how="left")
        .pipe(lambda f: (f.to_csv(path, index=False), f)[1])
    )


def score(world: Counted, *files: Path, status: int = 0) -> dict[str, object]:
    study = ("--study", world.folder / "study.toml", "--snapshot", world.snapshot)
    done = camcensus("audit", "score", *files, *study, "--json", status=status)
    return json.loads(done.stdout) if status == 0 else {"stderr": done.stderr}


def test_chances_are_sample_over_stratum(world: Counted) -> None:
    sample = pd.read_csv(world.data / "audit/sample.csv")
    drawn = sample.groupby("stratum")["code"].transform("size")
    assert (sample["chance"] == drawn / sample["stratum_size"]).all()
    kinds = sample["stratum"].str.partition("|")[0]
    assert set(kinds) == {"counted", "uncounted"}
    assert sample["code"].is_unique


def test_no_address_is_in_the_files_of_labels(world: Counted) -> None:
    for name in ("sample.csv", "labels.csv"):
        text = (world.data / "audit" / name).read_text()
        assert not [host for host in world.identified["host"] if f"{host}," in text]


def test_the_page_shows_evidence_as_text_and_not_what_is_said_of_it(world: Counted) -> None:
    page = (world.data / "audit/page.html").read_text()
    assert "SIMULATED" in page
    assert "App-webs/" in page
    assert "<script" not in page
    assert "counted|" not in page


def test_true_labels_give_the_true_figures(world: Counted, tmp_path: Path) -> None:
    labelled(world, tmp_path / "a.csv")
    found = score(world, tmp_path / "a.csv")
    truth = int((answers(world)["camera"] == "yes").sum())
    point, low, high = found["cameras"]  # type: ignore[misc]
    assert low < point < high
    assert abs(point - truth) / truth < 0.15
    assert found["cannot_tell"] == 0


def test_two_labellers_agree_as_far_as_they_do(world: Counted, tmp_path: Path) -> None:
    one = labelled(world, tmp_path / "a.csv")
    other = one.assign(camera=["cannot tell" if n % 4 == 0 else c for n, c in enumerate(one["camera"])])
    other.to_csv(tmp_path / "b.csv", index=False)
    agreement = score(world, tmp_path / "a.csv", tmp_path / "b.csv")["agreement"]
    assert agreement[0] == pytest.approx(0.75, abs=0.01)  # type: ignore[index]
    assert score(world, tmp_path / "b.csv")["cannot_tell"] == -(-len(one) // 4)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"camera": "perhaps"}, "allowed: yes, no, cannot tell"),
        ({"code": "0000000000000000"}, "has a code twice"),
        ({"code": None}, "not in sample.csv"),
    ],
)
def test_labels_that_are_none_are_refused(
    world: Counted, tmp_path: Path, changed: dict[str, str | None], said: str
) -> None:
    table = labelled(world, tmp_path / "a.csv")
    (name, value), *_ = changed.items()
    table[name] = [f"x{n}" for n in range(len(table))] if value is None else value
    table.to_csv(tmp_path / "a.csv", index=False)
    assert said in str(score(world, tmp_path / "a.csv", status=1)["stderr"])


def test_a_second_sample_does_not_overwrite_labels(world: Counted) -> None:
    done = camcensus(
        "audit", "sample", "--study", world.folder / "study.toml", "--snapshot", world.snapshot, status=1
    )  # fmt: skip
    assert "labels may be in it" in done.stderr


def test_one_engine_gives_no_estimate_and_says_why(world: Counted) -> None:
    done = camcensus("estimate", "engines", "--study", world.folder / "study.toml", "--snapshot", "2026", status=1)
    assert "with one engine nothing says how much it misses" in done.stderr


def test_changes_without_an_audit_are_ranges(world: Counted) -> None:
    done = camcensus("estimate", "change", "--study", world.folder / "study.toml", "--json")
    (found,) = json.loads(done.stdout).values()
    assert found["basis"] == "sensitivity range"
    assert found["low"] <= found["change"] <= found["high"]
