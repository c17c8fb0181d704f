"""A Shodan on this machine: an HTTP server on 127.0.0.1 that answers like the real one over banners it is given.

    with Loopback(banners, plan="dev", faults=[Fault("502", at=3)]) as shodan:
        api = Shodan("any key"); api.base_url = shodan.url; api.base_trends_url = shodan.trends_url

It listens on the loopback address alone and opens no connection itself. It takes any key and keeps none.
"""

import re
import socket
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from camcensus.validation.loopback.account import PLANS, Account
from camcensus.validation.loopback.api import Api, Limits, Params
from camcensus.validation.loopback.faults import Fault, Faults
from camcensus.validation.loopback.http import Answer, handler
from camcensus.validation.loopback.index import Banner, Index
from camcensus.validation.loopback.replies import CANNED, NOT_ALLOWED, RATE, Reply, failure, with_retry_after

KEY = "LOOPBACK-KEY-0000"
HOST = "127.0.0.1"
TRENDS = "/trends"
HANG = 30.0


@dataclass(frozen=True)
class Request:
    """A request as the log has it, without the key. `status` 0: it got no answer. `seconds`: since the start."""

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
    """A loopback Shodan; starts when it is made, stops with `close` or at the end of `with`.

    `banners`: dicts, paths of exports, or an `Index` that several servers share. `plan`: a name in `PLANS`. `rate`:
    requests a second, None for no limit. `credits`: query credits left; None: the plan's allowance. `facet_limit`: the
    largest facet; `deepest`: the last page that can be had; `drift`: banners that come in and leave with each search or
    count. `retry_after`: seconds that a refusal for too many requests names.
    """

    def __init__(
        self,
        banners: Iterable[Banner] | Iterable[Path] | Index,
        plan: str = "enterprise",
        credits: int | None = None,  # noqa: A002  the field's word
        rate: float | None = None,
        faults: Sequence[Fault] = (),
        port: int = 0,
        facet_limit: int = 1000,
        deepest: int | None = None,
        drift: int = 0,
        retry_after: float | None = None,
    ) -> None:
        chosen = PLANS[plan]
        self.index = banners if isinstance(banners, Index) else Index(banners)
        self._account = Account(chosen, chosen.credits if credits is None else credits, rate)
        self._api = Api(self.index, self._account, Limits(facet_limit, deepest, drift))
        self._faults = Faults(faults)
        self._retry_after = retry_after
        self._log: list[Request] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._started = time.monotonic()
        self._server = _Server((HOST, port), handler(self._answer, self._closing))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """What SHODAN_API_URL has to be."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    @property
    def trends_url(self) -> str:
        """What the package's `base_trends_url` has to be; `url` does as well."""
        return self.url + TRENDS

    @property
    def log(self) -> list[Request]:
        """Every request so far, in the order in which they were answered."""
        with self._lock:
            return list(self._log)

    @property
    def credits(self) -> int:
        """Query credits left; may be set."""
        return self._account.credits

    @credits.setter  # noqa: A003  the API's own word
    def credits(self, left: int) -> None:
        self._account.credits = left

    @property
    def revoked(self) -> bool:
        """Whether keys are refused from now on; may be set."""
        return self._account.revoked

    @revoked.setter
    def revoked(self, value: bool) -> None:
        self._account.revoked = value

    def set_faults(self, *faults: Fault) -> None:
        """Other faults than before from now on; counting starts anew."""
        self._faults = Faults(faults)

    def close(self) -> None:
        """Stops; requests that hang are let go."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _answer(self, path: str, params: Params, key: str) -> Answer:
        """What to say, and how to spoil it; the request is in the log before the client hears of it."""
        path = path.removeprefix(TRENDS)
        fault, reply = self._work(path, params, key)
        spoiled = fault.kind if fault and fault.kind in ("reset", "hang", "half-body", "truncated-json") else None
        silent = spoiled in ("reset", "hang")
        with self._lock:
            page = params.get("page", "1")
            entry = Request(
                number=len(self._log) + 1,
                seconds=time.monotonic() - self._started,
                path=path,
                query=params.get("query", ""),
                page=int(page) if re.fullmatch(r"[0-9]{1,9}", page) else 0,
                status=0 if silent else reply.status,
                credits=reply.credits,
                results=0 if silent else reply.results,
                fault=fault.kind if fault else None,
            )
            self._log.append(entry)
        wait = fault.wait if fault and fault.wait is not None else HANG
        return Answer(reply, spoiled, wait)

    def _work(self, path: str, params: Params, key: str) -> tuple[Fault | None, Reply]:
        if not key or self._account.revoked:
            return None, NOT_ALLOWED
        if not self._account.within_rate(time.monotonic()):
            return None, with_retry_after(failure(*RATE), self._retry_after)
        fault = self._faults.next(_told(path, params))
        if fault and fault.kind == "no-credits":
            self._account.credits = 0
        if fault and fault.kind == "revoked":
            self._account.revoked = True
            return fault, NOT_ALLOWED
        if fault is None or fault.worked_on or fault.kind == "no-credits":
            reply = self._api.answer(path, params, fault)
        else:
            reply = Reply(0, b"")
        if fault and fault.kind in CANNED:
            wait = fault.wait if fault.kind in ("429", "503-html") else None
            canned = with_retry_after(CANNED[fault.kind], wait)
            reply = Reply(canned.status, canned.body, canned.kind, reply.credits, 0, canned.headers)
        return fault, reply


class _Server(ThreadingHTTPServer):
    """One thread a connection. Connections that are kept open end with the server."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], answering: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(address, answering)

    def get_request(self) -> tuple[socket.socket, Any]:
        """The next connection."""
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Ends a connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stops listening and hangs up on whoever is there."""
        super().server_close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """That a client hangs up is no news; all else is a fault of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _told(path: str, params: Params) -> str:
    """A request in one line, for `Fault.where`: the path, then the parameters as given, without the key."""
    return path + "?" + "&".join(f"{name}={value}" for name, value in sorted(params.items()))
