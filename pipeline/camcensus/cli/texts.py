"""What the commands say: pure text from studies, manifests and verdicts."""

import json
from dataclasses import asdict
from pathlib import Path

from camcensus.core.config import Study
from camcensus.core.console import printable
from camcensus.core.errors import SHOWN, CamcensusError, CatalogueError
from camcensus.core.manifest import load_manifest
from camcensus.core.resources import bundled
from camcensus.core.storage import write_text
from camcensus.identify.catalogue import faults_of, load_catalogue
from camcensus.identify.catalogue_diff import REGISTER, difference, extend_register, meanings, read_register
from camcensus.identify.catalogue_page import page
from camcensus.run import Outcome

STUDY = "study.toml"


# For whoever keeps studies under git: what holds addresses, and the key, is not committed.
NOT_COMMITTED = "# Raw files and tables with addresses, and the key of hashed identities.\n/data/\n*.key\n"


def make_study(folder: Path) -> str:
    """Writes a study from the template into a new or empty folder; what to do next."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CamcensusError(f"{folder}: is there already and is not an empty folder; choose another")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STUDY).write_text(bundled("studies/template.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / ".gitignore").write_text(NOT_COMMITTED, encoding="utf-8")
    study = folder / STUDY
    return (
        f"{study}: a study to start from; its comments say what each key does. Next:\n"
        f"  camcensus import YOUR-EXPORTS/*.json.gz --study {study} --snapshot 2026\n"
        f"  camcensus run --study {study}\n"
        f"  camcensus status --study {study}"
    )


def tell_outcome(outcome: Outcome, as_json: bool) -> str:
    """What a run did, and where the page is."""
    if as_json:
        found = {**asdict(outcome), "page": str(outcome.page) if outcome.page else None}
        return json.dumps(found, sort_keys=True)
    lines = [] if outcome.done or outcome.held_back else ["Everything is up to date; nothing was done."]
    for name, lacking in outcome.held_back.items():
        lines += [f"{name}: not collected: {line}" for line in lacking[:SHOWN]]
        lines += [f"{name}: and {len(lacking) - SHOWN:,} more"] if len(lacking) > SHOWN else []
        lines.append(
            f"PARTIAL: {name} is not a whole collection; nothing was published. camcensus collect goes on with it; "
            "--allow-partial counts it as it is, and every page then says so"
        )
    lines += [f"PARTIAL: {name} is not a whole collection, and every page says so" for name in outcome.partial]
    lines += [str(outcome.page)] if outcome.page else []
    return printable("\n".join(lines))


def partial_snapshots(study: Study) -> list[str]:
    """Ids of the snapshots that are not whole."""
    manifests = {name: load_manifest(study.data / name) for name in study.snapshot_ids()}
    return [name for name, manifest in manifests.items() if manifest and not manifest.complete]


def check_catalogue(folder: Path) -> str:
    """The catalogue's totals when it is sound. Raises `CatalogueError` with each fault otherwise."""
    catalogue = load_catalogue(folder)
    problems = faults_of(catalogue)
    found = difference(read_register(folder), meanings(catalogue))
    problems += [f"{name}: means something else than it did; give it a new id" for name in found.changed]
    if found.added:
        problems.append(f"{len(found.added)} ids are not in {REGISTER}; run: camcensus catalogue page {folder}")
    if problems:
        raise CatalogueError(folder, problems)
    return f"sound: version {catalogue.version}, {len(catalogue.makers)} makers, {len(catalogue.signatures)} signatures"


def write_catalogue_page(folder: Path) -> str:
    """Extends the register and writes the page; says how many ids were new."""
    catalogue = load_catalogue(folder)
    if faults := faults_of(catalogue):
        raise CatalogueError(folder, faults)
    found = extend_register(folder, catalogue)
    write_text(folder / "README.md", page(catalogue))
    return f"{folder / 'README.md'}: written; {len(found.added)} new ids in {REGISTER}"
