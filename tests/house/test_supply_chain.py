"""What is installed is what was pinned: each dependency with its exact version and checksums, from an index alone."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;\\]+)(?: *;[^\\]*)?(?: *\\)?$")
_HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


LOCKS = ("requirements.lock", "requirements-lab.lock", "requirements-spark.lock")


def pins(lock: str = LOCKS[0]) -> dict[str, dict[str, int]]:
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
    for name, locked in (pins() | pins(LOCKS[2])).items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue  # for another system or version of Python
        if installed not in locked:
            differing.append(f"{name}: {installed}, the lock has {', '.join(locked)}")
    assert differing == [], "run: make setup"


def test_every_dependency_of_the_package_is_locked_within_its_range() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [text for group in project["dependency-groups"].values() for text in group if isinstance(text, str)]
    wanted = [*project["project"]["dependencies"], *groups]
    names = {re.split(r"[<>=!~\[; ]", text)[0].lower().replace("_", "-") for text in wanted}
    assert names - pins().keys() == set()
    assert [text for text in wanted if "@" in text or "git+" in text] == []
    assert [text for text in project["project"]["dependencies"] if "<" not in text] == []
    makefile = (ROOT / "Makefile").read_text()
    assert makefile.count("--require-hashes -r") == len(LOCKS)
    # Without it an audit that could ask nobody ends as one that found nothing.
    assert "--requirement requirements.lock --disable-pip --require-hashes --strict" in makefile


def test_the_lab_has_all_that_the_tests_have_and_jupyter() -> None:
    lab, own = pins(LOCKS[1]), pins()
    assert {name: lab.get(name) for name in own} == own
    assert "jupyterlab" in lab


def test_spark_brings_itself_and_its_bridge_to_java_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found = pins(LOCKS[2])
    assert found.keys() == {"pyspark", "py4j"}
    (wanted,) = project["project"]["optional-dependencies"]["spark"]
    least, below = map(int, re.findall(r"[>=<](\d+)", wanted))
    assert least <= int(next(iter(found["pyspark"])).split(".")[0]) < below
