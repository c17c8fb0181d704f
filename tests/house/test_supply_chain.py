"""What is installed is what was pinned: each dependency with its exact version and checksums, from an index alone."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
_PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;\\]+)(?: *;[^\\]*)?(?: *\\)?$")
_HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


LOCKS = tuple(f"requirements{name}.lock" for name in ("", "-dev", "-all", "-lab", "-spark"))
RUN, DEV, ALL, LAB, SPARK = LOCKS
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins(lock: str = RUN) -> dict[str, dict[str, int]]:
    """Package to its versions (one for each system that needs its own) and their numbers of checksums, as the lock has
    them; fails at a line that is neither."""
    found: dict[str, dict[str, int]] = {}
    last = ("", "")
    for line in (ROOT / lock).read_text().splitlines():
        if pin := _PIN.match(line):
            last = (pin["name"], pin["version"])
            found.setdefault(last[0], {})[last[1]] = 0
        elif _HASH.match(line):
            found[last[0]][last[1]] += 1
        else:
            assert not line.strip() or line.lstrip().startswith("#"), f"not a pin with checksums: {line}"
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_each_dependency_has_an_exact_version_and_checksums(lock: str) -> None:
    found = pins(lock)
    assert len(found) > (1 if "spark" in lock else 30)
    assert [name for name, versions in found.items() if not all(versions.values())] == []


def test_what_is_installed_is_what_is_locked() -> None:
    differing = []
    for name, locked in (pins(ALL) | pins(SPARK)).items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue  # for another system or version of Python, or of a target that was not asked for
        if installed not in locked:
            differing.append(f"{name}: {installed}, the lock has {', '.join(locked)}")
    assert differing == [], "run: make setup"


def names(requirements: list[Any]) -> set[str]:
    """The packages that requirements name."""
    texts = [text for text in requirements if isinstance(text, str)]
    return {re.split(r"[<>=!~\[; ]", text)[0].lower().replace("_", "-") for text in texts}


def test_every_dependency_is_locked_within_its_range() -> None:
    own, groups = PROJECT["project"]["dependencies"], PROJECT["dependency-groups"]
    assert names([*own, *groups["build"]]) - pins(RUN).keys() == set()
    assert names(groups["dev"]) - pins(DEV).keys() == set()
    assert names([*groups["docs"], *groups["all"]]) - pins(ALL).keys() == set()
    assert names(PROJECT["project"]["optional-dependencies"]["notebooks"]) - pins(LAB).keys() == set()
    assert [text for text in map(str, chain(own, *groups.values())) if "@" in text or "git+" in text] == []
    assert [text for text in own if "<" not in text] == []


def test_make_installs_nothing_without_a_checksum() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert makefile.count("$(INSTALL) --require-hashes -r") == makefile.count("$(INSTALL) ") - 1 == 3
    assert "$(INSTALL) --no-build-isolation -e ." in makefile
    # Without it an audit whose index does not answer ends like one that found nothing.
    assert "--disable-pip --require-hashes --strict" in makefile


def test_a_plain_install_has_nothing_of_development() -> None:
    assert (
        pins(RUN).keys() & {"pytest", "ruff", "mypy", "sphinx", "jupyterlab", "ipykernel", "polars", "pyspark"} == set()
    )


@pytest.mark.parametrize(("larger", "smaller"), [(DEV, RUN), (ALL, DEV), (LAB, RUN)])
def test_environments_agree_on_versions(larger: str, smaller: str) -> None:
    whole, part = pins(larger), pins(smaller)
    assert {name: whole.get(name) for name in part} == part


def test_spark_brings_itself_and_its_bridge_to_java_and_nothing_else() -> None:
    found = pins(SPARK)
    assert found.keys() == {"pyspark", "py4j"}
    (wanted,) = PROJECT["project"]["optional-dependencies"]["spark"]
    least, below = map(int, re.findall(r"[>=<](\d+)", wanted))
    assert least <= int(next(iter(found["pyspark"])).split(".")[0]) < below
