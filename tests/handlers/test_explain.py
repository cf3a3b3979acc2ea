"""`samovar explain` against real stores."""

from functions import clock, releases
from functions.core.advance import advance
from functions.core.enrollment import enroll
from functions.tables import contacts, enrollments
from tests.handlers.test_cli import ADA, Terminal, happened, terminal

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
    assert "hello: was written the e-mail “welcome”" in text
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
    assert [one["code"] for one in journey["kept_out"]] == ["never-happened", "only_if"]
    text = terminal.run("explain", ADA, "thanks").output
    assert "Never entered:" in text
    assert "Order Completed never happened" in text
    assert "✗ carries the tag welcomed" in text
    assert 'no journey "thank"' in terminal.run("explain", ADA, "thank").stderr
