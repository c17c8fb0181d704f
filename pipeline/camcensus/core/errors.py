"""Errors a caller can do something about. What a program can act on stands in attributes, what a person can do in the
text; none carries a traceback to the user."""

from pathlib import Path
from typing import Any


class CamcensusError(Exception):
    """Root of every error that camcensus raises on purpose. Its text says what to do."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors cross from one process to another, whatever they were made of."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[CamcensusError], told: tuple[Any, ...], held: dict[str, Any]) -> CamcensusError:
    """An error as it was, without making it anew."""
    error = kind.__new__(kind)
    error.args = told
    error.__dict__.update(held)
    return error


class Interrupted(CamcensusError):
    """The user asked to stop."""

    def __init__(self) -> None:
        super().__init__("stopped; what is whole stays, run the same command again to go on")


SHOWN = 20


def _listed(head: str, problems: list[str]) -> str:
    """The head and a line for each problem; past the first few only their number."""
    more = [f"  and {len(problems) - SHOWN:,} more"] if len(problems) > SHOWN else []
    return "\n".join([head, *(f"  {problem}" for problem in problems[:SHOWN]), *more])


class StudyError(CamcensusError):
    """A study file is wrong. `problems` holds one line for each fault: key, what was found, what is allowed."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.path = path
        self.problems = problems
        super().__init__(_listed(f"{path}: the study cannot be used", problems))


class CatalogueError(CamcensusError):
    """A catalogue file is wrong. `problems` holds one line for each fault: file, line, id and reason."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.path = path
        self.problems = problems
        super().__init__(_listed(f"{path}: the catalogue cannot be used", problems))


class MappingError(CamcensusError):
    """A mapping file is wrong. `problems` holds one line for each fault: key, what was found, what is allowed."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.path = path
        self.problems = problems
        super().__init__(_listed(f"{path}: the mapping cannot be used", problems))


class InputError(CamcensusError):
    """An input file is missing, of an unknown kind, or unreadable. `path` names it."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class QueryError(CamcensusError):
    """A search query does not parse. `text` is the query, `reason` what is wrong with it."""

    def __init__(self, text: str, reason: str) -> None:
        self.text = text
        self.reason = reason
        super().__init__(f"the query {text!r} cannot be used: {reason}")


class UnknownFilterError(QueryError):
    """A search query uses a filter that is not known. `name` is the filter's."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        super().__init__(text, f"there is no filter {name!r}")


class GeoDatabaseError(InputError):
    """A geolocation database cannot be used."""


class UpdateError(CamcensusError):
    """A new edition could not be fetched, or is none. What was there before is as it was."""


class UnitError(CamcensusError):
    """Counts were summed in a unit that does not add up across what they differ in."""


class ChoiceError(CamcensusError):
    """Something was asked for that does not exist, or does not go together. The text names what there is."""


class InstrumentError(CamcensusError):
    """Snapshots that were counted with different instruments were to stand in one line."""


class TableError(CamcensusError):
    """A table does not have the columns, types or values that its schema promises."""

    def __init__(self, table: str, reason: str) -> None:
        self.table = table
        self.reason = reason
        super().__init__(f"{table}: {reason}")


class IntegrityError(InputError):
    """A file is not what the manifest says it is, or is damaged. Rebuild it with `camcensus run --rehash`."""


class ReconciliationError(CamcensusError):
    """Rows were lost or made: a stage's rows out and rows dropped are not its rows in."""


class GateError(CamcensusError):
    """Counts that must not be published. `problems` holds one line for each gate that does not hold."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(_listed("nothing was published, the report is as it was; these do not hold:", problems))


class BusyError(CamcensusError):
    """Another camcensus works on the same study or snapshot. `path` is the lock, `holder` what it says of its owner."""

    def __init__(self, path: Path, holder: str, what: str = "the study") -> None:
        self.path = path
        self.holder = holder
        super().__init__(f"{path}: {what} is in use by {holder}; wait for it to end, then run this again")


class EngineError(CamcensusError):
    """The search engine gave no usable answer.

    `status`: the HTTP status (None: no answer came); `cause`: what it or the network said, without the API key;
    `transient`: asking again later may help; `is_costly`: each try may cost a query credit, or minutes; `query`: what
    was asked.
    """

    transient = False
    is_costly = False
    query = ""

    def __init__(self, text: str, cause: str = "", status: int | None = None, retry_after: float = 0.0) -> None:
        self.cause = cause
        self.status = status
        self.retry_after = retry_after
        details = [f"HTTP {status}"] if status else []
        details += [cause] if cause else []
        super().__init__(f"{text} ({'; '.join(details)})" if details else text)

    def __str__(self) -> str:
        return f"{super().__str__()}; query: {self.query}" if self.query else super().__str__()


class KeyRefusedError(EngineError):
    """The engine does not know the API key, or knows it no more."""


class PlanRefusedError(EngineError):
    """The account's plan does not allow what was asked for."""


class NoCreditsError(EngineError):
    """The account has no query credits left."""


class BadQueryError(EngineError):
    """The engine cannot read the query."""


class NoEngineError(EngineError):
    """What answers is no search engine: a redirect, or a page that is not there."""


class ContradictionError(EngineError):
    """The engine's counts contradict each other by far more than what comes and goes meanwhile."""


class UnavailableError(EngineError):
    """No answer, or one that is none: a time limit, a broken connection, a server's failure, a body cut short."""

    transient = True


class BudgetError(CamcensusError):
    """A collection would cost more than it may. `price` and `allowed` are query credits, in all for the snapshot.
    `instead`: how to collect less."""

    def __init__(
        self, price: int, spent: int, allowed: int, instead: str = "fewer queries, or --mode census, which is free"
    ) -> None:
        self.price = price
        self.spent = spent
        self.allowed = allowed
        super().__init__(
            f"this would cost {price:,} query credits more, {spent + price:,} in all for the snapshot, and {allowed:,} "
            "are allowed; nothing was spent. Allow more with --max-credits or budget under [collect] in the study, "
            f"or collect less: {instead}"
        )


class SpentError(CamcensusError):
    """What a collection may cost is spent. `allowed`: query credits, in all for the snapshot."""

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        super().__init__(
            f"the {allowed:,} query credits that are allowed are spent; allow more with --max-credits or budget under "
            "[collect] in the study"
        )
