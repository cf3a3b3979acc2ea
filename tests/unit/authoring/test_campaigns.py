"""What is wrong with a campaign is said with file, line and mend; those of the gallery can be published."""

from pathlib import Path

import pytest

from authoring.compile import bundle
from authoring.problems import Invalid, Problem
from tests.unit.authoring.folders import Folder

ROOT = Path(__file__).parents[3]
FILE = "campaigns/letter.yaml"
GOOD = "title: A letter\ntopic: tips\nsend: welcome\nto: keen\n"


def problems(folder: Folder, text: str) -> list[Problem]:
    folder.write(FILE, text)
    with pytest.raises(Invalid) as refused:
        bundle(folder.root)
    return [problem for problem in refused.value.problems if problem.file == FILE]


@pytest.mark.parametrize(
    ("change", "line", "code", "said"),
    [
        (("tips", "tops"), 2, "unknown-topic", 'Did you mean "tips"?'),
        (("welcome", "wellcome"), 3, "unknown-template", 'Did you mean "welcome"?'),
        (("to: keen", "to: kean"), 4, "unknown-segment", 'Did you mean "keen"?'),
        (("to: keen", "to: keen\nexcept: [lapst]"), 5, "unknown-segment", 'Did you mean "lapsed"?'),
        (("to: keen", "to: keen\nexcept: [keen]"), 5, "excludes-itself", 'it goes to "keen" and excludes it'),
        (("to: keen", "to: keen\nexcept: [lapsed, lapsed]"), 5, "duplicate", "duplicate segment"),
        (("to: keen", "to: keen\nhold: 2 days"), 5, "over-before-it-goes", "Hold it shorter"),
        (("to: keen", "to: keen\nhold: 0 minutes"), 5, "wrong-value", "none"),
        (("to: keen", "to: keen\nwhen: tomorrow"), 5, "no-kind", "expected when it runs"),
        (("to: keen", "to: keen\nwhen: {on: 2026-13-01, at: '09:00'}"), 5, "wrong-value", "2026-12-01"),
        (("to: keen", "to: keen\nwhen: {on: 2026-12-01, at: 9 am}"), 5, "wrong-value", "09:00"),
        (("to: keen", "to: keen\nwhen: {every: moonday, at: '09:00'}"), 5, "wrong-value", "monday"),
        (("to: keen", "to: keen\nwhen: {every: day, day: 3, at: '09:00'}"), 5, "no-day-of-a-month", "remove day"),
        (("to: keen", "to: keen\nrate: fast"), 5, "wrong-value", "600 a minute"),
        (("to: keen", "two: keen"), 4, "unknown-key", 'unknown key "two"'),
    ],
)
def test_a_mistake_names_its_place_and_mend(
    folder: Folder, change: tuple[str, str], line: int, code: str, said: str
) -> None:
    (problem,) = problems(folder, GOOD.replace(*change))
    assert (problem.line, problem.code) == (line, code), problem
    assert said in f"{problem.message}. {problem.mend}"


def test_a_campaign_of_a_marketing_topic_needs_a_way_to_unsubscribe(folder: Folder) -> None:
    folder.write(FILE, GOOD.replace("welcome", "bare"))
    folder.write("emails/bare.yaml", "subject: Hello\n")
    folder.write("emails/bare.txt", "Hello\n")
    folder.write("emails/bare.mjml", "<mjml><mj-body></mj-body></mjml>")
    with pytest.raises(Invalid) as refused:
        bundle(folder.root)
    assert {problem.message for problem in refused.value.problems} == {
        "marketing mail without a way to unsubscribe",
        "marketing mail without a postal address",
    }


@pytest.mark.parametrize("path", sorted((ROOT / "gallery" / "campaigns").iterdir()), ids=lambda path: path.stem)
def test_a_campaign_of_the_gallery_can_be_published(folder: Folder, path: Path) -> None:
    folder.write(f"campaigns/{path.name}", path.read_text(encoding="utf-8"))
    assert path.stem in bundle(folder.root).content.campaigns
