"""What holds messages back, and for how long."""

from functions.core import pauses
from functions.core.pauses import EVERYTHING, MARKETING, Pause, Pauses

NOW = 1_790_000_000_000
RUN = "campaign--spring/2026-12-01"


def held(name: str, until: int | None = None) -> Pauses:
    return pauses.hold(Pauses(), name, Pause(NOW, "because", "ada", until))


def test_marketing_holds_all_but_what_people_are_owed() -> None:
    assert held(MARKETING).holding("welcome/hello", transactional=False, now=NOW)
    assert not held(MARKETING).holding("orders/receipt", transactional=True, now=NOW)
    assert held(EVERYTHING).holding("orders/receipt", transactional=True, now=NOW)


def test_a_campaign_s_run_is_held_alone() -> None:
    assert held(RUN).holding(RUN, transactional=False, now=NOW)
    assert not held(RUN).holding("campaign--spring/2026-12-02", transactional=False, now=NOW)


def test_a_pause_with_an_end_ends_then() -> None:
    assert held(MARKETING, until=NOW + 5).standing(MARKETING, NOW + 4)
    assert not held(MARKETING, until=NOW + 5).standing(MARKETING, NOW + 5)


def test_a_pause_that_stands_is_not_replaced_and_one_that_ended_is() -> None:
    second = Pause(NOW + 5, "again", "bob")
    assert pauses.hold(held(MARKETING), MARKETING, second) == held(MARKETING)
    assert pauses.hold(held(MARKETING, until=NOW + 5), MARKETING, second).held[MARKETING] == second


def test_cancelling_ends_a_pause_and_forgetting_leaves_nothing() -> None:
    cancelled = pauses.cancel(held(RUN), RUN)
    assert (cancelled.cancelled, dict(cancelled.held)) == ({RUN}, {})
    assert pauses.forget(cancelled, RUN) == Pauses(held={})
