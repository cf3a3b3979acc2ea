"""Judging opens and clicks in the company they came in, when that is complete.

Guarantees. Judging again, or twice at a time, inserts at most rulings that say the same; what
crashed before its rulings were in is asked again by the queue. Facts follow by the stream.
"""

from collections.abc import Sequence

from functions import releases
from functions.core.contact import Contact
from functions.core.identity import SELF, hash_of, kind_of, own_ref
from functions.core.times import LATEST
from functions.core.verdicts import Occasion, rule_on
from functions.observability import metric
from functions.tables import messages, rulings
from functions.tables.rulings import Told
from functions.work.queue import Asked

LOOKED_BACK_MS = 15 * 60_000
"""So far before the newest event asked about its company is read: the longest hold and burst together."""


def judge(asked: Asked, now: int) -> None:
    """Rule on the opens and clicks of one message that arrived until the moment asked about."""
    stamps = (max(0, asked.until - LOOKED_BACK_MS), LATEST)
    told = [one for one in rulings.told([own_ref(asked.contact)], stamps) if _message(one) == asked.message]
    _rule(told, asked, now)


def judge_again(contact: Contact, now: int) -> None:
    """Rule anew on everything of a contact's that was ever held, by the settings of the day.

    It also rules on what nobody was asked about, should a question ever get lost.
    """
    grouped: dict[tuple[str, str], list[Told]] = {}
    sources = {own_ref(contact.id), *(ref for ref in contact.profile.identities if kind_of(ref) == SELF)}
    for one in rulings.told(sorted(sources)):
        if message := _message(one):
            grouped.setdefault((one[0].source, message), []).append(one)
    for (source, message), told in grouped.items():
        if any(event.held for event, _ in told):
            hold = releases.live().release.bots.hold * 1000
            _rule(told, Asked(hash_of(source), message, now - hold), now)


def _message(told: Told) -> str:
    message = told[0].properties.get("message")
    return message if isinstance(message, str) else ""


def _rule(told: Sequence[Told], asked: Asked, now: int) -> None:
    ledger = messages.get(asked.contact, asked.message)
    times = ledger.times if ledger else {}
    links = ledger.links if ledger else 0
    occasion = Occasion([event for event, _ in told], times.get("sent"), times.get("delivered"), links)
    made = rule_on(told, occasion, releases.live().release.bots, asked.until, now)
    if made:
        rulings.insert(made)
        metric("EventsJudged", len(made))
