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
        self._silence, self._total = silence, total
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
        # The header's other form, a date, is rare and counts as absent.
        value = response.headers.get("Retry-After", "")
        retry_after = min(float(value), LONGEST_PAUSE) if value.isascii() and value.isdigit() else 0.0
        self.answer = Answer(response.status_code, retry_after, body)
        return response


def reason_of(failure: Exception | None) -> Any:
    """Return the inner error of a failure, which says more than the address around it; None: none."""
    return getattr(failure.args[0], "reason", None) if failure and failure.args else None


def arrived(failure: Exception | None) -> bool:
    """Return whether a request without an answer may have reached the engine: false where no connection was made."""
    is_unconnected = isinstance(reason_of(failure), urllib3.exceptions.NewConnectionError)
    return not (is_unconnected or isinstance(failure, requests.ConnectTimeout))


def _read(response: requests.Response, until: float) -> bytes:
    body = bytearray()
    with response:
        for block in response.iter_content(BLOCK):
            body += block
            if time.monotonic() > until:
                raise TimeoutError("the answer takes too long")
            if len(body) > LARGEST:
                raise requests.exceptions.ContentDecodingError(f"the answer is larger than {LARGEST >> 20} MB")
    return bytes(body)
