"""Random journeys over random histories: the whole stack goes the way that virtual time goes.

A handful of journeys goes live at once, each with one person in it, so that they share the stops of the clock. Where
the way hangs on a second (two things that happen at once in virtual time, in either order on the stack), there is
nothing to compare: such a story comes out otherwise as soon as its alarms ring a little late, and is left out.
"""

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from authoring.scenarios import run
from authoring.scenarios.model import Scenario
from authoring.scenarios.world import World
from functions.core.release import Release
from functions.publish import keyring
from local.running import stack_up
from tests.e2e import every_step
from tests.e2e.played import Player, Story, connected
from tests.lives import differences, lived
from tests.random_journeys import EVENTS, RENEWS, Wild
from tests.scale import SCALE

pytestmark = pytest.mark.stack

TOGETHER: Final = 10 if SCALE == 1 else 20
ROUNDS: Final = min(15, SCALE)
"""10 journeys in the small size, 300 in a soak."""
FIRST: Final = date(2027, 3, 1)
STARTS: Final = "2027-03-01 07:03"
DAYS: Final = 16
LATE_MS: Final = (20_000, 120_000)
"""By so much (ms) alarms ring late where it is asked whether a way hangs on a second."""
WITHIN_MS: Final = 300_000
"""By so much (ms) the stack may be later than virtual time, after a dozen waits of which each took its moment."""
MAILS: Final = ("welcome", "first-offer", "brewing-guide", "order-thanks")


def acting(chance: random.Random, name: str) -> dict[str, Any]:
    """Anything that a step can do, with what the demo and the gallery have."""
    traits = {chance.choice(("plan", RENEWS)): chance.choice(("gold", "2027-03-09", None))}
    return chance.choice(
        (
            {"send": chance.choice(MAILS)},
            {"send": chance.choice(MAILS), "topic": "tips"},
            {"send": {"sms": "kettle-ready"}},
            {"tag": chance.choice("xy")},
            {"untag": chance.choice("xy")},
            {"update": {"traits": traits}},
            {"update": {"stage": "action"}},
            {"add": {"score": "interest", "points": chance.choice((-5, 30))}},
            {"send": {"webhook": "crm"}},
            {"webhook": "crm"},
            {"notify": {"to": "sales", "subject": "Look"}},
            {"handoff": {"to": "sales", "reason": "Wants tea"}},
            {"start": "another"},
        )
    )


def journeys(chance: random.Random, folder: Path) -> tuple[Release, list[str]]:
    """A release with random journeys, and their names; each starts by an event of its own."""
    base = every_step.release(folder)
    content = base.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    names = [f"random-{number}" for number in range(TOGETHER)]
    made: dict[str, Any] = {}
    for number, name in enumerate(names):
        per = chance.choice(({}, {}, {"one_per": "event"}, {"one_per": {"property": "cart"}}))
        start = {"when": {"event": f"Signed Up {number}"}, "again": chance.choice(("never", "always")), **per}
        made[name] = {"title": name, "topic": "orders", "start": start, **Wild(chance, FIRST, acting).journey()}
    made["another"] = {
        "title": "Another",
        "topic": "orders",
        "start": {"when": {"requested": True}, "again": "always"},
        "steps": [{"id": "rest", "wait": "1 day"}, {"id": "rested", "tag": "x"}],
    }
    content["journeys"] = made
    return Release.model_validate(content), names


def history(chance: random.Random, number: int) -> Scenario:
    """What happens to somebody. Each thing has a minute of the hour of its own, apart from when clocks strike and from
    when the story begins, so that what follows from one seldom meets what follows from another."""
    events: list[dict[str, Any]] = [{"at": "start", **_signs_up(chance, number)}]
    hours = sorted(chance.sample(range(-1, DAYS * 8), 8))
    for place, hour in enumerate(hours, 1):
        if chance.random() < 0.35:
            continue
        minutes = max(0, hour * 3 * 60) + 6 * place
        sort = chance.random()
        if sort < 0.15:
            what: dict[str, Any] = {"traits": {RENEWS: chance.choice(("2027-03-05", "2027-03-12", None))}}
        elif sort < 0.25:
            what = _signs_up(chance, number)
        elif sort < 0.35:
            what = {chance.choice(("tag", "untag")): chance.choice("xy")}
        else:
            what = {"event": chance.choice(EVENTS), "properties": {"path": "/first-flush"}}
        events.append({"at": f"{minutes} minutes later", **what})
    contact: dict[str, Any] = {"traits": {}, "consents": chance.sample(["tips", "offers"], chance.randint(0, 2))}
    if chance.random() < 0.5:
        contact["traits"][RENEWS] = chance.choice(("2027-03-04", "2027-03-10"))
    if chance.random() < 0.3:
        contact["time_zone"] = chance.choice(("America/New_York", "Australia/Sydney"))
    if chance.random() < 0.3:
        contact["traits"]["phone"] = f"+9053212345{number:02d}"
    said = {"name": f"person {number}", "contact": contact, "starts": STARTS, "events": events, "expect": {}}
    return Scenario.model_validate(said)


def _signs_up(chance: random.Random, number: int) -> dict[str, Any]:
    return {"event": f"Signed Up {number}", "properties": {"cart": chance.choice(("c1", "c2"))}}


class Late(World):
    """A world in which whatever time alone brings comes late."""

    late = 0

    def _alarms(self) -> list[int]:
        return [at + self.late for at in super()._alarms()]


def hangs_on_a_second(player: Player, story: Story) -> bool:
    """Whether the story goes another way where alarms ring late."""
    assert story.life is not None
    told = lived(story.life)
    for late in LATE_MS:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(run, "World", type("Later", (Late,), {"late": late}))
            other = run.live(player.rules, story.journey, story.scenario, lambda _: story.contact)
        if differences(told, lived(other), 40 * late):
            return True
    return False


Round = tuple[Player, list[Story]]


@pytest.fixture(scope="module", params=range(ROUNDS))
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    chance = random.Random(f"journeys {request.param}")
    root = tmp_path_factory.mktemp("random")
    with stack_up(root / "stack") as stack, connected(stack):
        keyring.make_secret("crm", replace=False)
        release, names = journeys(chance, root / "marketing")
        player = Player(stack, release, STARTS)
        stories = [Story(name, history(chance, number)) for number, name in enumerate(names)]
        player.play(stories, DAYS)
        yield player, stories


def test_random_journeys_go_the_same_way_in_virtual_time_and_on_the_stack(played: Round) -> None:
    player, stories = played
    alike = [story for story in stories if not hangs_on_a_second(player, story)]
    found = {story.name: differences(*player.traces(story), WITHIN_MS) for story in alike}
    assert {name: differing for name, differing in found.items() if differing} == {}
    assert len(alike) > 0.7 * len(stories)
    assert player.stack.complaints() == []
