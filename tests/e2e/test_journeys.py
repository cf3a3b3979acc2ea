"""Journeys in virtual time and on a whole stack: whatever a scenario says, that the machine does."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from authoring.scenarios.run import Life
from functions.core.alarm import name
from functions.core.enrollment import Enrollment
from functions.core.steps import STEPS
from functions.core.tree import walk
from functions.publish import keyring
from functions.tables import enrollments, messages, tokens
from local import skip
from local.front.server import Server
from local.running import stack_up
from local.stack import Stack
from tests.e2e import every_step
from tests.e2e.played import Player, Story, connected
from tests.e2e.receiver import Received, by_the_clock_of, receiver
from tests.e2e.transitions import Taken, taken_by
from tests.lives import differences
from tests.scale import SCALE
from tests.unit.authoring.test_gallery_journeys import JOURNEYS as GALLERY

pytestmark = pytest.mark.stack

SAMOVAR = Path(sys.executable).with_name("samovar")
MINUTE = 60
DAY = 86_400
DAYS = 105
OF_EACH = 1 if SCALE == 1 else None
"""So many scenarios of each journey of the gallery; all of them in a soak."""
WITHIN_MS = 150_000
"""By so much (ms) production may be later than virtual time: two minutes for what time alone crosses, and a moment."""


@dataclass(frozen=True, slots=True)
class Played:
    """A stack to which everything was played, and who lived there."""

    stack: Stack
    player: Player
    stories: tuple[Story, ...]
    received: Received = field(repr=False)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    root = tmp_path_factory.mktemp("journeys")
    received = Received(every_step.ANSWER)
    with (
        Server(0, receiver(received)) as program,
        stack_up(root / "stack", outbox=program.url) as stack,
        by_the_clock_of(stack),
        connected(stack),
    ):
        received.secret = keyring.make_secret("crm", replace=False)
        player = Player(stack, every_step.release(root / "marketing"), every_step.STARTS)
        stories = tuple(every_step.stories(OF_EACH))
        player.play(stories, DAYS)
        yield Played(stack, player, stories, received)


def test_everybody_goes_the_way_that_virtual_time_says(played: Played) -> None:
    found = {story.name: differences(*played.player.traces(story), WITHIN_MS) for story in played.stories}
    assert {name: differing for name, differing in found.items() if differing} == {}
    assert played.stack.complaints() == []


def test_every_kind_of_step_and_of_trigger_was_gone_through(played: Played) -> None:
    release = played.player.rules.release
    kinds = {step.id: type(step) for name in every_step.JOURNEYS for step in walk(release.journeys[name].steps)}
    runs = [run for story in played.stories for run in _life(story).world.runs]
    passed = {kinds[one.step] for run in runs if run.enrollment.journey in every_step.JOURNEYS for one in run.path}
    assert passed == set(STEPS.values())
    entered = {type(release.every_journey[run.enrollment.journey].start.when).__name__ for run in runs}
    assert entered == {"EventMatch", "Becomes", "Schedule", "Requested"}


def _life(story: Story) -> Life:
    assert story.life is not None
    return story.life


def test_a_program_takes_what_is_signed_with_its_secret_and_once(played: Played) -> None:
    assert played.received.refused == []
    taken = played.received.taken
    assert {one["url"] for one in taken} == {"https://crm.example/hooks/samovar"}
    assert len({one["id"] for one in taken}) == len(taken) == 2


def test_a_wait_costs_two_transitions_and_one_where_an_event_ends_it(played: Played) -> None:
    spent: dict[str, Taken] = {}
    dear: dict[str, Taken] = {}
    for story in played.stories:
        for row, one in taken_by(played.stack, story):
            spent[row.journey] = spent.get(row.journey, Taken()) + one
            if one.transitions > one.allowed:
                dear[f"{story.name}, {row.journey} {row.key}"] = one
    assert dear == {}
    assert set(GALLERY) <= set(spent)
    whole = sum(spent.values(), Taken())
    assert min(whole.timed, whole.event, whole.moved) > 0
    # A bound that nothing comes near would hold whatever a wait took.
    assert whole.transitions > 0.9 * whole.allowed


def samovar(stack: Stack, *words: str) -> None:
    """Run a command, and let time pass for what it waits for."""
    run = subprocess.Popen(
        [str(SAMOVAR), *words],
        env={**os.environ, "STATE_DIR": stack.state_dir},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = ""
    while run.returncode is None:
        try:
            said, _ = run.communicate(timeout=1)
        except subprocess.TimeoutExpired:
            stack.move_clock(stack.offset_ms() + MINUTE * 1000)
            stack.let_pass(MINUTE * 1000)
    assert run.returncode == 0, said


def parked_at(played: Played, *users: str) -> list[Enrollment]:
    """The runs of people who come in now and are parked."""
    player, stack = played.player, played.stack
    for user in users:
        traits = {"email": f"{user}@example.com"}
        player.call(user, "start", stack.now_ms(), "identify", traits=traits)
        player.ask(user, "start", stack.now_ms(), "two-waits")
    stack.settle()
    found = [run_of(player.contact(user)) for user in users]
    assert [execution(stack, run, 1) for run in found] == ["RUNNING"] * len(users)
    return found


def run_of(contact: str) -> Enrollment:
    found = enrollments.get(contact, "two-waits")
    assert found is not None
    return found


def execution(stack: Stack, run: Enrollment, generation: int) -> str:
    """How the execution of a generation of a run's clock stands."""
    arn = stack.state_machine_arn.replace(":stateMachine:", ":execution:") + f":{name(run, generation)}"
    return str(stack.client("stepfunctions").describe_execution(executionArn=arn)["status"])


def sent(contact: str) -> list[str]:
    """The steps whose message went out, in order."""
    found = sorted(messages.list_for(contact), key=lambda one: one.created)
    return [one.step for one in found if one.state == "delivered"]


@pytest.mark.parametrize("lost", [False, True], ids=["stopped", "token-lost"])
def test_a_run_whose_execution_was_stopped_goes_on_with_a_new_clock(played: Played, lost: bool) -> None:
    stack = played.stack
    (run,) = parked_at(played, f"stopped-{lost}")
    arn = stack.state_machine_arn.replace(":stateMachine:", ":execution:") + f":{name(run, 1)}"
    stack.client("stepfunctions").stop_execution(executionArn=arn)
    if lost:
        tokens.forget(run.contact, run.id)
    skip.skip(stack, DAY + 5 * MINUTE)
    assert sent(run.contact) == ["between"]
    assert (run_of(run.contact).clock, execution(stack, run, 1), execution(stack, run, 2)) == (2, "ABORTED", "RUNNING")
    skip.skip(stack, DAY + 5 * MINUTE)
    ended = run_of(run.contact)
    assert (ended.state, ended.clock, sent(run.contact)) == ("done", 2, ["between", "after"])
    assert execution(stack, run, 2) == "SUCCEEDED"


def test_of_two_runs_of_people_who_are_one_one_goes_on(played: Played) -> None:
    stack, player = played.stack, played.player
    runs = parked_at(played, "merged-1", "merged-2")
    samovar(stack, "merge", "merged-1@example.com", "merged-2@example.com", "--yes")
    stack.settle()
    survivor = player.contact("merged-1")
    assert survivor == player.contact("merged-2")
    skip.skip(stack, 5 * MINUTE)
    (gone,) = [run_of(run.contact) for run in runs if run.contact != survivor]
    assert (gone.state, gone.path[-1].outcome) == ("exited", "merged")
    skip.skip(stack, 2 * DAY)
    assert (run_of(survivor).state, sent(survivor), sent(gone.contact)) == ("done", ["between", "after"], [])
    assert {execution(stack, run, 1) for run in runs} == {"SUCCEEDED"}


def test_the_run_of_a_person_who_is_forgotten_ends_with_its_execution(played: Played) -> None:
    stack = played.stack
    (run,) = parked_at(played, "forgotten")
    samovar(stack, "forget", "forgotten@example.com", "--yes")
    stack.settle()
    assert execution(stack, run, 1) != "RUNNING"
    assert enrollments.of(run.contact) == []
    assert tokens.get(run.contact, run.id) is None
    skip.skip(stack, 3 * DAY)
    assert messages.list_for(run.contact) == []
