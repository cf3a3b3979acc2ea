"""Stories of journeys: mended for people inside, started by a call, asking a program, side by side.

What people at a terminal do (a recall begins, a release is published) is done once; what follows from it is struck.
"""

import base64
import json
from typing import Any
from unittest import mock

from functions import outbound, releases
from functions.aws import dynamodb
from functions.core import webhook
from functions.core.correction import GoTo, Leave, Moves, Skip
from functions.core.keys import public_key, secret_key
from functions.core.release import Release, canonical, load
from functions.journey_step import admit, progress
from functions.outbound import Reply
from functions.publish import keyring
from functions.releases import Keyring
from functions.work import correct, retry
from tests.cloud import Cloud, marketing
from tests.cloud.cloud import PEPPER, SIGNING, WRITE_KEY
from tests.crash.scenarios import Scenario, wait

SECRET = "sk_" + "a" * 32
SIGNATURE = (webhook.new_secret(b"n" * 32),)
CALLED = b'{"lead": {"name": "I\xc5\x9f\xc4\xb1l", "worth": 7}}'
PEOPLE = ("ada@example.com", "bob@example.com")
QUOTE = {"event": "Quote Asked"}
TOUR: list[dict[str, Any]] = [
    {"id": "first", "tag": "toured"},
    {"id": "week", "wait": "7 days"},
    {"id": "more", "add": {"score": "interest", "points": 5}},
    {"id": "answer", "wait": {"until": {"event": "Order Completed"}, "at_most": "10 days"}},
    {"id": "guide", "send": "brewing-guide"},
    {"id": "rest", "wait": "1 day"},
    {"id": "mark", "tag": "guided"},
]


def with_journeys(**journeys: dict[str, Any]) -> bytes:
    """The demo business with these journeys, and a program that a webhook asks."""
    release = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    release["journeys"] = {name: {"topic": "tips", **journey} for name, journey in journeys.items()}
    hook = {"url": "https://crm.example/hook", "secret": "crm", "payload": {"name": "{{ contact.first_name }}"}}
    release.setdefault("templates", {})["webhook"] = {"crm": hook}
    return canonical(Release.model_validate(release))


def toured(steps: list[dict[str, Any]]) -> bytes:
    """The business with one journey of these steps, for whoever asks for a quote."""
    return with_journeys(tour={"start": {"when": QUOTE}, "steps": steps})


def with_subject(release: bytes, subject: str) -> bytes:
    """The same release, whose guide has another subject: one that a check would not let through."""
    content = json.loads(release)
    content["emails"]["brewing-guide"]["subject"] = subject
    return canonical(Release.model_validate(content))


def recalled(cloud: Cloud) -> None:
    """One is recalled past a wait, then to a step; the next one, at the first wait meanwhile, leaves."""
    cloud.publish(toured(TOUR))
    _ask(cloud, PEOPLE[0])
    correct.recall("c1", "tour", "week", Skip(), cloud.clock.now)
    wait(cloud)
    _ask(cloud, PEOPLE[1])
    correct.recall("c2", "tour", "answer", GoTo("guide"), cloud.clock.now)
    wait(cloud, days=0.5)
    correct.recall("c3", "tour", "week", Leave(), cloud.clock.now)
    wait(cloud, days=2)


def migrated(cloud: Cloud) -> None:
    """Two stand at two waits of a journey that is published anew: they move, and end by the later rules."""
    cloud.publish(toured(TOUR))
    _ask(cloud, PEOPLE[0])
    cloud.skip(days=7)
    _ask(cloud, PEOPLE[1])
    cloud.publish(
        toured(
            [
                {"id": "pause", "wait": "2 days"},
                {"id": "better", "tag": "better"},
                {"id": "answer", "wait": {"until": {"event": "Order Completed"}, "at_most": "1 day"}},
                {"id": "guide", "send": "brewing-guide"},
            ]
        )
    )
    correct.migrate("m1", "tour", releases.live().id, Moves({"week": "pause"}), cloud.clock.now)
    wait(cloud)
    wait(cloud, days=4)


def started(cloud: Cloud) -> None:
    """The shop's own system starts a journey for somebody by a call, twice the same, and once more while it runs."""
    steps = [{"id": "guide", "send": "brewing-guide"}, {"id": "rest", "wait": "1 hour"}]
    cloud.publish(with_journeys(greet={"start": {"when": {"requested": True}, "again": "always"}, "steps": steps}))
    _secret_key(cloud)
    cloud.post_form(email=PEOPLE[0], nonce="a1")
    key = base64.b64encode(f"{SECRET}:".encode()).decode()
    for id in ("s1", "s1", "s2"):
        headers = {"content-type": "application/json", "authorization": f"Basic {key}"}
        body = json.dumps({"email": PEOPLE[0], "messageId": id})
        answer = cloud.http("POST", "/v1/journeys/greet/start", body, headers=headers)
        assert answer["statusCode"] == 200, answer
    wait(cloud)
    wait(cloud, days=1)


def asking(cloud: Cloud) -> None:
    """A journey asks a program about somebody, keeps what it answers, and goes by it."""
    steps = [
        {"id": "ask", "webhook": "crm", "keep": {"first_name": "lead.name", "worth": "lead.worth"}},
        {"id": "known", "wait": {"until": {"trait": "worth", "at_least": 5}, "at_most": "2 days"}},
        {"id": "mark", "tag": "worthy"},
    ]
    cloud.publish(toured(steps))
    _secret_key(cloud)
    with mock.patch.object(outbound, "post", return_value=Reply(200, {}, CALLED)):
        _ask(cloud, PEOPLE[0])
        wait(cloud)
        wait(cloud, days=3)


def side_by_side(cloud: Cloud) -> None:
    """Two orders of one person run side by side, one of them told of twice; each is paid or given up by itself."""
    paid = {"event": "Order Paid"}
    steps = [
        {"id": "paid", "wait": {"until": paid, "at_most": "1 day"}},
        {"id": "mark", "add": {"score": "interest", "points": 3}},
    ]
    when = {"event": "Order Placed"}
    cloud.publish(with_journeys(orders={"start": {"when": when, "one_per": {"property": "order"}}, "steps": steps}))
    for id, order in (("o1", "a"), ("o2", "b"), ("o3", "a")):
        cloud.put_on_bus("Order Placed", id=id, email=PEOPLE[0], properties={"order": order})
    wait(cloud)
    wait(cloud, days=2)


def misprinted(cloud: Cloud) -> None:
    """A template fails for everybody: who is in the journey is set aside, and goes on once it is mended, after a wait
    as long as ever. Whoever comes later finds it mended."""
    steps = [
        {"id": "guide", "send": "brewing-guide"},
        {"id": "rest", "wait": "1 day"},
        {"id": "mark", "tag": "guided"},
    ]
    cloud.publish(with_subject(toured(steps), "{{ contact.email + 1 }}"))
    _ask(cloud, PEOPLE[0])
    wait(cloud, days=3)
    cloud.publish(toured(steps))
    releases.forget()
    retry.retry("r1", "tour", "", cloud.clock.now)
    wait(cloud)
    _ask(cloud, PEOPLE[1])
    wait(cloud, days=2)


def stuck(cloud: Cloud) -> None:
    """The code fails for whoever comes to the end of a wait, and for whoever enters: both are set aside, and let go."""
    advance, broken = progress.advance, [True]

    def failing(journey: Any, run: Any, *rest: Any) -> Any:
        if broken and (run.waiting is None or run.due(cloud.clock.now)) and run.journey == "tour":
            raise KeyError("a mistake")
        return advance(journey, run, *rest)

    steps = [{"id": "rest", "wait": "1 day"}, {"id": "mark", "tag": "guided"}]
    cloud.publish(toured(steps))
    _ask(cloud, PEOPLE[0])
    with mock.patch.object(progress, "advance", failing), mock.patch.object(admit, "advance", failing):
        _ask(cloud, PEOPLE[1])
        wait(cloud, days=1.5)
        broken.clear()
        retry.retry("r1", "tour", "", cloud.clock.now)
        wait(cloud)
        wait(cloud, days=2)


SCENARIOS = tuple(
    Scenario(story.__name__, story) for story in (recalled, migrated, started, asking, side_by_side, misprinted, stuck)
)


def _ask(cloud: Cloud, email: str) -> None:
    cloud.post_form(email=email, nonce=email[:3], first_name="Ada")
    cloud.put_on_bus("Quote Asked", id=f"q-{email}", email=email)
    cloud.settle()


def _secret_key(cloud: Cloud) -> None:
    public = public_key("tests", WRITE_KEY, per_minute=10**9, at=0)
    keys = (public, secret_key("shop", SECRET, PEPPER, at=0))
    row = keyring.to_row(Keyring(PEPPER, tuple(SIGNING), keys, webhooks={"crm": SIGNATURE}), cloud.clock.now)
    dynamodb.put(f"{cloud.name}-contacts", row)
    releases.forget()
