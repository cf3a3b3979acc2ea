"""Which advertisements bring visitors, where they lead, and whether to a page of their own. Pure.

An *ad* is what an address says of a paid click: source, medium, campaign, term and content, compared as a page's
`came_with` compares them. Each counts for itself, the term too, because a page can answer to each. What is kept is
that an ad led to a place on a day, never who came: the same arrivals in any order, and again, tell the same.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Final, Literal, assert_never
from urllib.parse import urlsplit

from functions.core.attribution import LANDING
from functions.core.event import FORM, PAGE_VIEWED, Event
from functions.core.ids import digest
from functions.core.landing import Page
from functions.core.origin import CAMPAIGN, CLICK_IDS, text_of, texts
from functions.core.parameters import came_with, plain

LATE_MS: Final = 7 * 86_400_000
"""What is told so long after it happened is history brought from elsewhere, and no ad of late."""
_PAID: Final = frozenset(
    (
        *("ad", "ads", "banner", "cpa", "cpc", "cpm", "cpv", "display", "expandable", "interstitial"),
        *("ppc", "ppv", "remarketing", "retargeting"),
    )
)
"""Words of a medium that say that the click was paid for; so does any that begins with "paid"."""
_UNPAID: Final = frozenset(("affiliate", "email", "e mail", "newsletter", "organic", "push", "referral", "sms"))
"""Mediums that outrank a click id: addresses are copied, their click ids with them."""
_ADVERTISERS: Final = CLICK_IDS - {"fbclid"}
"""Click ids that ads alone carry. Meta puts fbclid on every link that leaves it, in a friend's post as well."""
_LONGEST_ADDRESS: Final = 200
_JOINERS: Final = "\u200c\u200d"
"""What isn't printed, and is part of how Persian and others are written."""
_NAMES_SOMEBODY: Final = re.compile("@|%40", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ad:
    """An advertisement as its address names it; `click` is the name of its click id where it names nothing else."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""
    click: str = ""

    @property
    def id(self) -> tuple[str, ...]:
        """The same for all spellings that a page takes for the same."""
        return tuple(plain(part) for part in self.parts.values())

    @property
    def parts(self) -> dict[str, str]:
        """All six, by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @property
    def query(self) -> dict[str, str]:
        """The parameters of its address, as far as they are known."""
        return {f"utm_{name}": text for name, text in self.parts.items() if text and name != "click"}


@dataclass(frozen=True, slots=True)
class Landed:
    """That an ad led to a place on a day (UTC): a landing page by its id, or else an address without its query."""

    ad: Ad
    page: str
    address: str
    day: date

    @property
    def id(self) -> str:
        """Stands for the ad and the place, among those of a day."""
        return digest("ad", *self.ad.id, self.page, self.address)


def landed(event: Event, pages: Mapping[str, Page]) -> Landed | None:
    """What a page view, or a form sent from a landing page, says of an ad; None where no ad led there."""
    is_view = event.name == PAGE_VIEWED and event.kind == "page"
    if not (is_view or (event.kind == FORM and LANDING in event.properties)) or event.received - event.at > LATE_MS:
        return None
    ad = _ad(event)
    if ad is None:
        return None
    said = text_of(event.properties.get("page" if is_view else LANDING))
    page = said if said in pages else ""
    address = "" if page else _address(event.properties.get("url" if is_view else "page"))
    day = datetime.fromtimestamp(event.at / 1000, UTC).date()
    return Landed(ad, page, address, day) if page or address else None


def _ad(event: Event) -> Ad | None:
    named, clicks = event.context.get("campaign"), event.context.get("clicks")
    said = texts(named, CAMPAIGN) if isinstance(named, Mapping) else {}
    ids = sorted(texts(clicks, CLICK_IDS)) if isinstance(clicks, Mapping) else []
    medium = plain(said.get("medium", ""))
    if medium in _UNPAID or not (_is_paid(medium) or _ADVERTISERS.intersection(ids)):
        return None
    if "name" in said:
        said["campaign"] = said.pop("name")
    shown = {name: text for name, value in said.items() if (text := _fit_to_keep(value))}
    return Ad(**shown) if shown else Ad(click=ids[0]) if ids else None


def _is_paid(medium: str) -> bool:
    return any(word in _PAID or word.startswith("paid") for word in medium.split())


def _fit_to_keep(text: str) -> str:
    """The text on one line; none where it may hold an address, which is somebody's."""
    if _NAMES_SOMEBODY.search(text):
        return ""
    return "".join(one if one.isprintable() or one in _JOINERS else " " for one in text).strip()


def _address(value: object) -> str:
    try:
        parts = urlsplit(text_of(value))
        host = parts.hostname or ""
    except ValueError:
        return ""
    return _fit_to_keep(host.removeprefix("www.") + parts.path.rstrip("/"))[:_LONGEST_ADDRESS] if host else ""


Fit = Literal["answers", "apart", "shared", "elsewhere"]
"""A landing page that answers to the ad; one that is not listed, and that one campaign alone leads to; another
landing page; anything else."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an ad leads, and how that fits it."""

    page: str
    address: str
    fit: Fit

    @property
    def is_own(self) -> bool:
        """Whether it counts as a page of the ad's own."""
        return self.fit in ("answers", "apart")


@dataclass(frozen=True, slots=True)
class Leading:
    """An ad, on how many days it brought somebody, the last of them, and where it led on that."""

    ad: Ad
    days: int
    last: date
    places: tuple[Place, ...]

    @property
    def is_own(self) -> bool:
        """Whether it led to pages of its own alone."""
        return all(place.is_own for place in self.places)


def leading(told: Iterable[Landed], pages: Mapping[str, Page]) -> list[Leading]:
    """The ads, those without a page of their own first, then by days. Where an ad led before its last day is past."""
    ads: dict[tuple[str, ...], list[Landed]] = {}
    campaigns: dict[str, set[str]] = {}
    for one in told:
        ads.setdefault(one.ad.id, []).append(one)
        if one.page:
            campaigns.setdefault(one.page, set()).add(plain(one.ad.campaign))
    alone = {page for page, found in campaigns.items() if len(found) == 1 and "" not in found}
    made = [_leading(found, pages, alone) for found in ads.values()]
    return sorted(made, key=lambda one: (one.is_own, -one.days, one.ad.id))


def share(ads: Iterable[Leading]) -> float | None:
    """The part of the ads, from 0 to 1, that leads to pages of their own; None where there are none."""
    own = [one.is_own for one in ads]
    return sum(own) / len(own) if own else None


def _leading(found: list[Landed], pages: Mapping[str, Page], alone: set[str]) -> Leading:
    last = max(one.day for one in found)
    # Spellings may differ: which of them is shown must not hang on which was read first.
    ad = min((one.ad for one in found if one.day == last), key=lambda one: tuple(one.parts.values()))
    places = {
        Place(one.page, one.address, _fit(one, pages.get(one.page), one.page in alone))
        for one in found
        if one.day == last
    }
    return Leading(
        ad, len({one.day for one in found}), last, tuple(sorted(places, key=lambda one: (one.page, one.address)))
    )


def _fit(one: Landed, page: Page | None, alone: bool) -> Fit:
    if page is None:
        return "elsewhere"
    if answers(page, one.ad):
        return "answers"
    return "apart" if alone and not page.listed else "shared"


def answers(page: Page, ad: Ad) -> bool:
    """Whether strangers who come by the ad read something there that stands for it: a block by what they came with,
    or one of the ad's words."""
    blocks = (one for block in page.blocks for one in (block, *block.otherwise))
    fitting = (
        all(came_with(ad.query, name, wanted) for name, wanted in one.came_with.items())
        for one in blocks
        if one.came_with and one.when is None
    )
    return any(fitting) or any(came_with(ad.query, name, spoken.one_of) for name, spoken in page.says.items())


def wanted(ad: Ad) -> dict[str, str]:
    """What a block that answers to the ad says it came with; nothing where the ad names nothing of itself."""
    for name in ("campaign", "content", "term", "source"):
        if text := ad.parts[name]:
            return {f"utm_{name}": text}
    return {}


def advice(one: Leading, name_of: Callable[[str], str] = str) -> str:
    """What to write, so that the ad has a page of its own; "" where it has. `name_of` is what a page is called now."""
    said = ", ".join(f"{name}: {_quoted(text)}" for name, text in wanted(one.ad).items())
    for place in one.places:
        match place.fit:
            case "answers" | "apart":
                continue
            case _ if not said:
                return "name the campaign in the ad's address (utm_campaign=…), so that a page can answer to it"
            case "shared":
                return f"a block of page {name_of(place.page)} with came_with: {{{said}}}"
            case "elsewhere":
                return f"lead it to a page, with a block that says came_with: {{{said}}}"
            case never:
                assert_never(never)
    return ""


def _quoted(text: str) -> str:
    """The text as YAML reads it inside braces."""
    if re.fullmatch(r"[a-z][a-z0-9_-]*", text) and text not in (
        "null",
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
    ):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
