"""Surveys as they are written: what is wrong with them is said with its place."""

import pytest

from authoring.compile import bundle
from authoring.problems import Invalid
from tests.unit.authoring.folders import Folder

YAML = "surveys/first-glass.yaml"


@pytest.mark.parametrize(
    ("old", "new", "file", "message"),
    [
        ("trait: first_glass", "trait: email", YAML, '"email" says who somebody is, and nothing here changes that'),
        (
            "scale: 1-5\nends: {lowest: Too bitter to finish, highest: I had another one}",
            "answers: [a, b, a]",
            YAML,
            'duplicate value "a"',
        ),
        ("scale: 1-5\n", "", YAML, "either a scale or answers"),
    ],
)
def test_what_is_wrong_is_named(folder: Folder, old: str, new: str, file: str, message: str) -> None:
    folder.swap(YAML, old, new)
    with pytest.raises(Invalid) as found:
        bundle(folder.root)
    assert any(problem.file == file and message in problem.message for problem in found.value.problems)


def test_a_mail_names_a_survey_that_is_there(folder: Folder) -> None:
    folder.swap("emails/brewing-guide.mjml", 'survey("first-glass")', 'survey("first-glas")')
    with pytest.raises(Invalid) as found:
        bundle(folder.root)
    (problem,) = found.value.problems
    assert (problem.file, problem.code) == ("emails/brewing-guide.mjml", "unknown-survey")
    assert problem.line == folder.line("emails/brewing-guide.mjml", "survey(")
    assert "first-glass" in problem.mend


def test_a_release_without_surveys_and_files_says_nothing_of_them(folder: Folder) -> None:
    folder.swap("pages/your-shelf.yaml", "  - survey: next-tea\n", "")
    folder.remove("surveys/next-tea.yaml")
    for name in (YAML, "assets/brewing-book.yaml", "emails/brewing-book.yaml", "emails/brewing-book.mjml"):
        folder.remove(name)
    folder.swap("emails/brewing-guide.mjml", '<mj-text>{{ survey("first-glass") }}</mj-text>', "")
    folder.swap("emails/brewing-guide.txt", '{{ survey("first-glass") }}', "")
    content = bundle(folder.root).release
    assert b'"surveys"' not in content
    assert b'"assets"' not in content
