"""pages --ads: the share of the advertisements that lead to a page of their own, and what to write for the others."""

from typing import Any, Final

from authoring.ads import lately
from authoring.commands.shared import counted, emit, live_page, say
from functions import releases
from functions.core.ads import Ad, Fit, Leading, Place, advice, share, wanted
from functions.core.release import Release

DAYS: Final = 30
_FITS: Final[dict[Fit, str]] = {
    "answers": "answers to it",
    "apart": "not listed, and for this campaign alone",
    "shared": "not made for it",
    "elsewhere": "no landing page",
}


def show_ads(page: str | None, days: int, as_json: bool) -> None:
    """Print the ads of so many days, or those of them that lead to one page."""
    release = releases.live().release
    id = None if page is None else live_page(release, page)
    first, every = lately(days, release.pages)
    found = [one for one in every if id is None or any(place.page == id for place in one.places)]
    part = share(found)
    if as_json:
        ads = [_plain(one, release) for one in found]
        emit({"since": first.isoformat(), "days": days, "share": part, "ads": ads})
        return
    if part is None:
        say(f"No ad brought anybody since {first.isoformat()}.")
        return
    own = sum(one.is_own for one in found)
    say(f"{own:,} of {counted(len(found), 'ad')} since {first.isoformat()} lead to a page of their own: {part:.0%}")
    for one in found:
        say("")
        say(
            f"{_named(one.ad)}: {counted(one.days, 'day')}, last on {one.last.isoformat()}",
            "" if one.is_own else "bold",
        )
        for place in one.places:
            say(f"  {_called(place, release)} ({_FITS[place.fit]})", "green" if place.is_own else "dim")
        if not one.is_own:
            say(f"  write: {_advised(one, release)}")


def _named(ad: Ad) -> str:
    said = {name: text for name, text in ad.parts.items() if text}
    return f"(nothing but {ad.click})" if ad.click else " · ".join(f"{name} {text}" for name, text in said.items())


def _called(place: Place, release: Release) -> str:
    return f"page {release.present_name('page', place.page)}" if place.page else place.address


def _advised(one: Leading, release: Release) -> str:
    return advice(one, lambda page: release.present_name("page", page))


def _plain(one: Leading, release: Release) -> dict[str, Any]:
    return {
        "ad": {name: text for name, text in one.ad.parts.items() if text},
        "own": one.is_own,
        "days": one.days,
        "last": one.last.isoformat(),
        "places": [
            {"page": release.present_name("page", place.page)} | {"fit": place.fit}
            if place.page
            else {"address": place.address, "fit": place.fit}
            for place in one.places
        ],
        "came_with": {} if one.is_own else wanted(one.ad),
        "write": _advised(one, release),
    }
