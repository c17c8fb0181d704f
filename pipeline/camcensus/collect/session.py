"""The HTTP session for the official package: with time limits, and a record of the last answer.

The package sets no time limit, checks three statuses only, and hides what went wrong behind one sentence; `client.py`
reads the rest from here.
"""

import functools
import time
from dataclasses import dataclass
from typing import Any

import requests
import urllib3

from camcensus.readers.lenient_json import decode

CONNECT = 10.0
BLOCK = 1 << 16
# A page of 100 banners has 0.3 to 3 MB.
LARGEST = 256 << 20
LONGEST_PAUSE = 3600.0


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status, the seconds of Retry-After (0: none), and the body as received."""

    status: int
    retry_after: float
    body: bytes


class Session(requests.Session):
    """A session that keeps the last answer, or the last failure.

    It gives up after `silence` seconds without a byte, and `total` seconds for a complete answer.
    """

    def __init__(self, silence: float, total: float) -> None:
        super().__init__()
        self._silence = silence
        self._total = total
        self.answer: Answer | None = None
        self.failure: Exception | None = None

    def request(self, *args: Any, **named: Any) -> requests.Response:
        """Send one request, and read its answer to the end."""
        self.answer = self.failure = None
        until = time.monotonic() + self._total
        # Redirects would send the key, which is in the address, elsewhere.
        limits = {"timeout": (min(CONNECT, self._silence), self._silence), "allow_redirects": False, "stream": True}
        try:
            response = super().request(*args, **{**named, **limits})
            body = _read(response, until)
        except Exception as error:
            # Any exception: the package replaces it with one sentence.
            self.failure = error
            raise
        # A streamed response has no body of its own.
        response._content = body
        response.json = functools.partial(decode, body)  # type: ignore[method-assign]
        self.answer = Answer(response.status_code, _retry_after(response), body)
        return response


def arrived(failure: Exception | None) -> bool:
    """Return whether a request without an answer may have reached the engine: false where no connection was made."""
    if isinstance(failure, requests.ConnectTimeout):
        return False
    reason = getattr(failure.args[0], "reason", None) if failure and failure.args else None
    return not isinstance(reason, urllib3.exceptions.NewConnectionError)


def _read(response: requests.Response, until: float) -> bytes:
    blocks = []
    size = 0
    with response:
        for block in response.iter_content(BLOCK):
            blocks.append(block)
            size += len(block)
            if time.monotonic() > until:
                raise TimeoutError("the answer takes too long")
            if size > LARGEST:
                raise requests.exceptions.ContentDecodingError(f"the answer is larger than {LARGEST >> 20} MB")
    return b"".join(blocks)


def _retry_after(response: requests.Response) -> float:
    """Return the header in seconds; its other form, a date, is rare and counts as absent."""
    value = response.headers.get("Retry-After", "")
    return min(float(value), LONGEST_PAUSE) if value.isascii() and value.isdigit() else 0.0
