"""Consent that is asked twice: only a button behind the mail's link makes it, and nobody can be flooded."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.core import confirm
from functions.core.consent import Change, Head, allowed
from functions.core.contact import Moment, Rank
from functions.core.event import Event
from functions.core.identity import EMAIL, hash_of, identity_ref
from functions.core.release import Release, canonical, load
from functions.tables import addresses, contacts, events, messages
from functions.texts import catalogue
from functions.tokens import CONFIRM, sign
from tests.cloud import Cloud, marketing
from tests.cloud.cloud import PEPPER, SIGNING
from tests.cloud.mail import Mail
from tests.crash.scenarios import mail, unsubscribe_link

ADA = "Ada@example.com"
HOUR = 3_600_000
WORDING = "Yes, send me price lists and new harvests by e-mail. I can stop them at any time."
HTML = {"accept": "text/html"}


def ask(cloud: Cloud, email: str = ADA, form: str = "wholesale", **more: Any) -> dict[str, Any]:
    """Somebody types an address into the form and ticks the box. Each showing has a nonce of its own."""
    fields = {"name": "Ada", "company": "Çay Evi", "house": "cafe", "teas": "Black", "consent": "offers", **more}
    shown = cloud.clock.now - 5000
    body = {"email": email, "_nonce": f"{shown}-{shown:016x}", **fields}
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = cloud.http("POST", f"/f/{form}", urlencode(body), headers=kind)
    assert answer["statusCode"] == 200, answer
    return answer


def address_of(email: str = ADA) -> str:
    ref = identity_ref(EMAIL, email, PEPPER)
    assert ref
    return hash_of(ref)


def stored(cloud: Cloud) -> list[Event]:
    return [events.from_row(item) for item in cloud.items("events")]


def head(email: str = ADA) -> Head:
    return addresses.head(address_of(email))


def link_in(letter: Mail) -> str:
    found = re.search(r"https://tea\.example/confirm/\S+", letter.part("plain"))
    assert found
    assert found[0] in letter.part("html").replace("&amp;", "&"), "the link is not made a click"
    return found[0]


def asked_by_mail(cloud: Cloud) -> list[Mail]:
    return [one for one in cloud.mails if cloud.template_of(one).startswith("confirm")]


@pytest.fixture
def asked(cloud: Cloud) -> Cloud:
    """Ada was asked by mail whether it was her."""
    ask(cloud)
    cloud.settle()
    return cloud


def test_asking_is_no_consent_and_sends_one_mail(asked: Cloud) -> None:
    assert not allowed(head(), "offers")
    assert set(head().requested) == {"offers", confirm.BY_MAIL}
    (letter,) = asked.mails
    assert letter.subject == "Please confirm your address for Yellow Samovar Tea"
    assert "List-Unsubscribe" not in letter.parsed
    (said,) = [event for event in stored(asked) if event.name == "Form Submitted"]
    assert (said.properties["asked"], said.properties["confirmation"]) == (["offers"], True)
    assert "consents" not in said.properties


def test_looking_at_the_link_confirms_nothing_however_often_a_scanner_looks(asked: Cloud) -> None:
    for method in ("GET", "HEAD", "GET"):
        assert asked.http(method, link_in(asked.mails[0]).removeprefix("https://tea.example"))["statusCode"] == 200
    asked.settle()
    assert not allowed(head(), "offers")


def test_the_page_says_what_is_agreed_to_in_the_words_of_the_form(asked: Cloud) -> None:
    page = asked.http("GET", link_in(asked.mails[0]).removeprefix("https://tea.example"), headers=HTML)
    assert WORDING in page["body"]
    assert "Yes, I agree" in page["body"]
    assert "ada@example.com" not in page["body"].lower()


@pytest.mark.parametrize(
    ("told", "accepts", "language", "without"),
    [
        ("", "ru-RU,ru;q=0.9", "ru", "ru"),
        ("pl", "ru", "pl", "ru"),
        ("fr", "tr", "tr", "tr"),
        ("", "fr", "en", "en"),
        ("", "", "en", "en"),
    ],
)
def test_the_page_speaks_what_its_reader_told_or_their_browser_asks_for(
    asked: Cloud, told: str, accepts: str, language: str, without: str
) -> None:
    if told:
        contact = contacts.load([asked.contact(ADA)])[asked.contact(ADA)]
        traits = {**contact.profile.traits, "language": (Rank(False, Moment(asked.clock.now, 1)), told)}
        contacts.save_profile(replace(contact.profile, traits=traits))
    path, headers = link_in(asked.mails[0]).removeprefix("https://tea.example"), {**HTML, "accept-language": accepts}
    words = catalogue.texts(language)
    page = asked.http("GET", path, headers=headers)["body"]
    assert f'<html lang="{language}"' in page
    assert words["confirm-button"] in page
    assert f'<ul class="quoted" lang="en"><li>{WORDING}</li>' in page, "what was agreed to stays as it was read"
    asked.clock.now += 4 * 24 * HOUR
    late = asked.http("POST", path, headers=headers)
    assert late["statusCode"] == 410
    assert catalogue.texts(without)["expired-token"] in late["body"], "a link that is over tells of nobody"
    asked.clock.now -= 4 * 24 * HOUR
    assert words["confirmed-title"] in asked.http("POST", path, headers=headers)["body"]


def test_the_button_makes_consent_with_the_wording_that_was_ticked(asked: Cloud) -> None:
    asked.skip(hours=1)
    assert asked.follow(link_in(asked.mails[0]), "POST")["statusCode"] == 200
    assert allowed(head(), "offers")
    asked.settle()
    request, granted = sorted(addresses.entries(address_of()), key=lambda entry: entry.arrived)
    assert granted.changes == (Change("grant", "offers", WORDING),)
    assert (granted.source, granted.language, granted.release) == ("confirmed:wholesale", "en", request.release)
    (event,) = [event for event in stored(asked) if event.name == "Subscription Confirmed"]
    assert event.proved
    assert event.properties["consents"] == ["offers"]
    contact = contacts.load([asked.contact(ADA)])[asked.contact(ADA)]
    assert contact.state.facts.consents["offers"].granted == request.arrived


def test_pressing_again_is_one_confirmation(asked: Cloud) -> None:
    for _ in range(3):
        asked.follow(link_in(asked.mails[0]), "POST")
        asked.skip(hours=1)
    assert len(list(addresses.entries(address_of()))) == 2
    assert len([event for event in stored(asked) if event.name == "Subscription Confirmed"]) == 1


def test_an_unsubscribe_after_asking_wins_over_the_confirmation(asked: Cloud) -> None:
    cloud, letter = asked, asked.mails[0]
    ask(cloud, form="hello", consent="tips", first_name="Ada", _nonce="")
    cloud.settle()
    welcome = mail(cloud, "welcome")
    assert welcome
    cloud.http("POST", unsubscribe_link(welcome).removeprefix("https://tea.example"), "action=all")
    answer = cloud.follow(link_in(letter), "POST")
    assert (answer["statusCode"], "withdrawn-since" in answer["body"]) == (410, True)
    cloud.settle()
    assert not allowed(head(), "offers")
    assert "Subscription Confirmed" not in [event.name for event in stored(cloud)]


def test_an_unsubscribe_after_confirming_is_not_undone_by_the_same_link(asked: Cloud) -> None:
    letter = asked.mails[0]
    asked.follow(link_in(letter), "POST")
    asked.skip(hours=1)
    ask(asked, form="hello", consent="tips", first_name="Ada", _nonce="")
    asked.settle()
    welcome = mail(asked, "welcome")
    assert welcome
    asked.http("POST", unsubscribe_link(welcome).removeprefix("https://tea.example"), "action=all")
    assert asked.follow(link_in(letter), "POST")["statusCode"] == 410
    assert not allowed(head(), "offers")


def test_the_link_ends_and_a_new_submission_sends_a_new_one(asked: Cloud) -> None:
    asked.skip(days=3, hours=1)
    answer = asked.follow(link_in(asked.mails[0]), "POST")
    assert (answer["statusCode"], "expired-token" in answer["body"]) == (410, True)
    assert not allowed(head(), "offers")
    ask(asked)
    asked.settle()
    second = asked_by_mail(asked)[1]
    assert asked.follow(link_in(second), "POST")["statusCode"] == 200
    assert allowed(head(), "offers")


def test_a_stranger_who_types_an_address_again_and_again_sends_it_one_mail_in_some_hours(asked: Cloud) -> None:
    for number in range(6):
        asked.skip(hours=0.5)
        ask(asked, name=f"Stranger {number}")
        asked.settle()
    assert len(asked_by_mail(asked)) == 1
    asked.skip(hours=1.5)
    ask(asked, name="Stranger again")
    asked.settle()
    assert len(asked_by_mail(asked)) == 2


def test_other_forms_and_other_letter_case_share_the_quiet_hours(cloud: Cloud) -> None:
    content = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    content["forms"]["fair"] = content["forms"]["wholesale"]
    cloud.publish(canonical(Release.model_validate(content)))
    ask(cloud)
    ask(cloud, "ADA@EXAMPLE.COM", "fair")
    cloud.settle()
    assert len(cloud.mails) == 1


def test_posts_that_arrive_together_send_one_mail(cloud: Cloud) -> None:
    cloud.paused = {"score"}
    for number in range(3):
        ask(cloud, name=f"Ada {number}")
    cloud.paused = set()
    cloud.settle()
    assert len(cloud.mails) == 1


def test_whoever_confirmed_is_not_asked_again(asked: Cloud) -> None:
    asked.follow(link_in(asked.mails[0]), "POST")
    asked.skip(days=1)
    ask(asked)
    asked.settle()
    assert len(asked_by_mail(asked)) == 1
    assert allowed(head(), "offers")


def test_the_answer_to_a_form_is_the_same_whoever_is_already_known(asked: Cloud) -> None:
    asked.follow(link_in(asked.mails[0]), "POST")
    asked.settle()
    known, unknown = ask(asked), ask(asked, "nobody@example.com")
    assert (known["statusCode"], known["body"]) == (unknown["statusCode"], unknown["body"])


def test_a_suppressed_address_is_not_asked(cloud: Cloud) -> None:
    address = "complaint@simulator.amazonses.com"
    ask(cloud, address)
    cloud.settle()
    cloud.report(cloud.mails[0], "Complaint")
    cloud.settle()
    cloud.skip(days=1)
    ask(cloud, address)
    cloud.settle()
    assert len(cloud.mails) == 1


def test_no_program_s_event_makes_us_write_to_an_address(cloud: Cloud) -> None:
    said = {"form": "wholesale", "asked": ["offers"], "confirmation": True, "consents": ["offers"]}
    cloud.call("identify", messageId="i1", anonymousId="x", traits={"email": ADA})
    cloud.call("track", messageId="t1", anonymousId="x", event="Form Submitted", properties=said)
    refused = cloud.call("track", messageId="t2", anonymousId="x", event="Subscription Confirmed", properties=said)
    assert "reserved-event" in refused["body"]
    cloud.settle()
    assert cloud.mails == []
    assert not allowed(head(), "offers")


@pytest.mark.parametrize("what", ["form", "address", "request"])
def test_a_link_confirms_what_its_mail_asked_and_nothing_else(asked: Cloud, what: str) -> None:
    ask(asked, "bob@example.com")
    asked.settle()
    said = {"c": "c", "m": "m", "s": asked.clock.now, "f": "wholesale", "a": address_of(), "e": "e#x#1#y"}
    if what == "address":
        theirs = next(iter(addresses.entries(address_of("bob@example.com"))))
        said["e"] = theirs.ref
    forged = sign(SIGNING, CONFIRM, said | {"u": asked.clock.now + HOUR})
    assert asked.http("POST", f"/confirm/{forged}")["statusCode"] == 404
    for text in (forged[:-4] + "AAAA", "x", sign(SIGNING, "unsubscribe", said | {"u": asked.clock.now + HOUR})):
        assert asked.http("POST", f"/confirm/{text}")["statusCode"] == 404
    assert not allowed(head(), "offers")
    assert not allowed(head("bob@example.com"), "offers")


def test_a_mail_whose_person_has_another_address_by_now_is_not_sent(cloud: Cloud) -> None:
    cloud.paused = {"send"}
    ask(cloud)
    cloud.settle()
    profile = contacts.load([cloud.contact(ADA)])[cloud.contact(ADA)].profile
    moved = {**profile.traits, "email": (Rank(False, Moment(cloud.clock.now, 0)), "bob@example.com")}
    contacts.save_profile(replace(profile, traits=moved))
    cloud.paused = set()
    cloud.settle()
    (letter,) = messages.list_for(cloud.contact(ADA))
    assert (letter.state, letter.reason) == ("withheld", "other-address")
    assert cloud.mails == []
