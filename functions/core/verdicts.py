"""Person or machine: what a stored event says of who was there, and what others beside it say.

A verdict is never part of its event, so it can be revised. There are three voices. A *ruling by
hand* outranks all. What the event itself shows (its user agent, a prefetch header) is looked
at anew whenever facts are made, under the rules of the day. What only the company shows that
an open or a click came in (all links at once, before the delivery) is judged once it is
complete, and kept as a *ruling*; until then the event is held and doesn't count.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from functions.core import event as names
from functions.core.bots import Bots
from functions.core.event import Event
from functions.core.ids import digest
from functions.core.intake import LIKE_BROWSERS

RULES: Final = 1
"""Version of the rules in this module: facts made under other rules are made anew."""

Who = Literal["person", "bot", "waiting"]
BY_HAND: Final = "by-hand"
LIKE_A_PERSON: Final = "like-a-person"
"""The rule of a ruling by which nothing suspicious was around."""
MEANINGS: Final = {
    "look": "Only looked at: a HEAD request, or the unsubscribe page before anything was pressed",
    "no-user-agent": "It did not say what it is; every browser does",
    "user-agent": "Its user agent is a known machine's",
    "prefetch": "A mail program or browser fetched it ahead, whether anybody reads it or not",
    "automation": "A browser that a program drives",
    "before-delivery": "Sooner after the delivery than anybody can read",
    "scanner-all-links": "All or many of the links of one mail within seconds",
    "scanner-all-answers": "Three or more answers to one question of one mail within ten minutes, by their links",
    "scanner-unsubscribe": "The unsubscribe page was looked at within the same seconds",
    LIKE_A_PERSON: "Nothing around it was suspicious",
    BY_HAND: "Somebody decided it",
    "": "Not ruled yet",
}
"""Every rule by its code."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who it was, and by which rule."""

    who: Who
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided about one event (its source and sort key) at a moment (ms), by hand or by its company."""

    source: str
    event: str
    at: int
    who: Literal["person", "bot"]
    rule: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of the day. `is_machine` knows the user agents of machines, whatever is authored."""

    settings: Bots
    is_machine: Callable[[str], bool]
    _also: tuple[str, ...] = field(init=False)
    _never: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_also", tuple(piece.casefold() for piece in self.settings.also))
        object.__setattr__(self, "_never", tuple(piece.casefold() for piece in self.settings.never))

    def knows(self, agent: str, *, on_the_web: bool) -> bool:
        """Whether a user agent is a machine's. On the web whoever doesn't begin as browsers do is one;
        elsewhere it may be an app."""
        folded = agent.casefold()
        if any(piece in folded for piece in self._never):
            return False
        if any(piece in folded for piece in self._also):
            return True
        return (on_the_web and not agent.startswith(LIKE_BROWSERS)) or self.is_machine(agent)


def version(authored: Bots, known: str) -> str:
    """What facts depend on: rules, authored pieces, and the version of the list of `known` machines."""
    return digest("bots", str(RULES), known, *sorted(authored.also), "never", *sorted(authored.never))[:8]


def latest(rulings: Iterable[Ruling]) -> Ruling | None:
    """The one that holds: the newest by hand, or else the newest."""
    return max(rulings, key=lambda ruling: (ruling.rule == BY_HAND, ruling.at, ruling.who), default=None)


def verdict(event: Event, ruling: Ruling | None, rules: Rules) -> Verdict:
    """Who it was, as far as is known now."""
    if ruling is not None and ruling.rule == BY_HAND:
        return Verdict(ruling.who, BY_HAND)
    shown = _shown(event, rules)
    if shown:
        return Verdict("bot", shown)
    if not event.held:
        return Verdict("person")
    return Verdict("waiting") if ruling is None else Verdict(ruling.who, ruling.rule)


Consequence = Literal["counts", "leaves", "waits", "none"]


def consequence(event: Event, rulings: Sequence[Ruling], rules: Rules) -> Consequence:
    """What facts have to do about an event that has arrived, or about a ruling on it (then with all there are):
    it counts from now on, leaves if it had counted, waits for its judgement, or never moved anything."""
    match verdict(event, latest(rulings), rules).who:
        case "person":
            return "counts"
        case "waiting":
            return "waits"
        case "bot":
            counted = rulings and (not event.held or any(ruling.who == "person" for ruling in rulings))
            return "leaves" if counted else "none"


def settled(told: Iterable[tuple[Event, Ruling | None]], rules: Rules) -> Iterator[Event]:
    """Events as they count: `held` are those that don't, or not yet."""
    for event, ruling in told:
        held = verdict(event, ruling, rules).who != "person"
        yield event if event.held == held else replace(event, held=held)


def _shown(event: Event, rules: Rules) -> str:
    """The rule by which the event itself shows a machine; "" where it shows none."""
    agent, automation = str(event.context.get("userAgent", "")), event.context.get("automation")
    if event.kind == names.SYSTEM and event.name == names.EMAIL_LOOKED:
        return "look"
    if automation:
        return "prefetch" if automation == "prefetch" else "automation"
    if not is_of_mail(event):
        seen = event.kind in ("page", names.FORM) or "page" in event.context or event.name in BY_LINK
        return "user-agent" if agent and rules.knows(agent, on_the_web=seen) else ""
    if not agent:
        # Events of an earlier version are not held: they count as they did.
        return "no-user-agent" if event.held else ""
    if event.name == names.EMAIL_OPENED and agent in PREFETCHING:
        return "prefetch"
    if MAIL_PROGRAMS.search(agent):
        return ""
    return "user-agent" if rules.knows(agent, on_the_web=True) else ""


def is_of_mail(event: Event) -> bool:
    """Whether it is an open or a click, or what a click did."""
    if event.kind != names.SYSTEM:
        return False
    by_mail = event.name in BY_LINK and "message" in event.properties
    return by_mail or event.name in (names.EMAIL_OPENED, names.EMAIL_CLICKED)


BY_LINK: Final = frozenset({names.ASSET_DOWNLOADED, names.SURVEY_ANSWERED, names.SURVEY_COMMENTED})
"""What is done by opening a link of ours; by one of a message's where it says which."""


PREFETCHING: Final = frozenset(
    (
        # Apple's Mail Privacy Protection fetches every image of every mail, read or not.
        "Mozilla/5.0",
        # Gmail fetches ahead for whoever has it open when the mail arrives.
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
        "Safari/537.36 Edge/12.246 Mozilla/5.0",
    )
)
MAIL_PROGRAMS: Final = re.compile(
    # Proxies that fetch an image when, and because, a person opens the mail …
    r"GoogleImageProxy|YahooMailProxy|"
    # … and programs that show mail with the machinery of an operating system.
    r"Microsoft Outlook|Microsoft Office|ms-office|Outlook-(?:iOS|Android)|Thunderbird/|CFNetwork/.*Darwin/|"
    r"okhttp/|^Dalvik/",
    re.IGNORECASE,
)


# What only the company shows.


@dataclass(frozen=True, slots=True)
class Occasion:
    """One message with what happened to its links. `sent` and `delivered` in ms, None where unknown;
    `links` is how many it has, 0 where unknown."""

    events: Sequence[Event]
    sent: int | None = None
    delivered: int | None = None
    links: int = 0


def judge(asked: Event, occasion: Occasion, authored: Bots) -> Verdict:
    """What the company of an open or click says of it. The same for every order of the events."""
    begun = max((at for at in (occasion.sent, occasion.delivered, _sent(asked)) if at is not None), default=None)
    if begun is not None and asked.at <= begun + authored.too_soon * 1000:
        return Verdict("bot", "before-delivery")
    # Of a mail with fewer links than that, all: but one link alone may be anybody's.
    many = min(authored.links, occasion.links) if occasion.links > 1 else authored.links
    for burst in _bursts(asked, occasion.events, authored.burst * 1000):
        touched = {link for event in burst if (link := _link(event))}
        if len(touched - {_UNSUBSCRIBE}) >= many:
            return Verdict("bot", "scanner-all-links")
        if _UNSUBSCRIBE in touched and len(touched) > 1:
            return Verdict("bot", "scanner-unsubscribe")
    if asked.name == names.SURVEY_ANSWERED and len(_answers(asked, occasion.events)) >= UNDECIDED:
        return Verdict("bot", "scanner-all-answers")
    return Verdict("person", LIKE_A_PERSON)


UNDECIDED: Final = 3
"""So many different answers to one question of one mail, by their links, are nobody's …"""
ANSWERED_MS: Final = 600_000
"""… within such a time. Whoever changes their mind does it on the page, or once."""


def _answers(asked: Event, events: Sequence[Event]) -> set[str]:
    """The answers to the same question that links of the mail gave around this one."""
    return {
        repr(event.properties.get("answer"))
        for event in [*events, asked]
        if event.held
        and event.name == names.SURVEY_ANSWERED
        and event.properties.get("survey") == asked.properties.get("survey")
        and abs(event.at - asked.at) <= ANSWERED_MS
    }


_UNSUBSCRIBE: Final = "unsubscribe"


def _link(event: Event) -> str:
    """Which link of the mail was touched, by a click or a look; "" for an open, and for what a click did."""
    if event.name not in (names.EMAIL_CLICKED, names.EMAIL_LOOKED):
        return ""
    return str(event.properties.get("url") or event.properties.get("link") or "")


def _sent(event: Event) -> int | None:
    sent = event.properties.get("sent")
    return sent if isinstance(sent, int) else None


def _bursts(asked: Event, events: Sequence[Event], span: int) -> Iterator[list[Event]]:
    """Every stretch of `span` ms that `asked` lies in and some event begins."""
    near = [event for event in events if abs(event.at - asked.at) <= span]
    for start in sorted({event.at for event in [*near, asked] if event.at <= asked.at}):
        yield [event for event in near if start <= event.at <= start + span]


def rule_on(
    told: Sequence[tuple[Event, Ruling | None]], occasion: Occasion, authored: Bots, until: int, now: int
) -> list[Ruling]:
    """Rulings, as of `now` (ms), on those held opens and clicks that arrived until `until` (ms) about which
    nothing is ruled yet, or something else. Ruling again finds nothing left to rule."""
    made = []
    for event, ruling in sorted(told, key=lambda one: (one[0].at, one[0].ref)):
        if not event.held or not is_of_mail(event) or event.received > until:
            continue
        if ruling is not None and ruling.rule == BY_HAND:
            continue
        found = judge(event, occasion, authored)
        if ruling is None or (ruling.who, ruling.rule) != (found.who, found.rule):
            assert found.who != "waiting"
            made.append(Ruling(event.source, event.sort_key, now, found.who, found.rule))
    return made
