"""Put texts of banners into columns of evidence: bounded, cleaned, and without personal data.

Every text that is kept as evidence goes through `EvidenceColumns`. `RULES` says how much of it is kept, and what
removes personal data from it.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from camcensus.ingest.assets import LONGEST as ASSETS
from camcensus.ingest.discovery import onvif_scopes
from camcensus.ingest.pages import read_pages
from camcensus.ingest.privacy import dhip_reply, snmp_description, start_of
from camcensus.ingest.text import GREETING, SHORT, Memo, cut


class Rule(NamedTuple):
    """What is kept of a column's texts: `longest` characters of what `scrub` leaves."""

    longest: int = SHORT
    scrub: Callable[[str], str] = str

    def kept(self, value: Any) -> str | None:
        """Return what is kept of a value; None: nothing."""
        return cut(self.scrub(value) if isinstance(value, str) else value, self.longest)


# Other columns have the rule `Rule()`; the start of a page (`http_html`) is cleaned many at a time.
RULES = {
    "http_assets": Rule(ASSETS, partial(start_of, longest=ASSETS)),
    "cpe": Rule(GREETING),
    "cert_subject": Rule(GREETING),
    "cert_issuer": Rule(GREETING),
    "block_text": Rule(GREETING),
    "ftp_banner": Rule(GREETING, partial(start_of, longest=GREETING)),
    "telnet_banner": Rule(GREETING, partial(start_of, longest=GREETING)),
    "snmp_description": Rule(GREETING, partial(start_of, longest=GREETING, clean=snmp_description)),
    "onvif_scopes": Rule(GREETING, onvif_scopes),
    "dhip_reply": Rule(GREETING, dhip_reply),
}
_KEPT: Memo[Memo[str | None]] = Memo(lambda column: Memo(RULES.get(column, Rule()).kept))


class EvidenceColumns:
    """Columns of evidence with a cell for each of `rows` banners; a column that is never filled is missing."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.filled: dict[str, Any] = {}

    def fill(self, name: str, values: Sequence[Any]) -> None:
        """Fill a column."""
        if values.count(None) < self.rows:
            self.filled[name] = _KEPT[name].of_all(values)

    def fill_pages(self, pages: Sequence[str | None]) -> None:
        """Fill the columns of web pages, from at least `assets.READ` characters of each."""
        if pages.count(None) < self.rows:
            found = read_pages(pages, _KEPT["http_assets"])
            self.filled |= {"http_html": found.starts, "http_assets": found.assets, "is_assets_cut": found.is_cut}

    def put(self, name: str, row: int, value: Any) -> bool:
        """Fill a cell that is still empty. Return whether anything of the value is kept."""
        text = None if value is None else _KEPT[name].of(value)
        if text is None:
            return False
        if name not in self.filled:
            self.filled[name] = [None] * self.rows
        cells = self.filled[name]
        if cells[row] is None:
            cells[row] = text
        return True
