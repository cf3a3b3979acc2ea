"""The wire between Samovar's functions and AWS, with a hand on it.

Every AWS call that a handler makes passes here twice: before it has an effect and after.
Whoever watches may raise there. Services whose time must follow the moved clock are played
in this process, on the far side of botocore: requests are serialised and answers parsed as
with AWS itself.
"""

import io
import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from botocore.awsrequest import AWSResponse

from functions.aws import session

WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchExecuteStatement"})


class Refusal(Exception):
    """A played service answers with this error code."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True, slots=True)
class Call:
    """The `number`-th AWS call (from 1) of a handler, counted over everything it did.

    `about` names the kind of row, `path` all calls of its invocation up to this one: calls
    with equal paths are made at the same place of the code.
    """

    handler: str
    number: int
    service: str
    operation: str
    about: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.handler} {self.number}: {self.operation} {self.about}".rstrip()


class Watch(Protocol):
    """Is told of each call; what it raises, the handler gets. `repeat` says whether the SDK
    should send the very same request again, as it does when an answer is lost."""

    def before(self, call: Call) -> None: ...

    def after(self, call: Call) -> None: ...

    def repeat(self, call: Call) -> bool: ...


class _Silent:
    def before(self, call: Call) -> None:
        pass

    def after(self, call: Call) -> None:
        pass

    def repeat(self, call: Call) -> bool:
        return False


@dataclass(slots=True)
class _Acting:
    """A handler at work, in all the threads that it sets to work: whoever is killed in one of them is dead in all."""

    handler: str
    path: tuple[str, ...] = ()
    dead: BaseException | None = None


_acting: ContextVar[_Acting | None] = ContextVar("acting", default=None)


class _Doing(threading.local):
    call: Call | None = None


Play = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Plays a service: (operation, request) → answer. Raises Refusal."""


@dataclass
class Wire:
    """One deployment's end of the wire: which services are played, who watches, what was counted."""

    played: dict[str, Play]
    watch: Watch = field(default_factory=_Silent)
    counts: dict[str, int] = field(default_factory=dict)
    writes: int = 0
    _doing: _Doing = field(default_factory=_Doing)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def attach(self) -> None:
        """Let all AWS calls of functions pass here. Clients are made anew where the endpoint changed."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        if _attached.session is not session._session() or _attached.endpoint != endpoint:
            session.reset()
            _attached.session, _attached.endpoint = session._session(), endpoint
            for event, hook in _HOOKS.items():
                _attached.session.register(event, partial(_pass_on, hook))
        _attached.wire = self

    @property
    def attached(self) -> bool:
        """Whether calls of functions pass here."""
        return _attached.wire is self

    def detach(self) -> None:
        """Let calls pass nowhere: later ones go to AWS as configured."""
        if self.attached:
            _attached.wire = None

    @contextmanager
    def acting(self, handler: str) -> Iterator[None]:
        """Calls inside the block, in this thread and in those that share its context, are made by `handler`."""
        token = _acting.set(_Acting(handler))
        try:
            yield
        finally:
            _acting.reset(token)

    def _before(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        doing = _acting.get()
        if doing is None:
            self._doing.call = None
            return
        if doing.dead is not None:
            raise doing.dead
        about = _about(params.get("body"))
        service = model.service_model.service_id.hyphenize()
        with self._counting:
            number = self.counts[doing.handler] = self.counts.get(doing.handler, 0) + 1
            doing.path = (*doing.path, f"{model.name} {about}")
            self._doing.call = Call(doing.handler, number, service, model.name, about, doing.path)
        self._told(self.watch.before)

    def _after(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        self.writes += model.name in WRITES
        if self._doing.call is None:
            return
        try:
            self._told(self.watch.after)
        except BaseException:
            # Nobody will read it: its connection would be left open.
            if "Body" in parsed:
                parsed["Body"].close()
            raise

    def _told(self, watcher: Callable[[Call], None]) -> None:
        call = self._doing.call
        assert call is not None
        try:
            watcher(call)
        except Exception:
            raise
        except BaseException as killed:
            # A dead process makes no further call, whatever its code does while unwinding.
            if (doing := _acting.get()) is not None:
                doing.dead = killed
            raise

    def _retry(self, attempts: int, **_: Any) -> float | None:
        call = self._doing.call
        return 0 if call is not None and attempts == 1 and self.watch.repeat(call) else None

    def _send(self, event_name: str, request: Any, **_: Any) -> AWSResponse | None:
        _, service, operation = event_name.split(".")
        play = self.played.get(service)
        if play is None:
            return None
        body = request.body.read() if hasattr(request.body, "read") else request.body
        try:
            answer = _answer(request.url, 200, play(operation, json.loads(body or b"{}")))
        except Refusal as refused:
            content = {"__type": refused.code, "message": refused.message}
            answer = _answer(request.url, refused.status, content, {"x-amzn-errortype": refused.code})
        return answer


@dataclass
class _Attached:
    session: Any = None
    endpoint: str | None = None
    wire: Wire | None = None


_attached = _Attached()
_HOOKS: dict[str, Callable[..., Any]] = {
    "before-call": Wire._before,
    "before-send": Wire._send,
    "needs-retry": Wire._retry,
    "after-call": Wire._after,
}


def _pass_on(hook: Callable[..., Any], **event: Any) -> Any:
    return hook(_attached.wire, **event) if _attached.wire is not None else None


_ROW = re.compile(r'"sk": ?\{"S": ?"([A-Z])')


def _about(body: Any) -> str:
    """The kinds of rows in a request to DynamoDB."""
    if not isinstance(body, bytes | str):
        return ""
    text = body.decode() if isinstance(body, bytes) else body
    return "".join(dict.fromkeys(_ROW.findall(text)))


class _Raw(io.BytesIO):
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


def _answer(url: str, status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> AWSResponse:
    return AWSResponse(
        url, status, {"content-type": "application/json", **(headers or {})}, _Raw(json.dumps(content).encode())
    )
