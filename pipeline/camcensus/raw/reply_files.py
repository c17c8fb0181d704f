"""Pages and free replies as files: exactly as received, compressed; free replies are requested once."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import zstandard

from camcensus.core import storage
from camcensus.core.errors import IntegrityError
from camcensus.raw.ledger import Ledger
from camcensus.raw.ledger_rows import FreeReply, Partition, Reply
from camcensus.readers.lenient_json import decode
from camcensus.readers.shodan import read_page

ENDING = ".page.zst"
PER_PAGE = 100
_LEVEL = 3
# Modes of replies: control counts, and how many matches a sample's queries have everywhere.
CONTROLS = "controls"
TOTALS = "sample-totals"
# Parts of the totals.
EVERYWHERE, IPV4 = "", "ipv4"


def file_of(partition: Partition, page: int) -> str:
    """Return the file under raw/ of a page that is requested in the partition's current pass."""
    again = f"-{partition.passes}" if partition.passes else ""
    return f"{partition.mode}/{partition.query}/{partition.id:06}/{page:04}{again}{ENDING}"


def page_of(file: str) -> tuple[int, int, int]:
    """Return partition, page and pass of a page's file. Raises `ValueError` for another file."""
    *_, partition, name = file.removesuffix(ENDING).split("/")
    page, _, again = name.partition("-")
    return int(partition), int(page), int(again or 0)


def write_page(raw: Path, file: str, body: bytes) -> tuple[int, str]:
    """Write a reply as received, compressed; return bytes and SHA-256. The ledger syncs it with its row."""
    path = raw / file
    data = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(body)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}{storage.PART}")
    part.write_bytes(data)
    part.replace(path)
    return len(data), hashlib.sha256(data).hexdigest()


def written_at(path: Path) -> str:
    """Return when a file was written (UTC, ISO 8601)."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Replies:
    """The free replies of one mode of a collection."""

    raw: Path
    ledger: Ledger
    mode: str

    def ask(self, query: str, part: str, sent: str, call: Callable[[str], Reply]) -> Reply:
        """Return the kept reply for a part of a query (letters, digits, "-"; empty: all), or keep that of `call`."""
        if known := self.ledger.reply(self.mode, query, part):
            return read_reply(self.raw, known.file, known.received)
        file = f"{self.mode}/{query}/{part or 'all'}{ENDING}"
        reply = call(sent)
        size, digest = write_page(self.raw, file, reply.body)
        self.ledger.add_reply(FreeReply(self.mode, query, part, sent, file, size, digest, reply.received))
        return reply

    def all(self) -> Iterator[tuple[FreeReply, Any]]:
        """Yield every reply of the mode with its value, in order of receipt."""
        for known in self.ledger.replies(self.mode):
            yield known, read_reply(self.raw, known.file, known.received).value


def read_reply(raw: Path, file: str, received: str = "") -> Reply:
    """Return a kept reply as received. Raises `IntegrityError` when it is damaged."""
    body = read_page(raw / file)
    try:
        return Reply(body, decode(body), received)
    except (ValueError, RecursionError) as error:
        raise IntegrityError(raw / file, f"is damaged: {error}") from None
