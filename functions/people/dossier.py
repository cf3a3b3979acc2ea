"""Everything that is known about one person, read from a deployment: why Ada got this, and not that."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sized
from typing import Any

from functions import bots, clock, releases
from functions.core import identity
from functions.core.admission import Refusal
from functions.core.certainty import Verdict as Holds
from functions.core.conditions import Condition
from functions.core.consent import Head, frequency, paused_until, suppressed
from functions.core.contact import Contact, Decision, Touch
from functions.core.decisions import BACKFILL, BY_TIME
from functions.core.enrollment import Enrollment
from functions.core.entering import refusal_of, words
from functions.core.evaluate import Seen, consents, evaluate
from functions.core.event import Event
from functions.core.ids import LINE
from functions.core.message import Message
from functions.core.policy import REASONS
from functions.core.standing import grade_at, stage_at, temperature_at
from functions.core.verdicts import BY_HAND, MEANINGS, Ruling, Verdict, verdict
from functions.core.views import iso, local_day, points
from functions.core.why import why
from functions.people.whom import KINDS, of
from functions.releases import Live
from functions.score.history import History
from functions.tables import addresses, decisions, enrollments, events, identities, leads, messages, rulings


class UnknownEvent(ValueError):
    """No event is stored under that name."""


def rule(ref: str, person: bool, reason: str) -> Ruling:
    """Decide by hand who the visitor of an event was; facts follow in a moment. Raises UnknownEvent."""
    kind, _, rest = ref.partition("#")
    hash_, _, key = rest.partition("#")
    event = events.get(f"{kind}#{hash_}", key) if hash_ and key[:13].isdigit() else None
    if event is None:
        raise UnknownEvent(f'there is no event "{ref}": `samovar contact EMAIL --refs` names each event')
    made = Ruling(event.source, event.sort_key, clock.now_ms(), "person" if person else "bot", BY_HAND, reason[:500])
    rulings.insert([made])
    return made


def dossier(who: str, *, limit: int = 50, explain: bool = False, segment: str | None = None) -> dict[str, Any]:
    """What is known about a person (see whom.of); the newest `limit` events. With `explain` also why, of the
    segments only of `segment` where it is given. Raises UnknownPerson, UnknownSegment."""
    return dossier_of(of(who), limit=limit, explain=explain, segment=segment)


def dossier_of(
    contact: Contact,
    *,
    limit: int | None,
    explain: bool = False,
    segment: str | None = None,
    reading: int | None = None,
    sorting: int | None = None,
) -> dict[str, Any]:
    """The same about a contact in hand; all events without a limit.

    With `reading` only so many of the newest events are looked at, whatever is asked of them, and as many decisions:
    then `cut` says whether there are more, and `older` before which sort key those stand that are not shown ("" where
    all are). So many of the newest messages and runs are told as well, and every run that is open. They are stored in
    no order of time: the newest are found among `sorting` of each. `more` names what there is more of, `unsorted`
    that of which there is more than was sorted, so that newer ones may be missing.
    """
    live, now = releases.live(), clock.now_ms()
    if reading is None:
        told, decided = list(History(contact).told()), decisions.of(contact.id)
        bounded: dict[str, Any] = {}
    else:
        told, older = History(contact).newest(reading)
        decided = decisions.newest_of(contact.id, reading)
        shown = told[:limit]
        bounded = {
            "cut": bool(older),
            "older": shown[-1][0].sort_key if len(shown) < len(told) else older,
            "timeline": [_event(*one) for one in _judged(shown, live)],
        }
    timeline = _judged(told, live)
    by = Counter(found.who for _, found, _ in timeline)
    letters = messages.list_for(contact.id, sorting)
    current, earlier = enrollments.of(contact.id, sorting), enrollments.earlier(contact.id, sorting)
    runs = [*current, *earlier]
    shown_runs = sorted(runs, key=lambda run: (run.entered, run.id))
    if reading is not None:
        read: dict[str, list[Sized]] = {"messages": [letters], "enrollments": [current, earlier]}
        bounded["more"] = [what for what, found in read.items() if sum(map(len, found)) > reading]
        bounded["unsorted"] = [what for what, found in read.items() if any(len(one) == sorting for one in found)]
        newest = {run.id for run in shown_runs[-reading:]}
        letters = letters[-reading:]
        shown_runs = [run for run in shown_runs if run.id in newest or run.active]
    counted = [event for event, found, _ in timeline if found.who == "person"]
    named = {event.ref: event.name for event, _, _ in timeline}
    reasons = {"why": why(contact, live.release, counted, now, segment)} if explain else {}
    return {
        "contact": contact.id,
        "email": contact.profile.email,
        "time_zone": live.release.sending.business.time_zone,
        "traits": {name: value for name, (_, value) in sorted(contact.profile.traits.items())},
        "known_by": _known_by(contact),
        **_standing(contact, live, now),
        "attribution": {
            "first": _touch(contact.profile.first_touch),
            "last": _touch(contact.state.last_touch),
        },
        "tags": sorted(tag for tag, (_, held) in contact.state.facts.tags.items() if held),
        "topics": _topics(contact, live),
        "events": by["person"],
        "events_of_bots": by["bot"],
        "events_waiting": by["waiting"],
        "timeline": [_event(*one) for one in timeline[:limit]],
        **bounded,
        "decisions": [_decision(decision, named, refusal_of(decision, live.release, runs)) for decision in decided],
        "enrollments": [_enrollment(run) for run in shown_runs],
        "messages": [_message(message) for message in letters],
        "leads": [plain_lead(lead) for lead in leads.of(_selves(contact))],
        **reasons,
    }


def timeline_of(contact: Contact, *, reading: int, before: str) -> dict[str, Any]:
    """So many events of a contact that stand before a sort key, newest first, and before which the others stand."""
    told, older = History(contact).newest(reading, before)
    return {"timeline": [_event(*one) for one in _judged(told, releases.live())], "older": older}


def _judged(told: Iterable[rulings.Told], live: Live) -> list[tuple[Event, Verdict, Ruling | None]]:
    rules = bots.rules(live)
    found = [(event, verdict(event, ruling, rules), ruling) for event, ruling in told]
    return sorted(found, key=lambda one: (one[0].at, one[0].ref), reverse=True)


def _selves(contact: Contact) -> list[str]:
    """The contact, and those that were merged into it."""
    return [contact.id, *sorted(identity.contacts_among(contact.profile.identities) - {contact.id})]


def plain_lead(lead: leads.Lead) -> dict[str, Any]:
    """A lead in plain values."""
    return {
        "lead": lead.id,
        "at": iso(lead.at),
        "to": lead.to,
        "reason": lead.reason,
        "journey": lead.journey,
        "step": lead.step,
        "enrollment": lead.enrollment,
    }


def _known_by(contact: Contact) -> list[str]:
    """By how many identities of each kind, and whether somebody vouches for them."""
    held = identities.read(ref for ref in contact.profile.identities if identity.kind_of(ref) != identity.SELF)
    said: list[str] = []
    for name, kind in KINDS.items():
        of_kind = [one for ref, one in held.items() if identity.kind_of(ref) == kind]
        if of_kind:
            vouched = sum(one.proved for one in of_kind)
            how = "" if kind == identity.ANONYMOUS else " (vouched for)" if vouched == len(of_kind) else " (claimed)"
            said.append(f"{len(of_kind)} {name}{how}")
    return said


def _standing(contact: Contact, live: Live, now: int) -> dict[str, Any]:
    scoring, state = live.release.scoring, contact.state
    zone = live.release.sending.business.time_zone
    today = local_day(now, zone)
    scores = {name: points(state.facts, name, score, today, zone) for name, score in scoring.scores.items()}
    seen = Seen(contact, live.release)

    def holds(condition: Condition) -> Holds:
        return evaluate(condition, seen, now)

    stage, _ = stage_at(state, live.release, holds)
    lines = {name: iso(since) for name, since in sorted(state.standing.journeys.items())}
    return {
        "scores": scores,
        "temperature": temperature_at(contact, live.release, now)[0],
        "grade": grade_at(live.release, holds)[0] if scoring.grade else None,
        "stage": stage or None,
        "stages": {name: iso(since) for name, since in sorted(state.standing.stages.items(), key=lambda one: one[1])},
        "segments": {name: iso(since) for name, since in sorted(state.standing.segments.items())},
        **({"stands_where_journeys_start": lines} if lines else {}),
        "first_seen": _moment(state.facts.first),
        "last_seen": _moment(state.facts.last),
    }


def _topics(contact: Contact, live: Live) -> dict[str, Any]:
    """Consent by topic as the contact's events amount to, and what the ledger of the address says."""
    ref = identity.identity_ref(identity.EMAIL, contact.profile.email, releases.keyring().pepper)
    head = addresses.head(identity.hash_of(ref)) if ref else Head()
    topics: dict[str, Any] = {}
    for topic in live.release.sending.topics:
        if topic.transactional:
            continue
        granted = head.granted.get(topic.id)
        withdrawn = max((head.withdrawn[name] for name in (topic.id, "*") if name in head.withdrawn), default=None)
        topics[topic.id] = {
            "agreed": granted is not None and granted > (withdrawn or 0),
            "asked": _moment(head.requested.get(topic.id)),
            "granted": _moment(granted),
            "withdrawn": _moment(withdrawn),
            "by_events": consents(contact, topic.id),
        }
    stopped = {reason: iso(at) for reason, at in suppressed(head).items()}
    wishes = {"paused_until": _moment(paused_until(head)), "frequency": frequency(head)}
    return {"topics": topics, "suppressed": stopped} | (
        {"wishes": wishes} if head.paused[0] or head.frequency[0] else {}
    )


def _moment(at: int | None) -> str | None:
    return iso(at) if at else None


def _touch(touch: Touch | None) -> dict[str, Any] | None:
    return {"at": iso(touch.moment.at), **touch.said} if touch else None


def _event(event: Event, found: Verdict, ruling: Ruling | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"at": iso(event.at), "name": event.name, "kind": event.kind, "ref": event.ref}
    shown["who"] = found.who
    if found.rule or found.who != "person":
        shown |= {"rule": found.rule, "because": MEANINGS.get(found.rule, found.rule)}
    if ruling is not None and ruling.reason:
        shown["reason"] = ruling.reason
    for what in ("properties", "traits", "context"):
        if values := dict(getattr(event, what)):
            shown[what] = values
    return shown


def _decision(decision: Decision, named: Mapping[str, str], refusal: Refusal | None) -> dict[str, Any]:
    """`named`: the contact's events by ref; one that is kept no longer is still the cause."""
    because = {BY_TIME: "time passed", BACKFILL: "the rules changed"}
    if decision.cause.startswith(LINE):
        because[decision.cause] = "its condition came to hold"
    refused = {"refused": refusal, "why": words(refusal)} if refusal else {}
    return {
        "at": iso(decision.at),
        "kind": decision.kind,
        "name": decision.name,
        "from": decision.before,
        "to": decision.after,
        "cause": decision.cause,
        "because": because.get(decision.cause) or named.get(decision.cause),
        "id": decision.id,
        **refused,
    }


def _enrollment(run: Enrollment) -> dict[str, Any]:
    waiting = run.waiting
    return {
        "id": run.id,
        "journey": run.journey,
        "state": run.state,
        "entered": iso(run.entered),
        "ended": _moment(run.ended),
        "release": run.release,
        "cause": run.cause,
        "waiting": {"step": waiting.step, "since": iso(waiting.since), "until": iso(waiting.deadline)}
        if waiting
        else None,
        "path": [{"step": step.step, "at": iso(step.at), "outcome": step.outcome} for step in run.path],
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "created": iso(message.created),
        "template": message.template,
        "topic": message.topic,
        "journey": message.journey,
        "step": message.step,
        "state": message.state,
        "reason": message.reason or None,
        "why": REASONS.get(message.reason) if message.reason else None,
        "detail": message.detail or None,
        "times": {state: iso(at) for state, at in message.times.items()},
    }
