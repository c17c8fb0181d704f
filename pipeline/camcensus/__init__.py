"""camcensus: counts the cameras visible from the Internet, from what search engines already hold.

    import camcensus as cc
    study = cc.open_study("studies/demo.toml")

What stands in `__all__` is the Python API; it is loaded when it is first asked for, so that a command which needs none
of it starts quickly. `__init__.pyi` tells type checkers the same names."""

import importlib
from typing import Any

__all__ = [
    "CamcensusError", "ChoiceError", "Frame", "GateError", "InstrumentError", "IntegrityError", "OpenStudy", "Rows",
    "StudyError", "TwoEngines", "UnitError", "charts", "columns", "open_study", "prior_studies", "total",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load and return a name of the API."""
    if name not in __all__:
        raise AttributeError(f"camcensus has no {name!r}; its names are {', '.join(__all__)}")
    return getattr(importlib.import_module("camcensus.api"), name)


def __dir__() -> list[str]:
    """Return the names of the API."""
    return sorted(__all__)
