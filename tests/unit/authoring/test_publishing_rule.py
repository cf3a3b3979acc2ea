"""Who may move the live pointer."""

from functions.core.publishing import Move, Pointer, Refuse, Stay, decide

LIVE = Pointer(3, "live", 1_700_000_000_000, "bob")


def test_anything_may_be_the_first_release() -> None:
    assert decide("new", None, based_on=None) == Move()


def test_what_is_live_already_stays() -> None:
    assert decide("live", LIVE, based_on=None) == Stay()


def test_what_is_based_on_the_live_release_moves() -> None:
    assert decide("new", LIVE, based_on="live") == Move()


def test_what_follows_the_last_deployment_moves_if_nobody_published_since() -> None:
    assert decide("new", LIVE, based_on=None, deployed="live") == Move()


def test_going_back_to_what_was_known_moves_nothing() -> None:
    assert decide("old", LIVE, based_on=None, deployed="refused", known=True) == Stay()


def test_anything_else_is_refused_with_whose_work_would_be_lost() -> None:
    verdict = decide("new", LIVE, based_on="older", deployed="older", when="2023-11-14")
    assert isinstance(verdict, Refuse)
    assert verdict.reason.startswith("the live release live was published by bob at 2023-11-14")
