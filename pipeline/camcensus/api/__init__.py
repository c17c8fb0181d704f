"""The Python API: what a notebook needs.

The examples here run on a small made-up world (`camcensus simulate` with 3,000 devices and 2 snapshots, opened with the
demo's study), so that their numbers are always the same; on the demo itself the numbers are larger.
"""

from camcensus.api import charts
from camcensus.api.frame import Frame
from camcensus.api.meaning import columns, prior_studies, total
from camcensus.api.rows import Rows
from camcensus.api.study import OpenStudy, open_study
from camcensus.api.two_engines import TwoEngines
from camcensus.core.errors import (
    CamcensusError,
    ChoiceError,
    GateError,
    InstrumentError,
    IntegrityError,
    StudyError,
    UnitError,
)

__all__ = [
    "CamcensusError", "ChoiceError", "Frame", "GateError", "InstrumentError", "IntegrityError", "OpenStudy", "Rows",
    "StudyError", "TwoEngines", "UnitError", "charts", "columns", "open_study", "prior_studies", "total",
]  # fmt: skip
