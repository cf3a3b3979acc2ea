"""What is counted: each thing once, whatever comes twice, and nobody stands where they were erased."""

from collections import Counter

import pytest

from authoring import audit
from functions.core.counted import Place, Unit
from functions.tables import counts
from functions.work.jobs import Job
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.crash.scenarios import link, mail, pixel, sign_up, wait
from tests.handlers.conftest import Stack

DAY = "2026-12-05"
FOREVER = ("0000-01-01", "9999-12-31")


def test_each_unit_adds_to_its_numbers_once(stack: Stack) -> None:
    one = [Unit(f"u{n}", adds={Place("form/news", DAY, "", "submitted"): 1}) for n in range(250)]
    assert counts.count(one) == 250
    assert counts.count(one) == 0
    assert counts.of("form/news", *FOREVER) == {(DAY, ""): Counter(submitted=250)}


def test_whoever_is_erased_stays_in_the_numbers_and_stands_nowhere(stack: Stack) -> None:
    here, sent = Place("journey/welcome", "0", "pause", "here"), Place("journey/welcome", DAY, "hello", "sent")
    unit = Unit("u1", 3, adds={sent: 1}, stands={here: 1})
    counts.count([unit])
    assert counts.standing("journey/welcome")["pause"]["here"] == 1
    for _ in range(2):
        counts.forget(["u1", "never-seen"])
        assert counts.standing("journey/welcome")["pause"]["here"] == 0
        assert counts.of("journey/welcome", *FOREVER)[DAY, "hello"]["sent"] == 1
    assert counts.count([unit, Unit("never-seen", 1, adds={sent: 1})]) == 0


@pytest.mark.parametrize("twice", [False, True])
def test_a_welcome_is_counted_from_form_to_click(emulator: EmulatorProcess, twice: bool) -> None:
    with Cloud(emulator) as cloud:
        cloud.duplicate = twice
        cloud.page("/first-flush", "p1", "laptop")
        sign_up(cloud)
        welcome = mail(cloud, "welcome")
        assert welcome is not None
        assert counts.standing("journey/welcome")["clicked"] == Counter(here=1)
        cloud.follow(pixel(welcome))
        cloud.follow(link(welcome))
        wait(cloud, days=1)
        assert cloud.failures == []
        cloud.counted.rewind()
        cloud.settle()
        letters = _summed("journey/welcome")
        (step,) = [part for part, numbers in letters.items() if numbers["delivered"] and numbers["clicked"]]
        expected = {"decided": 1, "sent": 1, "delivered": 1, "opened": 1, "clicked": 1}
        assert {name: letters[step][name] for name in expected} == expected
        assert letters[""]["entered"] == letters[""]["done"] == 1
        assert sum(numbers["submitted"] for numbers in _summed("form/hello").values()) == 1
        assert _summed("funnel")
        forgotten = cloud.contact("ada@example.com")
        assert counts.standing("standing")["band"]
        _forget(cloud, forgotten)
        assert not any(many for numbers in counts.standing("standing").values() for many in numbers.values())
        assert _summed("journey/welcome") == letters


def _summed(subject: str) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for (_, part), numbers in counts.of(subject, *FOREVER).items():
        found.setdefault(part, Counter()).update(numbers)
    return found


def _forget(cloud: Cloud, contact: str) -> None:
    from functions.core.identity import own_ref
    from functions.people.erasing import about
    from functions.work import jobs

    jobs.create(Job("forget1", "forget", cloud.clock.now, about=about(contact, own_ref(contact))))
    wait(cloud, days=1)


def test_an_order_is_put_down_once_to_where_the_person_came_from_and_to_the_mail_that_they_clicked_last(
    emulator: EmulatorProcess,
) -> None:
    with Cloud(emulator) as cloud:
        cloud.call("page", anonymousId="laptop", messageId="p", context={"campaign": {"source": "Google"}})
        sign_up(cloud)
        cloud.call("identify", anonymousId="laptop", messageId="i", traits={"email": "ada@example.com"})
        cloud.settle()
        cloud.put_on_bus(
            "Order Completed", id="o1", email="ada@example.com", properties={"revenue": 40, "currency": "EUR"}
        )
        cloud.settle()
        first = {**_summed("source"), **_summed("journey/welcome")}
        assert first["google"] == Counter({"orders": 1, "revenue-EUR": 4000})
        welcome = mail(cloud, "welcome")
        assert welcome is not None
        cloud.follow(link(welcome))
        wait(cloud, days=1)
        # AWS delivers it again, after there was a click that came later than the order.
        cloud.events.rewind()
        cloud.settle()
        again = {**_summed("source"), **_summed("journey/welcome")}
        assert {part: (one["orders"], one["revenue-EUR"]) for part, one in again.items() if one["orders"]} == {
            "google": (1, 4000)
        }
        assert audit.run().differences == []
