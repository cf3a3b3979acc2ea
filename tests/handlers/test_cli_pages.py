"""`samovar pages`: the landing pages, and what is known of the variants that are tried on them."""

import json

from functions import clock, releases
from functions.core import experiments
from functions.core.experiments import LASTS_MS, Assigned, Exposure
from functions.tables import experiments as table
from functions.work.epoch import next_epoch
from functions.work.queue import NextEpoch
from tests.handlers.test_cli import Terminal, terminal

__all__ = ["terminal"]
PAGE = "first-flush"


def visited(often: dict[str, tuple[int, int]]) -> None:
    """So many visitors saw each variant, and so many of them sent the form."""
    test = experiments.tried_on(releases.live().release.pages)[PAGE]
    next_epoch(NextEpoch(PAGE), clock.now_ms())
    for variant, (seen, converted) in often.items():
        for number in range(seen):
            won = 2 if number < converted else None
            table.expose(test, Exposure(f"{variant}{number}", Assigned(variant, 1), 1, won))


def test_pages_are_listed_with_what_their_visitors_did(terminal: Terminal) -> None:
    terminal.run("publish")
    visited({"harvest/letter": (5, 3), "as-written/as-written": (4, 0)})
    result = terminal.run("pages")
    assert result.exit_code == 0, result.output
    (row,) = [line for line in result.output.splitlines() if PAGE in line]
    assert " 9 " in row
    assert " 3 " in row
    assert "too few to say" in row


def test_a_page_shows_each_variant_and_each_part_with_its_bounds(terminal: Terminal) -> None:
    terminal.run("publish")
    visited({"harvest/letter": (120, 60), **dict.fromkeys(("harvest/as-written", "as-written/letter"), (120, 4))})
    visited({"as-written/as-written": (120, 4)})
    result = terminal.run("pages", PAGE)
    assert result.exit_code == 0, result.output
    assert "harvest/letter is better than every other." in result.output
    assert "60 of 120" in result.output
    assert {"variant", "headline", "button"} <= {line.split()[0] for line in result.output.splitlines() if line.strip()}
    test = json.loads(terminal.run("pages", PAGE, "--json").output)["pages"][0]["test"]
    assert (test["verdict"], test["winner"], test["epoch"]) == ("winner", "harvest/letter", 1)
    figures = test["variants"]["harvest/letter"]
    assert (figures["seen"], figures["converted"], figures["rate"]) == (120, 60, 0.5)
    assert figures["low"] < 0.5 < figures["high"]
    assert {part["part"]: part["winner"] for part in test["parts"]} == {"headline": "harvest", "button": "letter"}


def test_the_next_epoch_shows_the_better_one_to_more(terminal: Terminal) -> None:
    terminal.run("publish")
    visited({"harvest/letter": (60, 30), "as-written/as-written": (60, 2)})
    next_epoch(NextEpoch(PAGE), clock.now_ms() + LASTS_MS)
    test = json.loads(terminal.run("pages", PAGE, "--json").output)["pages"][0]["test"]
    assert test["epoch"] == 2
    assert test["shares"]["harvest/letter"] > 2 * test["shares"]["as-written/as-written"]


def test_a_page_that_is_none_is_answered_with_those_there_are(terminal: Terminal) -> None:
    terminal.run("publish")
    result = terminal.run("pages", "second-flush")
    assert result.exit_code == 1
    assert f'there is no live page "second-flush": {PAGE}' in result.output
