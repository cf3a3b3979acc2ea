"""A form's box can agree to text messages: that stands in the ledger of the number, and only there."""

from typing import Any

import pytest

from functions.core.consent import allowed
from functions.core.identity import EMAIL, PHONE, hash_of
from functions.core.release import Release
from functions.tables import addresses
from tests.handlers.conftest import Stack, demo
from tests.handlers.http_client import post_form

TYPED: dict[str, Any] = {"email": "ada@tea.example", "phone": "+90 532 123 45 67"}


def publish(stack: Stack, *channels: str) -> None:
    form = {
        "title": "Tea",
        "fields": [
            {"name": "email", "label": "Mail", "type": "email"},
            {"name": "phone", "label": "P", "type": "phone"},
        ],
        "consents": [{"topic": "tips", "label": "Evet, kısa mesaj da.", "channels": list(channels)}],
    }
    plain = demo().model_dump(mode="json", by_alias=True, exclude_defaults=True)
    stack.publish(Release.model_validate({**plain, "forms": {"hello": form}}))


@pytest.mark.parametrize(
    ("channels", "mail", "text"),
    [(("email",), True, False), (("sms",), False, True), (("email", "sms"), True, True)],
)
def test_a_box_agrees_to_its_channels_only(channels: tuple[str, ...], mail: bool, text: bool, stack: Stack) -> None:
    publish(stack, *channels)
    assert post_form("/f/hello", TYPED | {"consent": "tips"}).status == 303
    by_mail = addresses.head(hash_of(stack.ref(EMAIL, "ada@tea.example")))
    by_text = addresses.head(hash_of(stack.ref(PHONE, "+905321234567")))
    assert (allowed(by_mail, "tips"), allowed(by_text, "tips")) == (mail, text)


def test_the_wording_stands_beside_the_number(stack: Stack) -> None:
    publish(stack, "sms")
    post_form("/f/hello", TYPED | {"consent": "tips"})
    (entry,) = addresses.entries(hash_of(stack.ref(PHONE, "+905321234567")))
    assert (entry.changes[0].wording, entry.source) == ("Evet, kısa mesaj da.", "form:hello")


def test_a_number_alone_can_agree(stack: Stack) -> None:
    publish(stack, "email", "sms")
    post_form("/f/hello", {"phone": TYPED["phone"], "consent": "tips"})
    assert allowed(addresses.head(hash_of(stack.ref(PHONE, "+905321234567"))), "tips")


def test_a_box_left_alone_agrees_to_nothing(stack: Stack) -> None:
    publish(stack, "sms")
    post_form("/f/hello", TYPED)
    assert addresses.head(hash_of(stack.ref(PHONE, "+905321234567"))).version == 0
