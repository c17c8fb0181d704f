"""The results of commands as text, or as JSON: pure functions of studies, manifests and outcomes."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from camcensus.core.comparability import breaks
from camcensus.core.config import Gates, Study
from camcensus.core.console import Reporter
from camcensus.core.errors import SHOWN, CamcensusError, InputError
from camcensus.core.manifest import Manifest, load_manifest
from camcensus.core.resources import bundled
from camcensus.core.tables import UNKNOWN_COUNTRY
from camcensus.ingest.acceptance import shows_no_camera, summary, unknown_fields, why_nothing
from camcensus.raw.completeness import lost_records
from camcensus.readers.acceptance import require_accepted
from camcensus.readers.lines import repairs_text
from camcensus.readers.registry import Source

if TYPE_CHECKING:
    from camcensus.collect.download import Collected
    from camcensus.ingest.records import Ingested
    from camcensus.run import Outcome

# For studies kept under git: files with addresses, and the key, are not committed.
GITIGNORE = "# Raw files and tables with addresses, and the key of hashed identities.\n/data/\n*.key\n"


def create_study(folder: Path) -> tuple[Path, list[str]]:
    """Write a study from the template into a new or empty folder; return it and the next commands."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CamcensusError(f"{folder}: exists and is not an empty folder; choose another")
    folder.mkdir(parents=True, exist_ok=True)
    study = folder / "study.toml"
    study.write_text(bundled("studies/template.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / ".gitignore").write_text(GITIGNORE, encoding="utf-8")
    return study, [
        f"camcensus import YOUR-EXPORTS/*.json.gz --study {study} --snapshot 2026",
        f"camcensus run --study {study}",
        f"camcensus status --study {study}",
    ]


def outcome_text(outcome: "Outcome", summary: dict[str, Any], as_json: bool) -> str:
    """Return what a run did, and its summary."""
    if as_json:
        found = {**asdict(outcome), "page": str(outcome.page) if outcome.page else None}
        return json.dumps(found | ({"summary": summary} if summary else {}), sort_keys=True)
    lines = [] if outcome.done or outcome.held_back else ["Everything is up to date; nothing was done."]
    for name, missing in outcome.held_back.items():
        lines += [f"{name}: not collected: {line}" for line in missing[:SHOWN]]
        lines += [f"{name}: and {len(missing) - SHOWN:,} more"] if len(missing) > SHOWN else []
        lines.append(
            f"PARTIAL: collection {name} is not complete; nothing was published. Resume it with camcensus collect, or "
            "count it as it is with --allow-partial (every page is then marked)"
        )
    for name in outcome.partial:
        reasons = "; ".join(outcome.why_partial.get(name, []))
        because = f" ({reasons})" if reasons else ""
        lines.append(f"PARTIAL: collection {name} is not complete{because}; every page is marked")
    if "n_hosts" in summary:
        marked = " (SIMULATED data)" if summary["is_simulated"] else ""
        lines += [
            f"Summary of {summary['snapshot']}{marked}",
            f"hosts: {summary['n_hosts']:,}{_change_text(summary)}",
            f"countries: {summary['n_countries']:,}",
        ]
    if summary:
        lines += [f"warnings: {summary['n_warnings']:,}", f"tables: {summary['tables']}", f"page: {summary['page']}"]
    return "\n".join(lines)


def _change_text(summary: dict[str, Any]) -> str:
    now, before = summary["n_hosts"], summary["n_hosts_before"]
    if before is None:
        return ""
    if summary["not_comparable"]:
        return f" (not comparable with {summary['before']}: {', '.join(summary['not_comparable'])})"
    share = f", {now / before - 1:+.1%}" if before else ""
    return f" ({now - before:+,}{share} since {summary['before']})"


def summarize(study: Study, page: Path, n_warnings: int) -> dict[str, Any]:
    """Return the headline of the newest counted snapshot, its change, and the paths of the report's page and tables."""
    found: dict[str, Any] = {"n_warnings": n_warnings, "page": str(page)}
    manifests = [load_manifest(study.data / name) for name in study.snapshot_ids()]
    counted = [m for m in manifests if m and "aggregate" in m.stages]
    if not counted:
        return found | {"tables": str(page.parent)}
    now, *earlier = counted[::-1]
    before = earlier[0] if earlier else None
    (n_hosts, n_countries), *headlines = _headlines(study, [now, *earlier[:1]])
    return found | {
        "snapshot": now.snapshot,
        "is_simulated": now.simulated,
        "n_hosts": n_hosts,
        "n_countries": n_countries,
        "before": before.snapshot if before else None,
        "n_hosts_before": headlines[0][0] if headlines else None,
        "not_comparable": breaks(before, now) if before else [],
        "tables": str(page.parent / "country_table.csv"),
    }


def _headlines(study: Study, manifests: Sequence[Manifest]) -> list[tuple[int, int]]:
    """Return hosts of all makers and countries with at least one, at the headline's settings, of each snapshot.

    By DuckDB, which is loaded sooner than pandas: a run with nothing to do takes a second.
    """
    import duckdb

    query = """
        SELECT coalesce(sum(n_hosts) FILTER (level = 'world'), 0)::BIGINT,
               count(*) FILTER (level = 'country' AND country <> ? AND n_hosts > 0)
        FROM read_parquet(?)
        WHERE engine = ? AND basis = ? AND min_confidence = ?
          AND scope = 'study' AND ip_version = '4' AND decoys_left_out = 'certain'
    """
    found: list[tuple[int, int]] = []
    with duckdb.connect(config={"threads": 1}) as db:
        for manifest in manifests:
            path = str(study.data / manifest.snapshot / "counts.parquet")
            asked = [UNKNOWN_COUNTRY, path, manifest.engine, manifest.basis, study.min_confidence]
            found += db.execute(query, asked).fetchall()
    return found


def add_partial(study: Study, outcome: "Outcome") -> None:
    """Add the snapshots that are partial to an outcome."""
    for manifest in (load_manifest(study.data / name) for name in study.snapshot_ids()):
        if manifest:
            outcome.note_partial(manifest)


def report_accepted(path: Path, source: Source, seen: "Ingested", reporter: Reporter) -> bool:
    """Log what was accepted of a file, as ingest does; return whether it would make a snapshot partial.

    Raises `InputError` when nothing was accepted.
    """
    flow = seen.flow("records" if source.mapping else "lines")
    reporter.info(summary(flow, "rejected"))
    if repaired := repairs_text(seen.repaired):
        reporter.info(f"repaired: {repaired}")
    if text := unknown_fields(seen.unknown):
        reporter.warning(text)
    if seen.damage:
        reporter.warning(f"{seen.damage}; the records before it were explained")
    if not seen.accepted:
        require_accepted(source, path)  # says which engine's export it looks like
        raise InputError(path, f"gives nothing: {why_nothing(flow, seen.quarantined, source.mapping)}")
    if why := shows_no_camera(seen.telling, seen.accepted, source.mapping):
        reporter.warning(why)
    lost = lost_records(flow, Gates.model_validate({}).max_quarantined, "rejected")
    if lost or flow.quarantined:
        text = f"{lost}; a snapshot of it is partial" if lost else f"{flow.quarantined:,} {flow.unit} are not banners"
        reporter.warning(text)
    return bool(lost or seen.damage)


def collected_text(done: "Collected", study: Path, as_json: bool) -> str:
    """Return what was collected, what is missing, and what to do next."""
    if as_json:
        return json.dumps({**asdict(done), "complete": done.complete}, sort_keys=True)
    paid = f"{done.pages:,} pages for {done.credits:,} query credits; {done.credits_in_all:,} for the snapshot so far"
    lines = [f"{done.snapshot}: {done.mode}: {paid}"]
    faults = [*done.failed, *done.missing]
    lines += [f"not collected: {text}" for text in faults[:SHOWN]]
    lines += [f"and {len(faults) - SHOWN:,} more"] if len(faults) > SHOWN else []
    lines += done.notes
    if done.complete:
        return "\n".join([*lines, f"complete; next: camcensus run --study {study}"])
    lines.append(f"PARTIAL: {done.stopped}" if done.stopped else "PARTIAL")
    resume = "run the same command again to resume; nothing is bought twice"
    if done.again:
        resume = (
            f"run the same command again to request what is missing: about {done.again:,} query credits, "
            f"--max-credits {done.credits_in_all + done.again}"
        )
    elif done.missing and not (done.stopped or done.failed):
        resume = "requesting it again does not help: collect into a new snapshot"
    return "\n".join([*lines, f"{resume}; or count what was collected: camcensus run --study {study} --allow-partial"])
