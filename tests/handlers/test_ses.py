"""The mail service's adapter against a server that misbehaves: one call, and what may be concluded."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.config import Config

from functions.aws import ses, session


class Server:
    """Answers every request in the same way and counts them."""

    def __init__(self) -> None:
        self.requests = 0
        self.answer: tuple[int, str, bytes] | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.requests += 1
                self.rfile.read(int(self.headers["content-length"]))
                if outer.answer is None:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                status, kind, body = outer.answer
                self.send_response(status)
                self.send_header("x-amzn-errortype", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                return

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    session.reset()
    yield made
    made.http.shutdown()
    made.http.server_close()
    thread.join()
    session.reset()


def send() -> str:
    return ses.send(
        sender="hello@tea.example",
        recipients=["ada@example.com"],
        raw=b"Subject: x\r\n\r\nx",
        tags={"message": "m"},
        configuration_set="set",
    )


def test_the_id_of_an_accepted_message_is_answered(server: Server) -> None:
    server.answer = (200, "", b'{"MessageId": "ses-1"}')
    assert send() == "ses-1"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "TooManyRequestsException", ses.NotAccepted),
        (400, "SendingPausedException", ses.NotAccepted),
        (400, "AccountSuspendedException", ses.NotAccepted),
        (404, "NotFoundException", ses.NotAccepted),
        (403, "AccessDeniedException", ses.NotAccepted),
        (400, "MessageRejected", ses.Rejected),
        (400, "MailFromDomainNotVerifiedException", ses.NotAccepted),
        (500, "InternalServiceErrorException", ses.Ambiguous),
        (503, "ServiceUnavailable", ses.Ambiguous),
    ],
)
def test_an_error_is_asked_for_once_and_told_by_what_it_means(
    server: Server, status: int, code: str, kind: type[ses.Failed]
) -> None:
    server.answer = (status, code, b'{"message": "no"}')
    with pytest.raises(kind) as failed:
        send()
    assert type(failed.value) is kind
    assert failed.value.code == code


def test_what_is_refused_until_a_domain_is_verified_is_tried_again_later(server: Server) -> None:
    said = b'{"message": "Email address is not verified. The following identities failed the check: ada@example.com"}'
    server.answer = (400, "MessageRejected", said)
    with pytest.raises(ses.NotAccepted):
        send()
    assert server.requests == 1


@pytest.mark.parametrize(
    "words",
    [
        b"Sending paused for this account. For more information, please check the inbox of the email address",
        b"Message rejected: Sending suspended for this account.",
    ],
)
def test_an_account_under_review_rejects_nothing_for_good(server: Server, words: bytes) -> None:
    server.answer = (400, "MessageRejected", b'{"message": "' + words + b'"}')
    with pytest.raises(ses.NotAccepted) as failed:
        send()
    assert failed.value.limit == "quota"


def test_a_connection_that_drops_after_the_message_was_sent_is_ambiguous_and_not_repeated(server: Server) -> None:
    with pytest.raises(ses.Ambiguous):
        send()
    assert server.requests == 1


def test_an_answer_that_is_no_answer_is_ambiguous(server: Server) -> None:
    server.answer = (200, "", b"<html>")
    with pytest.raises(ses.Ambiguous):
        send()
    assert server.requests == 1


def test_a_server_that_cannot_be_reached_took_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    session.reset()
    with pytest.raises(ses.NotAccepted):
        send()


def test_a_server_that_does_not_answer_in_time_is_ambiguous_and_not_asked_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = threading.Event()
    post: Callable[..., None] = server.http.RequestHandlerClass.do_POST  # type: ignore[attr-defined]

    def stalling(handler: BaseHTTPRequestHandler) -> None:
        server.requests += 1
        silent.wait(10)
        server.requests -= 1
        post(handler)

    monkeypatch.setattr(server.http.RequestHandlerClass, "do_POST", stalling)
    config = session._config
    monkeypatch.setattr(session, "_config", lambda *given: config(*given).merge(Config(read_timeout=0.2)))
    session.reset()
    with pytest.raises(ses.Ambiguous):
        send()
    asked = server.requests
    silent.set()
    assert asked == 1
