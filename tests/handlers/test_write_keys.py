"""Write keys over HTTP: several, public and secret, bound to origins and to a rate, and revoked."""

import json
from typing import Any

import pytest

from functions import clock, releases
from functions.core import keys
from functions.core.keys import WriteKey, public_key, secret_key
from functions.publish import keyring
from functions.releases import KEYS_FOR_S
from functions.tables import addresses, rates
from functions.track import limits
from tests.handlers.conftest import PEPPER, SECRET, WRITE_KEY, Stack
from tests.handlers.http_client import Reply, basic, post, send

MINUTE = 30_000_000
NOW = MINUTE * 60_000 + 45_200
SHOP = public_key("shop", "wk_shop", origins=["https://tea.example"], at=0)
SLOW = public_key("slow", "wk_slow", per_minute=40, at=0)


def page(key: str, origin: str | None = None, address: str = "192.0.2.1", **body: Any) -> Reply:
    headers = basic(key) | ({"origin": origin} if origin else {})
    content = json.dumps({"anonymousId": "a1", **body}).encode()
    return send("POST", "/v1/page", content, headers, address=address)


def many(key: str, count: int, address: str = "192.0.2.1") -> Reply:
    batch = [{"type": "page", "anonymousId": "a1", "messageId": f"{address}-{n}"} for n in range(count)]
    return send("POST", "/v1/batch", json.dumps({"batch": batch}).encode(), basic(key), address=address)


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that stands at a moment of a minute."""
    monkeypatch.setattr(clock, "now_ms", lambda: NOW)


def test_what_a_public_key_brings_is_a_claim_and_what_a_secret_one_brings_is_vouched_for(stack: Stack) -> None:
    for key in (WRITE_KEY, SECRET):
        assert page(key, messageId=key).status == 200
    assert {event.id: event.proved for event in stack.events()} == {WRITE_KEY: False, SECRET: True}


def test_a_secret_key_from_a_page_is_refused_and_stores_nothing(stack: Stack) -> None:
    reply = page(SECRET, "https://tea.example")
    assert (reply.status, reply.code) == (403, "secret-key-in-browser")
    assert stack.events() == []


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_a_key_of_some_origins_is_refused_elsewhere(stack: Stack, origin: str | None) -> None:
    stack.put_keys(SHOP)
    reply = page("wk_shop", origin)
    assert (reply.status, reply.code) == (403, "origin-not-allowed")
    assert stack.events() == []
    assert page("wk_shop", "https://tea.example").status == 200


def test_a_revoked_key_is_refused_within_a_minute_and_the_others_are_not(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = 0.0
    monkeypatch.setattr(clock, "monotonic", lambda: span)
    releases.forget()
    assert page(WRITE_KEY).status == 200
    keyring.remove("tests")
    assert page(WRITE_KEY).status == 200
    span = KEYS_FOR_S + 1.0
    assert (page(WRITE_KEY).status, page(WRITE_KEY).code) == (401, "unknown-write-key")
    assert page(SECRET).status == 200


def test_keys_are_added_and_removed_one_by_one_and_secrets_stay_as_they_are(stack: Stack) -> None:
    before = releases.keyring()
    keyring.add(SHOP)
    with pytest.raises(keyring.NameTaken):
        keyring.add(public_key("shop", "wk_other", at=0))
    with pytest.raises(keyring.NoSuchKey, match="tests, server, shop"):
        keyring.remove("nobody")
    assert keyring.remove("tests").held == WRITE_KEY
    releases.forget()
    after = releases.keyring()
    assert [key.name for key in after.keys] == ["server", "shop"]
    assert (after.pepper, after.signing) == (before.pepper, before.signing)


def test_keys_of_the_first_version_are_read_and_can_be_added_to(stack: Stack) -> None:
    row = {
        "pk": {"S": "X#keys"},
        "sk": {"S": "X"},
        "v": {"N": "1"},
        "at": {"N": "7"},
        "pepper": {"B": PEPPER},
        "signing": {"L": [{"B": b"s" * 32}]},
        "write_keys": {"L": [{"S": "wk_old"}, {"S": "wk_older"}]},
    }
    stack.dynamodb().put_item(TableName=stack.environment["CONTACTS_TABLE"], Item=row)
    releases.forget()
    assert page("wk_old").status == 200
    keyring.add(SHOP)
    keyring.remove("first-2")
    releases.forget()
    assert releases.keyring().keys == (WriteKey("first", keys.PUBLIC, "wk_old", at=7), SHOP)


def test_a_flood_from_one_address_meets_a_limit_that_others_do_not(stack: Stack, still: None) -> None:
    stack.put_keys(SLOW)
    assert many("wk_slow", 10, "203.0.113.9").status == 200
    reply = many("wk_slow", 1, "203.0.113.9")
    assert (reply.status, reply.code, reply.headers["retry-after"]) == (429, "too-many-events", "15")
    assert many("wk_slow", 1, "198.51.100.7").status == 200
    assert len(stack.events()) == 11


def test_a_key_brings_no_more_than_it_may_in_a_minute_and_again_in_the_next(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = NOW
    monkeypatch.setattr(clock, "now_ms", lambda: now)
    stack.put_keys(SLOW, secret_key("server", SECRET, PEPPER, at=0))
    assert [many("wk_slow", 9, f"203.0.113.{n}").status for n in range(6)] == [200] * 5 + [429]
    assert many(SECRET, 100).status == 200
    now = NOW + 15_000
    assert many("wk_slow", 9, "203.0.113.77").status == 200


def test_workers_hear_of_each_other_s_events(stack: Stack, still: None) -> None:
    stack.put_keys(SLOW)
    rates.tell("slow", MINUTE, 36)
    assert many("wk_slow", 4, "203.0.113.1").status == 200
    assert many("wk_slow", 1, "203.0.113.2").status == 429
    limits.forget()
    # A worker that has just begun takes up to a tenth before it hears of the rest.
    assert [many("wk_slow", 1, f"203.0.113.{n}").status for n in range(3, 9)] == [200] * 4 + [429] * 2


def test_the_count_of_a_minute_begins_anew_and_a_late_worker_does_not_turn_it_back(stack: Stack) -> None:
    assert [rates.tell("shop", 7, 5), rates.tell("shop", 7, 5), rates.tell("shop", 8, 3)] == [5, 10, 3]
    assert rates.tell("shop", 7, 2) == 2
    assert rates.tell("shop", 8, 1) == 4


def test_ordinary_traffic_costs_no_call_for_the_limit(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*_: object) -> int:
        raise AssertionError("no call")

    monkeypatch.setattr(rates, "tell", told)
    stack.put_keys(SHOP)
    for number in range(20):
        assert page("wk_shop", "https://tea.example", messageId=str(number)).status == 200


def test_where_the_count_can_not_be_shared_events_are_taken_and_still_bounded(
    stack: Stack, still: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ClientError

    def throttled(*_: object) -> int:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "UpdateItem")

    monkeypatch.setattr(rates, "tell", throttled)
    stack.put_keys(SLOW)
    statuses = [many("wk_slow", 10, f"203.0.113.{n}").status for n in range(6)]
    assert statuses == [200] * 4 + [429] * 2


def test_a_server_s_word_that_somebody_unsubscribed_holds_at_once(stack: Stack) -> None:
    call = {"userId": "u1", "event": "Unsubscribed", "context": {"traits": {"email": "Ada@tea.example"}}}
    assert post("/v1/track", call).code == "reserved-event"
    assert post("/v1/track", call | {"properties": {"topic": "tips"}}, basic(SECRET)).status == 200
    ledger = addresses.head(stack.ref("e", "ada@tea.example").partition("#")[2])
    assert ledger.withdrawn["tips"] > 0
