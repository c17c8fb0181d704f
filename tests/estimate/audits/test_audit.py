"""An audit by the command: drawn with known chances, labelled, scored; no address in what is kept."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from camcensus.core import storage
from camcensus.core.config import load_study
from camcensus.core.errors import IntegrityError
from camcensus.core.manifest import load_manifest
from camcensus.core.resources import bundled
from camcensus.estimate.audits.sample import banners_of, code_of, hosts_of
from camcensus.estimate.saved import CHANGES, FOLDER, RANKS, kept
from camcensus.estimate.source import Source
from camcensus.validation.accuracy.counted import CountedWorld, count_world
from tests.commands import camcensus
from tests.validation.accuracy.worlds import shared_folder, worlds_of


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[CountedWorld]:
    own = tmp_path_factory.mktemp("world") / "out"
    shutil.copytree(shared_folder(tmp_path_factory), own)
    return worlds_of(own)


@pytest.fixture(scope="module")
def world(worlds: list[CountedWorld]) -> CountedWorld:
    found = worlds[-1]
    study = ("--study", found.folder / "study.toml", "--snapshot", found.snapshot)
    drawn = json.loads(camcensus("audit", "sample", *study, "--hosts", "300", "--json").stdout)
    assert [Path(name).is_file() for name in drawn["files"]] == [True] * len(drawn["files"]) != []
    assert drawn["n_hosts"] == len(pd.read_csv(found.data / "audit/sample.csv"))
    return found


def answers(world: CountedWorld) -> pd.DataFrame:
    """What a labeller who knows everything would say of each host."""
    rows = world.identified.assign(camera=world.identified["is_camera"].eq(True))
    hosts = rows.sort_values(["host", "camera"], ascending=[True, False]).drop_duplicates("host")
    codes = [code_of(storage.PUBLIC_KEY, host) for host in hosts["host"]]
    maker = hosts["true_manufacturer"].where(hosts["camera"]).fillna("")
    return pd.DataFrame({
        "code": codes, "camera": ["yes" if c else "no" for c in hosts["camera"]], "maker": maker.tolist(),
        "labeller": "a", "date": "2026-11-25", "note": "",
    })  # fmt: skip


def labelled(world: CountedWorld, path: Path) -> pd.DataFrame:
    sample = pd.read_csv(world.data / "audit/sample.csv")
    return (
        sample[["code"]]
        .merge(answers(world), on="code", how="left")
        .pipe(lambda f: (f.to_csv(path, index=False), f)[1])
    )


def changed(world: CountedWorld, **values: object) -> None:
    found = load_manifest(world.data)
    assert found is not None
    found.model_copy(update=values).save(world.data)


def score(world: CountedWorld, *files: Path, status: int = 0) -> dict[str, object]:
    study = ("--study", world.folder / "study.toml", "--snapshot", world.snapshot)
    done = camcensus("audit", "score", *files, *study, "--json", status=status)
    return json.loads(done.stdout) if status == 0 else {"stderr": done.stderr}


def test_chances_are_sample_over_stratum(world: CountedWorld) -> None:
    sample = pd.read_csv(world.data / "audit/sample.csv")
    drawn = sample.groupby("stratum")["code"].transform("size")
    assert (sample["chance"] == drawn / sample["stratum_size"]).all()
    kinds = sample["stratum"].str.partition("|")[0]
    assert set(kinds) == {"counted", "uncounted"}
    assert sample["code"].is_unique


def test_no_address_is_in_the_files_of_labels(world: CountedWorld) -> None:
    for name in ("sample.csv", "labels.csv"):
        text = (world.data / "audit" / name).read_text()
        assert not [host for host in world.identified["host"] if f"{host}," in text]


def test_the_page_shows_evidence_as_text_and_not_what_is_said_of_it(world: CountedWorld) -> None:
    page = (world.data / "audit/page.html").read_text()
    assert "SIMULATED" in page
    assert "App-webs/" in page
    assert "<script" not in page
    assert "counted|" not in page


def test_true_labels_give_the_true_figures(world: CountedWorld, tmp_path: Path) -> None:
    labelled(world, tmp_path / "a.csv")
    found = score(world, tmp_path / "a.csv")
    truth = int((answers(world)["camera"] == "yes").sum())
    point, low, high = found["cameras"]  # type: ignore[misc]
    assert low < point < high
    assert abs(point - truth) / truth < 0.15
    assert found["cannot_tell"] == 0


@pytest.mark.slow
def test_two_labellers_agree_as_far_as_they_do(world: CountedWorld, tmp_path: Path) -> None:
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
        ({"camera": ""}, "fill in at least one host of each"),
        ({"camera": "cannot tell"}, "says nothing about the count"),
    ],
)
def test_labels_that_are_none_are_refused(
    world: CountedWorld, tmp_path: Path, changed: dict[str, str | None], said: str
) -> None:
    table = labelled(world, tmp_path / "a.csv")
    (name, value), *_ = changed.items()
    table[name] = [f"x{n}" for n in range(len(table))] if value is None else value
    table.to_csv(tmp_path / "a.csv", index=False)
    assert said in str(score(world, tmp_path / "a.csv", status=1)["stderr"])


def test_a_stratum_that_nobody_looked_at_is_no_sum_without_it(world: CountedWorld, tmp_path: Path) -> None:
    table = labelled(world, tmp_path / "a.csv")
    strata = pd.read_csv(world.data / "audit/sample.csv").set_index("code")
    mine = table["code"].map(strata["stratum"])
    one = mine.value_counts().index[0]
    table.assign(camera=table["camera"].mask(mine == one, "")).to_csv(tmp_path / "b.csv", index=False)
    assert f"no answer in 1 of {mine.nunique()} strata" in str(score(world, tmp_path / "b.csv", status=1)["stderr"])
    table.assign(camera=table["camera"].mask(mine == one, "cannot tell")).to_csv(tmp_path / "c.csv", index=False)
    assert (
        score(world, tmp_path / "c.csv")["unknown_hosts"]
        == strata.loc[strata["stratum"] == one, "stratum_size"].iloc[0]
    )
    assert score(world, tmp_path / "a.csv")["unknown_hosts"] == 0


def test_a_second_sample_does_not_overwrite_labels(world: CountedWorld) -> None:
    done = camcensus(
        "audit", "sample", "--study", world.folder / "study.toml", "--snapshot", world.snapshot, status=1
    )  # fmt: skip
    assert "may contain labels" in done.stderr


def test_one_engine_gives_no_estimate_and_says_why(world: CountedWorld) -> None:
    done = camcensus("estimate", "engines", "--study", world.folder / "study.toml", "--snapshot", "2026", status=1)
    assert "what no engine saw needs a second engine" in done.stderr


@pytest.mark.slow
def test_labels_are_held_against_the_catalogue_of_today(world: CountedWorld, tmp_path: Path) -> None:
    labelled(world, tmp_path / "a.csv")
    before = score(world, tmp_path / "a.csv")
    shutil.copytree(bundled("queries"), world.folder / "catalogue")
    for name in ("hikvision.toml", "README.md"):  # as if its signatures were not known
        (world.folder / "catalogue" / name).unlink()
    study = world.folder / "study.toml"
    text = study.read_text()
    study.write_text(text.replace('vendors = ["Hikvision", ', 'catalogue = "catalogue"\nvendors = ['))
    count_world(world.folder, snapshots=[world.snapshot])
    after = score(world, tmp_path / "a.csv")
    study.write_text(text)
    count_world(world.folder, snapshots=[world.snapshot])
    assert after["counted"] < before["counted"]  # type: ignore[operator]
    assert after["recall"][0] < before["recall"][0] - 0.1  # type: ignore[index]
    assert after["cameras"][1] < before["cameras"][0] < after["cameras"][2]  # type: ignore[index]
    assert score(world, tmp_path / "a.csv") == before


def test_a_score_is_kept_until_the_counts_change(world: CountedWorld, tmp_path: Path) -> None:
    labelled(world, tmp_path / "a.csv")
    found = score(world, tmp_path / "a.csv")
    study = load_study(world.folder / "study.toml")
    table = kept(study, f"audit-{world.snapshot}.csv")
    assert table is not None
    everybody = table[table["manufacturer"].isna()].set_index("what")
    assert everybody.loc["precision", ["value", "low", "high"]].tolist() == pytest.approx(found["precision"], rel=1e-4)
    assert "Hikvision" in set(table["manufacturer"])
    text = (study.data / FOLDER / f"audit-{world.snapshot}.csv").read_text()
    assert not [host for host in world.identified["host"] if host in text]
    manifest = world.data / "manifest.json"
    before = manifest.read_text()
    changed(world, run="another")
    assert kept(study, f"audit-{world.snapshot}.csv") is None
    manifest.write_text(before)


def test_f26_a_damaged_table_is_told(world: CountedWorld) -> None:
    camcensus("estimate", "ranks", "--study", world.folder / "study.toml", "--snapshot", world.snapshot)
    study = load_study(world.folder / "study.toml")
    assert kept(study, RANKS) is not None
    with (study.data / FOLDER / RANKS).open("a") as file:
        file.write("2026,NL,1,1,1,1,1,1\n")
    with pytest.raises(IntegrityError, match="is damaged; delete the folder and make its tables again"):
        kept(study, RANKS)


def test_ranks_are_those_of_the_counts(world: CountedWorld) -> None:
    done = camcensus("estimate", "ranks", "--study", world.folder / "study.toml", "--snapshot", "2026", "--json")
    rows = json.loads(done.stdout)
    cells = world.counts.query(
        "level == 'country' and scope == 'all' and ip_version == '4' and min_confidence == 'medium' "
        "and decoys_left_out == 'certain' and n_hosts > 0 and country not in ('CN', 'ZZ')"
    )  # fmt: skip
    assert {row["country"]: row["n_hosts"] for row in rows} == dict(
        zip(cells["country"], cells["n_hosts"], strict=True)
    )
    assert all(row["best"] <= row["rank"] <= row["worst"] for row in rows)
    assert [row["n_hosts"] for row in rows] == sorted((row["n_hosts"] for row in rows), reverse=True)


@pytest.mark.slow
def test_queries_have_a_recall_on_whole_blocks_alone(world: CountedWorld, tmp_path: Path) -> None:
    studies = world.folder / "net/study.toml", world.folder / "study.toml"
    count_world(world.folder / "net")
    asked = ("audit", "queries", "--snapshot", "2026", "--study")
    rows = json.loads(camcensus(*asked, studies[0], "--against", studies[1], "--json").stdout)
    net = Source(load_study(studies[0]), "2026")
    there = set(banners_of(Source(load_study(studies[1]), "2026"))["host"])
    hosts = hosts_of(banners_of(net)).query("counted")
    hosts = hosts[~hosts["host"].str.contains(":")]
    (everybody,) = (row for row in rows if not row["manufacturer"])
    assert (everybody["hosts"], everybody["found"]) == (len(hosts), hosts["host"].isin(there).sum())
    cameras = world.banners[world.banners["counted"] & world.banners["host"].isin(hosts["host"])]
    truth = cameras.groupby("host")["returned"].any().mean()
    assert everybody["low"] < truth < everybody["high"]
    # What queries returned is no block that was downloaded without them.
    refused = camcensus(*asked, studies[1], "--against", studies[1], status=1)
    assert "do not show the recall of the queries" in refused.stderr


def test_labels_of_blocks_tell_what_the_catalogue_does_not_know(world: CountedWorld, tmp_path: Path) -> None:
    net, study = world.folder / "net/study.toml", world.folder / "study.toml"
    count_world(world.folder / "net")
    camcensus("audit", "sample", "--study", net, "--snapshot", "2026", "--hosts", "1000")
    sample = pd.read_csv(net.parent / "data/2026/audit/sample.csv")
    cameras = set(world.banners.loc[world.banners["counted"], "host"])
    codes = {code_of(storage.PUBLIC_KEY, host): host for host in set(world.banners["host"])}
    sample["camera"] = ["yes" if codes[code] in cameras else "no" for code in sample["code"]]
    sample[["code", "camera"]].assign(maker="").to_csv(tmp_path / "a.csv", index=False)
    asked = ("audit", "queries", "--snapshot", "2026", "--study", net, "--against", study)
    rows = json.loads(camcensus(*asked, "--labels", tmp_path / "a.csv", "--json").stdout)
    assert [row["basis"] for row in rows if not row["manufacturer"]] == ["labels", "catalogue"]
    blocks = {codes[code] for code in sample["code"]} & cameras
    there = set(banners_of(Source(load_study(study), "2026"))["host"])
    assert rows[0]["recall"] < rows[1]["recall"]
    assert rows[0]["recall"] == pytest.approx(len(blocks & there) / len(blocks), abs=0.02)


@pytest.mark.slow
def test_changes_with_audits_of_both_years_have_an_interval(
    world: CountedWorld, worlds: list[CountedWorld], tmp_path: Path
) -> None:
    study = ("--study", world.folder / "study.toml")
    before = worlds[0]
    camcensus("audit", "sample", *study, "--snapshot", before.snapshot, "--hosts", "300")
    labels = []
    for year in (before, world):
        labelled(year, tmp_path / f"{year.snapshot}.csv")
        labels += ["--labels", f"{year.snapshot}={tmp_path}/{year.snapshot}.csv"]
    done = camcensus("estimate", "change", *study, *labels, "--json")
    rows = [row for row in json.loads(done.stdout) if not row["country"]]
    assert [row["basis"] for row in rows] == ["audit", "sensitivity range"]
    true = [int((answers(year)["camera"] == "yes").sum()) for year in (before, world)]
    assert rows[0]["low"] < true[1] / true[0] - 1 < rows[0]["high"]
    table = kept(load_study(world.folder / "study.toml"), CHANGES)
    assert table is not None
    assert len(table) == len(json.loads(done.stdout))
    told = camcensus("estimate", "change", *study, *labels).stdout
    assert "corrected by audits, 95%" in told
    said = camcensus("estimate", "change", *study, "--labels", "2026", status=1).stderr
    assert "such as 2026=labels-ann.csv" in said


@pytest.mark.slow
def test_changes_without_an_audit_are_ranges(world: CountedWorld) -> None:
    done = camcensus("estimate", "change", "--study", world.folder / "study.toml", "--json")
    rows = json.loads(done.stdout)
    (found,) = (row for row in rows if not row["country"])
    assert found["basis"] == "sensitivity range"
    assert found["low"] <= found["change"] <= found["high"]
    assert {row["word"] for row in rows} <= {"up", "down", "not distinguishable"}
    assert len({row["country"] for row in rows}) == len(rows) > 20


def test_snapshots_that_cannot_be_compared_have_no_change(world: CountedWorld) -> None:
    manifest = world.data / "manifest.json"
    before = manifest.read_text()
    changed(world, complete=False)
    done = camcensus("estimate", "change", "--study", world.folder / "study.toml")
    manifest.write_text(before)
    assert "not comparable: one of the two collections is partial" in done.stdout
