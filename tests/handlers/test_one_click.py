"""RFC 8058: what a mail program finds in the raw message, and what becomes of the POST that it makes of it."""

import re
from email import message_from_bytes
from email.policy import default

import pytest

from functions.core.compose import Urls, compose
from functions.core.consent import allowed
from functions.core.contact import Contact, Profile, State
from functions.core.message import intended
from functions.core.release import Release
from functions.tables import addresses
from functions.tokens import Links, Opened, Unsubscribing
from tests.handlers.conftest import PUBLIC_URL, SIGNING, Stack
from tests.handlers.http_client import Reply, send

CONTACT, MESSAGE, ADDRESS = "c" * 26, "m" * 26, "a" * 26
SENT = 1_790_000_000_000
URLENCODED = ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click")
MULTIPART = (
    "multipart/form-data; boundary=tea",
    b'--tea\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--tea--\r\n',
)


def raw(topic: str = "a-topic-of-a-name-as-long-as-any-that-can-be-written") -> bytes:
    """A mail about a topic, as SES is given it."""
    release = Release.model_validate(
        {
            "sending": {
                "business": {"name": "Çay 🫖"},
                "from": {"name": "Çay", "email": "hello@tea.example"},
                "topics": [
                    {"id": topic, "title": "İpuçları", "transactional": topic == "orders"},
                ],
            },
            "emails": {"welcome": {"subject": "S", "html": "<p>H</p>", "text": "T"}},
        }
    )
    message = intended(
        id=MESSAGE,
        contact=CONTACT,
        journey="welcome",
        step="hello",
        template="welcome",
        topic=topic,
        release="r",
        now=SENT,
    )
    links = Links(SIGNING, PUBLIC_URL)
    urls = Urls(
        click=lambda url: url,
        open=links.open_url(Opened(CONTACT, MESSAGE, SENT, "welcome/hello", "welcome")),
        unsubscribe=links.unsubscribe_url(Unsubscribing(CONTACT, MESSAGE, SENT, topic, ADDRESS)),
    )
    person = Contact(State(CONTACT), Profile(CONTACT))
    return compose(message, person, release.sending.topics[0], "ada@tea.example", release, urls).raw


def one_click(content: bytes) -> str:
    """The address to post to, read as RFC 2369 writes it."""
    found = re.fullmatch(r"<(https://[^<>\s]+)>", message_from_bytes(content, policy=default)["List-Unsubscribe"])
    assert found is not None
    return found[1]


def press(url: str, kind: str, body: bytes, method: str = "POST") -> Reply:
    return send(method, url.removeprefix(PUBLIC_URL), body, {"content-type": kind})


def test_both_headers_stand_once_in_the_raw_message_each_on_one_line() -> None:
    head = raw().partition(b"\r\n\r\n")[0].split(b"\r\n")
    lines = [line for line in head if line.lower().startswith(b"list-")]
    assert [line.partition(b":")[0] for line in lines] == [b"List-Unsubscribe", b"List-Unsubscribe-Post"]
    assert lines[1] == b"List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    assert all(len(line) < 998 and line.isascii() for line in head)
    assert not any(line[:1] in b" \t" for line in head[head.index(lines[0]) : head.index(lines[1]) + 2])
    assert one_click(raw()).startswith(f"{PUBLIC_URL}/u/")


def test_a_transactional_mail_has_neither() -> None:
    assert b"List-Unsubscribe" not in raw("orders")


@pytest.mark.parametrize(("kind", "body"), [URLENCODED, MULTIPART])
def test_one_post_unsubscribes_without_cookie_or_redirect_and_again(stack: Stack, kind: str, body: bytes) -> None:
    url = one_click(raw("tips"))
    for _ in range(2):
        reply = press(url, kind, body)
        assert reply.status == 200
        assert not {"location", "set-cookie", "www-authenticate"} & set(reply.headers)
        head = addresses.head(ADDRESS)
        assert head.withdrawn.keys() == {"tips"}
        assert not allowed(head, "tips")


@pytest.mark.parametrize("header", [{"content-encoding": "br"}, {"content-encoding": "gzip"}, {"content-type": "\x00"}])
def test_a_body_that_can_t_be_read_means_stop_as_well(stack: Stack, header: dict[str, str]) -> None:
    reply = send("POST", one_click(raw("tips")).removeprefix(PUBLIC_URL), b"\x1f\x8bbroken", header)
    assert reply.status == 200
    assert addresses.head(ADDRESS).withdrawn.keys() == {"tips"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_nothing_but_a_post_unsubscribes(live: Stack, method: str) -> None:
    reply = press(one_click(raw("tips")), *URLENCODED, method=method)
    assert reply.status == 200
    assert addresses.head(ADDRESS).version == 0
