"""Scenarios are lived by production's own core in virtual time; what differs is told with its place."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from authoring.cli import main
from authoring.compile import bundle
from authoring.problems import Invalid
from authoring.scenarios.coverage import Coverage, covered
from authoring.scenarios.expect import differences
from authoring.scenarios.model import Scenario
from authoring.scenarios.moments import resolve, since, wall
from authoring.scenarios.run import Life, live
from authoring.scenarios.trial import failing
from authoring.scenarios.world import Rules
from functions.aws import session
from functions.core.release import Release
from functions.core.steps import Split
from tests.unit.authoring.folders import Folder

ZONE = "Europe/Istanbul"
START = wall("2027-03-01 09:00", ZONE)
HOUR, DAY = 3_600_000, 86_400_000
FILE = "scenarios/welcome.yaml"
SENT = {"at": "start", "event": "Form Submitted", "properties": {"form": "hello"}}
SIGNED_UP = {"at": "start", "form": "hello", "consents": ["tips"]}


@pytest.fixture(autouse=True)
def _no_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """No scenario asks AWS for anything."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a scenario asked AWS for something")

    monkeypatch.setattr(session, "client", refuse)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return bundle(Folder(tmp_path_factory.mktemp("scenarios") / "marketing").root).content


def changed(release: Release, journey: str = "", **changes: Any) -> Release:
    """A release with other sending settings, or with one more journey."""
    plain = release.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain["sending"] |= changes.pop("sending", {})
    if journey:
        plain["journeys"][journey] = {"topic": "tips", "start": {"when": {"event": "Signed Up"}}, **changes}
    return Release.model_validate(plain)


def lived(release: Release, journey: str = "welcome", **scenario: Any) -> Life:
    return live(Rules.of(release), journey, Scenario.model_validate({"name": "one", "expect": {}, **scenario}))


def differs(release: Release, expect: dict[str, Any], **scenario: Any) -> list[tuple[str, str]]:
    """What differs: where in `expect`, and the words."""
    life = lived(release, events=scenario.pop("events", [SIGNED_UP]), expect=expect, **scenario)
    return [(".".join(map(str, found.path)), found.message) for found in differences(life)]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("start", 0),
        ("3 days later", 3 * DAY),
        ("1 day 2 hours later", DAY + 2 * HOUR),
        ("1 second later", 1000),
        ("3 days later at 09:00", 3 * DAY),
        ("1 week later at 10:30", 7 * DAY + HOUR + HOUR // 2),
        ("2027-03-02 09:00", DAY),
        # Berlin is two hours behind Istanbul in winter, one in summer.
        ("1 day later at 09:00 where they are", DAY + 2 * HOUR),
        ("2027-03-29 09:00 where they are", 28 * DAY + HOUR),
    ],
)
def test_moments_are_counted_from_the_start(text: str, after: int) -> None:
    assert resolve(text, START, ZONE, "Europe/Berlin") - START == after


@pytest.mark.parametrize("days", range(1, 40, 3))
def test_what_is_spelled_is_read_back(days: int) -> None:
    moment = START + days * DAY + days * 61_000
    assert resolve(since(moment, START), START, ZONE, ZONE) == moment


@pytest.mark.parametrize(
    "text", ["later", "3 days", "3 months later", "2027-02-30 09:00", "2027-03-01", "-1 days later"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match=r"3 days later|2027-03-08 09:00"):
        Scenario.model_validate({"name": "x", "expect": {}, "events": [{"at": text, "tag": "a"}]})


@pytest.mark.parametrize(
    ("expect", "place", "said"),
    [
        ({"messages": []}, "expect.messages", "one message more: email welcome is sent Mon 2027-03-01 09:00 (start)"),
        ({"messages": [{"email": "first-offer"}]}, "expect.messages.0", "email welcome is sent"),
        ({"messages": [{"email": "welcome"}]}, "expect.messages", "one message more: email brewing-guide"),
        ({"messages": [{"email": "welcome"}] * 1 + [{"email": "brewing-guide"}] * 2}, "expect.messages.2", "not sent"),
        (
            {"messages": [{"email": "welcome"}, {"email": "brewing-guide", "at": "2 days later"}]},
            "expect.messages.1.at",
            "brewing-guide goes out Thu 2027-03-04 09:00 (3 days later), not 2 days later",
        ),
        (
            {"messages": [{"email": "welcome", "subject": "Hello"}, {"email": "brewing-guide"}]},
            "expect.messages.0.subject",
            'its subject is "Welcome, tea friend"',
        ),
        (
            {"messages": [{"email": "welcome", "text": "no such words"}, {"email": "brewing-guide"}]},
            "expect.messages.0.text",
            "welcome does not say it",
        ),
        (
            {"messages": [{"email": "welcome", "withheld": "no-consent"}, {"email": "brewing-guide"}]},
            "expect.messages.0.withheld",
            "not withheld for no-consent",
        ),
        ({"path": ["hello", {"clicked": "until"}]}, "expect.path.1", "it takes clicked: limit (Thu 2027-03-04 09:00"),
        ({"path": ["hello"]}, "expect.path", "it goes on to clicked: limit"),
        (
            {"path": ["hello", "clicked", "keen", "guide", "mark", "hello"]},
            "expect.path.5",
            "it does not come to hello",
        ),
        ({"waits": [{"step": "clicked", "until": "2 days later"}]}, "expect.waits.0.until", "waits until Thu 2027"),
        ({"waits": [{"step": "keen"}]}, "expect.waits.0", "it does not wait at keen"),
        ({"ends": "goal"}, "expect.ends", "it ends done, not goal"),
        ({"ends_at": "1 day later"}, "expect.ends_at", "it ends Thu 2027-03-04 09:00 (3 days later), not 1 day later"),
        ({"tags": ["regular"]}, "expect.tags.0", "they don't have the tag regular, only welcomed"),
        ({"without_tags": ["welcomed"]}, "expect.without_tags.0", "they have the tag welcomed"),
        ({"traits": {"city": "Ankara"}}, "expect.traits.city", 'city is unknown, not "Ankara"'),
        ({"entered": False}, "expect.entered", "the journey is entered"),
        ({"runs": []}, "expect.runs", "there is one more run"),
        ({"runs": [{"ends": "done"}, {}]}, "expect.runs.1", "the journey is entered once"),
        ({"leads": [{"to": "sales"}]}, "expect.leads.0", "nothing is handed to sales"),
    ],
)
def test_what_differs_is_told_with_its_place(demo: Release, expect: dict[str, Any], place: str, said: str) -> None:
    found = differs(demo, expect)
    assert found, "nothing differs"
    assert found[0][0] == place, found
    assert said in found[0][1]


def test_within_is_a_tolerance_either_way(demo: Release) -> None:
    def about(within: str, at: str) -> list[tuple[str, str]]:
        guide = {"email": "brewing-guide", "at": at, "within": within}
        return differs(demo, {"messages": [{"email": "welcome"}, guide]})

    assert about("1 hour", "2 days 23 hours later") == []
    assert about("1 hour", "3 days 1 hour later") == []
    assert about("59 minutes", "3 days 1 hour later") != []


def test_a_message_outside_the_hours_waits_for_the_morning_where_they_are(demo: Release) -> None:
    quiet = changed(demo, sending={"hours": [{"quiet": {"from": "20:00", "to": "08:00"}}]})
    life = lived(
        quiet,
        starts="2027-03-01 01:00",
        contact={"time_zone": "America/New_York"},
        events=[SIGNED_UP],
        until="1 day later",
    )
    # It is 17:00 in New York.
    assert [(one.state, one.at - life.world.start) for one in life.letters] == [("sent", 0)]
    life = lived(quiet, starts="2027-03-01 01:00", events=[SIGNED_UP], until="1 day later")
    assert [(one.state, one.at - life.world.start) for one in life.letters] == [("sent", 7 * HOUR)]
    life = lived(quiet, starts="2027-03-01 01:00", events=[SIGNED_UP], until="1 hour later")
    assert [(one.state, one.reason) for one in life.letters] == [("waiting", "quiet-hours")]


@pytest.mark.parametrize(
    ("contact", "events", "reason"),
    [
        ({}, [{"at": "start", "form": "hello", "consents": ["tips"], "answers": {"email": "a@b.example"}}], ""),
        ({"traits": {"email": None}}, [SENT], "missing-address"),
        ({}, [SENT], "no-consent"),
        ({"consents": ["tips"]}, [SENT], ""),
        (
            {"consents": ["tips"]},
            [
                {"at": "start", "unsubscribed": "everything"},
                {**SENT, "at": "1 hour later"},
            ],
            "unsubscribed",
        ),
    ],
)  # fmt: skip
def test_consent_and_address_decide_as_they_do_in_production(
    demo: Release, contact: dict[str, Any], events: list[dict[str, Any]], reason: str
) -> None:
    life = lived(demo, contact=contact, events=events, until="2 hours later")
    assert [one.reason for one in life.letters] == [reason]


def test_mail_that_came_back_is_the_last_one(demo: Release) -> None:
    life = lived(demo, events=[SIGNED_UP, {"at": "1 hour later", "bounced": "hello"}])
    assert [(one.state, one.reason) for one in life.letters] == [("sent", ""), ("withheld", "suppressed-bounce")]


def test_caps_count_what_went_out_before(demo: Release) -> None:
    steps = [{"id": f"letter-{number}", "send": "brewing-guide"} for number in range(6)]
    release, events = changed(demo, "many", steps=steps), [{"at": "start", "event": "Signed Up"}]
    life = lived(release, "many", contact={"consents": ["tips"]}, events=events)
    assert [one.reason for one in life.letters] == ["", "", "", "", "frequency-cap", "frequency-cap"]


def test_double_opt_in_is_confirmed_by_the_link_in_the_mail(demo: Release) -> None:
    letter = {"id": "list", "send": "first-offer", "topic": "offers"}
    release = changed(
        demo,
        "pricelist",
        start={"when": {"event": "Subscription Confirmed", "form": "wholesale"}},
        steps=[letter],
    )
    asked = {
        "at": "start",
        "form": "wholesale",
        "answers": {"name": "Zoë", "company": "Łódź Espresso", "house": "cafe", "teas": ["Black"]},
        "consents": ["offers"],
    }
    confirmed = {"at": "1 day later", "confirmed": "wholesale"}
    life = lived(release, "pricelist", events=[asked, confirmed])
    assert life.broken is None
    assert [(one.message.template, one.state) for one in life.world.letters] == [
        ("confirm", "sent"),
        ("first-offer", "sent"),
    ]
    assert lived(release, "pricelist", events=[asked]).letters == []
    late = lived(release, "pricelist", events=[asked, {**confirmed, "at": "4 days later"}])
    assert late.broken is not None
    assert "expired" in late.broken[1]
    nothing = lived(release, "pricelist", events=[confirmed])
    assert nothing.broken is not None


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"at": "start", "form": "hello"}, "the form refuses it: consent.tips"),
        ({"at": "start", "form": "hello", "answers": {"favourite": "Coffee"}, "consents": ["tips"]}, "favourite"),
        ({"at": "start", "clicked": "hello"}, "step hello has sent nothing before"),
        ({"at": "2027-02-28 09:00", "tag": "early"}, "before the scenario starts"),
    ],
)
def test_what_cannot_happen_fails_where_it_is_written(demo: Release, event: dict[str, Any], said: str) -> None:
    ((place, words),) = differs(demo, {"messages": []}, events=[event])
    assert place.startswith("events.0")
    assert said in words


def test_chance_takes_the_way_that_is_asked_for(demo: Release) -> None:
    split = {"id": "toss", "split": [{"id": "rare", "percent": 2}, {"id": "usual", "percent": 98}]}
    release = changed(demo, "lots", steps=[{"id": "keep", "holdout": 90}, split])
    assert isinstance(release.journeys["lots"].steps[1], Split)
    for chance, path in (
        ({"keep": "held-out"}, ["held-out"]),
        ({"keep": "goes-on", "toss": "rare"}, ["goes-on", "rare"]),
        ({"keep": "goes-on", "toss": "usual"}, ["goes-on", "usual"]),
    ):
        life = lived(release, "lots", by_chance=chance, events=[{"at": "start", "event": "Signed Up"}])
        assert [passed.outcome for passed in life.runs[0].path] == path


def test_what_steps_record_counts_like_any_other_event(demo: Release) -> None:
    """The tag that the journey puts on starts nothing in the file, but a segment follows it."""
    plain = demo.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain["segments"]["welcomed"] = {"when": {"tag": "welcomed"}}
    life = lived(Release.model_validate(plain), events=[SIGNED_UP])
    assert life.world.contact.state.standing.segments["welcomed"] == START + 3 * DAY


def test_whatever_is_passed_within_one_moment_is_on_the_path(demo: Release) -> None:
    twice = [
        {"id": "one", "update": {"stage": "interest"}},
        {"id": "two", "update": {"stage": "action"}},
        {"id": "three", "tag": "x"},
    ]
    life = lived(changed(demo, "stages", steps=twice), "stages", events=[{"at": "start", "event": "Signed Up"}])
    (run,) = life.runs
    assert [(one.step, one.outcome) for one in run.path] == [
        ("one", "updated"),
        ("two", "updated"),
        ("three", "tagged"),
    ]


def test_a_stop_says_what_ended_it_and_how_often_it_was_to_wait_for_another_moment(demo: Release) -> None:
    steps = [
        {"id": "heard", "wait": {"until": {"event": "Read"}, "at_most": "3 days"}},
        {"id": "day", "wait": {"until_trait": "renews", "at": "09:00"}},
    ]
    events = [
        {"at": "start", "event": "Signed Up"},
        {"at": "1 day later", "event": "Read"},
        {"at": "2 days later", "traits": {"renews": "2027-03-20"}},
    ]
    release = changed(demo, "stops", steps=steps)
    life = lived(release, "stops", contact={"traits": {"renews": "2027-03-10"}}, events=events)
    assert [(one.step, one.timed, one.moved, one.in_vain) for one in life.runs[0].stops] == [
        ("heard", False, 0, 0),
        ("day", True, 1, 0),
    ]


def test_a_journey_that_never_ends_is_followed_for_ten_years_and_says_so(demo: Release) -> None:
    turns = [{"id": "again", "repeat": [{"id": "while", "wait": "1 week"}]}]
    release = changed(demo, "endless", steps=turns)
    life = lived(release, "endless", events=[{"at": "start", "event": "Signed Up"}])
    assert life.unfinished
    assert len(life.runs[0].stops) == 3660 // 7 + 1
    assert not lived(
        release, "endless", events=[{"at": "start", "event": "Signed Up"}], until="60 days later"
    ).unfinished


def test_a_schedule_lets_in_whoever_is_in_its_segment_then(demo: Release) -> None:
    when = {"every": "monday", "at": "10:00", "segment": "customers"}
    release = changed(demo, "mondays", start={"when": when}, steps=[{"id": "seen", "tag": "seen"}])
    life = lived(release, "mondays", events=[{"at": "1 day later", "event": "Order Completed"}])
    assert [run.enrollment.entered - START for run in life.runs] == [7 * DAY + HOUR]
    assert lived(release, "mondays", events=[]).runs == []


def test_only_if_and_the_end_of_a_journey_keep_people_out(demo: Release) -> None:
    steps = [{"id": "seen", "tag": "seen"}]
    start = {"when": {"event": "Signed Up"}, "only_if": {"tag": "vip"}}
    release = changed(demo, "vips", start=start, ends="2027-03-10", steps=steps)

    def entered(at: str, *tags: str) -> bool:
        return bool(lived(release, "vips", contact={"tags": tags}, events=[{"at": at, "event": "Signed Up"}]).runs)

    assert entered("start", "vip")
    assert not entered("start")
    assert not entered("2027-03-10 00:00", "vip")


def test_other_channels_say_what_they_send(demo: Release) -> None:
    plain = demo.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain["templates"] = {
        "sms": {"ready": {"text": "Your kettle is ready, {{ contact.first_name | default('you') }}. STOP to end."}},
        "push": {"ready": {"title": "Kettle ready", "body": "It waits"}},
        "webhook": {"crm": {"url": "https://crm.example/hook", "payload": {"who": "{{ contact.email }}"}}},
    }
    sends = [
        {"id": channel, "send": {channel: name}}
        for channel, name in (("sms", "ready"), ("push", "ready"), ("webhook", "crm"))
    ]
    plain["journeys"]["all"] = {"topic": "tips", "start": {"when": {"event": "Signed Up"}}, "steps": sends}
    contact = {"traits": {"phone": "+905321234567", "first_name": "Ada"}, "push": True, "consents": ["tips"]}
    life = lived(Release.model_validate(plain), "all", contact=contact, events=[{"at": "start", "event": "Signed Up"}])
    assert [one.state for one in life.letters] == ["sent"] * 3
    assert "ready, Ada" in life.letters[0].said.text
    assert life.letters[1].said.subject == "Kettle ready"
    assert "somebody@example.com" in life.letters[2].said.text
    bare = lived(Release.model_validate(plain), "all", events=[{"at": "start", "event": "Signed Up"}])
    assert [one.reason for one in bare.letters] == ["missing-address", "missing-address", ""]


def test_coverage_names_every_way_that_nobody_took(demo: Release) -> None:
    def of(*events: dict[str, Any]) -> Coverage:
        return covered(demo.journeys["welcome"], lived(demo, events=[SIGNED_UP, *events]).runs)

    assert {str(way) for way in of().missing} == {"clicked: until", "keen: then", "ends: goal"}
    bought = of({"at": "1 day later", "event": "Order Completed"})
    assert {str(way) for way in bought.taken} == {"ends: goal"}
    assert bought.percent == 16


def test_a_life_is_the_same_however_often_it_is_lived(demo: Release) -> None:
    def story() -> list[Any]:
        life = lived(demo, events=[SIGNED_UP, {"at": "2 days later", "clicked": "hello"}])
        return [*life.world.story, *(one.message.id for one in life.letters)]

    assert story() == story()


def samovar(folder: Folder, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["--marketing", str(folder.root), *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_the_scenarios_of_the_demo_pass_and_cover_its_journeys(folder: Folder) -> None:
    code, output = samovar(folder, "test", "--json")
    told = json.loads(output)
    assert code == 0
    assert told["passed"]
    assert told["missing"] == []
    assert set(told["coverage"]) == set(bundle(folder.root).content.journeys)
    assert [one["name"] for one in told["scenarios"] if not one["passed"]] == []


def test_a_failure_shows_file_line_and_the_path_taken_and_ends_with_1(folder: Folder) -> None:
    folder.swap("journeys/welcome.yaml", "at_most: 3 days", "at_most: 4 days")
    code, output = samovar(folder, "test", "welcome")
    line = folder.line(FILE, "until: 3 days later")
    assert code == 1
    assert f"{FILE}:{line}:38: clicked waits until Fri 2027-03-05 09:00 (4 days later), not 3 days later" in output
    assert "welcome: clicked · limit" in output
    told = json.loads(samovar(folder, "test", "--json")[1])
    failed = [one for one in told["scenarios"] if not one["passed"]]
    assert failed[0]["differences"][0]["line"] == line
    (first, *_) = bundle(folder.root).scenarios.values()
    assert len(failing(bundle(folder.root).content, {"welcome": first})) == len(failed)


def test_validate_warns_of_scenarios_that_fail_and_a_release_is_made_all_the_same(folder: Folder) -> None:
    before = bundle(folder.root).release_id
    folder.swap(FILE, "ends: goal", "ends: done")
    code, output = samovar(folder, "validate", "--json")
    told = json.loads(output)
    assert (code, told["valid"], told["release"]) == (0, True, before)
    (warning,) = told["warnings"]
    assert (warning["code"], warning["file"]) == ("scenario-fails", FILE)
    assert folder.read(FILE).splitlines()[warning["line"] - 1].strip() == "ends: done"
    assert "it ends goal, not done" in warning["message"]


def test_coverage_is_listed_with_the_line_of_the_step(folder: Folder) -> None:
    text = folder.read(FILE)
    folder.write(FILE, text[: text.index("  - name: Somebody who does nothing")])
    code, output = samovar(folder, "test", "--coverage")
    assert code == 0
    line = folder.line("journeys/welcome.yaml", "id: keen")
    assert f"journeys/welcome.yaml:{line}: no scenario takes keen: else" in output
    assert "welcome: 3 of 6 ways taken (50 %)" in output


@pytest.mark.parametrize(
    "wanted", ["welcome", "scenarios/welcome.yaml", "marketing/scenarios/welcome.yaml", "welcome.yaml"]
)
def test_one_journey_or_one_file_is_tried(folder: Folder, wanted: str) -> None:
    code, output = samovar(folder, "test", wanted)
    assert (code, "welcome: 6 of 6 ways taken (100 %)" in output) == (0, True)


def test_what_has_no_scenario_is_said_so(folder: Folder) -> None:
    code, output = samovar(folder, "test", "welcom")
    assert (code, 'Did you mean "welcome"' in output) == (1, True)


def test_the_story_tells_what_happens(folder: Folder) -> None:
    _, output = samovar(folder, "test", "--story")
    assert "email welcome is sent: Hoş geldin, Ayşe" in output
    assert "welcome ends: goal" in output


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("journey: welcome", "journey: welcom", "unknown-journey", 'Did you mean "welcome"?'),
        ("clicked: hello", "clicked: helo", "unknown-step", 'Did you mean "hello"?'),
        ("form: hello", "form: helo", "unknown-form", 'Did you mean "hello"?'),
        ("{email: welcome, at", "{email: wellcome, at", "unknown-template", 'Did you mean "welcome"?'),
        ("unsubscribed: tips", "unsubscribed: tip", "unknown-topic", 'Did you mean "tips"?'),
        ("clicked: until", "clicked: untill", "unknown-way", 'Did you mean "until"?'),
        ("step: clicked", "step: click", "unknown-step", 'Did you mean "clicked"?'),
        ("at: 1 day later, clicked", "at: tomorrow, clicked", "wrong-value", "3 days later"),
        ("at: 1 day later, clicked: hello", "at: 1 day later, klicked: hello", "no-kind", 'Did you mean "clicked"?'),
        ("withheld: unsubscribed", "withheld: unsubscribd", "wrong-value", "unsubscribed"),
        ("contact: {traits", "by_chance: {keen: then}\n    contact: {traits", "unknown-step", "no split"),
        ("{email: welcome, at: start, subject: \"Welcome, Ada\"}", "{at: start}", "wrong-value", "Give one of email"),
        ("Whoever buys has arrived, and is told no more",
         "A Turkish reader is welcomed in Turkish", "duplicate", "name"),
        ("ends: goal", "ends: bought", "wrong-value", "done"),
        ("    expect:\n      messages: [{email: welcome}]",
         "    expects:\n      messages: []", "unknown-key", "expect"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_place_and_mend(folder: Folder, old: str, new: str, code: str, said: str) -> None:
    folder.swap(FILE, old, new)
    with pytest.raises(Invalid) as refused:
        bundle(folder.root)
    problem = refused.value.problems[0]
    assert (problem.file, problem.code) == (FILE, code), problem
    assert said in f"{problem.message}. {problem.mend}"
    key = new.strip().split("\n")[0]
    lines = folder.read(FILE).splitlines()
    assert key.split(":")[0].strip("{ ") in lines[problem.line - 1] or code in ("duplicate", "wrong-value")


def test_a_step_that_was_renamed_is_named_where_its_old_name_stands(folder: Folder) -> None:
    folder.swap("journeys/welcome.yaml", "{id: hello, ", "{id: greet, was: hello, ")
    folder.swap("journeys/welcome.yaml", "{clicked: hello}", "{clicked: greet}")
    with pytest.raises(Invalid) as refused:
        bundle(folder.root)
    (problem,) = {one.mend: one for one in refused.value.problems if one.file == FILE}.values()
    assert (problem.code, problem.mend) == ("unknown-step", 'It is called "greet" now: write that here')


def test_a_scenario_is_no_part_of_a_release_and_goes_along_with_its_files(folder: Folder) -> None:
    made = bundle(folder.root)
    assert FILE in made.sources
    (folder.root / FILE).unlink()
    assert bundle(folder.root).release_id == made.release_id
    assert Path(folder.root / "scenarios").is_dir()
