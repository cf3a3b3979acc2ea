"""Subscriptions come from strangers' browsers; notifications fit what push services take."""

import json
from typing import Any

import pytest

from functions.core import push
from functions.core.errors import Refused

KEY = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
GOOD = {"endpoint": "https://push.example/abc", "keys": {"p256dh": KEY, "auth": "BTBZMqHH6r4Tts7J_aSIgg"}}


def test_what_browsers_give_is_taken() -> None:
    told = push.subscription({**GOOD, "expirationTime": None})
    assert (told.endpoint, told.p256dh, told.auth) == (GOOD["endpoint"], KEY, "BTBZMqHH6r4Tts7J_aSIgg")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (None, "subscription"),
        ([], "subscription"),
        ({}, "subscription"),
        ({**GOOD, "endpoint": "http://push.example/abc"}, "subscription.endpoint"),
        ({**GOOD, "endpoint": "https://push.example/" + "a" * 1100}, "subscription.endpoint"),
        ({**GOOD, "endpoint": "https://push.example/\r\nx: y"}, "subscription.endpoint"),
        ({**GOOD, "keys": {}}, "subscription.keys.p256dh"),
        ({**GOOD, "keys": {"p256dh": KEY, "auth": "short"}}, "subscription.keys.auth"),
        ({**GOOD, "keys": {"p256dh": "A" * 87, "auth": "BTBZMqHH6r4Tts7J_aSIgg"}}, "subscription.keys.p256dh"),
        ({**GOOD, "keys": {"p256dh": {"a": 1}, "auth": "é"}}, "subscription.keys.p256dh"),
    ],
)
def test_anything_else_is_refused_with_its_field(given: Any, field: str) -> None:
    with pytest.raises(Refused) as refused:
        push.subscription(given)
    assert (refused.value.code, refused.value.field) == ("invalid-subscription", field)


@pytest.mark.parametrize("letter", ["a", "ş", "茶", "😀", '"'])
def test_a_long_body_is_cut_to_what_push_services_take(letter: str) -> None:
    made = push.notification("Hello", letter * 9000, "https://x.example", icon="", tag="", message="m1")
    said = json.loads(made)
    assert len(made) <= push.LARGEST
    assert said["body"].endswith(letter + "…")
    assert said["tag"] == "m1"


def test_a_title_beyond_all_bounds_is_an_error() -> None:
    with pytest.raises(ValueError, match="larger"):
        push.notification("a" * 5000, "", "", icon="", tag="", message="m1")
