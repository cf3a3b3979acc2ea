"""Double opt-in: a form asks, a mail asks again, and only the link in it makes consent.

For every form with `double_opt_in` a release has one more journey, of one step, that sends
the mail. Its id carries two hyphens, which nobody can write in a definition file. What was
asked stands in the address's ledger as *requests*; confirming adds the grants, which count
from the moment of asking: whatever was withdrawn since stays withdrawn.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from functions.core.conditions import EventMatch
from functions.core.consent import Change, Entry, Head, allowed, suppression, withdrawn
from functions.core.event import FORM_SUBMITTED, SUBSCRIPTION_CONFIRMED, SYSTEM, Event
from functions.core.forms import ConsentBox, Form
from functions.core.identity import EMAIL, PHONE, hash_of, kind_of, own_ref
from functions.core.ids import digest
from functions.core.journey import Journey, Start
from functions.core.sending import Topic
from functions.core.steps import Send

MARK: Final = "confirm--"
STEP: Final = "ask"
ASKED: Final = "asked"
"""Property of a submission: the topics that wait for their confirmation."""
MAIL: Final = "confirmation"
"""Property of a submission: true where a mail shall ask for it."""
BY_MAIL: Final = "@mail"
"""Subject of a request that also sent a mail; no topic can be called so."""
QUIET_S: Final = 4 * 3600
"""One address is asked by mail once in so many seconds, whoever types it and however often."""


def journeys(forms: Mapping[str, Form]) -> dict[str, Journey]:
    """The journeys that ask for confirmation, by id."""
    return {
        MARK + id: Journey.model_construct(
            title=form.title,
            topic=MARK + id,
            start=Start.model_construct(
                when=EventMatch(event=FORM_SUBMITTED, form=id, where={MAIL: True}), again=QUIET_S
            ),
            goal=None,
            exit=None,
            steps=[Send(id=STEP, send=form.double_opt_in.email)],
        )
        for id, form in forms.items()
        if form.double_opt_in is not None
    }


def form_of(id: str) -> str | None:
    """The form that a journey or topic of this kind belongs to, None for any other."""
    return id.removeprefix(MARK) if id.startswith(MARK) else None


def topic(id: str, forms: Mapping[str, Form]) -> Topic | None:
    """What a confirmation mail is about: something they did, called as the form is."""
    form = forms.get(form_of(id) or "")
    return None if form is None else Topic.model_construct(id=id, title=form.title, transactional=True)


def is_pending(head: Head, topics: Sequence[str]) -> bool:
    """Whether any of the topics may not yet be written about."""
    return any(not allowed(head, topic) for topic in topics)


def may_mail(head: Head, now: int) -> bool:
    """Whether an address may be asked by mail at `now` (ms)."""
    return suppression(head) is None and now - head.requested.get(BY_MAIL, -QUIET_S * 1000) >= QUIET_S * 1000


def requests(boxes: Sequence[ConsentBox], *, mail: bool) -> tuple[Change, ...]:
    """What the ledger keeps of asking, with the exact wording of the ticked boxes."""
    asked = [Change("request", box.topic, box.label) for box in boxes]
    return (*asked, *([Change("request", BY_MAIL)] if mail else []))


@dataclass(frozen=True, slots=True)
class Asks:
    """How an address is asked once more: whether a `mail` goes out about topics, and what the ledger of a number
    keeps of asking by `text`."""

    mail: Callable[[Sequence[str]], bool]
    text: Callable[[Sequence[ConsentBox]], tuple[Change, ...]]


def taken(
    event: Event,
    ref: str,
    id: str,
    form: Form,
    ticked: Collection[str],
    asks: Asks,
    about: tuple[str, str, str],
) -> tuple[Event, Entry | None, Sequence[ConsentBox]]:
    """The event of a submission as it is to be stored, what the ledger of the address `ref` keeps of it, and the
    boxes ticked about it.

    `ticked` are keys of boxes, `about` are language, release and page. None where no box is about such an address.
    """
    boxes = [box for box in form.consents if box.key in ticked and box.identity == kind_of(ref)]
    if not boxes:
        return event, None, ()
    asked = list(event.properties.get(ASKED, ()))
    changes: tuple[Change, ...] = tuple(Change("grant", box.topic, box.label) for box in boxes)
    if form.double_opt_in is not None and kind_of(ref) == EMAIL:
        topics = [box.topic for box in boxes]
        mail = asks.mail(topics)
        changes = requests(boxes, mail=mail)
        event = event.with_properties({ASKED: [*asked, *topics]} | ({MAIL: True} if mail else {}))
    if form.sms_double_opt_in is not None and kind_of(ref) == PHONE:
        changes = asks.text(boxes)
        event = event.with_properties({ASKED: [*asked, *(box.key for box in boxes)]})
    return event, Entry(event.ref, event.at, event.received, f"form:{id}", changes, *about), boxes


def is_mailed(entry: Entry) -> bool:
    """Whether a mail went along with a request."""
    return any(change.subject == BY_MAIL for change in entry.changes)


def asked_in(entry: Entry) -> tuple[Change, ...]:
    """The topics of a request."""
    return tuple(change for change in entry.changes if change.kind == "request" and change.subject != BY_MAIL)


def still_asked(entry: Entry, head: Head) -> bool:
    """Whether not all of a request was withdrawn since."""
    return any(is_still_asked(change, entry, head) for change in asked_in(entry))


def is_still_asked(change: Change, entry: Entry, head: Head) -> bool:
    """Whether what one change of a request asks was not withdrawn since."""
    return withdrawn(head, change.subject) < entry.arrived


def is_for(cause: str, address: str) -> bool:
    """Whether the submission `cause` (an event's ref) named the address of this hash."""
    return kind_of(cause) == EMAIL and hash_of(cause).partition("#")[0] == address


def confirmed(contact: str, message: str, sent: int, form: str, address: str, request: Entry, now: int) -> Event:
    """The event of confirming. Pressed again it is the same event: `sent` is the mail's own time."""
    return Event(
        source=own_ref(contact),
        id=digest("confirmed", message),
        stamp=sent,
        at=now,
        received=now,
        kind=SYSTEM,
        name=SUBSCRIPTION_CONFIRMED,
        properties=_said(form, message, request),
        identities=(f"{EMAIL}#{address}",),
        proved=True,
    )


def _said(form: str, message: str, request: Entry) -> dict[str, Any]:
    topics = [change.subject for change in asked_in(request)]
    return {"form": form, "consents": topics, "requested": request.arrived, "message": message}


def grant(event: Event, request: Entry, form: str) -> Entry:
    """The ledger's entry of confirming, with the wording that was agreed to when asking."""
    changes = tuple(Change("grant", change.subject, change.wording) for change in asked_in(request))
    return Entry(
        event.ref,
        request.arrived,
        event.received,
        f"confirmed:{form}",
        changes,
        language=request.language,
        release=request.release,
        page=request.page,
    )
