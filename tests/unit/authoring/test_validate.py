"""Broken definitions: every one names file, line, field and the mend."""

import pytest

from authoring.compile import bundle
from authoring.problems import Invalid
from tests.unit.authoring.broken import JOURNEY, Broken, check, problems_in, swap
from tests.unit.authoring.folders import Folder

BROKEN = {
    "a misspelt key": Broken(
        JOURNEY,
        swap("at_most: 3 days", "atmost: 3 days, at_most: 3 days"),
        "atmost",
        "steps[1].wait.atmost",
        'unknown key "atmost"',
        'Did you mean "at_most"?',
    ),
    "an unknown key at the top": Broken(
        JOURNEY, swap("topic: tips", "topik: x\ntopic: tips"), "topik", "topik", 'unknown key "topik"', "Use one of"
    ),
    "a missing key": Broken(JOURNEY, swap("topic: tips\n", ""), 1, "topic", '"topic" is missing', "Add topic"),
    "a duplicate key": Broken(
        JOURNEY, swap("topic: tips", "topic: tips\ntopic: offers"), "topic: offers", "topic", "duplicate key", "line 2"
    ),
    "a duplicate id": Broken(
        JOURNEY, swap("{id: mark,", "{id: hello,"), "tag: welcomed", "steps[3].id", 'duplicate id "hello"', "line 6"
    ),
    "a duplicate id in a branch": Broken(
        JOURNEY,
        swap("{id: guide,", "{id: offer,"),
        "else:",
        "steps[2].else[0].id",
        'duplicate id "offer"',
        "its own id",
    ),
    "a duration without a unit": Broken(
        JOURNEY, swap("3 days", "3"), "at_most", "steps[1].wait.at_most", "needs a unit", '"3 days"'
    ),
    "a misspelt duration": Broken(
        JOURNEY, swap("3 days", "3 dais"), "at_most", "steps[1].wait.at_most", '"3 dais" is not a duration', "3 days"
    ),
    "an unknown template": Broken(
        JOURNEY,
        swap("send: welcome}", "send: welcom}"),
        "send:",
        "steps[0].send",
        'unknown template "welcom"',
        "welcome",
    ),
    "an unknown topic": Broken(
        JOURNEY, swap("topic: tips", "topic: tip"), "topic: tip", "topic", 'unknown topic "tip"', 'Did you mean "tips"'
    ),
    "an unknown form": Broken(
        JOURNEY, swap("form: hello", "form: helo"), "start:", "start.when.form", 'unknown form "helo"', "hello"
    ),
    "an unknown score": Broken(
        JOURNEY,
        swap("score: interest", "score: intrest"),
        "if:",
        "steps[2].if.score",
        'unknown score "intrest"',
        "interest",
    ),
    "a click on a step that comes later": Broken(
        JOURNEY,
        swap("clicked: hello", "clicked: offer"),
        "wait:",
        "steps[1].wait.until.clicked",
        "comes before",
        "hello",
    ),
    "a click on a step that is no send": Broken(
        JOURNEY,
        swap("clicked: hello", "clicked: clicked"),
        "wait:",
        "steps[1].wait.until.clicked",
        "is not a send",
        "hello",
    ),
    "a step of no kind": Broken(
        JOURNEY, swap("tag: welcomed", "tagg: welcomed"), "tagg", "steps[3].tagg", 'unknown key "tagg"', 'mean "tag"'
    ),
    "a condition of no kind": Broken(
        JOURNEY, swap("{score: interest, at_least: 50}", "{}"), "if:", "steps[2].if", "expected a condition", "score"
    ),
    "two bounds where one is asked": Broken(
        JOURNEY,
        swap("at_least: 50", "at_least: 50, below: 9"),
        "if:",
        "steps[2].if",
        "give exactly one of at_least and below",
        "",
    ),
    "a step after the exit": Broken(
        JOURNEY,
        swap("  - {id: mark", "  - {id: out, exit: true}\n  - {id: mark"),
        "id: mark",
        "steps[4]",
        "never reached",
        "Move exit",
    ),
    "a wrong re-entry rule": Broken(
        JOURNEY, swap("again: never", "again: sometimes"), "start:", "start.again", "expected never, always", "never"
    ),
    "an empty journey": Broken(
        JOURNEY, lambda folder: folder.write(JOURNEY, ""), 1, "(file)", "the file is empty", "topic"
    ),
    "a tab": Broken(JOURNEY, swap("  - {id: mark", "\t- {id: mark"), "id: mark", "(file)", "not readable", "spaces"),
    "a cap on a topic that is none": Broken(
        "sending.yaml",
        swap("{at_most: 4,", "{topics: [tipps], at_most: 4,", "sending.yaml"),
        "tipps",
        "caps[0].topics[0]",
        'unknown topic "tipps"',
        "tips",
    ),
    "a cap of marketing on a transactional topic": Broken(
        "sending.yaml",
        swap("{at_most: 4,", "{topics: [orders], at_most: 4,", "sending.yaml"),
        "topics: [orders]",
        "caps[0].topics[0]",
        '"orders" is transactional, and this cap counts marketing messages',
        "Add transactional: true",
    ),
    "a cap on a channel that is none": Broken(
        "sending.yaml",
        swap("{at_most: 4,", "{channel: smoke, at_most: 4,", "sending.yaml"),
        "smoke",
        "caps[0].channel",
        '"smoke" is not a channel',
        "email",
    ),
    "a budget that is none": Broken(
        "sending.yaml",
        swap("caps:", "monthly_budget: -20\ncaps:", "sending.yaml"),
        "monthly_budget",
        "monthly_budget",
        "the number is too small",
        "",
    ),
    "a budget in words": Broken(
        "sending.yaml",
        swap("caps:", "monthly_budget: twenty dollars\ncaps:", "sending.yaml"),
        "monthly_budget",
        "monthly_budget",
        "number",
        "",
    ),
    "hours that say two things": Broken(
        "sending.yaml",
        swap("caps:", 'hours:\n  - {quiet: {from: "21:00", to: "09:00"}, only: {on: [monday]}}\ncaps:', "sending.yaml"),
        "quiet:",
        "hours[0]",
        "give exactly one of quiet and only",
        "",
    ),
    "a time of day that is none": Broken(
        "sending.yaml",
        swap("caps:", 'hours:\n  - quiet: {from: "9pm", to: "09:00"}\ncaps:', "sending.yaml"),
        "9pm",
        "hours[0].quiet.from",
        '"9pm" is not a time of day',
        '"09:00" or "21:30"',
    ),
    "a week that is never open": Broken(
        "sending.yaml",
        swap(
            "caps:",
            'hours:\n  - quiet: {from: "21:00", to: "09:00"}\n  - only: {between: ["22:00", "23:00"]}\ncaps:',
            "sending.yaml",
        ),
        "hours:",
        "hours",
        "nothing ever goes out by email",
        "Let some time of the week be open",
    ),
    "an unknown time zone": Broken(
        "sending.yaml",
        swap("Europe/Istanbul", "Europe/Istambul", "sending.yaml"),
        "time_zone",
        "business.time_zone",
        "unknown time zone",
        "Europe/Istanbul",
    ),
    "a wrong sender address": Broken(
        "sending.yaml",
        swap("hello@yellow-samovar.example", "hello", "sending.yaml"),
        "from:",
        "from.email",
        "not possible",
        "e-mail address",
    ),
    "a consent box for a transactional topic": Broken(
        "forms/hello.yaml",
        swap("topic: tips", "topic: orders", "forms/hello.yaml"),
        "topic: orders",
        "consents[0].topic",
        "is transactional",
        "not transactional",
    ),
    "a form without an address": Broken(
        "forms/hello.yaml",
        swap("type: email", "type: text", "forms/hello.yaml"),
        "fields:",
        "fields",
        "no field asks for the e-mail address",
        "type: email",
    ),
    "a field name that cannot be a trait": Broken(
        "forms/hello.yaml",
        swap("first_name", "First Name", "forms/hello.yaml"),
        "First Name",
        "fields[1].name",
        "not possible",
        "first_name",
    ),
    "points that are no number": Broken(
        "scoring.yaml",
        swap("points: 40", "points: many", "scoring.yaml"),
        "many",
        "scores.interest.rules[4].points",
        "expected a whole number",
        "whole number",
    ),
    "bands in the wrong order": Broken(
        "scoring.yaml",
        swap("at_least: 80", "at_least: 25", "scoring.yaml"),
        "hot:",
        "temperature.hot",
        "must not be above",
        "",
    ),
    "segments in a circle": Broken(
        "segments.yaml",
        swap("{consent: tips}", "{segment: keen}", "segments.yaml"),
        "keen:",
        "segments.keen",
        "needs itself",
        "without it",
    ),
    "a click outside a journey": Broken(
        "segments.yaml",
        swap("{consent: tips}", "{clicked: hello}", "segments.yaml"),
        "clicked",
        "segments.keen.when.all[1].clicked",
        "only a journey has steps",
        "in a journey",
    ),
    "a file of unknown meaning": Broken(
        "scores.yaml",
        lambda folder: folder.write("scores.yaml", "a: 1"),
        1,
        "(file)",
        "no meaning here",
        "scoring.yaml",
    ),
    "a wrong suffix": Broken(
        "journeys/bye.yml",
        lambda folder: folder.write("journeys/bye.yml", ""),
        1,
        "(file)",
        "no meaning",
        "journeys/bye.yaml",
    ),
    "a file name that is no id": Broken(
        "forms/Bye Bye.yaml",
        lambda folder: folder.write("forms/Bye Bye.yaml", ""),
        1,
        "(file)",
        "is not an id",
        "lower-case",
    ),
    "a missing HTML part": Broken(
        "emails/welcome.mjml",
        lambda folder: folder.remove("emails/welcome.mjml"),
        1,
        "(file)",
        "is missing",
        "Write emails/welcome.mjml",
    ),
    "template syntax": Broken(
        "emails/brewing-guide.txt",
        swap('tea friend") }}', 'tea friend") }', "emails/brewing-guide.txt"),
        "tea friend",
        "text",
        "template syntax",
        "braces",
    ),
    "a trait without a default": Broken(
        "emails/brewing-guide.mjml",
        swap('contact.first_name | default("Dear tea friend")', "contact.first_name", "emails/brewing-guide.mjml"),
        "{{ contact.first_name",
        "html",
        "first_name",
        "default(",
    ),
    "a trait without a default in the subject": Broken(
        "emails/brewing-guide.yaml",
        swap("subject: How", "subject: For {{ contact.first_name }}", "emails/brewing-guide.yaml"),
        "subject",
        "subject",
        "first_name",
        "default(",
    ),
    "an unknown variable": Broken(
        "emails/brewing-guide.txt",
        swap("business.site", "busines.site", "emails/brewing-guide.txt"),
        "busines.site",
        "text",
        "unknown variable busines",
        "business",
    ),
    "an unknown part of a variable": Broken(
        "emails/brewing-guide.txt",
        swap("business.site", "business.sight", "emails/brewing-guide.txt"),
        "business.sight",
        "text",
        "unknown variable business.sight",
        "site",
    ),
    "an MJML element that is never closed": Broken(
        "emails/welcome.mjml",
        swap("See the first flush</mj-button>", "See", "emails/welcome.mjml"),
        "</mj-column>",
        "<mj-column>",
        "</mj-column> closes while <mj-button>",
        "Add </mj-button>",
    ),
    "an unknown MJML element": Broken(
        "emails/parts/shelf.mjml",
        swap("<mj-table>", "<mj-tabel>", "emails/parts/shelf.mjml"),
        "<mj-tabel>",
        "<mj-tabel>",
        "unknown MJML element",
        "mj-table",
    ),
    "an unknown part": Broken(
        "emails/brewing-guide.mjml",
        swap("parts/shelf.mjml", "parts/shell.mjml", "emails/brewing-guide.mjml"),
        "parts/shell.mjml",
        "<mj-include>",
        "unknown part",
        "parts/shelf.mjml",
    ),
    "marketing mail without a way to leave": Broken(
        "emails/welcome.txt",
        swap("{{ unsubscribe_url }}", "", "emails/welcome.txt"),
        1,
        "(file)",
        "without a way to unsubscribe",
        "unsubscribe_url",
    ),
    "a misspelt key that must be there": Broken(
        "forms/hello.yaml",
        swap("fields:", "feilds:", "forms/hello.yaml"),
        "feilds",
        "feilds",
        'unknown key "feilds"',
        'Did you mean "fields"?',
    ),
    "a brace that is never closed": Broken(
        JOURNEY, swap("send: welcome}", "send: welcome"), "id: clicked", "(file)", "not readable", "Close the {"
    ),
    "a step that does two things": Broken(
        JOURNEY,
        swap("send: welcome}", "send: welcome, tag: x}"),
        "send:",
        "steps[0].tag",
        'unknown key "tag"',
        "a step of its own",
    ),
    "a missing length of time": Broken(
        JOURNEY, swap(", at_most: 3 days", ""), "wait:", "steps[1].wait.at_most", "is missing", '"3 days"'
    ),
    "quotes of a word processor": Broken(
        "emails/brewing-guide.yaml",
        swap("subject: How", "subject: For {{ contact.a | default(“you”) }}", "emails/brewing-guide.yaml"),
        "subject",
        "subject",
        "template syntax",
        "straight quotes",
    ),
    "a trait without a default in plain text": Broken(
        "emails/brewing-guide.txt",
        swap(' | default("Dear tea friend")', "", "emails/brewing-guide.txt"),
        "{{ contact.first_name",
        "text",
        "contact.first_name is unknown for some people",
        "default",
    ),
}


def test_the_demo_is_valid(folder: Folder) -> None:
    assert bundle(folder.root).content.journeys["welcome"].topic == "tips"


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_definition_names_file_line_field_and_mend(folder: Folder, broken: Broken) -> None:
    check(folder, broken)


def test_several_mistakes_in_several_files_are_told_at_once(folder: Folder) -> None:
    folder.swap(JOURNEY, "3 days", "3 dais")
    folder.swap(JOURNEY, "topic: tips", "topic: nothing")
    folder.swap("scoring.yaml", "points: 40", "points: many")
    folder.swap("emails/welcome.txt", "business.site", "busines.site")
    assert {problem.file for problem in problems_in(folder)} == {JOURNEY, "scoring.yaml", "emails/welcome.txt"}


def test_every_trait_without_a_default_is_told_with_its_line(folder: Folder) -> None:
    folder.write("emails/welcome.txt", "Dear {{ contact.a }}\n\n{{ contact.b }} {{ contact.c | default('x') }}\n")
    lines = {problem.line for problem in problems_in(folder) if problem.field == "text"}
    assert lines == {1, 3}


def test_a_branch_that_only_some_visit_is_checked_too(folder: Folder) -> None:
    text = "{% if contact.vip is defined %}{{ unsubscrib_url }}{% endif %}{{ unsubscribe_url }}{{ business.address }}"
    folder.write("emails/welcome.txt", text)
    assert [problem.message for problem in problems_in(folder)] == ["unknown variable unsubscrib_url"]


@pytest.mark.parametrize(
    "file", [JOURNEY, "forms/hello.yaml", "sending.yaml", "scoring.yaml", "segments.yaml", "emails/welcome.mjml"]
)
def test_what_is_not_text_is_told_once_and_not_held_against_other_files(folder: Folder, file: str) -> None:
    (folder.root / file).write_bytes("title: Çay ışığı\n".encode("cp1254"))
    (problem,) = problems_in(folder)
    assert (problem.file, problem.message) == (file, "not UTF-8 text")
    assert "UTF-8" in problem.mend


def test_an_alias_that_holds_itself_is_told(folder: Folder) -> None:
    folder.write("segments.yaml", "segments: &all\n  keen: *all\n")
    assert any("nested too deeply" in problem.message for problem in problems_in(folder))


def test_hidden_files_and_backups_are_passed_over(folder: Folder) -> None:
    folder.write(".DS_Store", "")
    folder.write("journeys/welcome.yaml~", "")
    assert bundle(folder.root)


def test_a_missing_folder_is_told(folder: Folder) -> None:
    with pytest.raises(Invalid, match="no such folder"):
        bundle(folder.root / "nowhere")
