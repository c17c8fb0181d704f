"""A Spark session for one run. Nothing of it listens beyond this machine unless the master is on another one."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from camcensus.core.errors import CamcensusError
from camcensus.core.resources import bundled
from camcensus.engines.processes import own_interrupts

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PACKAGE = Path(__file__).parent.parent
# What tasks read of what comes with the package, shipped where a wheel has it.
SHIPPED = ("data/reference", "data/mappings", "queries")
ARCHIVE = "camcensus"
OLDEST_JAVA = 17
LOOPBACK = "127.0.0.1"
SETTINGS: dict[str, str | bool | int | float | None] = {
    "spark.app.name": "camcensus",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.driver.maxResultSize": "0",  # results are small, or leave by files
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.compression.codec": "zstd",
    # Tables of numbers are a tenth of their size on disk; taken for small, they would be sent to every executor.
    "spark.sql.sources.fileCompressionFactor": "10",
    "spark.sql.sources.commitProtocolClass":
        "org.apache.spark.sql.execution.datasources.SQLHadoopMapReduceCommitProtocol",
    # Without these a flipped bit in a page is read as data.
    "spark.hadoop.parquet.page.write-checksum.enabled": "true",
    "spark.hadoop.parquet.page.verify-checksum.enabled": "true",
}  # fmt: skip


@contextmanager
def session(master: str) -> "Iterator[SparkSession]":
    """Yield a session on `master` with the package shipped. Raises `CamcensusError` if Spark or Java is missing."""
    require_spark()
    require_java()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # No table of ours goes through Spark as one of pandas'.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        spark = _started(master)
        try:
            spark.sparkContext.addArchive(f"{ship(Path(folder))}#{ARCHIVE}")
            yield spark
        finally:
            spark.stop()


def _started(master: str) -> "SparkSession":
    from py4j.protocol import Py4JError  # noqa: PLC0415 -- an optional extra
    from pyspark.errors import PySparkException  # noqa: PLC0415
    from pyspark.sql import SparkSession  # noqa: PLC0415

    _environment(master)
    try:
        with own_interrupts():  # which a new Spark context takes
            return SparkSession.builder.master(master).config(map=_settings(master)).getOrCreate()
    except (PySparkException, Py4JError, OSError) as error:
        raise CamcensusError(f"Spark does not start on {master}: {error_line(error)}") from None


@contextmanager
def spark_errors(what: str, hint: str = "") -> Iterator[None]:
    """Report in one sentence what Spark could not do after all its tries."""
    from py4j.protocol import Py4JError  # noqa: PLC0415 -- an optional extra
    from pyspark.errors import PySparkException  # noqa: PLC0415

    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise CamcensusError(f"{what}: {error_line(error)}{hint}") from error


def require_spark() -> None:
    """Raise `CamcensusError` when pyspark is not installed."""
    if find_spec("pyspark") is None:
        raise CamcensusError(
            "--engine spark needs pyspark, which is not installed; run: pip install 'camcensus[spark]'"
        )


def require_java() -> None:
    """Raise `CamcensusError` when Java is missing, or is one that Spark does not run on."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if java is None:
        where = f"there is none in JAVA_HOME ({home})" if home else "none is installed"
        raise CamcensusError(
            f"--engine spark needs Java {OLDEST_JAVA} or later, and {where}; on Debian: "
            f"apt-get install openjdk-{OLDEST_JAVA}-jre-headless"
        )
    output = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    found = re.search(r'version "(\d+)', output)
    if found is None or int(found[1]) < OLDEST_JAVA:
        which = f"is Java {found[1]}" if found else "does not start"
        raise CamcensusError(f"--engine spark needs Java {OLDEST_JAVA} or later; {java} {which}")


def _environment(master: str) -> None:
    """Set what Spark's processes look for in the environment, where it is not set."""
    import pyspark  # noqa: PLC0415 -- an optional extra

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))  # where executors of this machine start
    if is_local(master):
        os.environ["SPARK_LOCAL_IP"] = LOOPBACK
        os.environ["SPARK_LOCAL_HOSTNAME"] = "localhost"


def is_local(master: str) -> bool:
    """Return whether all of Spark runs on this machine."""
    return master.startswith("local")


def _settings(master: str) -> dict[str, str | bool | int | float | None]:
    if not is_local(master):
        return SETTINGS
    return SETTINGS | {
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.host": LOOPBACK,
        "spark.sql.shuffle.partitions": str(max(2, os.cpu_count() or 2)),
    }


def ship(folder: Path) -> Path:
    """Write the package and the data that its tasks read as an archive in `folder`; return its path."""
    path = folder / f"{ARCHIVE}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(PACKAGE.rglob("*")):
            inside = file.relative_to(PACKAGE)
            if file.suffix in (".py", ".sql") and inside.parts[0] != "_bundled":
                archive.write(file, PACKAGE.name / inside)
        for name in SHIPPED:
            root = bundled(name)
            for file in sorted(p for p in root.rglob("*") if p.is_file()):
                archive.write(file, Path(PACKAGE.name, "_bundled", name, file.relative_to(root)))
    return path


def error_line(error: object) -> str:
    """Return a Spark error in one line: what Python raised in an executor, or else its first line."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    traced = next((n for n, line in enumerate(lines) if line.startswith("Traceback ")), None)
    if traced is not None:
        return next((line for line in lines[traced + 1 :] if not line.startswith(" ")), lines[traced - 1]).strip()
    if len(lines) > 1 and lines[1].startswith(": "):  # from Java, after a line that only says where
        return lines[1].removeprefix(": ").strip()
    return lines[0].strip() if lines else type(error).__name__
