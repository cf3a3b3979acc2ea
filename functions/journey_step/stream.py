"""The contacts' stream as outbox: log, bus, segments' members, wakes and enrollments.

A record may come again, whole or in part: each piece of work is idempotent, and publishing
carries the decision's id to tell repeats by. A piece that can never succeed is set aside
with its record, and the others go on; what may pass raises when all others are done, so
that the batch is delivered again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from functions import releases, settings
from functions.aside import set_aside
from functions.aws import events as bus
from functions.aws.attributes import from_item
from functions.aws.faults import hopeless
from functions.core.contact import Decision
from functions.core.decisions import BACKFILL, BY_TIME
from functions.journey_step import progress
from functions.journey_step.admit import admit
from functions.observability import metric
from functions.tables import contacts, decisions, enrollments, memberships, pauses

ROOM = "journey_step"


@dataclass(frozen=True, slots=True)
class _Invocation:
    """What one invocation reads once: the live release, its contacts that were erased, journeys that are paused."""

    live: releases.Live
    erased: frozenset[str]
    paused: frozenset[str]


def _begun(records: Sequence[Mapping[str, Any]], now: int) -> _Invocation:
    states = contacts.state_keys({_contact(record) for record in records} - {""})
    live, rows = releases.live_and([pauses.KEY, *states])
    paused = pauses.from_item(rows.pop(pauses.KEY, None)).journeys(now)
    return _Invocation(live, contacts.erased_among(rows), paused)


@dataclass(slots=True)
class _Outcome:
    """What came of a batch so far."""

    published: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    failed: list[Exception] = field(default_factory=list)


def hand_on(records: Sequence[Mapping[str, Any]], now: int) -> None:
    """Hand on the decisions in stream records of contacts' states. Raises the first error that may pass."""
    invocation, outcome = _begun(records, now), _Outcome()
    stuck: set[str] = set()
    for record in records:
        if _contact(record) in invocation.erased:
            metric("DecisionsOfErased")
        elif _contact(record) not in stuck and not _hand_on(record, invocation, outcome, now):
            # Whatever comes after it for this contact waits for its turn.
            stuck.add(_contact(record))
    if outcome.published:
        bus.put(settings.bus_name(), outcome.published)
        metric("DecisionsPublished", len(outcome.published))
    if outcome.failed:
        raise outcome.failed[0]


def _contact(record: Mapping[str, Any]) -> str:
    keys = record.get("dynamodb", {}).get("Keys", {})
    return contacts.contact_of(str(keys.get("pk", {}).get("S", "")))


def _hand_on(record: Mapping[str, Any], invocation: _Invocation, outcome: _Outcome, now: int) -> bool:
    try:
        image = from_item(record["dynamodb"]["NewImage"])
        made = contacts.decisions_of(image)
    except Exception as error:
        set_aside(ROOM, record, error)
        return True
    contact = _contact(record)
    published = [entry for decision in made if (entry := _entry(contact, decision)) is not None]
    complete = True
    for piece in _pieces(contact, image, made, invocation, now):
        try:
            piece()
        except Exception as error:
            if hopeless(error):
                set_aside(ROOM, record, error)
            else:
                outcome.failed.append(error)
                complete = False
    if complete:
        outcome.published.extend(published)
    return complete


def _pieces(
    contact: str, image: Mapping[str, Any], made: Sequence[Decision], invocation: _Invocation, now: int
) -> list[Callable[[], object]]:
    """The independent pieces of work in one record. Runs that are open hear of an event before
    it may start new ones: it may be their goal."""
    pieces: list[Callable[[], object]] = []
    for decision in made:
        if decision.kind != "wake":
            pieces.append(partial(_log, contact, decision, invocation))
        if decision.kind == "segment":
            inside = decision.after == "in"
            pieces.append(
                partial(memberships.note, decision.name, contact, inside=inside, version=image["n"], at=decision.at)
            )
    if image.get("w"):
        pieces.append(partial(_wake, contact, image["w"], invocation, now))
    for decision in made:
        if decision.kind == "trigger":
            pieces.append(partial(_admit, contact, decision, invocation, now))
    return pieces


def _log(contact: str, decision: Decision, invocation: _Invocation) -> None:
    decisions.log(contact, decision, invocation.live.release.privacy.retention.decisions)


def _admit(contact: str, decision: Decision, invocation: _Invocation, now: int) -> None:
    admit(contact, decision, invocation.live, now, invocation.paused)


def _wake(contact: str, noted: Iterable[str], invocation: _Invocation, now: int) -> None:
    """Bring every open run of the contact forward; one that can't be doesn't hold up the others."""
    runs = [run for run in enrollments.noted(contact, noted) if run.active or run.todo]
    # What a mistake keeps is tried when its time has come: whatever happens meanwhile is found then.
    open_ones = [run for run in runs if not run.rests(now)]
    if not open_ones:
        return
    person = contacts.surviving(contact)
    failed: list[Exception] = []
    for enrollment in open_ones:
        try:
            progress.wake(enrollment, now, person, invocation.paused)
        except Exception as error:
            failed.append(error)
    if failed:
        # What may pass comes first: the record is then delivered again, whole.
        raise min(failed, key=hopeless)


def _entry(contact: str, decision: Decision) -> tuple[str, Mapping[str, Any]] | None:
    match decision.kind:
        case "temperature":
            kind = "Temperature Changed"
        case "grade":
            kind = "Grade Changed"
        case "stage":
            kind = "Stage Entered" if decision.after else "Stage Left"
        case "segment":
            kind = "Segment Entered" if decision.after == "in" else "Segment Left"
        case _:
            return None
    detail = {
        "v": 1,
        "id": decision.id,
        "contact": contact,
        "name": decision.name,
        "from": decision.before,
        "to": decision.after,
        "at": decision.at,
        "cause": decision.cause if decision.cause in (BY_TIME, BACKFILL) else "event",
    }
    return kind, detail
