"""What steps of journeys do, from the event that starts one to what people read of it."""

import json
from collections.abc import Iterator

import pytest

from authoring.commands.shared import App
from functions.core.channels import BY_STAFF
from functions.tables import contacts, messages
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.crash.scenarios import acting
from tests.handlers.test_privacy import Terminal

ADA = "ada@example.com"


@pytest.fixture
def told(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A terminal before a deployment in which a journey acted."""
    with Cloud(emulator) as cloud:
        monkeypatch.setattr(App, "connect", lambda app: None)
        acting(cloud)
        yield Terminal(cloud)


def test_a_journey_acts_and_people_read_what_it_did(told: Terminal) -> None:
    cloud = told.cloud
    ada = contacts.load([cloud.contact(ADA)])[cloud.contact(ADA)]
    assert (ada.profile.trait("plan"), ada.profile.trait("city")) == ("wholesale", None)
    assert ada.profile.traits["plan"][0].proved
    assert ada.state.standing.stage == "interest"
    found = told.read("contact", ADA, "--explain")
    # A day has passed since.
    assert found["scores"]["interest"] == 24
    (rule,) = found["why"]["scores"]["interest"]["rules"]
    assert (rule["rule"], rule["counted"]) == ("steps", 1)
    (given,) = rule["events"]
    assert given["because"] == {"journey": "acts", "step": "more"}
    assert given["points"] == 25
    assert 24 < given["left"] == rule["left"] < 25
    assert found["why"]["stage"]["put"]["because"] == {"journey": "acts", "step": "know"}
    assert [one["reason"] for one in found["leads"]] == ["asked for a quote"]
    page = told.run("contact", ADA).stdout
    words = " ".join(page.split())
    for sentence in (
        "city taken away, plan: wholesale (acts/know)",
        "put at stage interest (acts/know)",
        "tag quoted (acts/put)",
        "tag new taken off (acts/off)",
        "+25 interest (acts/more)",
        "to shop: asked for a quote (acts/hand)",
        "tell: notice made",
        "hand: handed off",
    ):
        assert sentence in words, page
    assert "put at interest" in told.run("contact", ADA, "--explain").stdout


def test_the_bus_hears_of_a_lead_by_ids_alone(told: Terminal) -> None:
    cloud = told.cloud
    (detail,) = (json.loads(entry["Detail"]) for entry in cloud.bus if entry["DetailType"] == "Lead Handed Off")
    (lead,) = told.read("leads")["leads"]
    expected = {"v": 1, "id": lead["lead"], "contact": cloud.contact(ADA), "to": "shop", "journey": "acts"}
    assert detail == {**expected, "step": "hand", "enrollment": lead["enrollment"], "at": detail["at"]}


def test_staff_is_told_though_nobody_agreed_to_anything(told: Terminal) -> None:
    assert told.cloud.mails == []
    kept = messages.list_for(told.cloud.contact(ADA))
    assert {(one.channel, one.template, one.state) for one in kept} == {
        (BY_STAFF, "tell", "sent"),
        (BY_STAFF, "hand", "sent"),
    }
    assert {mail.to for mail in told.cloud.postbox.memos} == {"ayse@tea.example"}
    assert not [event for event in told.read("contact", ADA)["timeline"] if event["name"].endswith(" Sent")]
