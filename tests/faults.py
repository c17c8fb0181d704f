"""The table of a run of the fault suite: fault, tries, survived. `make faults` says where it is gathered."""

import json
import os
from pathlib import Path


def record(fault: str, tries: int, failed: int) -> None:
    """Enters how often a fault was tried and how often it was not survived, where a table is being made."""
    if place := os.environ.get("CAMCENSUS_FAULTS"):
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"fault": fault, "tries": tries, "survived": tries - failed}) + "\n")
