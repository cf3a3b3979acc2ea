"""Form posts, from a browser or a program, kept once and with proof of consent."""

import json
from typing import Any

import pytest

from functions import releases
from functions.core.consent import Change, Head
from functions.core.identity import hash_of
from functions.core.release import Release
from functions.tables import addresses
from tests.forms import english
from tests.handlers.conftest import Stack, demo
from tests.handlers.http_client import BROWSER, Reply, post, post_form, send

ADA = {"email": "Ada@Tea.example", "first_name": "Ada", "consent": ["tips"]}
NONCE = "1790000000000-0123456789abcdef"


def ledger(stack: Stack, email: str = "ada@tea.example") -> Head:
    return addresses.head(hash_of(stack.ref("e", email)))


def multipart(fields: dict[str, str], boundary: str = "tea") -> tuple[bytes, dict[str, str]]:
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    upload = f'--{boundary}\r\nContent-Disposition: form-data; name="email"; filename="x.txt"\r\n\r\nevil\r\n'
    body = ("".join(parts) + upload + f"--{boundary}--\r\n").encode()
    return body, BROWSER | {"content-type": f"multipart/form-data; boundary={boundary}"}


def submit(**fields: Any) -> Reply:
    return post_form("/f/hello", ADA | fields)


def test_a_browser_s_submission_is_kept_and_led_on_to_thanks(live: Stack) -> None:
    reply = submit(
        favourite="Green", note="Two\r\nlines", wholesale="yes", anonymousId="a1", _page="https://tea.example/"
    )
    assert (reply.status, reply.headers["location"]) == (303, "../thanks/hello")
    (event,) = live.events()
    assert (event.name, event.source, event.identities) == (
        "Form Submitted",
        live.ref("e", "ada@tea.example"),
        (live.ref("a", "a1"),),
    )
    assert event.properties == {"form": "hello", "page": "https://tea.example/", "consents": ["tips"]}
    assert event.traits == {
        "email": "Ada@Tea.example",
        "first_name": "Ada",
        "favourite": "Green",
        "note": "Two\nlines",
        "wholesale": True,
    }


def test_multipart_and_json_say_the_same_as_urlencoded(live: Stack) -> None:
    body, headers = multipart({"email": "ada@tea.example", "first_name": "Ada", "consent": "tips"})
    assert send("POST", "/f/hello", body, headers).status == 303
    assert post("/f/hello", {"email": "bob@tea.example", "consent": {"tips": True, "offers": False}}).json == {
        "success": True,
        "thanks": "The kettle is on.",
    }
    assert [event.properties for event in live.events()] == [{"form": "hello", "consents": ["tips"]}] * 2


def test_consent_is_proved_with_the_exact_wording_of_the_ticked_box(live: Stack) -> None:
    submit(_page="https://tea.example/letter")
    (entry,) = addresses.entries(hash_of(live.ref("e", "ada@tea.example")))
    assert entry.changes == (Change("grant", "tips", "Yes, send me brewing tips."),)
    assert entry.source == "form:hello"
    assert entry.ref == live.events()[0].ref
    assert (entry.language, entry.page) == ("en", "https://tea.example/letter")
    assert entry.release == releases.live().id


def test_submitting_again_without_a_tick_takes_nothing_back(live: Stack) -> None:
    submit(consent=["tips", "offers"])
    submit(consent=["tips"], first_name="Ada L.")
    head = ledger(live)
    assert set(head.granted) == {"tips", "offers"}
    assert not head.withdrawn


def test_a_double_click_is_one_submission_and_a_corrected_one_is_another(live: Stack) -> None:
    for name in ("Ada", "Ada", "Ada L."):
        submit(_nonce=NONCE, first_name=name)
    assert [event.traits["first_name"] for event in live.events()] == ["Ada", "Ada L."]


def test_a_double_click_on_any_html_form_is_one_submission_too(live: Stack) -> None:
    submit()
    submit()
    # A quarter-hour may just have ended between the two.
    assert len(live.events()) in (1, 2)
    assert len({event.id for event in live.events()}) == 1


def test_a_form_without_an_address_joins_by_the_browser_s_id_or_stands_alone(live: Stack) -> None:
    post_form("/f/call-me", {"name": "Ada", "anonymousId": "a1"})
    reply = post_form("/f/call-me", {"name": "Bob"})
    assert reply.headers["location"] == "https://tea.example/ok"
    first, second = live.events()
    assert first.source == live.ref("a", "a1")
    assert second.source.startswith("a#")
    assert second.source != first.source


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"email": ""}, "missing-field", "email"),
        ({"email": "ada@"}, "invalid-email", "email"),
        ({"email": "ada@tea.example\r\nBcc: all@tea.example"}, "invalid-characters", "email"),
        ({"first_name": "Ada\r\nBcc: x@y.z"}, "invalid-characters", "first_name"),
        ({"first_name": "x" * 21}, "too-long", "first_name"),
        ({"favourite": "Coffee"}, "unknown-option", "favourite"),
        ({"consent": []}, "missing-consent", "consent.tips"),
        ({"first_name": {"a": 1}}, "wrong-type", "first_name"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(live: Stack, fields: dict[str, Any], code: str, field: str) -> None:
    reply = post("/f/hello", ADA | fields)
    assert 400 <= reply.status < 500
    assert (reply.code, reply.json["error"]["field"]) == (code, field)
    assert live.events() == []
    assert ledger(live).version == 0


def test_everything_that_is_wrong_is_named_at_once(live: Stack) -> None:
    problems = post("/f/hello", {"favourite": "Coffee"}).json["error"]["problems"]
    assert [problem["field"] for problem in problems] == ["email", "favourite", "consent.tips"]


def test_the_form_comes_back_with_what_was_typed_escaped_and_errors_beside_the_fields(live: Stack) -> None:
    reply = submit(email="ada", first_name='"><script>x', favourite="Green", note="</textarea><b>", _nonce=NONCE)
    assert reply.status == 422
    page = reply.text
    assert "<script" not in page
    assert "<b>" not in page
    assert 'value="&#34;&gt;&lt;script&gt;x"' in page
    assert "&lt;/textarea&gt;&lt;b&gt;" in page
    assert "<option selected>Green</option>" in page
    assert f'name="_nonce" value="{NONCE}"' in page
    assert 'aria-invalid="true" aria-describedby="problem-email"' in page
    assert 'id="problem-email">Please enter a complete e-mail address.' in page
    assert 'value="tips" checked' in page


def test_a_program_that_fills_the_hidden_field_is_thanked_and_forgotten(live: Stack) -> None:
    assert submit(_website="https://spam.example").status == 303
    assert live.events() == []
    assert ledger(live).version == 0


def test_an_unknown_form_is_a_404_with_a_code_or_a_page(live: Stack) -> None:
    assert (post("/f/nothing", ADA).status, post("/f/nothing", ADA).code) == (404, "unknown-form")
    assert "text/html" in post_form("/f/nothing", ADA).headers["content-type"]


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"email=%ff", "application/x-www-form-urlencoded", "invalid-utf-8"),
        (b"email=\xff", "application/x-www-form-urlencoded", "invalid-utf-8"),
        (b"&".join(b"a=1" for _ in range(300)), "application/x-www-form-urlencoded", "too-many-fields"),
        (b"{broken", "application/json", "invalid-json"),
        (b"nothing", "multipart/form-data", "invalid-body"),
        (b"nothing", "multipart/form-data; boundary=\x00", "invalid-body"),
        (b"--tea\r\n\r\n--tea--", "multipart/form-data; boundary=tea", "invalid-body"),
        (b"a=" + b"x" * 600_000, "text/plain", "body-too-large"),
    ],
)
def test_a_post_that_is_no_form_is_refused_with_a_code(live: Stack, body: bytes, kind: str, code: str) -> None:
    reply = send("POST", "/f/hello", body, {"content-type": kind})
    assert (400 <= reply.status < 500, reply.code) == (True, code)


@pytest.mark.parametrize("name", ["http://e.example", "WWW.evil.example", "hxxp://evil"])
def test_nobody_sends_others_a_link_by_way_of_a_name(live: Stack, name: str) -> None:
    reply = submit(first_name=name)
    assert reply.status == 422
    assert "Please leave out web addresses." in reply.text
    assert live.events() == []


def test_a_second_e_mail_field_does_not_become_the_sender_s_address(live: Stack) -> None:
    from functions.core.forms import Form
    from functions.core.submission import read, to_event

    fields = [
        {"name": "friend", "label": "A friend", "type": "email"},
        {"name": "email", "label": "You", "type": "email"},
    ]
    form = Form.model_validate({"title": "Tell a friend", "fields": fields})
    typed = {"friend": ["bob@tea.example"], "email": ["ada@tea.example"]}
    said, problems = read("tell", form, typed, english())
    event = to_event(said, form, typed, received=1, pepper=b"p", page="", user_agent="")
    assert problems == []
    assert event.traits["email"] == "ada@tea.example"


def test_a_browser_in_a_hurry_cannot_make_the_ledger_fail(live: Stack) -> None:
    for _ in range(3):
        submit(_nonce=NONCE)
    assert ledger(live).version == 1
    assert json.dumps(live.events()[0].properties)


def asking_for_both(**more: Any) -> Release:
    """The demo with a form that asks for letters and for text messages."""
    raw = demo().model_dump(by_alias=True, exclude_defaults=True)
    raw["forms"]["both"] = {
        "title": "Both",
        "fields": [
            {"name": "email", "label": "E-mail", "type": "email"},
            {"name": "mobile", "label": "Mobile", "type": "phone"},
        ],
        "consents": [
            {"topic": "tips", "label": "Tips by mail, please."},
            {"topic": "tips", "channel": "sms", "label": "Tips as text messages, please."},
        ],
        **more,
    }
    raw["sending"]["business"]["country"] = "TR"
    return Release.model_validate(raw)


BOTH = {"email": "ada@tea.example", "mobile": "0532 123 45 67", "consent": ["tips", "sms:tips"], "_nonce": NONCE}


def test_a_box_of_another_channel_agrees_for_the_number_and_each_ledger_keeps_its_own_words(stack: Stack) -> None:
    stack.publish(asking_for_both())
    page = send("GET", "/f/both", headers=BROWSER)
    assert 'value="sms:tips"' in page.text
    for _ in range(2):
        assert post_form("/f/both", BOTH).status == 303
    phone = hash_of(stack.ref("p", "+905321234567"))
    assert [entry.changes for entry in addresses.entries(phone)] == [
        (Change("grant", "tips", "Tips as text messages, please."),)
    ]
    mailbox = hash_of(stack.ref("e", "ada@tea.example"))
    assert [entry.changes for entry in addresses.entries(mailbox)] == [
        (Change("grant", "tips", "Tips by mail, please."),)
    ]
    assert stack.events()[0].properties["consents"] == ["tips", "sms:tips"]


def test_a_box_about_the_number_needs_the_number_and_says_so_beside_its_field(stack: Stack) -> None:
    stack.publish(asking_for_both())
    for number in ("", "12"):
        said = post("/f/both", BOTH | {"mobile": number})
        assert said.status == 422
        assert [problem["field"] for problem in said.json["error"]["problems"]] == ["mobile"]
    assert post_form("/f/both", BOTH | {"mobile": "", "consent": ["tips"]}).status == 303
    assert addresses.head(hash_of(stack.ref("p", "+905321234567"))).version == 0


def test_submitting_again_without_the_box_takes_nothing_back(stack: Stack) -> None:
    stack.publish(asking_for_both())
    post_form("/f/both", BOTH)
    post_form("/f/both", BOTH | {"consent": [], "_nonce": NONCE[:-1] + "0"})
    for ref in (stack.ref("p", "+905321234567"), stack.ref("e", "ada@tea.example")):
        head = addresses.head(hash_of(ref))
        assert head.granted.keys() == {"tips"}
        assert not head.withdrawn


def test_a_mail_that_asks_to_confirm_is_about_the_mailbox_alone(stack: Stack) -> None:
    raw = asking_for_both(double_opt_in={"email": "confirm"}).model_dump(by_alias=True, exclude_defaults=True)
    raw["emails"] = {"confirm": {"subject": "S", "html": "H", "text": "T"}}
    stack.publish(Release.model_validate(raw))
    post_form("/f/both", BOTH)
    head = addresses.head(hash_of(stack.ref("e", "ada@tea.example")))
    assert (head.granted, head.requested.keys()) == ({}, {"tips", "@mail"})
    assert addresses.head(hash_of(stack.ref("p", "+905321234567"))).granted.keys() == {"tips"}
    (event,) = stack.events()
    assert (event.properties["consents"], event.properties["asked"]) == (["sms:tips"], ["tips"])


def test_a_renamed_form_is_found_by_both_names_and_kept_under_its_first(stack: Stack) -> None:
    stack.publish(demo().model_copy(update={"names": {"form hello": "good-day"}}))
    for number, address in enumerate(("hello", "good-day")):
        assert send("GET", f"/f/{address}", headers=BROWSER).status == 200
        reply = post_form(f"/f/{address}", ADA | {"email": f"ada{number}@tea.example"})
        assert (reply.status, reply.headers["location"]) == (303, "../thanks/hello")
    assert [event.properties["form"] for event in stack.events()] == ["hello", "hello"]
