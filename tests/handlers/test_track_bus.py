"""Events that the owner's other applications put on the bus."""

from typing import Any

import pytest

from functions.core.identity import hash_of
from functions.tables import addresses, identities
from functions.track.handler import handler
from tests.handlers.conftest import Stack


def put(detail: Any, name: str = "Order Completed", **more: Any) -> None:
    base = {"id": "e-1", "detail-type": name, "source": "shop", "time": "2026-09-21T14:13:20Z", "detail": detail}
    handler(base | more, None)


def test_an_order_arrives_under_the_best_identity_with_what_is_known_of_the_person(stack: Stack) -> None:
    put({"email": "Ada@Tea.example", "anonymousId": "a1", "properties": {"total": 12.5}, "traits": {"city": "İzmir"}})
    (event,) = stack.events()
    assert (event.name, event.source, event.id) == ("Order Completed", stack.ref("e", "ada@tea.example"), "e-1")
    assert event.identities == (stack.ref("a", "a1"),)
    assert event.properties == {"total": 12.5}
    assert event.traits == {"city": "İzmir", "email": "Ada@Tea.example"}
    assert event.at == 1_790_000_000_000


def test_an_event_that_the_bus_delivers_twice_is_stored_once(stack: Stack) -> None:
    for _ in range(2):
        put({"userId": 7})
    assert len(stack.events()) == 1


def test_the_detail_may_name_its_own_event_id_and_time(stack: Stack) -> None:
    put({"userId": "u", "event": "Paid", "messageId": "own", "timestamp": "2026-09-21T14:13:19Z"})
    (event,) = stack.events()
    assert (event.name, event.id, event.at) == ("Paid", "own", 1_789_999_999_000)


def test_an_identify_on_the_bus_is_an_identify(stack: Stack) -> None:
    put({"type": "identify", "userId": "u", "traits": {"plan": "gold"}})
    assert [(event.kind, event.traits) for event in stack.events()] == [("identify", {"plan": "gold"})]


def test_whoever_unsubscribed_elsewhere_is_unsubscribed_here(stack: Stack) -> None:
    put({"email": "ada@tea.example", "properties": {"topic": "tips"}}, "Unsubscribed")
    put({"email": "bob@tea.example"}, "Unsubscribed", id="e-2")
    assert addresses.head(hash_of(stack.ref("e", "ada@tea.example"))).withdrawn.keys() == {"tips"}
    assert addresses.head(hash_of(stack.ref("e", "bob@tea.example"))).withdrawn.keys() == {"*"}


def test_whoever_unsubscribed_under_a_user_id_is_unsubscribed_at_every_address(stack: Stack) -> None:
    user, home, work = stack.ref("u", "u-1"), stack.ref("e", "ada@tea.example"), stack.ref("e", "ada@work.example")
    for ref in (user, home, work):
        identities.claim(ref, "ada")
    identities.claim(stack.ref("e", "bob@tea.example"), "bob")
    put({"userId": "u-1", "properties": {"topic": "tips"}}, "Unsubscribed")
    assert [addresses.head(hash_of(ref)).withdrawn.keys() for ref in (home, work)] == [{"tips"}, {"tips"}]
    assert not addresses.head(hash_of(stack.ref("e", "bob@tea.example"))).withdrawn
    # Nobody is known by this one.
    put({"userId": "u-2"}, "Unsubscribed", id="e-2")
    assert len(stack.events()) == 2


PHONE, PUSH = "+905321234567", "https://push.example/1"


def person(stack: Stack) -> dict[str, str]:
    """Ada by everything that she is known by, and Bob's phone: hashes by name."""
    refs = {
        "mail": stack.ref("e", "ada@tea.example"),
        "work": stack.ref("e", "ada@work.example"),
        "phone": stack.ref("p", PHONE),
        "push": stack.ref("w", PUSH),
        "bob": stack.ref("p", "+905320000000"),
    }
    for ref in (stack.ref("u", "u-1"), *refs.values()):
        identities.claim(ref, "bob" if ref == refs["bob"] else "ada")
    return {name: hash_of(ref) for name, ref in refs.items()}


def withdrawn(hashes: dict[str, str]) -> dict[str, set[str]]:
    found = {name: set(addresses.head(address).withdrawn) for name, address in hashes.items()}
    return {name: topics for name, topics in found.items() if topics}


@pytest.mark.parametrize("topic", [None, "", "*"])
@pytest.mark.parametrize("named", [{"userId": "u-1"}, {"email": "ada@tea.example"}, {"traits": {"phone": PHONE}}])
def test_whoever_leaves_everything_leaves_every_channel(stack: Stack, named: dict[str, Any], topic: Any) -> None:
    hashes = person(stack)
    for _ in range(2):
        put({**named, "properties": {"topic": topic} if topic is not None else {}}, "Unsubscribed")
    assert withdrawn(hashes) == {name: {"*"} for name in ("mail", "work", "phone", "push")}
    assert addresses.head(hashes["phone"]).version == 1


@pytest.mark.parametrize(
    ("topic", "left"),
    [
        ("tips", {"mail": {"tips"}, "work": {"tips"}}),
        ("sms:tips", {"phone": {"tips"}}),
        ("push:*", {"push": {"*"}}),
        ("email:tips", {"mail": {"tips"}, "work": {"tips"}}),
        ("pigeon:tips", {}),
    ],
)
def test_whoever_leaves_a_topic_leaves_it_on_its_channel(stack: Stack, topic: str, left: dict[str, set[str]]) -> None:
    hashes = person(stack)
    put({"userId": "u-1", "properties": {"topic": topic}}, "Unsubscribed")
    assert withdrawn(hashes) == left


def test_the_number_that_is_named_is_meant_also_of_somebody_nobody_knows(stack: Stack) -> None:
    put({"traits": {"phone": PHONE}}, "Unsubscribed")
    assert addresses.head(hash_of(stack.ref("p", PHONE))).withdrawn.keys() == {"*"}


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        ({"properties": {}}, "userId"),
        (["x"], "JSON object"),
        ({"userId": "u", "properties": "x"}, "properties"),
        ({"userId": "u", "properties": {"a": "x" * 40_000}}, "KB"),
    ],
)
def test_what_can_never_be_stored_is_set_aside(stack: Stack, detail: Any, reason: str) -> None:
    put(detail)
    (kept,) = stack.aside()
    assert reason in kept["message"]
    assert kept["record"]["detail"] == detail
    assert stack.events() == []
