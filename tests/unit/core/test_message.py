"""The message ledger's states, and how reports join."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.message import (
    PATIENCE,
    SOFT,
    Feedback,
    Message,
    begin,
    give_up,
    intended,
    postpone,
    put_back,
    settle,
    withhold,
)

NOW = 1_700_000_000_000


def message() -> Message:
    return intended(
        id="m", contact="c", journey="welcome", step="hello", template="welcome", topic="tips", release="r", now=NOW
    )


def sending() -> Message:
    return begin(message(), "hash", NOW + 5)


def test_an_intended_message_is_due_after_an_hour() -> None:
    assert message().due == NOW + PATIENCE
    assert message().times == {"intended": NOW}


def test_beginning_counts_an_attempt_and_names_the_address() -> None:
    begun = sending()
    assert (begun.state, begun.attempts, begun.address) == ("sending", 1, "hash")
    assert begun.due == NOW + PATIENCE


def test_what_begins_when_it_was_due_is_looked_at_an_hour_later() -> None:
    late = NOW + 2 * PATIENCE
    assert begin(message(), "hash", late).due == late + PATIENCE


def test_what_was_put_back_is_as_if_it_had_not_begun() -> None:
    again = put_back(sending(), NOW + 6)
    assert (again.state, again.attempts, again.due) == ("intended", 0, NOW + PATIENCE)
    assert again.times == message().times


def test_a_postponed_message_is_intended_again_and_keeps_its_attempts() -> None:
    again = postpone(sending(), NOW + 60_000)
    assert (again.state, again.attempts, again.due) == ("intended", 1, NOW + 60_000)
    assert begin(again, "hash", NOW + 60_001).attempts == 2


def test_a_withheld_message_keeps_its_reason_and_is_due_no_more() -> None:
    held = withhold(message(), "no-consent", NOW + 1)
    assert (held.state, held.reason, held.due) == ("withheld", "no-consent", None)


def test_delivered_may_be_reported_before_sent() -> None:
    early = settle(sending(), Feedback("delivered", NOW + 20))
    late = settle(early, Feedback("sent", NOW + 10, "ses-1"))
    assert late.state == "delivered"
    assert late.provider_id == "ses-1"
    assert late.times["sent"] == NOW + 10


def test_a_bounce_for_good_after_a_delivery_is_a_bounce() -> None:
    bounced = settle(
        settle(sending(), Feedback("delivered", NOW + 20)), Feedback("bounced", NOW + 30, reason="permanent")
    )
    assert (bounced.state, bounced.reason) == ("bounced", "permanent")


@pytest.mark.parametrize("reason", sorted(SOFT))
def test_an_automatic_answer_leaves_a_delivered_message_delivered_whichever_is_told_first(reason: str) -> None:
    delivered, answered = Feedback("delivered", NOW + 20), Feedback("bounced", NOW + 30, reason=reason)
    for first, second in permutations((delivered, answered)):
        end = settle(settle(sending(), first), second)
        assert (end.state, end.reason) == ("delivered", "")
    assert settle(sending(), answered).state == "bounced"


def test_late_feedback_settles_what_was_given_up() -> None:
    unknown = give_up(sending(), NOW + PATIENCE)
    assert settle(unknown, Feedback("delivered", NOW + 20)).state == "delivered"


def test_feedback_settles_a_message_whose_answer_was_lost() -> None:
    settled = settle(sending(), Feedback("delivered", NOW + 20))
    assert (settled.state, settled.due) == ("delivered", None)


def test_a_repeated_report_changes_nothing() -> None:
    once = settle(sending(), Feedback("delivered", NOW + 20, "ses-1"))
    assert settle(once, Feedback("delivered", NOW + 20, "ses-1")) == once
    assert settle(once, Feedback("delivered", NOW + 25, "ses-1")) == once


def test_reports_join_in_any_order() -> None:
    reports = [
        Feedback("sent", NOW + 10, "ses-1"),
        Feedback("delivered", NOW + 20, "ses-1"),
        Feedback("bounced", NOW + 30, "ses-1", "transient"),
        Feedback("complained", NOW + 40, "ses-1"),
    ]
    ends = set()
    for order in permutations(reports):
        end = sending()
        for report in order:
            end = settle(end, report)
        ends.add((end.state, end.reason, end.provider_id, tuple(sorted(end.times.items()))))
    assert len(ends) == 1


@given(
    st.lists(
        st.builds(
            Feedback,
            st.sampled_from(["sent", "delivered", "bounced", "complained"]),
            st.integers(NOW, NOW + 50),
            st.sampled_from(["ses-1", "ses-2"]),
            st.sampled_from(["", "permanent", "transient", "content"]),
        ),
        max_size=6,
    ),
    st.randoms(use_true_random=False),
)
def test_any_order_and_duplication_of_reports_ends_the_same(reports: list[Feedback], random: object) -> None:
    shuffled = reports * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = sending(), sending()
    for report in reports:
        one = settle(one, report)
    for report in shuffled:
        other = settle(other, report)
    assert one == other
