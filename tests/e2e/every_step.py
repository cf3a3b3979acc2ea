"""Journeys that have every kind of step and of trigger, and people who go through them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from authoring.compile import bundle
from authoring.load import load
from authoring.scenarios.model import Scenarios
from functions.core.release import Release
from tests.e2e.played import Story
from tests.unit.authoring.folders import Folder
from tests.unit.authoring.test_gallery_journeys import GALLERY, STAFF
from tests.unit.authoring.test_gallery_journeys import JOURNEYS as GALLERY_JOURNEYS

STARTS: Final = "2027-03-01 09:00"
"""A Monday, by the business's clock."""

JOURNEYS: Final = {
    "every-step": """
title: Every kind of step
topic: orders
start: {when: {requested: true}, again: always}
steps:
  - {id: mail, send: order-thanks}
  - {id: text, send: {sms: kettle-ready}}
  - {id: note, send: {push: kettle-ready}}
  - {id: hours, wait: {until_open: {on: [monday, tuesday], between: ["11:00", "12:00"]}}}
  - {id: looks, wait: {until: {clicked: mail}, at_most: 1 day}}
  - id: keen
    if: {clicked: mail}
    then: [{id: put, tag: looked}]
    else: [{id: off, untag: new}]
  - id: lot
    split:
      - {id: half, percent: 50, then: [{id: warmer, add: {score: interest, points: 30}}]}
      - {id: other, percent: 50, then: [{id: cooler, add: {score: interest, points: -10}}]}
  - {id: compare, holdout: 10}
  - {id: day, wait: {until_trait: renews, before: 2 days, at: "08:00"}}
  - id: which
    switch:
      - {id: gold, when: {trait: plan, is: gold}, then: [{id: won, update: {stage: action}}]}
    otherwise: [{id: ask, webhook: crm, keep: {plan: account.plan}}]
  - {id: answer, wait: {until: {trait: plan, known: true}, at_most: 1 hour}}
  - {id: know, update: {traits: {served: true, renews: null}}}
  - {id: tell, notify: {to: sales, subject: "Look at {{ contact.plan }}"}}
  - {id: hand, handoff: {to: sales, reason: Went all the way}}
  - {id: fixed, wait: {until_day: 2027-03-15, at: "10:00"}}
  - {id: next, start: asked-for}
  - id: often
    at_most: 2
    repeat:
      - {id: pause, wait: 1 day}
      - {id: again, send: order-thanks}
  - {id: out, exit: true}
""",
    "asked-for": """
title: Asked for by a step
topic: orders
start: {when: {requested: true}, again: after 30 days}
goal: {event: Thanked}
steps:
  - {id: rest, wait: 2 days}
  - {id: rested, tag: rested}
""",
    "two-waits": """
title: Two waits
topic: orders
start: {when: {requested: true}}
goal: {event: Thanked}
steps:
  - {id: first, wait: 1 day}
  - {id: between, send: order-thanks}
  - {id: second, wait: 1 day}
  - {id: after, send: order-thanks}
""",
    "mondays": """
title: By the calendar
topic: orders
start: {when: {every: monday, at: "10:30", segment: customers}, again: never}
steps:
  - {id: greet, tag: greeted}
  - {id: short, wait: 90 minutes}
  - {id: dear, send: order-thanks}
""",
    "crossed": """
title: A line crossed
topic: orders
start: {when: {becomes: {score: interest, at_least: 60}}, again: always}
exit: {tag: staff}
ends: 2027-03-20
steps:
  - {id: a-month, wait: 30 days}
  - {id: never, tag: late}
""",
    "events": """
title: Each event by itself
topic: orders
start: {when: {event: Sample Ordered}, again: always, one_per: event}
steps:
  - {id: brew, wait: {until: {event: Sample Drunk}, at_most: 12 hours}}
  - {id: drunk, add: {score: interest, points: 5}}
""",
    "said-yes": """
title: Asked by mail
topic: orders
start: {when: {event: Subscription Confirmed, form: wholesale}}
steps:
  - {id: agreed, tag: agreed}
  - {id: rest, wait: 1 day}
  - {id: prices, send: order-thanks}
""",
}

SCENARIOS: Final = """
journey: every-step
scenarios:
  - name: Somebody who clicks and has a plan
    contact: {traits: {renews: 2027-03-12, plan: gold, phone: "+905321234567"}, push: true, tags: [new]}
    by_chance: {lot: half, compare: goes-on}
    events:
      - {at: start, requested: every-step}
      - {at: 5 hours later, clicked: mail}
      - {at: 6 days later, event: Order Completed, properties: {total: 30, order_id: o1}}
      - {at: 15 days later, event: Thanked}
    expect: {ends: exited}
  - name: Somebody whose plan the program knows
    contact: {traits: {renews: 2027-03-12}, tags: [new]}
    by_chance: {lot: other, compare: goes-on}
    events:
      - {at: start, requested: every-step}
      - {at: 3 days later, traits: {renews: 2027-03-11}}
      - {at: 2027-03-09 08:00, traits: {plan: silver}}
    expect: {ends: exited}
  - name: Somebody to compare with
    contact: {traits: {renews: 2027-03-12}}
    by_chance: {compare: held-out}
    events:
      - {at: start, requested: every-step}
    expect: {ends: exited}
  - name: Somebody on the staff
    events:
      - {at: start, event: Order Completed, properties: {total: 30}}
      - {at: 2 days later, tag: staff}
    expect: {}
  - name: Somebody who crosses the line and is still there when it ends
    events:
      - {at: 4 hours later, event: Order Completed, properties: {total: 30}}
    expect: {}
  - name: Somebody who orders two samples
    events:
      - {at: start, event: Sample Ordered}
      - {at: 2 hours later, event: Sample Ordered}
      - {at: 3 hours later, event: Sample Drunk}
      - {at: 20 hours later, event: Sample Ordered}
    expect: {}
  - name: Somebody whose mail comes back
    by_chance: {compare: goes-on}
    events:
      - {at: start, requested: every-step}
      - {at: 4 hours later, bounced: mail}
      - {at: 26 hours later, traits: {plan: silver}}
    expect: {}
  - name: Somebody who says yes in a mail
    events:
      - at: start
        form: wholesale
        answers: {name: Ada, company: Çay Evi, house: cafe, teas: [Black]}
        consents: [offers]
      - {at: 3 hours later, confirmed: wholesale}
    expect: {}
"""
ANSWER: Final = {"account": {"plan": "silver"}}
ANSWERED: Final = {1: frozenset({2}), 6: frozenset({2})}
"""By scenario, the places of what a program's answer makes known: the stack hears it from the program."""


def folder(root: Path) -> Folder:
    """The demo with these journeys, and everything of the gallery that they and its own use."""
    made = Folder(root)
    for path in [*(GALLERY / "emails").iterdir(), *(GALLERY / "forms").iterdir(), *(GALLERY / "journeys").iterdir()]:
        made.write(f"{path.parent.name}/{path.name}", path.read_text(encoding="utf-8"))
    for channel, name in (("sms", "sms-kettle-ready"), ("push", "push-kettle-ready"), ("webhooks", "webhook-crm")):
        short = "crm" if channel == "webhooks" else "kettle-ready"
        made.write(f"{channel}/{short}.yaml", (GALLERY / "channels" / f"{name}.yaml").read_text(encoding="utf-8"))
    for name, text in JOURNEYS.items():
        made.write(f"journeys/{name}.yaml", text)
    made.write("scenarios/every-step.yaml", SCENARIOS)
    made.write("sending.yaml", made.read("sending.yaml") + STAFF)
    # One a second would hold up everybody whose alarms ring together.
    made.swap("sending.yaml", "rate_per_second: 1\n", "rate_per_second: 50\n")
    return made


def release(root: Path) -> Release:
    """Their release."""
    return bundle(folder(root).root).content


def stories(of_each: int | None = None) -> Iterator[Story]:
    """Everybody of these scenarios, and so many of each journey of the gallery (None: all)."""
    for journey in ("every-step", *GALLERY_JOURNEYS):
        told = scenarios(journey).scenarios
        for place, scenario in enumerate(told if journey == "every-step" else told[:of_each]):
            answered = ANSWERED.get(place, frozenset()) if journey == "every-step" else frozenset()
            yield Story(journey, scenario, answered)


def scenarios(name: str) -> Scenarios:
    """The scenarios of a journey of the gallery, or those above."""
    text = SCENARIOS if name == "every-step" else (GALLERY / "scenarios" / f"{name}.yaml").read_text(encoding="utf-8")
    data: Any = load(f"{name}.yaml", text).data
    return Scenarios.model_validate(data)
