"""Pop-ups as authored, and which of them a visitor is shown.

Nothing about a person decides for a browser that nobody has proved to be theirs: of a stranger only the address that
they look at, where they came from and what this browser itself did are asked.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, assert_never

from pydantic import BeforeValidator, Discriminator, Field, PlainSerializer, Tag, WithJsonSchema, model_validator

from functions.core.compare import fulfils, number, same
from functions.core.comparisons import Day, PropertyComparison, Wanted
from functions.core.conditions import Condition, EventCondition
from functions.core.definition import LANGUAGE, UNITS, Definition, Duration, Id, Lasting, spell_duration
from functions.core.event import FORM_SUBMITTED, POPUP_CLICKED, POPUP_DISMISSED, POPUP_SHOWN

LONGEST_WAIT_S: Final = 3600
MOST_TIMES: Final = 10
"""So many showings are told apart to the second, as any other events are."""
OPENED_BY_CLICK: Final = 3
"""So many pop-ups may wait for a click on one page, beside the one that comes by itself."""
_OFTEN = re.compile(r"\s*(once|twice|(\d{1,2})\s+times)(?:\s+per\s+(?:(\d{1,4})\s+)?(minute|hour|day|week)s?)?\s*")
_PERCENT = re.compile(r"\s*(\d{1,3})\s+percent\s*")
_WORDS: Final = {1: "once", 2: "twice"}
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Often:
    """So many times within so many seconds; ever, where these are 0."""

    times: int
    within: int


def parse_often(value: Any) -> Often:
    """How often, in words: "once per 7 days", "3 times per week", "twice". Raises ValueError that says how."""
    if isinstance(value, Often):
        return value
    match = _OFTEN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('expected how often; write it as "once per 7 days", "3 times per week" or "once"')
    times = int(match[2]) if match[2] else {word: count for count, word in _WORDS.items()}[match[1]]
    within = int(match[3] or 1) * UNITS[match[4]] if match[4] else 0
    if not 1 <= times <= MOST_TIMES or (match[3] and not within):
        raise ValueError(f"from once to {MOST_TIMES} times, in a time that is longer than zero")
    if within > 3650 * UNITS["day"]:
        raise ValueError("a length of time can be ten years at most; ever is written without one")
    return Often(times, within)


def spell_often(often: Often) -> str:
    """The spelling that `parse_often` reads back to the same."""
    times = _WORDS.get(often.times, f"{often.times} times")
    return f"{times} per {spell_duration(often.within)}" if often.within else times


def _parse_percent(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError(f'write it as "{value} percent"')
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if match is None or not 1 <= int(match[1]) <= 100:
        raise ValueError('expected a part of the page; write it as "50 percent"')
    return int(match[1])


DEFAULT_OFTEN: Final = Often(1, 7 * UNITS["day"])
HowOften = Annotated[
    Often,
    BeforeValidator(parse_often, json_schema_input_type=str),
    PlainSerializer(spell_often, return_type=str),
    WithJsonSchema(
        {"type": "string", "default": "once per 7 days", "examples": ["once per 7 days", "3 times per week", "once"]}
    ),
]
"""How often something is shown; authored and stored as words."""

Percent = Annotated[
    int,
    BeforeValidator(_parse_percent, json_schema_input_type=str),
    PlainSerializer(lambda value: f"{value} percent", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,3} percent$", "examples": ["50 percent"]}),
]
"""Of a whole; authored and stored as "50 percent"."""

Path = Annotated[str, Field(pattern=r"^(/|\*)[^?#\s]*$", max_length=300)]
"""A path of the site, such as /teas/green; a star stands for anything."""

_Title = Annotated[str, Field(min_length=1, max_length=120)]


class ComesAfter(Definition):
    """It comes so long after the page was opened, or at the first look at it after that."""

    after: Duration = Field(description='At most an hour, such as "10 seconds".')

    @model_validator(mode="after")
    def _soon(self) -> "ComesAfter":
        if self.after > LONGEST_WAIT_S:
            raise ValueError("nobody looks at a page for more than an hour")
        return self


class ComesScrolled(Definition):
    """It comes once so much of the way down was gone; never on a page that is not longer than the window."""

    scrolled: Percent = Field(description='Of the way that the page can be scrolled, such as "50 percent".')


class ComesOnClick(Definition):
    """It opens on a click, as often as somebody clicks."""

    clicked: str = Field(
        min_length=1, max_length=200, description='CSS selector of what is clicked, such as "#letter" or ".sign-up".'
    )


def _kind_of_trigger(value: Any) -> str | None:
    match value:
        case str():
            return "leaving" if value == "leaving" else None
        case ComesAfter() | {"after": _}:
            return "after"
        case ComesScrolled() | {"scrolled": _}:
            return "scrolled"
        case ComesOnClick() | {"clicked": _}:
            return "clicked"
    return None


Trigger = Annotated[
    Annotated[Literal["leaving"], Tag("leaving")]
    | Annotated[ComesAfter, Tag("after")]
    | Annotated[ComesScrolled, Tag("scrolled")]
    | Annotated[ComesOnClick, Tag("clicked")],
    Discriminator(
        _kind_of_trigger,
        custom_error_type="trigger_of_popup",
        custom_error_message='expected leaving, {after: 10 seconds}, {scrolled: 50 percent} or {clicked: "#letter"}',
    ),
]
"""What brings a pop-up up."""


class PopupLink(Definition):
    """Where a pop-up leads, instead of a form."""

    text: str = Field(min_length=1, max_length=80, description="What the link says.")
    to: str = Field(
        pattern=r"^(https?://[^\s/\\]\S*|/([^\s/\\]\S*)?)$",
        max_length=1000,
        description="Where it leads: a path of the site, or a whole address.",
    )


class PopupVisit(Definition):
    """What this visit is like, whoever it is that visits: all of it must be so."""

    came_by: dict[str, Wanted] = Field(
        default_factory=dict,
        max_length=10,
        description="Parameters of the address by which this visit began, or that is open: "
        "{utm_source: newsletter}, {gclid: {known: true}}.",
    )
    referrer: Wanted | None = Field(
        None, description="Host of the site that they came from, such as google.com; {contains: google}."
    )
    pages_at_least: int | None = Field(
        None, ge=2, le=50, description="So many pages of the site were looked at in this visit, this one among them."
    )


Ending = Literal["submitted", "followed", "dismissed"]


def _list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Popup(Lasting):
    """marketing/popups/ID.yaml"""

    title: _Title = Field(description="Its heading, which is also what screen readers call it.")
    text: str = Field("", max_length=600, description="A line or two below.")
    form: Id | None = Field(None, description="The form inside it: one of forms/.")
    link: PopupLink | None = Field(None, description="Where it leads instead.")
    style: Literal["popup", "slide-in", "bar"] = Field(
        "popup",
        description="In the middle with the page behind it out of reach; in the lower corner; or along the upper "
        "edge. The last two leave the page usable.",
    )
    on: list[Path] = Field(["*"], min_length=1, max_length=30, description="Pages, by path; * stands for anything.")
    except_: list[Path] = Field([], alias="except", max_length=30, description="Pages that are none of these.")
    visit: PopupVisit = Field(default_factory=PopupVisit, description="What this visit must be like.")
    to: Literal["everybody", "contacts", "strangers"] = Field(
        "everybody",
        description="contacts are those alone who came by a link from their own mailbox; of nobody else anything "
        "about a person is asked.",
    )
    when: Condition | None = Field(None, description="Of such contacts, those alone for whom this holds.")
    trigger: Trigger = Field(
        description="What brings it up: leaving, {after: 10 seconds}, {scrolled: 50 percent}, {clicked: SELECTOR}."
    )
    at_most: HowOften = Field(
        default_factory=lambda: DEFAULT_OFTEN,
        description="How often one visitor sees it; what a click opens is not counted.",
    )
    not_after: Annotated[list[Ending], BeforeValidator(_list, json_schema_input_type=Ending | list[Ending])] = Field(
        ["submitted"],
        description="Never again after its form was submitted (wherever that form stood), its link followed, or after "
        "it was dismissed; what a click opens comes nonetheless.",
    )
    priority: int = Field(0, ge=-100, le=100, description="Of those that fit the one with the highest is shown.")
    from_: Day | None = Field(None, alias="from", description="From this day on, in the business's time zone.")
    until: Day | None = Field(None, description="Until this day, the last one.")
    language: str | None = Field(None, pattern=LANGUAGE, description="Such as tr; its form's, or the business's.")

    @model_validator(mode="after")
    def _one_purpose(self) -> "Popup":
        if self.form is not None and self.link is not None:
            raise ValueError("give it a form or a link, not both")
        if self.from_ and self.until and self.until < self.from_:
            raise ValueError("until must not be before from")
        return self

    @property
    def unasked(self) -> bool:
        """Whether it comes by itself."""
        return not isinstance(self.trigger, ComesOnClick)

    @property
    def cap(self) -> Often | None:
        """How often one visitor sees it; None for what is opened by a click."""
        return self.at_most if self.unasked else None

    @property
    def endings(self) -> Sequence[Ending]:
        """After what it is never shown again; after nothing where it is opened by a click."""
        return self.not_after if self.unasked else ()


@dataclass(frozen=True, slots=True)
class Looking:
    """What a browser says of the page that it shows: `path`, `query` of its address or the visit's first, `referrer`
    (host) and the number of `pages` of this visit; `capped` are pop-ups that it may not show now, `sent` the forms
    that were sent from it."""

    path: str
    query: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    referrer: str = ""
    pages: int = 1
    capped: frozenset[str] = frozenset()
    sent: frozenset[str] = frozenset()


Holds = Callable[[Condition], bool]
"""Whether a condition holds for the contact whose browser this is proved to be."""


def choose(
    popups: Mapping[str, Popup], looking: Looking, today: date, zone: str, holds: Holds | None = None
) -> list[str]:
    """The ids of what a visitor is shown: at most one pop-up that comes by itself, of the highest priority and then
    the first by id; and those that a click opens, a few at most. `holds` is None for a stranger."""
    fitting = [id for id, popup in popups.items() if fits(id, popup, looking, today, zone, holds)]
    fitting.sort(key=lambda id: (-popups[id].priority, id))
    unasked = [id for id in fitting if popups[id].unasked]
    return unasked[:1] + [id for id in fitting if not popups[id].unasked][:OPENED_BY_CLICK]


def fits(id: str, popup: Popup, looking: Looking, today: date, zone: str, holds: Holds | None) -> bool:
    """Whether a visitor may be shown this one here and now; what a click opens, as often as somebody clicks."""
    if not _in_time(popup, today) or not is_on(popup, looking.path):
        return False
    if popup.unasked and id in looking.capped:
        return False
    if "submitted" in popup.endings and popup.form in looking.sent:
        return False
    return _visits(popup.visit, looking, zone) and _is_for(id, popup, holds)


def _in_time(popup: Popup, today: date) -> bool:
    return (popup.from_ is None or popup.from_ <= today) and (popup.until is None or today <= popup.until)


def is_on(popup: Popup, path: str) -> bool:
    """Whether it belongs on the page of this path (decoded), with or without a slash at its end."""
    return _among(tuple(popup.on), path) and not (popup.except_ and _among(tuple(popup.except_), path))


def _among(patterns: tuple[str, ...], path: str) -> bool:
    return _pattern(patterns).fullmatch(path) is not None


@lru_cache(maxsize=512)
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    spelled = (".*".join(map(re.escape, re.split(r"\*+", one.rstrip("/")))) for one in patterns)
    return re.compile(f"(?:{'|'.join(spelled)})/?", re.DOTALL)


def _visits(visit: PopupVisit, looking: Looking, zone: str) -> bool:
    if visit.pages_at_least is not None and looking.pages < visit.pages_at_least:
        return False
    if visit.referrer is not None and not _is_like(looking.referrer or None, visit.referrer, zone):
        return False
    return all(_is_like(looking.query.get(name), wanted, zone) for name, wanted in visit.came_by.items())


def _is_like(value: str | None, wanted: object, zone: str) -> bool:
    if isinstance(wanted, PropertyComparison):
        return fulfils(wanted, value, zone)
    # An address holds texts alone; a number in the file means the number that the text says.
    return value is not None and (same(value, wanted) or same(number(value), wanted))


def _is_for(id: str, popup: Popup, holds: Holds | None) -> bool:
    if holds is None:
        return popup.to != "contacts"
    if popup.to == "strangers" or (popup.when is not None and not holds(popup.when)):
        return False
    return not any(holds(condition) for condition in seen_enough(id, popup))


def seen_enough(id: str, popup: Popup) -> Iterator[Condition]:
    """What must not hold for a contact who is to be shown it (again), wherever they saw it before."""
    if popup.cap is not None:
        within = spell_duration(popup.cap.within) if popup.cap.within else None
        counted = {"event": POPUP_SHOWN, "where": {"popup": id}, "at_least": popup.cap.times, "within": within}
        yield EventCondition.model_validate(counted)
    for ending in popup.endings:
        match ending:
            case "submitted":
                if popup.form is not None:
                    yield EventCondition(event=FORM_SUBMITTED, form=popup.form)
            case "followed":
                yield EventCondition(event=POPUP_CLICKED, where={"popup": id})
            case "dismissed":
                yield EventCondition(event=POPUP_DISMISSED, where={"popup": id})
            case _:
                assert_never(ending)


def conditions(popups: Mapping[str, Popup]) -> Iterator[Condition]:
    """Every condition that a contact is judged by for the sake of pop-ups."""
    for id, popup in popups.items():
        if popup.to == "strangers":
            continue
        if popup.when is not None:
            yield popup.when
        yield from seen_enough(id, popup)


def asked_of_browsers(popups: Mapping[str, Popup]) -> dict[str, Any] | None:
    """What the tracker must know: on which pages there may be any, and what of a visit is asked at all. None where
    there are no pop-ups."""
    if not popups:
        return None
    visits = [popup.visit for popup in popups.values()]
    forms = {popup.form for popup in popups.values() if popup.form and "submitted" in popup.endings}
    asked: dict[str, Any] = {"on": sorted({path for popup in popups.values() for path in popup.on})}
    if names := sorted({name for visit in visits for name in visit.came_by}):
        asked["q"] = names
    if any(visit.referrer is not None for visit in visits):
        asked["r"] = 1
    if pages := max((visit.pages_at_least or 0 for visit in visits), default=0):
        asked["n"] = pages
    if forms:
        asked["f"] = sorted(forms)
    return asked
