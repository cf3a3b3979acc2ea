"""The consent ledger's fold: what counts, and from when."""

from functions.core.consent import (
    Change,
    Entry,
    Head,
    allowed,
    fold,
    folded,
    frequency,
    paused_until,
    suppression,
    withdrawn,
)

HOUR = 3_600_000


def grant(at: int, arrived: int, topic: str = "tips", ref: str = "g") -> Entry:
    return Entry(ref, at, arrived, "form:hello", (Change("grant", topic, "Yes, send me tips."),))


def withdrawal(at: int, arrived: int, topic: str = "tips", ref: str = "w") -> Entry:
    return Entry(ref, at, arrived, "unsubscribe-link", (Change("withdrawal", topic),))


def suppressing(reason: str, arrived: int = 5) -> Entry:
    return Entry(f"s{reason}", arrived, arrived, "ses", (Change("suppression", reason),))


def test_of_pauses_and_wishes_the_latest_to_arrive_counts_whatever_its_clock_said() -> None:
    first = Entry("a", 99, 10, "preference-page", (Change("pause", "5000"), Change("frequency", "weekly")))
    second = Entry("b", 1, 20, "preference-page", (Change("pause", "0"), Change("frequency", "every")))
    for ledger in ([first, second], [second, first], [first, second, first]):
        assert (paused_until(folded(ledger)), frequency(folded(ledger))) == (0, "every")
    assert (paused_until(folded([first])), frequency(folded([first]))) == (5000, "weekly")
    assert frequency(Head(1, frequency=(5, "hourly"))) == "every"


def test_nobody_agreed_to_anything_at_first() -> None:
    assert not allowed(Head(), "tips")


def test_a_grant_allows_its_topic_and_no_other() -> None:
    head = folded([grant(10, 12)])
    assert allowed(head, "tips")
    assert not allowed(head, "offers")


def test_one_entry_may_grant_several_topics() -> None:
    both = Entry("g", 10, 12, "form:hello", (Change("grant", "tips"), Change("grant", "offers")))
    head = folded([both])
    assert allowed(head, "tips")
    assert allowed(head, "offers")
    assert head.version == 1


def test_a_withdrawal_from_everything_covers_every_topic() -> None:
    head = folded([grant(10, 12), grant(10, 12, "offers"), withdrawal(20, 20, "*")])
    assert not allowed(head, "tips")
    assert not allowed(head, "offers")
    assert withdrawn(head, "tips") == 20


def test_a_clock_that_runs_ahead_cannot_outdate_an_unsubscribe() -> None:
    head = folded([grant(at=100 * HOUR, arrived=HOUR), withdrawal(at=2 * HOUR, arrived=2 * HOUR)])
    assert head.granted["tips"] == HOUR
    assert not allowed(head, "tips")


def test_a_withdrawal_counts_from_its_arrival_however_old_it_claims_to_be() -> None:
    head = folded([grant(10, 12), withdrawal(at=1, arrived=20)])
    assert not allowed(head, "tips")


def test_a_form_filled_in_before_an_unsubscribe_but_arriving_later_grants_nothing() -> None:
    head = folded([withdrawal(20, 20), grant(at=15, arrived=30)])
    assert not allowed(head, "tips")


def test_agreeing_again_after_an_unsubscribe_allows_again() -> None:
    head = folded([grant(10, 12), withdrawal(20, 20), grant(30, 31, ref="g2")])
    assert allowed(head, "tips")


def test_at_the_same_moment_withdrawal_wins() -> None:
    assert not allowed(folded([withdrawal(20, 20), grant(20, 20)]), "tips")


def test_a_grant_lifts_no_suppression() -> None:
    head = folded([suppressing("bounce"), grant(30, 31)])
    assert suppression(head) == "bounce"


def test_a_complaint_outweighs_a_bounce() -> None:
    assert suppression(folded([suppressing("complaint", 9), suppressing("bounce", 5)])) == "complaint"
    assert suppression(Head()) is None


def test_every_entry_makes_a_new_version() -> None:
    head = fold(fold(Head(), withdrawal(20, 20)), grant(15, 30))
    assert head.version == 2


def test_what_was_stopped_by_hand_is_lifted_by_hand_in_any_order_and_nothing_else_is() -> None:
    stop, lift = suppressing("by-hand", 5), Entry("l", 9, 9, "console", (Change("lift", "by-hand"),))
    for ledger in ([stop, lift], [lift, stop], [lift, stop, lift]):
        assert suppression(folded(ledger)) is None
    assert suppression(folded([stop, lift, suppressing("by-hand", 12)])) == "by-hand"
    assert suppression(folded([suppressing("bounce"), stop, lift])) == "bounce"
    assert suppression(folded([stop, Entry("l", 5, 5, "console", (Change("lift", "by-hand"),))])) == "by-hand"
