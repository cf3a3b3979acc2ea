"""Webhooks are signed as Standard Webhooks has it: its own library takes them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook as Receiver
from standardwebhooks import WebhookVerificationError

from functions.core import webhook
from functions.core.webhook import Webhook

NEW, OLD, OTHER = (webhook.new_secret(bytes([number]) * 32) for number in (1, 2, 3))


def signed(*secrets: str) -> tuple[bytes, dict[str, str]]:
    body = webhook.body_of("lead.hot", "2026-11-25T00:00:00Z", {"ad": "Çay ☕ Łódź"})
    return body, webhook.headers("m1", int(datetime.now(UTC).timestamp()), body, secrets)


@pytest.mark.parametrize("secret", [NEW, OLD])
def test_either_secret_verifies_while_one_replaces_the_other(secret: str) -> None:
    body, headers = signed(NEW, OLD)
    said = Receiver(secret).verify(body, headers)
    assert said["data"] == {"ad": "Çay ☕ Łódź"}


def test_nobody_elses_secret_and_no_changed_body_verify() -> None:
    body, headers = signed(NEW)
    with pytest.raises(WebhookVerificationError):
        Receiver(OTHER).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Receiver(NEW).verify(body.replace(b"hot", b"hit"), headers)


@pytest.mark.parametrize(
    "url",
    ["http://crm.example/x", "https://", "https://user@crm.example/", "https://{{ contact.site }}/", "ftp://x.example"],
)
def test_an_address_is_complete_https_and_nobodys_variable(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Webhook.model_validate({"url": url})


def test_sources_are_the_texts_of_the_payload_only() -> None:
    hook = Webhook.model_validate(
        {"url": "https://crm.example/x", "payload": {"a": "{{ contact.name }}", "n": 3, "list": ["x", {"b": "y"}]}}
    )
    assert dict(hook.sources()) == {
        ("payload", "a"): "{{ contact.name }}",
        ("payload", "list", 0): "x",
        ("payload", "list", 1, "b"): "y",
    }
    assert json.loads(hook.model_dump_json())["payload"]["n"] == 3


@pytest.mark.parametrize("secret", ["whsec_", "whsec_AAAA", "nonsense!"])
def test_what_is_no_secret_is_said_so(secret: str) -> None:
    with pytest.raises(ValueError, match="not a secret"):
        webhook.secret_bytes(secret)


ANSWER = {
    "lead": {"score": 7.5, "owner": "Işıl", "vip": True, "none": None, "list": [1]},
    "big": 2**60,
    "text": "x" * 501,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("lead.score", 7.5),
        ("lead.owner", "Işıl"),
        ("lead.vip", True),
        ("lead.none", None),
        ("lead.list", None),
        ("lead.list.0", None),
        ("lead", None),
        ("lead.score.deeper", None),
        ("nothing", None),
        ("big", None),
        ("text", None),
    ],
)
def test_single_values_of_an_answer_are_kept(path: str, value: Any) -> None:
    expected = {} if value is None else {"found": value}
    assert webhook.kept(json.dumps(ANSWER).encode(), {"found": path}) == expected


def test_reserved_traits_of_an_answer_have_our_names_and_kinds() -> None:
    body = b'{"name": "Ada", "age": "42", "bad": "\\ud800x"}'
    wanted = {"firstName": "name", "age": "age", "note": "bad"}
    assert webhook.kept(body, wanted) == {"first_name": "Ada", "age": 42, "note": "x"}


@pytest.mark.parametrize(
    "body", [b"", b"ok", b"[1]", b"7", b"null", b"\xff\xfe{", b'{"a": 1', b"[" * 9000, b'{"a":' * 3000]
)
def test_an_answer_that_is_no_json_object_is_none(body: bytes) -> None:
    assert webhook.kept(body, {"a": "a"}) is None


def test_numbers_that_are_none_and_paths_too_deep_lead_nowhere() -> None:
    assert webhook.kept(b'{"a": NaN, "b": -Infinity, "c": 1e999}', {"a": "a", "b": "b", "c": "c"}) == {}
    deep: Any = 1
    for _ in range(9):
        deep = {"a": deep}
    assert webhook.kept(json.dumps(deep).encode(), {"x": ".".join("a" * 9)}) == {}
    assert webhook.kept(json.dumps(deep["a"]).encode(), {"x": ".".join("a" * 8)}) == {"x": 1}
