"""The download of the current free edition of DB-IP Lite country from its publisher (CC BY 4.0, https://db-ip.com).

One request per month tried. A file is kept only after it was flattened and verified like any other database, and
replaces only editions that are not newer.
"""

import os
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urljoin

import requests
import urllib3

from camcensus.collect.limiter import is_loopback
from camcensus.core import storage
from camcensus.core.errors import GeoDatabaseError, UpdateError
from camcensus.core.fingerprints import package_version
from camcensus.geolocate.database import built_on, open_locator
from camcensus.geolocate.editions import databases_in

PUBLISHER = "https://download.db-ip.com/free"
ADDRESS = "CAMCENSUS_GEO_URL"  # another address to download from: https, or http on this machine
NAME = "dbip-country-lite-{:%Y-%m}.mmdb"
PREFIX = "dbip-country-lite-"  # of NAME
LEAST = 0.5  # of the largest edition's size; editions grow slowly, so a smaller file was truncated at its source
SECONDS = 120.0  # for the download
SILENCE = 20.0  # seconds without a byte
LARGEST_PACKED = 64 << 20  # bytes; the edition of 2026-06 has 4 MB
LARGEST = 256 << 20  # bytes unpacked; the same has 8 MB
BLOCK = 1 << 16
MAX_REDIRECTS = 5


@dataclass(frozen=True)
class Updated:
    """The newest edition: its file, what it is, the credit that its licence asks for, and whether it is a new file."""

    file: Path
    edition: str
    credit: str
    is_new: bool


def update(
    folder: Path, log: Callable[[str], None], base: str | None = None, today: date | None = None,
    seconds: float = SECONDS,
) -> Updated:  # fmt: skip
    """Put the newest edition into `folder`. Raises `UpdateError`; then nothing was changed."""
    base = (base or os.environ.get(ADDRESS) or PUBLISHER).rstrip("/")
    today = today or datetime.now(UTC).date()
    month, content = _download(base, today, time.monotonic() + seconds, log)
    log(f"verifying the edition of {month:%Y-%m}")
    path = folder / NAME.format(month)
    with TemporaryDirectory(prefix="camcensus-") as scratch:
        downloaded = Path(scratch) / path.name
        downloaded.write_bytes(content)
        try:
            found = open_locator(downloaded)
        except GeoDatabaseError as error:
            raise UpdateError(f"the downloaded file {error.reason}; nothing was kept") from None
    if found.built > today + timedelta(days=1):
        raise UpdateError(f"the downloaded file is dated {found.built}, in the future; nothing was kept")
    known = {}
    for file in databases_in(folder):
        with suppress(GeoDatabaseError):  # one that cannot be opened may be replaced
            known[file] = built_on(file)
    if newer := [file for file, built in known.items() if built > found.built]:
        raise UpdateError(
            f"the downloaded file ({found.built}) is older than {newer[-1].name} ({known[newer[-1]]}); nothing was kept"
        )
    largest = max((file.stat().st_size for file in known if file.name.startswith(PREFIX)), default=0)
    if len(content) < largest * LEAST:
        raise UpdateError(
            f"the downloaded file has {len(content):,} bytes, less than half of {largest:,}; nothing was kept"
        )
    # The checksum first, so that no edition is without it.
    storage.write_text(path.with_name(f"{path.name}.sha256"), f"{found.sha256}  {path.name}\n")
    is_new = path not in known or storage.sha256(path) != found.sha256
    if is_new:
        storage.write_bytes(path, content)
    return Updated(path, found.edition, found.credit, is_new)


def _download(base: str, today: date, until: float, log: Callable[[str], None]) -> tuple[date, bytes]:
    """Return the edition of this month, or of last month where this month's is not out yet, unpacked."""
    this_month = today.replace(day=1)
    for month in (this_month, (this_month - timedelta(days=1)).replace(day=1)):
        address = f"{base}/{NAME.format(month)}.gz"
        log(f"downloading {address}")
        try:
            with _get(address) as answer:
                if answer.ok:
                    return month, _unpacked(answer, until)
                if answer.status_code != HTTPStatus.NOT_FOUND:
                    raise UpdateError(f"{address}: the server answered {answer.status_code} {answer.reason}; try later")
        except zlib.error:
            raise UpdateError(f"{address}: the server sent no gzip file; nothing was kept") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise UpdateError(f"{address}: cannot be downloaded: {error}; try later") from None
    raise UpdateError(f"{base} has neither this month's edition nor that of the month before; try later")


def _get(address: str) -> requests.Response:
    """Return the answer to a request. Raises `UpdateError` for an address, or a redirect, that is not allowed."""
    session = requests.Session()
    headers = {"User-Agent": f"camcensus/{package_version()}", "Accept-Encoding": "identity"}
    for _ in range(MAX_REDIRECTS):
        is_local = is_loopback(address)
        if not address.startswith("https:") and not (address.startswith("http:") and is_local):
            raise UpdateError(f"{address}: not an https address; set {ADDRESS} to one, or leave it out")
        session.trust_env = not is_local  # no proxy for servers on this machine
        answer = session.get(address, headers=headers, stream=True, timeout=SILENCE, allow_redirects=False)
        if not answer.is_redirect:
            return answer
        address = urljoin(address, answer.headers["Location"])
    raise UpdateError(f"{address}: more than {MAX_REDIRECTS} redirects; try later")


def _unpacked(answer: requests.Response, until: float) -> bytes:
    """Return the content of the gzip body, within the limits of time and size."""
    unpacker = zlib.decompressobj(wbits=31)
    content = bytearray()
    received = 0
    while block := answer.raw.read1(BLOCK):
        received += len(block)
        content += unpacker.decompress(block, LARGEST + 1 - len(content))
        if received > LARGEST_PACKED:
            raise UpdateError(f"the file is larger than {LARGEST_PACKED >> 20} MB; nothing was kept")
        if len(content) > LARGEST:
            raise UpdateError(f"the file unpacks to more than {LARGEST >> 20} MB; nothing was kept")
        if time.monotonic() > until:
            raise UpdateError("the download takes too long; nothing was kept, try later")
    if not unpacker.eof:
        raise UpdateError(f"the download was cut short after {received:,} bytes; nothing was kept")
    return bytes(content)
