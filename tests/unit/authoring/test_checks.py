"""Conditions, rules, grades and stages that can't be: told with their place. What is rarely meant: a warning."""

import ast
import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner

from authoring.cli import main
from authoring.compile import bundle
from authoring.problems import CODES
from tests.unit.authoring.broken import JOURNEY, Broken, check, problems_in, swap
from tests.unit.authoring.folders import MARKETING, Folder

SEGMENTS = "segments.yaml"
CAMPAIGN = "campaigns/new-harvest.yaml"
SCORING = "scoring.yaml"
FUNNEL = "funnel.yaml"


def asks(condition: str, *, kind: str = SEGMENTS) -> Callable[[Folder], None]:
    """The demo with one more segment, or with a funnel of one stage."""
    if kind == FUNNEL:
        return lambda folder: folder.write(FUNNEL, f"stages:\n  - id: first\n    when: {condition}\n")
    return lambda folder: folder.write(SEGMENTS, f"{folder.read(SEGMENTS)}  it:\n    when: {condition}\n")


def scores(text: str) -> Callable[[Folder], None]:
    """The demo's rules alone, and something more at the end of the file."""

    def edit(folder: Folder) -> None:
        scoring = folder.read(SCORING)
        ends = [at for word in ("\ngrade:", "\ntags:") if (at := scoring.find(word)) >= 0]
        folder.write(SCORING, scoring[: min(ends, default=len(scoring))] + "\n" + text)
        folder.remove(CAMPAIGN)
        for file in (SEGMENTS, FUNNEL):
            folder.write(file, "segments: {}\n" if file == SEGMENTS else "stages: []\n")

    return edit


def segment(condition: str, field: str, message: str, mend: str, at: str = "") -> Broken:
    """A segment that asks for what can't be."""
    name = f"segments.it.when{field}"
    return Broken(SEGMENTS, asks(condition), at or f"when: {condition}", name, message, mend)


def scoring(text: str, at: str | int, field: str, message: str, mend: str) -> Broken:
    """Scoring with something more that can't be."""
    return Broken(SCORING, scores(text), at, field, message, mend)


ORDERS = "event: Order Completed"
GRADE = "grade:\n  rules:\n    - {id: shop, when: %s, points: 5}\n  a: %s\n  b: 3\n  c: 1\n"
CONDITIONS = {
    "an unknown segment": segment("{segment: kean}", ".segment", 'unknown segment "kean"', 'mean "keen"'),
    "an unknown stage": segment("{stage: nowhere}", ".stage", 'unknown stage "nowhere"', ""),
    "an unknown stage among several": segment("{stage: [nowhere]}", ".stage[0]", 'unknown stage "nowhere"', ""),
    "an unknown e-mail": segment(
        "{email: welcom, was: sent}", ".email", 'unknown template "welcom"', 'Did you mean "welcome"'
    ),
    "an unknown journey": segment(
        "{journey: welcom, is: in}", ".journey", 'unknown journey "welcom"', 'Did you mean "welcome"'
    ),
    "a misspelt comparison of a property": segment(
        f"{{{ORDERS}, where: {{total: {{at_leest: 5}}}}}}", ".where.total.at_leest", "unknown key", 'mean "at_least"'
    ),
    "a comparison with a word": segment(
        f"{{{ORDERS}, where: {{total: {{at_least: many}}}}}}", ".where.total.at_least", "expected a number", "a number"
    ),
    "a list for a property": segment(
        f"{{{ORDERS}, where: {{total: [1, 2]}}}}", ".where.total", "not a list", "use one_of"
    ),
    "nothing for a property": segment(
        f"{{{ORDERS}, where: {{total: null}}}}", ".where.total", "not nothing", "use known"
    ),
    "a comparison without a bound": segment(
        f"{{{ORDERS}, where: {{total: {{}}}}}}", ".where.total", "say what it must be", "Use is, one_of"
    ),
    "a day of the clock in a property": segment(
        f"{{{ORDERS}, where: {{at: {{before: today}}}}}}", ".where.at.before", '"today" is not a date', "2027-03-08"
    ),
    "a trait that is several": segment("{trait: city, is: [a, b]}", ".is", "not a list", "use one_of"),
    "a date of another country": segment(
        "{trait: since, before: 8.3.2027}", ".before", '"8.3.2027" is not a date', "2027-03-08"
    ),
    "an anniversary of tomorrow": segment(
        "{trait: birthday, anniversary: tomorrow}", ".anniversary", "not possible", '"in 7 days"'
    ),
    "an anniversary in hours": segment(
        "{trait: birthday, anniversary: in 12 hours}", ".anniversary", "whole days", "days or weeks"
    ),
    "days without a unit": segment("{trait: renewal, in_the_last: 30}", ".in_the_last", "needs a unit", '"30 days"'),
    "a band that there is not": segment("{temperature: [warm, hott]}", ".temperature[1]", '"hott" is not', "hot"),
    "a grade that there is not": segment("{grade: a}", ".grade", '"a" is not possible', "A, B, C or D"),
    "an empty list of bands": segment("{temperature: []}", ".temperature", "the list is empty", "at least one"),
    "a sum without a bound": segment(f"{{{ORDERS}, sum: total}}", "", "a sum needs a bound", "Use at_least"),
    "a sum of hours": segment(
        f"{{{ORDERS}, sum: total, at_least: 5, within: 36 hours}}", "", "needs whole days", "Change one"
    ),
    "a first time without a time": segment(f"{{{ORDERS}, first: {{}}}}", ".first", "say when", "Use within"),
    "a link of an opened e-mail": segment("{email: welcome, was: opened, link: x}", "", "for clicks", "was: clicked"),
    "an e-mail that was seen": segment("{email: welcome, was: seen}", ".was", '"seen" is not', "sent, delivered"),
    "a property between bounds that exclude each other": segment(
        f"{{{ORDERS}, where: {{total: {{at_least: 9, below: 9}}}}}}",
        ".where.total",
        "no number is at least 9",
        "Change",
    ),
    "a sum between bounds that exclude each other": segment(
        f"{{{ORDERS}, sum: total, above: 9, at_most: 9}}", "", "no number is above 9 and at most 9", "Change"
    ),
    "a trait between days that exclude each other": segment(
        "{trait: since, after: 2027-03-08, before: 2027-03-09}", "", "no day is after 2027-03-08", "Change"
    ),
    "a first time both late and early": segment(
        f"{{{ORDERS}, first: {{within: 30 days, longer_ago_than: 60 days}}}}", ".first", "longer ago", "Change"
    ),
    "fewer points than none": segment("{score: interest, below: 0}", ".below", "ever below zero", "above zero"),
    "opened in a segment": segment("{opened: hello}", ".opened", "only a journey has steps", "{email: welcome"),
    "a stage that needs itself": Broken(
        FUNNEL,
        asks("{not: {stage: first}}", kind=FUNNEL),
        "when:",
        "stages[0].when",
        'the stage "first" asks at which stage people stand',
        "Ask for what people do",
    ),
    "a funnel's step that a journey has": Broken(
        FUNNEL,
        asks("{clicked: hello}", kind=FUNNEL),
        "when:",
        "stages[0].when.clicked",
        "only a journey",
        "in a journey",
    ),
    "a last stage that people go on from": Broken(
        FUNNEL,
        lambda folder: folder.write(
            FUNNEL, "stages:\n  - id: all\n    when: {tag: welcomed}\n    target: {go_on: 20}\n"
        ),
        "target:",
        "stages[0].target.go_on",
        "nobody goes on from the last stage",
        "add a stage",
    ),
    "a tag rule with two sources": scoring(
        "tags:\n  - {id: topic, when: {event: Page Viewed}, tag: x, from: topic}\n",
        "id: topic",
        "tags[0]",
        "exactly one of tag and from",
        "",
    ),
    "a tag of two words": scoring(
        "tags:\n  - {id: topic, when: {event: Page Viewed}, tag: two words}\n",
        "id: topic",
        "tags[0].tag",
        '"two words" is not possible',
        "without spaces",
    ),
    "a rule that counts once, and at most so often": Broken(
        SCORING,
        swap("points: 40, at_most_per_day: 1", "points: 40, at_most_per_day: 1, once: true", SCORING),
        "points: 40",
        "scores.interest.rules[4]",
        "once needs no at_most_per_",
        "",
    ),
    "two tag rules with one id": scoring(
        "tags:\n  - {id: one, when: {event: A}, tag: x}\n  - {id: one, when: {event: B}, tag: y}\n",
        "event: B",
        "tags[1].id",
        'duplicate id "one"',
        "its own id",
    ),
    "a grade of another letter case": scoring(
        GRADE.replace("  a:", "  A:") % ("{tag: welcomed}", 5), "A: 5", "grade.A", 'unknown key "A"', 'mean "a"'
    ),
    "grades in the wrong order": scoring(
        GRADE % ("{tag: welcomed}", 2), "grade:", "grade", "a must need more points than b", ""
    ),
    "a grade that nobody can have": scoring(
        GRADE % ("{tag: welcomed}", 6), "a: 6", "grade.a", "nobody can have an A", "5 points or fewer"
    ),
    "a grade that needs itself": scoring(
        GRADE % ("{grade: [A]}", 5), "grade:", "grade", "the grade needs itself", "without it"
    ),
    "a grade that asks for a score that there is not": scoring(
        GRADE % ("{score: intrest, at_least: 3}", 5),
        "intrest",
        "grade.rules[0].when.score",
        'unknown score "intrest"',
        "interest",
    ),
}


@pytest.mark.parametrize("broken", CONDITIONS.values(), ids=CONDITIONS.keys())
def test_what_can_not_be_asked_names_file_line_field_and_mend(folder: Folder, broken: Broken) -> None:
    check(folder, broken)


def test_a_grade_without_rules_is_told_where_it_is_asked_for(folder: Folder) -> None:
    scores("")(folder)
    folder.write(SEGMENTS, "segments:\n  it:\n    when: {grade: A}\n")
    (problem,) = problems_in(folder)
    assert (problem.field, problem.code) == ("segments.it.when.grade", "no-grade")
    assert "scoring.yaml" in problem.mend


def test_two_stages_with_one_id_are_told(folder: Folder) -> None:
    folder.write(FUNNEL, "stages:\n  - {id: one, when: {tag: welcomed}}\n  - {id: one, when: {consent: tips}}\n")
    assert ("stages[1].id", "duplicate") in {(problem.field, problem.code) for problem in problems_in(folder)}


def test_a_circle_through_stage_segment_and_grade_is_told_once_with_its_way(folder: Folder) -> None:
    scores(GRADE % ("{segment: circling}", 5))(folder)
    folder.write(SEGMENTS, "segments:\n  circling:\n    when: {stage: late, or_later: true}\n")
    folder.write(FUNNEL, "stages:\n  - id: late\n    when: {not: {grade: D}}\n")
    (problem,) = problems_in(folder)
    assert problem.message == ("definitions that need each other: grade → segment circling → stage late → grade")
    assert (problem.file, problem.field, problem.code) == (SCORING, "grade", "circle")


def test_a_broken_funnel_is_not_held_against_those_who_name_its_stages(folder: Folder) -> None:
    folder.write(FUNNEL, "stages: 3\n")
    asks("{stage: anything}")(folder)
    assert {problem.file for problem in problems_in(folder)} == {FUNNEL}


WARNINGS = {
    "another letter case": ("{event: order completed}", ".event", 'mean "Order Completed"', "strange-event"),
    "another ending": ("{event: Order Complete}", ".event", 'mean "Order Completed"', "strange-event"),
    "a word of ours": ("{event: Email Read}", ".event", "Email", "strange-event"),
    "a misspelt tag": ("{tag: wellcomed}", ".tag", 'mean "welcomed"', "tag-of-nobody"),
    "a tag with two letters swapped": ("{tag: weclomed}", ".tag", 'mean "welcomed"', "tag-of-nobody"),
    "an e-mail of nobody": ("{email: unsent, was: sent}", ".email", "Send it in a journey", "email-of-nobody"),
}


@pytest.mark.parametrize(("condition", "field", "mend", "code"), WARNINGS.values(), ids=WARNINGS.keys())
def test_what_is_possible_and_rarely_meant_is_a_warning(
    folder: Folder, condition: str, field: str, mend: str, code: str
) -> None:
    for suffix in (".yaml", ".mjml", ".txt"):
        folder.write(f"emails/unsent{suffix}", folder.read(f"emails/brewing-guide{suffix}"))
    asks(condition)(folder)
    (warning,) = bundle(folder.root).warnings
    assert (warning.field, warning.code, warning.severity) == (f"segments.it.when{field}", code, "warning")
    assert warning.line == folder.line(SEGMENTS, condition)
    assert mend in warning.mend


def test_a_name_of_ones_own_is_no_warning_and_one_that_differs_from_it_a_little_is(folder: Folder) -> None:
    asks("{any: [{event: Tasting Booked}, {event: Tasting Booked, within: 1 day}, {event: Masterclass 1}]}")(folder)
    assert bundle(folder.root).warnings == ()
    asks("{any: [{event: Tasting Booked}, {event: Tasting Booked, within: 1 day}, {event: Tasting Boked}]}")(folder)
    folder.write(SEGMENTS, folder.read(SEGMENTS).replace("  it:", "  they:", 1))
    (warning,) = bundle(folder.root).warnings
    assert warning.message == '"Tasting Boked" differs little from "Tasting Booked"'


def test_a_day_that_a_longer_cap_makes_useless_is_a_warning(folder: Folder) -> None:
    folder.swap(SCORING, "points: 10, at_most_per_day: 2", "points: 10, at_most_per_day: 5, at_most_per_week: 3")
    assert [warning.code for warning in bundle(folder.root).warnings] == ["useless-cap"]


def test_validate_prints_a_warning_with_its_place_and_does_not_fail(folder: Folder) -> None:
    asks("{tag: wellcomed}")(folder)
    line = folder.line(SEGMENTS, "wellcomed")
    result = CliRunner().invoke(main, ["--marketing", str(folder.root), "validate"])
    assert result.exit_code == 0
    assert f"{SEGMENTS}:{line}:" in result.output
    assert 'segments.it.when.tag: warning: nothing here gives anybody the tag "wellcomed"' in result.output
    assert "is valid" in result.output
    told = json.loads(CliRunner().invoke(main, ["--marketing", str(folder.root), "validate", "--json"]).output)
    assert (told["valid"], told["problems"]) == (True, [])
    assert [(one["code"], one["severity"], one["line"]) for one in told["warnings"]] == [
        ("tag-of-nobody", "warning", line)
    ]


def test_hours_of_a_journey_that_leave_nothing_open_beside_those_of_the_business_are_refused(folder: Folder) -> None:
    night = '\nhours:\n  - only: {between: ["22:00", "23:00"]}\n'
    folder.write(JOURNEY, folder.read(JOURNEY) + night)
    bundle(folder.root)
    folder.write("sending.yaml", folder.read("sending.yaml") + '\nhours:\n  - quiet: {from: "21:00", to: "09:00"}\n')
    (problem,) = problems_in(folder)
    assert (problem.file, problem.field, problem.code) == (JOURNEY, "hours", "never-open")


def test_the_reference_lists_every_code_and_no_other() -> None:
    said: set[str] = set()
    root = MARKETING.parent
    # What is odd with a template of another channel, its own definition says.
    for path in [*(root / "authoring").rglob("*.py"), *(root / "functions" / "core").glob("*.py")]:
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        if path.name != "problems.py":
            said |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        given = {
            keyword.value.value
            for node in nodes
            if isinstance(node, ast.Call)
            for keyword in node.keywords
            if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
        }
        assert given <= set(CODES), path.name
    assert [code for code in CODES if not {code, code.removeprefix("unknown-")} & said] == []
    assert list(CODES) == sorted(CODES)


def test_the_demo_has_no_warnings(folder: Folder) -> None:
    assert [str(warning) for warning in bundle(folder.root).warnings] == []
