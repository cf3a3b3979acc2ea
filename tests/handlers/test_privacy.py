"""What a person may ask for, by the command line: erasure with proof, a copy, and the proof of consent."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from authoring.cli import main
from authoring.commands import privacy as commands
from authoring.commands.shared import App
from functions.aws import session
from functions.core.event import Event
from functions.core.folding import moment_of
from functions.core.identity import ANONYMOUS, EMAIL, identity_ref, own_ref
from functions.tables import addresses, audit, events, identities, leads, messages
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.cloud.cloud import PEPPER
from tests.cloud.traces import search
from tests.crash import erasing
from tests.crash.erasing import ADA, BOB, SECRETS
from tests.crash.scenarios import unsubscribe_link


class Terminal:
    """A terminal of the owner's, in front of a deployment."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def run(self, *words: str, typed: str = "") -> Result:
        result = CliRunner().invoke(main, list(words), input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def read(self, *words: str) -> Any:
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.output)


@pytest.fixture
def shop(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A deployment that knows everything of Ada, and something of Bob."""
    with Cloud(emulator, erasing.release()) as cloud:
        monkeypatch.setattr(App, "connect", lambda app: None)
        # While the command waits, the deployment goes on.
        monkeypatch.setattr(commands, "time", SimpleNamespace(sleep=lambda seconds: cloud.skip(minutes=1)))
        erasing.everything(cloud)
        yield Terminal(cloud)
    session.reset()


def test_forget_lists_erases_and_proves_it(shop: Terminal) -> None:
    cloud = shop.cloud
    listed = shop.read("forget", ADA, "--dry-run")["would_erase"]
    assert listed["events"] > 8
    assert listed["running journeys"] == 1
    assert search(cloud, *SECRETS)
    assert shop.run("forget", ADA, typed="n\n").exit_code == 1
    assert search(cloud, *SECRETS)
    result = shop.run("forget", ADA.upper(), "--yes")
    assert result.exit_code == 0, result.output
    assert "Found nothing but" in result.output
    assert "35 days" in result.output
    assert search(cloud, *SECRETS) == []
    assert [noted.kind for noted in audit.all_notes()] == ["forget"]
    assert "was erased" in shop.run("export-person", ADA).stderr
    # Once more: nothing is left to erase, and it says so.
    again = shop.read("forget", ADA, "--yes")
    assert again["found"] == []
    assert again["erased"].get("events") == 0


@pytest.mark.parametrize("name", ["u-ada", "phone-ada"])
def test_a_person_is_found_by_whatever_they_are_known_by(shop: Terminal, name: str) -> None:
    contact = shop.cloud.contact(ADA)
    for one in (name, contact):
        assert shop.read("forget", one, "--dry-run")["would_erase"]["contact"] == contact
    assert shop.run("forget", "nobody@tea.example", "--yes").exit_code == 1


def test_nothing_is_erased_or_merged_for_a_program_that_did_not_say_yes(shop: Terminal) -> None:
    for words in (("forget", ADA), ("merge", ADA, BOB)):
        result = shop.run(*words, "--json")
        assert result.exit_code == 1
        assert "add --yes" in json.loads(result.output)["error"]
    assert shop.cloud.contact(ADA) != shop.cloud.contact(BOB)
    assert shop.read("contact", ADA)["email"] == ADA


def test_a_search_that_finds_something_says_where_and_fails(shop: Terminal) -> None:
    bucket = shop.cloud.emulator.client("s3")
    bucket.put_object(Bucket=shop.cloud.name, Key="list.csv", Body=f"name,{ADA}".encode())
    result = shop.run("forget", ADA, "--yes", "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["found"] == ["bucket: list.csv"]


def test_export_gives_everything_as_json_and_as_a_page_that_escapes_it(shop: Terminal, tmp_path: Path) -> None:
    cloud = shop.cloud
    cloud.call("track", messageId="z1", userId="u-ada", event="<script>alert(1)</script>", properties={"q": "<b>ł"})
    cloud.settle()
    page, plain = sorted(shop.read("export-person", ADA, "--out", str(tmp_path))["files"])
    known = json.loads(Path(plain).read_text(encoding="utf-8"))
    assert known["email"] == ADA
    assert known["traits"]["title"] == "Countess Łucja"
    assert {one["kind"] for one in known["identities"]} >= {"account", "address", "browser"}
    assert {one["topic"] for one in known["consent"]} == {"tips", "offers"}
    assert {one["template"] for one in known["messages"]} >= {"welcome", "first-offer"}
    assert known["explained"]["interest"]
    assert known["decisions"]
    assert known["enrollments"]
    assert known["kept"]["visitors"] == "400 days"
    assert len(known["timeline"]) == known["events"] > 8
    html = Path(page).read_text(encoding="utf-8")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "&lt;b&gt;ł" in html
    assert not re.search(r"(src|href)=", html)
    assert [Path(file).stat().st_mode & 0o077 for file in (page, plain)] == [0, 0]
    assert "ada" not in Path(page).name + Path(plain).name


def test_a_lead_is_shown_listed_copied_and_erased_also_where_its_contact_was_merged(
    shop: Terminal, tmp_path: Path
) -> None:
    cloud = shop.cloud
    ada, bob = (cloud.contact(one) for one in (ADA, BOB))
    for contact, lead, at in ((ada, "l1", cloud.clock.now), (bob, "l2", cloud.clock.now + 1), (ada, "l3", 1)):
        group = "cellar" if lead == "l2" else "shop"
        for _ in range(2):
            leads.write(leads.Lead(lead, contact, group, f"why {lead} ☕", "sales", "hand", "run", at))
    found = shop.read("leads")["leads"]
    # What was handed off long ago stands with its contact alone.
    assert [(one["lead"], one["email"], one["reason"]) for one in found] == [
        ("l2", BOB, "why l2 ☕"),
        ("l1", ADA, "why l1 ☕"),
    ]
    assert [one["lead"] for one in shop.read("leads", "--group", "shop")["leads"]] == ["l1"]
    assert [one["lead"] for one in shop.read("leads", "--limit", "1")["leads"]] == ["l2"]
    assert "why l1 ☕" in shop.run("leads").stdout
    assert [one["lead"] for one in shop.read("contact", ADA)["leads"]] == ["l3", "l1"]
    assert "why l3 ☕" in shop.run("contact", ADA).stdout
    page, _ = sorted(shop.read("export-person", ADA, "--out", str(tmp_path))["files"])
    assert "why l3 ☕" in Path(page).read_text(encoding="utf-8")
    shop.read("merge", ADA, BOB, "--yes")
    assert [one["lead"] for one in shop.read("contact", ADA)["leads"]] == ["l3", "l1", "l2"]
    assert [one["contact"] for one in shop.read("leads")["leads"]] == [ada, ada]
    shop.read("forget", ADA, "--yes")
    assert shop.read("leads")["leads"] == []
    assert [item for item in cloud.items() if "L#" in (item["pk"][:2], item["sk"][:2])] == []


def test_consent_is_proved_with_wording_form_page_release_and_moments(shop: Terminal) -> None:
    cloud = shop.cloud
    welcome = erasing.mails_to(cloud, ADA)[0]
    cloud.follow(unsubscribe_link(welcome), "POST", "List-Unsubscribe=One-Click")
    cloud.settle()
    granted, *_, withdrawn = shop.read("consent", ADA)["entries"]
    assert granted["kind"] == "grant"
    assert granted["wording"] == "Yes, send me brewing tips by e-mail. I can stop them at any time."
    assert granted["source"] == "form:hello"
    assert granted["release"]
    assert granted["counts_from"] <= granted["arrived"]
    assert (withdrawn["kind"], withdrawn["topic"], withdrawn["source"]) == ("withdrawal", "tips", "unsubscribe-page")
    assert "brewing tips" in shop.run("consent", ADA).output


def test_the_register_is_told_of_each_change_of_mind(shop: Terminal, tmp_path: Path) -> None:
    cloud = shop.cloud
    file = tmp_path / "iys.csv"
    bob = erasing.mails_to(cloud, BOB)[0]
    cloud.clock.now += 86_400_000
    cloud.follow(unsubscribe_link(bob), "POST", "List-Unsubscribe=One-Click")
    cloud.settle()
    shop.read("registry-export", "--registry", "iys", "--out", str(file))
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert {(row["recipient"], row["status"]) for row in rows} == {(ADA, "ONAY"), (BOB, "ONAY"), (BOB, "RET")}
    assert {(row["type"], row["recipientType"], row["source"]) for row in rows} == {("EPOSTA", "BIREYSEL", "HS_WEB")}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", rows[0]["consentDate"])
    assert shop.run("forget", ADA, "--yes").exit_code == 0
    assert shop.read("registry-export", "--registry", "iys", "--out", str(file))["nameless"] == 1
    assert ADA not in file.read_text(encoding="utf-8")


def test_the_register_s_days_begin_at_midnight_in_turkey(shop: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "iys.csv"
    shop.read("registry-export", "--registry", "iys", "--out", str(file))
    granted = shop.read("consent", ADA)["entries"][0]["arrived"]
    day = datetime.fromisoformat(granted).astimezone(ZoneInfo("Europe/Istanbul")).date()
    # Until it is Ada's day or later in Turkey, whatever the hour in London.
    shop.cloud.skip(hours=24 - datetime.fromisoformat(granted).hour - 2)
    shop.cloud.post_form(email="night@tea.example", first_name="Nur", nonce="night")
    shop.cloud.settle()
    night = (day + timedelta(days=1)).isoformat()
    shop.read("registry-export", "--registry", "iys", "--since", night, "--out", str(file))
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert [(row["recipient"], row["consentDate"][:10]) for row in rows] == [("night@tea.example", night)]


def test_whoever_signs_up_again_begins_anew_and_nothing_of_before_returns(shop: Terminal) -> None:
    cloud = shop.cloud
    theirs, before = erasing.batches(cloud), cloud.contact(ADA)
    assert shop.run("forget", ADA, "--yes").exit_code == 0
    address = erasing.refs()[ADA].partition("#")[2]
    assert addresses.head(address).withdrawn
    # A nightly sync, and an SDK's call of today, bring nobody back.
    cloud.put_on_bus("Order Completed", id="o10", email=ADA, revenue=1)
    cloud.call("identify", messageId="n1", userId="u-ada", traits={"email": ADA}, timestamp="2031-01-01T00:00:00Z")
    cloud.settle()
    assert search(cloud, *SECRETS) == []
    # A form shown after the erasure does; the same browser comes along.
    cloud.skip(minutes=5)
    cloud.post_form(email=ADA, first_name="Countess", anonymous="laptop-ada", nonce="c1")
    cloud.skip(hours=2)
    after = cloud.contact(ADA)
    assert after not in ("", before)
    assert cloud.owner("a", "laptop-ada") == after
    assert [message.template for message in messages.list_for(after)] == ["welcome"]
    assert messages.list_for(after)[0].state == "sent"
    assert messages.list_for(before) == []
    known = shop.read("contact", ADA)
    assert known["topics"]["topics"]["tips"]["agreed"]
    assert not known["topics"]["topics"]["offers"]["agreed"]
    # Old batches still recreate nothing, and what she does now counts, with her account too.
    held = known["events"]
    erasing.send(cloud, theirs)
    cloud.events.rewind()
    cloud.skip(hours=1)
    assert shop.read("contact", ADA)["events"] == held
    stamp = "2031-02-01T00:00:00Z"
    cloud.call("identify", messageId="n2", userId="u-ada", traits={"email": ADA}, timestamp=stamp)
    cloud.call("page", messageId="n3", userId="u-ada", properties={"path": "/"}, timestamp=stamp)
    cloud.settle()
    assert cloud.owner("u", "u-ada") == after
    assert shop.read("contact", ADA)["events"] == held + 2


def test_an_owner_may_let_somebody_in_again_by_hand(shop: Terminal) -> None:
    cloud = shop.cloud
    assert shop.run("readmit", ADA).exit_code == 1
    assert shop.run("forget", ADA, "--yes").exit_code == 0
    contact = shop.read("readmit", ADA)["contact"]
    cloud.clock.now += 60_000
    stamp = "2031-02-01T00:00:00Z"
    cloud.call("identify", messageId="n2", userId="u-new", traits={"email": ADA}, timestamp=stamp)
    cloud.settle()
    assert cloud.contact(ADA) == contact


def test_another_person_in_an_erased_one_s_browser_is_kept_without_it(shop: Terminal) -> None:
    cloud = shop.cloud
    assert shop.run("forget", ADA, "--yes").exit_code == 0
    cloud.skip(minutes=5)
    cloud.post_form(email="carol@tea.example", first_name="Carol", anonymous="laptop-ada", nonce="d1")
    cloud.settle()
    assert cloud.contact("carol@tea.example")
    assert cloud.owner("a", "laptop-ada") == ""


def test_privacy_prints_what_the_page_says(shop: Terminal) -> None:
    text = shop.run("privacy").output
    assert "400 days" in text
    assert "Karaköy Kurye" in text
    page = shop.cloud.http("GET", "/privacy", room="pages")
    assert page["statusCode"] == 200
    assert all(
        line["title" if "title" in line else "what"][:30] in page["body"] for line in shop.read("privacy")["kept"]
    )


def test_in_a_browser_that_two_people_used_only_the_erased_one_s_turns_go(shop: Terminal) -> None:
    cloud = shop.cloud

    def turn(who: str, email: str, hour: int) -> list[dict[str, Any]]:
        at = f"2026-11-24T{hour:02}:00"
        common = {"anonymousId": "tablet"}
        return [
            {
                "type": "identify",
                "messageId": f"{who}1",
                "timestamp": f"{at}:00Z",
                "traits": {"email": email},
                **common,
            },
            {"type": "page", "messageId": f"{who}2", "timestamp": f"{at}:10Z", "properties": {"path": who}, **common},
        ]

    turns = [*turn("ada-in-the-morning", ADA, 1), *turn("bob-at-noon", BOB, 2), *turn("ada-at-night", ADA, 3)]
    cloud.call("batch", batch=turns)
    cloud.settle()
    kept = {place for place in search(cloud, "bob-at-noon") if place.startswith("events")}
    assert kept
    events = shop.read("contact", BOB)["events"]
    assert search(cloud, "ada-in-the-morning", "ada-at-night")
    result = shop.run("forget", ADA, "--yes")
    assert result.exit_code == 0, result.output
    assert search(cloud, "ada-in-the-morning", "ada-at-night", *SECRETS) == []
    assert {place for place in search(cloud, "bob-at-noon") if place.startswith("events")} == kept
    assert shop.read("refold", BOB)["contacts"] == 1
    # The event in which Bob had typed Ada's address has gone with her.
    assert shop.read("contact", BOB)["events"] == events - 1
    cloud.call("batch", batch=turns)
    cloud.events.rewind()
    cloud.skip(hours=1)
    assert search(cloud, "ada-in-the-morning", "ada-at-night", *SECRETS) == []
    later = {"timestamp": "2031-01-01T00:00:00Z", "anonymousId": "tablet"}
    cloud.call("page", messageId="b9", properties={"path": "bob-again"}, **later)
    cloud.settle()
    assert shop.read("contact", BOB)["events"] == events


def test_what_somebody_named_on_the_way_through_an_erasure_holds_up_nobody_and_goes(shop: Terminal) -> None:
    cloud = shop.cloud
    contact, moment = cloud.contact(ADA), cloud.clock.now
    assert shop.run("forget", ADA, "--yes").exit_code == 0
    # Stored a moment before, under the contact that a link in a mail proved.
    other = identity_ref(EMAIL, "countess@work.example", PEPPER)
    assert other
    late = Event(own_ref(contact), "w1", moment, moment, moment, "identify", "Identified", identities=(other,))
    events.insert([late])
    cloud.settle()
    assert cloud.failures == []
    assert events.get(late.source, late.sort_key) is None
    assert cloud.owner(EMAIL, "countess@work.example") == ""


def test_in_one_millisecond_of_a_shared_browser_each_one_s_events_are_told_apart(shop: Terminal) -> None:
    cloud = shop.cloud
    at, common = "2026-11-24T03:00:00Z", {"anonymousId": "tablet", "timestamp": "2026-11-24T03:00:00Z"}
    cloud.call(
        "identify", messageId="bob", anonymousId="tablet", traits={"email": BOB}, timestamp="2026-11-24T02:00:00Z"
    )
    who = [{"type": "identify", "messageId": "ada", "traits": {"email": ADA}, **common}]
    pages = [{"type": "page", "messageId": f"s{number}", "properties": {"path": "/"}, **common} for number in range(12)]
    cloud.call("batch", batch=[*who, *pages], sentAt=at)
    cloud.settle()
    tablet = identity_ref(ANONYMOUS, "tablet", PEPPER)
    assert tablet
    owned = {event.sort_key: owner(tablet, event) for event in events.of_sources([tablet])}
    hers = {key for key, contact in owned.items() if contact == cloud.contact(ADA)}
    assert 0 < len(hers) < len(owned)
    assert shop.run("forget", ADA, "--yes").exit_code == 0
    assert {event.sort_key for event in events.of_sources([tablet])} == owned.keys() - hers


def owner(browser: str, event: Event) -> str:
    return identities.read([browser])[browser].owner_at(moment_of(event))
