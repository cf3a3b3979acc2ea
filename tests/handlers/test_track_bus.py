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
