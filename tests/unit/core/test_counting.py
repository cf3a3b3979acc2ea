"""What is counted of a thing is what it amounts to, however often and in whatever order it is told."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from functions.core.contact import Decision, Standing
from functions.core.counted import NEVER, NOW, Counted, Place, Unit, join
from functions.core.counting import (
    amount,
    of_event,
    of_member,
    of_message,
    of_reactions,
    of_run,
    of_standing,
    part,
    source,
)
from functions.core.enrollment import Enrollment, Failure, Passage, Waiting
from functions.core.event import EMAIL_CLICKED, EMAIL_OPENED, FORM, FORM_SUBMITTED, PAGE_VIEWED, SYSTEM, Event
from functions.core.message import Message

ZONE = "Europe/Istanbul"
NOON = 1_764_493_200_000  # 2025-11-30 12:00 in Istanbul
DAY = 86_400_000
MESSAGE = Message("m1", "ada", "welcome", "hello", "hello", "news", "r1", NOON, version=1)


def numbers(unit: Unit) -> dict[tuple[str, str], int]:
    return {(place.subject, place.measure): many for place, many in {**unit.adds, **unit.once}.items()}


def test_a_message_counts_on_the_day_on_which_it_was_decided_whatever_becomes_of_it_later() -> None:
    after = replace(MESSAGE, state="delivered", times={"sent": NOON + DAY, "delivered": NOON + 3 * DAY}, version=5)
    unit = of_message(after, ZONE)
    assert {place.day for place in unit.adds} == {"2025-11-30"}
    assert numbers(unit)["journey/welcome", "sent"] == 1
    assert numbers(unit)["mail", "delivered"] == 1


def test_a_report_of_delivery_alone_says_that_it_was_sent() -> None:
    found = numbers(of_message(replace(MESSAGE, channel="sms", times={"delivered": NOON}), ZONE))
    assert ("mail", "sent") in found
    assert ("journey/welcome", "by-sms") in found
    assert ("mail", "by-sms") not in found


def test_a_withheld_message_says_why_and_was_not_sent_unless_it_turns_out_that_it_was() -> None:
    unit = of_message(replace(MESSAGE, state="withheld", reason="cap", times={"withheld": NOON}), ZONE)
    found = {(place.subject, place.measure) for place in unit.stands}
    assert found == {("journey/welcome", "withheld"), ("journey/welcome", "withheld-cap"), ("mail", "withheld")}
    assert ("mail", "sent") not in numbers(unit)
    counted, _ = join(Counted(), unit)
    after = replace(MESSAGE, state="delivered", times={"withheld": NOON, "delivered": NOON}, version=9)
    _, changes = join(counted, of_message(after, ZONE))
    assert {place.measure: many for place, many in changes.items() if place.subject == "mail"} == {
        "withheld": -1,
        "sent": 1,
        "delivered": 1,
    }


def test_a_run_stands_at_one_step_and_has_passed_others() -> None:
    waiting = Waiting("pause", NOON, NOON + DAY, NOON + DAY)
    run = Enrollment("e1", "ada", "welcome", "r1", "cause", NOON, version=3, waiting=waiting)
    run = replace(run, path=(Passage("hello", NOON, "sent"), Passage("hello", NOON + 1, "sent")))
    unit = of_run(run, ZONE)
    assert unit.stands == {Place("journey/welcome", NOW, "pause", "here"): 1}
    assert unit.adds[Place("journey/welcome", "2025-11-30", "hello", "passed")] == 1
    counted, _ = join(Counted(), unit)
    _, changes = join(counted, of_run(replace(run, version=4, state="goal", ended=NOON, waiting=None), ZONE))
    assert changes[Place("journey/welcome", NOW, "pause", "here")] == -1
    assert changes[Place("journey/welcome", "2025-11-30", "", "goal")] == 1


def test_whom_a_mistake_keeps_stands_where_it_is_and_not_where_they_wait() -> None:
    waiting = Waiting("read", NOON, NOON + 9, NOON + 9)
    run = Enrollment("e1", "ada", "welcome", "r1", "cause", NOON, waiting=waiting)
    kept = replace(run, failure=Failure("hello", "template-error", "", NOON, 3))
    assert of_run(run, ZONE).stands == {Place("journey/welcome", NOW, "read", "here"): 1}
    assert of_run(kept, ZONE).stands == {Place("journey/welcome", NOW, "hello", "stuck"): 1}
    assert of_run(replace(kept, state="exited", ended=NOON, waiting=None), ZONE).stands == {}


def test_whoever_goes_on_from_a_stage_counts_on_the_day_on_which_they_entered_it() -> None:
    standing = Standing("warm", NOON, stage="buyer", stages={"lead": NOON - 3 * DAY, "buyer": NOON})
    decision = Decision("d1", "stage", "stage", NOON, "event", "lead", "buyer")
    unit = of_standing("ada", 7, standing, [decision], "google", ZONE)
    assert unit.once[Place("funnel", "2025-11-27", "lead", "through")] == 1
    assert unit.once[Place("funnel", "2025-11-27", "lead", "ms")] == 3 * DAY
    assert unit.once[Place("funnel", "2025-11-30", "buyer", "entered")] == 1
    assert unit.once[Place("funnel-by-source", "2025-11-30", "buyer.google", "entered")] == 1
    assert unit.stands[Place("standing", NOW, "stage", "buyer")] == 1


def test_people_and_machines_are_told_apart_and_counted_once_a_message() -> None:
    opened = event(EMAIL_OPENED, SYSTEM)
    clicked = event(EMAIL_CLICKED, SYSTEM)
    unit = of_reactions([(opened, True), (opened, True), (opened, False), (clicked, False)], MESSAGE, ZONE)
    assert numbers(unit) == {
        (subject, measure): 1
        for subject in ("journey/welcome", "mail")
        for measure in ("opened", "machines-opened", "machines-clicked")
    }


def test_a_click_that_turns_out_to_be_a_machines_is_taken_off_again() -> None:
    clicked = event(EMAIL_CLICKED, SYSTEM)
    counted, _ = join(Counted(), of_reactions([(clicked, True)], MESSAGE, ZONE))
    _, changes = join(counted, of_reactions([(clicked, False)], MESSAGE, ZONE, exactly=True))
    mine = {place.measure: many for place, many in changes.items() if place.subject == "mail"}
    assert mine == {"clicked": -1, "machines-clicked": 1}


def test_only_what_the_business_has_made_has_numbers() -> None:
    sent = event(FORM_SUBMITTED, FORM, {"form": "newsletter"})
    assert of_event(sent, {"form": {"newsletter"}}, ZONE) is not None
    assert of_event(sent, {"form": {"other"}}, ZONE) is None
    assert of_event(event(PAGE_VIEWED, "page", {"page": "x|y#z"}), {"page": {"home"}}, ZONE) is None
    assert of_event(event(FORM_SUBMITTED, "track", {"form": "newsletter"}), {"form": {"newsletter"}}, ZONE) is None


def test_an_order_counts_in_money_where_the_owners_own_systems_vouch_for_it() -> None:
    bought = event("Order Completed", "track", {"total": 16.2, "currency": "try"})
    assert of_event(bought, {}, ZONE) is None
    unit = of_event(replace(bought, proved=True), {}, ZONE)
    assert unit is not None
    assert numbers(unit) == {("source", "orders"): 1, ("source", "revenue-TRY"): 1620}


def test_amounts_that_are_none_are_no_money() -> None:
    for value in (True, "16", -1, 10**12, None, float("nan"), float("inf")):
        assert amount(event("Order Completed", "track", {"total": value})) is None


def test_what_strangers_call_a_source_fits_into_a_key() -> None:
    assert part("  Google | Ads # 1 ") == "google-ads-1"
    assert part("İşçi Bülteni 🫖") not in ("", "unknown")
    assert part("|||") == "unknown"
    assert len(part("x" * 500)) == 60
    assert source(None) == "direct"
    assert source({"referrer": "t.example"}) == "t.example"


def test_what_is_erased_is_never_counted_again() -> None:
    gone = Counted(NEVER)
    assert join(gone, of_message(MESSAGE, ZONE)) == (gone, {})
    assert join(gone, of_reactions([(event(EMAIL_OPENED, SYSTEM), True)], MESSAGE, ZONE)) == (gone, {})


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.data())
def test_members_come_out_right_however_often_each_record_comes(inside: list[bool], data: st.DataObject) -> None:
    units = [of_member("s", "c", 1 + n, NOON + n * DAY, ZONE, inside=one) for n, one in enumerate(inside)]
    told = [unit for unit in units for _ in range(data.draw(st.integers(1, 3)))]
    # A batch comes again from somewhere before: every record that was seen may follow once more.
    again = data.draw(st.integers(0, len(units)))
    counted, total = Counted(), dict[Place, int]()
    for unit in [*told, *units[again:]]:
        counted, changes = join(counted, unit)
        for place, many in changes.items():
            total[place] = total.get(place, 0) + many
    assert total.get(Place("segment/s", NOW, "", "inside"), 0) == int(inside[-1])
    assert sum(many for place, many in total.items() if place.measure == "entered") == sum(inside)
    assert sum(many for place, many in total.items() if place.measure == "left") == len(inside) - sum(inside)


@given(st.permutations(range(4)))
def test_reports_on_a_message_may_come_in_any_order(order: list[int]) -> None:
    versions = [
        MESSAGE,
        replace(MESSAGE, version=2, state="sending"),
        replace(MESSAGE, version=3, state="sent", times={"sent": NOON}),
        replace(MESSAGE, version=4, state="delivered", times={"sent": NOON, "delivered": NOON}),
    ]
    counted = Counted()
    for place in order:
        counted, _ = join(counted, of_message(versions[place], ZONE))
    counted, _ = join(counted, of_message(versions[3], ZONE))
    assert {place.measure for place in counted.adds} == {"decided", "sent", "by-email", "delivered"}


def event(name: str, kind: str, properties: dict[str, object] | None = None) -> Event:
    said = {"message": "m1"} | (properties or {}) if kind == SYSTEM else properties or {}
    return Event("c#ada", f"{name}", NOON, NOON, NOON, kind, name, properties=said)


def by_provider(unit: Unit) -> set[tuple[str, str]]:
    return {(place.part, place.measure) for place in unit.adds if place.subject == "mailboxes"}


def test_what_became_of_a_mail_counts_for_the_provider_of_its_mailbox_once_it_was_sent() -> None:
    mail = replace(MESSAGE, mailbox="gmail.com")
    assert by_provider(of_message(mail, ZONE)) == set()
    assert by_provider(of_message(replace(mail, state="withheld", reason="cap"), ZONE)) == set()
    came_back = of_message(replace(mail, times={"sent": NOON, "bounced": NOON + 1}), ZONE)
    assert by_provider(came_back) == {("gmail.com", "sent"), ("gmail.com", "bounced")}
    opened = of_reactions([(event(EMAIL_OPENED, SYSTEM), True)], mail, ZONE)
    assert by_provider(opened) == {("gmail.com", "opened")}
    assert by_provider(of_message(replace(MESSAGE, times={"sent": NOON}), ZONE)) == set()
