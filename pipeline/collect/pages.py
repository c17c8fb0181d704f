"""Pages as files: exactly as received, compressed, one file a page; and what is counted of them."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import zstandard

from pipeline import store
from pipeline.collect.ledger import Ledger, Page, Partition
from pipeline.collect.reply import Reply
from pipeline.errors import IntegrityError

ENDING = ".page.zst"
PER_PAGE = 100
_LEVEL = 3


def file_of(partition: Partition, page: int) -> str:
    """The file under raw/ of a page that is asked in the partition's next pass."""
    again = f"-{partition.passes}" if partition.passes else ""
    return f"{partition.mode}/{partition.query}/{partition.id:06}/{page:04}{again}{ENDING}"


def page_of(file: str) -> tuple[int, int, int]:
    """Partition, page and pass by a page's file: the reverse of `file_of`."""
    *_, partition, name = file.removesuffix(ENDING).split("/")
    page, _, again = name.partition("-")
    return int(partition), int(page), int(again or 0)


def keep(raw: Path, file: str, body: bytes) -> None:
    """Writes a reply as received, compressed; it appears whole, or not at all."""
    with store.atomic(raw / file) as out:
        out.write(zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(body))


def read(path: Path) -> bytes:
    """A page as received. Raises `IntegrityError` when it is damaged."""
    try:
        return zstandard.ZstdDecompressor().decompress(path.read_bytes())
    except (OSError, zstandard.ZstdError) as error:
        raise IntegrityError(path, f"is damaged: {error}") from None


def enter(ledger: Ledger, raw: Path, file: str, reply: Reply) -> None:
    """Enters a page, whose file is whole, in the ledger."""
    path = raw / file
    size, digest = path.stat().st_size, store.sha256(path)
    ledger.add_page(Page(*page_of(file), file, reply.total, len(reply.matches), size, digest, reply.received))


def read_reply(raw: Path, file: str) -> Reply:
    """A page as the reply it came in; when it came is not in the file."""
    body = read(raw / file)
    try:
        value = json.loads(body)
    except ValueError as error:
        raise IntegrityError(raw / file, f"is damaged: {error}") from None
    return Reply(body, value, "")


def key_of(banner: dict[str, Any]) -> tuple[str, str, str]:
    """What makes a banner that banner: address, port, transport."""
    address = banner.get("ip_str") or banner.get("ipv6") or banner.get("ip")
    return str(address), str(banner.get("port")), str(banner.get("transport") or "tcp")


def country_of(banner: dict[str, Any]) -> str:
    """The engine's country of a banner; "" where it names none."""
    location = banner.get("location")
    code = location.get("country_code") if isinstance(location, dict) else None
    return code if isinstance(code, str) else ""


def settled(partition: Partition, pages: Iterable[Page], raw: Path) -> Partition:
    """The partition with what came of it, counted on distinct banners. What is announced is the most that any reply
    said, so that a total that moves down hides nothing."""
    totals: list[int] = []
    announced: dict[str, int] = {}
    seen: dict[tuple[str, str, str], str] = {}
    received = 0
    for page in pages:
        reply = read_reply(raw, page.file)
        totals.append(reply.total)
        received += len(reply.matches)
        seen |= {key_of(banner): country_of(banner) for banner in reply.matches}
        for code, n in reply.facet("country").items():
            announced[code] = max(n, announced.get(code, 0))
    if announced and (rest := max(totals, default=0) - sum(announced.values())) > 0:
        announced[""] = rest
    found = Counter(seen.values())
    countries = {code: (announced.get(code, 0), found.get(code, 0)) for code in sorted(announced | found)}
    return replace(
        partition,
        passes=partition.passes + 1,
        announced=max(totals, default=0),
        received=received,
        found=len(seen),
        repeated=received - len(seen),
        drift=totals[-1] - totals[0] if totals else 0,
        countries=json.dumps(countries),
    )
