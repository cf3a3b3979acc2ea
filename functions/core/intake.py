"""Whose each call is and when it happened: calls in, events out. Nothing is read or written.

An event is stored under one identity, the best that the call names: the contact whose mailbox
a signed link proves, then userId, then the e-mail address and the phone of an identify, then
anonymousId. Whatever else it names goes along.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from functions.core import event as names
from functions.core import traits as reserved
from functions.core.errors import Refused
from functions.core.event import Event
from functions.core.identity import ANONYMOUS, EMAIL, PHONE, USER, identity_ref, own_ref
from functions.core.origin import arrival
from functions.core.wire import Call, Dropped, Posted

WINDOW_MS: Final = 15 * 60_000
"""Equal events that bring neither an id nor a time are one event within such a quarter-hour."""

RESERVED: Final = frozenset(
    (
        *(names.EMAIL_SENT, names.EMAIL_DELIVERED, names.EMAIL_BOUNCED, names.EMAIL_COMPLAINED),
        *(names.EMAIL_NOT_SPAM, names.EMAIL_REJECTED, names.EMAIL_UNRENDERED, names.EMAIL_DELAYED),
        *(names.EMAIL_OPENED, names.EMAIL_CLICKED, names.EMAIL_LOOKED, names.UNSUBSCRIBED, names.RESUBSCRIBED),
        *(names.SMS_RECEIVED, names.SMS_UNSUBSCRIBED, "SMS Sent", "Webhook Sent", "Push Sent"),
        *(names.PUSH_SUBSCRIBED, names.PUSH_UNSUBSCRIBED, names.PUSH_CLICKED),
        *(names.TAG_ADDED, names.TAG_REMOVED, names.CONTACTS_MERGED, names.SUBSCRIPTION_CONFIRMED),
        names.PREFERENCES_CHANGED,
        names.IMPORTED,
        *(names.JOURNEY_ENTERED, names.JOURNEY_ENDED, names.JOURNEY_REQUESTED),
        *(names.TRAITS_CHANGED, names.STAGE_SET, names.POINTS_ADDED, names.HANDED_OFF, "Staff Sent"),
        *(names.ASSET_DOWNLOADED, names.SURVEY_ANSWERED, names.SURVEY_COMMENTED),
    )
)
"""What only Samovar itself, or the owner's own applications over the bus, may state."""

_NAMES: Final = {
    "identify": names.IDENTIFIED,
    "page": names.PAGE_VIEWED,
    "screen": names.SCREEN_VIEWED,
    "group": "Group Joined",
    "alias": "Aliased",
}
HISTORY_MS: Final = 86_400_000
"""What comes by /v1/import and is older is history. What is younger is live: some SDKs send everything there."""

_PAGE: Final = ("url", "path", "title", "referrer", "search")
_NAMED: Final = {"referrer": ("id", "type", "name"), "device": ("type",), "os": ("name",)}
"""Parts of the context of which only these are kept."""
_OURS: Final = frozenset({"consents", "asked", "confirmation", "gives"})
"""What only a form of ours says of a submission."""
LIKE_BROWSERS: Final = ("Mozilla/", "Opera/", "Dalvik/")
"""How the user agent of everything begins that people browse with."""
_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sender:
    """What is known of a request besides its body. `trusted` is the owner's own application;
    `ahead`: it was fetched ahead of anybody who may want it; `proofs` are tokens found in its
    calls (context.proof), each with the contact it proves; `importing` says that it may bring
    what happened long ago."""

    received: int
    pepper: bytes
    user_agent: str = ""
    ahead: bool = False
    trusted: bool = False
    proofs: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    importing: bool = False


def take(posted: Posted, sender: Sender) -> tuple[list[Event], list[Dropped]]:
    """The events of a request, each key once, and what was refused, in the order of the request."""
    events: dict[tuple[str, str], Event] = {}
    dropped = list(posted.dropped)
    for index, call in posted.calls:
        try:
            event = to_event(call, posted.sent_at, sender)
        except Refused as reason:
            dropped.append(Dropped(index, reason))
        else:
            events.setdefault((event.source, event.sort_key), event)
    return list(events.values()), sorted(dropped, key=lambda one: one.index)


def to_event(call: Call, sent_at: int | None, sender: Sender) -> Event:
    """The event of one call. Raises Refused."""
    if call.event in RESERVED and not sender.trusted:
        raise Refused("reserved-event", f"{call.event} is recorded by Samovar itself.", field="event")
    source, others = _identities(call, sender)
    stamp, at = when(call, call.sent_at if sent_at is None else sent_at, sender.received)
    return Event(
        source=source,
        id=call.message_id,
        stamp=stamp,
        at=at,
        received=sender.received,
        kind=names.SYSTEM if call.event in RESERVED else call.type,
        name=_NAMES.get(call.type, call.event),
        properties=_properties(call, sender),
        traits=_traits(call, sender) if call.type == "identify" or sender.trusted else _EMPTY,
        context=trim_context(
            call.context, sender.user_agent, ahead=sender.ahead, with_page=call.type != "page", channel=call.channel
        )
        | arrival(call.context, _address_of(call)),
        identities=tuple(others),
        cause=names.IMPORT if sender.importing and at < sender.received - HISTORY_MS else names.LIVE,
        proved=sender.trusted,
    )


def when(call: Call, sent_at: int | None, received: int) -> tuple[int, int]:
    """The stamp for the key, which a retry repeats, and the moment, corrected for a wrong clock."""
    if call.timestamp is None:
        # With an id of its own a retry must find the same key whenever it comes; without
        # one, only the time of arrival tells a retry from the same thing done again.
        return (received - received % WINDOW_MS if call.digested else 0), received
    skew = 0 if sent_at is None else received - sent_at
    return call.timestamp, max(0, min(call.timestamp + skew, received))


def proof_of(call: Call) -> str | None:
    """The token by which the call says whose mailbox its visitor came from."""
    proof = call.context.get("proof")
    return proof if isinstance(proof, str) and proof else None


def _identities(call: Call, sender: Sender) -> tuple[str, list[str]]:
    proved = sender.proofs.get(proof_of(call) or "")
    user = identity_ref(USER, call.user_id, sender.pepper)
    anonymous = identity_ref(ANONYMOUS, call.anonymous_id, sender.pepper)
    known = [own_ref(proved) if proved else None, user]
    if call.type == "identify" or sender.trusted or not (user or anonymous):
        # Elsewhere an address in the context is what the browser remembers, not what somebody said now.
        known += [identity_ref(kind, _trait(call, name), sender.pepper) for kind, name in _CONTACTABLE]
    # Only browsers alias in practice, from the id that they had given themselves.
    kind = USER if sender.trusted and call.anonymous_id is None else ANONYMOUS
    previous = [identity_ref(kind, call.previous_id, sender.pepper)] if call.type == "alias" else []
    refs = list(dict.fromkeys(ref for ref in (*known, anonymous, *previous) if ref))
    if not refs:
        said = "userId, anonymousId or context.traits.email (of identify: traits.email) must say whose event this is."
        raise Refused("no-identity", said)
    return refs[0], refs[1:]


_CONTACTABLE: Final = ((EMAIL, "email"), (PHONE, "phone"))


def _trait(call: Call, name: str) -> Any:
    if call.type == "group":
        return None
    nested = call.context.get("traits")
    said = call.traits.get(name) or (nested.get(name) if isinstance(nested, dict) else None)
    # An address for a user id is an address too.
    return said or (call.user_id if name == "email" else None)


def _traits(call: Call, sender: Sender) -> Mapping[str, Any]:
    nested = call.context.get("traits")
    # A group's traits are not its member's.
    own = call.traits if call.type == "identify" else _EMPTY
    traits = reserved.normal({**nested, **own} if isinstance(nested, dict) else own)
    if "email" in traits and identity_ref(EMAIL, traits["email"], sender.pepper) is None:
        del traits["email"]
    return traits


def _properties(call: Call, sender: Sender) -> Mapping[str, Any]:
    match call.type:
        case "page" | "screen":
            named = {key: value for key, value in (("name", call.name), ("category", call.category)) if value}
            page = _texts(call.context.get("page"), _PAGE) if call.type == "page" else {}
            return {**_without_derived(page), **named, **call.properties}
        case "group":
            return {"groupId": call.group_id, **call.traits}
        case "alias":
            return _EMPTY
        case _ if call.event == names.FORM_SUBMITTED and not sender.trusted:
            # Only a form of ours has shown the wording that was agreed to, and sends mail that asks again.
            return {key: value for key, value in call.properties.items() if key not in _OURS}
        case _:
            return call.properties


def _address_of(call: Call) -> Any:
    """The address of the page that a call says was viewed, uncut: a click's id may stand at its end."""
    page = call.context.get("page")
    own = call.properties.get("url") or (page.get("url") if isinstance(page, Mapping) else "")
    return own if call.type == "page" else ""


def trim_context(
    context: Mapping[str, Any],
    user_agent: str = "",
    *,
    ahead: bool = False,
    with_page: bool = True,
    channel: str = "",
) -> dict[str, Any]:
    """What is worth a place in the event's row; never the visitor's network address.

    `user_agent` is the request's, which is the visitor's only where a browser made it: of a
    server that tells what somebody did, it says nothing about who that was.
    """
    kept: dict[str, Any] = {}
    if with_page and (page := _without_derived(_texts(context.get("page"), _PAGE))):
        kept["page"] = page
    kept |= _texts(context, ("locale", "timezone", "channel", "groupId"), 64)
    if channel:
        kept["channel"] = channel
    for name, parts in _NAMED.items():
        if part := _texts(context.get(name), parts, 100):
            kept[name] = part
    if context.get("active") is False:
        kept["active"] = False
    if context.get("automation") is True:
        # Says the browser of itself: a hint, for anybody may leave it out.
        kept["automation"] = True
    if ahead:
        kept["automation"] = "prefetch"
    agent = context.get("userAgent") or (user_agent if user_agent.startswith(LIKE_BROWSERS) else "")
    if isinstance(agent, str) and agent:
        kept["userAgent"] = agent[:200]
    return kept


def _texts(value: Any, keys: Iterable[str], longest: int = 400) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {}
    return {key: text[:longest] for key in keys if isinstance(text := value.get(key), str) and text}


def _without_derived(page: dict[str, Any]) -> dict[str, Any]:
    # Search is part of the url, and every byte past a kilobyte doubles the price of the row.
    if page.get("search") and page["search"] in page.get("url", ""):
        del page["search"]
    return page
