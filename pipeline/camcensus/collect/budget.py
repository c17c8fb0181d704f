"""What a collection may cost, held against every request before it is sent."""

from dataclasses import dataclass

from camcensus.core.errors import SpentError
from camcensus.raw.attempts import Attempt
from camcensus.raw.ledger import Ledger


@dataclass(frozen=True)
class Budget:
    """The book of a collection that may cost so many query credits in all, retries and what a kill cut off included."""

    ledger: Ledger
    allowed: int

    def asks(self, attempt: Attempt) -> int:
        """Enters a request that will be sent now; its number. Raises `SpentError` when it would cost too much."""
        if attempt.price and self.ledger.spent + attempt.price > self.allowed:
            raise SpentError(self.allowed)
        return self.ledger.asks(attempt)

    def answered(self, number: int, attempt: Attempt) -> None:
        """Enters how a request went."""
        self.ledger.answered(number, attempt)
