"""Free replies as files: asked once, kept exactly as received, like pages."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.collect.ledger import Counted, Ledger
from pipeline.collect.pages import ENDING, keep, read, read_reply
from pipeline.collect.reply import Reply


@dataclass(frozen=True)
class Replies:
    """The free replies of one mode of a collection."""

    raw: Path
    ledger: Ledger
    mode: str

    def ask(self, query: str, part: str, sent: str, call: Callable[[], Reply]) -> Reply:
        """The reply for a part of a query ("": all): the one that is there, else that of `call`, which is kept."""
        for there in self.ledger.replies(self.mode):
            if (there.query, there.part) == (query, part):
                return read_reply(self.raw, there.file)
        file = f"{self.mode}/{query}/{part or 'all'}{ENDING}"
        reply = call()
        keep(self.raw, file, reply.body)
        path = self.raw / file
        size, digest = path.stat().st_size, store.sha256(path)
        self.ledger.add_reply(Counted(self.mode, query, part, sent, file, size, digest, reply.received))
        return reply

    def all(self) -> Iterator[tuple[Counted, Any]]:
        """Every reply of the mode with its value, in order of receipt."""
        for there in self.ledger.replies(self.mode):
            yield there, json.loads(read(self.raw / there.file))
