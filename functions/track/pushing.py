"""POST /v1/push/subscribe and /v1/push/unsubscribe: browsers that want notifications, or no more.

A subscription is an identity of whoever has the browser, an address with a ledger of its own, and a row with
the keys to write to it. What was agreed to is what sending.yaml says, not what a page sends. Whoever knows a
subscription's address may end it: nobody but its browser and we do.
"""

from typing import Any, Final

from functions import callers, clock, outbound, releases, visitors
from functions.core import push, wire
from functions.core.consent import EVERYTHING, Change, Entry, allowed
from functions.core.errors import Refused
from functions.core.event import PUSH_SUBSCRIBED, PUSH_UNSUBSCRIBED, SYSTEM, Event
from functions.core.identity import ANONYMOUS, PUSH, hash_of, identity_ref, own_ref
from functions.core.ids import digest
from functions.core.intake import trim_context
from functions.core.languages import nearest
from functions.core.push import Subscription
from functions.http import Answer, Request, json_answer
from functions.observability import metric
from functions.releases import Keyring
from functions.tables import addresses, subscriptions
from functions.track import limits, store

PORTS: Final = frozenset({443})
_ANYWHERE: Final = {"access-control-allow-origin": "*"}


def receive(request: Request, action: str) -> Answer:
    """Take a subscription, or its end. Raises Refused."""
    if request.method != "POST":
        raise Refused("unknown-route", "There is nothing at this address.", status=404)
    received = clock.now_ms()
    body = wire.read_object(request.body)
    keyring = releases.keyring()
    key = callers.caller(request, keyring, body)
    limits.admit(key, request.address, 1, received)
    told = push.subscription(body.get("subscription"))
    ref = identity_ref(PUSH, told.endpoint, keyring.pepper)
    browser = identity_ref(ANONYMOUS, body.get("anonymousId"), keyring.pepper)
    if ref is None:
        raise Refused("invalid-subscription", "This is no address.", field="subscription.endpoint")
    if action == "unsubscribe":
        _end(request, ref, browser, received)
    else:
        if browser is None:
            raise Refused("no-identity", "anonymousId must say whose browser this is.", field="anonymousId")
        try:
            outbound.check(told.endpoint, ports=PORTS)
        except outbound.Unsafe as error:
            message = "This is no address of a push service."
            raise Refused("invalid-subscription", message, field="subscription.endpoint") from error
        _begin(request, body, told, ref, browser, keyring, received)
    return json_answer(200, {"success": True}, _ANYWHERE)


def _begin(
    request: Request,
    body: dict[str, Any],
    told: Subscription,
    ref: str,
    browser: str,
    keyring: Keyring,
    received: int,
) -> None:
    said = body.get("proof")
    proof = visitors.proof_in(said[:4096]) if isinstance(said, str) else None
    proved, agreed = proof.contact if proof else "", body.get("agreed") is True
    if _is_known(ref, told, browser, proved) and (not agreed or _is_agreed(hash_of(ref))):
        # Said again, by a page that was merely opened or by a second press.
        return
    source, others = (own_ref(proved), (browser, ref)) if proved else (browser, (ref,))
    event = _event(request, PUSH_SUBSCRIBED, source, others, ref, received)
    for admitted in store.admit([event]):
        if ref not in (admitted.source, *admitted.identities):
            continue
        address = hash_of(ref)
        row = Subscription(told.endpoint, told.p256dh, told.auth, browser, proved, received)
        subscriptions.put(address, row)
        if agreed:
            _grant(address, admitted, str(body.get("page") or "")[:400], str(body.get("language") or "")[:35])
        store.insert_admitted([admitted])
        metric("PushSubscribed")


def _is_known(ref: str, told: Subscription, browser: str, proved: str) -> bool:
    held = subscriptions.read([hash_of(ref)]).get(hash_of(ref))
    if held is None:
        return False
    same = (held.p256dh, held.auth, held.browser) == (told.p256dh, told.auth, browser)
    return same and (not proved or held.proved == proved)


def _is_agreed(address: str) -> bool:
    head = addresses.head(address)
    return all(allowed(head, topic) for topic in releases.live().release.sending.push.topics)


def _grant(address: str, event: Event, page: str, language: str) -> None:
    from functions.texts import catalogue

    live = releases.live()
    sending = live.release.sending
    offered = catalogue.asking_in(sending)
    words = catalogue.asking(sending, nearest(language, offered) or offered[0])
    changes = tuple(Change("grant", topic, words("push-wording")) for topic in sending.push.topics)
    if changes:
        language = words.language
        addresses.append(address, Entry(event.ref, event.at, event.received, "push", changes, language, live.id, page))


def _end(request: Request, ref: str, browser: str | None, received: int) -> None:
    """The ledger before all: it holds from now on, whatever else fails."""
    address = hash_of(ref)
    held = subscriptions.read([address]).get(address)
    browser = held.browser if held else browser
    event = _event(request, PUSH_UNSUBSCRIBED, browser or ref, (ref,) if browser else (), ref, received)
    withdrawal = (Change("withdrawal", EVERYTHING),)
    addresses.append(address, Entry(event.ref, event.at, received, "push", withdrawal))
    subscriptions.remove(address)
    if browser:
        store.insert([event])
    metric("PushUnsubscribed")


def _event(request: Request, name: str, source: str, others: tuple[str, ...], ref: str, received: int) -> Event:
    return Event(
        source=source,
        # The time is part of the id: beginning, ending and beginning again are three events.
        id=digest(name, ref, str(received)),
        stamp=received,
        at=received,
        received=received,
        kind=SYSTEM,
        name=name,
        context=trim_context({"userAgent": request.user_agent}, ahead=request.is_ahead),
        identities=others,
    )
