"""The preference centre: what looking shows, what a button does, and what an old or stale page doesn't."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from functions import clock
from functions.core import consent
from functions.core.consent import Change, Entry, allowed
from functions.core.contact import Contact, Moment, Profile, Rank, State
from functions.core.counters import counters
from functions.core.facts import rebuild
from functions.core.identity import hash_of, own_ref
from functions.core.release import Release
from functions.tables import addresses, contacts
from functions.tokens import Links, Preferring
from tests.handlers.conftest import PUBLIC_URL, SIGNING, Stack, demo
from tests.handlers.http_client import BROWSER, Reply, post_form, send

CONTACT, MESSAGE = "c" * 26, "m" * 26
DAY = 86_400_000
NOW = 1_795_000_000_000
TEMPLATE = {"text": "T"}


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The one clock, moved by hand."""
    time = {"now": NOW}
    monkeypatch.setattr(clock, "now_ms", lambda: time["now"])
    return time


class Ada:
    """A contact with a mailbox and a phone, and the link that went to the mailbox."""

    def __init__(self, stack: Stack, **traits: Any) -> None:
        self.mail, self.phone = stack.ref("e", "ada@tea.example"), stack.ref("p", "+905321234567")
        held = {"email": "ada@tea.example", "phone": "+905321234567", "first_name": "Ada"} | traits
        values = {name: (Rank(False, Moment(1, 1)), value) for name, value in held.items() if value}
        contacts.save_profile(Profile(CONTACT, 0, values, (self.mail, self.phone)))
        contacts.save_state(State(CONTACT), [])

    @property
    def address(self) -> str:
        return hash_of(self.mail)

    def path(self, sent: int = NOW) -> str:
        url = Links(SIGNING, PUBLIC_URL).preferences_url(Preferring(CONTACT, MESSAGE, sent, self.address))
        return url.removeprefix(PUBLIC_URL)

    def say(self, *changes: Change, ref: str = "form", address: str = "") -> None:
        addresses.append(address or self.address, Entry(ref, NOW - DAY, NOW - DAY, "form:hello", changes))

    def look(self, sent: int = NOW) -> Reply:
        return send("GET", self.path(sent), headers=BROWSER)

    def press(self, action: str = "save", *, sent: int = NOW, page: Reply | None = None, **fields: Any) -> Reply:
        """Press a button of a page as it was shown, with what was changed on it."""
        shown = (page or self.look(sent)).text
        posted: dict[str, Any] = {}
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown):
            posted.setdefault(name, []).append(value)
        posted["on"] = re.findall(r'name="on" value="([^"]+)" checked', shown)
        posted["frequency"] = re.findall(r'name="frequency" value="(\w+)" checked', shown)
        posted["language"] = re.findall(r'<option value="([\w-]+)" lang="[\w-]+" selected', shown)
        return post_form(self.path(sent), posted | {"action": action} | fields)


def labels(page: Reply) -> dict[str, bool]:
    """The boxes of a page and whether they are ticked."""
    found = re.findall(r'name="on" value="[^"]+"( checked)?( disabled)?><label for="on-\d+">([^<]+)</label>', page.text)
    return {label: bool(checked) for checked, _, label in found}


def shop() -> Release:
    """The demo, which sends text messages as well."""
    raw = demo().model_dump(by_alias=True, exclude_defaults=True)
    return Release.model_validate(raw | {"templates": {"sms": {"hi": TEMPLATE}}})


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(live: Stack, method: str) -> None:
    ada = Ada(live)
    ada.say(Change("grant", "tips"))
    before = live.rows("contacts")
    page = send(method, ada.path(), headers=BROWSER)
    assert page.status == 200
    assert labels(page) == {
        "Yes, send me “Brewing tips” by e-mail.": True,
        "Yes, send me “Offers” by e-mail.": False,
    }
    assert live.rows("contacts") == before
    assert live.events() == []


def test_the_page_tells_no_name_no_phone_and_the_address_in_part_only(live: Stack) -> None:
    page = Ada(live).look()
    assert "a•••@tea.example" in page.text
    assert "ada@tea.example" not in page.text
    assert "Ada" not in page.text
    assert "532" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "script" not in page.text


def test_an_address_that_is_no_longer_the_contact_s_is_not_shown_at_all(live: Stack) -> None:
    page = Ada(live, email="new@tea.example").look()
    assert "•••" not in page.text
    assert "new@" not in page.text


def test_what_is_ticked_is_agreed_to_in_the_exact_words_beside_the_box(live: Stack) -> None:
    ada = Ada(live)
    page = ada.press(on=["email.offers"])
    assert "Saved" in page.text
    assert labels(page)["Yes, send me “Offers” by e-mail."]
    (entry,) = addresses.entries(ada.address)
    assert entry.changes == (Change("grant", "offers", "Yes, send me “Offers” by e-mail."),)
    assert (entry.source, entry.language, entry.page) == ("preference-page", "en", "preferences")
    assert entry.release
    (event,) = live.events()
    assert (event.name, event.source, event.ref) == ("Preferences Changed", own_ref(CONTACT), entry.ref)
    assert event.properties == {"message": MESSAGE, "consents": ["offers"]}


def test_what_is_unticked_is_withdrawn_and_the_facts_follow(live: Stack) -> None:
    ada = Ada(live)
    ada.say(Change("grant", "tips"), Change("grant", "offers"))
    ada.press(on=["email.offers"])
    head = addresses.head(ada.address)
    assert (allowed(head, "tips"), allowed(head, "offers")) == (False, True)
    counting = counters(demo())
    facts = rebuild(Contact(State(CONTACT), Profile(CONTACT)), live.events(), counting).state.facts
    assert facts.consents["tips"].withdrawn == NOW


def test_sent_again_the_same_page_changes_nothing(live: Stack, time: dict[str, int]) -> None:
    """A browser that loads the answer again must not bring back what was left in between."""
    ada = Ada(live)
    page = ada.look()
    ada.press(page=page, on=["email.tips"])
    time["now"] += 1000
    addresses.append(ada.address, Entry("u", NOW + 1000, NOW + 1000, "unsubscribe-page", (Change("withdrawal", "*"),)))
    time["now"] += 1000
    ada.press(page=page, on=["email.tips"])
    assert not allowed(addresses.head(ada.address), "tips")
    assert len(live.events()) == len({event.ref for event in live.events()}) == 1


def test_a_page_that_lay_open_while_its_reader_left_elsewhere_brings_nothing_back(
    live: Stack, time: dict[str, int]
) -> None:
    ada = Ada(live)
    ada.say(Change("grant", "tips"))
    page = ada.look()
    addresses.append(ada.address, Entry("u", NOW, NOW, "unsubscribe-page", (Change("withdrawal", "tips"),)))
    time["now"] += 1000
    ada.press(page=page, frequency="weekly")
    head = addresses.head(ada.address)
    assert not allowed(head, "tips")
    assert consent.frequency(head) == "weekly"


def test_a_pause_lasts_a_month_on_every_address_and_can_be_ended(live: Stack, time: dict[str, int]) -> None:
    ada = Ada(live)
    page = ada.press("pause")
    assert "Paused: until Dec 18, 2026" in page.text
    for ref in (ada.mail, ada.phone):
        assert consent.paused_until(addresses.head(hash_of(ref))) == NOW + 30 * DAY
    time["now"] += 1
    assert "Paused" not in ada.press("resume").text
    assert consent.paused_until(addresses.head(ada.address)) == 0


def test_everything_off_is_off_on_every_address(live: Stack) -> None:
    ada = Ada(live)
    ada.say(Change("grant", "tips"))
    page = ada.press("off", on=["email.tips", "email.offers"])
    assert "Everything is stopped" in page.text
    assert not any(labels(page).values())
    for ref in (ada.mail, ada.phone):
        assert addresses.head(hash_of(ref)).withdrawn == {"*": NOW}
    assert live.events()[0].properties["withdrawn"] == ["*", "sms:*"]


def test_topics_stand_for_each_channel_that_the_business_has_and_the_person_can_be_reached_by(stack: Stack) -> None:
    stack.publish(shop())
    ada = Ada(stack)
    page = ada.press(on=["sms.tips"])
    assert labels(page) == {
        "Yes, send me “Brewing tips” by e-mail.": False,
        "Yes, send me “Brewing tips” as text messages.": True,
        "Yes, send me “Offers” by e-mail.": False,
        "Yes, send me “Offers” as text messages.": False,
    }
    assert addresses.head(ada.address).granted == {}
    assert addresses.head(hash_of(ada.phone)).granted == {"tips": NOW}
    assert stack.events()[0].properties["consents"] == ["sms:tips"]


def test_after_thirty_days_a_link_is_good_for_less_but_not_for_more(live: Stack) -> None:
    ada, old = Ada(live), NOW - 30 * DAY - 1
    ada.say(Change("grant", "tips"), Change("frequency", "weekly"), Change("pause", str(NOW + DAY)))
    page = ada.look(old)
    assert "more than a month old" in page.text
    assert page.text.count(" disabled>") == 2  # A topic that is off, and the frequency that is more.
    ada.press("resume", sent=old, on=["email.tips", "email.offers"], frequency="every")
    head = addresses.head(ada.address)
    assert (allowed(head, "offers"), consent.frequency(head), consent.paused_until(head)) == (
        False,
        "weekly",
        NOW + DAY,
    )
    ada.press("save", sent=old, on=[], frequency="monthly")
    head = addresses.head(ada.address)
    assert (allowed(head, "tips"), consent.frequency(head)) == (False, "monthly")


def test_the_page_speaks_the_person_s_language_and_keeps_the_words_that_were_shown(stack: Stack) -> None:
    stack.publish(demo())
    ada = Ada(stack, language="tr-TR")
    page = ada.look()
    assert '<html lang="tr-TR"' in page.text
    assert "Size neler gönderelim?" in page.text
    ada.press(on=["email.tips"])
    (entry,) = addresses.entries(ada.address)
    assert (entry.language, entry.changes[0].wording) == ("tr-TR", "Evet, “Demleme ipuçları” e-posta ile gelsin.")


def test_a_language_that_is_chosen_becomes_the_trait_and_the_page_s(
    live: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = [("en", "English"), ("tr", "Türkçe")]
    monkeypatch.setattr("functions.track.preferences._languages", lambda release: offered)
    ada = Ada(live)
    page = ada.press(language="tr")
    assert "Kaydedildi" in page.text
    (event,) = live.events()
    assert (event.traits, event.proved) == ({"language": "tr"}, True)
    assert "xx" not in str(ada.press(language="xx").text.count('value="xx"'))
    assert len(live.events()) == 1


def test_a_link_to_somebody_who_was_erased_can_stop_and_start_nothing(live: Stack) -> None:
    ada = Ada(live)
    page = ada.look()
    contacts.save_state(replace(contacts.surviving(CONTACT).state, merged_into=""), [])
    with patch("functions.track.store.admit", lambda events: []):
        ada.press(page=page, on=["email.offers"])
        assert addresses.head(ada.address).version == 0
        ada.press("off", page=page)
    assert addresses.head(ada.address).withdrawn == {"*": NOW}
    assert live.events() == []


@pytest.mark.parametrize("path", ["/p/forged", "/p/" + "x" * 9000, "/p/%00"])
def test_a_forged_link_is_a_404_page(live: Stack, path: str) -> None:
    assert send("GET", path, headers=BROWSER).status == 404
    assert post_form(path, {"action": "off"}).status == 404


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"on=&on=&was=%F0%9F%AB%96", b"frequency=hourly&language=../x"])
def test_what_a_stranger_types_is_answered_and_changes_nothing(live: Stack, body: bytes) -> None:
    ada = Ada(live)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert send("POST", ada.path(), body, BROWSER | kind).status < 500
    assert addresses.head(ada.address).version == 0
    assert live.events() == []


def test_leaving_works_before_anything_is_published(stack: Stack) -> None:
    ada = Ada(stack)
    assert ada.press("off").status == 200
    assert addresses.head(ada.address).withdrawn == {"*": NOW}


def test_a_program_is_answered_as_programs_are(live: Stack) -> None:
    ada = Ada(live)
    reply = send("POST", ada.path(), b'{"action": "off"}', {"content-type": "application/json"})
    assert (reply.status, reply.json) == (200, {"success": True})
    assert addresses.head(ada.address).withdrawn == {"*": NOW}


def test_what_a_crash_left_undone_is_done_when_the_page_is_sent_again(
    live: Stack, monkeypatch: pytest.MonkeyPatch, time: dict[str, int]
) -> None:
    """Between any two writes: the ledgers are first, and a second try adds what is missing and nothing else."""
    ada = Ada(live)
    page = ada.look()
    kept = addresses.append
    for survived in range(3):
        left = iter(range(survived))

        def dying(address: str, entry: Entry, left: Iterator[int] = left) -> bool:
            if next(left, None) is None:
                raise RuntimeError("the function was stopped")
            return kept(address, entry)

        with monkeypatch.context() as patched:
            patched.setattr(addresses, "append", dying)
            patched.setattr("functions.tables.events.insert", _stopped)
            assert ada.press("pause", page=page, on=["email.tips"]).status == 503
        assert live.events() == []
        time["now"] += 1000
    assert ada.press("pause", page=page, on=["email.tips"]).status == 200
    (event,) = live.events()
    for ref in (ada.mail, ada.phone):
        assert [entry.ref for entry in addresses.entries(hash_of(ref))] == [event.ref]
        assert NOW <= consent.paused_until(addresses.head(hash_of(ref))) - 30 * DAY <= time["now"]
    assert allowed(addresses.head(ada.address), "tips")


def _stopped(*_: object) -> None:
    raise RuntimeError("the function was stopped")
