"""The checks of `camcensus doctor`. Their only network access is the Shodan account, when a key is set."""

import platform
from pathlib import Path
from typing import Any

from camcensus.collect.client import Client, Limits
from camcensus.collect.key import VARIABLE, find_key
from camcensus.core.config import BUILTIN
from camcensus.core.errors import CamcensusError
from camcensus.core.fingerprints import package_version
from camcensus.core.resources import bundled
from camcensus.geolocate.database import open_locator
from camcensus.geolocate.editions import editions_of
from camcensus.identify.catalogue import faults_of, load_catalogue
from camcensus.ingest.kernels.compiling import cache_folder, prepare, why_plain
from camcensus.raw.imports import free_bytes

MIN_DISK = 1 << 30  # bytes


def examine() -> list[dict[str, Any]]:
    """Return one entry per check: its `name`, whether it is `ok`, and a `text` for people."""
    checks = {
        "python": _python, "kernels": _kernels, "catalogue": _catalogue, "country database": _geo, "disk": _disk,
        "shodan key": _key,
    }  # fmt: skip
    found = []
    for name, check in checks.items():
        try:
            is_ok, text = check()
        except CamcensusError as error:
            is_ok, text = False, str(error)
        found.append({"name": name, "ok": is_ok, "text": text})
    return found


def _python() -> tuple[bool, str]:
    return True, f"{platform.python_version()}, camcensus {package_version()}"


def _kernels() -> tuple[bool, str]:
    if why := why_plain():
        return True, f"not used, ingest of large files takes longer: {why}"
    prepare()
    return True, f"compiled in {cache_folder()}"


def _catalogue() -> tuple[bool, str]:
    catalogue = load_catalogue(bundled("queries"))
    if faults := faults_of(catalogue):
        return False, "; ".join(faults)
    return True, f"version {catalogue.version}, {len(catalogue.makers)} makers, {len(catalogue.signatures)} signatures"


def _geo() -> tuple[bool, str]:
    editions = editions_of(BUILTIN, Path())
    locator = open_locator(max(editions, key=lambda edition: edition.order).path)
    others = f", and {len(editions) - 1} other" if len(editions) > 1 else ""
    return True, f"{locator.edition}{others} ({locator.credit})"


def _disk() -> tuple[bool, str]:
    free = free_bytes(Path.cwd())
    text = f"{free / 1e9:,.1f} GB free in this folder"
    return (True, text) if free >= MIN_DISK else (False, f"{text}; a census needs at least 1 GB")


def _key() -> tuple[bool, str]:
    key = find_key()
    if not key:
        return True, f"none set ({VARIABLE}); you need one only to collect"
    account = Client(key, Limits(deadline=0.0)).info().value
    return True, f"plan {account['plan']}, {account['query_credits']} query credits left"
