"""Names that nothing can check, for anything may send any event: those that look misspelt are told as warnings."""

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from authoring.definitions import Definitions, conditions_in, matches_in, steps_of
from authoring.load import Document, Path
from authoring.problems import Problem, nearest
from functions.core import conditions as c
from functions.core import event as names
from functions.core.intake import RESERVED
from functions.core.steps import Send, TagStep

_RECORDED: Final = RESERVED | {
    names.PAGE_VIEWED,
    names.SCREEN_VIEWED,
    names.IDENTIFIED,
    names.FORM_SUBMITTED,
    names.POPUP_SHOWN,
    names.POPUP_CLICKED,
    names.POPUP_DISMISSED,
    "Journey Entered",
    "Journey Ended",
    "Site Searched",
    "Outbound Link Clicked",
    "File Downloaded",
}
"""What Samovar, its forms and its tracker record."""
_COMMON: Final = frozenset(
    {
        "Products Searched",
        "Product List Viewed",
        "Product List Filtered",
        "Promotion Viewed",
        "Promotion Clicked",
        "Product Clicked",
        "Product Viewed",
        "Product Added",
        "Product Removed",
        "Cart Viewed",
        "Checkout Started",
        "Checkout Step Viewed",
        "Checkout Step Completed",
        "Payment Info Entered",
        "Order Completed",
        "Order Updated",
        "Order Refunded",
        "Order Cancelled",
        "Coupon Entered",
        "Coupon Applied",
        "Coupon Denied",
        "Coupon Removed",
        "Product Added to Wishlist",
        "Product Removed from Wishlist",
        "Wishlist Product Added to Cart",
        "Product Shared",
        "Cart Shared",
        "Product Reviewed",
        "Account Created",
        "Account Deleted",
        "Signed Up",
        "Signed In",
        "Signed Out",
        "Trial Started",
        "Trial Ended",
    }
)
"""Names of Segment's specs for shops and for software, which most senders use."""
_ALIKE: Final = 0.9
_PREFIXES: Final = ("Email ", "Journey ")


def check(known: Definitions) -> Iterator[Problem]:
    """Names of events that differ a little from known ones, tags that nothing gives, e-mails that nothing sends."""
    yield from _events(known)
    yield from _tags(known)
    yield from _emails(known)


def _events(known: Definitions) -> Iterator[Problem]:
    used = list(matches_in(known))
    often = Counter(match.event for _, _, match in used)
    own = sorted((name for name in often if name not in _RECORDED | _COMMON), key=lambda name: (-often[name], name))
    wrong = {}
    for index, name in enumerate(own):
        meant = _alike(name, [*sorted(_RECORDED), *sorted(_COMMON), *own[:index]])
        if meant:
            wrong[name] = f'"{name}" differs little from "{meant}"', f'Did you mean "{meant}"?'
        elif name.startswith(_PREFIXES):
            close = nearest(name, _RECORDED)
            mend = f'Did you mean "{close}"?' if close else "Check that something of yours sends it"
            wrong[name] = f'nothing here records an event "{name}"', mend
    for document, path, match in used:
        if match.event in wrong:
            message, mend = wrong[match.event]
            yield _warning(document, (*path, "event"), message, mend, "strange-event")


def _alike(name: str, known: Iterable[str]) -> str | None:
    """A known name that differs by letter case, spaces, a letter or two, or two that changed places; numbers are
    told apart."""
    plain = _plain(name)
    for other in known:
        if other == name:
            continue
        if _plain(other) == plain:
            return other
        if len(name) > 5 and _close(name, other):
            return other
    return None


@lru_cache(maxsize=16_384)
def _close(one: str, other: str) -> bool:
    same_numbers = [letter for letter in one if letter.isdigit()] == [letter for letter in other if letter.isdigit()]
    return same_numbers and (_swapped(one, other) or difflib.SequenceMatcher(None, one, other).ratio() >= _ALIKE)


def _swapped(one: str, other: str) -> bool:
    """Whether two neighbouring letters changed places: "raeder" for "reader"."""
    if len(one) != len(other):
        return False
    places = [index for index in range(len(one)) if one[index] != other[index]]
    return len(places) == 2 and places[1] == places[0] + 1 and sorted(one) == sorted(other)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _tags(known: Definitions) -> Iterator[Problem]:
    rules = known.scoring[1].tags if known.scoring else []
    given = {rule.tag for rule in rules if rule.tag}
    given |= {
        step.tag
        for _, journey in known.journeys.values()
        for _, step in steps_of(journey.steps)
        if isinstance(step, TagStep)
    }
    any_other = any(rule.from_ for rule in rules)
    for document, path, condition in conditions_in(known):
        if not isinstance(condition, c.TagCondition) or condition.tag in given:
            continue
        meant = _alike(condition.tag, sorted(given))
        if meant or not any_other:
            message = f'nothing here gives anybody the tag "{condition.tag}"'
            mend = (
                f'Did you mean "{meant}"?' if meant else "Give it by a journey's step, or under tags: in scoring.yaml"
            )
            yield _warning(document, (*path, "tag"), message, mend, "tag-of-nobody")


def _emails(known: Definitions) -> Iterator[Problem]:
    sent = {
        step.send
        for _, journey in known.journeys.values()
        for _, step in steps_of(journey.steps)
        if isinstance(step, Send) and isinstance(step.send, str)
    }
    sent |= {campaign.send for _, campaign in known.campaigns.values() if isinstance(campaign.send, str)}
    sent |= {form.double_opt_in.email for _, form in known.forms.values() if form.double_opt_in}
    sent |= {asset.email for _, asset in known.assets.values() if asset.email}
    for document, path, condition in conditions_in(known):
        if isinstance(condition, c.EmailCondition) and condition.email in known.template_names - sent:
            message = f'nothing sends the e-mail "{condition.email}"'
            mend = "Send it in a journey or a campaign, or ask for another one"
            yield _warning(document, (*path, "email"), message, mend, "email-of-nobody")


def _warning(document: Document, path: Path, message: str, mend: str, code: str) -> Problem:
    return document.problem(path, message, mend, code=code, severity="warning")
