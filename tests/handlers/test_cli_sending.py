"""The commands about sending: the big switch, and how sending goes."""

import json
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from authoring import doctor
from functions import clock
from functions.core import reputation
from functions.core.pauses import MARKETING, Pause
from functions.core.reputation import ALL, Counts
from functions.tables import audit, hooks, pauses
from functions.tables import reputation as books
from tests.handlers.test_cli import Terminal, terminal

__all__ = ["terminal"]


def checks_of(terminal: Terminal) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(terminal.run("doctor", "--json").output)["checks"]}


def count(domain: str, counts: Counts, day: str | None = None) -> None:
    day = day or reputation.day_of(clock.now_ms())
    books.add(day, domain, counts)
    books.add(day, ALL, counts)


def test_pausing_says_since_when_by_whom_and_why_until_somebody_resumes(terminal: Terminal) -> None:
    assert "marketing is paused" in terminal.run("pause", "--why", "yanlış fiyat ☕").output.lower()
    (held,) = terminal.read("paused")
    assert (held["what"], held["why"], held["until"]) == ("marketing", "yanlış fiyat ☕", None)
    assert "yanlış fiyat ☕" in terminal.run("paused").output
    assert "paused already" in terminal.run("pause", "--why", "again").output
    assert terminal.read("resume") == {"resumed": True, "still_paused": []}
    assert "Nothing is paused" in terminal.run("paused").output
    assert "was not paused" in terminal.run("resume").output


def test_pausing_needs_a_reason_and_knows_two_things_to_pause(terminal: Terminal) -> None:
    assert "--why" in terminal.run("pause", "everything").output
    assert terminal.run("pause", "--why", "  ").exit_code == 1
    assert terminal.run("pause", "mail", "--why", "x").exit_code == 2
    assert terminal.read("paused") == []


def test_a_pause_may_end_by_itself(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    said = terminal.read("pause", "everything", "--why", "we move house", "--for", "2h")
    assert said["until"] is not None
    now = clock.now_ms()
    monkeypatch.setattr(clock, "now_ms", lambda: now + 2 * 3_600_000)
    assert terminal.read("paused") == []


def test_resuming_one_thing_says_what_is_still_paused(terminal: Terminal) -> None:
    for what in ("marketing", "everything"):
        terminal.run("pause", what, "--why", f"the {what} burns")
    assert "Still paused: everything" in terminal.run("resume", "marketing").output


def test_who_paused_and_who_resumed_is_kept_with_the_reason(terminal: Terminal) -> None:
    terminal.run("pause", "--why", "a wrong price")
    terminal.run("resume", "--why", "mended")
    noted = [(note.kind, note.subject, note.why, bool(note.by)) for note in audit.all_notes()]
    assert noted == [("pause", "marketing", "a wrong price", True), ("resume", "marketing", "mended", True)]


def test_resuming_what_samovar_paused_excuses_what_was_counted(terminal: Terminal) -> None:
    terminal.run("paused")
    count("list.example", Counts(sent=100, bounced=20))
    pauses.hold(MARKETING, Pause(clock.now_ms(), "20 of 100 mails", "samovar"))
    terminal.run("resume")
    found = pauses.get()
    assert found.excused == {reputation.day_of(clock.now_ms()): Counts(sent=100, bounced=20)}
    assert reputation.judge(books.totals(found.excused), clock.now_ms(), found.excused).state == "ok"


def test_doctor_shows_rates_by_day_and_the_worst_domain_first(terminal: Terminal) -> None:
    terminal.run("publish")
    count("good.example", Counts(sent=900, delivered=899, bounced=1))
    count("bad.example", Counts(sent=100, delivered=70, bounced=30, complained=2, delayed=4))
    report = json.loads(terminal.run("doctor", "--json").output)
    assert [domain["domain"] for domain in report["domains"]] == ["bad.example", "good.example"]
    assert [day["sent"] for day in report["days"]] == [1000]
    check = checks_of(terminal)["reputation"]
    assert check["state"] == "watch"
    assert "1,000 mails in seven days: 3.1 % bounced for good, 0.2 % were marked as spam" in check["found"]
    drawn = terminal.run("doctor").output
    assert "30 (30 %)" in drawn
    table = drawn[drawn.index("day (UTC)") :].splitlines()
    assert max(map(len, table)) <= 80
    assert any(line.startswith("bad.example ") for line in table), "a domain stands there whole"
    assert "█" in drawn


def test_doctor_says_what_is_paused_and_is_not_ready_then(terminal: Terminal) -> None:
    terminal.run("publish")
    terminal.run("pause", "--why", "a wrong price")
    check = checks_of(terminal)["paused"]
    assert check["state"] == "do"
    assert "a wrong price" in check["found"]
    (held,) = terminal.read("paused")
    since = datetime.fromisoformat(held["since"]).astimezone(ZoneInfo("Europe/Istanbul"))
    for said in (check["found"], terminal.run("paused").output):
        assert f"since {since:%Y-%m-%d %H:%M} (Europe/Istanbul), by" in said, "the shop's own clock"
    assert "samovar resume marketing" in check["what_to_do"]


def test_doctor_says_where_in_the_ramp_a_warm_up_is(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.folder.swap(
        "sending.yaml", "rate_per_second: 1", "rate_per_second: 1\nwarm_up: {from: 2026-12-01, first_day: 50}"
    )
    assert terminal.run("publish").exit_code == 0
    moments = {date(2026, 11, 30): "begins on", date(2026, 12, 3): "day 3 of", date(2027, 2, 1): "over since"}
    books.take("2026-12-03", 80, 112)
    for day, said in moments.items():
        noon = (day.toordinal() - date(1970, 1, 1).toordinal()) * 86_400_000 + 43_200_000
        monkeypatch.setattr(clock, "now_ms", lambda noon=noon: noon)
        assert said in checks_of(terminal)["warm-up"]["found"]
        if day == date(2026, 12, 3):
            assert "80 of 112 marketing mails of today" in checks_of(terminal)["warm-up"]["found"]


@pytest.mark.parametrize(
    ("answer", "state"),
    [(["v=DMARC1; p=reject"], "ok"), (["other"], "do"), ([], "do"), (None, "unknown")],
)
def test_dmarc_is_told_as_it_stands_in_the_dns(terminal: Terminal, answer: list[str] | None, state: str) -> None:
    terminal.run("publish")
    checks, _ = doctor.examine("eu-west-1", clock.now_ms(), texts=lambda name: answer)
    (dmarc,) = [check for check in checks if check.name == "DMARC"]
    assert dmarc.state == state
    assert bool(dmarc.what_to_do) == (state != "ok")


ACCOUNT = {
    "ProductionAccessEnabled": True,
    "SendingEnabled": True,
    "EnforcementStatus": "HEALTHY",
    "SendQuota": {"Max24HourSend": 1000, "MaxSendRate": 14, "SentLast24Hours": 250},
    "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
}


@pytest.mark.parametrize(
    ("changes", "name", "state", "words"),
    [
        ({}, "quota", "ok", "250 of 1,000 mails in the last 24 hours: 750 are left"),
        (
            {"SendQuota": {"Max24HourSend": 1000, "MaxSendRate": 14, "SentLast24Hours": 900}},
            "quota",
            "watch",
            "100 are left",
        ),
        ({"SendQuota": {"Max24HourSend": -1, "MaxSendRate": 14}}, "quota", "ok", "no limit"),
        ({}, "suppression list", "ok", "bounced or complained"),
        ({"SuppressionAttributes": {"SuppressedReasons": ["BOUNCE"]}}, "suppression list", "watch", "after COMPLAINT"),
        ({"EnforcementStatus": "PROBATION"}, "SES review", "do", "under review"),
        ({"EnforcementStatus": "SHUTDOWN"}, "SES review", "do", "nothing goes out"),
        ({"ProductionAccessEnabled": False}, "production access", "do", "sandbox"),
    ],
)
def test_doctor_says_what_ses_lets_the_account_do(
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    name: str,
    state: str,
    words: str,
) -> None:
    terminal.run("publish")
    monkeypatch.setattr("authoring.doctor.account.ask", lambda operation, **_: ACCOUNT | changes)
    checks = checks_of(terminal)
    assert checks[name]["state"] == state
    assert words in checks[name]["found"]


def test_receivers_that_are_gone_are_told_in_the_business_s_time_and_only_they_are_resumed(terminal: Terminal) -> None:
    terminal.run("publish")
    hooks.note_gone("crm", "https://crm.example/hook", 1_800_000_000_000)
    assert "crm: since 2027-01-15 11:00 (Europe/Istanbul)" in terminal.run("webhooks", "gone").output
    assert "crmm was not gone" in terminal.run("webhooks", "resume", "crmm").output
    assert terminal.read("webhooks", "gone") != []
    assert terminal.read("webhooks", "resume", "crm")["resumed"]
    assert "Every receiver is there" in terminal.run("webhooks", "gone").output
