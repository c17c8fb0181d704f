"""A server that gives the answers that a test lists, and what tests of the client ask it with."""

import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

SECRET = "SECRETKEY0123456789abcdefABCDEF/+"
PAGE = b'{"matches":[{"ip_str":"1.2.3.4","port":80}],"total":1}'


class Scripted(http.server.BaseHTTPRequestHandler):
    """Gives the answers that a test lists, one after the other, the last of them for ever."""

    script: ClassVar[list[tuple[int, bytes, dict[str, str]]]] = []
    asked: ClassVar[list[str]] = []
    drip: ClassVar[float] = 0.0
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, body, headers = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for byte in body if self.drip else ():
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(self.drip)
            self.wfile.write(b"" if self.drip else body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def scripted(*answers: tuple[int, bytes] | tuple[int, bytes, dict[str, str]], drip: float = 0.0) -> Iterator[str]:
    """The address of a server that gives these answers."""
    Scripted.script = [(status, body, dict(*headers)) for status, body, *headers in answers]
    Scripted.asked, Scripted.drip = [], drip
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Scripted) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:  # else a test that fails would wait for the thread for ever
            server.shutdown()
            thread.join()
