from authoring.compile import bundle
from functions.core.changes import changes
from tests.unit.authoring.folders import Folder

JOURNEY = "journeys/welcome.yaml"


def test_everything_is_new_where_nothing_was(folder: Folder) -> None:
    found = changes(None, bundle(folder.root).content)
    assert {change.how for change in found} == {"added"}
    assert {"journey welcome", "form hello", "topic tips", "score interest", "segment keen"} <= {c.what for c in found}


def test_the_same_release_differs_in_nothing(folder: Folder) -> None:
    content = bundle(folder.root).content
    assert changes(content, content) == []


def test_steps_are_followed_by_their_ids_and_not_by_their_places(folder: Folder) -> None:
    before = bundle(folder.root).content
    folder.swap(JOURNEY, "  - {id: mark", "  - {id: pause, wait: 1 day}\n  - {id: mark")
    (change,) = changes(before, bundle(folder.root).content)
    assert change.details == ("steps[pause]: (nothing) → {id: pause, wait: 1 day}",)


def test_another_order_of_the_same_steps_is_seen(folder: Folder) -> None:
    folder.swap(JOURNEY, "  - {id: mark", "  - {id: pause, wait: 1 day}\n  - {id: mark")
    before = bundle(folder.root).content
    folder.write(
        JOURNEY,
        folder.read(JOURNEY).replace("  - {id: pause, wait: 1 day}\n", "") + "  - {id: pause, wait: 1 day}\n",
    )
    (change,) = changes(before, bundle(folder.root).content)
    assert change.details == ("steps: another order",)


def test_what_was_removed_is_named(folder: Folder) -> None:
    before = bundle(folder.root).content
    folder.swap("sending.yaml", "  - {id: orders, title: Your orders, transactional: true}\n", "")
    (change,) = changes(before, bundle(folder.root).content)
    assert (change.what, change.how) == ("topic orders", "removed")


def test_stages_and_rules_of_grade_and_tags_are_things_of_their_own(folder: Folder) -> None:
    scoring = folder.read("scoring.yaml").partition("\ngrade:")[0].partition("\ntags:")[0]
    folder.write("segments.yaml", "segments: {}\n")
    folder.remove("campaigns/new-harvest.yaml")
    folder.write("scoring.yaml", scoring)
    folder.write("funnel.yaml", "stages: []\n")
    before = bundle(folder.root).content
    tags = "tags:\n  - {id: topic, when: {event: Page Viewed}, from: topic}\n"
    grade = "grade:\n  rules:\n    - {id: shop, when: {tag: welcomed}, points: 5}\n  a: 3\n  b: 2\n  c: 1\n"
    folder.write("scoring.yaml", f"{scoring}\n{tags}{grade}")
    folder.write("funnel.yaml", "stages:\n  - {id: seen, when: {tag: welcomed}}\n  - {id: won, when: {grade: A}}\n")
    after = bundle(folder.root).content
    whats = {change.what for change in changes(before, after)}
    assert whats == {"grade", "tag rule topic", "funnel", "stage seen", "stage won"}
    folder.write("funnel.yaml", "stages:\n  - {id: won, when: {grade: A}}\n  - {id: seen, when: {tag: welcomed}}\n")
    (change,) = changes(after, bundle(folder.root).content)
    assert change.details == ("order: seen → won → won → seen",)
