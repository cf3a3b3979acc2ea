"""Ada, of whom a deployment knows everything there is to know; and Bob, of whom it should go on knowing it."""

import json
from typing import Any

from functions.core.identity import EMAIL, USER, identity_ref
from functions.core.release import Release, canonical, load
from functions.people import erasing
from functions.tables import identities
from functions.work import jobs
from functions.work.jobs import Job
from tests.cloud import Cloud, marketing
from tests.cloud.cloud import PEPPER
from tests.cloud.mail import Mail
from tests.crash import scenarios

ADA, BOB = "Ada.Countess@tea.example", "bob@tea.example"
SECRETS = ("ada.countess", "countess", "łucja", "u-ada", "laptop-ada", "phone-ada", "lavender")
"""What only Ada said or is called by, as it may be spelled where it is stored."""


def release() -> bytes:
    """The demo business with a journey more, in which whoever ordered waits for two days."""
    plain: dict[str, Any] = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    with_orders = load(scenarios.with_a_journey_after_orders())
    plain["journeys"]["ordered"] = with_orders.model_dump(mode="json", by_alias=True, exclude_defaults=True)[
        "journeys"
    ]["ordered"]
    return canonical(Release.model_validate(plain))


def batches(cloud: Cloud) -> list[list[dict[str, Any]]]:
    """What Ada's SDKs send: a browser, a phone, and the shop's server."""
    sent = "2026-11-24T05:50:00Z"

    def call(kind: str, id: str, **body: Any) -> dict[str, Any]:
        return {"type": kind, "messageId": id, "timestamp": sent, **body}

    browser = {"anonymousId": "laptop-ada"}
    traits = {"email": ADA, "title": "Countess Łucja", "phone": "+90 532 000 00 00"}
    return [
        [
            call("page", "b1", **browser, properties={"path": "/first-flush", "search": "lavender"}),
            call("track", "b2", **browser, event="E-Book Downloaded", properties={"title": "lavender"}),
            call("identify", "b3", **browser, traits=traits),
        ],
        [
            call("page", "p1", anonymousId="phone-ada", properties={"path": "/first-flush"}),
            call("identify", "p2", anonymousId="phone-ada", traits=traits),
        ],
        [
            call("identify", "s1", userId="u-ada", anonymousId="laptop-ada", traits=traits),
            call("track", "s2", userId="u-ada", event="Order Completed", properties={"note": "for the countess"}),
        ],
    ]


def send(cloud: Cloud, which: list[list[dict[str, Any]]]) -> None:
    """The SDKs post their batches."""
    for batch in which:
        cloud.call("batch", batch=batch, sentAt="2026-11-24T05:50:01Z")


def everything(cloud: Cloud) -> list[list[dict[str, Any]]]:
    """Ada does all that leaves a trace. Her SDKs' batches."""
    theirs = batches(cloud)
    send(cloud, theirs)
    cloud.post_form(email=ADA, first_name="Countess", anonymous="laptop-ada", nonce="a1", consents=("tips", "offers"))
    scenarios.wait(cloud)
    welcome = mails_to(cloud, ADA)[0]
    cloud.follow(scenarios.pixel(welcome))
    scenarios.wait(cloud)
    cloud.post_form(email=BOB, first_name="Bob", anonymous="laptop-bob", nonce="b1")
    scenarios.wait(cloud)
    # Bob, known by an address and an account of his own, types Ada's address: it stays in an event of his.
    cloud.call("identify", messageId="x1", userId="u-bob", traits={"email": BOB})
    cloud.call("identify", messageId="x2", userId="u-bob", traits={"email": ADA})
    poison(cloud)
    # The offer that the click leads to waits in its queue, and Ada in the journey of those who ordered.
    cloud.paused = {"send"}
    cloud.follow(scenarios.link(welcome))
    # A click counts once it is judged in the company it came in.
    cloud.skip(minutes=2)
    cloud.put_on_bus("Order Completed", id="o9", email=ADA, revenue=40)
    cloud.settle()
    cloud.paused = set()
    return theirs


def poison(cloud: Cloud) -> None:
    """Records that nobody can make sense of: two name Ada, one names Bob."""
    cloud.put_on_bus("", id="poison-1", email=ADA)
    cloud.put_on_bus("", id="poison-2", userId="u-ada")
    cloud.put_on_bus("", id="poison-3", email=BOB)
    report = json.dumps({"eventType": "Bounce", "mail": {"destination": [ADA]}})
    cloud.queues.put(cloud.queues.by_name["feedback"], json.dumps({"Message": report}))
    cloud.settle()


def mails_to(cloud: Cloud, address: str) -> list[Mail]:
    """The mails that went to an address."""
    local = address.partition("@")[0].casefold()
    return [mail for mail in cloud.mails if mail.to.casefold().startswith(local)]


def ask(cloud: Cloud, email: str = ADA, name: str = "one") -> Job:
    """Somebody asks for a person to be erased."""
    ref = identity_ref(EMAIL, email, PEPPER)
    assert ref is not None
    held = identities.read([ref]).get(ref)
    job = Job(name, "forget", cloud.clock.now, about=erasing.about(held.contact if held else None, ref))
    jobs.create(job)
    return job


def finish(cloud: Cloud, name: str = "one") -> Job:
    """Let the erasure come to its end."""
    cloud.skip(minutes=20)
    job = jobs.get(name)
    assert job is not None
    assert job.finished is not None, job
    return job


def refs() -> dict[str, str]:
    """Ada's names, and the identity of each."""
    named = {ADA: EMAIL, "u-ada": USER, "laptop-ada": "a", "phone-ada": "a"}
    found = {name: identity_ref(kind, name, PEPPER) for name, kind in named.items()}
    return {name: ref for name, ref in found.items() if ref}
