"""Forms as visitors meet them: languages, prefilling, proofs, scripts, and what keeps programs out."""

import base64
import hashlib
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions import clock
from functions.core.contact import Moment, Profile, Rank
from functions.core.identity import contact_id, hash_of
from functions.core.release import Release
from functions.tables import addresses, contacts
from functions.tokens import Proof, sign_proof
from local.emulator import EmulatorProcess
from tests.handlers.conftest import SIGNING, Stack, make_stack
from tests.handlers.http_client import BROWSER, Reply, post, post_form, send
from tests.handlers.test_pages import Page
from tests.scale import scaled

EMAIL = {"name": "email", "label": "E-mail", "type": "email", "required": True}
CITY = {"name": "city", "label": "City", "ask": "progressive", "required": True}
SIZE = {"name": "size", "label": "Size", "ask": "progressive", "required": True}
HOUSE = {"name": "house", "label": "House", "type": "radio", "options": ["hotel", "shop"], "prefill": True}
TEAS = {"name": "teas", "label": "Teas", "type": "checkboxes", "options": ["Black", "Green"], "prefill": True}
ROOMS = {"name": "rooms", "label": "Rooms", "type": "number", "show_when": {"field": "house", "is": "hotel"}}
DAY = {"name": "day", "label": "Day", "type": "date"}
NOTE = {"name": "note", "label": "Note", "type": "textarea", "prefill": True}
SOURCE = {"name": "source", "type": "hidden", "prefill": True}
FIXED = {"name": "place", "type": "hidden", "value": "fair"}
KILOS = {"name": "kilos", "label": "Kilo", "type": "number"}
TIPS = [{"topic": "tips", "label": "Evet, ipuçları gönderin."}]
FORMS: dict[str, Any] = {
    "rich": {"title": "Rich", "fields": [EMAIL, HOUSE, TEAS, ROOMS, DAY, NOTE, SOURCE, FIXED], "redirect": None},
    "known": {"title": "Known", "fields": [EMAIL, CITY, SIZE], "consents": TIPS, "progressive_at_most": 1},
    "silent": {"title": "Silent", "fields": [{**EMAIL, "ask": "progressive"}, SIZE], "consents": TIPS},
    "turkce": {
        "title": "Çay",
        "language": "tr",
        "fields": [EMAIL, KILOS, {"name": "tel", "label": "T", "type": "phone"}],
        "consents": TIPS,
        "words": {"missing-field": "Boş kalmasın."},
    },
    "guarded": {
        "title": "Guarded",
        "fields": [EMAIL],
        "protect": {"minimum_time": "3 seconds", "disposable": "refuse", "honeypot": False},
    },
    "flagged": {"title": "Flagged", "fields": [EMAIL], "protect": {"disposable": "flag"}, "redirect": "https://tea.example/ok"},
}  # fmt: skip


def release() -> Release:
    return Release.model_validate(
        {
            "sending": {
                "business": {"name": "Tea & Co", "site": "https://tea.example", "time_zone": "Europe/Istanbul"},
                "from": {"name": "Tea", "email": "hello@tea.example"},
                "topics": [{"id": "tips", "title": "Brewing tips"}],
            },
            "forms": FORMS,
        }
    )


@pytest.fixture
def forms(stack: Stack) -> Stack:
    stack.publish(release())
    return stack


def show(form: str, query: str = "") -> Reply:
    return send("GET", f"/f/{form}", headers=BROWSER, query=query)


def fields_of(reply: Reply) -> dict[str, str]:
    """Values of the inputs by name."""
    return {field["name"]: field.get("value", "") for field in Page(reply.text).all("input") if "name" in field}


def test_a_page_speaks_the_language_of_its_form(forms: Stack) -> None:
    assert Page(show("turkce").text).all("html")[0] == {"lang": "tr", "dir": "ltr"}
    assert "Gönder" in show("turkce").text
    thanks = send("GET", "/thanks/turkce", headers=BROWSER).text
    assert ("Teşekkür ederiz." in thanks, "Tea &amp; Co sitesine dön" in thanks) == (True, True)


def test_problems_are_said_in_the_form_s_language_and_keep_their_codes(forms: Stack) -> None:
    problems = post("/f/turkce", {"kilos": "5.00", "tel": "1"}).json["error"]["problems"]
    assert [(problem["code"], problem["field"]) for problem in problems] == [
        ("missing-field", "email"),
        ("invalid-number", "kilos"),
        ("invalid-phone", "tel"),
    ]
    assert [problem["message"] for problem in problems][:2] == [
        "Boş kalmasın.",
        "Lütfen bir sayı yazın, örneğin 1.234,5.",
    ]


def test_a_typed_thousand_and_a_local_number_are_kept_exactly(forms: Stack) -> None:
    post_form("/f/turkce", {"email": "ada@tea.example", "kilos": "5.000", "tel": "0532 123 45 67"})
    (event,) = forms.events()
    assert event.traits == {
        "email": "ada@tea.example",
        "kilos": 5000,
        "tel": "+905321234567",
        "phone": "+905321234567",
    }
    assert event.identities == (forms.ref("p", "+905321234567"),)


def test_the_proof_of_consent_says_in_which_language_and_where(forms: Stack) -> None:
    said = {"email": "ada@tea.example", "consent": "tips", "_page": "https://çay.example/"}
    post_form("/f/turkce", said)
    (entry,) = addresses.entries(hash_of(forms.ref("e", "ada@tea.example")))
    assert (entry.language, entry.page, entry.source) == ("tr", "https://çay.example/", "form:turkce")
    assert re.fullmatch("[0-9a-f]{32}", entry.release)


def test_the_query_fills_in_what_the_author_allowed_and_nothing_else(forms: Stack) -> None:
    query = "email=evil%40x.example&house=hotel&teas=Green&teas=Black&source=fair"
    query += "&place=evil&note=%3Cb%3E&_nonce=x&consent=tips"
    reply = show("rich", query)
    page = Page(reply.text)
    values = fields_of(reply)
    assert (values["email"], values["source"]) == ("", "fair")
    assert "place" not in values
    assert values["_nonce"] != "x"
    checked = [field["value"] for field in page.all("input") if "checked" in field]
    assert checked == ["hotel", "Black", "Green"]
    assert "&lt;b&gt;</textarea>" in reply.text
    assert "<b>" not in reply.text


def test_what_a_hidden_field_says_cannot_be_posted_otherwise(forms: Stack) -> None:
    post_form("/f/rich", {"email": "ada@tea.example", "place": "evil", "source": "x", "rooms": "3"})
    (event,) = forms.events()
    assert event.traits == {"email": "ada@tea.example", "place": "fair", "source": "x"}


def test_every_group_has_a_legend_and_every_control_a_label(forms: Stack) -> None:
    page = Page(post_form("/f/rich", {"house": "castle"}).text)
    labels = {label["for"] for label in page.all("label")}
    controls = [one for one in page.all("input", "select", "textarea") if one.get("type") != "hidden"]
    assert {one["id"] for one in controls} == labels
    assert len(page.all("fieldset")) == len(page.all("legend")) == 2
    assert page.all("fieldset")[0]["role"] == "radiogroup"
    assert page.all("fieldset")[0]["aria-describedby"] == "problem-house"


def test_conditions_hide_by_style_alone_and_the_policy_knows_the_rules(forms: Stack) -> None:
    reply = show("rich")
    policy = reply.headers["content-security-policy"]
    styles = re.findall(r"<style>(.*?)</style>", reply.text, re.DOTALL)
    assert "form:not(:has(#field-house:checked)) .when-rooms{display:none}" in styles[1]
    for style in styles:
        assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy
    assert "script" not in policy
    assert 'class="field when-rooms"' in reply.text


def test_a_day_that_is_none_comes_back_where_it_can_be_mended(forms: Stack) -> None:
    reply = post_form("/f/rich", {"email": "ada@tea.example", "day": "tomorrow"})
    (day,) = [field for field in Page(reply.text).all("input") if field.get("name") == "day"]
    assert (day["type"], day["value"], day["aria-invalid"]) == ("text", "tomorrow", "true")


def proof(stack: Stack, email: str = "ada@tea.example", *, days_ago: int = 0) -> str:
    ref = stack.ref("e", email)
    return sign_proof(SIGNING, Proof(contact_id(ref), hash_of(ref), clock.now_ms() - days_ago * 86_400_000))


def known(stack: Stack, **traits: str) -> None:
    """Ada told us these before."""
    ref = stack.ref("e", "ada@tea.example")
    rank = Rank(False, Moment(1, 1))
    contacts.save_profile(Profile(contact_id(ref), 0, {name: (rank, value) for name, value in traits.items()}, (ref,)))


def test_whoever_came_from_our_mail_is_asked_only_what_is_missing_and_shown_nothing(forms: Stack) -> None:
    known(forms, email="Ada@tea.example", city="Łódź")
    token = proof(forms)
    forms_page = show("known", f"sv={token}")
    assert "Łódź" not in forms_page.text
    assert "ada@" not in forms_page.text.lower()
    assert {"email", "size"} <= set(fields_of(forms_page))
    assert "city" not in fields_of(forms_page)
    assert fields_of(forms_page)["_sv"] == token


@pytest.mark.parametrize("token", ["", "x", "old", "other"])
def test_without_a_good_proof_everybody_gets_the_same_full_form(forms: Stack, token: str) -> None:
    known(forms, email="ada@tea.example", city="Łódź")
    sv = {"old": proof(forms, days_ago=31), "other": proof(forms)[:-5] + "AAAAA"}.get(token, token)
    reply = show("known", f"sv={sv}")
    assert {"email", "city", "size"} <= set(fields_of(reply))
    assert "_sv" not in fields_of(reply)


def test_a_proof_for_one_address_spares_the_questions_and_vouches_for_it_alone(forms: Stack) -> None:
    known(forms, email="ada@tea.example", city="Łódź")
    token = proof(forms)
    assert post_form("/f/known", {"email": "ADA@tea.example", "size": "3", "_sv": token}).status == 303
    assert post_form("/f/known", {"email": "bob@tea.example", "size": "3", "_sv": token}).status == 303
    assert post_form("/f/known", {"email": "ada@tea.example", "size": "3"}).status == 422
    ada, bob = forms.events()
    assert (ada.proved, bob.proved) == (True, False)
    assert bob.source == forms.ref("e", "bob@tea.example")


def test_a_proved_visitor_need_not_type_their_address_again(forms: Stack) -> None:
    known(forms, email="Ada@tea.example")
    token = proof(forms)
    assert "email" not in fields_of(show("silent", f"sv={token}"))
    post_form("/f/silent", {"size": "3", "consent": "tips", "_sv": token})
    (event,) = forms.events()
    assert (event.source, event.proved) == (forms.ref("e", "ada@tea.example"), True)
    assert set(addresses.head(hash_of(event.source)).granted) == {"tips"}
    assert post_form("/f/silent", {"size": "3"}).status == 422


def test_a_form_that_is_sent_sooner_than_anybody_types_asks_to_press_again(
    forms: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now_ms()
    monkeypatch.setattr(clock, "now_ms", lambda: now)
    nonce = fields_of(show("guarded"))["_nonce"]
    said = {"email": "ada@tea.example", "_nonce": nonce}
    hasty = post_form("/f/guarded", said)
    assert (hasty.status, "press the button once more" in hasty.text) == (422, True)
    assert fields_of(hasty) == fields_of(hasty) | said
    monkeypatch.setattr(clock, "now_ms", lambda: now + 3000)
    assert post_form("/f/guarded", said).status == 303
    assert len(forms.events()) == 1


def test_a_form_of_another_site_tells_no_time_and_is_not_punished(forms: Stack) -> None:
    assert post_form("/f/guarded", {"email": "ada@tea.example", "_website": "x"}).status == 303
    assert len(forms.events()) == 1


def test_throw_away_addresses_are_refused_flagged_or_let_be(forms: Stack) -> None:
    said = {"email": "x@mailinator.com"}
    assert post("/f/guarded", said).code == "disposable-address"
    assert post("/f/flagged", said).json["redirect"] == "https://tea.example/ok"
    post("/f/known", said | {"city": "x", "size": "y"})
    flagged, allowed = forms.events()
    assert (flagged.properties.get("disposable"), allowed.properties.get("disposable")) == (True, None)


def test_the_script_of_a_form_may_be_loaded_anywhere_and_carries_what_it_needs(forms: Stack) -> None:
    reply = send("GET", "/f/rich.js")
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
    told = re.search(r"const form = (\{.*\});", reply.text)
    assert told
    facts = json.loads(told[1])
    assert facts["prefill"] == ["house", "note", "source", "teas"]
    assert re.search(r'name="_nonce" value="\d{13}-[0-9a-f]{16}"', facts["html"])
    assert "</script" not in reply.text
    assert len(reply.body) < 16_000
    assert send("GET", "/f/nothing.js").status == 404


def test_an_embedded_form_gets_its_next_piece_of_html_and_any_site_may_read_it(forms: Stack) -> None:
    refused = post("/f/rich", {"email": "<i>", "_embedded": "yes"})
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (422, "*")
    assert "&lt;i&gt;" in refused.json["html"]
    assert "<i>" not in refused.json["html"]
    kept = post("/f/rich", {"email": "ada@tea.example", "_embedded": "yes"})
    assert (kept.status, 'class="done" role="status"' in kept.json["html"]) == (200, True)
    assert "html" not in post("/f/rich", {"email": "ada@tea.example"}).json


RELAXED = settings(
    max_examples=scaled(25), deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True
)
ODD = st.text(max_size=30) | st.sampled_from(
    ['"><script>alert(1)</script>', "9" * 400, "\x00", "٣٫٥", "-0", "1e999", "\ud7ff"]
)


@pytest.fixture(scope="module")
def fuzzed(emulator: EmulatorProcess, _clients: None) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        made = make_stack(emulator, patch, "fuzz forms")
        made.publish(release())
        yield made


NAMES = (
    "email",
    "house",
    "teas",
    "rooms",
    "day",
    "note",
    "source",
    "kilos",
    "tel",
    "consent",
    "_nonce",
    "_page",
    "_sv",
)


@RELAXED
@given(
    form=st.sampled_from([*FORMS, "rich.js", "nothing"]),
    typed=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), ODD | st.lists(ODD, max_size=3), max_size=8),
    accept=st.sampled_from(["text/html", "application/json"]),
    embedded=st.booleans(),
)
def test_whatever_is_typed_is_no_server_error_and_no_markup(
    fuzzed: Stack, form: str, typed: dict[str, Any], accept: str, embedded: bool
) -> None:
    if embedded:
        typed["_embedded"] = "yes"
    reply = post_form(f"/f/{form}", {k: _plain(v) for k, v in typed.items()}, {"accept": accept})
    assert reply.status in (200, 303, 400, 404, 422)
    assert "<script>" not in reply.text.replace("\\", "")
    assert reply.headers.get("location", "../thanks/") in ("../thanks/" + form, "../thanks/", "https://tea.example/ok")


@RELAXED
@given(
    form=st.sampled_from([*FORMS, "rich.js"]),
    query=st.dictionaries(st.sampled_from((*NAMES, "sv", "anonymousId")), ODD),
)
def test_whatever_the_query_says_is_no_server_error_and_no_markup(
    fuzzed: Stack, form: str, query: dict[str, str]
) -> None:
    reply = send("GET", f"/f/{form}", headers=BROWSER, query=urlencode({k: _plain(v) for k, v in query.items()}))
    assert reply.status == 200
    assert "<script>" not in reply.text


@RELAXED
@given(
    token=st.text(max_size=60),
    method=st.sampled_from(["GET", "POST", "HEAD"]),
    accept=st.sampled_from(["", "text/html"]),
)
def test_no_made_up_confirmation_leads_anywhere(fuzzed: Stack, token: str, method: str, accept: str) -> None:
    reply = send(method, f"/confirm/{token.replace('/', '')}", headers={"accept": accept})
    assert 400 <= reply.status < 500
    assert "location" not in reply.headers


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.encode("utf-8", "replace").decode()
