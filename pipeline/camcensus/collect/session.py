"""The HTTP session that the official package is given: with time limits, and a memory of what came.

The package sets no time limit, looks at three statuses only, and hides what went wrong behind one sentence; what is
kept here tells `client.py` the rest.
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
    """What came: HTTP status, the seconds that Retry-After asks for (0: none), and the body as received."""

    status: int
    retry_after: float
    body: bytes


class Session(requests.Session):
    """Keeps the last answer, or the last failure. `silence`: seconds without a byte, `whole`: seconds for a whole
    answer, after which it is given up."""

    def __init__(self, silence: float, whole: float) -> None:
        super().__init__()
        self._silence = silence
        self._whole = whole
        self.answer: Answer | None = None
        self.failure: Exception | None = None

    def request(self, *args: Any, **named: Any) -> requests.Response:
        """One request, and its answer read to the end."""
        self.answer = self.failure = None
        until = time.monotonic() + self._whole
        # Redirects would take the key, which stands in the address, somewhere else.
        limits = {"timeout": (min(CONNECT, self._silence), self._silence), "allow_redirects": False, "stream": True}
        try:
            response = super().request(*args, **{**named, **limits})
            body = _read(response, until)
        except Exception as error:
            # Whatever it is: the package puts one sentence in its place.
            self.failure = error
            raise
        # A response that was streamed knows its body only so.
        response._content = body
        response.json = functools.partial(decode, body)  # type: ignore[method-assign]
        self.answer = Answer(response.status_code, _retry_after(response), body)
        return response


def arrived(failure: Exception | None) -> bool:
    """Whether a request that got no answer may have reached the engine: false where no connection came about."""
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
    """The header in seconds; its other form, a date, is rare and counts as absent."""
    value = response.headers.get("Retry-After", "")
    return min(float(value), LONGEST_PAUSE) if value.isascii() and value.isdigit() else 0.0
