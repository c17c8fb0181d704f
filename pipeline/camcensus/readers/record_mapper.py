"""Map a record of another engine to a banner."""

from datetime import UTC, datetime
from typing import Any

from camcensus.readers.banner import SYNTHETIC_MARKER, Banner, soften
from camcensus.readers.json_paths import all_at, first_at, path_of, put
from camcensus.readers.mapping import Mapping, Time
from camcensus.readers.targets import TARGETS


class RecordMapper:
    """A mapping, ready to apply to records: plain JSON objects, or rows as column to cell."""

    def __init__(self, mapping: Mapping, is_row: bool = False) -> None:
        """`is_row`: the names of fields are names of columns, not paths."""
        is_flat = is_row or mapping.flat or mapping.formats == ["csv"]
        wanted = [*mapping.fields]
        if mapping.favicon and mapping.favicon.kind == "shodan":
            wanted.append("favicon")
        self._sources = [
            (TARGETS[name], [path_of(field, is_flat) for field in mapping.sources(name)], mapping.values.get(name, {}))
            for name in wanted
        ]
        self._fixed = [(TARGETS[name], value) for name, value in mapping.fixed.items()]
        self._time = mapping.time

    def banner(self, record: dict[str, Any]) -> Banner:
        """Return a record as a banner, without what is missing or of a wrong type; ingest validates it."""
        banner: dict[str, Any] = {}
        for target, fixed in self._fixed:
            put(banner, target.path, target.convert(fixed))
        for target, paths, words in self._sources:
            value: Any = all_at(record, paths) if target.many else first_at(record, paths)
            value = _translated(target.convert(value), words)
            if value not in (None, "", []):
                put(banner, target.path, value)
        if "timestamp" in banner:
            banner["timestamp"] = timestamp_of(banner["timestamp"], self._time)
        if (challenges := banner.pop("www_authenticate", None)) and not banner.get("data"):
            banner["data"] = _head(challenges)
        if (marker := record.get(SYNTHETIC_MARKER)) is not None:
            # In a CSV row the marker is a word.
            banner[SYNTHETIC_MARKER] = {"synthetic": True} if marker == "synthetic" else marker
        return soften(banner, Banner)


def _translated(value: Any, words: dict[str, str]) -> Any:
    """Replace a value by the mapping's word for it; an empty word removes it."""
    if not words or value is None:
        return value
    if isinstance(value, list):
        return [word for item in value if (word := _translated(item, words)) != ""]
    return words.get(str(value).strip().lower(), value)


def timestamp_of(value: Any, time: Time) -> Any:
    """Return a time as ISO 8601 with its offset; any other value unchanged, for ingest to reject."""
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
    """Return an HTTP head with these WWW-Authenticate headers only."""
    lines = "".join(f"WWW-Authenticate: {' '.join(str(challenge).split())}\r\n" for challenge in challenges)
    return f"HTTP/1.1 401 Unauthorized\r\n{lines}\r\n"
