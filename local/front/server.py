"""A small HTTP server on loopback, and the two ways our pages answer."""

import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from local.emulator import HOST

BODY_LIMIT = 11 * 1024 * 1024


class Handler(BaseHTTPRequestHandler):
    """Quiet, keeps connections, and sends each answer in one piece."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the page is the log."""

    @property
    def route(self) -> str:
        return urlsplit(self.path).path

    @property
    def query(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}

    def body(self) -> bytes | None:
        """The request's body, or None where it is larger than anything answers."""
        length = int(self.headers.get("content-length") or 0)
        if length > BODY_LIMIT:
            self.close_connection = True
            return None
        return self.rfile.read(length)

    def form(self) -> dict[str, str]:
        sent = parse_qs((self.body() or b"").decode())
        return {key: values[0] for key, values in sent.items()}

    def answer(self, status: int, kind: str, content: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.send_header("cache-control", "no-store")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def page(self, html: str, status: int = 200) -> None:
        self.answer(status, "text/html; charset=utf-8", html.encode())

    def see(self, place: str) -> None:
        """Answer a form post: look there."""
        self.answer(303, "text/plain", b"", location=place)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    # A program that sends fifty batches at once opens fifty connections; more than wait here are reset.
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of what went wrong, and not of a browser that went away before it had its answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Server:
    """Serves in threads of its own until stopped."""

    def __init__(self, port: int, make: Callable[..., BaseHTTPRequestHandler]) -> None:
        self._http = _Http((HOST, port), make)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.1,), daemon=True)
        self.url = f"http://{HOST}:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
