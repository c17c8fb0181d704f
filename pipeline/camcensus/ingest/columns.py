"""Put texts of banners into columns: bounded, cleaned, and without personal data.

This is the one door: every text that is kept goes through `EvidenceColumns` or `keeper`. `RULES` says how much of it is
kept, and what of it: a listed form where the column has one (`kept_forms.py`), else all but what is personal
(`privacy.py`).
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from camcensus.ingest import kept_forms
from camcensus.ingest.assets import LONGEST as ASSETS
from camcensus.ingest.discovery import onvif_scopes
from camcensus.ingest.pages import read_pages
from camcensus.ingest.privacy import scrub, start_of
from camcensus.ingest.text import GREETING, SHORT, Memo, cut


class Rule(NamedTuple):
    """What is kept of a column's texts: `longest` characters of what `clean` leaves.

    `is_whole`: `clean` needs the whole text, and reads no more of it than it must.
    """

    longest: int = SHORT
    clean: Callable[[str], str] = scrub
    is_whole: bool = False

    def kept(self, value: Any) -> str | None:
        """Return what is kept of a value; None: nothing."""
        if not isinstance(value, str):
            return cut(value, self.longest)
        return cut(self.clean(value) if self.is_whole else start_of(value, self.longest, self.clean), self.longest)


# Other columns have the rule `Rule()`; the start of a page (`http_html`) is cleaned many at a time.
RULES = {
    "module": Rule(clean=kept_forms.module),
    "product": Rule(clean=kept_forms.title),
    "devicetype": Rule(clean=kept_forms.device_type),
    "cpe": Rule(GREETING, kept_forms.cpe),
    "tags": Rule(clean=kept_forms.tags),
    "firmware": Rule(clean=kept_forms.version),
    "http_title": Rule(clean=kept_forms.title),
    "http_realm": Rule(clean=kept_forms.title),
    "http_assets": Rule(ASSETS),
    "rtsp_realm": Rule(clean=kept_forms.title),
    "cert_subject": Rule(GREETING, kept_forms.certificate_name),
    "cert_issuer": Rule(GREETING, kept_forms.certificate_name),
    "ftp_banner": Rule(GREETING, kept_forms.greeting),
    "telnet_banner": Rule(GREETING, kept_forms.greeting),
    "snmp_description": Rule(GREETING, kept_forms.snmp_description),
    "onvif_scopes": Rule(2 * GREETING, onvif_scopes, is_whole=True),
    "block_text": Rule(GREETING, kept_forms.title),
    "ssdp_server": Rule(clean=kept_forms.title),
    "dhip_reply": Rule(GREETING, kept_forms.dhip_reply, is_whole=True),
    "hikvision_device_model": Rule(clean=kept_forms.title),
    "hikvision_device_version": Rule(clean=kept_forms.version),
    "hikvision_web_version": Rule(clean=kept_forms.version),
    "dahua_serial_number": Rule(clean=kept_forms.token),
    "dahua_dvr_web_web_version": Rule(clean=kept_forms.version),
    "ip_camera_brand": Rule(clean=kept_forms.title),
    "ip_camera_model": Rule(clean=kept_forms.title),
    "ip_camera_software_version": Rule(clean=kept_forms.version),
    "ip_camera_mac_address": Rule(clean=kept_forms.mac),
    "ip_camera_id": Rule(clean=kept_forms.token),
    "upnp_manufacturer": Rule(clean=kept_forms.title),
    "upnp_model_name": Rule(clean=kept_forms.title),
    "upnp_model_number": Rule(clean=kept_forms.title),
    "upnp_serial_number": Rule(clean=kept_forms.token),
    "upnp_udn": Rule(clean=kept_forms.udn),
    "mac": Rule(clean=kept_forms.mac),
}
_KEPT: Memo[Memo[str | None]] = Memo(lambda column: Memo(RULES.get(column, Rule()).kept))


def keeper(column: str) -> Memo[str | None]:
    """Return the cached function from a text to what its column keeps of it."""
    return _KEPT[column]


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
        if value is None or (text := _KEPT[name].of(value)) is None:
            return False
        cells = self.filled.get(name)
        if cells is None:
            cells = self.filled[name] = [None] * self.rows
        if cells[row] is None:
            cells[row] = text
        return True
