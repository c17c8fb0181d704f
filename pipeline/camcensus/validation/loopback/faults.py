"""Faults that the loopback Shodan can be told to have, and when."""

import random
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "429", "500-json", "502", "503-html", "200-html", "error-null", "timed-out", "cursor", "reset", "hang", "half-body",
    "truncated-json", "short-page", "empty-page", "duplicates", "moved-total", "no-credits", "revoked",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)
# Faults that leave a reply to spoil; with all others the request is not worked on, and so not charged.
WORKED_ON = frozenset({"half-body", "truncated-json", "short-page", "empty-page", "duplicates", "moved-total"})


@dataclass(frozen=True)
class Fault:
    """One fault, and which requests it hits.

    `at`: the n-th of the requests that `where` fits, the first is 1; `share`: each of them with this chance, drawn with
    `seed`; with neither, every one. `where` is a regular expression for path and query, such as
    "host/search.*page=2"; `times` bounds how often the fault happens, None for ever.
    `wait`: seconds that "hang" holds the line (default 30), and Retry-After of "429" and "503-html" (None: no such
    header).
    `by`: rows that "short-page" leaves out, "duplicates" repeats, "moved-total" adds (may be negative).
    `charged`: the request is worked on and paid for although the reply is lost ("reset", "hang", ...).
    """

    kind: Kind
    at: int | Sequence[int] | None = None
    share: float = 1.0
    seed: int = 0
    where: str = ""
    times: int | None = 1
    wait: float | None = None
    by: int = 3
    charged: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"there is no fault {self.kind!r}; there are {', '.join(KINDS)}")
        re.compile(self.where)

    @property
    def worked_on(self) -> bool:
        """Whether the request is answered (and charged) before the fault spoils the answer."""
        return self.charged or self.kind in WORKED_ON


class Faults:
    """Which fault, if any, hits the next request. Safe to use from several threads."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._faults = tuple(faults)
        self._seen = [0] * len(faults)
        self._done = [0] * len(faults)
        self._lock = threading.Lock()

    def next(self, request: str) -> Fault | None:
        """The first fault that hits the request (path and query, without the key)."""
        with self._lock:
            hit = None
            for number, fault in enumerate(self._faults):
                if not re.search(fault.where, request):
                    continue
                self._seen[number] += 1
                if hit is None and self._hits(number, fault):
                    self._done[number] += 1
                    hit = fault
            return hit

    def _hits(self, number: int, fault: Fault) -> bool:
        if fault.times is not None and self._done[number] >= fault.times:
            return False
        seen = self._seen[number]
        if fault.at is not None and seen not in ([fault.at] if isinstance(fault.at, int) else fault.at):
            return False
        # A die of its own for each request: whether this one is hit does not depend on who came between.
        return random.Random(f"{fault.seed} {seen}").random() < fault.share  # noqa: S311  a die, not a secret
