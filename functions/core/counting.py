"""What each stored thing adds to the counted numbers of reports, as a unit (core/counted). Pure.

A message counts on the day on which it was decided, a run on the day on which it began, whatever happens to them
later: what became of Monday's letters stands in one line. Days are the business's own.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from functions.core import event as names
from functions.core.contact import Decision, Standing
from functions.core.counted import NOW, Place, Unit
from functions.core.days import day_of
from functions.core.enrollment import Enrollment
from functions.core.event import FORM, SYSTEM, Event
from functions.core.ids import digest
from functions.core.journey_facts import goes_on_elsewhere
from functions.core.message import Message

WAY: Final = "way-"
"""How the measure begins of a step that was passed by one of its ways."""
BY: Final = "by-"
"""How the measure begins of messages that were sent by one of the channels."""
_LONGEST: Final = 60
_NOT_IN_A_PART: Final = re.compile(r"[^\w.+-]+")


def day(moment: int, zone: str) -> str:
    """The day of a moment (ms), as numbers stand under it."""
    return day_of(moment, zone).isoformat()


def part(text: str) -> str:
    """What somebody outside called something, as a part: short, on one line, without signs that mean something. An
    address is "unknown": numbers stay when whoever it names is erased."""
    if "@" in text:
        return "unknown"
    return _NOT_IN_A_PART.sub("-", text.strip().casefold())[:_LONGEST].strip("-") or "unknown"


def source(touch: Mapping[str, str] | None) -> str:
    """By which source a touch came, as a part: as the campaign named it, else the referring site; "direct"."""
    said = touch or {}
    return part(said.get("source") or said.get("referrer") or "direct")


LETTERS: Final = (
    *("decided", "withheld", "sent", "delivered", "opened"),
    *("clicked", "orders", "unsubscribed", "bounced", "complained"),
)
"""What is counted of messages, in the order in which pages say it; what machines did with them stands apart."""
MACHINES: Final = ("machines-opened", "machines-clicked")

# --- messages -------------------------------------------------------------------------------------------------------

BY_MAILBOX: Final = (
    *("sent", "delivered", "opened", "clicked", "unsubscribed"),
    *("bounced", "complained"),
    *MACHINES,
)
"""What is counted of mails by whose mailboxes they went to, once they were sent."""
_AFTER_SENT: Final = ("sent", "delivered", "bounced", "complained")


def message_unit(id: str) -> str:
    """The unit of a message."""
    return digest("counted", "message", id)


def of_message(message: Message, zone: str) -> Unit:
    """What a message amounts to: decided, withheld (why), sent (by what), delivered, bounced, complained of."""
    happened = {"decided"}
    if any(state in message.times for state in _AFTER_SENT):
        happened |= {"sent", f"{BY}{message.channel}", *(state for state in _AFTER_SENT if state in message.times)}
    # What is said later of one that was given up, or of which nobody knew, is believed.
    so_far = {"withheld", f"withheld-{message.reason}"} if message.state == "withheld" else set[str]()
    if message.state == "unknown":
        so_far.add("unknown")
    adds, stands = (_of_letter(message, sorted(measures), zone) for measures in (happened, so_far))
    return Unit(message_unit(message.id), message.version + 1, adds=adds, stands=stands)


def _of_letter(message: Message, measures: Iterable[str], zone: str, many: int = 1) -> dict[Place, int]:
    on, subject = day(message.created, zone), f"journey/{message.journey}"
    places: dict[Place, int] = {}
    for measure in measures:
        places[Place(subject, on, message.step, measure)] = many
        if not measure.startswith(("withheld-", BY)):
            places[Place("mail", on, message.channel, measure)] = many
        if message.mailbox and measure in BY_MAILBOX:
            places[Place("mailboxes", on, message.mailbox, measure)] = many
    return places


REACTIONS: Final[Mapping[str, str]] = {
    names.EMAIL_OPENED: "opened",
    names.EMAIL_CLICKED: "clicked",
    names.PUSH_CLICKED: "clicked",
    names.UNSUBSCRIBED: "unsubscribed",
}
"""What people do with a message, by the event."""


def reaction_unit(message: str) -> str:
    """The unit of what people and machines did with a message."""
    return digest("counted", "reaction", message)


def message_of(event: Event) -> str:
    """The message with which an event was something done; "" where it tells of none."""
    about = event.properties.get("message")
    return about if event.kind == SYSTEM and event.name in REACTIONS and isinstance(about, str) else ""


def of_reactions(done: Iterable[tuple[Event, bool]], message: Message, zone: str, *, exactly: bool = False) -> Unit:
    """What people (True) and machines did with a message: each once a message. `exactly`: these are all there are."""
    measures = {f"{'' if person else 'machines-'}{REACTIONS[event.name]}" for event, person in done}
    return Unit(reaction_unit(message.id), adds=_of_letter(message, sorted(measures), zone), exactly=exactly)


# --- runs of journeys -----------------------------------------------------------------------------------------------


def run_unit(run: str) -> str:
    """The unit of a run."""
    return digest("counted", "run", run)


def of_run(run: Enrollment, zone: str) -> Unit:
    """What a run amounts to: entered, each step it passed and by which way, where it waits or a mistake keeps it,
    how it ended."""
    on, subject = day(run.begun or run.entered, zone), f"journey/{run.journey}"
    adds = {Place(subject, on, "", "entered"): 1}
    for passed in run.path:
        adds[Place(subject, on, passed.step, "passed")] = 1
        adds[Place(subject, on, passed.step, f"{WAY}{passed.outcome}")] = 1
    stands: dict[Place, int] = {}
    if not run.active:
        adds[Place(subject, on, "", "merged" if goes_on_elsewhere(run) else run.state)] = 1
    elif run.failure is not None:
        # Where the mistake is, though it had gone on to wait elsewhere when its message could not be made.
        stands[Place(subject, NOW, run.failure.step, "stuck")] = 1
    elif run.waiting is not None:
        stands[Place(subject, NOW, run.waiting.step, "here")] = 1
    return Unit(run_unit(run.id), run.version + 1, adds=adds, stands=stands)


# --- segments, stages, bands ----------------------------------------------------------------------------------------


def member_unit(segment: str, contact: str) -> str:
    """The unit of somebody's place in a segment."""
    return digest("counted", "member", segment, contact)


def of_member(segment: str, contact: str, version: int, at: int, zone: str, *, inside: bool) -> Unit:
    """Somebody entered a segment, or left it, at a moment (ms)."""
    subject = f"segment/{segment}"
    happened = Place(subject, day(at, zone), "", "entered" if inside else "left")
    stands = {Place(subject, NOW, "", "inside"): 1} if inside else {}
    return Unit(member_unit(segment, contact), version, once={happened: 1}, stands=stands)


def standing_unit(contact: str) -> str:
    """The unit of where somebody stands."""
    return digest("counted", "standing", contact)


def of_standing(
    contact: str, version: int, standing: Standing, decisions: Iterable[Decision], by: str, zone: str
) -> Unit:
    """Where somebody stands, who came by the source `by`, and what was just decided of that: bands and stages entered.

    Going on from a stage counts on the day on which that stage was entered, with the milliseconds it took: of those
    who came in a week, so many went on.
    """
    once: dict[Place, int] = {}

    def add(stage: str, on: str, measure: str, many: int = 1) -> None:
        for place in (Place("funnel", on, stage, measure), Place("funnel-by-source", on, f"{stage}.{by}", measure)):
            once[place] = once.get(place, 0) + many

    for decision in decisions:
        on = day(decision.at, zone)
        if decision.kind == "temperature":
            place = Place("temperature", on, decision.after, "entered")
            once[place] = once.get(place, 0) + 1
        elif decision.kind == "stage":
            if decision.after:
                add(decision.after, on, "entered")
                if not decision.before:
                    add("", on, "came")
            # Decisions of an earlier version don't say it.
            if decision.before and (since := decision.since or standing.stages.get(decision.before)):
                came = day(since, zone)
                add(decision.before, came, "through" if decision.after else "out")
                add(decision.before, came, "ms", max(0, decision.at - since))
    # The lowest are all others: whoever never crossed a line is none that is counted.
    stands: dict[Place, int] = {}
    if standing.temperature != "cold":
        stands[Place("standing", NOW, "band", standing.temperature)] = 1
    if standing.stage:
        stands[Place("standing", NOW, "stage", standing.stage)] = 1
    if standing.grade != "D":
        stands[Place("standing", NOW, "grade", standing.grade)] = 1
    return Unit(standing_unit(contact), version, once=once, stands=stands)


def of_nobody(contact: str, version: int) -> Unit:
    """Somebody who stands nowhere any more: merged into another, or erased."""
    return Unit(standing_unit(contact), version)


# --- single events --------------------------------------------------------------------------------------------------

_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    names.ASSET_DOWNLOADED: ("asset", "downloaded"),
    names.POPUP_SHOWN: ("popup", "shown"),
    names.POPUP_CLICKED: ("popup", "clicked"),
    names.POPUP_DISMISSED: ("popup", "dismissed"),
}
SOURCE: Final = "source"
"""The subject of orders, by source."""
ORDERED: Final = "Order Completed"
REFUNDED: Final = "Order Refunded"
COUNTED: Final = frozenset((names.FORM_SUBMITTED, names.PAGE_VIEWED, *_KINDS, ORDERED, REFUNDED))
"""Events that are units by themselves, some of them."""


def event_unit(ref: str) -> str:
    """The unit of one event."""
    return digest("counted", "event", ref)


def of_event(event: Event, known: Mapping[str, Collection[str]], zone: str, came_by: str = "direct") -> Unit | None:
    """What a person's event amounts to by itself: a form sent, a file taken, a page of ours seen, an order. None where
    it isn't counted. `known` are the ids of what the business has made, by kind: only those have numbers. An order that
    doesn't say by which campaign its visit came is put down to the source by which the person came first."""
    if not is_counted(event, known):
        return None
    found, on = _about(event), day(event.at, zone)
    if found is None:
        return Unit(event_unit(event.ref), adds=_money(event, SOURCE, _source_of(event) or came_by, on), first=True)
    kind, id, measure = found
    return Unit(event_unit(event.ref), adds={Place(f"{kind}/{id}", on, "", measure): 1})


def is_counted(event: Event, known: Mapping[str, Collection[str]]) -> bool:
    """Whether a person's event is a unit by itself."""
    found = _about(event)
    if found is None:
        return event.name in (ORDERED, REFUNDED) and event.kind == "track" and event.proved
    kind, id, _ = found
    return id in known.get(kind, ())


def _about(event: Event) -> tuple[str, str, str] | None:
    said = event.properties
    if event.name == names.FORM_SUBMITTED and event.kind == FORM:
        return "form", str(said.get("form")), "submitted"
    if event.name == names.PAGE_VIEWED and event.kind == "page":
        return "page", str(said.get("page")), "viewed"
    if event.name in _KINDS:
        kind, measure = _KINDS[event.name]
        return kind, str(said.get(kind)), measure
    return None


def _source_of(event: Event) -> str:
    named = event.context.get("campaign")
    return source(named) if isinstance(named, Mapping) and named else ""


def _money(event: Event, subject: str, of: str, on: str) -> dict[Place, int]:
    back = event.name == REFUNDED
    places = {Place(subject, on, of, "refunds" if back else "orders"): 1}
    if (paid := amount(event)) is not None:
        many, currency = paid
        places[Place(subject, on, of, f"{'refunded' if back else 'revenue'}-{currency}")] = many
    return places


def amount(event: Event) -> tuple[int, str] | None:
    """What an order came to, in hundredths of its currency ("" where it names none); None where it doesn't say.

    The names are those of Segment's spec for shops: revenue, or total with taxes and shipping.
    """
    for name in ("revenue", "total", "value"):
        value: Any = event.properties.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**9:
            continue
        currency = str(event.properties.get("currency") or "")
        return round(value * 100), currency.upper() if re.fullmatch(r"[A-Za-z]{3}", currency) else ""
    return None


ATTRIBUTED_MS: Final = 7 * 86_400_000
"""An order is a message's doing where its link was clicked so shortly before, by a person."""


def order_unit(ref: str) -> str:
    """The unit of an order, as far as a message brought it."""
    return digest("counted", "order", ref)


def of_order(event: Event, message: Message, zone: str) -> Unit:
    """An order that is put down to a message: decided once, by what was known when the order came."""
    subject, on = f"journey/{message.journey}", day(message.created, zone)
    return Unit(order_unit(event.ref), adds=_money(event, subject, message.step, on), first=True)
