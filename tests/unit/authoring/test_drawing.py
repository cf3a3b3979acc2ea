"""Journeys drawn: everything is on the page, inside it, and readable without a wide screen."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from authoring.cli import main
from authoring.drawing import WIDTH, svg
from authoring.headcount import Heads
from functions.core.enrollment import PATH_KEPT, Passage
from functions.core.journey_facts import MERGED
from tests.journeys import NOW, WELCOME, entered, journey, release
from tests.unit.authoring.folders import Folder

SVG = "{http://www.w3.org/2000/svg}"
LOOP = {"id": "weekly", "repeat": [{"id": "tip", "send": "tip"}, {"id": "week", "wait": "1 week"}], "at_most": 4}
BRANCH = {
    "id": "budget",
    "switch": [{"id": "small", "when": {"trait": "budget", "below": 5000}, "then": [LOOP]}],
    "otherwise": [{"id": "ask", "handoff": {"to": "shop", "reason": "More than <ten> & “fewer”"}}],
}
SPLIT = {
    "id": "ab",
    "split": [{"id": "one", "percent": 30, "then": [{"id": "s", "send": "s"}]}, {"id": "two", "percent": 70}],
}


def drawn(*steps: dict[str, Any], heads: Heads | None = None, **rest: Any) -> ElementTree.Element:
    made = release(it=journey(*steps, **rest))
    return ElementTree.fromstring(svg("it", made.journeys["it"], made, heads))


def texts(picture: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def test_every_step_and_every_way_is_on_the_page_in_order() -> None:
    found = texts(drawn(BRANCH, SPLIT, {"id": "mark", "tag": "x"}, title="A test & more", goal={"event": "Bought"}))
    assert found[0] == "A test & more"
    marks = [
        "budget",
        "small",
        "weekly",
        "each turn",
        "tip",
        "week",
        "otherwise",
        "ask",
        "ab",
        "one (30%)",
        "s",
        "mark",
        "End",
    ]
    places = [found.index(mark) for mark in marks]
    assert places == sorted(places)
    assert "two (70%)" in found
    assert "Goal: Bought." in found
    assert "More than <ten> &" in " ".join(found)


@pytest.mark.parametrize("depth", [1, 4, 20])
def test_nothing_reaches_over_the_edge_however_deep_it_stands(depth: int) -> None:
    step: dict[str, Any] = {"id": "deepest", "notify": {"to": "shop", "subject": "x" * 300}}
    for number in range(depth):
        step = {"id": f"d{number}", "if": {"tag": "a-tag-with-a-rather-long-name"}, "then": [step]}
    picture = drawn(step)
    _, _, width, height = map(float, picture.attrib["viewBox"].split())
    assert width == WIDTH or depth > 1
    for box in picture.iter(f"{SVG}rect"):
        right = float(box.get("x", "0")) + float(box.attrib["width"])
        bottom = float(box.get("y", "0")) + float(box.attrib["height"])
        assert right <= width
        assert bottom <= height
    for text in picture.iter(f"{SVG}text"):
        assert float(text.attrib["x"]) + len(text.text or "") * 5.5 <= width
        assert float(text.attrib["y"]) <= height


def test_people_are_counted_at_their_steps_and_on_the_ways_they_went() -> None:
    heads = Heads(
        states=Counter(active=3, done=5, goal=2),
        waiting=Counter(week=3),
        passed=Counter(
            {
                ("budget", "small"): 6,
                ("budget", "otherwise"): 2,
                ("weekly", "again"): 20,
                ("weekly", "enough"): 5,
                ("tip", "sent"): 1_234,
                ("mark", "tagged"): 5,
            }
        ),
        parts=4,
        of=16,
    )
    found = texts(drawn(BRANCH, {"id": "mark", "tag": "x"}, goal={"event": "Bought"}, heads=heads))
    assert {"3 waiting", "small: 6 (75%)", "otherwise: 2 (25%)", "each turn: 20", "1,234 went on"} <= set(found)
    assert "5 came to the end" in found
    said = " ".join(found)
    assert "10 entered (in 4 of 16 parts of the list of contacts): 3 inside, 5 to the end, 0 left" in said
    assert "2 reached the goal (20%)" in said


def test_runs_that_go_on_as_another_persons_are_counted_once() -> None:
    run = entered(release(welcome=WELCOME))
    heads = Heads()
    heads.add(replace(run, state="exited", path=(Passage("clicked", NOW, MERGED),)))
    assert heads.runs == 0
    heads.add(replace(run, path=(Passage("hello", NOW, "sent"),) * PATH_KEPT))
    assert (heads.runs, heads.cut, heads.through("hello"), heads.share("hello", "sent")) == (1, 1, PATH_KEPT, 1)
    assert heads.share("clicked", "until") is None


def test_a_journey_is_drawn_from_the_folder_without_any_deployment(folder: Folder, tmp_path: Path) -> None:
    out = tmp_path / "out.svg"
    words = ["--marketing", str(folder.root), "graph"]
    result = CliRunner().invoke(main, [*words, "welcome", "--output", str(out)])
    assert result.exit_code == 0, result.output
    assert texts(ElementTree.fromstring(out.read_text(encoding="utf-8")))[0] == "Welcome"
    wrong = CliRunner().invoke(main, [*words, "welcom"])
    assert wrong.exit_code == 1
    assert 'no journey "welcom"' in wrong.stderr
