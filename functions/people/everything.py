"""All that is kept of one person, in plain values."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from functions import clock, releases
from functions.core.channels import CHANNELS, addressed
from functions.core.contact import Contact
from functions.core.definition import spell_duration
from functions.core.identity import ANONYMOUS, EMAIL, PHONE, PUSH, SELF, USER, hash_of, kind_of, own_ref
from functions.core.privacy import spelled
from functions.core.release import Release
from functions.core.scoring import Score
from functions.core.views import BY_STEPS, earned, iso, local_day
from functions.people.dossier import dossier_of
from functions.people.whom import of
from functions.tables import addresses

KINDS = {
    USER: "account",
    EMAIL: "address",
    PHONE: "phone",
    ANONYMOUS: "browser",
    PUSH: "browser's notifications",
    SELF: "our own records",
}
BY = {"email": "by e-mail", "sms": "by text message", "push": "by notifications"}
"""How an agreement about a channel is said."""


def everything(name: str) -> dict[str, Any]:
    """All that is kept of a person, in plain values. Raises UnknownPerson."""
    contact = of(name)
    live, now = releases.live(), clock.now_ms()
    known = dossier_of(contact, limit=None)
    reached = [ref for ref in contact.profile.identities if kind_of(ref) in addressed()]
    return {
        "made": iso(now),
        "business": live.release.sending.business.name,
        **known,
        "identities": [
            {"kind": KINDS.get(kind_of(ref), "address"), "hash": hash_of(ref)}
            for ref in sorted({*contact.profile.identities, own_ref(contact.id)})
        ],
        "explained": _explained(contact, live.release, now),
        "consent": consents(reached),
        "kept": {
            **spelled(live.release.privacy.retention),
            "consent": "as long as mail may go to the address; a withdrawal stays as a hash",
        },
    }


def consents(refs: Iterable[str]) -> list[dict[str, Any]]:
    """What was agreed to and withdrawn at each of these addresses, by channel, oldest first: the proof."""
    channels = {channel.identity: name for name, channel in CHANNELS.items() if channel.identity}
    entries = [
        (channels[kind_of(ref)], entry, change)
        for ref in refs
        for entry in addresses.entries(hash_of(ref))
        for change in entry.changes
        if change.subject[:1] != "@"
    ]
    return [
        {
            "kind": change.kind,
            "channel": channel,
            "topic": change.subject,
            "wording": change.wording or None,
            "counts_from": iso(entry.moment(change)),
            "said": iso(entry.at),
            "arrived": iso(entry.arrived),
            "source": entry.source,
            "page": entry.page or None,
            "release": entry.release or None,
            "language": entry.language or None,
            "event": entry.ref,
        }
        for channel, entry, change in sorted(entries, key=lambda one: (one[1].arrived, one[1].ref))
    ]


def _explained(contact: Contact, release: Release, now: int) -> dict[str, list[dict[str, Any]]]:
    """Which rule gave how many points, by score."""
    zone = release.sending.business.time_zone
    today = local_day(now, zone)
    return {name: list(_rules(contact, name, score, today, zone)) for name, score in release.scoring.scores.items()}


def _rules(contact: Contact, name: str, score: Score, today: int, zone: str) -> Iterator[dict[str, Any]]:
    each = {rule.id: rule.points for rule in score.rules}
    for rule, days in groupby(earned(contact.state.facts, name, score, today, zone), key=lambda one: one.rule):
        given = list(days)
        if rule == BY_STEPS:
            yield {
                "rule": "added by steps of journeys",
                "points": sum(one.given for one in given),
                "worth_now": round(sum(one.left for one in given), 1),
                "halves_every": spell_duration(score.half_life),
            }
            continue
        yield {
            "rule": rule,
            "points_each": each[rule],
            "times": sum(one.counted + one.capped for one in given),
            "counted": sum(one.counted for one in given),
            "worth_now": round(sum(one.left for one in given), 1),
            "halves_every": spell_duration(score.half_life),
        }
