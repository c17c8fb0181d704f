"""Spark for tests: one session for a module, on this machine, set to start quickly and not to be fast.

A machine without Java skips these tests and says why; where CAMCENSUS_NEED_SPARK is set (as in .ci/run) they fail.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from camcensus.core.errors import CamcensusError
from camcensus.engines.spark import Spark, spark
from camcensus.engines.spark_session import require_java, require_spark

NEEDED = "CAMCENSUS_NEED_SPARK"
# Tests ask a hundred queries of a few rows: what takes the time is to compile each for millions.
QUICK = """
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
"""
# Four tries for a task; a plain local[2] has one.
MASTER = "local[2,4]"


def require() -> None:
    """Skips the test where Spark cannot run."""
    try:
        require_spark()
        require_java()
    except CamcensusError as error:
        if os.environ.get(NEEDED):
            pytest.fail(f"{error}; and {NEEDED} says that it must run")
        pytest.skip(str(error))


def quick(folder: Path) -> dict[str, str]:
    """An environment in which Spark starts quickly; its settings in `folder`."""
    (folder / "spark-defaults.conf").write_text(QUICK)
    return {"SPARK_CONF_DIR": str(folder), "JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}


@contextmanager
def quickly(folder: Path) -> Iterator[Spark]:
    """An engine on two cores of this machine."""
    require()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in quick(folder).items():
            patch.setenv(name, value)
        with spark(MASTER) as engine:
            yield engine
