"""`samovar consent` and `export-person`: the proof of what was agreed to, on every channel."""

import json
from pathlib import Path

from functions import clock
from functions.core.consent import EVERYTHING, Change, Entry
from functions.core.contact import Moment, Profile, Rank, State
from functions.core.identity import EMAIL, PHONE, PUSH, hash_of
from functions.tables import addresses, contacts, identities
from tests.handlers.test_cli import Terminal, terminal

__all__ = ["terminal"]

ADA, NUMBER = "ada@tea.example", "+905321234567"
ID = "c" * 26
BROWSER = "https://push.example/ada"


def told(ref: str, at: int, source: str, *changes: Change) -> None:
    addresses.append(hash_of(ref), Entry(f"{source}-{at}", at, at, source, changes))


def test_the_proof_of_consent_covers_every_channel_and_says_which(terminal: Terminal, tmp_path: Path) -> None:
    terminal.run("publish")
    mailbox, number, browser = (
        terminal.stack.ref(kind, value) for kind, value in ((EMAIL, ADA), (PHONE, NUMBER), (PUSH, BROWSER))
    )
    refs = (mailbox, number, browser)
    contacts.save_profile(Profile(ID, 0, {"email": (Rank(False, Moment(1, 1)), ADA)}, refs))
    contacts.save_state(State(ID), [])
    for ref in refs:
        identities.claim(ref, ID)
    now = clock.now_ms() - 10_000
    told(mailbox, now, "form:hello", Change("grant", "tips", "Tips by mail, please."))
    told(number, now + 1, "form:hello", Change("request", "tips", "Tips by text."), Change("request", "@text"))
    told(browser, now + 2, "push", Change("grant", "tips", "Show me tips."))
    told(number, now + 3, "sms", Change("withdrawal", EVERYTHING))
    for name in (ADA, NUMBER):
        entries = terminal.read("consent", name)["entries"]
        assert [(one["channel"], one["kind"], one["topic"]) for one in entries] == [
            ("email", "grant", "tips"),
            ("sms", "request", "tips"),
            ("push", "grant", "tips"),
            ("sms", "withdrawal", "*"),
        ]
    text = terminal.run("consent", ADA).output
    assert "withdrawal of everything by text message" in text
    assert "grant of tips by e-mail" in text
    page, plain = sorted(terminal.read("export-person", ADA, "--out", str(tmp_path))["files"])
    known = json.loads(Path(plain).read_text(encoding="utf-8"))
    assert {one["kind"] for one in known["identities"]} >= {"address", "phone", "browser's notifications"}
    assert {one["channel"] for one in known["consent"]} == {"email", "sms", "push"}
    assert "by text message" in Path(page).read_text(encoding="utf-8")


def test_a_number_that_said_stop_is_found_though_nobody_is_known_by_it(terminal: Terminal) -> None:
    terminal.run("publish")
    told(terminal.stack.ref(PHONE, NUMBER), clock.now_ms(), "sms", Change("withdrawal", EVERYTHING))
    (entry,) = terminal.read("consent", "+90 532 123 45 67")["entries"]
    assert (entry["channel"], entry["kind"], entry["topic"]) == ("sms", "withdrawal", "*")
