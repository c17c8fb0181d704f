"""Expected errors: attributes for programs, and a text that tells people what to do."""

import copyreg
from pathlib import Path
from typing import Any


class CamcensusError(Exception):
    """The base of every expected error. Its text says what to do."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the constructor's arguments, so that errors cross processes."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]  # not in typeshed


class Interrupted(CamcensusError):
    """The user asked to stop."""

    def __init__(self) -> None:
        super().__init__("stopped; finished work is kept, run the same command again to resume")


SHOWN = 20


def _with_problems(head: str, problems: list[str]) -> str:
    more = [f"  and {len(problems) - SHOWN:,} more"] if len(problems) > SHOWN else []
    return "\n".join([head, *(f"  {problem}" for problem in problems[:SHOWN]), *more])


class _FileProblems(CamcensusError):
    """A wrong file at `path`, of the kind in the error's name. `problems`: one line per fault."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.path = path
        self.problems = problems
        kind = type(self).__name__.removesuffix("Error").lower()
        super().__init__(_with_problems(f"{path}: the {kind} cannot be used", problems))


class StudyError(_FileProblems):
    """A study file is wrong. `problems`: key, what was found, what is allowed."""


class CatalogueError(_FileProblems):
    """A catalogue file is wrong. `problems`: file, line, id and reason."""


class MappingError(_FileProblems):
    """A mapping file is wrong. `problems`: key, what was found, what is allowed."""


class InputError(CamcensusError):
    """An input file is missing, of an unknown kind, or unreadable. `path` names it."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class QueryError(CamcensusError):
    """A search query is wrong. `text` is the query, `reason` what is wrong with it."""

    def __init__(self, text: str, reason: str) -> None:
        self.text = text
        self.reason = reason
        super().__init__(f"the query {text!r} is not valid: {reason}")


class UnknownFilterError(QueryError):
    """A search query uses an unknown filter. `name` is the filter's; `advice` says what to write instead."""

    def __init__(self, text: str, name: str, advice: str = "") -> None:
        self.name = name
        super().__init__(text, f"unknown filter {name!r}{f'; {advice}' if advice else ''}")


class GeoDatabaseError(InputError):
    """A geolocation database cannot be used."""


class UpdateError(CamcensusError):
    """A new edition could not be downloaded, or is not valid. Earlier editions are unchanged."""


class UnitError(CamcensusError):
    """Counts were summed in a unit that does not add up across what they differ in."""


class ChoiceError(CamcensusError):
    """A value does not exist, or two values exclude each other. The text names the allowed values."""


class InstrumentError(CamcensusError):
    """Snapshots counted by different methods were to be compared."""


class TableError(CamcensusError):
    """A table does not have the columns, types or values that its schema promises."""

    def __init__(self, table: str, reason: str) -> None:
        self.table = table
        self.reason = reason
        super().__init__(f"{table}: {reason}")


class IntegrityError(InputError):
    """A file differs from its checksum, or is damaged. Rebuild it with `camcensus run --rehash`."""


class ReconciliationError(CamcensusError):
    """Rows were lost or added: a stage's rows out and rows dropped are not its rows in."""


class GateError(CamcensusError):
    """Counts that must not be published. `problems`: one line per failed gate."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(_with_problems("nothing was published, the report is unchanged; failed gates:", problems))


class BusyError(CamcensusError):
    """Another process works on the same study or snapshot. `path` is the lock, `holder` its owner."""

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
        details = "; ".join(filter(None, [f"HTTP {status}" if status else "", cause]))
        super().__init__(f"{text} ({details})" if details else text)

    def __str__(self) -> str:
        return f"{super().__str__()}; query: {self.query}" if self.query else super().__str__()


class KeyRefusedError(EngineError):
    """The engine does not accept the API key."""


class PlanRefusedError(EngineError):
    """The account's plan does not allow the request."""


class NoCreditsError(EngineError):
    """The account has no query credits left."""


class BadQueryError(EngineError):
    """The engine cannot read the query."""


class NoEngineError(EngineError):
    """The address is not a search engine: a redirect, or a missing page."""


class ContradictionError(EngineError):
    """The engine's counts contradict each other by much more than drift explains."""


class UnavailableError(EngineError):
    """No usable answer: a time limit, a broken connection, a server's failure, a body cut short."""

    transient = True


class BudgetError(CamcensusError):
    """A collection would cost more than allowed: `price` more query credits; `allowed` in total for the snapshot.

    `instead`: how to collect less.
    """

    def __init__(
        self, price: int, spent: int, allowed: int, instead: str = "fewer queries, or --mode census, which is free"
    ) -> None:
        self.price = price
        self.spent = spent
        self.allowed = allowed
        super().__init__(
            f"this would cost {price:,} query credits more, {spent + price:,} in total for the snapshot, and "
            f"{allowed:,} are allowed; nothing was spent. Allow more with --max-credits, or with budget under "
            f"[collect] in the study, or collect less: {instead}"
        )


class SpentError(CamcensusError):
    """The budget of a collection is spent. `allowed`: query credits, in total for the snapshot."""

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        super().__init__(
            f"the {allowed:,} allowed query credits are spent; allow more with --max-credits, or with budget under "
            "[collect] in the study"
        )
