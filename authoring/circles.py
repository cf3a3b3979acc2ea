"""Definitions that need each other: what stands in such a circle can't be decided."""

from collections.abc import Iterable, Iterator, Mapping

from authoring.definitions import Definitions, parts
from authoring.load import Document, Path
from authoring.problems import Problem
from functions.core import conditions as c

Node = tuple[str, str]
"""What a condition stands in or asks for: ("segment", id), ("stage", id) or ("grade", "")."""


def circles(known: Definitions) -> Iterator[Problem]:
    """Each circle once, named where it first appears in the files."""
    places = dict(_places(known))
    uses = {node: list(_uses(conditions, known)) for node, (_, _, conditions) in places.items()}
    told: set[Node] = set()
    for node, (document, path, _) in places.items():
        way = _circle(uses, node)
        if way and not told & set(way):
            told |= set(way)
            message, mend = _told(way)
            yield document.problem(path, message, mend, key=True, code="circle")


def _places(known: Definitions) -> Iterator[tuple[Node, tuple[Document, Path, list[c.Condition]]]]:
    if known.scoring and known.scoring[1].grade:
        document, scoring = known.scoring
        rules = scoring.grade.rules if scoring.grade else []
        yield ("grade", ""), (document, ("grade",), [rule.when for rule in rules])
    if known.segments:
        document, segments = known.segments
        for name, segment in segments.segments.items():
            yield ("segment", name), (document, ("segments", name), [segment.when])
    if known.funnel:
        document, funnel = known.funnel
        for index, stage in enumerate(funnel.stages):
            yield ("stage", stage.id), (document, ("stages", index, "when"), [stage.when])


def _uses(conditions: Iterable[c.Condition], known: Definitions) -> Iterator[Node]:
    stages = [stage.id for stage in known.funnel[1].stages] if known.funnel else []
    for condition in conditions:
        for _, part in parts(condition):
            match part:
                case c.SegmentCondition():
                    yield ("segment", part.segment)
                case c.GradeCondition():
                    yield ("grade", "")
                case c.StageCondition():
                    # At which stage people stand hangs on the conditions of all of them.
                    for name in dict.fromkeys([*part.wanted, *stages]):
                        yield ("stage", name)


def _circle(uses: Mapping[Node, list[Node]], start: Node) -> list[Node] | None:
    """The shortest way from a definition back to itself, or None."""
    ways = [[start]]
    seen: set[Node] = set()
    for way in ways:
        for use in uses.get(way[-1], []):
            if use == start:
                return [*way, use]
            if use not in seen:
                seen.add(use)
                ways.append([*way, use])
    return None


def _told(way: list[Node]) -> tuple[str, str]:
    """What is wrong with a circle, and the mend."""
    (kind, name), alone = way[0], len(way) == 2
    if alone and kind == "stage":
        message = f'the stage "{name}" asks at which stage people stand, and where they stand needs its own answer'
        return message, "Ask for what people do, are or have agreed to; segments and grades may be asked for, too"
    if alone:
        return f"the {' '.join(filter(None, (kind, _quoted(name))))} needs itself", "Write its condition without it"
    message = f"{_what(way)} that need each other: {' → '.join(_spoken(way))}"
    return message, "Write the condition of one of them without the other"


def _quoted(name: str) -> str:
    return f'"{name}"' if name else ""


def _what(way: list[Node]) -> str:
    kinds = {kind for kind, _ in way}
    return "segments" if kinds == {"segment"} else "stages" if kinds == {"stage"} else "definitions"


def _spoken(way: list[Node]) -> list[str]:
    alone = len({kind for kind, _ in way}) == 1
    return [name if alone and name else f"{kind} {name}".strip() for kind, name in way]
