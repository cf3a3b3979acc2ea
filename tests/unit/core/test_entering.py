"""Why a trigger started nothing, worked out from the runs and the rules."""

from typing import Any

import pytest

from functions.core.contact import Decision
from functions.core.enrollment import Enrollment
from functions.core.entering import refusal_of, words
from functions.core.ids import enrollment_id
from functions.core.release import Release
from tests.journeys import DAY, NOW, journey, release

RUN = Enrollment(
    enrollment_id("ada", "hello", "first"), "ada", "hello", "r", "first", NOW, state="done", ended=NOW + DAY, begun=NOW
)


def made(again: str = "always", only_if: Any = None, **more: Any) -> Release:
    start = {"when": {"event": "Signed Up"}, "again": again, **({"only_if": only_if} if only_if else {})}
    return release(hello=journey({"id": "mark", "tag": "x"}, **more) | {"start": start})


def trigger(at: int, cause: str = "second", key: str = "", name: str = "hello") -> Decision:
    return Decision("t", "trigger", name, at, cause, "", key)


@pytest.mark.parametrize(
    ("live", "asked", "refusal"),
    [
        (made(), trigger(NOW, "first"), None),
        (made(), trigger(NOW + 5), "inside"),
        (made(), trigger(NOW + 5, key="another"), None),
        (made(), trigger(NOW + 2 * DAY), None),
        (made("never"), trigger(NOW + 2 * DAY), "again"),
        (made("after 3 days"), trigger(NOW + 2 * DAY), "again"),
        (made(ends="2020-01-01"), trigger(NOW + 2 * DAY), "ended"),
        (made(only_if={"tag": "tea"}), trigger(NOW + 2 * DAY), "only-if"),
        (made(), trigger(NOW + 5, name="gone"), None),
        (made("never"), Decision("d", "segment", "hello", NOW + 5, "second"), None),
    ],
)
def test_a_trigger_without_a_run_says_why(live: Release, asked: Decision, refusal: str | None) -> None:
    assert refusal_of(asked, live, [RUN]) == refusal
    assert (words(refusal) is None) == (refusal is None)  # type: ignore[arg-type]
