"""Stages, grades and tags through the whole house: crossed once, told once, and right after two became one."""

import json
from collections.abc import Iterator

import pytest

from functions import releases
from functions.core.contact import Contact
from functions.core.funnel import Funnel
from functions.core.identity import EMAIL
from functions.core.release import Release, canonical, load
from functions.score.apply import refold
from functions.score.merge import merge
from functions.tables import contacts, decisions
from local.emulator import EmulatorProcess
from tests.cloud import Cloud, marketing

ADA, BOB = "ada@example.com", "bob@example.com"
HOUSE = {"company": "Çay Evi", "house": "cafe"}


def tea_shop(*, forward_only: bool) -> bytes:
    """The demo business with a funnel of its own: who looked lately, who signed up, who bought."""
    plain = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain["funnel"] = {
        "forward_only": forward_only,
        "stages": [
            {"id": "looking", "when": {"event": "Page Viewed", "within": "7 days"}},
            {"id": "listening", "when": {"consent": "tips"}},
            {"id": "buying", "when": {"event": "Order Completed", "within": "30 days"}},
        ],
    }
    return canonical(Release.model_validate(plain))


@pytest.fixture
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    with Cloud(emulator, tea_shop(forward_only=False)) as cloud:
        yield cloud


def person(shop: Cloud, email: str = ADA) -> Contact:
    owner = shop.owner(EMAIL, email)
    return contacts.load([owner])[owner]


def told(shop: Cloud, *kinds: str) -> list[tuple[str, str, str]]:
    """What the bus heard, repeats and all."""
    entries = [(entry["DetailType"], json.loads(entry["Detail"])) for entry in shop.bus]
    return [(kind, detail["from"], detail["to"]) for kind, detail in entries if kind in kinds]


def signed_up(shop: Cloud, email: str = ADA) -> None:
    shop.page("/first-flush", f"p-{email}", f"browser of {email}")
    shop.settle()
    shop.post_form(email=email, anonymous=f"browser of {email}", nonce=email)
    shop.settle()


def test_a_crossed_stage_is_told_once_and_so_is_its_end_by_time_alone(shop: Cloud) -> None:
    signed_up(shop)
    shop.put_on_bus("Order Completed", id="o1", email=ADA, revenue=40)
    shop.settle()
    stages = "Stage Entered", "Stage Left"
    ways = [("Stage Entered", "", "looking"), ("Stage Entered", "looking", "listening")]
    ways = [*ways, ("Stage Entered", "listening", "buying")]
    assert told(shop, *stages) == ways
    for stream in (shop.events, shop.decisions):
        stream.rewind()
        shop.settle()
    assert set(told(shop, *stages)) == set(ways)
    shop.bus.clear()
    shop.skip(days=31)
    assert told(shop, *stages) == [("Stage Entered", "buying", "listening")]
    standing = person(shop).state.standing
    assert standing.stage == "listening"
    assert set(standing.stages) == {"looking", "listening", "buying"}
    logged = [one for one in decisions.of(person(shop).id) if one.kind == "stage"]
    assert [(one.before, one.after) for one in logged][-1] == ("buying", "listening")
    assert logged[-1].cause == "time"


def test_a_grade_follows_what_is_known_and_tags_what_was_read(shop: Cloud) -> None:
    signed_up(shop)
    assert person(shop).state.standing.grade == "D"
    shop.put_on_bus("House Visited", id="v1", email=ADA, traits=HOUSE)
    shop.call("page", messageId="p9", anonymousId=f"browser of {ADA}", properties={"topic": "İnce  ÇAY/Oolong"})
    shop.settle()
    assert person(shop).state.standing.grade == "A"
    assert told(shop, "Grade Changed") == [("Grade Changed", "D", "A")]
    assert person(shop).state.facts.tags["ince-çay-oolong"][1]


def test_counting_anew_decides_nothing_about_stages(shop: Cloud) -> None:
    signed_up(shop)
    before = person(shop).state.standing
    shop.bus.clear()
    found = refold(person(shop).id, shop.clock.now)
    assert found is not None
    assert (found.changed, found.differing) == (False, ())
    shop.settle()
    assert (person(shop).state.standing, shop.bus) == (before, [])


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("forward_only", [True, False])
def test_two_who_became_one_stand_where_both_together_stand(shop: Cloud, forward_only: bool, counted: bool) -> None:
    shop.publish(tea_shop(forward_only=forward_only))
    signed_up(shop)
    signed_up(shop, BOB)
    shop.put_on_bus("Order Completed", id="o1", email=BOB, revenue=40)
    shop.settle()
    shop.skip(days=31)
    bob, ada = person(shop, BOB), person(shop)
    assert bob.state.standing.stage == ("buying" if forward_only else "listening")
    release = load(tea_shop(forward_only=forward_only))
    merge(bob.id, ada.id, releases.live().counters if counted else None, funnel=release.funnel)
    shop.settle()
    shop.skip(hours=1)
    standing = person(shop).state.standing
    assert standing.stage == bob.state.standing.stage
    assert standing.stages["buying"] == bob.state.standing.stages["buying"]
    assert shop.aside == []


def test_a_funnel_that_is_taken_away_leaves_nobody_at_a_stage(shop: Cloud) -> None:
    signed_up(shop)
    shop.publish(canonical(load(tea_shop(forward_only=False)).model_copy(update={"funnel": Funnel()})))
    shop.page("/", "p2", f"browser of {ADA}")
    shop.settle()
    assert person(shop).state.standing.stage == ""
    assert told(shop, "Stage Left") == [("Stage Left", "listening", "")]
