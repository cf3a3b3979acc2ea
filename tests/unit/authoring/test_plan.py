"""A plan says in words what publishing would do, without AWS and with it, and in a comment that GitHub takes."""

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from authoring import published
from authoring.cli import main
from authoring.compile import bundle
from authoring.inflight import InFlight
from authoring.plan import markdown
from authoring.plan.base import Base, NoBase, of_deployment, of_path
from authoring.plan.make import plan
from authoring.plan.markdown import comment
from authoring.plan.model import Item, Line, Plan, Standing, moves
from authoring.plan.words import blocks, heading, summary
from authoring.problems import Problem
from functions.core.release import Release
from tests.unit.authoring.folders import Folder

JOURNEY = "journeys/welcome.yaml"


@pytest.fixture
def base(folder: Folder, tmp_path: Path) -> Base:
    """The demo as it is before it is changed."""
    return of_path(Folder(tmp_path / "before").root)


def said(told: Plan) -> str:
    return "\n".join(
        [heading(item) + "".join(f"\n{line.mark} {line.text}" for line in item.lines) for item in told.items]
    )


def test_of_the_same_files_nothing_is_to_be_done(folder: Folder, base: Base) -> None:
    told = plan(folder.root, base)
    assert told.nothing
    assert summary(told).startswith("Nothing differs")
    assert list(blocks(told)) == []


def test_a_journey_is_told_step_by_step_in_sentences(folder: Folder, base: Base) -> None:
    folder.swap(JOURNEY, "at_most: 3 days", "at_most: 4 days")
    folder.write(JOURNEY, folder.read(JOURNEY) + "  - {id: rest, wait: 1 week}\n")
    text = said(plan(folder.root, base))
    assert "journey welcome “Welcome” is changed" in text
    assert "3 days at most → Wait until the contact has clicked a link in the message of step hello, 4 days" in text
    assert "+ rest: Wait 1 week" in text


def test_a_new_journey_is_told_whole_and_one_that_goes_is_named(folder: Folder, base: Base) -> None:
    folder.write("journeys/second.yaml", folder.read(JOURNEY).replace("title: Welcome", "title: İkinci", 1))
    told = plan(folder.root, base)
    (item,) = told.items
    assert (item.how, item.title) == ("added", "İkinci")
    assert item.lines[0].text.startswith("starts when ")
    assert all(line.mark == "+" for line in item.lines)
    folder.remove("journeys/second.yaml")
    folder.remove(JOURNEY)
    folder.remove("scenarios/welcome.yaml")
    assert ("journey", "welcome", "removed") in [
        (item.kind, item.name, item.how) for item in plan(folder.root, base).items
    ]


def test_other_definitions_are_told_key_by_key_and_texts_as_a_difference(folder: Folder, base: Base) -> None:
    folder.swap("sending.yaml", "rate_per_second: ", "rate_per_second: 1")
    mail = next(path for path in sorted((folder.root / "emails").glob("*.mjml")) if path.stem == "brewing-guide")
    mail.write_text(mail.read_text().replace("<mj-text>", "<mj-text>Çay ", 1), encoding="utf-8")
    text = said(plan(folder.root, base))
    assert "~ rate_per_second: " in text
    assert "emails/brewing-guide.mjml:" in text
    assert [line for line in text.splitlines() if line.startswith("+") and "Çay" in line]


def test_what_is_renamed_is_told_as_that_and_as_no_change(folder: Folder, base: Base) -> None:
    text = folder.read(JOURNEY)
    folder.remove(JOURNEY)
    folder.write("journeys/greeting.yaml", "was: welcome\n" + text)
    folder.swap("scenarios/welcome.yaml", "journey: welcome", "journey: greeting")
    told = plan(folder.root, base)
    (item,) = told.items
    assert heading(item) == "journey greeting “Welcome” is renamed (before: welcome)"
    assert not item.lines
    assert told.standing == ()


def test_scenarios_that_fail_by_it_are_told_apart_from_those_that_failed_before(folder: Folder, base: Base) -> None:
    folder.swap(JOURNEY, "at_most: 3 days", "at_most: 4 days")
    folder.swap("scenarios/welcome.yaml", 'subject: "', 'subject: "Nobody writes: ')
    told = plan(folder.root, base)
    assert {one.newly_fails for one in told.trials if not one.passes} == {True, False}
    assert any(one.how == "changed" for one in told.trials)
    assert "would fail that pass" in summary(told)


def test_people_in_flight_are_told_with_what_becomes_of_their_step(folder: Folder, base: Base) -> None:
    folder.swap(JOURNEY, "at_most: 3 days", "at_most: 4 days")
    waiting = Counter({("welcome", "r1", "clicked"): 3, ("welcome", "r1", "gone-by"): 1, ("other", "r1", "x"): 9})
    before = base.release
    assert before is not None

    def release_of(id: str) -> Release:
        return before

    told = plan(folder.root, base, count=lambda: InFlight(waiting), release_of=release_of)
    assert told.standing == (
        Standing("welcome", "r1", "clicked", 3, "changed"),
        Standing("welcome", "r1", "gone-by", 1, "gone"),
    )
    assert moves(told.standing) == {"welcome": 'samovar migrate welcome --map gone-by=STEP --why "…"'}
    assert plan(folder.root, base).standing is None


def test_what_is_counted_anew_is_named(folder: Folder, base: Base) -> None:
    folder.swap("segments.yaml", "segments:\n", "segments:\n  fresh: {when: {event: Tea Stirred, within: 7 days}}\n")
    told = plan(folder.root, base)
    assert any("Tea Stirred" in one for one in told.counters)
    assert told.backfill


def test_mistakes_and_reused_ids_are_refused_with_exit_code_1(folder: Folder, tmp_path: Path) -> None:
    before = Folder(tmp_path / "before")
    command = ["--marketing", str(folder.root), "plan", "--base", str(before.root)]
    assert CliRunner().invoke(main, command).exit_code == 0
    folder.write("funnel.yaml", "stagez: []\n")
    found = CliRunner().invoke(main, [*command, "--json"])
    assert found.exit_code == 1
    assert json.loads(found.output)["problems"][0]["file"] == "funnel.yaml"
    assert "❌" in CliRunner().invoke(main, [*command, "--markdown"]).output


def test_an_id_of_the_base_keeps_its_kind_though_the_folder_never_heard_of_it(folder: Folder, base: Base) -> None:
    folder.swap(JOURNEY, "  - {id: mark, tag: welcomed}\n", "  - {id: mark, wait: 1 day}\n")
    told = plan(folder.root, base)
    assert not told.fine
    assert "an id keeps its kind" in told.problems[0].message


def test_a_release_in_a_file_is_a_base_too(folder: Folder, tmp_path: Path) -> None:
    made = bundle(folder.root)
    stored, asset, other = tmp_path / "stored.json", tmp_path / "asset.json", tmp_path / "other.json"
    stored.write_bytes(made.release)
    asset.write_bytes(made.asset_bytes())
    other.write_text("[1]")
    folder.swap(JOURNEY, "at_most: 3 days", "at_most: 4 days")
    items = plan(folder.root, of_path(asset)).items
    assert items == plan(folder.root, of_path(stored)).items != ()
    with pytest.raises(NoBase):
        of_path(other)


@pytest.mark.usefixtures("stores")
def test_against_a_deployment_nothing_is_written_and_a_foreign_release_is_refused(folder: Folder) -> None:
    assert of_deployment("here", folder.root).release is None
    published.publish(folder.root, by="ada")
    folder.swap(JOURNEY, "at_most: 3 days", "at_most: 4 days")
    before = folder.read(".samovar.json")
    base = of_deployment("here", folder.root)
    told = plan(folder.root, base, refusals=lambda made: filter(None, [published.would_refuse(made, base.pointer)]))
    assert told.fine
    folder.remove(".samovar.json")
    told = plan(folder.root, base, refusals=lambda made: filter(None, [published.would_refuse(made, base.pointer)]))
    assert "is not based on it" in told.refused[0]
    assert summary(told).startswith(f"Against {told.base}: 1 changed.")
    assert summary(told).endswith(" It would be refused.")
    assert not (folder.root / ".samovar.json").exists()
    assert before


def test_a_comment_is_never_longer_than_github_takes_and_says_what_is_cut() -> None:
    lines = tuple(Line("+", f"step-{number}: Çay ``` ört {'x' * 80}") for number in range(500))
    items = tuple(Item("journey", f"j{number}", "changed", lines=lines) for number in range(20))
    text = comment(Plan("here", "r", items))
    assert text.startswith(markdown.MARK)
    assert len(text.encode()) <= 65_536
    assert "parts are cut: `samovar plan` says all" in text
    assert text.count("````diff") == text.count("\n````\n")


def test_nothing_that_people_wrote_is_read_as_markup() -> None:
    wrong = Problem("a.yaml", 1, 1, "x", "<img src=x> @everybody [a](http://b) # h", "```")
    text = comment(Plan("here", "", problems=(wrong,), standing=None))
    assert "<img" not in text.split("diff\n")[0]
    item = Item("form", "hello", "changed", title="<b>@all</b> [x](y)\n# h")
    text = comment(Plan("here", "r", (item,)))
    assert "\\<b\\>@\u200ball" in text
    assert "\n# h" not in text
