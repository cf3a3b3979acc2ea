"""What is wrong with a pop-up is said with file, line and mend; plan, diff and the ledger name it."""

from functools import partial

import pytest

from authoring.compile import bundle
from authoring.ledger import ids_of
from authoring.plan.items import items
from functions.core.changes import changes
from tests.unit.authoring.broken import problems_with
from tests.unit.authoring.folders import Folder

FILE = "popups/spring.yaml"
GOOD = "title: The first flush\ntrigger: leaving\nform: hello\n"


problems = partial(problems_with, FILE)


@pytest.mark.parametrize(
    ("change", "line", "code", "said"),
    [
        (("hello", "helo"), 3, "unknown-form", 'Did you mean "hello"?'),
        (("leaving", "leave"), 2, "no-kind", "Write leaving, {after: 10 seconds}"),
        (("leaving", "{after: 3 hours}"), 2, "wrong-value", "for more than an hour"),
        (("leaving", "{scrolled: 50}"), 2, "wrong-value", "50 percent"),
        (("leaving", "{scrolled: 101 percent}"), 2, "wrong-value", "50 percent"),
        (("form: hello", "at_most: often"), 3, "wrong-value", "once per 7 days"),
        (("form: hello", "not_after: submitted"), 3, "never-holds", "Add form:"),
        (("form: hello", "not_after: [followed]"), 3, "never-holds", "Add link:"),
        (("form: hello", "not_after: [followd]"), 3, "wrong-value", "followed"),
        (("form: hello", "when: {segment: kean}"), 3, "unknown-segment", 'Did you mean "keen"?'),
        (("form: hello", "when: {opened: hello}"), 3, "outside-a-journey", "was: opened"),
        (("form: hello", "to: strangers\nwhen: {segment: keen}"), 4, "asks-of-strangers", "to: contacts"),
        (("form: hello", "on: [/tea, /tea]"), 3, "duplicate", "duplicate page"),
        (("form: hello", "on: [tea]"), 3, "wrong-value", "such as /teas/*"),
        (("form: hello", "language: xx-yy-zz-0"), 3, "wrong-value", "such as tr"),
        (("leaving", "{clicked: .x}\nat_most: once"), 3, "never-holds", "Remove at_most"),
        (("leaving", "{clicked: .x}\nnot_after: submitted"), 3, "never-holds", "Remove not_after"),
        (("form: hello", "form: hello\nlink: {text: Go, to: /x}"), 1, "wrong-value", "not both"),
        (("form: hello", "titel: Tea"), 3, "unknown-key", "Known: at_most"),
        (("title: The first flush\n", ""), 1, "missing-key", "Add title:"),
    ],
)
def test_a_mistake_names_its_place_and_mend(
    folder: Folder, change: tuple[str, str], line: int, code: str, said: str
) -> None:
    problem, *more = problems(folder, GOOD.replace(*change))
    assert not more
    assert (problem.line, problem.code) == (line, code), problem
    assert said in f"{problem.message}. {problem.mend}"


def test_a_pop_up_is_named_where_a_campaign_is(folder: Folder) -> None:
    before = bundle(folder.root).content
    folder.write(FILE, GOOD)
    made = bundle(folder.root)
    assert ids_of(made.content)["popup spring"] == "popup"
    assert [(change.what, change.how) for change in changes(before, made.content)] == [("popup spring", "added")]
    folder.write(FILE, GOOD.replace("leaving", "{after: 5 seconds}"))
    after = bundle(folder.root).content
    (change,) = changes(made.content, after)
    assert change.details == ("trigger: leaving → {after: 5 seconds}",)
    (item,) = items(made.content, after, {}, {})
    assert (item.kind, item.name, item.title) == ("popup", "spring", "The first flush")
