"""Errors a caller can do something about. Each carries its data; none carries a traceback to the user."""

from pathlib import Path


class CamcensusError(Exception):
    """Root of every error that camcensus raises on purpose. Its text says what to do."""


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
        super().__init__(text, f"there is no filter {name!r} in pipeline/query.py")


class GeoDatabaseError(InputError):
    """A geolocation database cannot be used."""


class UpdateError(CamcensusError):
    """A new edition could not be fetched, or is none. What was there before is as it was."""


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
    """Another camcensus works on the same study. `path` is the lock, `holder` what it says of its owner."""

    def __init__(self, path: Path, holder: str) -> None:
        self.path = path
        self.holder = holder
        super().__init__(f"{path}: the study is in use by {holder}; wait for it to end, then run this again")
