"""Links in mails: the open pixel, redirects, and the page that unsubscribes.

Looking at a link changes nothing but the count of looks: only a POST unsubscribes. Machines
follow links too, so an open or a click is held: it counts once it was judged in the company it
came in, to which looks belong.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from functions import clock, releases, tokens
from functions.core.campaign import origin
from functions.core.consent import EVERYTHING, Change, Entry, withdrawn
from functions.core.errors import Refused
from functions.core.event import (
    EMAIL_CLICKED,
    EMAIL_LOOKED,
    EMAIL_OPENED,
    PUSH_CLICKED,
    RESUBSCRIBED,
    SYSTEM,
    UNSUBSCRIBED,
    Event,
)
from functions.core.identity import hash_of, own_ref
from functions.core.ids import digest
from functions.core.intake import trim_context
from functions.http import Answer, Request, is_passing, json_answer, pixel, redirect, refusal, where
from functions.observability import logger, metric
from functions.tables import addresses
from functions.texts import catalogue
from functions.tokens import Clicked, Opened, Proof, Unsubscribing
from functions.track import store
from functions.track.shown import live_sending, words_of

if TYPE_CHECKING:
    from functions.passes import OfMail, PageOf, RateByMail

OPEN_WINDOW_MS: Final = 60_000
CLICK_WINDOW_MS: Final = 10_000
"""Within such a time the same open, click or look again is the same event: clients repeat requests."""

UNDO_WINDOW_MS: Final = 3_600_000
"""So long after a withdrawal its link can take it back."""

WITHDRAW: Final = "withdraw"
WITHDRAW_ALL: Final = "all"
UNDO: Final = "undo"


def follow(request: Request, kind: str, token: str) -> Answer:
    """Answer a link of `kind` o (open), c (click) or u (unsubscribe)."""
    try:
        match kind:
            case "o":
                return _open(request, token)
            case "c":
                return _click(request, token)
            case _:
                return _unsubscribe(request, token)
    except Refused as reason:
        if reason.code == "bad-token":
            metric("TokensRefused")
            reason = Refused(reason.code, reason.message, status=404)
        if not request.wants_html:
            return refusal(reason)
        from functions.pages import render

        return render.refused(request, reason, live_sending())


def _open(request: Request, token: str) -> Answer:
    try:
        said = tokens.read_open(releases.keyring().signing, token)
    except Refused:
        # An image that doesn't load would only disfigure the mail.
        metric("TokensRefused")
        return pixel()
    if request.method == "GET":
        store.insert([_event(request, said, EMAIL_OPENED, OPEN_WINDOW_MS)])
    return pixel()


def _click(request: Request, token: str) -> Answer:
    said = tokens.read_click(releases.keyring().signing, token)
    if request.method != "GET":
        look(_event(request, said, EMAIL_LOOKED, CLICK_WINDOW_MS, url=said.url[:500]))
        return redirect(said.url)
    # A notification's link is opened by the browser that showed it, not by scanners of mail.
    name = EMAIL_CLICKED if said.channel == "email" else PUSH_CLICKED
    if not is_stored([_event(request, said, name, CLICK_WINDOW_MS, url=said.url[:500])], "click"):
        return wait_a_moment(said.url)
    return redirect(_with_proof(said))


def _with_proof(said: Clicked) -> str:
    """Where a click leads; the business's own pages learn whose mailbox their visitor came from."""
    if not said.address:
        return said.url
    proof = Proof(said.contact, said.address, clock.now_ms())
    return tokens.with_proof(said.url, tokens.sign_proof(releases.keyring().signing, proof))


def wait_a_moment(url: str) -> Answer:
    """The browser asks again by itself; whoever won't wait can go on to `url`."""
    from functions.pages import render

    words = catalogue.words(live_sending())
    page = render.message(
        503, words("moment-title"), words("moment"), link=url, link_text=words("moment-link"), refresh=2
    )
    page["headers"]["retry-after"] = "2"
    return page


def is_stored(events: Sequence[Event], what: str) -> bool:
    """Store what a link tells; False where that can't be done just now, and the browser should ask again."""
    try:
        store.insert(events)
    except Exception as error:
        if not is_passing(error):
            raise
        logger.error(f"{what} not stored", error=type(error).__name__, where=where(error))
        metric("RequestsFailed")
        return False
    return True


def look(event: Event) -> None:
    """Note a look, which only serves to tell who else was there: nobody waits or is refused for it."""
    try:
        store.insert([event])
    except Exception as error:
        if not is_passing(error):
            raise
        logger.warning("look not stored", error=type(error).__name__)


def about(said: "Opened | Clicked | OfMail | PageOf | RateByMail") -> dict[str, Any]:
    """What an event says of the message that its link stood in."""
    journey, _, step = said.place.partition("/")
    return {"message": said.message, "sent": said.sent, **origin(journey, step), "template": said.template}


def _event(request: Request, said: Opened | Clicked | Unsubscribing, name: str, window: int, **more: str) -> Event:
    now = clock.now_ms()
    stamp = now - now % window
    if isinstance(said, Unsubscribing):
        properties: dict[str, Any] = {"message": said.message, "sent": said.sent}
    else:
        properties = about(said)
    return Event(
        source=own_ref(said.contact),
        # Who asks is part of it: a scanner that looks a moment before the person must not stand in for the click.
        id=digest(name, said.message, *more.values(), request.user_agent, str(request.is_ahead)),
        stamp=stamp,
        at=now,
        received=now,
        kind=SYSTEM,
        name=name,
        properties={**properties, **more},
        context=trim_context({"userAgent": request.user_agent}, ahead=request.is_ahead),
        held=name not in (EMAIL_LOOKED, PUSH_CLICKED),
    )


def _unsubscribe(request: Request, token: str) -> Answer:
    said = tokens.read_unsubscribe(releases.keyring().signing, token)
    if request.method != "POST":
        look(_event(request, said, EMAIL_LOOKED, CLICK_WINDOW_MS, link="unsubscribe"))
        return _page(said, None)
    action = _action(request)
    _record(said, action)
    return _page(said, action) if request.wants_html else json_answer(200, {"success": True})


def _action(request: Request) -> str:
    # Mail programs post "List-Unsubscribe=One-Click", or nothing that can be read: both mean stop.
    try:
        text = request.body[:1000].decode("latin-1")
    except Refused:
        text = ""
    for action in (UNDO, WITHDRAW_ALL):
        if f"action={action}" in text.split("&"):
            return action
    return WITHDRAW


def _record(said: Unsubscribing, action: str) -> None:
    """The ledger first: from this moment nothing is sent, however far behind the events are."""
    now = clock.now_ms()
    topic = EVERYTHING if action == WITHDRAW_ALL else said.topic
    undone = action == UNDO
    event = Event(
        source=own_ref(said.contact),
        # The time is part of the id: stopping, resuming and stopping again are three events.
        id=digest("unsubscribe", said.message, action, str(now)),
        stamp=now,
        at=now,
        received=now,
        kind=SYSTEM,
        name=RESUBSCRIBED if undone else UNSUBSCRIBED,
        properties={"topic": topic, "message": said.message},
    )
    if undone and not _undoable(said, now):
        raise Refused("too-late-to-undo", "Please sign up again where you did the first time.", status=410)
    change = Change("grant", topic, "Undo: keep sending me this") if undone else Change("withdrawal", topic)
    entry = Entry(event.ref, now, now, "unsubscribe-page", (change,))
    addresses.append(said.address, entry)
    if action == WITHDRAW_ALL:
        # Whoever wants nothing more gets no texts and no notifications either.
        for ref in store.addresses_of(said.contact):
            if hash_of(ref) != said.address:
                addresses.append(hash_of(ref), entry)
    metric("Resubscribed" if undone else "Unsubscribed")
    store.insert([event])


def _undoable(said: Unsubscribing, now: int) -> bool:
    """Whether the withdrawal is fresh: links don't expire, and mails are forwarded."""
    head = addresses.head(said.address)
    return now - withdrawn(head, said.topic) <= UNDO_WINDOW_MS


def _page(said: Unsubscribing, action: str | None) -> Answer:
    """Before anything is done (None) or after. It shows nothing about the person: links are forwarded."""
    from functions.pages import render

    sending = live_sending()
    words = words_of(said.contact, sending)
    titles = {topic.id: topic.titled(words.language) for topic in sending.topics} if sending else {}
    topic = titles.get(said.topic, words("topic"))
    stop, stop_all = (WITHDRAW, words("stop", topic=topic)), (WITHDRAW_ALL, words("stop-all"))
    undo = (UNDO, words("undo", topic=topic))
    key, choices = {
        None: ("unsubscribe", [stop, stop_all]),
        UNDO: ("welcome-back", [stop]),
        WITHDRAW_ALL: ("stopped-all", [undo]),
    }.get(action, ("stopped", [undo, stop_all]))
    title, text = words(f"{key}-title", topic=topic), words(key, topic=topic)
    return render.choice(title, text, choices, done=action is not None, sending=sending, words=words)
