"""What `camcensus doctor` looks at. The only network it touches is the Shodan account, and only when a key is set."""

import platform
from collections.abc import Callable
from pathlib import Path

from camcensus.collect.client import Client, Limits
from camcensus.collect.key import VARIABLE, find_key
from camcensus.core.config import BUILTIN
from camcensus.core.errors import CamcensusError
from camcensus.core.fingerprints import package_version
from camcensus.core.resources import bundled
from camcensus.geolocate.database import open_locator
from camcensus.geolocate.editions import editions_of
from camcensus.identify.catalogue import faults_of, load_catalogue
from camcensus.raw.imports import free_bytes

ENOUGH_DISK = 1 << 30


def examine() -> tuple[bool, list[str]]:
    """Whether all is well, and a line for each thing looked at."""
    looks = {"python": _python, "catalogue": _catalogue, "country database": _geo, "disk": _disk, "shodan key": _key}
    lines = [f"camcensus {package_version()}"]
    sound = True
    for name, look in looks.items():
        fine, text = _tried(look)
        sound = sound and fine
        lines.append(f"{'ok ' if fine else 'BAD'}  {name}: {text}")
    return sound, lines


def _tried(look: Callable[[], tuple[bool, str]]) -> tuple[bool, str]:
    try:
        return look()
    except CamcensusError as error:
        return False, str(error)


def _python() -> tuple[bool, str]:
    return True, platform.python_version()


def _catalogue() -> tuple[bool, str]:
    catalogue = load_catalogue(bundled("queries"))
    faults = faults_of(catalogue)
    if faults:
        return False, "; ".join(faults)
    return True, f"version {catalogue.version}, {len(catalogue.makers)} makers, {len(catalogue.signatures)} signatures"


def _geo() -> tuple[bool, str]:
    editions = editions_of(BUILTIN, Path())
    locator = open_locator(max(editions, key=lambda edition: edition.order).path)
    others = f", and {len(editions) - 1} other" if len(editions) > 1 else ""
    return True, f"{locator.edition}{others} ({locator.credit})"


def _disk() -> tuple[bool, str]:
    free = free_bytes(Path.cwd())
    text = f"{free / 1e9:,.1f} GB free here"
    return (True, text) if free >= ENOUGH_DISK else (False, f"{text}; a census wants at least 1 GB")


def _key() -> tuple[bool, str]:
    key = find_key()
    if not key:
        return True, f"none set ({VARIABLE}); needed only to collect"
    account = Client(key, Limits(deadline=0.0)).info().value
    return True, f"plan {account['plan']}, {account['query_credits']} query credits left"
