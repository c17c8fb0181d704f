"""Pages as files: exactly as received, compressed, one file a page."""

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
    """The file under raw/ of a page that is asked in the partition's next pass."""
    again = f"-{partition.passes}" if partition.passes else ""
    return f"{partition.mode}/{partition.query}/{partition.id:06}/{page:04}{again}{ENDING}"


def page_of(file: str) -> tuple[int, int, int]:
    """Partition, page and pass by a page's file: the reverse of `file_of`. Raises `ValueError` for another file."""
    *_, partition, name = file.removesuffix(ENDING).split("/")
    page, _, again = name.partition("-")
    return int(partition), int(page), int(again or 0)


def keep(raw: Path, file: str, body: bytes) -> tuple[int, str]:
    """Writes a reply as received, compressed; it appears whole, or not at all. The file's bytes and SHA-256. It is
    forced to the disk with its row in the ledger."""
    path = raw / file
    data = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(body)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}{storage.PART}")
    part.write_bytes(data)
    part.replace(path)
    return len(data), hashlib.sha256(data).hexdigest()


def written(path: Path) -> str:
    """When a file was written (UTC, ISO 8601)."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
