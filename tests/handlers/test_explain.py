"""`samovar explain` against real stores."""

from pathlib import Path

from functions import clock, releases
from functions.core.advance import advance
from functions.core.contact import Contact, Profile, State
from functions.core.enrollment import enroll
from functions.tables import contacts, enrollments
from tests.handlers.test_cli import ADA, Terminal, happened, terminal
from tests.journeys import DAY

__all__ = ["terminal"]


def _welcomed(terminal: Terminal) -> None:
    """Ada, who sent the form a moment ago and waits in the journey that this starts."""
    happened(terminal)
    terminal.run("refold", ADA)
    found = terminal.read("contact", ADA)
    (sent,) = [one for one in found["timeline"] if one["name"] == "Form Submitted"]
    live, now, who = releases.live(), clock.now_ms(), found["contact"]
    rules = live.release.journeys["welcome"]
    run = enroll("welcome", rules, live.id, None, contact=who, cause=sent["ref"], at=now)
    assert run is not None
    moved, _ = advance(rules, run, contacts.load([who])[who], live.release, now)
    enrollments.begin(moved, None, now)


def test_a_run_is_told_from_its_trigger_to_what_it_waits_for(terminal: Terminal) -> None:
    _welcomed(terminal)
    found = terminal.read("explain", ADA, "welcome")
    (journey,) = found["journeys"]
    (run,) = journey["runs"]
    assert (run["state"], run["cause"]["name"]) == ("active", "Form Submitted")
    assert [one["step"] for one in run["steps"]] == ["hello"]
    assert run["waiting"]["step"] == "clicked"
    assert [one["holds"] for one in run["waiting"]["asked"]] == [False]
    assert [one["code"] for one in journey["kept_out"]] == ["inside"]
    text = terminal.run("explain", ADA).output
    assert "Journey welcome (Welcome)" in text
    assert "by Form Submitted; goes on" in text
    assert "hello: was to get the e-mail “welcome”" in text
    assert "Wait until the contact has clicked a link in the message of step hello, 3 days at most" in text
    assert "✗ has clicked a link in the message of step hello" in text


def test_a_journey_that_was_never_entered_says_why_not(terminal: Terminal) -> None:
    terminal.folder.write(
        "journeys/thanks.yaml",
        "topic: orders\nstart: {when: {event: Order Completed}, only_if: {tag: welcomed}}\n"
        "steps:\n  - {id: hi, send: welcome}\n",
    )
    happened(terminal)
    terminal.run("refold", ADA)
    (journey,) = terminal.read("explain", ADA, "thanks")["journeys"]
    assert [one["code"] for one in journey["kept_out"]] == ["never-happened", "only-if"]
    text = terminal.run("explain", ADA, "thanks").output
    assert "Never entered:" in text
    assert "Order Completed never happened" in text
    assert "✗ carries the tag welcomed" in text
    assert 'no journey "thank"' in terminal.run("explain", ADA, "thank").stderr


def test_a_graph_counts_the_people_in_a_journey(terminal: Terminal, tmp_path: Path) -> None:
    _welcomed(terminal)
    live, now = releases.live(), clock.now_ms()
    rules = live.release.journeys["welcome"]
    for number in range(3):
        who = f"person{number}"
        run = enroll("welcome", rules, live.id, None, contact=who, cause="x", at=now)
        assert run is not None
        person = Contact(State(who), Profile(who))
        moved, _ = advance(rules, run, person, live.release, now)
        if number:
            moved, _ = advance(rules, moved, person, live.release, now + 4 * DAY)
        enrollments.begin(moved, None, now)
    other = enroll("welcome-back", rules, live.id, None, contact="person0", cause="x", at=now)
    assert other is not None
    enrollments.begin(other, None, now)
    out = tmp_path / "welcome.svg"
    told = terminal.read("graph", "welcome", "--people", "--output", str(out))["people"]
    assert (told["runs"], told["states"], told["waiting"]) == (4, {"active": 2, "done": 2}, {"clicked": 2})
    shares = {(one["step"], one["outcome"]): (one["times"], one["share"]) for one in told["passed"]}
    assert shares["hello", "sent"] == (4, 1)
    assert shares["keen", "else"] == (2, 1)
    assert told["whole"]
    assert "2 waiting" in out.read_text(encoding="utf-8")
    text = terminal.run("graph", "welcome", "--people", "--exact", "--output", str(out)).output
    assert "read units" in text
    assert "Wrote" in text
