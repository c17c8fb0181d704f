"""Free replies as files: requested once, kept exactly as received, like pages."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camcensus.core.errors import IntegrityError
from camcensus.raw.ledger import Ledger
from camcensus.raw.ledger_rows import FreeReply, Reply
from camcensus.raw.page_files import ENDING, write_page
from camcensus.readers.lenient_json import decode
from camcensus.readers.shodan import read_page

# Modes of replies: control counts, and how many matches a sample's queries have everywhere.
CONTROLS = "controls"
TOTALS = "sample-totals"
# Parts of the totals.
EVERYWHERE, IPV4 = "", "ipv4"


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
