"""Webhooks are signed as Standard Webhooks has it: its own library takes them."""

import json
from datetime import UTC, datetime

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
