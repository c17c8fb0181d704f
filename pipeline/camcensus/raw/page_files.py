"""Pages as files: exactly as received, compressed, one file per page."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import zstandard

from camcensus.core import storage
from camcensus.raw.ledger_rows import Partition

ENDING = ".page.zst"
PER_PAGE = 100
_LEVEL = 3


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
