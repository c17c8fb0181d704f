"""Every byte of many files, several at a time: a checksum is reckoned outside Python's lock, so threads do."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from camcensus.core import storage
from camcensus.verify.verdict import Verdict


@dataclass(frozen=True)
class Expected:
    """What a file must be: SHA-256, and bytes where they are known. `instead`: what to do when it is not."""

    sha256: str
    bytes: int | None = None
    instead: str = "run again with --rehash"


def check_files(files: Mapping[Path, Expected], verdict: Verdict) -> set[Path]:
    """Reads every byte of the files and holds them against what they must be; those that are as they should be."""
    there = {path: expected for path, expected in files.items() if path.is_file()}
    for path in files.keys() - there.keys():
        verdict.wrong(path, f"is not there; {files[path].instead}")
    sizes = {path: path.stat().st_size for path in there}
    # Largest first, so that no thread is left with it at the end.
    order = sorted(there, key=lambda path: (-sizes[path], path))
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        digests = dict(zip(order, threads.map(_digest, order), strict=True))
    verdict.files += len(there)
    verdict.bytes += sum(sizes.values())
    good = set()
    for path, expected in sorted(there.items()):
        verdict.count("checksums")
        if digests[path] == expected.sha256 and expected.bytes in (None, sizes[path]):
            good.add(path)
        else:
            verdict.wrong(path, _difference(sizes[path], digests[path], expected))
    return good


def _digest(path: Path) -> str:
    try:
        return storage.sha256(path)
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _difference(size: int, digest: str, expected: Expected) -> str:
    """In words, how a file is not what it must be."""
    if digest.startswith("cannot"):
        return digest
    if expected.bytes is not None and size != expected.bytes:
        return f"has {size:,} bytes, not {expected.bytes:,}; {expected.instead}"
    return f"has other bytes than were written (SHA-256 {digest[:12]}, not {expected.sha256[:12]}); {expected.instead}"
