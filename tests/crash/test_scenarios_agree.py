"""What `samovar test` says of a journey is what all handlers together do: the same story told to both ends the same."""

from collections.abc import Callable
from typing import Any

import pytest

from authoring.scenarios.model import Scenario
from authoring.scenarios.run import live
from authoring.scenarios.world import Rules
from functions.core.release import load
from functions.tables import enrollments, messages
from tests.cloud import Cloud, marketing
from tests.crash.scenarios import link, mail, sign_up, unsubscribe_link, wait

SIGNED_UP = {"at": "start", "form": "hello", "answers": {"email": "ada@example.com"}, "consents": ["tips"]}
MINUTE = 60_000


def clicks(cloud: Cloud) -> None:
    welcome = mail(cloud, "welcome")
    assert welcome is not None
    cloud.follow(link(welcome))


def buys(cloud: Cloud) -> None:
    cloud.put_on_bus("Order Completed", id="o1", email="ada@example.com", revenue=40)


def leaves(cloud: Cloud) -> None:
    welcome = mail(cloud, "welcome")
    assert welcome is not None
    cloud.follow(unsubscribe_link(welcome), "POST", "List-Unsubscribe=One-Click")


@pytest.mark.parametrize(
    ("act", "event"),
    [
        (None, None),
        (clicks, {"clicked": "hello"}),
        (buys, {"event": "Order Completed"}),
        (leaves, {"unsubscribed": "tips"}),
    ],
)
def test_a_story_told_to_a_scenario_and_to_all_handlers_ends_the_same(
    cloud: Cloud, act: Callable[[Cloud], None] | None, event: dict[str, Any] | None
) -> None:
    sign_up(cloud)
    wait(cloud, days=1)
    if act is not None:
        act(cloud)
    wait(cloud, days=4)
    contact = cloud.contact("ada@example.com")
    (row,) = enrollments.of(contact)
    sent = [messages.get(contact, id) for id in row.messages.values()]

    happens = [SIGNED_UP, *([] if event is None else [{**event, "at": "1 day later"}])]
    scenario = Scenario.model_validate({"name": "one", "events": happens, "expect": {}})
    life = live(Rules.of(load(marketing())), "welcome", scenario)

    (run,) = life.runs
    assert [(one.step, one.outcome) for one in run.path] == [(one.step, one.outcome) for one in row.path]
    assert run.enrollment.state == row.state
    told = {(one.message.template, one.state, one.reason) for one in life.letters}
    states = {"delivered": "sent"}
    assert told == {(one.template, states.get(one.state, one.state), one.reason) for one in sent if one is not None}
    if act is None:
        # Waits are as long as in production, where the sweep comes once a minute.
        between = [(path[-1].at - path[0].at) for path in (run.path, row.path)]
        assert abs(between[0] - between[1]) <= 2 * MINUTE
