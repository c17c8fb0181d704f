"""The loopback Shodan on the wire: HTTP/1.1 with kept connections, and the faults that are about the connection."""

import socket
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from camcensus.validation.loopback.replies import Reply

# A client that asks for nothing more is let go.
IDLE = 60.0
_HANG_UP_WITH_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Answer:
    """A reply, and what goes wrong with it on the way; `wait`: seconds that a hanging request is held."""

    reply: Reply
    spoiled: str | None
    wait: float


def handler(
    answer: Callable[[str, Mapping[str, str], str], Answer], closing: threading.Event
) -> type[BaseHTTPRequestHandler]:
    """A handler class that asks `answer` (path, parameters without the key, key) and stops waiting at `closing`."""

    class Handler(_Handler):
        def answer(self, path: str, params: Mapping[str, str], key: str) -> Answer:
            return answer(path, params, key)

        def hold(self, seconds: float) -> None:
            closing.wait(seconds)

    return Handler


class _Handler(BaseHTTPRequestHandler, ABC):
    protocol_version = "HTTP/1.1"
    server_version = "camcensus-loopback"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE

    @abstractmethod
    def answer(self, path: str, params: Mapping[str, str], key: str) -> Answer:
        """What is answered to a request."""

    @abstractmethod
    def hold(self, seconds: float) -> None:
        """Waits so long, unless the server ends."""

    def do_GET(self) -> None:
        """Answers, or fails as told."""
        parts = urlsplit(self.path)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        key = params.pop("key", "")
        told = self.answer(parts.path, params, key)
        if told.spoiled == "hang":
            self.hold(told.wait)
            self.close_connection = True
        elif told.spoiled == "reset":
            self._reset()
        else:
            self._send(told)

    def _send(self, told: Answer) -> None:
        body = told.reply.body
        announced = len(body)
        if told.spoiled == "half-body":
            body = body[: len(body) // 2]
            self.close_connection = True
        elif told.spoiled == "truncated-json":
            body = body[: len(body) // 2]
            announced = len(body)
        self.send_response(told.reply.status)
        self.send_header("Content-Type", told.reply.kind)
        self.send_header("Content-Length", str(announced))
        for name, value in told.reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        """Closes without a word, so that the client's system reports a reset and no orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HANG_UP_WITH_RESET)
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        """Says nothing: the log is for tests to read, and the address holds the key."""
