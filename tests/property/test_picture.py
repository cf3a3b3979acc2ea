"""Pictures of journeys: nothing lies upon anything, every line ends at its boxes, the same journey looks the same."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.console.layout import COLUMN, MARGIN, PAD, TEXT, Box, Label, Layout, Said, laid_out
from functions.console.pictures import svg
from functions.core.graph import END, START, Graph, Node, Way, graph_of
from functions.core.lettering import plain, width_of, wrapped
from tests.journeys import journey, release
from tests.random_journeys import Wild
from tests.scale import scaled

SAID = Said("Start", "End", "each turn", "{many} waiting", "{many} on", "{many} came", {}, lambda many: f"{many:,}")
LONG = "Muvaffakiyetsizleştiricileştiriveremeyebileceklerimizdenmişsinizcesine"
WORDS = st.one_of(
    st.text(st.sampled_from("aıİşğüçömWil <>&\"'{}-/\u0301\u200d😀中\u202e\x00"), min_size=1, max_size=80),
    st.sampled_from([LONG, f"{LONG} {LONG}", "a b c", "x" * 300, "👩‍👩‍👧‍👦" * 30]),
)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any journey of up to 40 steps, nested up to six deep."""
    left = [draw(st.integers(1, 40))]
    return Graph(draw(WORDS), tuple(_steps(draw, left, 6, 1)))


def _steps(draw: st.DrawFn, left: list[int], depth: int, least: int) -> Iterator[Node]:
    for _ in range(draw(st.integers(least, 4))):
        if not left[0]:
            return
        left[0] -= 1
        node = Node(f"s{left[0]}", "act", draw(WORDS), draw(WORDS))
        match draw(st.sampled_from(["plain", "plain", "ways", "turns", "leaves"])) if depth else "plain":
            case "ways":
                ways = tuple(
                    Way(f"way-{number}-{draw(WORDS)}", draw(st.sampled_from([None, 5])), inside)
                    for number in range(draw(st.integers(2, 3)))
                    for inside in [tuple(_steps(draw, left, depth - 1, 0))]
                )
                yield replace(node, kind="branch", ways=ways)
            case "turns":
                yield replace(
                    node,
                    kind="branch",
                    repeats=True,
                    ways=(Way("again", None, tuple(_steps(draw, left, depth - 1, 1))),),
                )
            case "leaves":
                yield replace(node, kind="end", leaves=True)
            case _:
                yield node


def apart(one: Box | Label, other: Box | Label) -> bool:
    (left, top, right, bottom), (a, b, c, d) = corners(one), corners(other)
    return right <= a or c <= left or bottom <= b or d <= top


def corners(one: Box | Label) -> tuple[float, float, float, float]:
    left = one.x if isinstance(one, Box) else one.x - one.width / 2
    return left, one.y, left + one.width, one.y + one.height


def on_border(box: Box, point: tuple[float, float]) -> bool:
    left, top, right, bottom = corners(box)
    x, y = point
    return (x in (left, right) and top <= y <= bottom) or (y in (top, bottom) and left <= x <= right)


def check(graph: Graph, made: Layout) -> None:
    boxes = {box.id: box for box in made.boxes}
    assert [box.id for box in made.boxes] == [START, *(node.id for _, node in graph.nodes()), END]
    placed = made.placed
    for one, other in combinations(placed, 2):
        assert apart(one, other), (one, other)
    for one in placed:
        left, top, right, bottom = corners(one)
        assert left >= 0
        assert top >= 0
        assert right <= made.width
        assert bottom <= made.height
    for box in made.boxes:
        for words in (*box.title, *box.lines):
            assert width_of(words, TEXT) <= box.width - 2 * PAD
    drawn = Counter((line.source, line.way, line.target) for line in made.lines)
    assert drawn == Counter((edge.source, edge.way, edge.target) for edge in graph.edges())
    for line in made.lines:
        assert on_border(boxes[line.source], line.points[0])
        assert on_border(boxes[line.target], line.points[-1])
        for (x, y), (to_x, to_y) in pairwise(line.points):
            assert x == to_x or y == to_y
            for box in made.boxes:
                left, top, right, bottom = corners(box)
                through = min(x, to_x) < right and max(x, to_x) > left and min(y, to_y) < bottom and max(y, to_y) > top
                assert not through, (line, box)


@given(graph=graphs(), counted=st.booleans())
@settings(max_examples=scaled(60), deadline=None)
def test_nothing_lies_upon_anything_and_every_line_ends_at_its_boxes(graph: Graph, counted: bool) -> None:
    here = {node.id: 1_234_567 for _, node in graph.nodes()} | {END: 5} if counted else None
    passed = {(edge.source, edge.way): 99_999_999 for edge in graph.edges()} if counted else None
    made = laid_out(graph, SAID, here, passed)
    check(graph, made)
    assert laid_out(graph, SAID, here, passed) == made
    drawn = svg(made, graph.start, "")
    assert svg(made, graph.start, "") == drawn
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert "style" not in drawn


@given(seed=st.integers(0, 2**32))
@settings(max_examples=scaled(40), deadline=None)
def test_any_journey_that_can_be_written_is_drawn_with_its_words(seed: int) -> None:
    written = Wild(random.Random(seed)).journey()
    made = release(it=journey(*written.pop("steps"), **written))
    graph = graph_of("it", made.journeys["it"], made)
    check(graph, laid_out(graph, SAID))


def test_six_splits_inside_each_other_are_drawn_beside_each_other() -> None:
    def split(depth: int, path: str) -> tuple[Node, ...]:
        if not depth:
            return ()
        ways = tuple(Way(LONG + side, 50, split(depth - 1, path + side)) for side in "ab")
        return (Node(f"s{path}", "branch", LONG, LONG, ways), Node(f"t{path}", "act", LONG, LONG))

    graph = Graph(LONG, split(6, ""))
    made = laid_out(graph, SAID)
    check(graph, made)
    assert len(made.boxes) == 2 * 63 + 2


def test_two_columns_are_as_wide_as_a_phone() -> None:
    ways = (Way("then", None, ()), Way("else", None, (Node("b", "act", "b", ""),)))
    made = laid_out(Graph("", (Node("a", "branch", "a", "", ways),)), SAID)
    assert made.width == 2 * COLUMN + 14 + 2 * MARGIN <= 390 - 2 * 14


@given(words=WORDS, width=st.integers(90, 300), most=st.integers(1, 5))
def test_lines_are_never_wider_than_their_column_and_lose_no_letter(words: str, width: int, most: int) -> None:
    lines = wrapped(words, width, TEXT)
    assert all(width_of(line, TEXT) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == plain(words).replace(" ", "")
    assert len(wrapped(words, width, TEXT, most)) <= most
    assert all(width_of(line, TEXT) <= width for line in wrapped(words, width, TEXT, most))


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "]]>&amp;", "{{ 7*7 }}"]
)
def test_what_a_marketer_wrote_is_text_in_the_picture(words: str) -> None:
    graph = Graph(words, (Node("a", "act", words, words, (Way(words, None, ()), Way("b", None, ()))),))
    found = ElementTree.fromstring(svg(laid_out(graph, SAID), words, words))
    tags = {one.tag.rpartition("}")[2] for one in found.iter()}
    assert tags <= {"svg", "title", "desc", "g", "a", "rect", "text", "path"}
    assert found.findtext("{http://www.w3.org/2000/svg}title") == plain(words)


def test_counts_stand_at_their_steps_and_on_their_ways() -> None:
    ways = (Way("small", None, ()), Way("otherwise", None, ()))
    graph = Graph("", (Node("a", "branch", "a", "", ways), Node("b", "wait", "b", ""), Node("c", "act", "c", "")))
    passed = {("a", "small"): 6, ("a", "otherwise"): 2, ("b", "until"): 3, ("b", "limit"): 9, ("c", "held-out"): 1}
    made = laid_out(graph, SAID, {"b": 1_234, END: 3}, passed)
    assert [box.badge for box in made.boxes] == ["", "", "1,234 waiting", "", ""]
    assert made.boxes[-1].lines == ("3 came",)
    found = [" ".join(label.lines) for label in made.labels]
    assert found == ["small: 6 (75%)", "otherwise: 2 (25%)", "limit: 9 (75%), until: 3 (25%)", "0 on"]
