"""Mutated lines, bounded and seeded: the same seed gives the same lines on every machine."""

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import banner

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "data" / "demo" / "raw" / "2026" / "SYNTHETIC-cameras.jsonl.gz"
# What breaks parsers, counts and tables when it stands where something else should.
TOKENS = (
    b"NaN", b"-Infinity", b"1e999", b"-0", b"99999999999999999999", b"1e-400", b"true", b"null", b"{}", b"[]", b'""',
    b'"\\ud800"', b'"\\udfff\\ud800"', b'"\\u0000"', b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\xc0\x80",
    b"\xed\xa0\x80", b"[" * 40, b'{"a":' * 40, b'"' + b"A" * 5_000 + b'"', b"65536", b"-1", b'"007"', b'"0x1F90"',
    b'"1.2.3"', b'"010.0.0.1"', b'"::ffff:10.0.0.1"', b'"224.0.0.1"', b'"::1"', b'"fe80::1%eth0"',
    b'"0001-01-01T00:00:00"', b'"9999-12-31T23:59:59"', b'"2026-13-45T99:99:99"', b'"2026-10-20T08:30:01+99:99"',
    b"\xf0\x9f\x93\xb7", "\u202e".encode(), b"\\", b"<![CDATA[", b"password=", b"%s%n", b"=cmd|'/C calc'!A0",
    b"../../../etc/passwd", b'"ip_str"', b'"port"', b'"http"', b'"_shodan"',
)  # fmt: skip
SPLIT = (b"{", b"}", b"[", b"]", b":", b",", b'"')


class Fuzz:
    """A source of mutated lines."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        with gzip.open(DEMO) as file:
            self.corpus = [file.readline().rstrip(b"\n") for _ in range(150)]
        self.corpus += [json.dumps(banner(port=port)).encode() for port in (80, 554, 37777)]

    def lines(self, number: int, corpus: list[bytes] | None = None) -> Iterator[bytes]:
        """So many lines, each mutated a few times; none holds a line's end."""
        for _ in range(number):
            line = self.chance.choice(corpus or self.corpus)
            for _ in range(self.chance.choice((0, 1, 1, 2, 3, 8))):
                line = self._mutated(line)
            yield line.replace(b"\n", b" ")

    def text(self, source: bytes) -> bytes:
        """A text of several lines (TOML), mutated a few times."""
        for _ in range(self.chance.choice((1, 1, 2, 4))):
            source = self._mutated(source)
        return source

    def _mutated(self, line: bytes) -> bytes:
        chance = self.chance
        at = chance.randrange(len(line) + 1)
        kind = chance.randrange(7)
        if kind == 0 and line:  # a bit
            at = min(at, len(line) - 1)
            return line[:at] + bytes([line[at] ^ 1 << chance.randrange(8)]) + line[at + 1 :]
        if kind == 1:  # something put in
            return line[:at] + chance.choice(TOKENS) + line[at:]
        if kind == 2:  # the end gone
            return line[:at]
        if kind == 3:  # a piece gone
            return line[:at] + line[at + chance.randrange(64) :]
        if kind == 4:  # a piece twice, so that keys stand twice
            return line[:at] + line[max(0, at - chance.randrange(200)) : at] + line[at:]
        return self._value(line)

    def _value(self, line: bytes) -> bytes:
        """Another value behind a key: what stands between a colon and the next mark."""
        colons = [n for n, byte in enumerate(line) if byte in b":="]
        if not colons:
            return line
        start = self.chance.choice(colons) + 1
        ends = [place for mark in SPLIT if (place := line.find(mark, start + 1)) > 0]
        return line[:start] + self.chance.choice(TOKENS) + line[min(ends, default=len(line)) :]
