"""One journey, drawn."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from functions import releases
from functions.console import wording
from functions.console.journeys import waiting
from functions.console.layout import Here, Passed, laid_out
from functions.console.pictures import said, svg
from functions.console.routes import Asked, Shown
from functions.console.tabled import lately
from functions.core.counting import WAY
from functions.core.errors import Refused
from functions.core.graph import Graph, Node, graph_of
from functions.core.journey import Journey
from functions.core.release import Release
from functions.core.sentences import of_match
from functions.core.telling import contact_that

LATELY: Final = 90
"""A picture says which way those went who came in within so many days."""


def show(asked: Asked) -> Shown:
    """A journey as a picture, and the same as a list."""
    release = releases.live().release
    id = release.first_name("journey", asked.named["journey"])
    journey = release.every_journey.get(id)
    if journey is None:
        raise Refused("unknown-journey", "There is no such journey, or not any more.", status=404)
    graph = graph_of(id, journey, release)
    name = release.present_name("journey", id)
    values: dict[str, Any] = {
        "journey": name,
        "title": journey.title or name,
        "starts": graph.start,
        **_rules(journey, release),
        "steps": _plain(graph.steps),
        "edges": [{"from": one.source, "way": one.way, "to": one.target} for one in graph.edges()],
    }
    if asked.request.wants_html:
        values["picture"] = Markup(picture(graph, values["title"], waiting(id) or None, went(id) or None))
    return Shown("journey.html", values)


def went(journey: str) -> dict[tuple[str, str], int]:
    """Which way people went on from each step who came into the journey lately."""
    found = lately(LATELY).parts(f"journey/{journey}")
    return {
        (step, measure.removeprefix(WAY)): many
        for step, numbers in found.items()
        for measure, many in numbers.items()
        if measure.startswith(WAY) and many
    }


def picture(graph: Graph, title: str, here: Here | None = None, passed: Passed | None = None) -> str:
    """A journey's picture in the console's words; with `here` and `passed`, how many people are where."""
    return svg(laid_out(graph, said(), here, passed), title, wording.words()("picture-how"))


def _rules(journey: Journey, release: Release) -> Mapping[str, str | None]:
    return {
        "goal": of_match(journey.goal, release) if journey.goal is not None else None,
        "leaves": contact_that(journey.exit, release) if journey.exit is not None else None,
        "ends": journey.ends.isoformat() if journey.ends is not None else None,
    }


def _plain(nodes: Sequence[Node]) -> list[dict[str, Any]]:
    return [
        {
            "step": node.id,
            "name": node.title,
            "kind": node.kind,
            "says": node.text,
            "repeats": node.repeats,
            "ways": [{"way": way.outcome, "percent": way.percent, "steps": _plain(way.nodes)} for way in node.ways],
        }
        for node in nodes
    ]
