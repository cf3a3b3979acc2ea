"""Waiting for conditions."""

import pytest

from local.waiting import until


def test_waiting_ends_as_soon_as_the_condition_holds() -> None:
    answers = iter([False, False, True])
    until(lambda: next(answers), 5, "the third answer", every=0)
    assert list(answers) == []


def test_waiting_in_vain_says_for_what() -> None:
    with pytest.raises(TimeoutError, match="the kettle"):
        until(lambda: False, 0.01, "the kettle", every=0)
