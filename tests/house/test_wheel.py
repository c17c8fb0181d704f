"""F29: the built package runs without the repository: bundled data inside, commands working, nothing of dev needed."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content in an empty folder."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(unpacked: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    start = f"import sys; sys.path.insert(0, {str(unpacked)!r}); sys.argv[0] = 'camcensus'; "
    program = (
        start + "import camcensus.cli.app; print(camcensus.cli.app.__file__, file=sys.stderr); camcensus.cli.app.main()"
    )
    return subprocess.run([sys.executable, "-c", program, *arguments], cwd=cwd, capture_output=True, text=True)


def test_f29_the_wheel_carries_its_data(unpacked: Path, tmp_path: Path) -> None:
    done = run(unpacked, tmp_path, "doctor")
    assert str(unpacked) in done.stderr, "the test must run the wheel, not the checkout"
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok   catalogue" in done.stdout


def test_f29_a_study_runs_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    assert run(unpacked, tmp_path, "init", "census").returncode == 0
    study = ("--study", "census/study.toml")
    export = ROOT / "data/demo/raw/2024/SYNTHETIC-more.json"
    assert run(unpacked, tmp_path, "import", str(export), *study, "--snapshot", "one").returncode == 0
    done = run(unpacked, tmp_path, "run", *study, "--quiet")
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.splitlines()[-1].removeprefix("page: ")).is_file()


def test_f29_the_wheel_carries_the_mappings(unpacked: Path, tmp_path: Path) -> None:
    export = ROOT / "tests/data/mappings/SYNTHETIC-fofa.csv"
    done = run(unpacked, tmp_path, "identify", str(export), "--source", "fofa")
    assert done.returncode == 0, done.stderr
    assert "Hikvision" in done.stdout
