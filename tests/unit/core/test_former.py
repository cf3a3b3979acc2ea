"""Journeys and campaigns that were live once are remembered by the name and the title that they had last."""

from collections.abc import Iterable
from typing import Any

from functions.core.former import MOST, Former, former_from, gone, remember
from functions.core.release import Release
from tests.journeys import release

REST: dict[str, Any] = {
    "topic": "tips",
    "start": {"when": {"event": "Page Viewed"}, "again": "never"},
    "steps": [{"id": "rest", "wait": "1 day"}],
}


def holding(*journeys: str, title: str = "Çay") -> Release:
    return release(**{name: REST | {"title": title} for name in journeys})


def after(*releases: Release) -> list[Former]:
    """What is remembered once each of them gave way to the next, at 0, 1, 2 ..."""
    found: list[Former] = []
    for now, replaced in enumerate(releases):
        found = [former_from(one.to_plain()) for one in remember(replaced, f"r{now}", found, now)]
    return found


def ids(found: Iterable[Former]) -> list[str]:
    return [one.id for one in found]


def test_what_the_live_release_has_is_not_gone() -> None:
    found = after(holding("a", "b"))
    assert ids(gone(holding("b", "c"), found)) == ["a"]
    assert ids(gone(holding("a", "b"), found)) == []


def test_what_went_stays_remembered_by_its_last_title_and_time() -> None:
    found = after(holding("a", title="Old"), holding("a", "b", title="Yeni 😀"), holding("b"), holding("c"))
    (c, b, a) = found
    assert ids((c, b, a)) == ["c", "b", "a"]
    assert (a.title, a.release, a.until) == ("Yeni 😀", "r1", 1)
    assert (b.title, b.release, b.until) == ("Çay", "r2", 2)


def test_a_journey_and_a_campaign_of_one_id_are_two() -> None:
    both = [Former("campaign", "a", "a", "", "r", 0), *after(holding("a"))]
    assert [one.kind for one in gone(holding("a"), both)] == ["campaign"]


def test_those_that_went_first_are_forgotten_first() -> None:
    live = holding("live")
    found = after(*(holding("live", f"j{number}") for number in range(MOST + 5)))
    assert ids(gone(live, found)) == [f"j{number}" for number in range(MOST + 4, 3, -1)]


def test_however_much_is_live_what_went_is_not_forgotten_for_it() -> None:
    many = [f"j{number}" for number in range(MOST + 50)]
    found = after(holding("gone", *many), holding(*many), holding(*many))
    assert ids(gone(holding(*many), found)) == ["gone"]
    assert len(ids(gone(holding(), found))) == MOST + 51


def test_a_journey_that_was_renamed_is_remembered_by_the_name_that_it_bore_last() -> None:
    (found,) = after(holding("a").model_copy(update={"names": {"journey a": "b"}}))
    assert (found.id, found.name) == ("a", "b")
