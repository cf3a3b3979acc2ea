"""What journeys' waits and mails take: sign-ups go through small journeys, and everything is counted.

Transitions are those of the interpreter that plays infra/machine.py (tests/cloud/machines.py):
each entry into a state is one, retries and catches included, as AWS bills them.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from bench.bill import Books, books
from bench.house import house
from bench.report import Say
from functions.core.release import canonical, load
from tests.cloud import marketing

SIGN_UPS = 10
TAG = {"id": "mark", "tag": "welcomed"}
JOURNEYS: dict[str, Sequence[dict[str, Any]]] = {
    "plain": [TAG],
    "timed wait": [{"id": "pause", "wait": "2 days"}, TAG],
    "event wait": [{"id": "bought", "wait": {"until": {"event": "Product Viewed"}, "at_most": "3 days"}}, TAG],
    "mail": [{"id": "hello", "send": "welcome"}, TAG],
}


def run(say: Say) -> dict[str, float]:
    """transitions_per_timed_wait and transitions_per_event_wait."""
    say(f"{SIGN_UPS} enrollments each, through the interpreter of infra/machine.py in tests/cloud, not on AWS")
    timed, event = story("timed wait"), story("event wait")
    return {
        "transitions_per_timed_wait": timed.transitions / SIGN_UPS,
        "transitions_per_event_wait": event.transitions / SIGN_UPS,
    }


@cache
def story(journey: str) -> Books:
    """What it took to bring sign-ups to the end of one of JOURNEYS."""
    with house() as cloud:
        cloud.publish(_release(JOURNEYS[journey]))
        with cloud.measured():
            for person in range(SIGN_UPS):
                cloud.post_form(email=f"ada.{person}@example.com", anonymous=f"browser-{person}", nonce=f"{person}")
                cloud.settle()
            cloud.skip(minutes=30)
            for mail in cloud.mails:
                cloud.report(mail, "Delivery")
            cloud.settle()
            if journey == "event wait":
                for person in range(SIGN_UPS):
                    cloud.call("track", event="Product Viewed", anonymousId=f"browser-{person}", messageId=f"v{person}")
                    cloud.settle()
            cloud.skip(days=3)
        ended = [item for item in cloud.items() if item["sk"].startswith("J#") and item["state"] == "done"]
        assert len(ended) == SIGN_UPS, f"{len(ended)} of {SIGN_UPS} came to the end of {journey}"
        assert not cloud.failures, cloud.failures
        return books(cloud, notifications=len(cloud.mails))


def _release(steps: Sequence[dict[str, Any]]) -> bytes:
    """The demo business with one journey of these steps."""
    kind = type(load(marketing()))
    content = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    (name,) = content["journeys"]
    content["journeys"][name] = {
        "title": "Bench",
        "topic": "tips",
        "start": {"when": {"event": "Form Submitted", "form": "hello"}, "again": "never"},
        "steps": list(steps),
    }
    return canonical(kind.model_validate(content))
