"""One message from the queue to the mail service.

Everything that may forbid it is read and decided again; then one transaction says
`sending`, and only while the consent ledger and the caps are as they were read.
"""

from dataclasses import dataclass
from typing import Any

from functions import clock, releases, settings
from functions.aws import dynamodb
from functions.core import compose, confirm, policy
from functions.core import message as ledger
from functions.core.compose import Urls
from functions.core.consent import EVERYTHING, Head
from functions.core.message import Message
from functions.core.policy import Allow, Case, Defer, Destination, Recent, Withhold
from functions.core.release import Release
from functions.send import outcome, twins
from functions.send.channels import Draft, way
from functions.send.pace import pace
from functions.send.queue import enqueue
from functions.tables import addresses, caps, contacts, messages, pauses
from functions.tokens import Clicked, Confirming, Links, Opened, Unsubscribing

ATTEMPTS = 10
"""How often a decision is made anew because something changed under it."""


class Contended(RuntimeError):
    """Others kept changing what the decision rests on; the message should come again."""


@dataclass(slots=True)
class Turn:
    """Paces one worker across invocations. `last` is the monotonic second of its last send."""

    last: float | None = None

    def take(self, rate_per_second: float, budget: float) -> float:
        """Wait until the next send may go out: 0. If that is more than `budget` seconds off, how long."""
        wait = pace(rate_per_second, self.last, clock.monotonic())
        if wait > budget:
            return wait
        if wait:
            clock.sleep(wait)
        return 0.0

    def used(self) -> None:
        """A message goes out now."""
        self.last = clock.monotonic()


@dataclass(frozen=True, slots=True)
class _Ready:
    """A message that may go out, and what that rests on."""

    address: str
    head: Head
    reserved: Recent | None
    composed: Any
    links: int


def deliver(contact: str, id: str, turn: Turn, budget: float) -> None:
    """Send a message, or note why not. One that is under way or settled is left alone.

    `budget` is how many seconds may be spent waiting for its turn; what would take longer
    goes back to the queue.
    """
    message = messages.get(contact, id)
    if message is None or message.state != "intended":
        return
    release = releases.by_id(message.release)
    wait = turn.take(release.sending.rate_per_second, budget)
    if wait:
        enqueue(contact, id, delay=wait)
        return
    begun = _begin(message, release)
    if begun is not None:
        turn.used()
        outcome.hand_over(*begun, clock.now_ms())


def _begin(message: Message | None, release: Release) -> tuple[Message, Any] | None:
    """Move a message to sending; None if it was withheld or is no longer ours to send."""
    for attempt in range(ATTEMPTS):
        if message is None or message.state != "intended":
            return None
        now = clock.now_ms()
        match _decide(message, release, now):
            case Withhold(reason, detail):
                if outcome.withhold(message, reason, detail, now):
                    return None
            case Defer(until, reason):
                if outcome.defer(message, until, reason):
                    return None
            case _Ready() as ready:
                begun, change = messages.change_op(message, ledger.begin(message, ready.address, now, ready.links))
                reserve = [caps.reserve_op(message.contact, ready.reserved)] if ready.reserved else []
                guard = [addresses.unchanged_op(ready.address, ready.head)] if ready.address else []
                try:
                    dynamodb.transact([*guard, change, *reserve])
                except dynamodb.TransactionRefused as refused:
                    if not refused.by_condition:
                        clock.sleep(0.02 * 2 ** min(attempt, 5))
                else:
                    return begun, ready.composed
        message = messages.get(message.contact, message.id)
    raise Contended("a message's consent or caps kept changing")


def _decide(message: Message, release: Release, now: int) -> _Ready | Withhold | Defer:
    contact = contacts.surviving(message.contact)
    keys = releases.keyring()
    by = way(message.channel)
    destination = by.destinations([message], {message.contact: contact}, release, keys)[message.id]
    address = destination.address if isinstance(destination, Destination) else ""
    head = addresses.head(address) if address else Head()
    case = Case(message, contact, release, destination, head, caps.get(message.contact), pauses.get())
    decision = policy.decide(case, now)
    if not isinstance(decision, Allow):
        return decision
    if twins.is_second(message, contact, now):
        return Withhold(twins.REASON)
    if message.cause is not None and not confirm.is_for(message.cause, address):
        return Withhold("other-address")
    followed: set[str] = set()
    urls = _urls(message, address, release, Links(keys.signing, settings.public_url()), followed)
    try:
        composed = by.compose(Draft(message, contact, decision.topic, decision.destination, release, urls))
    except compose.Unrenderable as failure:
        return Withhold(failure.reason, failure.detail)
    return _Ready(address, head, decision.reserved, composed, len(followed))


def _urls(message: Message, address: str, release: Release, links: Links, followed: set[str]) -> Urls:
    """How the links of a message are made; where they lead is noted in `followed`."""

    def click(url: str) -> str:
        followed.add(url)
        own = release.sending.is_own(url) or url.startswith(f"{links.base_url}/")
        return links.click_url(Clicked(*about, place, message.template, url, address if own else ""))

    place = f"{message.journey}/{message.step}"
    about = (message.contact, message.id, message.created)
    form = confirm.form_of(message.topic)
    # Whoever never asked to be asked wants to hear nothing at all.
    topic = message.topic if form is None else EVERYTHING
    return Urls(
        click=click,
        open=links.open_url(Opened(*about, place, message.template)),
        unsubscribe=links.unsubscribe_url(Unsubscribing(*about, topic, address)),
        confirm=None if form is None else _confirm_url(message, form, address, release, links),
    )


def _confirm_url(message: Message, form: str, address: str, release: Release, links: Links) -> str:
    asked = release.forms[form].double_opt_in
    until = message.created + (asked.within if asked else 0) * 1000
    said = Confirming(message.contact, message.id, message.created, form, address, message.cause or "", until)
    return links.confirm_url(said)
