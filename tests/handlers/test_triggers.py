"""What starts journeys, through the whole stack: a line crossed, a request, an order; each of them once."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from functions import releases
from functions.core.enrollment import Enrollment
from functions.core.release import Release, canonical, load
from functions.journey_step import admit
from functions.tables import contacts, enrollments
from functions.tables import releases as moves
from functions.work import backfills
from local.emulator import EmulatorProcess
from tests.cloud import Cloud, marketing
from tests.handlers.conftest import SECRET, Stack
from tests.handlers.http_client import BASIC, Reply, basic, send

ADA = "ada@example.com"
PAGE = {"event": "Page Viewed", "at_least": 2}
MARK = {"id": "mark", "tag": "seen"}
HOUR = 3_600_000
REST = {"id": "rest", "wait": "1 day"}


def business(**journeys: dict[str, Any]) -> bytes:
    """The demo business with these journeys and no others."""
    content = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    content["journeys"] = journeys
    return canonical(Release.model_validate(content))


def journey(when: dict[str, Any], *steps: dict[str, Any], **start: Any) -> dict[str, Any]:
    more = {name: start.pop(name) for name in ("ends", "goal", "exit") if name in start}
    return {"topic": "tips", "start": {"when": when, "again": "always"} | start, "steps": list(steps) or [MARK], **more}


@pytest.fixture
def cloud(emulator: EmulatorProcess) -> Iterator[Callable[..., Cloud]]:
    """Makes a deployment with these journeys."""
    with ExitStack() as made:
        yield lambda **journeys: made.enter_context(Cloud(emulator, business(**journeys)))


def publish(cloud: Cloud, **journeys: dict[str, Any]) -> list[str]:
    """Make these journeys live as a deploy does; the jobs that bring everybody to them."""
    cloud.publish(business(**journeys))
    releases.forget()
    pointer = moves.live()
    assert pointer is not None
    ids = backfills.start(pointer, cloud.clock.now)
    cloud.skip(minutes=15)
    return ids


def known(cloud: Cloud, browser: str = "laptop", email: str = ADA) -> None:
    cloud.call("identify", messageId=f"i-{browser}-{email}", anonymousId=browser, traits={"email": email})


def runs(cloud: Cloud, contact: str) -> list[Enrollment]:
    """The runs of a contact, as they were entered."""
    return sorted((*enrollments.earlier(contact), *enrollments.of(contact)), key=lambda run: (run.entered, run.begun))


def started(cloud: Cloud) -> list[str]:
    """Every run there is, by its journey."""
    keys = (row["sk"].split("#") for row in cloud.items() if row["sk"][:2] in ("J#", "H#"))
    return sorted(key[1] for key in keys)


def test_who_crosses_a_line_starts_once_however_often_it_is_delivered(cloud: Callable[..., Cloud]) -> None:
    shop = cloud(keen=journey({"becomes": PAGE}, REST))
    shop.duplicate = True
    for number in range(4):
        shop.page("/first-flush", f"p{number}", "laptop")
        shop.settle()
    assert started(shop) == ["keen"]
    (run,) = runs(shop, shop.owner("a", "laptop"))
    assert run.cause.startswith("line#")
    assert run.active


def test_who_crosses_it_again_after_leaving_starts_again(cloud: Callable[..., Cloud]) -> None:
    shop = cloud(keen=journey({"becomes": {**PAGE, "within": "2 days"}}))
    for day in range(3):
        shop.page("/first-flush", f"p{day}", "laptop")
        shop.page("/prices", f"q{day}", "laptop")
        shop.skip(days=3)
    assert started(shop) == ["keen"] * 3


def test_time_alone_starts_who_stays_away(cloud: Callable[..., Cloud]) -> None:
    gone = {"all": [{"event": "Page Viewed"}, {"event": "Page Viewed", "never": True, "within": "3 days"}]}
    shop = cloud(gone=journey({"becomes": gone}))
    shop.page("/first-flush", "p1", "laptop")
    shop.skip(days=2, hours=23)
    assert started(shop) == []
    shop.skip(hours=2)
    assert started(shop) == ["gone"]


def test_a_journey_that_is_published_draws_its_line_and_starts_nobody(cloud: Callable[..., Cloud]) -> None:
    shop = cloud()
    for browser, views in (("laptop", 3), ("phone", 1)):
        for number in range(views):
            shop.page("/first-flush", f"{browser}-{number}", browser)
    shop.settle()
    shop.skip(minutes=5)
    assert publish(shop, keen=journey({"becomes": PAGE})) != []
    assert started(shop) == []
    laptop, phone = (contacts.load([one])[one] for one in (shop.owner("a", name) for name in ("laptop", "phone")))
    assert set(laptop.state.standing.journeys) == {"keen"}
    assert phone.state.standing.journeys == {}
    # Who stood behind it already doesn't cross it; who comes to it does.
    shop.page("/prices", "late-1", "laptop")
    shop.page("/prices", "late-2", "phone")
    shop.settle()
    assert [run.journey for run in runs(shop, phone.id)] == ["keen"]
    assert runs(shop, laptop.id) == []
    # A title changes nothing; another line is drawn anew.
    assert publish(shop, keen=journey({"becomes": PAGE}) | {"title": "Keen"}) == []
    assert publish(shop, keen=journey({"becomes": {**PAGE, "at_least": 1}})) != []
    assert started(shop) == ["keen"]


def test_what_is_brought_from_elsewhere_starts_nobody_though_it_comes_with_what_happens(
    cloud: Callable[..., Cloud],
) -> None:
    shop = cloud(keen=journey({"becomes": PAGE}))
    old = [
        {"type": "page", "anonymousId": "laptop", "messageId": f"o{day}", "timestamp": f"2026-10-{day:02d}T10:00:00Z"}
        for day in range(1, 4)
    ]
    shop.call("import", batch=old)
    shop.page("/first-flush", "p1", "laptop")
    shop.settle()
    assert started(shop) == []
    assert set(contacts.load([shop.owner("a", "laptop")])[shop.owner("a", "laptop")].state.standing.journeys) == {
        "keen"
    }


def test_people_who_turn_out_to_be_one_cross_it_together_once(cloud: Callable[..., Cloud]) -> None:
    shop = cloud(keen=journey({"becomes": PAGE}, REST))
    known(shop, "laptop")
    shop.page("/first-flush", "p1", "laptop")
    shop.page("/first-flush", "p2", "phone")
    shop.settle()
    assert started(shop) == []
    known(shop, "phone")
    shop.settle()
    assert started(shop) == ["keen"]
    shop.page("/first-flush", "p3", "phone")
    shop.skip(hours=1)
    assert started(shop) == ["keen"]


def test_who_crossed_it_as_two_does_not_run_twice(cloud: Callable[..., Cloud]) -> None:
    shop = cloud(keen=journey({"becomes": PAGE}, REST, again="never"))
    known(shop, "laptop")
    for number in range(2):
        shop.page("/first-flush", f"p{number}", "laptop")
        shop.page("/first-flush", f"q{number}", "phone")
    shop.settle()
    assert started(shop) == ["keen", "keen"]
    known(shop, "phone")
    shop.skip(hours=1)
    survivor = shop.contact(ADA)
    assert [run.state for run in runs(shop, survivor)] == ["active"]
    assert set(contacts.load([survivor])[survivor].state.standing.journeys) == {"keen"}


def test_two_carts_run_side_by_side_and_one_order_ends_the_run_of_its_own(cloud: Callable[..., Cloud]) -> None:
    carts = journey({"event": "Cart Abandoned"}, REST, one_per={"property": "cart_id"}, again="never")
    shop = cloud(carts=carts)
    for cart in ("c1", "c2", "c1", "", None, True):
        shop.put_on_bus("Cart Abandoned", id=f"m-{cart}", email=ADA, properties={"cart_id": cart})
        shop.settle()
    found = runs(shop, shop.contact(ADA))
    assert [run.state for run in found] == ["active", "active"]
    assert len({run.key for run in found}) == 2
    shop.skip(days=2)
    assert [run.state for run in runs(shop, shop.contact(ADA))] == ["done", "done"]
    # Never again, for the same cart.
    shop.put_on_bus("Cart Abandoned", id="later", email=ADA, properties={"cart_id": "c1"})
    shop.settle()
    assert len(runs(shop, shop.contact(ADA))) == 2


def test_what_somebody_does_reads_their_open_runs_alone_and_ended_ones_go(
    cloud: Callable[..., Cloud], monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = {"id": "paid", "wait": {"until": {"event": "Paid"}, "at_most": "1 day"}}
    orders = journey({"event": "Order Placed"}, paid, one_per={"property": "order_id"}, again="always")
    shop = cloud(orders=orders)
    for number in range(6):
        shop.put_on_bus("Order Placed", id=f"o{number}", email=ADA, properties={"order_id": number})
    shop.skip(days=2)
    contact = shop.contact(ADA)
    rows = [row for row in shop.items() if row["sk"].startswith("J#orders#")]
    assert [row["state"] for row in rows] == ["done"] * 6
    assert all(row["ttl"] > shop.clock.now // 1000 + 365 * 86_400 for row in rows)
    shop.put_on_bus("Order Placed", id="o6", email=ADA, properties={"order_id": 6})
    shop.settle()
    (open_one,) = [run for run in runs(shop, contact) if run.active]
    read: list[Enrollment] = []
    noted = enrollments.noted

    def reading(*given: Any) -> list[Enrollment]:
        found = noted(*given)
        read.extend(found)
        return found

    monkeypatch.setattr(enrollments, "noted", reading)
    monkeypatch.setattr(enrollments, "of", None)
    shop.clock.now += HOUR
    shop.put_on_bus("Paid", id="p6", email=ADA, timestamp=shop.clock.now)
    shop.settle()
    assert {run.id for run in read} == {open_one.id}
    (state,) = [row for row in shop.items() if row["pk"] == f"C#{contact}" and row["sk"] == "S"]
    assert "w" not in state


def test_nobody_has_more_runs_side_by_side_than_their_state_can_bear(
    cloud: Callable[..., Cloud], monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = {"id": "paid", "wait": {"until": {"event": "Paid"}, "at_most": "1 day"}}
    monkeypatch.setattr(admit, "SIDE_BY_SIDE", 2)
    shop = cloud(orders=journey({"event": "Order Placed"}, paid, one_per="event"))
    for number in range(4):
        shop.put_on_bus("Order Placed", id=f"o{number}", email=ADA)
        shop.settle()
    assert len(runs(shop, shop.contact(ADA))) == 2
    shop.clock.now += HOUR
    shop.put_on_bus("Paid", id="p", email=ADA, timestamp=shop.clock.now)
    shop.settle()
    shop.put_on_bus("Order Placed", id="o5", email=ADA, timestamp=shop.clock.now)
    shop.settle()
    assert sorted(run.state for run in runs(shop, shop.contact(ADA))) == ["active", "done", "done"]


def test_no_note_is_left_of_a_run_that_died_before_it_was_written_and_whose_place_another_took(
    cloud: Callable[..., Cloud], monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = {"id": "paid", "wait": {"until": {"event": "Paid"}, "at_most": "1 day"}}
    orders = journey({"event": "Order Placed"}, paid, one_per={"property": "order_id"}, again="never")
    shop = cloud(orders=orders)
    watch, dying = contacts.watch, [True]

    def noted(*given: Any) -> Any:
        found = watch(*given)
        if dying and dying.pop():
            raise TimeoutError("the answer is lost")
        return found

    monkeypatch.setattr(contacts, "watch", noted)
    for number in range(2):
        shop.put_on_bus("Order Placed", id=f"o{number}", email=ADA, properties={"order_id": "a"})
    shop.settle()
    assert not dying
    assert len(shop.failures) == 1
    contact = shop.contact(ADA)
    (run,) = runs(shop, contact)
    # The second event's: it was handed on in the same batch, before that came again.
    assert contacts.surviving(contact).state.watching == {enrollments.mark(run)}
    shop.skip(days=2)
    assert contacts.surviving(contact).state.watching == frozenset()


def test_one_cart_of_two_who_are_one_is_one_run(cloud: Callable[..., Cloud]) -> None:
    # Runs that something may end hear of a merge at once, others when their wait is over.
    carts = journey({"event": "Cart Abandoned"}, REST, one_per={"property": "cart_id"}, goal={"event": "Ordered"})
    shop = cloud(carts=carts)
    known(shop, "laptop")
    for browser, cart in (("laptop", "c1"), ("phone", "c1"), ("phone", "c2")):
        shop.call(
            "track",
            messageId=f"{browser}-{cart}",
            anonymousId=browser,
            event="Cart Abandoned",
            properties={"cart_id": cart},
        )
    shop.settle()
    assert started(shop) == ["carts"] * 3
    known(shop, "phone")
    shop.skip(hours=1)
    found = runs(shop, shop.contact(ADA))
    assert sorted(run.state for run in found) == ["active", "active"]
    assert len({run.key for run in found}) == 2


def test_whom_only_if_does_not_hold_for_is_not_enrolled_and_leaves_no_row(cloud: Callable[..., Cloud]) -> None:
    order = {"event": "Order Completed"}
    shop = cloud(thanks=journey(order, REST, only_if={"trait": "plan", "is": "gold"}))
    for plan in ("tin", "gold"):
        shop.put_on_bus("Order Completed", id=plan, email=f"{plan}@example.com", traits={"plan": plan})
    shop.settle()
    (run,) = runs(shop, shop.contact("gold@example.com"))
    assert run.active
    tin = shop.contact("tin@example.com")
    rows = {row["sk"][:2] for row in shop.items() if row["pk"] == f"C#{tin}"}
    assert "J#" not in rows
    assert contacts.load([tin])[tin].state.watching == frozenset()


def test_from_its_last_day_on_nobody_enters(cloud: Callable[..., Cloud]) -> None:
    shop = cloud(thanks=journey({"event": "Order Completed"}, REST, ends="2026-11-25"))
    shop.put_on_bus("Order Completed", id="o1", email=ADA)
    shop.skip(days=1)
    shop.put_on_bus("Order Completed", id="o2", email="bob@example.com")
    shop.settle()
    assert [run.state for run in runs(shop, shop.contact(ADA))] == ["exited"]
    assert runs(shop, shop.contact("bob@example.com")) == []


# Asked for.

ON_REQUEST = {"requested": True}


def test_the_owners_own_systems_ask_over_the_bus_and_strangers_do_not(cloud: Callable[..., Cloud]) -> None:
    shop = cloud(hello=journey(ON_REQUEST, REST))
    refused = shop.call(
        "track", messageId="f1", anonymousId="x", event="Journey Requested", properties={"wanted": "hello"}
    )
    assert json.loads(refused["body"])["error"]["code"] == "reserved-event"
    shop.settle()
    assert started(shop) == []
    shop.put_on_bus("Journey Requested", id="r1", email=ADA, properties={"wanted": "hello"})
    shop.put_on_bus("Journey Requested", id="r2", email=ADA, properties={"wanted": "nothing"})
    shop.settle()
    assert [run.journey for run in runs(shop, shop.contact(ADA))] == ["hello"]


def test_a_step_starts_another_journey_by_that_ones_rules(cloud: Callable[..., Cloud]) -> None:
    start = {"id": "on", "start": "second"}
    shop = cloud(
        first=journey({"event": "Order Completed"}, start),
        second=journey(ON_REQUEST, REST, again="never", only_if={"event": "Order Completed"}),
    )
    for number in range(2):
        shop.put_on_bus("Order Completed", id=f"o{number}", email=ADA)
        shop.settle()
        shop.skip(days=2)
    assert started(shop) == ["first", "first", "second"]


def test_journeys_that_start_each_other_in_a_circle_come_round_once(cloud: Callable[..., Cloud]) -> None:
    shop = cloud(
        one=journey(ON_REQUEST, {"id": "on", "start": "two"}),
        two=journey(ON_REQUEST, {"id": "on", "start": "one"}),
        self=journey(ON_REQUEST, {"id": "on", "start": "self"}),
    )
    shop.put_on_bus("Journey Requested", id="r1", email=ADA, properties={"wanted": "one"})
    shop.put_on_bus("Journey Requested", id="r2", email=ADA, properties={"wanted": "self"})
    shop.skip(hours=1)
    assert started(shop) == ["one", "self", "two"]


def test_what_steps_do_starts_no_endless_circle_either(cloud: Callable[..., Cloud]) -> None:
    shop = cloud(
        tagged=journey({"event": "Tag Added", "where": {"tag": "x"}}, {"id": "mark", "tag": "x"}),
        flips=journey({"becomes": {"tag": "y"}}, {"id": "off", "untag": "y"}, {"id": "on", "tag": "y"}),
        ended=journey({"event": "Journey Ended", "where": {"journey": "ended"}}, {"id": "mark", "tag": "z"}),
        first=journey({"event": "Order Completed"}, {"id": "x", "tag": "x"}, {"id": "y", "tag": "y"}),
    )
    shop.put_on_bus("Order Completed", id="o1", email=ADA)
    shop.skip(hours=1)
    assert started(shop) == ["first", "flips", "tagged"]


def test_a_circle_with_a_wait_goes_on(cloud: Callable[..., Cloud]) -> None:
    shop = cloud(again=journey(ON_REQUEST, {"id": "rest", "wait": "1 hour"}, {"id": "on", "start": "again"}))
    shop.put_on_bus("Journey Requested", id="r1", email=ADA, properties={"wanted": "again"})
    shop.skip(hours=3, minutes=30)
    assert started(shop) == ["again"] * 4


# Asked for by a call.


@pytest.fixture
def api(stack: Stack) -> Stack:
    """A deployment with a journey to ask for, and one that is not."""
    stack.publish(load(business(hello=journey(ON_REQUEST), other=journey({"event": "Order Completed"}))))
    return stack


def ask(body: Any, journey: str = "hello", headers: dict[str, str] | None = None) -> Reply:
    return send("POST", f"/v1/journeys/{journey}/start", json.dumps(body).encode(), headers or basic(SECRET))


@pytest.mark.parametrize(
    ("who", "kind", "value"),
    [
        ({"userId": "u1"}, "u", "u1"),
        ({"email": ADA}, "e", ADA),
        ({"context": {"traits": {"email": ADA}}}, "e", ADA),
        ({"anonymousId": "laptop"}, "a", "laptop"),
    ],
)
def test_a_call_with_a_secret_key_is_recorded_as_a_request(
    api: Stack, who: dict[str, Any], kind: str, value: str
) -> None:
    body = {**who, "messageId": "m1", "properties": {"order": "o1", "wanted": "other"}, "event": "Purchase"}
    reply = ask(body)
    assert (reply.status, reply.json) == (200, {"success": True})
    (event,) = api.events()
    assert (event.source, event.kind, event.name) == (api.ref(kind, value), "system", "Journey Requested")
    assert (event.properties, event.proved) == ({"order": "o1", "wanted": "hello"}, True)


def test_the_same_call_again_is_the_same_event(api: Stack) -> None:
    for _ in range(2):
        assert ask({"userId": "u1", "messageId": "m1"}).status == 200
    assert len(api.events()) == 1
    assert ask({"userId": "u1", "messageId": "m2"}).status == 200
    assert len(api.events()) == 2


@pytest.mark.parametrize(
    ("body", "journey", "headers", "status", "code"),
    [
        ({"userId": "u1"}, "hello", BASIC, 403, "secret-key-needed"),
        ({"userId": "u1"}, "hello", basic("sk_other"), 401, "unknown-write-key"),
        ({"userId": "u1"}, "hello", basic(SECRET) | {"origin": "https://tea.example"}, 403, "secret-key-in-browser"),
        ({"userId": "u1"}, "nothing", None, 404, "unknown-journey"),
        ({"userId": "u1"}, "other", None, 409, "not-on-request"),
        ({}, "hello", None, 400, "no-identity"),
        ({"email": "nobody"}, "hello", None, 400, "no-identity"),
        ([], "hello", None, 400, "not-an-object"),
        ({"userId": "u1", "properties": "all"}, "hello", None, 400, "wrong-type"),
        ({"userId": "u1", "properties": {"x": "x" * 40_000}}, "hello", None, 413, "event-too-large"),
    ],
)
def test_what_is_refused_says_why_and_starts_nothing(
    api: Stack, body: Any, journey: str, headers: dict[str, str] | None, status: int, code: str
) -> None:
    reply = ask(body, journey, headers)
    assert (reply.status, reply.code) == (status, code)
    assert api.events() == []


def test_there_is_nothing_to_get_at_that_address(api: Stack) -> None:
    assert ask({}, "hello/more").code == "unknown-route"
