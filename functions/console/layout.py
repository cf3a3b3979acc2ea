"""Where everything of a journey's picture stands: a column a way from the top down, joined below. Pure.

Measures are pixels at the size of a screen's text. Two columns stand side by side on a phone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from functions.core.graph import END, ONWARD, START, Graph, Kind, Node, Way
from functions.core.lettering import width_of, wrapped

COLUMN: Final = 168
"""A column is no narrower; with two of them a picture is as wide as a phone."""
WIDEST: Final = 280
"""A box is no wider, so that its lines are read at a glance."""
MARGIN: Final = 4
GAP: Final = 14
RAIL: Final = 22
"""So much beside what is repeated leads back and past it."""
_BESIDE: Final = 12
PAD: Final = 8
TEXT: Final = 13
SMALL: Final = 12
LINE: Final = 17
_BADGE: Final = 22
_ARROW, _BUS, _JOIN = 18, 12, 12
_LINES, _TITLES, _NAMES = 14, 4, 3
"""So many lines of a step's words, of its title and of a way's name are drawn; the list beside the picture has all."""

Point = tuple[float, float]
Here = Mapping[str, int]
"""How many people stand at each step, by its stored id."""
Passed = Mapping[tuple[str, str], int]
"""How often each step was passed, by outcome."""


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a picture: "{many}" in them is a number, which `number` writes. `outcomes` says how a wait ended."""

    start: str
    end: str
    turn: str
    waiting: str
    onward: str
    came: str
    outcomes: Mapping[str, str]
    number: Callable[[int], str]

    def counted(self, words: str, many: int) -> str:
        """Words with a number in them."""
        return words.replace("{many}", self.number(many))


@dataclass(frozen=True, slots=True)
class Box:
    """A node: where it stands, its title, its lines, and how many people are there in words ("": unknown, nobody)."""

    id: str
    kind: Kind
    x: float
    y: float
    width: float
    height: float
    title: tuple[str, ...]
    lines: tuple[str, ...]
    badge: str
    full: str
    """All its words, where what is drawn was cut."""


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on a line: the middle of it, its upper edge, how large it is, and its lines."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """An edge, from the border of one box to that of another."""

    source: str
    way: str
    target: str
    points: tuple[Point, ...]


@dataclass(slots=True)
class Layout:
    """A picture's size and what is on it, in reading order."""

    width: float = 0
    height: float = 0
    placed: list[Box | Label] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    @property
    def boxes(self) -> list[Box]:
        """The start, every step, and the end."""
        return [one for one in self.placed if isinstance(one, Box)]

    @property
    def labels(self) -> list[Label]:
        """What stands on lines."""
        return [one for one in self.placed if isinstance(one, Label)]


@dataclass(slots=True)
class _Open:
    """A line whose target is not known yet, and how far it has come."""

    source: str
    way: str
    points: list[Point]

    def to(self, *points: Point) -> None:
        self.points += points


def laid_out(graph: Graph, said: Said, here: Here | None = None, passed: Passed | None = None) -> Layout:
    """The layout of a journey; with `here` and `passed`, how many people stand where and went which way."""
    width = _wide(graph.steps, WIDEST)
    pen = _Pen(said, here, passed)
    middle = MARGIN + width / 2
    start = Node(START, "start", said.start, graph.start)
    y, left = pen.node(start, middle, MARGIN - _ARROW, width, [])
    y, left = pen.sequence(graph.steps, MARGIN, y, width, left)
    came = said.counted(said.came, here[END]) if here and END in here else ""
    y, _ = pen.node(Node(END, "end", said.end, came, leaves=True), middle, y, width, left)
    pen.made.width, pen.made.height = width + 2 * MARGIN, y + MARGIN
    return pen.made


def _wide(nodes: Sequence[Node], least: float) -> float:
    """How wide a column with these nodes is."""
    return max((_width(node, least) for node in nodes), default=least)


def _width(node: Node, least: float) -> float:
    if node.repeats:
        return _inside(node, least) + 2 * RAIL
    return max(least, sum(_wide(way.nodes, COLUMN) for way in node.ways) + GAP * (len(node.ways) - 1))


def _inside(node: Node, least: float) -> float:
    """How wide what is repeated is, its rails left out."""
    return max(_wide(way.nodes, max(COLUMN, least - 2 * RAIL)) for way in node.ways)


def _within(node: Node, width: float) -> float:
    """How wide a node may be in a column of a width: its rails stand close to it, however wide the column is."""
    return _inside(node, min(width, WIDEST)) if node.repeats else width


@dataclass(slots=True)
class _Pen:
    said: Said
    here: Here | None
    passed: Passed | None
    made: Layout = field(default_factory=Layout)

    def sequence(
        self, nodes: Sequence[Node], left: float, y: float, width: float, open: list[_Open]
    ) -> tuple[float, list[_Open]]:
        """Draw a column below `y`, where every open line ends in its middle; how far down it reaches, and what is open
        there, in the middle again."""
        for node in nodes:
            y, open = self.node(node, left + width / 2, y, width, open)
        return y, open

    def node(self, node: Node, middle: float, y: float, width: float, open: list[_Open]) -> tuple[float, list[_Open]]:
        """Draw a node and all inside it; as above."""
        box = self._box(node, middle, y + _ARROW, min(WIDEST, _within(node, width)))
        for line in open:
            line.to((middle, box.y))
            self._draw(line, node.id)
        bottom = box.y + box.height
        if node.leaves:
            return bottom, []
        if node.repeats:
            return self._turns(node, box, middle, width)
        if node.ways:
            return self._ways(node, middle, bottom)
        return self._onward(node, middle, bottom, _Open(node.id, ONWARD, [(middle, bottom)]))

    def _ways(self, node: Node, middle: float, y: float) -> tuple[float, list[_Open]]:
        wide = [_wide(way.nodes, COLUMN) for way in node.ways]
        left, lowest = middle - (sum(wide) + GAP * (len(wide) - 1)) / 2, y
        open: list[_Open] = []
        for way, width in zip(node.ways, wide, strict=True):
            at = left + width / 2
            line = _Open(node.id, way.outcome, [(middle, y), (middle, y + _BUS), (at, y + _BUS)])
            top = self._label(at, y + _BUS + 6, width, self._name(node, way))
            line.to((at, top))
            bottom, ends = self.sequence(way.nodes, left, top, width, [line])
            open += ends
            lowest = max(lowest, bottom)
            left += width + GAP
        for line in open:
            line.to((line.points[-1][0], lowest + _JOIN), (middle, lowest + _JOIN))
        return (lowest + _JOIN if open else lowest), open

    def _turns(self, node: Node, box: Box, middle: float, width: float) -> tuple[float, list[_Open]]:
        (way,) = node.ways
        inside, bottom, side = _within(node, width), box.y + box.height, box.y + box.height / 2
        top = self._label(middle, bottom + 6, inside, self._name(node, way))
        first = _Open(node.id, way.outcome, [(middle, bottom), (middle, top)])
        low, ends = self.sequence(way.nodes, middle - inside / 2, top, inside, [first])
        back, past = middle - inside / 2 - _BESIDE, middle + inside / 2 + _BESIDE
        for line in ends:
            line.to((middle, low + _JOIN), (back, low + _JOIN), (back, side), (box.x, side))
            self._draw(line, node.id)
        under = low + 2 * _JOIN
        onward = [(box.x + box.width, side), (past, side), (past, under), (middle, under)]
        return self._onward(node, middle, under, _Open(node.id, ONWARD, onward))

    def _onward(self, node: Node, middle: float, y: float, line: _Open) -> tuple[float, list[_Open]]:
        """What leads on behind a step, with how many went on."""
        if self.passed is not None and node.id != START:
            y = self._label(middle, y + 6, COLUMN, self._went_on(node, self.passed))
            line.to((middle, y))
        return y, [line]

    def _went_on(self, node: Node, passed: Passed) -> str:
        went = {outcome: many for (step, outcome), many in passed.items() if step == node.id}
        whole = sum(went.values())
        if node.kind == "wait" and went.keys() - {"passed"}:
            said = self.said.outcomes
            return ", ".join(
                f"{said.get(outcome, outcome)}: {self.said.number(many)}{_share(many, whole)}"
                for outcome, many in sorted(went.items())
            )
        stayed = sum(went.get(outcome, 0) for outcome in ("again", "held-out"))
        return self.said.counted(self.said.onward, whole - stayed)

    def _name(self, node: Node, way: Way) -> str:
        name = self.said.turn if node.repeats else way.outcome
        if self.passed is None:
            return name if way.percent is None else f"{name} ({way.percent}%)"
        went = self.passed.get((node.id, way.outcome), 0)
        whole = sum(many for (step, _), many in self.passed.items() if step == node.id)
        share = "" if node.repeats else _share(went, whole)
        return f"{name}: {self.said.number(went)}{share}"

    def _label(self, middle: float, y: float, width: float, words: str) -> float:
        lines = wrapped(words, width - 2 * PAD, SMALL, _NAMES)
        wide = max(width_of(line, SMALL) for line in lines) + 2 * PAD
        height = len(lines) * (LINE - 2) + 4
        self.made.placed.append(Label(middle, y, min(wide, width), height, lines))
        return y + height

    def _box(self, node: Node, middle: float, y: float, width: float) -> Box:
        room = width - _BESIDE - PAD
        title = wrapped(node.title, room / 1.08, TEXT, _TITLES)
        lines = wrapped(node.text, room, TEXT, _LINES)
        many = (self.here or {}).get(node.id, 0) if node.id != END else 0
        badge = self.said.counted(self.said.waiting, many) if many else ""
        height = 2 * PAD + (len(title) + len(lines)) * LINE + (_BADGE if badge else 0)
        full = f"{node.title}: {node.text}" if node.text else node.title
        box = Box(node.id, node.kind, middle - width / 2, y, width, height, title, lines, badge, full)
        self.made.placed.append(box)
        return box

    def _draw(self, line: _Open, target: str) -> None:
        points = [point for point, before in zip(line.points, [None, *line.points], strict=False) if point != before]
        self.made.lines.append(Line(line.source, line.way, target, tuple(points)))


def _share(part: int, whole: int) -> str:
    return f" ({part / whole:.0%})" if whole else ""
