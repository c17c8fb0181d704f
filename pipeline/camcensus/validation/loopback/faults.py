"""Faults that the loopback Shodan can produce, and when."""

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
# Faults that change a reply; with all others the request is not processed, and so not charged.
PROCESSED = frozenset({"half-body", "truncated-json", "short-page", "empty-page", "duplicates", "moved-total"})


@dataclass(frozen=True)
class Fault:
    """One fault, and which requests it affects.

    `where`: a regular expression for path and query, such as "host/search.*page=2". `at`: the n-th matching request,
    from 1; `share`: each with this chance, drawn with `seed`; default: every one. `times`: limit, None: no limit.
    `wait`: seconds that "hang" waits (default 30), and Retry-After of "429" and "503-html" (None: no header). `by`:
    rows that "short-page" omits, "duplicates" repeats, "moved-total" adds (may be negative). `charged`: the request is
    processed and paid for although the reply is lost ("reset", "hang", ...).
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
    def is_processed(self) -> bool:
        """Return whether the request is processed and charged before the fault changes the reply."""
        return self.charged or self.kind in PROCESSED


class Faults:
    """Selects the fault of the next request. Thread-safe."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._faults = tuple(faults)
        self._seen = [0] * len(faults)
        self._done = [0] * len(faults)
        self._lock = threading.Lock()

    def next(self, request: str) -> Fault | None:
        """Return the first fault that affects the request (path and query, without the key)."""
        with self._lock:
            concerned = [n for n, fault in enumerate(self._faults) if re.search(fault.where, request)]
            for number in concerned:
                self._seen[number] += 1
            hit = next((n for n in concerned if self._hits(n, self._faults[n])), None)
            if hit is None:
                return None
            self._done[hit] += 1
            return self._faults[hit]

    def _hits(self, number: int, fault: Fault) -> bool:
        if fault.times is not None and self._done[number] >= fault.times:
            return False
        seen = self._seen[number]
        if fault.at is not None and seen not in ([fault.at] if isinstance(fault.at, int) else fault.at):
            return False
        # Each request has its own random number, so earlier requests do not change it.
        return random.Random(f"{fault.seed} {seen}").random() < fault.share  # noqa: S311  not a secret
