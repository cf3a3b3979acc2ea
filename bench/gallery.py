"""What the journeys of the gallery take of the state machine: a scenario of each is played to the whole local stack.

Transitions are counted in the histories of its executions, as AWS bills them.
"""

import tempfile
from pathlib import Path
from typing import Final

from bench.report import Say
from local.running import stack_up
from tests.e2e import every_step
from tests.e2e.played import Player, connected
from tests.e2e.transitions import Taken, taken_by
from tests.unit.authoring.test_gallery_journeys import JOURNEYS

DAYS: Final = 105
"""The longest of them is over by then."""


def run(say: Say) -> dict[str, float]:
    """gallery_transitions.JOURNEY and .all: transitions for each that waits are allowed, two where time ends a wait and
    one where something else does."""
    with tempfile.TemporaryDirectory() as folder:
        spent = _played(Path(folder), say)
    whole = sum(spent.values(), Taken())
    say(f"{'':20}{'ended by time':>15}{'by an event':>13}{'moved':>7}{'transitions':>13}{'allowed':>9}")
    for name, one in [*sorted(spent.items()), ("all", whole)]:
        say(f"{name:20}{one.timed:15}{one.event:13}{one.moved:7}{one.transitions:13}{one.allowed:9}")
    return {
        f"gallery_transitions.{name}": one.transitions / one.allowed
        for name, one in [*sorted(spent.items()), ("all", whole)]
        if one.allowed
    }


def _played(root: Path, say: Say) -> dict[str, Taken]:
    """What runs of each journey took, in a scenario of each."""
    stories = [story for story in every_step.stories(1) if story.journey in JOURNEYS]
    say(f"{len(stories)} scenarios of the gallery, {DAYS} days each, on an emulator with its clock moved; not on AWS")
    with stack_up(root / "stack") as stack, connected(stack):
        player = Player(stack, every_step.release(root / "marketing"), every_step.STARTS)
        player.play(stories, DAYS)
        spent: dict[str, Taken] = {}
        for story in stories:
            for row, one in taken_by(stack, story):
                if row.journey in JOURNEYS:
                    spent[row.journey] = spent.get(row.journey, Taken()) + one
        return spent
