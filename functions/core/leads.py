"""What sales is told of a lead: plain text, made of what is known. Pure."""

from collections.abc import Callable

from functions.core.conditions import Condition
from functions.core.contact import Contact
from functions.core.evaluate import Seen, Verdict, evaluate
from functions.core.release import Release
from functions.core.standing import grade_at, temperature_at
from functions.core.views import local_day, points

Say = Callable[[str], str]
"""The word of a key in the language of the business."""


def name_of(contact: Contact) -> str:
    """What the contact is called, "" where nobody said it."""
    whole = contact.profile.trait("name")
    parts = [whole] if isinstance(whole, str) else map(contact.profile.trait, ("first_name", "last_name"))
    return " ".join(part for part in parts if isinstance(part, str)).strip()


def subject(contact: Contact, reason: str) -> str:
    """The subject of the mail: who, and why now."""
    who = name_of(contact) or contact.profile.email
    return f"{who}: {reason}" if who else reason


def told(contact: Contact, release: Release, reason: str, now: int, say: Say) -> str:
    """The text of the mail at `now` (ms): the reason, who it is, and what they are worth by score, grade and
    temperature, as far as the release has them."""
    zone, scoring = release.sending.business.time_zone, release.scoring
    today, facts, seen = local_day(now, zone), contact.state.facts, Seen(contact, release)

    def holds(condition: Condition) -> Verdict:
        return evaluate(condition, seen, now)

    phone = contact.profile.trait("phone")
    lines = [
        (say("lead-reason"), reason),
        (say("lead-name"), name_of(contact)),
        (say("lead-email"), contact.profile.email or ""),
        (say("lead-phone"), str(phone) if isinstance(phone, str | int) else ""),
        *(
            (score.title or name, str(points(facts, name, score, today, zone)))
            for name, score in scoring.scores.items()
        ),
        (say("lead-grade"), grade_at(release, holds)[0] if scoring.grade else ""),
        (
            say("lead-temperature"),
            say(f"lead-{temperature_at(contact, release, now)[0]}") if scoring.temperature else "",
        ),
    ]
    return "".join(f"{label}: {' '.join(value.split())}\n" for label, value in lines if value.strip())
