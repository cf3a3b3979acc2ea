"""MiniStack inside the tests' own process: the same code and mends as the emulator's, without a wire.

Two thirds of a call to an emulator next door are sockets, HTTP on both sides and the waiting of two processes for
each other. Here the bytes that botocore would send go to the emulator's services, and their bytes come back: what is
before the one and behind the other is as it is everywhere. Whoever talks to the emulator from another process,
or past botocore, needs one of its own (the fixture `emulator_process`).
"""

import asyncio
import contextlib
import contextvars
import io
import os
import threading
import time
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.config import Config
from botocore.httpsession import URLLib3Session

from functions.aws import plain
from local.emulator import ACCOUNT, HOST, REGION, SERVICES_WITHOUT_LAMBDAS

PORT = 9
"""Nobody listens there: a call that passes by the emulator is refused."""
URL = f"http://{HOST}:{PORT}"
_USER = "test"
_TURN_S = 0.0001

_one_at_a_time = threading.Lock()


class InProcess:
    """The emulator, as tests see it."""

    url, port = URL, PORT

    def __init__(self, mail_dir: Path) -> None:
        self.mail_dir = mail_dir
        self._clients: dict[str, Any] = {}

    @property
    def client_arguments(self) -> dict[str, str]:
        """Keyword arguments that point a boto3 client here."""
        return {
            "endpoint_url": self.url,
            "region_name": REGION,
            "aws_access_key_id": _USER,
            "aws_secret_access_key": "test",
        }

    def client(self, service: str) -> Any:
        """A boto3 client of this emulator, made once."""
        if service not in self._clients:
            # What botocore says of itself is put together anew for every call, at an eighth of its price.
            made = boto3.client(service, config=Config(user_agent="tests"), **self.client_arguments)
            if service == "dynamodbstreams":
                # Lambda gets records as the JSON that they are.
                plain.speak(made)
            self._clients[service] = made
        return self._clients[service]

    def fill(self, table: str, items: Iterable[dict[str, Any]]) -> None:
        """Put many items of DynamoDB's JSON straight where the emulator keeps them: no stream tells of them."""
        made = list(items)
        with _one_at_a_time:
            contextvars.Context().run(_fill, table, made)


def _fill(name: str, items: Iterable[dict[str, Any]]) -> None:
    _as_everybody()
    service = import_module("ministack.services.dynamodb")
    table = service._tables[name]
    for item in items:
        service._set_item(table, item["pk"]["S"], item["sk"]["S"], item)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[InProcess]:
    """The emulator, empty where nobody in this process used it before. `folder` receives captured mail."""
    made = InProcess(folder / "mail")
    made.mail_dir.mkdir(parents=True, exist_ok=True)
    serve = _application(made.mail_dir)
    send = URLLib3Session.send

    def here(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        return _answer(serve, request) if request.url.startswith(f"{URL}/") else send(session, request)

    URLLib3Session.send = here
    try:
        yield made
    finally:
        URLLib3Session.send = send
        _loop().close()
        _loop.cache_clear()


def _application(mail_dir: Path) -> Any:
    """MiniStack's ASGI application, mended, made for the environment that local/emulator.py gives a process."""
    before = dict(os.environ)
    os.environ.update(
        {
            "GATEWAY_PORT": str(PORT),
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "SERVICES": SERVICES_WITHOUT_LAMBDAS,
            "LOG_LEVEL": "WARNING",
            "PERSIST_STATE": "0",
            "S3_PERSIST": "0",
            "SAMOVAR_LOCAL_MAIL": str(mail_dir),
        }
    )
    try:
        import ministack.app

        from local.mends import apply

        apply()
        return ministack.app.app
    finally:
        os.environ.clear()
        os.environ.update(before)


def _answer(serve: Any, request: AWSPreparedRequest) -> AWSResponse:
    """What is answered to a prepared request. One at a time, as in a process of its own."""
    body = request.body.read() if hasattr(request.body, "read") else request.body or b""
    body = body.encode() if isinstance(body, str) else bytes(body)
    given = {name.lower(): value for name, value in request.headers.items()}
    headers = {name: value if isinstance(value, str) else value.decode() for name, value in given.items()}
    tables = _TABLES.get(headers.get("x-amz-target", "").partition("_")[0])
    with _one_at_a_time:
        context = contextvars.Context()
        if tables:
            status, answered, content = context.run(_of_tables, tables, headers, body)
        else:
            status, answered, content = context.run(_of_application, serve, request, headers, body)
    if threading.current_thread() is not threading.main_thread():
        # Whoever waits for a socket lets other threads have their turn.
        time.sleep(_TURN_S)
    return AWSResponse(request.url, status, HeadersDict(answered), _Raw(content))


_TABLES = {"DynamoDB": "dynamodb", "DynamoDBStreams": "dynamodb_streams"}
_Answer = tuple[int, dict[str, str], bytes]


def _of_tables(module: str, headers: dict[str, str], body: bytes) -> _Answer:
    """Most calls: straight to the service, past the routes of all others, and without a loop, for it never waits."""
    _as_everybody()
    call = import_module(f"ministack.services.{module}").handle_request("POST", "/", headers, body, {})
    try:
        call.send(None)
    except StopIteration as done:
        status, answered, content = done.value
        return status, answered, content if isinstance(content, bytes) else content.encode()
    call.close()
    raise AssertionError("the emulator's tables wait for something: let them have a loop")


def _as_everybody() -> None:
    responses = import_module("ministack.core.responses")
    responses.set_request_account_id(_USER)
    responses.set_request_region(REGION)


def _of_application(serve: Any, request: AWSPreparedRequest, headers: dict[str, str], body: bytes) -> _Answer:
    parts = urlsplit(request.url)
    headers = {**headers, "host": parts.netloc, "content-length": str(len(body))}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "method": request.method,
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": (HOST, PORT),
        "server": (HOST, PORT),
    }
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    _loop().run_until_complete(serve(scope, receive, send))
    start, *rest = said
    answered = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return start["status"], answered, b"".join(part.get("body", b"") for part in rest)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """For those who may wait, as queues do for messages."""
    return asyncio.new_event_loop()


class _Raw(io.BytesIO):
    """A body as urllib3 would hand it over."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()
