"""The page "Your first journey" is true: every file is written, every command run, and what it shows is printed."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from authoring import target
from authoring.cli import main
from authoring.compile import bundle
from authoring.target import Target
from functions import releases
from tests.unit.authoring.folders import Folder

DOCS = Path(__file__).parents[3] / "docs"
BLOCK = re.compile(r"^```(yaml|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# marketing/(\S+)( \(at the end\))?\n")
FAIL = ("unknown step", "withheld Wed")
"""What stands below commands that end with exit code 1."""


@pytest.mark.usefixtures("stores")
def test_every_step_of_your_first_journey_does_what_the_page_says(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "connect", lambda _: Target("local", local=True))
    monkeypatch.chdir(folder.root.parent)
    commands = 0
    for kind, text in BLOCK.findall((DOCS / "first-journey.md").read_text(encoding="utf-8")):
        if kind == "yaml":
            write(folder, text)
            continue
        for command, shown in re.findall(r"^\$ samovar (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
            result = CliRunner().invoke(main, shlex.split(command))
            assert result.exit_code == int(any(word in shown for word in FAIL)), result.output
            assert [line for line in shown.splitlines() if line not in result.output] == [], result.output
            commands += 1
    assert commands == 9
    assert "tasting" in releases.live().release.journeys


def write(folder: Folder, text: str) -> None:
    """Write a block that begins with its file's name."""
    named = FILE.match(text)
    assert named is not None, text
    folder.write(named[1], folder.read(named[1]) + text[named.end() :] if named[2] else text)


def test_the_journey_and_the_scenario_of_the_other_page_are_right(folder: Folder) -> None:
    blocks = [
        text for kind, text in BLOCK.findall((DOCS / "journeys.md").read_text(encoding="utf-8")) if kind == "yaml"
    ]
    journey, scenarios = blocks
    folder.write("journeys/tasting.yaml", journey)
    folder.write("scenarios/page.yaml", scenarios)
    bundle(folder.root)
    result = CliRunner().invoke(main, ["--marketing", str(folder.root), "test", "scenarios/page.yaml"])
    assert result.exit_code == 0, result.output
