"""Whose each call is and when it happened: calls in, events out. Nothing is read or written.

An event is stored under one identity, the best that the call names: userId, then the e-mail
address of an identify, then anonymousId. Whatever else it names goes along.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from functions.core import event as names
from functions.core.errors import Refused
from functions.core.event import Event
from functions.core.identity import ANONYMOUS, EMAIL, USER, identity_ref
from functions.core.wire import Call, Dropped, Posted

WINDOW_MS: Final = 15 * 60_000
"""Equal events that bring neither an id nor a time are one event within such a quarter-hour."""

RESERVED: Final = frozenset(
    (
        *(names.EMAIL_SENT, names.EMAIL_DELIVERED, names.EMAIL_BOUNCED, names.EMAIL_COMPLAINED),
        *(names.EMAIL_OPENED, names.EMAIL_CLICKED, names.UNSUBSCRIBED, names.RESUBSCRIBED),
        *(names.TAG_ADDED, names.TAG_REMOVED),
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
_PAGE: Final = ("url", "path", "title", "referrer", "search")
_CAMPAIGN: Final = ("source", "medium", "name", "term", "content")
_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sender:
    """What is known of a request besides its body. `trusted` is the owner's own application."""

    received: int
    pepper: bytes
    user_agent: str = ""
    trusted: bool = False


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
    stamp, at = when(call, sent_at, sender.received)
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
        context=trim_context(call.context, sender.user_agent, with_page=call.type != "page"),
        identities=tuple(others),
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


def _identities(call: Call, sender: Sender) -> tuple[str, list[str]]:
    user = identity_ref(USER, call.user_id, sender.pepper)
    anonymous = identity_ref(ANONYMOUS, call.anonymous_id, sender.pepper)
    email = None if call.type == "group" else identity_ref(EMAIL, _email(call), sender.pepper)
    order = (user, email, anonymous) if call.type == "identify" or sender.trusted else (user, anonymous, email)
    # Only browsers alias in practice, from the id that they had given themselves.
    previous = identity_ref(ANONYMOUS, call.previous_id, sender.pepper)
    refs = list(dict.fromkeys(ref for ref in (*order, previous) if ref))
    if not refs:
        raise Refused("no-identity", "userId, anonymousId or traits.email must say whose event this is.")
    return refs[0], refs[1:]


def _email(call: Call) -> Any:
    nested = call.context.get("traits")
    return call.traits.get("email") or (nested.get("email") if isinstance(nested, dict) else None)


def _traits(call: Call, sender: Sender) -> Mapping[str, Any]:
    nested = call.context.get("traits")
    traits = {**nested, **call.traits} if isinstance(nested, dict) else dict(call.traits)
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
            # Only a form of ours has shown the wording that was agreed to.
            return {key: value for key, value in call.properties.items() if key != "consents"}
        case _:
            return call.properties


def trim_context(context: Mapping[str, Any], user_agent: str = "", *, with_page: bool = True) -> dict[str, Any]:
    """What is worth a place in the event's row; never the visitor's network address."""
    kept: dict[str, Any] = {}
    if with_page and (page := _without_derived(_texts(context.get("page"), _PAGE))):
        kept["page"] = page
    if campaign := _texts(context.get("campaign"), _CAMPAIGN, 100):
        kept["campaign"] = campaign
    kept |= _texts(context, ("locale", "timezone"), 64)
    agent = context.get("userAgent") or user_agent
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


def identities_of(events: Sequence[Event]) -> set[str]:
    """Every identity that these events name."""
    return {ref for event in events for ref in (event.source, *event.identities)}


def without(events: Sequence[Event], forgotten: set[str]) -> list[Event]:
    """The events that name no erased person."""
    return [event for event in events if forgotten.isdisjoint((event.source, *event.identities))]
