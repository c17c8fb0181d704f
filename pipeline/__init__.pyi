from pipeline.api import CamcensusError as CamcensusError
from pipeline.api import ChoiceError as ChoiceError
from pipeline.api import Frame as Frame
from pipeline.api import GateError as GateError
from pipeline.api import InstrumentError as InstrumentError
from pipeline.api import IntegrityError as IntegrityError
from pipeline.api import OpenStudy as OpenStudy
from pipeline.api import Rows as Rows
from pipeline.api import StudyError as StudyError
from pipeline.api import TwoEngines as TwoEngines
from pipeline.api import UnitError as UnitError
from pipeline.api import charts as charts
from pipeline.api import columns as columns
from pipeline.api import open_study as open_study
from pipeline.api import prior_studies as prior_studies
from pipeline.api import total as total

__all__ = [
    "CamcensusError", "ChoiceError", "Frame", "GateError", "InstrumentError", "IntegrityError", "OpenStudy", "Rows",
    "StudyError", "TwoEngines", "UnitError", "charts", "columns", "open_study", "prior_studies", "total",
]  # fmt: skip
