"""What verify proves, and that it sees what is wrong: each thing is made wrong once."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from camcensus.core import parquet, storage
from camcensus.core.errors import CamcensusError
from camcensus.core.manifest import load_manifest
from camcensus.core.stage_record import Output
from camcensus.core.tables import COUNTS, LINKS
from camcensus.report.report_manifest import RECORD, load_report
from camcensus.report.tables.counts_public import SCHEMA
from camcensus.verify.command import verify_folder
from camcensus.verify.published import check_private
from camcensus.verify.verdict import Verdict
from tests.commands import camcensus
from tests.verify.worlds import counted, verified


@pytest.fixture
def study(world: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    shutil.copytree(world.parent, tmp_path / "copy")
    return tmp_path / "copy" / world.name


def of(folder: Path) -> Verdict:
    """The verdict on one folder."""
    verdict = Verdict()
    verify_folder(folder, verdict)
    return verdict


def told(verdict: Verdict) -> str:
    """All problems, as text."""
    return "\n".join(map(str, verdict.problems))


def test_the_command_says_sound_and_what_it_read(world: Path) -> None:
    done = camcensus("verify", "--study", world)
    assert done.stdout.splitlines()[-1] == "sound"
    assert "published tables computed again: 2" in done.stdout
    found = json.loads(camcensus("verify", "--json", world.parent / "data", world.parent / "report").stdout)
    assert found["sound"] is True
    read = [p for f in ("data", "report") for p in (world.parent / f).rglob("*") if p.is_file() and p.name[0] != "."]
    assert found["bytes"] > sum(p.stat().st_size for p in read if p.suffix in (".parquet", ".gz", ".zst", ".html"))


def test_a_report_alone_is_proven_on_a_machine_that_has_nothing_else(world: Path, tmp_path: Path) -> None:
    shutil.copytree(world.parent / "report", tmp_path / "fetched")
    verdict = of(tmp_path / "fetched")
    assert verdict.problems == []
    assert verdict.checked["numbers of the page against the table"] > 0
    assert verdict.checked["rows of the country table against counts"] > 0


@pytest.mark.slow
def test_a_lost_key_costs_nothing_but_work(study: Path) -> None:
    counts = study.parent / "report" / "counts_public.parquet"
    before, old = pq.read_table(counts).to_pylist(), (study.parent / "study.key").read_bytes()
    (study.parent / "study.key").unlink()
    assert verified(study).problems == [], "tables that were made with it stay valid"
    counted(study)
    assert (study.parent / "study.key").read_bytes() != old
    assert verified(study).problems == []
    assert pq.read_table(counts).to_pylist() == before


def test_what_is_none_of_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(CamcensusError, match="is not a data folder, a snapshot or a report"):
        of(tmp_path)
    assert camcensus("verify", status=2).stderr


def rewritten(study: Path, name: str, change: Callable[[dict[str, list[object]]], None]) -> None:
    """A published table changed by a hand that also mends its checksum in the report's record."""
    path = study.parent / "report" / name
    table = pq.read_table(path)
    columns = table.to_pydict()
    change(columns)
    pq.write_table(pa.table(columns, schema=table.schema), path, write_page_checksum=True)
    checksummed_again(study, path)


def checksummed_again(study: Path, path: Path) -> None:
    """The report's record and data package with the file as it is now."""
    folder = study.parent / "report"
    record = load_report(folder)
    name = path.relative_to(folder).as_posix()
    package = folder / "datapackage.json"
    content = json.loads(package.read_text())
    for resource in content["resources"]:
        if resource["path"] == name:
            resource |= {"bytes": path.stat().st_size, "hash": f"sha256:{storage.sha256(path)}"}
    package.write_text(json.dumps(content))
    for file in (path, package):
        out = Output(bytes=file.stat().st_size, sha256=storage.sha256(file))
        record.outputs[file.relative_to(folder).as_posix()] = out
    storage.write_checksummed(folder / RECORD, record.model_dump())


def test_a_forged_total_in_the_public_counts_is_seen(study: Path) -> None:
    def forge(columns: dict[str, list[object]]) -> None:
        row = next(n for n, level in enumerate(columns["level"]) if level == "manufacturer")
        columns["n_hosts"][row] = 9999

    rewritten(study, "counts_public.parquet", forge)
    assert of(study.parent / "report").sound, "nothing else in the report says how many a maker has"
    assert "has n_banners" in told(verified(study))


def test_a_forged_country_is_seen_in_the_report_alone(study: Path) -> None:
    def forge(columns: dict[str, list[object]]) -> None:
        columns["n_hosts"][columns["country"].index("GB")] = 9999

    rewritten(study, "country_table.parquet", forge)
    text = told(of(study.parent / "report"))
    assert "United Kingdom has [9999," in text
    assert "not as in the table" in text


def test_an_address_in_the_page_is_seen(study: Path) -> None:
    page = study.parent / "report" / "index.html"
    page.write_text(page.read_text().replace("</body>", "<p>81.2.0.7 and 2a00:1450::1</p></body>"))
    checksummed_again(study, page)
    text = told(of(study.parent / "report"))
    assert "an IPv4 address: 81.2.0.7" in text
    assert "an IPv6 address: 2a00:1450::1" in text


def test_a_file_that_is_not_of_the_report_is_seen(study: Path) -> None:
    (study.parent / "report" / "identified.parquet").write_bytes(b"x")
    assert "is in the folder, but not in the report's record" in told(of(study.parent / "report"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("10.0.0.1", "an IPv4 address"),
        ("fe80::1:2", "an IPv6 address"),
        ("00:40:8c:ab:12:cd", "a MAC address"),
        ("00-40-8C-AB-12-CD", "a MAC address"),
        ("0123456789abcdef" * 2, "a hashed identity"),
    ],
)
def test_what_looks_like_an_address_or_an_identity(tmp_path: Path, text: str, kind: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"name\n{text}\n")
    verdict = Verdict()
    check_private(path, verdict)
    assert kind in told(verdict)


@pytest.mark.parametrize(
    "text", ["5.4.5", "V5.4.5.1.2", "12:30:01", "a::before{}", "1.2.3.4.5", "sha256:" + "ab" * 32, "999.1.1.1", "::"]
)
def test_what_is_neither(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.md"
    path.write_text(text)
    verdict = Verdict()
    check_private(path, verdict)
    assert verdict.problems == []


def test_private_columns_and_other_types_are_seen(tmp_path: Path) -> None:
    pq.write_table(pa.table({"host": ["x"], "when": pa.array([1], pa.timestamp("ms"))}), tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text("country,identity\nGB,x\n")
    verdict = Verdict()
    for name in ("a.parquet", "b.csv"):
        check_private(tmp_path / name, verdict)
    assert "has a column host" in told(verdict)
    assert "column when is timestamp[ms]" in told(verdict)
    assert "has a column identity" in told(verdict)


def resaved(study: Path, change: Callable[[dict[str, object]], None]) -> None:
    """The manifest of 2025, changed by a hand that also updates its checksum."""
    folder = study.parent / "data" / "2025"
    found = storage.read_checksummed(folder / "manifest.json")
    change(found)
    storage.write_checksummed(folder / "manifest.json", found)


def test_a_flow_that_does_not_reconcile_is_seen(study: Path) -> None:
    resaved(study, lambda m: m["stages"]["ingest"]["flow"].update(rows_out=59))
    text = told(of(study.parent / "data"))
    assert "ingest: 62 lines in, 59 out" in text
    assert "its flow says 59" in text


def test_a_table_of_another_schema_is_seen(study: Path) -> None:
    folder = study.parent / "data" / "2025"
    table = parquet.read_table(folder / "links.parquet", LINKS).rename_columns(
        ["file", "line", "status", "device", "law", "decoy"]
    )
    pq.write_table(table, folder / "links.parquet")
    manifest = load_manifest(folder)
    assert manifest is not None
    manifest.stages["dedupe"].outputs["links.parquet"] = Output(
        bytes=(folder / "links.parquet").stat().st_size,
        sha256=storage.sha256(folder / "links.parquet"),
        rows=table.num_rows,
    )
    manifest.save(folder)
    assert "does not have the columns of links: law (string), rule (string)" in told(of(study.parent / "data"))


def test_a_model_that_is_the_text_of_a_device_is_seen(study: Path) -> None:
    folder = study.parent / "data" / "2025"
    counts = parquet.read_table(folder / "counts.parquet", COUNTS)
    row = next(n for n, level in enumerate(counts["level"].to_pylist()) if level == "manufacturer+model")
    models = counts["model"].to_pylist()
    models[row] = "DS-2CD2032-12-HIGH-STREET"
    place = counts.column_names.index("model")
    pq.write_table(counts.set_column(place, COUNTS.schema.field(place), [models]), folder / "counts.parquet")
    manifest = load_manifest(folder)
    assert manifest is not None
    manifest.stages["aggregate"].outputs["counts.parquet"] = Output(
        bytes=(folder / "counts.parquet").stat().st_size,
        sha256=storage.sha256(folder / "counts.parquet"),
        rows=counts.num_rows,
    )
    manifest.save(folder)
    assert "'DS-2CD2032-12-HIGH-STREET' is no model of the catalogue" in told(verified(study))


def test_f26_a_report_of_another_run_is_seen(study: Path) -> None:
    resaved(study, lambda m: m.update(run="0" * 12))
    assert "shows run" in told(verified(study))


def test_another_catalogue_or_database_is_seen(study: Path) -> None:
    rules = next(iter(sorted((study.parent / "queries").glob("h*.toml"))))
    rules.write_text(rules.read_text().replace("[[signature]]", "# changed\n[[signature]]", 1))
    assert "comments or examples changed" in "".join(verified(study).notes)
    (study.parent / "geo.mmdb").write_bytes(b"x")
    assert "geo.mmdb: does not match geo.mmdb.sha256" in told(verified(study))


def test_a_raw_file_that_is_gone_is_told_by_the_manifest(study: Path) -> None:
    (study.parent / "data/2025/raw/one.json").unlink()
    page = next((study.parent / "data/2026/raw").rglob("*.page.zst"))
    page.unlink()
    text = told(of(study.parent / "data"))
    assert "one.json: is missing" in text
    assert f"{page.name}: is missing" in text


def test_public_counts_have_no_private_column() -> None:
    from camcensus.verify.published import PRIVATE

    assert {"host", "address", "identity", "certificate", "http_title", "device", "prefix"} <= PRIVATE
    assert not PRIVATE & set(SCHEMA.names)
