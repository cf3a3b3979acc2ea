"""Machines by their user agents, measured against two lists that the code does not use."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from functions import bots
from functions.core.bots import Bots
from functions.core.event import PAGE_VIEWED, Event
from functions.core.intake import trim_context
from functions.core.verdicts import Rules, verdict

ROOT = Path(__file__).resolve().parents[2]
LISTS = ROOT / "tests" / "npm" / "node_modules"
RULES = Rules(Bots(), bots.is_machine)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)


def listed(path: str) -> Any:
    """What one of the lists holds."""
    file = LISTS / path
    assert file.exists(), f"{file} is missing: run `make setup`"
    return json.loads(file.read_text(encoding="utf-8"))


def is_bot(agent: str) -> bool:
    """What becomes of a page that such a visitor opens, from intake on."""
    context = trim_context({"userAgent": agent})
    return verdict(Event("a#1", "m1", 1, 1, 1, "page", PAGE_VIEWED, context=context), None, RULES).who == "bot"


def test_nearly_all_known_crawlers_are_caught(capsys: pytest.CaptureFixture[str]) -> None:
    entries = listed("crawler-user-agents/crawler-user-agents.json")
    agents = [agent for entry in entries for agent in entry["instances"]]
    caught = sum(map(is_bot, agents)) / len(agents)
    with capsys.disabled():
        print(f"\ncrawler-user-agents: {caught:.2%} of {len(agents)} caught")
    assert len(agents) > 1000
    assert caught >= 0.95


def test_hardly_any_common_browser_is_taken_for_a_machine(capsys: pytest.CaptureFixture[str]) -> None:
    agents = [entry["userAgent"] for entry in listed("user-agents/dist/user-agents.json")]
    wrong = [agent for agent in agents if is_bot(agent)]
    with capsys.disabled():
        print(f"\nuser-agents: {len(wrong) / len(agents):.2%} of {len(agents)} wrongly caught")
    assert len(agents) > 1000
    assert len(wrong) / len(agents) <= 0.005, wrong[:5]


@pytest.mark.parametrize(
    "agent",
    [
        CHROME,
        "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)",
        "Mozilla/5.0 (compatible; Konqueror/4.5; Linux) KHTML/4.5.4",
        "Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile "
        "Safari/537.36 (Ecosia android@150.0.0.0)",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
        "[FBAN/FBIOS;FBAV/440.0;FBDV/iPhone14,5]",
    ],
)
def test_people_with_odd_browsers_are_people(agent: str) -> None:
    assert not is_bot(agent)


@pytest.mark.parametrize(
    "agent",
    [
        CHROME.replace("Chrome/", "HeadlessChrome/"),
        CHROME + " Playwright/1.40",
        "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))",
        CHROME + " (+https://scanner.example)",
        "python-requests/2.32",
    ],
)
def test_machines_that_dress_up_are_machines(agent: str) -> None:
    assert is_bot(agent)


def test_an_ordinary_browser_is_known_without_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled() -> Any:
        raise AssertionError("the list is slow to compile")

    monkeypatch.setattr(bots, "_list", compiled)
    bots.is_machine.cache_clear()
    assert not is_bot(CHROME)


def test_the_version_of_the_list_is_the_locked_one() -> None:
    name, version = bots.KNOWN.split()
    locked = re.findall(rf"^{name}==(\S+)", (ROOT / "requirements" / "runtime.txt").read_text(), re.MULTILINE)
    assert locked == [version]
