"""A proxy in front of the API that makes bad weather, and keeps a log of what it let through.

Every so many requests with events meet the next kind of trouble: a refusal for rate, a server
error, a connection that breaks before the API has heard of the request, or after it has answered.
"""

import gzip
import http.client
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from local.front.server import Handler

THROTTLED: Final = "429"
BROKEN: Final = "500"
LOST: Final = "dropped before"
UNHEARD: Final = "dropped after"
TROUBLES: Final = (THROTTLED, BROKEN, LOST, UNHEARD)
FINE: Final = "fine"
UNKNOWN: Final = "no answer"
_HOP: Final = {"connection", "transfer-encoding", "content-length", "date", "server", "keep-alive", "host"}


@dataclass(frozen=True)
class Sending:
    """One request with events: what became of it, and the status that the API gave, None where it heard nothing."""

    path: str
    calls: tuple[tuple[str, str], ...]
    fate: str
    status: int | None

    @property
    def ids(self) -> set[str]:
        return {id for id, _ in self.calls}


@dataclass
class Weather:
    """What is ahead, and what was. `troubles` of them come, one in every `each` requests."""

    api_url: str
    troubles: int
    each: int = 2
    log: list[Sending] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seen: int = 0
    _made: int = 0

    def next(self) -> str:
        """What the next request with events meets."""
        with self._lock:
            self._seen += 1
            if self._made >= self.troubles or self._seen % self.each:
                return FINE
            self._made += 1
            return TROUBLES[(self._made - 1) % len(TROUBLES)]

    def note(self, sending: Sending) -> None:
        with self._lock:
            self.log.append(sending)

    def proxy(self) -> type[Handler]:
        """The proxy's handler."""
        return type("BoundProxy", (_Proxy,), {"weather": self})


class _Proxy(Handler):
    weather: Weather

    def _handle(self) -> None:
        body = self.body() or b""
        calls = tuple(calls_in(body)) if self.command == "POST" else ()
        if not calls:
            self._give(*self._ask(body))
            return
        fate = self.weather.next()
        if fate in (THROTTLED, BROKEN, LOST):
            self.weather.note(Sending(self.route, calls, fate, None))
            if fate == LOST:
                self._hang_up()
            else:
                self._refuse(int(fate))
            return
        try:
            status, headers, content = self._ask(body)
        except (OSError, http.client.HTTPException):
            # Not made here, but bad weather all the same: nobody knows whether the API has heard.
            self.weather.note(Sending(self.route, calls, UNKNOWN, None))
            self._hang_up()
            return
        self.weather.note(Sending(self.route, calls, fate, status))
        if fate == UNHEARD:
            self._hang_up()
        else:
            self._give(status, headers, content)

    do_GET = do_POST = do_OPTIONS = do_HEAD = _handle

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        there = urlsplit(self.weather.api_url)
        upstream = http.client.HTTPConnection(there.hostname or "", there.port, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            upstream.request(self.command, self.path, body or None, headers)
            answer = upstream.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            upstream.close()

    def _give(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        # The API knows its own address only; whoever stands before it gives his own.
        content = content.replace(urlsplit(self.weather.api_url).netloc.encode(), self.headers["host"].encode())
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _refuse(self, status: int) -> None:
        open_to_all = {"access_control_allow_origin": "*", "access_control_expose_headers": "retry-after"}
        later = {"retry_after": "1"} if status == int(THROTTLED) else {}
        self.answer(status, "application/json", b'{"message":"bad weather"}', **open_to_all, **later)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()


def calls_in(body: bytes) -> Iterator[tuple[str, str]]:
    """The id and the number (see calls.py) of each call in a request's body."""
    try:
        said = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    except ValueError:
        return
    for call in said.get("batch", [said]):
        if "messageId" in call:
            yield call["messageId"], number_of(call)


def number_of(call: dict[str, Any]) -> str:
    """Which of the calls that the SDK was asked to make this is; "" for one it made by itself."""
    if call.get("previousId"):
        return str(call["previousId"]).removeprefix("was-")
    context = call.get("context") or {}
    for part in (call.get("properties"), call.get("traits"), context.get("traits")):
        if isinstance(part, dict) and "n" in part:
            return str(part["n"])
    return ""
