"""`samovar preview TEMPLATE --as PERSON`: what that very person would read, or why they would not get it."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions import clock
from functions.core.consent import Change, Entry
from functions.core.contact import Moment, Profile, Rank, State
from functions.core.identity import EMAIL, hash_of
from functions.tables import addresses, contacts, identities
from tests.handlers.test_cli import Terminal, terminal

__all__ = ["terminal"]

ADA = "ada@tea.example"
ID = "c" * 26


def know(terminal: Terminal, *changes: Change, **traits: Any) -> None:
    """Ada as she is stored: her traits, and what the ledger of her mailbox says."""
    ref = terminal.stack.ref(EMAIL, ADA)
    values = {name: (Rank(False, Moment(1, 1)), value) for name, value in {"email": ADA, **traits}.items()}
    contacts.save_profile(Profile(ID, 0, values))
    contacts.save_state(State(ID), [])
    identities.claim(ref, ID)
    if changes:
        now = clock.now_ms() - 1000
        addresses.append(hash_of(ref), Entry("form", now, now, "form:hello", changes))


@pytest.fixture
def asked(terminal: Terminal, tmp_path: Path) -> Any:
    """Asks for a preview of the live folder, and answers what --json says."""
    terminal.run("publish")

    def ask(template: str, *words: str, code: int = 0) -> Any:
        result = terminal.run("preview", template, "--out", str(tmp_path / "mail.html"), *words, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.output)

    return ask


AGREED = Change("grant", "tips", "Yes, send me brewing tips.")


def test_whoever_agreed_reads_it_in_their_own_language_and_name(terminal: Terminal, asked: Any, tmp_path: Path) -> None:
    know(terminal, AGREED, first_name="Łucja 茶", language="tr-TR")
    said = asked("welcome", "--as", ADA)
    assert (said["language"], said["subject"], said["withheld"]) == ("tr", "Hoş geldin, Łucja 茶", "")
    assert "İlk hasat Rize’den yeni geldi" in said["text"]
    assert said["text"] == (tmp_path / "mail.txt").read_text(encoding="utf-8")
    assert '<html lang="tr"' in (tmp_path / "mail.html").read_text(encoding="utf-8")
    assert asked("welcome", "--as", ADA, "--language", "en")["subject"] == "Welcome, Łucja 茶"
    assert terminal.run("preview", "welcome", "--as", ADA).output.startswith("Subject: Hoş geldin, Łucja 茶\n")


def test_a_block_is_shown_to_whom_its_condition_holds_for(terminal: Terminal, asked: Any) -> None:
    know(terminal, AGREED, favourite="Herbal")
    herbal, anybody = asked("welcome", "--as", ADA)["text"], asked("welcome", "--no-one")["text"]
    assert ("Linden" in herbal, "first flush" in herbal) == (True, False)
    assert ("Linden" in anybody, "first flush" in anybody) == (False, True)


def test_what_a_person_lacks_is_named(terminal: Terminal, asked: Any, tmp_path: Path) -> None:
    terminal.folder.swap("emails/welcome.yaml", "variables:", "variables:\n  city: {required: true}")
    for mjml in ("emails/welcome.mjml", "emails/welcome.tr.mjml"):
        terminal.folder.swap(mjml, "{{ contact.first_name }}", "{{ contact.first_name }} of {{ contact.city }}")
    know(terminal, AGREED)
    said = asked("welcome", "--as", ADA)
    assert (said["withheld"], "text" in said) == ("missing-variable", False)
    assert "contact.city" in said["because"]
    output = terminal.run("preview", "welcome", "--as", ADA).output
    assert "It would be withheld" in output
    assert "Subject:" not in output
    profile = contacts.surviving(ID).profile
    traits = {**profile.traits, "city": (Rank(False, Moment(2, 1)), "Łódź")}
    contacts.save_profile(Profile(ID, profile.version, traits, profile.identities))
    assert asked("welcome", "--as", ADA)["withheld"] == ""
    assert "tea friend of Łódź" in (tmp_path / "mail.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "withheld", "because"),
    [
        ((), "no-consent", "never agreed"),
        ((AGREED, Change("withdrawal", "tips")), "unsubscribed", "nsubscribed"),
        ((AGREED, Change("suppression", "bounce")), "suppressed-bounce", "bounced for good"),
    ],
)
def test_why_it_would_be_withheld_is_said_before_what_would_be_read(
    terminal: Terminal, asked: Any, changes: tuple[Change, ...], withheld: str, because: str
) -> None:
    know(terminal, *changes)
    said = asked("welcome", "--as", ADA)
    assert said["withheld"] == withheld
    assert because in said["because"]
    assert said["subject"] == "Welcome, tea friend", "shown all the same"
    first, second, *_ = terminal.run("preview", "welcome", "--as", ADA).output.splitlines()
    assert first.startswith("It would be withheld: ")
    assert second == "Subject: Welcome, tea friend"


def test_the_topic_that_it_is_sent_about_decides(terminal: Terminal, asked: Any) -> None:
    know(terminal, AGREED)
    assert asked("welcome", "--as", ADA, "--topic", "offers")["withheld"] == "no-consent"
    assert asked("welcome", "--as", ADA, "--topic", "orders")["withheld"] == ""
    assert "no topic" in asked("welcome", "--as", ADA, "--topic", "ofers", code=1)["error"]


@pytest.mark.parametrize("name", ["bob@tea.example", "nobody", "+905321234567", "ада@пример.рф"])
def test_whoever_nobody_knows_is_said_to_be_unknown(name: str, terminal: Terminal, asked: Any) -> None:
    know(terminal, AGREED)
    assert name in asked("welcome", "--as", name, code=1)["error"]


def test_somebody_and_nobody_at_once_is_refused(asked: Any) -> None:
    assert "either" in asked("welcome", "--as", ADA, "--no-one", code=1)["error"]


def test_a_preview_writes_nothing_and_sends_nothing(terminal: Terminal, asked: Any) -> None:
    know(terminal, AGREED)
    before = {table: terminal.stack.rows(table) for table in ("contacts", "events")}
    asked("welcome", "--as", ADA)
    assert {table: terminal.stack.rows(table) for table in ("contacts", "events")} == before


def test_the_live_release_is_read_where_it_is_asked_for(terminal: Terminal, asked: Any) -> None:
    know(terminal, AGREED)
    terminal.folder.swap("emails/welcome.yaml", "subject: Welcome", "subject: Good to see you")
    assert asked("welcome", "--as", ADA)["subject"] == "Good to see you, tea friend"
    assert asked("welcome", "--as", ADA, "--live")["subject"] == "Welcome, tea friend"


@pytest.mark.parametrize(
    ("words", "headline"),
    [
        ((), "Loose leaf, slowly"),
        (("--address", "https://x.example/?utm_campaign=Spring&utm_term=rize+tea"), "You looked for Rize tea."),
        (("--variant", "harvest/letter"), "spring&#39;s first leaves"),
        (("--as", ADA), "Not for strangers"),
    ],
)
def test_a_landing_page_is_shown_as_by_an_address_in_a_variant_or_to_a_person(
    terminal: Terminal, tmp_path: Path, words: tuple[str, ...], headline: str
) -> None:
    know(terminal, city="Rize")
    file = terminal.folder.root / "pages/first-flush.yaml"
    page = file.read_text(encoding="utf-8")
    own = "      - hero: {headline: Not for strangers}\n        when: {trait: city, is: Rize}\n"
    file.write_text(page.replace("    otherwise:\n", f"    otherwise:\n{own}", 1), encoding="utf-8")
    terminal.run("publish")
    html = tmp_path / "page.html"
    result = terminal.run("preview", "first-flush", "--page", "--out", str(html), *words, "--json")
    assert result.exit_code == 0
    shown = html.read_text(encoding="utf-8")
    assert headline in shown[shown.index("<h1>") : shown.index("</h1>")]
    assert "<script" not in shown


@pytest.mark.parametrize(("name", "words"), [("nothing", ()), ("first-flush", ("--variant", "calm"))])
def test_a_page_or_variant_that_is_not_there_is_said(terminal: Terminal, name: str, words: tuple[str, ...]) -> None:
    result = terminal.run("preview", name, "--page", *words)
    assert result.exit_code != 0
