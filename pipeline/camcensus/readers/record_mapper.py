"""From a record of another engine to a banner, as a mapping says."""

from datetime import UTC, datetime
from typing import Any

from camcensus.readers.banner import Banner, soften
from camcensus.readers.json_paths import all_at, first_at, path_of, put
from camcensus.readers.mapping import Mapping, Time
from camcensus.readers.targets import TARGETS

# What made-up records carry, whatever the engine.
SYNTHETIC_MARKER = "_camcensus"


class RecordMapper:
    """A mapping made ready for records: plain JSON objects, or rows as column to cell."""

    def __init__(self, mapping: Mapping) -> None:
        flat = mapping.flat or mapping.format == "csv"
        wanted = [*mapping.fields]
        if mapping.favicon and mapping.favicon.kind == "shodan":
            wanted.append("favicon")
        self._takes = [
            (TARGETS[name], [path_of(field, flat) for field in mapping.taken(name)], mapping.values.get(name, {}))
            for name in wanted
        ]
        self._fixed = [(TARGETS[name], value) for name, value in mapping.fixed.items()]
        self._time = mapping.time

    def banner(self, record: dict[str, Any]) -> Banner:
        """The banner that a record is; what is missing or of a wrong kind is absent from it, and judged later."""
        found: dict[str, Any] = {}
        for target, fixed in self._fixed:
            put(found, target.path, target.make(fixed))
        for target, paths, words in self._takes:
            value: Any = all_at(record, paths) if target.many else first_at(record, paths)
            value = _worded(target.make(value), words)
            if value not in (None, "", []):
                put(found, target.path, value)
        if "timestamp" in found:
            found["timestamp"] = timestamp_of(found["timestamp"], self._time)
        if (challenges := found.pop("www_authenticate", None)) and not found.get("data"):
            found["data"] = _head(challenges)
        if SYNTHETIC_MARKER in record:
            # On a row of CSV the mark is a word.
            found[SYNTHETIC_MARKER] = (
                {"synthetic": True} if record[SYNTHETIC_MARKER] == "synthetic" else record[SYNTHETIC_MARKER]
            )
        return soften(found, Banner)


def _worded(value: Any, words: dict[str, str]) -> Any:
    """The value in the words that the mapping gives for it; an empty one says nothing."""
    if not words or value is None:
        return value
    if isinstance(value, list):
        return [word for item in value if (word := _worded(item, words)) != ""]
    return words.get(str(value).strip().lower(), value)


def timestamp_of(value: Any, time: Time) -> Any:
    """A time as ISO 8601 with its offset. What is none is given back as it is, and will be refused."""
    try:
        if time.format == "iso":
            found = datetime.fromisoformat(value)
        elif time.format in ("unix", "unix_ms"):
            return datetime.fromtimestamp(float(value) / (1000 if time.format == "unix_ms" else 1), UTC).isoformat()
        else:
            found = datetime.strptime(value, time.format)  # noqa: DTZ007  the zone is added below
    except (ValueError, TypeError, OverflowError, OSError):
        return value
    return (found if found.tzinfo else found.replace(tzinfo=time.tzinfo)).isoformat()


def _head(challenges: list[Any]) -> str:
    """An HTTP head that says no more than which logins were asked for."""
    lines = "".join(f"WWW-Authenticate: {' '.join(str(challenge).split())}\r\n" for challenge in challenges)
    return f"HTTP/1.1 401 Unauthorized\r\n{lines}\r\n"
