"""A journey as a graph: its start, its steps, the ways between them, and its end. Pure.

A node is known by its step's stored id, so that what is counted by step finds it whatever the step is called by now.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, assert_never

from functions.core.journey import Journey
from functions.core.release import Release
from functions.core.steps import (
    Add,
    CallWebhook,
    Exit,
    Handoff,
    Holdout,
    If,
    Notify,
    Repeat,
    Send,
    Split,
    StartStep,
    Step,
    Switch,
    TagStep,
    Untag,
    Update,
    Wait,
)
from functions.core.telling import of_start, of_step
from functions.core.tree import ways

START: Final = "*start"
END: Final = "*end"
"""Ids that no step can have."""
ONWARD: Final = ""
"""The way that leads on behind a step that has no ways of its own, or behind all turns of one that repeats."""

Kind = Literal["start", "send", "wait", "branch", "act", "end"]


@dataclass(frozen=True, slots=True)
class Way:
    """What leads on inside a step: its outcome, what chance decides of a hundred (None: no chance does), and the
    steps on it."""

    outcome: str
    percent: int | None
    nodes: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Node:
    """A step: `title` is what it is called now, `text` what it does in words. `repeats`: its one way leads back to it.
    `leaves`: nothing comes behind it."""

    id: str
    kind: Kind
    title: str
    text: str
    ways: tuple[Way, ...] = ()
    repeats: bool = False
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """From one node to another, by a way of the first."""

    source: str
    way: str
    target: str


@dataclass(frozen=True, slots=True)
class Graph:
    """A journey: what starts it in words, and its steps."""

    start: str
    steps: tuple[Node, ...]

    def nodes(self) -> Iterator[tuple[int, Node]]:
        """Every step with how deep it stands inside others, in reading order."""
        yield from _walk(self.steps, 0)

    def edges(self) -> list[Edge]:
        """Every edge once, from the start to the end."""
        found: list[Edge] = []
        left = _linked(self.steps, [(START, ONWARD)], found)
        return [*found, *(Edge(source, way, END) for source, way in left)]


def graph_of(name: str, journey: Journey, release: Release) -> Graph:
    """The graph of a journey that is stored as `name`."""
    return Graph(of_start(journey.start, release), tuple(_nodes(name, journey.steps, release)))


def _nodes(journey: str, steps: Sequence[Step], release: Release) -> Iterator[Node]:
    for step in steps:
        shares = {one.id: one.percent for one in step.split} if isinstance(step, Split) else {}
        inside = tuple(
            Way(outcome, shares.get(outcome), tuple(_nodes(journey, within, release)))
            for _, outcome, within in ways(step)
        )
        called = release.present_name("step", step.id, inside=f"journey {journey}")
        text = of_step(step, release)
        yield Node(step.id, _kind(step), called, text, inside, isinstance(step, Repeat), isinstance(step, Exit))


def _kind(step: Step) -> Kind:
    match step:
        case Send():
            return "send"
        case Wait():
            return "wait"
        case If() | Switch() | Split() | Holdout() | Repeat():
            return "branch"
        case Exit():
            return "end"
        case Update() | TagStep() | Untag() | Add() | CallWebhook() | Notify() | Handoff() | StartStep():
            return "act"
        case _:
            assert_never(step)


def _walk(nodes: Sequence[Node], depth: int) -> Iterator[tuple[int, Node]]:
    for node in nodes:
        yield depth, node
        for way in node.ways:
            yield from _walk(way.nodes, depth + 1)


_Left = list[tuple[str, str]]
"""Ways that lead on to whatever comes next, each with its node."""


def _linked(nodes: Sequence[Node], left: _Left, found: list[Edge]) -> _Left:
    for node in nodes:
        found += [Edge(source, way, node.id) for source, way in left]
        left = _beyond(node, found)
    return left


def _beyond(node: Node, found: list[Edge]) -> _Left:
    if node.leaves:
        return []
    inside = [_linked(way.nodes, [(node.id, way.outcome)], found) for way in node.ways]
    if node.repeats:
        found += [Edge(source, way, node.id) for left in inside for source, way in left]
        return [(node.id, ONWARD)]
    return [one for left in inside for one in left] if inside else [(node.id, ONWARD)]
