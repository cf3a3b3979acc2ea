"""The `samovar` command against a deployment's stores in the emulator."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from authoring.cli import main
from authoring.commands import local as commands
from authoring.when import local
from functions import clock
from functions.aws import session
from functions.core import keys
from functions.core.contact import Decision
from functions.core.event import EMAIL_CLICKED, FORM, FORM_SUBMITTED, Event
from functions.core.identity import contact_id
from functions.core.message import Message
from functions.tables import decisions, duplicates, events, identities, messages
from tests.handlers.conftest import PEPPER, WRITE_KEY, Stack
from tests.unit.authoring.folders import Folder

JOURNEY = "journeys/welcome.yaml"
ADA = "Ada@tea.example"


class Terminal:
    """A terminal in front of a marketing folder and a deployment."""

    def __init__(self, stack: Stack, folder: Folder, name: str) -> None:
        self.stack, self.folder, self.name = stack, folder, name

    def run(self, *words: str) -> Result:
        arguments = ["--stack", self.name, "--marketing", str(self.folder.root), *words]
        result = CliRunner().invoke(main, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def read(self, *words: str) -> Any:
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.output)


@pytest.fixture
def terminal(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    outputs = {
        "EventsTable": stack.environment["EVENTS_TABLE"],
        "ContactsTable": stack.environment["CONTACTS_TABLE"],
        "Bucket": stack.environment["BUCKET"],
        "ApiUrl": "https://api.tea.example",
    }
    template = {
        "Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    name = stack.environment["BUCKET"]
    cloudformation = stack.emulator.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "no-stack"))
    before = dict(os.environ)
    yield Terminal(stack, Folder(tmp_path / "marketing"), name)
    os.environ.clear()
    os.environ.update(before)
    session.reset()


def test_validate_prints_every_problem_with_its_place_and_mend(terminal: Terminal) -> None:
    terminal.folder.swap(JOURNEY, "3 days", "3 dais")
    result = terminal.run("validate")
    assert result.exit_code == 1
    line = terminal.folder.line(JOURNEY, "3 dais")
    assert f"{JOURNEY}:{line}:" in result.output
    assert 'steps.wait.at_most: "3 dais" is not a duration' in result.output
    assert 'Write it as "3 days"' in result.output
    problems = json.loads(terminal.run("validate", "--json").output)["problems"]
    assert [(problem["file"], problem["line"]) for problem in problems] == [(JOURNEY, line)]


def test_publish_shows_what_changes_and_then_that_it_is_live(terminal: Terminal) -> None:
    assert "+ journey welcome" in terminal.run("publish").output
    terminal.folder.swap(JOURNEY, "3 days", "4 days")
    assert terminal.read("publish", "--dry-run")["moved"] is False
    assert "Nothing was published" in terminal.run("publish", "--dry-run").output
    output = terminal.run("publish", "--note", "more patience").output
    assert "steps[clicked].wait.at_most: 3 days → 4 days" in output
    assert "is live" in output
    assert "Nothing changed" in terminal.run("publish").output
    assert "Nothing would change" in terminal.run("publish", "--dry-run").output
    assert "at (Europe/Istanbul)" in terminal.run("releases").output
    listed = terminal.read("releases")
    assert [(entry["seq"], entry["live"], entry["note"]) for entry in listed["releases"]] == [
        (2, True, "more patience"),
        (1, False, ""),
    ]


def test_publish_says_what_in_it_is_rarely_meant(terminal: Terminal) -> None:
    segments = terminal.folder.read("segments.yaml")
    terminal.folder.write("segments.yaml", f"{segments}\n  fans: {{when: {{event: Page Viewd}}}}\n")
    for command in (("publish", "--dry-run"), ("publish",)):
        assert 'Did you mean "Page Viewed"?' in terminal.run(*command).output


def test_publish_refuses_what_is_not_based_on_the_live_release(terminal: Terminal) -> None:
    terminal.run("publish")
    (terminal.folder.root / ".samovar.json").unlink()
    terminal.folder.swap(JOURNEY, "3 days", "4 days")
    assert "samovar pull" in terminal.read("publish", "--dry-run")["refused"]
    result = terminal.run("publish")
    assert result.exit_code == 1
    assert "samovar pull" in result.stderr


def test_rollback_takes_the_release_before_or_the_first_characters_of_one(terminal: Terminal) -> None:
    first = terminal.read("publish")["release"]
    terminal.folder.swap(JOURNEY, "3 days", "4 days")
    second = terminal.read("publish")["release"]
    assert terminal.read("rollback")["release"] == first
    assert terminal.read("rollback", second[:8])["release"] == second
    assert terminal.run("rollback", "zzz").exit_code == 1


def test_pull_writes_the_live_files_back(terminal: Terminal) -> None:
    terminal.run("publish")
    terminal.folder.swap(JOURNEY, "3 days", "4 days")
    assert "never published" in terminal.run("pull").stderr
    assert terminal.read("pull", "--force")["written"] == [JOURNEY]
    assert "3 days" in terminal.folder.read(JOURNEY)


def test_an_unknown_stack_is_explained(terminal: Terminal) -> None:
    terminal.name = "nothing-here"
    result = terminal.run("releases")
    assert result.exit_code == 2
    assert 'no stack "nothing-here"' in result.stderr


def test_before_anything_is_live_commands_say_what_to_do(terminal: Terminal) -> None:
    assert "samovar publish" in terminal.run("contact", ADA).stderr + terminal.run("doctor").output


def happened(terminal: Terminal) -> str:
    """Ada signs up, clicks, and one message to her is withheld; her contact's id."""
    terminal.run("publish")
    source, now = terminal.stack.ref("e", ADA), clock.now_ms()
    ada = contact_id(source)
    identities.claim(source, ada)
    common = {"source": source, "stamp": now - 1000, "at": now - 1000, "received": now, "kind": "track"}
    traits = {"email": ADA, "first_name": "Ada"}
    clicked = Event(id="m2", name=EMAIL_CLICKED, properties={"message": "x"}, **common)
    events.insert([Event(id="m1", name=FORM_SUBMITTED, properties={"form": "hello"}, traits=traits, **common), clicked])
    decision = Decision("d1", "temperature", "temperature", now, clicked.ref, "cold", "warm")
    decisions.log(ada, decision)
    message = Message(
        "mail", ada, "welcome", "hello", "welcome", "tips", "r", now, state="withheld", reason="no-consent"
    )
    messages.intend(message)
    return ada


def test_refold_and_contact_tell_what_is_known_and_why(terminal: Terminal) -> None:
    ada = happened(terminal)
    refolded = terminal.read("refold", ADA)
    assert (refolded["contacts"], refolded["changed"]) == (1, 1)
    found = terminal.read("contact", ADA.upper())
    assert found["contact"] == ada
    assert found["scores"] == {"interest": 40, "wholesale": 0}
    assert found["temperature"] == "warm"
    assert {event["name"] for event in found["timeline"]} == {FORM_SUBMITTED, EMAIL_CLICKED}
    assert [(one["from"], one["to"], one["because"]) for one in found["decisions"]] == [("cold", "warm", EMAIL_CLICKED)]
    assert [(one["state"], one["why"]) for one in found["messages"]] == [
        ("withheld", "The address never agreed to this topic.")
    ]
    text = terminal.run("contact", ADA).output
    assert "interest 40" in text
    assert "withheld" in text
    assert "Traits: first_name Ada" in text
    assert re.search(rf"temperature +cold +warm +{EMAIL_CLICKED}", text)


def test_contact_explains_every_point_and_segment_in_the_time_of_the_business(terminal: Terminal) -> None:
    happened(terminal)
    terminal.run("refold", ADA)
    found = terminal.read("contact", ADA, "--explain")["why"]
    rules = {rule["rule"]: rule for rule in found["scores"]["interest"]["rules"]}
    assert rules["signed-up"]["events"][0]["because"] == {"form": "hello"}
    (sent,) = [event for event in terminal.read("contact", ADA)["timeline"] if event["name"] == FORM_SUBMITTED]
    assert rules["signed-up"]["events"][0]["event"] == sent["ref"]
    assert sent["ref"] in terminal.run("contact", ADA, "--explain", "--refs").output
    text = terminal.run("contact", ADA, "--explain").output
    assert sent["ref"] not in text
    assert sent["at"].endswith("Z")
    assert local(sent["at"], "Europe/Istanbul") in text
    assert sent["at"][:19].replace("T", " ") not in text
    whole = terminal.run("contact", ADA, "--segment", "keen").output
    assert "has at least 50 points in “Interest in our tea”  (40 points)" in whole
    assert "no segment" in terminal.run("contact", ADA, "--segment", "nobody").stderr


def test_what_is_to_be_copied_is_printed_whole(terminal: Terminal) -> None:
    happened(terminal)
    made = terminal.read("keys", "create", "shop", "--origin", f"https://{'a' * 60}.example")["key"]
    assert made in terminal.run("keys", "list").output
    refs = {event["ref"] for event in terminal.read("contact", ADA)["timeline"]}
    assert refs <= {line.strip() for line in terminal.run("contact", ADA, "--refs").output.splitlines()}


def test_a_stranger_is_said_to_be_unknown(terminal: Terminal) -> None:
    terminal.run("publish")
    result = terminal.run("contact", "bob@tea.example", "--json")
    assert result.exit_code == 1
    assert "nobody is known here" in json.loads(result.output)["error"]


def test_a_person_is_found_by_whatever_is_known_of_them(terminal: Terminal) -> None:
    terminal.run("publish")
    ada = contact_id(terminal.stack.ref("u", "u1"))
    known = {"u": "u1", "e": ADA, "p": "+905321234567", "a": "browser-1"}
    for kind, value in known.items():
        identities.claim(terminal.stack.ref(kind, value), ada)
    now = clock.now_ms()
    events.insert([Event(terminal.stack.ref("u", "u1"), "m1", now, now, now, "track", "Tea Chosen")])
    terminal.read("refold", "u1")
    for value in ("u1", ADA.upper(), "+90 (532) 123-45-67", "browser-1", ada):
        assert terminal.read("contact", value)["contact"] == ada
    assert terminal.read("contact", "u1")["known_by"] == [
        "1 address (claimed)",
        "1 user id (claimed)",
        "1 phone (claimed)",
        "1 browser (anonymousId)",
    ]


def test_suspected_duplicates_are_listed_until_a_person_joins_them(terminal: Terminal) -> None:
    terminal.run("publish")
    now = clock.now_ms()
    for number, value in enumerate((ADA, "ada+tea@tea.example")):
        ref = terminal.stack.ref("e", value)
        identities.claim(ref, contact_id(ref))
        events.insert(
            [Event(ref, f"m{number}", now, now, now, FORM, FORM_SUBMITTED, {"form": "hello"}, {"email": value})]
        )
        terminal.read("refold", value)
    one, other = (terminal.stack.ref("e", value) for value in (ADA, "ada+tea@tea.example"))
    duplicates.note(duplicates.PLUS_TAG, one, other, "cause", now)
    (pair,) = terminal.read("duplicates")["duplicates"]
    assert set(pair["known_as"]) == {ADA, "ada+tea@tea.example"}
    merged = terminal.read("merge", ADA, "ada+tea@tea.example", "--yes")
    assert merged["contact"] == contact_id(one)
    found = terminal.read("contact", "ada+tea@tea.example")
    assert found["contact"] == contact_id(one)
    assert [event["name"] for event in found["timeline"]].count(FORM_SUBMITTED) == 2
    assert found["scores"] == terminal.read("contact", ADA)["scores"]
    assert terminal.read("duplicates")["duplicates"] == []
    assert "the same contact already" in terminal.run("merge", ADA, "ada+tea@tea.example").stderr


def test_refold_wants_one_person_or_everybody(terminal: Terminal) -> None:
    assert terminal.run("refold").exit_code == 2
    assert terminal.run("refold", ADA, "--all").exit_code == 2


def test_doctor_names_each_thing_with_what_to_do(terminal: Terminal) -> None:
    terminal.folder.swap("sending.yaml", "Çaycı Sokağı 12, 34425 Karaköy, İstanbul, Türkiye", '""')
    terminal.run("publish")
    result = terminal.run("doctor", "--json")
    assert result.exit_code == 1
    report = json.loads(result.output)
    assert report["write_keys"] == [WRITE_KEY]
    checks = {check["name"]: check for check in report["checks"]}
    assert checks["postal address"]["state"] == "do"
    assert all(check["what_to_do"] for check in report["checks"] if check["state"] != "ok")
    assert "sending.yaml" in terminal.run("doctor").output


def test_doctor_lists_the_records_of_a_domain_that_ses_knows(terminal: Terminal) -> None:
    terminal.run("publish")
    terminal.stack.emulator.client("sesv2").create_email_identity(EmailIdentity="yellow-samovar.example")
    checks = {check["name"]: check for check in json.loads(terminal.run("doctor", "--json").output)["checks"]}
    (record,) = checks["DMARC"]["records"]
    assert record["name"] == "_dmarc.yellow-samovar.example"
    assert {record["type"] for record in checks["MAIL FROM and SPF"]["records"]} == {"MX", "TXT"}


def test_time_is_skipped_on_the_local_stack_only(terminal: Terminal) -> None:
    result = terminal.run("local", "skip", "3d")
    assert result.exit_code == 2
    assert "make up" in result.stderr
    assert "not a length of time" in terminal.run("local", "skip", "soon").output
    for span in ("0d", "400d"):
        assert "366 days at a time" in terminal.run("local", "skip", span).output


def test_a_clock_that_stopped_on_the_way_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    class Here:
        local = True

    class Asked:
        def connect(self) -> Any:
            return Here()

    def stuck(*arguments: Any) -> Any:
        raise TimeoutError("waited 60 s in vain for the stack to come to rest")

    monkeypatch.setattr("local.stack.Stack.load", lambda path: None)
    monkeypatch.setattr("local.skip.skip", stuck)
    result = CliRunner().invoke(commands.skip, ["3d"], obj=Asked())
    assert result.exit_code == 2
    assert "waited 60 s in vain" in result.stderr
    assert "Skip the rest" in result.stderr


def test_a_journey_is_started_by_hand_for_whom_it_is_meant(terminal: Terminal) -> None:
    terminal.run("publish")
    ada = contact_id(terminal.stack.ref("e", ADA))
    identities.claim(terminal.stack.ref("e", ADA), ada)
    result = terminal.run("start", "welcome", ADA)
    assert result.exit_code == 1
    assert "it can be started by hand" in result.output + result.stderr
    terminal.folder.swap(JOURNEY, "{event: Form Submitted, form: hello}", "{requested: true}")
    terminal.run("publish")
    said = terminal.read("start", "welcome", ADA)
    assert (said["journey"], said["contact"]) == ("welcome", ada)
    assert terminal.run("start", "welcome", ADA).exit_code == 0
    first, second = terminal.stack.events()
    assert (first.kind, first.name, first.properties["wanted"]) == ("system", "Journey Requested", "welcome")
    assert first.id != second.id
    for words, told in (
        (("start", "nothing", ADA), 'there is no journey "nothing"'),
        (("start", "welcome", "bob@tea.example"), "nobody is known here"),
    ):
        result = terminal.run(*words)
        assert result.exit_code == 1
        assert told in result.output + result.stderr


def test_keys_are_made_listed_and_revoked(terminal: Terminal) -> None:
    made = terminal.read("keys", "create", "shop", "--origin", "https://tea.example", "--per-minute", "600")
    assert made["key"].startswith("wk_")
    listed = {key["name"]: key for key in terminal.read("keys", "list")}
    assert listed["shop"]["key"] == made["key"]
    assert (listed["shop"]["origins"], listed["shop"]["per_minute"]) == (["https://tea.example"], 600)
    assert terminal.run("keys", "revoke", "shop", "--yes").exit_code == 0
    assert "shop" not in {key["name"] for key in terminal.read("keys", "list")}


def test_a_secret_key_is_shown_once(terminal: Terminal) -> None:
    shown = terminal.read("keys", "create", "backend", "--secret")["key"]
    assert shown.startswith("sk_")
    for words in (("keys", "list"), ("keys", "list", "--json"), ("doctor", "--json")):
        output = terminal.run(*words).output
        assert shown not in output
        assert "backend" in output or words[0] == "doctor"
    stored = str(terminal.stack.rows("contacts"))
    assert shown not in stored
    assert keys.secret_digest(shown, PEPPER) in stored


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "Web Shop"), "is no name"),
        (("create", "web", "--origin", "tea.example"), "is no origin"),
        (("create", "web", "--per-minute", "0"), "revoke it"),
        (("create", "web", "--secret", "--origin", "https://tea.example"), "never sent by a page"),
        (("create", "tests"), "already"),
        (("revoke", "nobody", "--yes"), "there is no key"),
    ],
)
def test_what_can_not_be_done_with_a_key_is_said(terminal: Terminal, words: tuple[str, ...], said: str) -> None:
    result = terminal.run("keys", *words)
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())


def test_what_is_proposed_waits_and_is_listed_and_nothing_is_live_by_it(terminal: Terminal) -> None:
    first = terminal.read("publish")["release"]
    assert "live already" in json.loads(terminal.run("propose", "--json").output)["error"]
    terminal.folder.swap(JOURNEY, "3 days", "5 days")
    said = terminal.read("propose", "--why", "slower")
    assert said["proposed"] is True
    assert [change["how"] for change in said["changes"]] == ["changed"]
    listed = terminal.read("releases")
    assert listed["live"]["release"] == first
    (waiting,) = listed["proposed"]
    assert (waiting["release"], waiting["based_on"], waiting["note"]) == (said["release"], first, "slower")
    assert "Waits since" in terminal.run("releases").output
    assert "proposed release" in terminal.run("log").output
    assert terminal.read("publish")["release"] == said["release"]
