"""Journeys that can't be, or never end: told with file, line, field, mend and code. What is rarely meant: a warning."""

from dataclasses import dataclass

import pytest

from authoring.compile import bundle
from authoring.problems import CODES, Problem
from tests.unit.authoring.broken import problems_in
from tests.unit.authoring.folders import Folder

FILE = "journeys/try.yaml"
HEAD = "topic: tips\nstart: {when: {event: Signed Up}}\n"
ONE = "steps:\n  - {id: hi, send: welcome}\n"


@dataclass(frozen=True)
class Wrong:
    """A journey, what is said of it, and where: the first line that holds `at`."""

    text: str
    code: str
    at: str
    field: str
    message: str
    mend: str

    def holds(self, problem: Problem, folder: Folder) -> None:
        assert (problem.file, problem.code, problem.field) == (FILE, self.code, self.field)
        assert problem.line == folder.line(FILE, self.at)
        assert problem.column >= 1
        assert self.message in problem.message
        assert self.mend in problem.mend
        assert problem.code in CODES


def steps(*lines: str, head: str = HEAD) -> str:
    return head + "steps:\n" + "".join(f"  {line}\n" for line in lines)


def one(step: str, code: str, field: str, message: str, mend: str) -> Wrong:
    return Wrong(steps(step), code, step, f"steps[0].{field}" if field else "steps[0]", message, mend)


def started(when: str, code: str, field: str, message: str, mend: str, more: str = "") -> Wrong:
    text = f"topic: tips\nstart: {{when: {when}{more}}}\n{ONE}"
    return Wrong(text, code, "start:", field, message, mend)


WRONG = {
    "a misspelt trigger": started("{evnet: X}", "no-kind", "start.when.evnet", "unknown key", 'mean "event"'),
    "a trigger of no kind": started("{}", "no-kind", "start.when", "expected what starts the journey", "becomes"),
    "a segment of a schedule that is none": started(
        "{every: monday, segment: kean}", "unknown-segment", "start.when.segment", "kean", 'mean "keen"'
    ),
    "a month without its day": started(
        "{every: month, segment: keen}", "wrong-value", "start.when", "every month needs its day", "Write day: 1"
    ),
    "a day of a week that has it": started(
        "{every: monday, day: 3, segment: keen}", "wrong-value", "start.when", "month alone", "Remove day"
    ),
    "a line that asks for no segment": started(
        "{becomes: {segment: kean}}", "unknown-segment", "start.when.becomes.segment", "kean", 'mean "keen"'
    ),
    "a line that asks for a step": started(
        "{becomes: {clicked: hi}}",
        "outside-a-journey",
        "start.when.becomes.clicked",
        "only a journey has steps",
        "e-mail",
    ),
    "runs side by side of what no event starts": started(
        "{requested: true}", "wrong-value", "start", "one_per is for", "Remove it", ", one_per: event"
    ),
    "a misspelt key of runs side by side": started(
        "{event: X}",
        "unknown-key",
        "start.one_per.proprety",
        "unknown key",
        'mean "property"',
        ", one_per: {proprety: x}",
    ),
    "a wait of no length": one("- {id: a, wait: 5}", "wrong-value", "wait", "needs a unit", '"5 days"'),
    "a misspelt wait for a day": one(
        "- {id: a, wait: {until_dya: 2027-01-01}}", "unknown-key", "wait.until_dya", "unknown key", 'mean "until_day"'
    ),
    "a wait for a part of a day": one(
        "- {id: a, wait: {until_trait: ends, before: 3 hours}}",
        "wrong-value",
        "wait.before",
        "whole days",
        "days or weeks",
    ),
    "a day of the week that is none": one(
        "- {id: a, wait: {until_open: {on: [mon]}}}", "wrong-value", "wait.until_open.on[0]", '"mon"', "monday"
    ),
    "a step that does two things": one(
        "- {id: a, tag: x, untag: y}", "unknown-key", "untag", "unknown key", "a step of its own"
    ),
    "a split that makes no hundred": one(
        "- {id: a, split: [{id: x, percent: 30}, {id: y, percent: 30}]}", "wrong-value", "split", "60 percent", "100"
    ),
    "two ways with one name": one(
        "- {id: a, split: [{id: x, percent: 30}, {id: x, percent: 70}]}", "wrong-value", "split", "own", "Change"
    ),
    "a switch without otherwise": one(
        "- {id: a, switch: [{id: x, when: {tag: welcomed}, then: [{id: b, exit: true}]}]}",
        "missing-key",
        "otherwise",
        '"otherwise" is missing',
        "where none of them holds",
    ),
    "a switch that leads nowhere": one(
        "- {id: a, switch: [{id: x, when: {tag: welcomed}}], otherwise: []}", "leads-nowhere", "", "nowhere", "one way"
    ),
    "a score that is none": one(
        "- {id: a, add: {score: intrest, points: 5}}", "unknown-score", "add.score", "intrest", 'mean "interest"'
    ),
    "a stage that is none": one(
        "- {id: a, update: {stage: nowhere}}", "unknown-stage", "update.stage", "nowhere", "Use one of"
    ),
    "an address that a step sets": one(
        "- {id: a, update: {traits: {email: a@b.example}}}",
        "not-settable",
        "update.traits.email",
        "who somebody is",
        "another",
    ),
    "a trait that has another name": one(
        "- {id: a, update: {traits: {firstName: Ada}}}", "not-settable", "update.traits.firstName", "name", "first_name"
    ),
    "an age that is a truth": one(
        "- {id: a, update: {traits: {age: true}}}", "wrong-value", "update.traits.age", "no such thing", "number"
    ),
    "a trait with a dot": one(
        "- {id: a, update: {traits: {a.b: 1}}}", "wrong-value", "update.traits.a.b", "not possible", "without dots"
    ),
    "a webhook that is none": one(
        "- {id: a, webhook: crm}", "unknown-webhook", "webhook", 'unknown webhook "crm"', "Write webhooks/crm.yaml"
    ),
    "an answer kept as an address": one(
        "- {id: a, webhook: crm, keep: {phone: phone}}", "unknown-webhook", "webhook", "crm", "crm"
    ),
    "a group that is none": one(
        "- {id: a, notify: {to: shop, subject: Hi}}", "unknown-group", "notify.to", '"shop"', "sending.yaml"
    ),
    "a lead for nobody": one(
        "- {id: a, handoff: {to: sales, reason: Big}}", "unknown-group", "handoff.to", '"sales"', "sending.yaml"
    ),
    "a journey that is none": one(
        "- {id: a, start: welcom}", "unknown-journey", "start", 'unknown journey "welcom"', 'mean "welcome"'
    ),
    "a journey that nobody asks for": one(
        "- {id: a, start: welcome}", "not-on-request", "start", "is not one that can be asked for", "requested: true"
    ),
    "a click on what is sent later": Wrong(
        steps("- {id: a, wait: {until: {clicked: b}, at_most: 1 day}}", "- {id: b, send: welcome}"),
        "not-sent-before",
        "id: a",
        "steps[0].wait.until.clicked",
        "not a send that comes before",
        "Send something before",
    ),
    "a repeat that nothing ends": one(
        "- {id: a, repeat: [{id: b, send: welcome}, {id: c, wait: 1 day}]}",
        "never-ends",
        "repeat",
        "for ever",
        "at_most:",
    ),
    "a turn without a wait": one(
        "- {id: a, at_most: 9, repeat: [{id: b, send: welcome}]}",
        "turn-without-wait",
        "repeat",
        "no time",
        "wait: 1 day",
    ),
    "a turn that waits on one way only": one(
        "- {id: a, at_most: 9, repeat: [{id: b, if: {tag: welcomed}, then: [{id: c, wait: 1 day}]}]}",
        "turn-without-wait",
        "repeat",
        "no time",
        "wait: 1 day",
    ),
    "a turn that waits for what may be so already": one(
        "- {id: a, at_most: 9, repeat: [{id: b, wait: {until: {tag: welcomed}, at_most: 1 day}}]}",
        "turn-without-wait",
        "repeat",
        "no time",
        "wait: 1 day",
    ),
    "a turn that waits for one day": one(
        "- {id: a, at_most: 9, repeat: [{id: b, wait: {until_day: 2999-01-01}}]}",
        "turn-without-wait",
        "repeat",
        "no time",
        "",
    ),
    "a repeat inside one that takes no time": Wrong(
        steps(
            "- id: a",
            "  at_most: 2",
            "  repeat:",
            "    - {id: w, wait: 1 day}",
            "    - {id: b, at_most: 2, repeat: [{id: c, tag: welcomed}]}",
        ),
        "turn-without-wait",
        "id: b",
        "steps[0].repeat[1].repeat",
        "no time",
        "wait: 1 day",
    ),
    "hours at which nothing goes out": Wrong(
        HEAD + "hours:\n  - {only: {between: ['09:00', '12:00']}}\n  - {quiet: {from: '08:00', to: '13:00'}}\n" + ONE,
        "wrong-value",
        "hours:",
        "hours",
        "nothing ever goes out by email",
        "",
    ),
    "a goal of a form that is none": Wrong(
        f"{HEAD}goal: {{event: Form Submitted, form: helo}}\n{ONE}",
        "unknown-form",
        "goal:",
        "goal.form",
        "helo",
        "hello",
    ),
    "an exit by points that nobody gives": Wrong(
        f"{HEAD}exit: {{score: intrest, at_least: 5}}\n{ONE}",
        "unknown-score",
        "exit:",
        "exit.score",
        "intrest",
        "interest",
    ),
    "a condition to enter that is none": started(
        "{event: X}", "unknown-topic", "start.only_if.consent", '"tipps"', 'mean "tips"', ", only_if: {consent: tipps}"
    ),
    "a limit of nothing": Wrong(
        f"{HEAD}limit: {{at_most: 0, within: 1 week}}\n{ONE}",
        "wrong-value",
        "limit:",
        "limit.at_most",
        "too small",
        "from 1",
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_journey_is_told_with_its_place_its_mend_and_a_code(folder: Folder, wrong: Wrong) -> None:
    folder.write(FILE, wrong.text)
    problem, *more = problems_in(folder)
    assert [str(other) for other in more if other.severity == "error"][1:] == []
    wrong.holds(problem, folder)
    assert problem.severity == "error"


def test_a_text_to_the_staff_is_checked_like_a_template(folder: Folder) -> None:
    folder.swap("sending.yaml", "rate_per_second: 1", "staff: {shop: [ada@yellow-samovar.example]}\nrate_per_second: 1")
    folder.write(FILE, steps("- {id: a, notify: {to: shop, subject: 'Hi {{ contcat.name }}'}}"))
    (problem,) = problems_in(folder)
    assert (problem.field, problem.line) == ("steps[0].notify.subject", 4)
    assert 'Did you mean "contact"' in problem.mend
    folder.write(FILE, steps("- {id: a, notify: {to: shop, subject: 'Hi {{ contact.first_name }}'}}"))
    assert bundle(folder.root).warnings == ()


def test_a_group_of_staff_holds_addresses(folder: Folder) -> None:
    folder.swap("sending.yaml", "rate_per_second: 1", "staff: {shop: [ada]}\nrate_per_second: 1")
    (problem,) = problems_in(folder)
    assert (problem.file, problem.field) == ("sending.yaml", "staff.shop[0]")
    assert "an e-mail address" in problem.mend


# Circles


REQUESTED = "topic: tips\nstart: {when: {requested: true}, again: %s}\nsteps:\n"


def test_journeys_that_start_each_other_without_waiting_are_refused(folder: Folder) -> None:
    folder.write("journeys/one.yaml", REQUESTED % "always" + "  - {id: a, start: two}\n")
    folder.write(
        "journeys/two.yaml",
        REQUESTED % "always"
        + "  - {id: a, if: {tag: welcomed}, then: [{id: b, tag: x}], else: [{id: c, start: one}]}\n",
    )
    (problem,) = problems_in(folder)
    assert (problem.code, problem.file, problem.field, problem.line) == (
        "starts-in-a-circle",
        "journeys/one.yaml",
        "steps[0].start",
        4,
    )
    assert "one → two → one" in problem.message


def test_a_journey_that_starts_itself_at_once_is_refused(folder: Folder) -> None:
    folder.write(FILE, REQUESTED % "always" + "  - {id: a, start: try}\n")
    (problem,) = problems_in(folder)
    assert (problem.code, problem.field) == ("starts-in-a-circle", "steps[0].start")
    assert "it starts itself" in problem.message


@pytest.mark.parametrize(
    ("again", "before"),
    [
        ("never", ""),
        ("after 30 days", ""),
        ("always", "  - {id: w, wait: 1 hour}\n"),
        ("always", "  - {id: out, exit: true}\n"),
    ],
)
def test_a_circle_that_time_or_the_rule_of_reentry_breaks_is_none(folder: Folder, again: str, before: str) -> None:
    folder.write(FILE, REQUESTED % again + before + ("" if "exit" in before else "  - {id: a, start: try}\n"))
    assert bundle(folder.root).warnings == ()


TAGS = "topic: tips\nstart: {when: {event: Tag Added%s}, %s}\nsteps:\n"


@pytest.mark.parametrize(
    ("start", "step", "place"),
    [
        (TAGS % (", where: {tag: tea}", "again: always"), "tag: tea", "steps[0]"),
        (TAGS % ("", "again: always"), "tag: tea", "steps[0]"),
        # Each event is a run of its own, however often they were inside.
        (TAGS % ("", "one_per: event"), "tag: tea", "steps[0]"),
        (TAGS % ("", "one_per: {property: enrollment}"), "tag: tea", "steps[0]"),
        (TAGS.replace("Tag Added", "Points Added") % ("", "one_per: event"), "add: {score: interest, points: 1}", None),
        (TAGS.replace("Tag Added", "Traits Changed") % ("", "again: always"), "update: {traits: {a: 1}}", None),
        (TAGS.replace("Tag Added", "Journey Entered") % (", where: {journey: try}", "again: always"), "tag: a", "run"),
        (TAGS.replace("Tag Added", "Journey Ended") % (", where: {journey: try}", "one_per: event"), "tag: a", "run"),
    ],
)
def test_a_journey_that_makes_the_event_by_which_it_starts_is_refused(
    folder: Folder, start: str, step: str, place: str | None
) -> None:
    folder.write(FILE, start + f"  - {{id: a, {step}}}\n")
    (problem,) = problems_in(folder)
    field = {"run": "start.when", None: "steps[0]"}.get(place, place)
    assert (problem.code, problem.field) == ("starts-in-a-circle", field)
    assert "it starts itself" in problem.message


@pytest.mark.parametrize(
    ("start", "steps_"),
    [
        (TAGS % (", where: {tag: other}", "again: always"), "  - {id: a, tag: tea}\n"),
        (TAGS % ("", "again: never"), "  - {id: a, tag: tea}\n"),
        (TAGS % ("", "again: after 1 day"), "  - {id: a, tag: tea}\n"),
        (TAGS % ("", "one_per: {property: tag}"), "  - {id: a, tag: tea}\n"),
        (TAGS % ("", "one_per: event"), "  - {id: w, wait: 1 hour}\n  - {id: a, tag: tea}\n"),
        # What it does makes its only_if false, perhaps.
        (TAGS % ("", "again: always, only_if: {not: {tag: tea}}"), "  - {id: a, tag: tea}\n"),
        (
            TAGS.replace("Tag Added", "Journey Ended") % (", where: {journey: try}", "again: always"),
            "  - {id: w, wait: 1 hour}\n",
        ),
    ],
)
def test_an_event_of_its_own_that_starts_nothing_at_once_is_no_circle(folder: Folder, start: str, steps_: str) -> None:
    folder.write(FILE, start + steps_)
    assert [problem for problem in bundle(folder.root).warnings if problem.code == "starts-in-a-circle"] == []


def test_a_circle_of_events_through_two_journeys_is_told_at_the_step(folder: Folder) -> None:
    folder.write("journeys/one.yaml", TAGS % (", where: {tag: b}", "one_per: event") + "  - {id: a, tag: a}\n")
    folder.write("journeys/two.yaml", TAGS % (", where: {tag: a}", "one_per: event") + "  - {id: b, tag: b}\n")
    (problem,) = problems_in(folder)
    assert (problem.code, problem.file, problem.field) == ("starts-in-a-circle", "journeys/one.yaml", "steps[0]")
    assert "one → two → one" in problem.message


# What ends


@pytest.mark.parametrize(
    "text",
    [
        steps("- {id: a, until: {tag: welcomed}, repeat: [{id: w, wait: 1 day}]}"),
        steps("- {id: a, at_most: 5, repeat: [{id: w, wait: 1 day}]}"),
        steps("- {id: a, repeat: [{id: w, wait: 1 day}]}", head=HEAD + "goal: {event: Order Completed}\n"),
        steps("- {id: a, repeat: [{id: w, wait: 1 day}]}", head=HEAD + "exit: {tag: welcomed}\n"),
        steps("- {id: a, repeat: [{id: w, wait: 1 day}]}", head=HEAD + "ends: 2999-01-01\n"),
        steps("- {id: a, repeat: [{id: w, wait: 1 day}, {id: x, if: {tag: welcomed}, then: [{id: o, exit: true}]}]}"),
        # A wait for something new takes time, on both ways of a branch as well.
        steps(
            "- {id: a, at_most: 5, repeat: [{id: s, send: welcome},"
            " {id: w, wait: {until: {clicked: s}, at_most: 1 day}}]}"
        ),
        steps(
            "- {id: a, at_most: 5, repeat: [{id: w, wait:"
            " {until: {any: [{event: Order Completed}, {event: Signed Up}]}, at_most: 1 day}}]}"
        ),
        steps(
            "- {id: a, at_most: 5, repeat: [{id: i, if: {tag: welcomed}, then: [{id: w, wait: 1 day}],"
            " else: [{id: o, exit: true}]}]}"
        ),
        # A click on what a former turn sent.
        steps(
            "- {id: a, at_most: 5, repeat: [{id: i, if: {clicked: s}, then: [{id: o, exit: true}]},"
            " {id: s, send: welcome}, {id: w, wait: 1 day}]}"
        ),
        steps("- {id: a, at_most: 5, until: {clicked: s}, repeat: [{id: s, send: welcome}, {id: w, wait: 1 day}]}"),
    ],
)
def test_what_ends_and_takes_time_is_valid(folder: Folder, text: str) -> None:
    folder.write(FILE, text)
    assert bundle(folder.root).warnings == ()


# Doubts

DOUBTS = {
    "a wait for the goal": Wrong(
        steps(
            "- {id: a, wait: {until: {any: [{tag: welcomed}, {event: Order Completed}]}, at_most: 1 day}}",
            head=HEAD + "goal: {event: Order Completed}\n",
        ),
        "waits-for-its-goal",
        "id: a",
        "steps[0].wait.until",
        "which is the goal",
        "Remove the goal",
    ),
    "a wait for what it exits by": Wrong(
        steps("- {id: a, wait: {until: {tag: welcomed}, at_most: 1 day}}", head=HEAD + "exit: {tag: welcomed}\n"),
        "waits-for-its-goal",
        "id: a",
        "steps[0].wait.until",
        "what ends the journey",
        "Remove exit",
    ),
    "a step after branches that all leave": Wrong(
        steps(
            "- {id: a, if: {tag: welcomed}, then: [{id: b, exit: true}], else: [{id: c, exit: true}]}",
            "- {id: d, tag: welcomed}",
        ),
        "never-reached",
        "id: d",
        "steps[1]",
        "every way before it leaves",
        "go on",
    ),
    "a step after what is repeated for ever": Wrong(
        steps(
            "- {id: a, repeat: [{id: w, wait: 1 day}]}",
            "- {id: d, tag: welcomed}",
            head=HEAD + "goal: {event: Order Completed}\n",
        ),
        "never-reached",
        "id: d",
        "steps[1]",
        "never reached",
        "remove it",
    ),
    "an answer that may be unknown": Wrong(
        steps(
            "- {id: a, if: {trait: budget, at_least: 5000}, then: [{id: b, exit: true}],"
            " else: [{id: c, tag: welcomed}]}"
        ),
        "unknown-goes-else",
        "id: a",
        "steps[0].else",
        'never said "budget"',
        "otherwise:",
    ),
    "a way that nobody goes": Wrong(
        steps("- {id: a, split: [{id: x, percent: 0}, {id: y, percent: 100, then: [{id: b, tag: welcomed}]}]}"),
        "nobody-goes",
        "id: a",
        "steps[0].split[0].percent",
        'way "x"',
        "share",
    ),
    "people held out after a message": Wrong(
        steps("- {id: a, send: welcome}", "- {id: h, holdout: 10}"),
        "holdout-after-sends",
        "id: h",
        "steps[1].holdout",
        "sent something already",
        "before the first send",
    ),
    "a last day that is over": Wrong(
        f"{HEAD}ends: 2024-03-01\n{ONE}", "over-already", "ends:", "ends", "2024-03-01 is over", "a day to come"
    ),
    "a day that is over": one(
        "- {id: a, wait: {until_day: 2024-03-01}}",
        "over-already",
        "wait.until_day",
        "2024-03-01 is over",
        "a day to come",
    ),
    "a topic that no form asks for": Wrong(
        HEAD.replace("tips", "club") + ONE, "nobody-is-asked", "topic:", "topic", 'wants "club" by e-mail', "consents"
    ),
}


@pytest.mark.parametrize("doubt", DOUBTS.values(), ids=DOUBTS)
def test_what_is_rarely_meant_is_a_warning(folder: Folder, doubt: Wrong) -> None:
    folder.swap("sending.yaml", "topics:\n", "topics:\n  - {id: club, title: The club}\n")
    folder.write(FILE, doubt.text)
    (warning,) = bundle(folder.root).warnings
    doubt.holds(warning, folder)
    assert warning.severity == "warning"


@pytest.mark.parametrize(
    "text",
    [
        # Its own wait for another order, and one that no order alone ends.
        steps(
            "- {id: a, wait: {until: {event: Order Completed, where: {total: 5}}, at_most: 1 day}}",
            head=HEAD + "goal: {event: Order Completed, where: {total: 9}}\n",
        ),
        steps(
            "- {id: a, wait: {until: {all: [{event: Order Completed}, {tag: welcomed}]}, at_most: 1 day}}",
            head=HEAD + "goal: {event: Order Completed}\n",
        ),
        # Nothing goes else, or it was asked whether the answer is known.
        steps("- {id: a, if: {trait: budget, at_least: 5000}, then: [{id: b, exit: true}]}"),
        steps(
            "- {id: a, if: {any: [{trait: budget, known: false}, {trait: budget, at_least: 50}]},"
            " then: [{id: b, exit: true}], else: [{id: c, tag: welcomed}]}"
        ),
        steps("- {id: h, holdout: 10}", "- {id: a, send: welcome}"),
        steps("- {id: a, if: {tag: welcomed}, then: [{id: b, exit: true}]}", "- {id: d, tag: welcomed}"),
        steps("- {id: a, send: welcome, topic: orders}", head=HEAD.replace("tips", "orders")),
    ],
)
def test_what_may_well_be_meant_is_no_warning(folder: Folder, text: str) -> None:
    folder.write(FILE, text)
    assert bundle(folder.root).warnings == ()


def test_the_codes_are_as_many_as_promised() -> None:
    assert len({wrong.code for wrong in (*WRONG.values(), *DOUBTS.values())}) >= 20
