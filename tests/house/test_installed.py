"""F29: the wheel in an empty environment: with the libraries that the package names and what these need, and no others,
its command and its Python API count exports and a simulated Internet, far from any checkout."""

import subprocess
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DEVELOPMENT = ("pytest", "sphinx", "polars", "ipykernel", "hypothesis")


def needed(name: str = "camcensus") -> dict[str, Distribution]:
    """The distributions that a plain install brings, by name."""
    found: dict[str, Distribution] = {}
    waiting = [(name, "")]
    seen = set()
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        one, extra = key
        found[one] = distribution(one)
        for text in found[one].requires or []:
            wanted = Requirement(text)
            if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
                waiting += [(wanted.name, each) for each in (wanted.extras or {""})] + [(wanted.name, "")]
    del found[name]
    return found


def _link(distributions: dict[str, Distribution], site: Path) -> None:
    """Puts what distributions consist of into a folder of packages, by links."""
    for found in distributions.values():
        base = Path(str(found.locate_file("")))
        for top in {file.parts[0] for file in found.files or [] if file.parts[0] not in ("..", "__pycache__")}:
            if not (site / top).exists():
                (site / top).symlink_to(base / top)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with the wheel."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist"]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
    (site,) = (folder / "env/lib").glob("python*/site-packages")
    _link(needed(), site)
    pip = [sys.executable, "-m", "pip", "--python", folder / "env/bin/python", "install", "--quiet"]
    (wheel,) = (folder / "dist").glob("*.whl")
    subprocess.run([*pip, "--no-index", "--no-deps", "--disable-pip-version-check", wheel], check=True)
    return folder / "env/bin"


def run(*command: str | Path, cwd: Path) -> str:
    home = {"HOME": str(cwd), "XDG_DATA_HOME": str(cwd / "share"), "PATH": "/usr/bin:/bin", "COLUMNS": "200"}
    done = subprocess.run(command, cwd=cwd, env=home, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_nothing_of_development_is_there(installed: Path, tmp_path: Path) -> None:
    code = f"import importlib.util as u; print([n for n in {DEVELOPMENT!r} if u.find_spec(n)])"
    assert run(installed / "python", "-c", code, cwd=tmp_path).strip() == "[]"


def test_f29_the_wheel_carries_its_data(installed: Path, tmp_path: Path) -> None:
    assert "ok   catalogue" in run(installed / "camcensus", "doctor", cwd=tmp_path)


def test_f29_a_study_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    command = installed / "camcensus"
    run(command, "init", "census", cwd=tmp_path)
    study = ("--study", "census/study.toml")
    export = ROOT / "data/demo/raw/2024/SYNTHETIC-more.json"
    run(command, "import", export, *study, "--snapshot", "one", cwd=tmp_path)
    page = Path(run(command, "run", *study, "--quiet", cwd=tmp_path).splitlines()[-1].removeprefix("page: "))
    assert page.is_file()
    assert page.is_relative_to(tmp_path)


def test_f29_the_wheel_carries_the_mappings(installed: Path, tmp_path: Path) -> None:
    export = ROOT / "tests/data/mappings/SYNTHETIC-fofa.csv"
    assert "Hikvision" in run(installed / "camcensus", "identify", export, "--source", "fofa", cwd=tmp_path)


def test_the_command_and_the_api_count_a_world(installed: Path, tmp_path: Path) -> None:
    command = installed / "camcensus"
    run(
        command, "simulate", "world", "--devices", "2000", "--snapshots", "2", "--workers", "1", "--quiet", cwd=tmp_path
    )
    run(command, "run", "--study", "world/study.toml", "--no-report", "--quiet", cwd=tmp_path)
    program = (
        "import camcensus as cc\n"
        "study = cc.open_study('world/study.toml')\n"
        "print(cc.__file__)\n"
        "print(study.country_table().iloc[-1]['n_hosts'], cc.total(study.counts('country'), 'hosts') > 0)\n"
        "cc.charts.world_map(study).savefig('map.png')\n"
        "try:\n    study.counts().polars()\nexcept cc.CamcensusError as error:\n    print(error)\n"
    )
    where, counted, advice = run(installed / "python", "-c", program, cwd=tmp_path).splitlines()
    assert Path(where).is_relative_to(installed.parent)
    assert counted.endswith("True")
    assert "camcensus[polars]" in advice
    assert (tmp_path / "map.png").stat().st_size > 10_000
