"""Ids are for ever: an id keeps its kind, and one that was removed does not come back."""

import pytest

from authoring import ledger
from authoring.compile import bundle, state_path
from authoring.ledger import Ledger
from authoring.problems import Invalid
from tests.unit.authoring.folders import Folder

JOURNEY = "journeys/welcome.yaml"
MARK = "  - {id: mark, tag: welcomed}\n"


@pytest.fixture(autouse=True)
def without_scenarios(folder: Folder) -> None:
    """They name the steps that are taken out here."""
    folder.remove("scenarios/welcome.yaml")


def publish(folder: Folder) -> None:
    """Note in the state file that the folder was published as it is."""
    compiled = bundle(folder.root)
    ledger.write(state_path(folder.root), compiled.ledger.after(compiled.content, compiled.release_id))


def refusal(folder: Folder) -> str:
    with pytest.raises(Invalid) as caught:
        bundle(folder.root)
    (problem,) = caught.value.problems
    return str(problem)


def test_a_step_that_was_removed_does_not_come_back(folder: Folder) -> None:
    publish(folder)
    folder.swap(JOURNEY, MARK, "")
    publish(folder)
    folder.write(JOURNEY, folder.read(JOURNEY) + MARK)
    line = folder.line(JOURNEY, "id: mark")
    assert refusal(folder).startswith(
        f'{JOURNEY}:{line}:10: steps.id: "mark" was a tag step that was removed; ids are never reused'
    )


def test_it_does_not_come_back_as_another_kind_either(folder: Folder) -> None:
    publish(folder)
    folder.swap(JOURNEY, MARK, "")
    publish(folder)
    folder.write(JOURNEY, folder.read(JOURNEY) + "  - {id: mark, wait: 1 day}\n")
    assert 'Choose a new id such as "mark-2"' in refusal(folder)


def test_a_step_keeps_its_kind_while_it_is_live(folder: Folder) -> None:
    publish(folder)
    folder.swap(JOURNEY, MARK, "  - {id: mark, wait: 1 day}\n")
    assert '"mark" is a tag step in the release that was published' in refusal(folder)


@pytest.mark.parametrize(
    ("file", "old", "place"),
    [
        (
            "scoring.yaml",
            "      - {id: e-book, when: {event: E-Book Downloaded}, points: 40, at_most_per_day: 1}\n",
            "rules.id",
        ),
        (
            "segments.yaml",
            "  regulars:\n    title: Bought for 100 or more in the last 90 days\n"
            "    when: {event: Order Completed, sum: total, at_least: 100, within: 90 days}\n",
            "regulars",
        ),
        ("sending.yaml", "  - {id: orders, title: Your orders, transactional: true}\n", "topics.id"),
        ("forms/hello.yaml", "  - {name: first_name, label: Your first name, max_length: 80}\n", "fields.name"),
    ],
)
def test_every_kind_of_id_is_kept(folder: Folder, file: str, old: str, place: str) -> None:
    whole = folder.read(file)
    publish(folder)
    folder.swap(file, old, "")
    publish(folder)
    folder.write(file, whole)
    message = refusal(folder)
    assert place in message
    assert "ids are never reused" in message


RULES = {
    "stages.id": (
        "funnel.yaml",
        "stages:\n  - {id: known, when: {tag: welcomed}}\n",
        "  - {id: won, when: {tag: x}}\n",
    ),
    "grade.rules.id": (
        "scoring.yaml",
        "grade:\n  a: 3\n  b: 2\n  c: 1\n  rules:\n    - {id: shop, when: {tag: welcomed}, points: 5}\n",
        "    - {id: cafe, when: {tag: welcomed}, points: 5}\n",
    ),
    "tags.id": (
        "scoring.yaml",
        "tags:\n  - {id: one, when: {event: Page Viewed}, tag: x}\n",
        "  - {id: two, when: {event: Page Viewed}, from: topic}\n",
    ),
}


@pytest.mark.parametrize(("file", "text", "more"), RULES.values(), ids=RULES.keys())
def test_stages_and_rules_of_grade_and_tags_keep_their_ids(
    folder: Folder, file: str, text: str, more: str, request: pytest.FixtureRequest
) -> None:
    folder.remove("campaigns/new-harvest.yaml")
    for name in ("segments.yaml", "funnel.yaml"):
        folder.write(name, "segments: {}\n" if name == "segments.yaml" else "stages: []\n")
    rest = folder.read(file).partition("\ngrade:")[0].partition("\ntags:")[0] if file == "scoring.yaml" else ""
    folder.write(file, f"{rest}\n{text}{more}")
    publish(folder)
    folder.write(file, f"{rest}\n{text}")
    publish(folder)
    folder.write(file, f"{rest}\n{text}{more}")
    message = refusal(folder)
    assert request.node.callspec.id in message
    assert "ids are never reused" in message


def test_a_whole_file_that_was_removed_does_not_come_back(folder: Folder) -> None:
    folder.write("journeys/second.yaml", folder.read(JOURNEY))
    publish(folder)
    folder.remove("journeys/second.yaml")
    publish(folder)
    folder.write("journeys/second.yaml", folder.read(JOURNEY))
    with pytest.raises(Invalid) as caught:
        bundle(folder.root)
    assert "journeys/second.yaml:1:1: (file name)" in str(caught.value)


def test_ids_of_releases_that_others_published_are_known_too(folder: Folder) -> None:
    theirs = bundle(folder.root)
    folder.swap(JOURNEY, MARK, "")
    ours = bundle(folder.root)
    merged = Ledger().after(ours.content, ours.release_id, {theirs.release_id: theirs.content})
    assert merged.retired == {"journey welcome, step mark": "tag step"}
    assert merged.releases == tuple(sorted((ours.release_id, theirs.release_id)))


def test_a_release_that_is_live_again_takes_its_ids_back(folder: Folder) -> None:
    first = bundle(folder.root)
    folder.swap(JOURNEY, MARK, "")
    second = bundle(folder.root)
    book = Ledger().after(first.content, first.release_id).after(second.content, second.release_id)
    assert book.retired
    assert not book.after(first.content, first.release_id).retired


def test_a_damaged_state_file_is_told(folder: Folder) -> None:
    folder.write(".samovar.json", "{")
    assert "Run samovar pull" in refusal(folder)


def test_a_state_file_of_a_newer_program_is_told(folder: Folder) -> None:
    folder.write(".samovar.json", '{"format": 99}')
    assert "newer than this program" in refusal(folder)
