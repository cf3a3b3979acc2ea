"""Stories that the sweep tells again and again, with one fault each.

People act on what they see: who got no mail can't click in it. Between acts hours pass, in
which AWS delivers again whatever failed.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from unittest import mock

from functions.core.event import EMAIL_OPENED
from functions.core.release import Release, canonical, load, release_id
from functions.core.verdicts import BY_HAND, Ruling
from functions.publish import deployment
from functions.releases import live
from functions.tables import closed, rulings
from functions.work import jobs, start_plans
from functions.work.jobs import Job
from tests.cloud import Cloud, marketing
from tests.cloud.mail import Mail

_CLICK = re.compile(r"https://tea\.example/c/\S+")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story, told to a fresh deployment."""

    name: str
    tell: Callable[[Cloud], None]


def whole_loop(cloud: Cloud) -> None:
    """A visitor looks around, signs up, gets the welcome, clicks, gets the offer, and unsubscribes."""
    cloud.page("/first-flush", "p1", "laptop")
    sign_up(cloud)
    welcome = mail(cloud, "welcome")
    if welcome:
        cloud.follow(pixel(welcome))
        cloud.follow(link(welcome))
    wait(cloud)
    offer = mail(cloud, "first-offer") or welcome
    if offer:
        cloud.follow(unsubscribe_link(offer), "POST", "List-Unsubscribe=One-Click")
    wait(cloud, days=1)


def no_click(cloud: Cloud) -> None:
    """Nobody clicks: after three days the guide comes, and interest cools in the weeks after."""
    cloud.page("/first-flush", "p1", "laptop")
    sign_up(cloud)
    wait(cloud, days=4)
    wait(cloud, days=25)


def scanned(cloud: Cloud) -> None:
    """A scanner follows every link of the welcome; a person clicks later. What was ruled is revised by hand, twice."""
    sign_up(cloud)
    welcome = mail(cloud, "welcome")
    if welcome:
        cloud.follow(pixel(welcome))
        cloud.follow(link(welcome))
        cloud.follow(unsubscribe_link(welcome))
    wait(cloud)
    if welcome:
        cloud.follow(link(welcome))
    wait(cloud)
    for who in ("person", "bot"):
        rule_on_the_open(cloud, who)
        wait(cloud)


def clock_dies(cloud: Cloud) -> None:
    """The execution that holds the alarm is killed: the sweep brings the journey to its end."""
    sign_up(cloud)
    for execution in [one for one in cloud.machines.executions.values() if one.status == "RUNNING"]:
        cloud.machines.stop(execution.name)
    wait(cloud, days=4)


def bounce(cloud: Cloud) -> None:
    """The welcome bounces: nothing more is sent to the address."""
    cloud.post_form(email="bounce+ada@simulator.amazonses.com", nonce="a1")
    cloud.skip(hours=2)
    welcome = mail(cloud, "welcome")
    if welcome:
        cloud.report(welcome, "Bounce")
    wait(cloud, days=4)


def goal(cloud: Cloud) -> None:
    """An order arrives over the bus while the journey waits: it ends there, and says so."""
    sign_up(cloud)
    cloud.put_on_bus("Order Completed", id="o1", email="ada@example.com", revenue=40)
    wait(cloud, days=4)


def double_opt_in(cloud: Cloud) -> None:
    """A café asks for price lists, is asked by mail whether it did, and says yes."""
    asked = {"name": "Ada", "company": "Çay Evi", "house": "cafe", "teas": "Black"}
    cloud.post_form("wholesale", consents=("offers",), email="ada@example.com", nonce="a1", shown_ago=9000, **asked)
    wait(cloud)
    letter = mail(cloud, "confirm")
    if letter:
        cloud.follow(_confirmation(letter))
        cloud.follow(_confirmation(letter), "POST")
    wait(cloud)


def merge(cloud: Cloud) -> None:
    """Ada's phone and her account turn out to be hers, while a journey of hers waits."""
    cloud.page("/first-flush", "p1", "phone")
    cloud.call("track", messageId="t1", userId="u1", event="E-Book Downloaded")
    sign_up(cloud)
    cloud.post_form(email="ada@example.com", anonymous="phone", nonce="a2")
    wait(cloud)
    cloud.call("identify", messageId="i1", userId="u1", traits={"email": "ada@example.com"})
    wait(cloud)
    cloud.page("/first-flush", "p2", "phone")
    wait(cloud, days=4)


def kiosk(cloud: Cloud) -> None:
    """Ada and Bob take turns at one browser; that Bob had come in between turns out a day late."""
    cloud.page("/first-flush", "p1", "kiosk")
    cloud.post_form(email="ada@example.com", anonymous="kiosk", nonce="a1")
    wait(cloud)
    between = cloud.clock.now
    cloud.skip(minutes=5)
    cloud.page("/rize-black", "p2", "kiosk")
    cloud.page("/prices", "p3", "kiosk")
    wait(cloud, days=1)
    traits = {"email": "bob@example.com"}
    cloud.call("identify", messageId="i1", anonymousId="kiosk", traits=traits, timestamp=between + 60_000)
    wait(cloud)
    cloud.post_form(email="ada@example.com", anonymous="kiosk", nonce="a2")
    cloud.page("/first-flush", "p4", "kiosk")
    wait(cloud)


def vouched(cloud: Cloud) -> None:
    """A stranger's user id claimed Ada's address; the shop's own system says whose it is, and gives a user two."""
    cloud.call("identify", messageId="i1", userId="stranger", traits={"email": "ada@example.com"})
    wait(cloud)
    cloud.put_on_bus("Order Completed", id="o1", userId="u1", email="ada@example.com")
    wait(cloud)
    cloud.put_on_bus("Order Completed", id="o2", userId="u2", email="ada@example.com")
    wait(cloud)


def refold(cloud: Cloud) -> None:
    """Everybody is counted anew, by hand and then because a release counts something new."""
    cloud.page("/first-flush", "p1", "laptop")
    sign_up(cloud)
    jobs.create(Job("one", "refold", cloud.clock.now))
    cloud.page("/prices", "p2", "laptop")
    wait(cloud)
    cloud.publish(with_another_rule())
    cloud.page("/prices", "p3", "laptop")
    wait(cloud)


def regular(cloud: Cloud) -> None:
    """A visitor comes day after day, so that old days leave the state for a row of their own, and come back into
    question: by a visit that is told of late, when Ada turns out to be that visitor, and when all is counted anew."""
    with (
        mock.patch.object(closed, "OPEN_AT_MOST", 3),
        mock.patch.object(closed, "DAYS_KEPT", 1),
        mock.patch.object(closed, "DAYS_MOVED", 2),
    ):
        begun = cloud.clock.now
        for day in range(5):
            cloud.page("/first-flush", f"p{day}", "laptop")
            cloud.skip(days=1)
        assert any(item["sk"] == closed.CLOSED for item in cloud.items())
        cloud.call("page", messageId="late", anonymousId="laptop", properties={"path": "/rize-black"}, timestamp=begun)
        cloud.call("identify", messageId="i1", anonymousId="laptop", traits={"email": "ada@example.com"})
        cloud.settle()
        jobs.create(Job("one", "refold", cloud.clock.now))
        cloud.settle()


def coming_back(cloud: Cloud) -> None:
    """A journey that may be run again: signing up while a run is open is refused, afterwards it is not."""
    cloud.publish(with_a_journey_to_run_again())
    for nonce in ("a1", "a2", "a3"):
        cloud.post_form(email="ada@example.com", nonce=nonce)
        wait(cloud)
        if nonce == "a2":
            wait(cloud, days=1)
    wait(cloud, days=1)


def runs_merge(cloud: Cloud) -> None:
    """Two people with a user id and an address turn out to be one each. Ada runs a journey twice,
    and gets on with one run; Bob's run goes on with him, and a visit of his wakes it."""
    cloud.publish(with_a_journey_after_orders())
    for user, email in (("u1", "ada@example.com"), ("u2", "bob@example.com")):
        cloud.call("track", messageId=f"o-{user}", userId=user, event="Order Completed")
        cloud.post_form(email=email, nonce="a1")
    cloud.put_on_bus("Order Completed", id="o3", email="ada@example.com")
    wait(cloud)
    for user, email in (("u1", "ada@example.com"), ("u2", "bob@example.com")):
        cloud.call("identify", messageId=f"i-{user}", userId=user, traits={"email": email})
    wait(cloud)
    cloud.call("page", messageId="p1", userId="u2", properties={"path": "/first-flush"})
    wait(cloud)
    wait(cloud, days=3)


def acting(cloud: Cloud) -> None:
    """A café asks for a quote: a journey notes it down in every way that there is, and hands it to sales."""
    cloud.publish(with_a_journey_that_acts())
    cloud.call("identify", messageId="i1", userId="u1", traits={"email": "ada@example.com", "city": "İzmir"})
    cloud.put_on_bus("Quote Asked", id="q1", userId="u1", email="ada@example.com")
    wait(cloud)
    wait(cloud, days=1)


def deploy(cloud: Cloud) -> None:
    """A deployment publishes marketing/; whoever deploys tries again until it works."""
    based_on = live().id
    content = with_another_rule()
    asset = json.dumps({"format": 1, "release": content.decode(), "sources": {}})
    cloud.emulator.client("s3").put_object(Bucket=cloud.name, Key="asset", Body=asset.encode())
    event = {
        "RequestType": "Create",
        "ResponseURL": "",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Release",
        "ResourceProperties": {
            "AssetBucket": cloud.name,
            "AssetKey": "asset",
            "ReleaseId": release_id(content),
            "BasedOn": based_on,
        },
    }
    answers: list[str | None] = []

    def answer(event: Any, *, data: Any = None, failure: str | None = None) -> None:
        answers.append(failure)

    with mock.patch.object(deployment, "answer", answer):
        for _ in range(5):
            cloud.deploy(event)
            if answers[-1:] == [None]:
                return
    raise AssertionError(f"never deployed: {answers}")


def triggers(cloud: Cloud) -> None:
    """Two visits cross a line, and the journey that starts there asks for another; at ten o'clock a third starts for
    whoever looked around. A day without a visit crosses a line as well."""
    cloud.publish(with_a_journey_of_each_trigger())
    start_plans.schedule(live().id, cloud.clock.now)
    cloud.page("/first-flush", "p1", "laptop")
    sign_up(cloud)
    cloud.page("/prices", "p2", "laptop")
    wait(cloud)
    wait(cloud, days=1.2)


_STORIES = (
    *(whole_loop, no_click, scanned, clock_dies, bounce, goal, double_opt_in),
    *(merge, kiosk, vouched, refold, regular, coming_back, runs_merge, triggers, acting, deploy),
)
SCENARIOS = tuple(Scenario(story.__name__, story) for story in _STORIES)


def sign_up(cloud: Cloud) -> None:
    cloud.post_form(email="ada@example.com", first_name="Ada", anonymous="laptop", nonce="a1")
    wait(cloud)


def wait(cloud: Cloud, *, days: float = 0) -> None:
    """Let time pass; SES reports the delivery of every mail."""
    for step in (0.1, days):
        cloud.skip(days=step)
        for one in cloud.mails:
            if one not in cloud.reported:
                cloud.report(one, "Delivery")
        cloud.settle()


def mail(cloud: Cloud, template: str) -> Mail | None:
    """The mail made from a template, if it arrived."""
    return next((one for one in cloud.mails if cloud.template_of(one) == template), None)


def rule_on_the_open(cloud: Cloud, who: Literal["person", "bot"]) -> None:
    """Somebody says by hand who it was that opened the first mail."""
    rows = [row for row in cloud.items("events") if row.get("name") == EMAIL_OPENED]
    if rows:
        rulings.insert([Ruling(rows[0]["pk"], rows[0]["sk"], cloud.clock.now, who, BY_HAND)])


def link(mail: Mail) -> str:
    found = _CLICK.search(mail.part("plain"))
    assert found
    return found[0]


def pixel(mail: Mail) -> str:
    found = re.search(r"https://tea\.example/o/[^\"\s]+", mail.part("html"))
    assert found
    return found[0]


def unsubscribe_link(mail: Mail) -> str:
    found = re.search(r"https://tea\.example/u/[^>\s]+", str(mail.parsed["List-Unsubscribe"]))
    assert found
    return found[0]


def _confirmation(mail: Mail) -> str:
    found = re.search(r"https://tea\.example/confirm/\S+", mail.part("plain"))
    assert found
    return found[0]


def with_another_rule() -> bytes:
    """The demo business, counting one more thing."""
    release = _plain()
    rule = {"id": "prices", "when": {"event": "Page Viewed", "where": {"path": "/prices"}}, "points": 5}
    release["scoring"]["scores"]["interest"]["rules"].append(rule)
    return canonical(Release.model_validate(release))


def with_a_journey_to_run_again() -> bytes:
    """The demo business with a second journey that anyone may run any number of times, one run at a time.
    Who comes out of it twice, and who went into it at all, is asked."""
    release = _plain()
    release["segments"]["twice"] = {"when": {**_ended("again"), "at_least": 2}}
    release["segments"]["came"] = {"when": {"event": "Journey Entered"}}
    release["journeys"] = {
        "again": {
            "topic": "tips",
            "start": {"when": {"event": "Form Submitted", "form": "hello"}, "again": "always"},
            "steps": [
                {"id": "guide", "send": "brewing-guide"},
                {"id": "pause", "wait": "12 hours"},
                {"id": "mark", "tag": "back"},
            ],
        }
    }
    return canonical(Release.model_validate(release))


def with_a_journey_after_orders() -> bytes:
    """The demo business with one journey: whoever ordered gets the guide when they come back, or after two days.
    Who comes out of it is asked."""
    release = _plain()
    release["segments"]["served"] = {"when": _ended("ordered")}
    visit = {"event": "Page Viewed", "where": {"path": "/first-flush"}}
    release["journeys"] = {
        "ordered": {
            "topic": "tips",
            "start": {"when": {"event": "Order Completed"}},
            "steps": [
                {"id": "back", "wait": {"until": visit, "at_most": "2 days"}},
                {"id": "guide", "send": "brewing-guide"},
                {"id": "mark", "tag": "back"},
            ],
        }
    }
    return canonical(Release.model_validate(release))


def with_a_journey_of_each_trigger() -> bytes:
    """The demo business with journeys that start by a line crossed, by time too, on request, and by the calendar."""
    release = _plain()
    release["segments"] = {"looked": {"when": {"event": "Page Viewed"}}}
    seen = {"event": "Page Viewed"}
    starting: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
        "keen": ({"becomes": {**seen, "at_least": 2}}, [{"id": "mark", "tag": "keen"}, {"id": "on", "start": "greet"}]),
        "greet": ({"requested": True}, [{"id": "guide", "send": "brewing-guide"}, {"id": "rest", "wait": "1 hour"}]),
        "quiet": (
            {"becomes": {"all": [seen, {**seen, "never": True, "within": "1 day"}]}},
            [{"id": "mark", "tag": "quiet"}],
        ),
        "weekly": (
            {"every": "tuesday", "at": "10:00", "segment": "looked"},
            [{"id": "hello", "send": "welcome"}, {"id": "rest", "wait": "1 hour"}],
        ),
    }
    release["journeys"] = {
        name: {"topic": "tips", "start": {"when": when, "again": "always"}, "steps": steps}
        for name, (when, steps) in starting.items()
    }
    return canonical(Release.model_validate(release))


def with_a_journey_that_acts() -> bytes:
    """The demo business with one journey, of steps that change what is known, and tell people of the business."""
    release = _plain()
    release["sending"]["staff"] = {"shop": ["ayse@tea.example"]}
    release["journeys"] = {
        "acts": {
            "topic": "tips",
            "start": {"when": {"event": "Quote Asked"}},
            "steps": [
                {"id": "know", "update": {"traits": {"plan": "wholesale", "city": None}, "stage": "interest"}},
                {"id": "put", "tag": "quoted"},
                {"id": "off", "untag": "new"},
                {"id": "more", "add": {"score": "interest", "points": 25}},
                {"id": "pause", "wait": "12 hours"},
                {"id": "tell", "notify": {"to": "shop", "subject": "{{ contact.plan }}"}},
                {"id": "hand", "handoff": {"to": "shop", "reason": "asked for a quote"}},
            ],
        }
    }
    return canonical(Release.model_validate(release))


def _ended(journey: str) -> dict[str, Any]:
    return {"event": "Journey Ended", "where": {"journey": journey}}


def _plain() -> dict[str, Any]:
    return load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
