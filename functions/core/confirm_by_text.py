"""Double opt-in of a telephone number: a form asks, a text asks again, and only the answer YES makes consent.

Like confirming by mail (see confirm): what was asked stands in the number's ledger as requests, which allow
nothing, and the grants of the answer count from the moment of asking. An answer is about what that text asked:
what was ticked in a submission that sent none waits for a text of its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from functions.core import confirm
from functions.core.channels import BY_SMS
from functions.core.consent import EVERYTHING, Change, Entry, Head, allowed, suppression
from functions.core.event import SUBSCRIPTION_CONFIRMED, SYSTEM, Event
from functions.core.forms import ConsentBox, Form
from functions.core.ids import digest

BY_TEXT: Final = "@text"
"""Subject of a request that also sent a text; no topic can be called so."""
A_MINUTE: Final = 10
"""So many texts ask in a minute, whoever types numbers into forms: each is paid for, and numbers are cheap to type."""
WITHIN_S: Final = 259_200
"""So long an answer counts where the form that asked is no more."""
AFTER_STOP_S: Final = 30 * 86_400
"""A number whose owner wants nothing is asked at most once in so long, whoever types it into forms."""
_FORM: Final = "form:"


def is_pending(head: Head, topics: Sequence[str]) -> bool:
    """Whether a number that may be written to has not agreed to all of the topics."""
    return suppression(head) is None and any(not allowed(head, topic) for topic in topics)


def quiet(head: Head) -> int:
    """Seconds between two texts that ask a number."""
    stopped = head.withdrawn.get(EVERYTHING, 0) > max(head.granted.values(), default=0)
    return AFTER_STOP_S if stopped else confirm.QUIET_S


def requests(boxes: Sequence[ConsentBox], *, text: bool) -> tuple[Change, ...]:
    """What the ledger keeps of asking, with the exact wording of the ticked boxes."""
    asked = [Change("request", box.topic, box.label) for box in boxes]
    return (*asked, *([Change("request", BY_TEXT)] if text else []))


def asked_in(entry: Entry) -> tuple[Change, ...]:
    """The topics that a text asked about, none where none was sent."""
    if not any(change.subject == BY_TEXT for change in entry.changes):
        return ()
    return tuple(change for change in entry.changes if change.kind == "request" and change.subject != BY_TEXT)


def answered(
    entries: Iterable[Entry], head: Head, forms: Mapping[str, Form], at: int
) -> Iterator[tuple[Entry, tuple[Change, ...]]]:
    """What an answer given at `at` (ms) agrees to: requests that a text asked about a while ago at most, less
    what was withdrawn since."""
    for entry in entries:
        form = forms.get(form_of(entry))
        opt_in = form.sms_double_opt_in if form else None
        within = (opt_in.within if opt_in else WITHIN_S) * 1000
        left = tuple(change for change in asked_in(entry) if confirm.is_still_asked(change, entry, head))
        if left and entry.arrived <= at <= entry.arrived + within:
            yield entry, left


def form_of(entry: Entry) -> str:
    """The form that a request came from."""
    return entry.source.removeprefix(_FORM)


def confirmed(number: str, request: Entry, left: Sequence[Change], now: int) -> Event:
    """The event of answering; `number` is the identity of the telephone number. Answered again it is the same."""
    said = {
        "form": form_of(request),
        "consents": [f"{BY_SMS}:{change.subject}" for change in left],
        "requested": request.arrived,
    }
    return Event(
        source=number,
        id=digest("confirmed by text", request.ref),
        stamp=request.arrived,
        at=now,
        received=now,
        kind=SYSTEM,
        name=SUBSCRIPTION_CONFIRMED,
        properties=said,
    )


def grant(event: Event, request: Entry, left: Sequence[Change]) -> Entry:
    """The ledger's entry of answering, with the wording that was agreed to when asking."""
    return Entry(
        event.ref,
        request.arrived,
        event.received,
        f"confirmed:{form_of(request)}",
        tuple(Change("grant", change.subject, change.wording) for change in left),
        language=request.language,
        release=request.release,
        page=request.page,
    )
