"""The faults by number, which tests carry in their names, and what a run of the fault suite gathers."""

import json
import os
import re
from pathlib import Path

# F1 to F30: what goes wrong. A test of one has its number in its name: `test_f9_...`, `test_f11_to_f16_...`.
FAULTS = {
    1: "kill -9 at any moment",
    2: "requests that fail, hang or are to wait",
    3: "no key, no right, no credits",
    4: "an answer that is no result",
    5: "a total that moves while it is paged",
    6: "pages that come short or twice",
    7: "the key leaks",
    8: "clocks and time zones",
    9: "a disk that is full, closed or gone",
    10: "two runs at once",
    11: "cut, joined and oddly packed files",
    12: "lines made to break a reader",
    13: "fields missing, renamed, of another kind",
    14: "countries that are no country",
    15: "addresses that are none, or are not public",
    16: "ports that are none",
    17: "devices by order or partition of the rows",
    18: "one address, many devices; decoys",
    19: "a country database damaged, gone or of another time",
    20: "changed rules",
    21: "sums that do not add up",
    22: "nothing to count",
    23: "collapse or explosion against the run before",
    24: "another method taken for another world",
    25: "the same again gives other bytes",
    26: "stale or rotten files",
    27: "a missing year, growth from nothing",
    28: "formulas and markup from banners",
    29: "what is installed lacks something",
    30: "notebooks",
}
_NUMBER = re.compile(r"(?<=_)f(\d+)(?:_to_f(\d+))?(?=_)")


def numbers_in(name: str) -> set[int]:
    """The faults that a test names: `test_f11_to_f13_f15_x` names 11, 12, 13 and 15."""
    found = _NUMBER.findall(name.partition("[")[0])
    return {n for first, last in found for n in range(int(first), int(last or first) + 1)}


def record(fault: str, tries: int, failed: int) -> None:
    """Enters how often a fault was tried and how often it was not survived, where a table is being made."""
    if place := os.environ.get("CAMCENSUS_FAULTS"):
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"fault": fault, "tries": tries, "survived": tries - failed}) + "\n")
