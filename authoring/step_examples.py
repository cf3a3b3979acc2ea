"""Examples of every kind of step and trigger, as they stand in the reference; tests read each of them."""

from collections.abc import Mapping
from typing import Final

TRIGGERS: Final[Mapping[str, tuple[str, ...]]] = {
    "event": ("{event: Form Submitted, form: hello}", "{event: Order Completed, where: {total: {above: 50}}}"),
    "becomes": (
        "{becomes: {segment: keen}}",
        "{becomes: {not: {event: Order Completed, within: 90 days}}}",
        "{becomes: {trait: birthday, anniversary: today}}",
    ),
    "every": (
        '{every: monday, at: "09:00", segment: keen}',
        "{every: month, day: 1, segment: keen}",
    ),
    "requested": ("{requested: true}",),
}
STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "send": ("{id: hello, send: welcome}", "{id: text, send: {sms: reminder}, topic: offers}"),
    "wait": (
        "{id: pause, wait: 3 days}",
        "{id: clicked, wait: {until: {clicked: hello}, at_most: 3 days}}",
        "{id: end, wait: {until_trait: trial_ends, before: 3 days}}",
        '{id: day, wait: {until_day: 2027-03-08, at: "10:00"}}',
        '{id: office, wait: {until_open: {on: [monday, tuesday], between: ["09:00", "17:00"]}}}',
    ),
    "if": ("{id: keen, if: {score: interest, at_least: 50}, then: [{id: offer, send: first-offer}]}",),
    "switch": (
        "{id: budget, switch: [{id: small, when: {trait: budget, below: 5000}, then: [{id: mail, send: welcome}]}], "
        "otherwise: []}",
    ),
    "split": (
        "{id: ab, split: [{id: short, percent: 50, then: [{id: one, send: welcome}]}, {id: none, percent: 50}]}",
    ),
    "holdout": ("{id: control, holdout: 10}",),
    "update": ("{id: know, update: {traits: {plan: gold, trial_ends: null}}}", "{id: won, update: {stage: action}}"),
    "tag": ("{id: mark, tag: welcomed}",),
    "untag": ("{id: clear, untag: welcomed}",),
    "add": ("{id: warmer, add: {score: interest, points: 10}}",),
    "webhook": ("{id: crm, webhook: crm, keep: {crm_id: record.id}}",),
    "notify": ('{id: tell, notify: {to: shop, subject: "A new reader: {{ contact.email }}"}}',),
    "handoff": ("{id: sales, handoff: {to: shop, reason: Wants 40 kg a month}}",),
    "start": ("{id: next, start: newsletter}",),
    "repeat": ("{id: weekly, repeat: [{id: tip, send: brewing-guide}, {id: week, wait: 1 week}], at_most: 10}",),
    "exit": ("{id: out, exit: true}",),
}
