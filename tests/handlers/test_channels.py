"""Other channels than e-mail, through the send function: texts, notifications and webhooks."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import http_ece
import jwt
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from standardwebhooks import Webhook as Receiver

from authoring import doctor
from functions import outbound, releases
from functions.core import webhook
from functions.core.consent import Change, Entry, suppression
from functions.core.contact import Facts, Moment, Profile, Rank, State
from functions.core.identity import ANONYMOUS, EMAIL, PHONE, PUSH, hash_of
from functions.core.keys import public_key
from functions.core.message import PATIENCE
from functions.core.push import Subscription
from functions.publish import keyring
from functions.releases import Keyring
from functions.tables import addresses, contacts, hooks, identities, messages, subscriptions
from functions.tables.identities import Identity
from tests.fakes import Asked, Server, https_server
from tests.handlers.conftest import PEPPER, SIGNING, WRITE_KEY, Stack
from tests.handlers.test_send import ADA, ADDRESS, NOW, RELEASE, World, settle

NUMBER = "+90 532 123 45 67"
E164 = "+905321234567"
BROWSER = "browser-1"
HOST = "push.example"
SECRETS = (webhook.new_secret(b"n" * 32), webhook.new_secret(b"o" * 32))
SENDING: Any = RELEASE["sending"]
CONTENT: dict[str, Any] = {
    **RELEASE,
    "sending": {**SENDING, "caps": [], "sms": {"sender": "YELLOWTEA", "countries": {"FR": {"refused": True}}}},
    "templates": {
        "sms": {
            "reminder": {
                "text": {"en": "“Tea”, {{ contact.first_name }}. STOP to end", "tr": "Çay, {{ contact.first_name }}"},
                "plain": True,
            },
            "blank": {"text": "{{ contact.nickname }}"},
        },
        "push": {
            "kettle": {
                "title": "Kettle ☕",
                "body": {"en": "Hello {{ contact.first_name }}", "tr": "Merhaba {{ contact.first_name }}"},
                "url": "https://tea.example/first-flush",
                "urgency": "high",
            }
        },
        "webhook": {
            "crm": {
                "url": f"https://{HOST}/hook",
                "secret": "crm",
                "type": "lead.hot",
                "payload": {"name": "{{ contact.first_name }}", "tags": ["{{ topic.title }}", 3], "ok": True},
            }
        },
    },
}


class House(World):
    """The same deployment with other channels' templates, and Ada's phone and browser."""

    def __init__(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(stack, monkeypatch)
        self.release = self.publish(CONTENT)
        self.vapid = keyring.new_vapid(NOW)
        first = public_key("tests", WRITE_KEY, at=0)
        row = keyring.to_row(Keyring(PEPPER, SIGNING, (first,), vapid=(self.vapid,), webhooks={"crm": SECRETS}), 0)
        from functions.aws.attributes import to_item

        stack.dynamodb().put_item(TableName=stack.environment["CONTACTS_TABLE"], Item=to_item(row))
        releases.forget()
        self.phone = stack.ref(PHONE, E164)
        self.browser = stack.ref(ANONYMOUS, BROWSER)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"
        self.push = ""

    def person(self, *refs: str, **traits: Any) -> None:
        held = {"email": ADDRESS, "first_name": "Ada", "phone": NUMBER} | traits
        profile = Profile(
            ADA,
            0,
            {name: (Rank(False, Moment(1, 1)), value) for name, value in held.items() if value},
            identities=frozenset(refs),
        )
        contacts.save_profile(profile)
        contacts.save_state(State(ADA, facts=Facts()), [])

    def agree(self, ref: str) -> None:
        change = (Change("grant", "tips", "Yes"),)
        addresses.append(hash_of(ref), Entry("form", self.now, self.now, "form:hello", change))

    def subscribe(self, endpoint: str, *, proved: str = "", at: int = 1) -> str:
        """A subscription of Ada's browser; its reference."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        p256dh, auth = (base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in (point, self.auth))
        ref = self.stack.ref(PUSH, endpoint)
        subscriptions.put(hash_of(ref), Subscription(endpoint, p256dh, auth, self.browser, proved, at))
        return ref

    def owns(self, *refs: str, contact: str = ADA) -> None:
        from functions.aws.attributes import to_item

        for ref in refs:
            row = to_item(identities.to_row(Identity(ref, contact)))
            self.stack.dynamodb().put_item(TableName=self.stack.environment["CONTACTS_TABLE"], Item=row)


@pytest.fixture
def house(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(stack, monkeypatch)


@pytest.fixture
def texts(house: House, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What SNS is asked to send."""
    original, taken = BaseClient._make_api_call, list[dict[str, Any]]()

    def kept(client: Any, operation: str, arguments: Any) -> Any:
        if operation == "Publish":
            taken.append(arguments)
            return {"MessageId": f"sns-{len(taken)}"}
        return original(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", kept)
    return taken


def fails(house: House, error: Exception) -> None:
    original = BaseClient._make_api_call

    def failing(client: Any, operation: str, arguments: Any) -> Any:
        if operation == "Publish":
            raise error
        return original(client, operation, arguments)

    house.monkeypatch.setattr(BaseClient, "_make_api_call", failing)


def refusal(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": E164}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Publish")


# Text messages.


def intend_sms(house: House, **more: Any) -> None:
    house.intend(**{"channel": "sms", "template": "reminder"} | more)


def test_a_text_goes_out_to_who_agreed_to_texts(house: House, texts: list[dict[str, Any]]) -> None:
    house.person(house.phone)
    house.agree(house.phone)
    intend_sms(house)
    assert house.deliver() == []
    (text,) = texts
    assert (text["PhoneNumber"], text["Message"]) == (E164, '"Tea", Ada. STOP to end')
    said = {name: value["StringValue"] for name, value in text["MessageAttributes"].items()}
    assert said == {"AWS.SNS.SMS.SMSType": "Promotional", "AWS.SNS.SMS.SenderID": "YELLOWTEA"}
    message = house.message()
    assert (message.state, message.provider_id, message.address) == ("sent", "sns-1", hash_of(house.phone))


def test_a_text_is_in_the_language_of_its_reader(house: House, texts: list[dict[str, Any]]) -> None:
    house.person(house.phone, locale="tr_TR", first_name="Işıl")
    house.agree(house.phone)
    intend_sms(house)
    house.deliver()
    assert texts[0]["Message"] == "Çay, Işıl"


def test_that_it_was_sent_is_an_event_once(house: House, texts: list[dict[str, Any]]) -> None:
    house.person(house.phone)
    house.agree(house.phone)
    intend_sms(house)
    house.deliver()
    house.deliver()
    (event,) = house.stack.events()
    assert (event.source, event.name) == (f"c#{ADA}", "SMS Sent")
    assert event.properties == {"message": "m1", "template": "reminder", "journey": "welcome", "step": "hello"}
    assert len(texts) == 1


def test_consent_to_mail_is_none_to_texts(house: House, texts: list[dict[str, Any]]) -> None:
    house.person(house.phone)
    house.agree(house.stack.ref(EMAIL, ADDRESS))
    intend_sms(house)
    house.deliver()
    assert (house.message().state, house.message().reason) == ("withheld", "no-consent")
    assert texts == []


def test_a_transactional_text_says_so_to_the_carrier(house: House, texts: list[dict[str, Any]]) -> None:
    house.person(house.phone)
    intend_sms(house, topic="orders")
    house.deliver()
    assert texts[0]["MessageAttributes"]["AWS.SNS.SMS.SMSType"]["StringValue"] == "Transactional"


@pytest.mark.parametrize(
    ("traits", "reason"),
    [
        ({"phone": None}, "missing-address"),
        ({"phone": "0532"}, "unusable-address"),
        ({"phone": "+33612345678"}, "missing-address"),
    ],
)
def test_no_text_goes_to_no_number(
    traits: dict[str, Any], reason: str, house: House, texts: list[dict[str, Any]]
) -> None:
    house.person(house.phone, **traits)
    intend_sms(house, topic="orders")
    house.deliver()
    assert (house.message().reason, texts) == (reason, [])


def test_a_refused_country_gets_none(house: House, texts: list[dict[str, Any]]) -> None:
    house.person(house.stack.ref(PHONE, "+33612345678"), phone="+33 6 12 34 56 78")
    intend_sms(house, topic="orders")
    house.deliver()
    assert (house.message().reason, texts) == ("country-refused", [])


def test_a_missing_variable_withholds_it(house: House, texts: list[dict[str, Any]]) -> None:
    house.person(house.phone)
    intend_sms(house, topic="orders", template="blank")
    house.deliver()
    assert (house.message().reason, house.message().detail) == ("missing-variable", "contact.nickname")


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (refusal("InvalidParameter"), "withheld", "provider-rejected"),
        (refusal("OptedOut"), "withheld", "provider-rejected"),
        (refusal("Throttling"), "intended", ""),
        (refusal("AuthorizationError", 403), "intended", ""),
        (refusal("InternalError", 500), "sending", ""),
        (ReadTimeoutError(endpoint_url="https://sns.example"), "sending", ""),
    ],
)
def test_what_became_of_a_text_follows_from_the_answer(error: Exception, state: str, reason: str, house: House) -> None:
    house.person(house.phone)
    fails(house, error)
    intend_sms(house, topic="orders")
    assert house.deliver() == []
    assert (house.message().state, house.message().reason) == (state, reason)
    assert E164 not in repr(house.message())


# Webhooks.


@pytest.fixture
def server(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Whoever is asked over https: on loopback, which is taken for public here and nowhere else."""
    monkeypatch.setattr(outbound, "is_public", lambda address: address == "127.0.0.1")
    with https_server(tmp_path, HOST) as running:
        ask = outbound._target

        def aimed(url: str, ports: Any) -> Any:
            target = ask(url, ports)
            return outbound._Target(target.host, running.port, target.path)

        monkeypatch.setattr(outbound, "_target", aimed)
        monkeypatch.setattr(outbound, "_lookup", lambda host, port: ["127.0.0.1"])
        monkeypatch.setattr(outbound, "_trust", lambda: running.trust)
        yield running


def intend_webhook(house: House, **more: Any) -> None:
    house.intend(**{"channel": "webhook", "template": "crm"} | more)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_webhook_is_what_its_receiver_verifies(secret: str, house: House, server: Server) -> None:
    house.person()
    house.now = int(__import__("time").time() * 1000)
    intend_webhook(house)
    assert house.deliver() == []
    (asked,) = server.asked
    said = Receiver(secret).verify(asked.body, asked.headers)
    assert said["type"] == "lead.hot"
    assert said["data"] == {"name": "Ada", "tags": ["Brewing tips", 3], "ok": True}
    assert (asked.headers["webhook-id"], asked.path) == ("m1", "/hook")
    assert house.message().state == "sent"
    assert [event.name for event in house.stack.events()] == ["Webhook Sent"]


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408, 301])
def test_a_webhook_is_tried_again_with_growing_pauses_until_it_is_taken(
    status: int, house: House, server: Server
) -> None:
    house.person()
    intend_webhook(house)
    server.answer = lambda asked: (status, {}, b"")
    pauses = []
    for _ in range(4):
        house.deliver()
        message = house.message()
        assert (message.state, message.due is not None) == ("intended", True)
        pauses.append((message.due or 0) - house.now)
        house.now = message.due or 0
        settle(ADA, "m1", house.now)
    assert pauses == sorted(set(pauses))
    server.answer = lambda asked: (204, {}, b"")
    house.deliver()
    assert house.message().state == "sent"
    assert {asked.headers["webhook-id"] for asked in server.asked} == {"m1"}


def test_a_webhook_is_given_up_when_its_time_is_over(house: House, server: Server) -> None:
    house.person()
    server.answer = lambda asked: (500, {}, b"")
    intend_webhook(house, expires=NOW + 1000)
    house.deliver()
    house.now = NOW + 2000
    house.deliver()
    assert (house.message().state, house.message().reason) == ("withheld", "too-late")


def test_a_webhook_whose_answer_was_lost_is_sent_again(house: House, server: Server) -> None:
    """What a crash leaves in sending is repeated: the id says that it is the same."""
    house.person()
    intend_webhook(house)
    message = house.message()
    from functions.core.message import begin

    messages.change(message, begin(message, "", house.now))
    house.now += PATIENCE + 1
    settle(ADA, "m1", house.now)
    house.deliver()
    assert (house.message().state, len(server.asked)) == ("sent", 1)


def test_a_refused_webhook_is_not_tried_again(house: House, server: Server) -> None:
    house.person()
    server.answer = lambda asked: (422, {}, b"no")
    intend_webhook(house)
    house.deliver()
    message = house.message()
    assert (message.state, message.reason, message.detail) == ("withheld", "provider-rejected", "http-422")


def told_of(house: House, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The letters that the owner gets."""
    letters: list[tuple[str, str]] = []
    monkeypatch.setattr("functions.alerts.tell", lambda *letter: letters.append(letter))
    return letters


def test_a_receiver_that_is_gone_is_asked_nothing_more_until_a_person_says_so_and_loses_nothing(
    house: House, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = told_of(house, monkeypatch)
    house.person()
    server.answer = lambda asked: (410, {}, b"")
    for id in ("m1", "m2"):
        intend_webhook(house, id=id)
    house.deliver("m1", "m2")
    house.now += 86_400_001
    house.deliver("m1", "m2")
    assert len(server.asked) == 1
    assert {house.message(id).state for id in ("m1", "m2")} == {"intended"}
    ((subject, text),) = letters
    assert subject == 'The receiver of the webhook "crm" is gone'
    assert HOST in text
    assert "samovar webhooks resume crm" in text
    assert "/hook" not in text, "an address may hold a secret"
    server.answer = lambda asked: (200, {}, b"")
    hooks.back("crm")
    house.deliver("m1", "m2")
    assert {house.message(id).state for id in ("m1", "m2")} == {"sent"}
    # Gone once more is news once more.
    server.answer = lambda asked: (410, {}, b"")
    intend_webhook(house, id="m3")
    house.deliver("m3")
    assert len(letters) == 2


def test_the_owner_is_told_later_where_telling_failed(
    house: House, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: str) -> None:
        raise ClientError({"Error": {"Code": "Throttling", "Message": ""}}, "Publish")

    monkeypatch.setattr("functions.alerts.tell", failing)
    house.person()
    server.answer = lambda asked: (410, {}, b"")
    for id in ("m1", "m2"):
        intend_webhook(house, id=id)
    house.deliver("m1")
    letters = told_of(house, monkeypatch)
    house.deliver("m2")
    assert letters == [], "perhaps whoever noted it is just telling"
    house.now += 60_001
    for _ in range(2):
        house.deliver("m1", "m2")
    assert (len(letters), len(server.asked)) == (1, 1)


def test_another_address_of_a_webhook_begins_anew(house: House, server: Server) -> None:
    house.person()
    hooks.note_gone("crm", "https://old.example/hook", house.now)
    intend_webhook(house)
    house.deliver()
    assert house.message().state == "sent"


def test_the_doctor_names_receivers_of_the_live_release_that_are_gone(house: House) -> None:
    release = releases.live().release
    for name, url in (("crm", f"https://{HOST}/hook"), ("taken-out", "https://x.example/")):
        hooks.note_gone(name, url, NOW)
    (check,) = doctor.of_receivers(release)
    assert (check.name, check.state) == ("webhook", "watch")
    assert "the receiver of crm is gone (410), since 20" in check.found
    assert "samovar webhooks resume crm" in check.what_to_do
    hooks.back("crm")
    hooks.note_gone("crm", "https://another.example/", NOW)
    assert not list(doctor.of_receivers(release))


def test_without_its_secret_a_webhook_waits(house: House, server: Server) -> None:
    house.person()
    house.stack.put_keys(public_key("tests", WRITE_KEY, at=0))
    intend_webhook(house)
    house.deliver()
    assert (house.message().state, server.asked) == ("intended", [])


# Web push.


def intend_push(house: House, **more: Any) -> None:
    house.intend(**{"channel": "push", "template": "kettle"} | more)


def subscribed(house: House, *, proved: str = ADA, path: str = "/send/abc") -> str:
    ref = house.subscribe(f"https://{HOST}{path}", proved=proved)
    house.owns(ref, house.browser)
    house.agree(ref)
    house.person(house.stack.ref(EMAIL, ADDRESS), house.browser, ref)
    return ref


def opened(house: House, asked: Asked) -> dict[str, Any]:
    """What the browser reads with its own keys."""
    plain = http_ece.decrypt(asked.body, private_key=house.key, auth_secret=house.auth, version="aes128gcm")
    said: dict[str, Any] = json.loads(plain)
    return said


def test_only_the_browser_can_read_a_notification(house: House, server: Server) -> None:
    subscribed(house)
    intend_push(house)
    server.answer = lambda asked: (201, {"location": "https://push.example/m/77"}, b"")
    assert house.deliver() == []
    (asked,) = server.asked
    assert b"Ada" not in asked.body
    said = opened(house, asked)
    assert (said["title"], said["body"], said["tag"]) == ("Kettle ☕", "Hello Ada", "m1")
    assert said["url"].startswith("https://go.tea.example/c/")
    assert (asked.path, asked.headers["content-encoding"], asked.headers["urgency"]) == (
        "/send/abc",
        "aes128gcm",
        "high",
    )
    assert int(asked.headers["ttl"]) == 3 * 86_400
    assert (house.message().state, house.message().provider_id) == ("sent", "77")
    assert [event.name for event in house.stack.events()] == ["Push Sent"]


def test_the_push_service_learns_who_sends_by_a_token_that_verifies(house: House, server: Server) -> None:
    subscribed(house)
    intend_push(house)
    house.deliver()
    scheme, _, rest = server.asked[0].headers["authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, parts["k"]) == ("vapid", house.vapid.public)
    point = base64.urlsafe_b64decode(parts["k"] + "==")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    claims = jwt.decode(parts["t"], public, algorithms=["ES256"], audience=f"https://{HOST}")
    assert claims["sub"] == "mailto:hello@tea.example"
    assert claims["exp"] - __import__("time").time() < 24 * 3600


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_is_suppressed_and_forgotten(status: int, house: House, server: Server) -> None:
    ref = subscribed(house)
    server.answer = lambda asked: (status, {}, b"")
    intend_push(house)
    house.deliver()
    assert (house.message().state, house.message().reason) == ("withheld", "provider-rejected")
    assert suppression(addresses.head(hash_of(ref))) == "gone"
    assert subscriptions.read([hash_of(ref)]) == {}
    intend_push(house, id="m2")
    house.deliver("m2")
    assert (house.message("m2").reason, len(server.asked)) == ("missing-address", 1)


@pytest.mark.parametrize(
    ("status", "state"), [(429, "intended"), (503, "intended"), (403, "intended"), (400, "withheld"), (500, "sending")]
)
def test_what_became_of_a_notification_follows_from_the_answer(
    status: int, state: str, house: House, server: Server
) -> None:
    subscribed(house)
    server.answer = lambda asked: (status, {}, b"")
    intend_push(house)
    house.deliver()
    assert house.message().state == state


def test_what_concerns_ada_is_shown_in_no_browser_that_nothing_proves_hers(house: House, server: Server) -> None:
    subscribed(house, proved="")
    intend_push(house)
    house.deliver()
    assert (house.message().reason, server.asked) == ("unproved-browser", [])


def test_a_browser_that_is_somebody_elses_now_shows_nothing_of_hers(house: House, server: Server) -> None:
    subscribed(house)
    house.owns(house.browser, contact="bob00000000000000000000000")
    intend_push(house)
    house.deliver()
    assert (house.message().reason, server.asked) == ("unproved-browser", [])


def test_a_visitor_whom_nobody_knows_needs_no_proof(house: House, server: Server) -> None:
    ref = house.subscribe(f"https://{HOST}/send/abc")
    house.owns(ref, house.browser)
    house.agree(ref)
    house.person(house.browser, ref)
    intend_push(house)
    house.deliver()
    assert house.message().state == "sent"


def test_of_several_browsers_the_newest_gets_it(house: House, server: Server) -> None:
    old = house.subscribe(f"https://{HOST}/old", proved=ADA, at=1)
    new = house.subscribe(f"https://{HOST}/new", proved=ADA, at=2)
    house.owns(old, new, house.browser)
    house.agree(old)
    house.agree(new)
    house.person(house.stack.ref(EMAIL, ADDRESS), house.browser, old, new)
    intend_push(house)
    house.deliver()
    assert [asked.path for asked in server.asked] == ["/new"]


def test_a_subscription_to_an_address_inside_ends(house: House) -> None:
    ref = house.subscribe("https://10.0.0.1/x", proved=ADA)
    house.owns(ref, house.browser)
    house.agree(ref)
    house.person(house.stack.ref(EMAIL, ADDRESS), house.browser, ref)
    intend_push(house)
    house.deliver()
    assert house.message().reason == "provider-rejected"
    assert subscriptions.read([hash_of(ref)]) == {}
