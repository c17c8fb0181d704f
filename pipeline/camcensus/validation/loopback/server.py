"""A Shodan on this machine: an HTTP server on 127.0.0.1 that answers like the real one, from given banners.

    with Loopback(banners, plan="dev", faults=[Fault("502", at=3)]) as shodan:
        api = Shodan("any key"); api.base_url = shodan.url; api.base_trends_url = shodan.url

It listens on the loopback address only and opens no connections. It accepts any key and stores none.
"""

import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from camcensus.validation.loopback.account import PLANS, Account, Limits
from camcensus.validation.loopback.api import Api, Params
from camcensus.validation.loopback.faults import Fault, Faults
from camcensus.validation.loopback.index import Banner, Index
from camcensus.validation.loopback.replies import CANNED, NOT_ALLOWED, RATE, Reply, failure, with_retry_after

KEY = "LOOPBACK-KEY-0000"
HOST = "127.0.0.1"
HANG = 30.0
IDLE = 60.0  # seconds after which a silent client is disconnected
_HANG_UP_WITH_RESET = struct.pack("ii", 1, 0)
_CONNECTION_FAULTS = ("reset", "hang", "half-body", "truncated-json")


@dataclass(frozen=True)
class Request:
    """A request in the log, without the key. `status` 0: it got no answer. `seconds`: since the start."""

    number: int
    seconds: float
    path: str
    query: str
    page: int
    status: int
    credits: int
    results: int
    fault: str | None


class Loopback:
    """A loopback Shodan; starts when it is created, stops with `close` or at the end of `with`.

    `banners`: dicts, paths of exports, or an `Index` that several servers share. `plan`: a name in `PLANS`.
    `credits`: query credits left; None: the plan's allowance. `port`: 0 for any free one. `account` may be changed.
    """

    def __init__(
        self,
        banners: Iterable[Banner] | Iterable[Path] | Index,
        plan: str = "enterprise",
        credits: int | None = None,  # noqa: A002  the field's word
        faults: Sequence[Fault] = (),
        port: int = 0,
        limits: Limits = Limits(),  # noqa: B008  it cannot be changed
    ) -> None:
        self.index = banners if isinstance(banners, Index) else Index(banners)
        self.account = Account(PLANS[plan], credits, limits)
        self._api = Api(self.index, self.account)
        self._faults = Faults(faults)
        self._log: list[Request] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._started = time.monotonic()
        self._server = _Server((HOST, port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Return the value for SHODAN_API_URL, and for the package's `base_trends_url`."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    @property
    def log(self) -> list[Request]:
        """Return every request so far, in the order of answers."""
        with self._lock:
            return list(self._log)

    def set_faults(self, *faults: Fault) -> None:
        """Replace the faults; counting of requests starts again."""
        self._faults = Faults(faults)

    def close(self) -> None:
        """Stop; hanging requests end."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def answer(self, path: str, params: Params, key: str) -> tuple[Reply, str | None]:
        """Return the reply to a request and the fault of its connection, and log both.

        The request is in the log before the client gets its reply; a request that hangs waits here.
        """
        fault, reply = self._process(path, params, key)
        on_connection = fault.kind if fault and fault.kind in _CONNECTION_FAULTS else None
        silent = on_connection in ("reset", "hang")
        with self._lock:
            page = params.get("page", "1")
            self._log.append(Request(
                number=len(self._log) + 1, seconds=time.monotonic() - self._started, path=path,
                query=params.get("query", ""), page=int(page) if re.fullmatch(r"[0-9]{1,9}", page) else 0,
                status=0 if silent else reply.status, credits=reply.credits, results=0 if silent else reply.results,
                fault=fault.kind if fault else None,
            ))  # fmt: skip
        if on_connection == "hang":
            self._closing.wait(fault.wait if fault and fault.wait is not None else HANG)
        return reply, on_connection

    def _process(self, path: str, params: Params, key: str) -> tuple[Fault | None, Reply]:
        if not key or self.account.revoked:
            return None, NOT_ALLOWED
        if not self.account.within_rate(time.monotonic()):
            return None, with_retry_after(failure(*RATE), self.account.limits.retry_after)
        # The path, then the parameters without the key, as `Fault.where` takes them.
        fault = self._faults.next(path + "?" + "&".join(f"{name}={value}" for name, value in sorted(params.items())))
        if fault and fault.kind == "no-credits":
            self.account.credits = 0
        if fault and fault.kind == "revoked":
            self.account.revoked = True
            return fault, NOT_ALLOWED
        if fault is None or fault.is_processed or fault.kind == "no-credits":
            reply = self._api.answer(path, params, fault)
        else:
            reply = Reply(0, b"")
        if fault and fault.kind in CANNED:
            wait = fault.wait if fault.kind in ("429", "503-html") else None
            reply = replace(with_retry_after(CANNED[fault.kind], wait), credits=reply.credits)
        return fault, reply


class _Server(ThreadingHTTPServer):
    """One thread per connection. Open connections end with the server."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], shodan: Loopback) -> None:
        self.shodan = shodan
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection."""
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening and close all connections."""
        super().server_close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up; report all other errors."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "camcensus-loopback"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE

    def do_GET(self) -> None:
        """Answer, or fail as the fault says."""
        parts = urlsplit(self.path)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        key = params.pop("key", "")
        reply, fault = self.server.shodan.answer(parts.path, params, key)
        if fault == "hang":
            self.close_connection = True
        elif fault == "reset":
            self._reset()
        else:
            self._send(reply, fault)

    def _send(self, reply: Reply, fault: str | None) -> None:
        body = reply.body[: len(reply.body) // 2] if fault in ("half-body", "truncated-json") else reply.body
        if fault == "half-body":
            self.close_connection = True
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body if fault == "half-body" else body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        """Close so that the client's system reports a reset, not an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HANG_UP_WITH_RESET)
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        """Log nothing: the address contains the key."""
