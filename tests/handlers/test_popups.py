"""GET /popup: what a page shows, by two reads at most, and nothing about a person for a browser that is not proved."""

import gzip
import json
from typing import Any
from urllib.parse import urlencode

import botocore.client
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions import clock, releases
from functions.core.conditions import EventMatch
from functions.core.contact import Facts, Moment, Profile, Rank, State
from functions.core.counters import counter_id
from functions.core.identity import contact_id, hash_of
from functions.core.release import Release, canonical
from functions.pages import tracker
from functions.tables import contacts
from functions.tables import releases as published
from functions.tokens import Proof, sign_proof
from infra.paths import BUILD
from infra.tracker import tracker_script
from tests.handlers.conftest import SIGNING, Stack, demo
from tests.handlers.http_client import Reply, post_form, send
from tests.scale import scaled

POPUPS: dict[str, Any] = {
    "letter": {
        "title": "<b>A letter</b>",
        "text": "Çay \u2028 </script>",
        "form": "hello",
        "trigger": "leaving",
        "not_after": ["submitted", "dismissed"],
    },
    "vip": {
        "title": "For you",
        "to": "contacts",
        "when": {"tag": "vip"},
        "trigger": {"after": "5 seconds"},
        "priority": 9,
        "link": {"text": "Look", "to": "/vip"},
    },
    "ad": {
        "title": "Ad",
        "visit": {"came_by": {"utm_source": "ad"}},
        "trigger": {"scrolled": "50 percent"},
        "priority": 5,
    },
    "open": {"title": "Open", "on": ["/tea"], "trigger": {"clicked": "#open"}, "style": "bar", "language": "tr"},
}


def release(popups: dict[str, Any] | None = None) -> Release:
    plain = demo().model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return Release.model_validate({**plain, "popups": POPUPS if popups is None else popups})


@pytest.fixture
def shop(stack: Stack) -> Stack:
    stack.publish(release())
    return stack


def ask(**query: Any) -> Reply:
    return send("GET", "/popup", query=urlencode({"path": "/", **query}))


def ids(reply: Reply) -> list[str]:
    return [one["id"] for one in reply.json["popups"]]


def proof(stack: Stack, email: str = "ada@tea.example") -> str:
    ref = stack.ref("e", email)
    return sign_proof(SIGNING, Proof(contact_id(ref), hash_of(ref), clock.now_ms()))


def known(stack: Stack, **facts: Any) -> str:
    """Ada is known, and a very important person; her contact's id."""
    ref = stack.ref("e", "ada@tea.example")
    traits = {"email": (Rank(False, Moment(1, 1)), "ada@tea.example")}
    contact = contact_id(ref)
    contacts.save_profile(Profile(contact, 0, traits, (ref,)))
    contacts.save_state(State(contact, facts=Facts(tags={"vip": (Moment(1, 1), True)}, **facts)), [])
    return contact


def test_a_stranger_is_shown_one_and_what_waits_for_a_click(shop: Stack) -> None:
    reply = ask(path="/tea/")
    assert (reply.status, ids(reply)) == (200, ["letter", "open"])
    assert reply.headers["cache-control"] == "public, max-age=300"
    assert reply.headers["access-control-allow-origin"] == "*"
    letter, by_click = reply.json["popups"]
    assert (letter["trigger"], letter["often"], letter["notAfter"]) == (
        {"leaving": 1},
        [1, 604_800],
        ["submitted", "dismissed"],
    )
    assert (letter["title"], letter["close"], letter["form"]["id"]) == ("<b>A letter</b>", "Close", "hello")
    assert '<input id="field-email"' in letter["form"]["html"]
    assert (by_click["trigger"], by_click["close"], by_click.get("often")) == ({"clicked": "#open"}, "Kapat", None)
    assert abs(reply.json["at"] - clock.now_ms()) < 60_000
    assert reply.json["fresh"] == 300


def test_what_brought_the_visitor_and_what_this_browser_saw_decides(shop: Stack) -> None:
    assert ids(ask(q="utm_source=ad&utm_medium=%C3%A7")) == ["ad"]
    assert ids(ask(q="utm_source=ad", **{"not": "ad"})) == ["letter"]
    assert ids(ask(**{"not": "letter,else"})) == []
    assert ids(ask(sent="hello")) == []


def test_a_contact_is_known_by_a_proof_alone(shop: Stack) -> None:
    known(shop)
    token = proof(shop)
    reply = ask(sv=token)
    assert (ids(reply), reply.headers["cache-control"], reply.json["fresh"]) == (["vip"], "no-store", 0)
    assert reply.json["popups"][0]["link"] == {"text": "Look", "to": "/vip"}
    for forged in ("x", token[:-4] + "AAAA", token[:40], proof(shop, "bob@tea.example"), "ğ" * 3000):
        assert ids(ask(sv=forged)) == ["letter"], forged


def test_whoever_types_a_customer_s_address_is_told_nothing_of_that_customer(shop: Stack) -> None:
    before = ask().json["popups"]
    known(shop)
    said = {"email": "ada@tea.example", "consent": "tips", "anonymousId": "stranger-1", "_popup": "letter"}
    assert post_form("/f/hello", said).status == 303
    for more in ({}, {"email": "ada@tea.example"}, {"anonymousId": "stranger-1"}, {"sv": "ada@tea.example"}):
        assert ask(**more).json["popups"] == before


@pytest.mark.parametrize(("event", "more"), [("Popup Shown", {"popup": "vip"}), ("Popup Clicked", {"popup": "letter"})])
def test_what_a_contact_saw_in_any_browser_counts(shop: Stack, event: str, more: dict[str, str]) -> None:
    at = clock.now_ms() - 6 * 86_400_000
    known(shop, newest={counter_id(EventMatch(event=event, where=more)): (Moment(at, 1),)})
    assert ids(ask(sv=proof(shop))) == (["letter"] if more["popup"] == "vip" else ["vip"])


def test_a_contact_s_cap_ends(shop: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    at = clock.now_ms()
    known(shop, newest={counter_id(EventMatch(event="Popup Shown", where={"popup": "vip"})): (Moment(at, 1),)})
    token = proof(shop)
    assert ids(ask(sv=token)) == ["letter"]
    monkeypatch.setattr(clock, "now_ms", lambda: at + 7 * 86_400_000 + 1)
    assert ids(ask(sv=token)) == ["vip"]


def test_a_call_reads_the_tables_twice_at_most(shop: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    winner = known(shop)
    token = proof(shop)
    read: list[str] = []
    original = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def counted(self: Any, operation: str, arguments: Any) -> Any:
        if self.meta.service_model.service_name == "dynamodb":
            read.append(operation)
        return original(self, operation, arguments)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", counted)

    def reads(**query: Any) -> list[str]:
        read.clear()
        ask(**query)
        return list(read)

    releases.forget()
    assert reads() == ["BatchGetItem"]
    assert reads(sv=token) == ["BatchGetItem", "Query"], "not even where the keys were not read yet"
    assert reads(sv=token) == ["BatchGetItem", "Query"]
    assert reads(sv="forged") == ["BatchGetItem"]
    ref = shop.ref("e", "bob@tea.example")
    contacts.save_state(State(contact_id(ref), merged_into=winner), [])
    shop.dynamodb().update_item(
        TableName=shop.environment["CONTACTS_TABLE"],
        Key={"pk": {"S": f"C#{contact_id(ref)}"}, "sk": {"S": "S"}},
        UpdateExpression="SET #into = :winner",
        ExpressionAttributeNames={"#into": "into"},
        ExpressionAttributeValues={":winner": {"S": winner}},
    )
    assert len(reads(sv=proof(shop, "bob@tea.example"))) == 3, "one more where the contact was merged since"


def test_a_shop_without_pop_ups_reads_nothing_of_anybody(live: Stack) -> None:
    known(live)
    assert ask(sv=proof(live)).json["popups"] == []


@given(
    query=st.dictionaries(
        st.sampled_from(["path", "q", "r", "n", "not", "sent", "sv", "x"]), st.text(max_size=40), max_size=8
    )
)
@settings(max_examples=scaled(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_is_answered(query: dict[str, str], shop: Stack) -> None:
    said = urlencode({name: value.encode("utf-8", "surrogatepass") for name, value in query.items()})
    assert send("GET", "/popup", query=said).status == 200


@pytest.mark.parametrize("query", ["%", "path=%ff%fe", "q=" + "a&" * 500, "&".join(["x=1"] * 500), "n=" + "9" * 400])
def test_a_query_that_is_none_is_no_failure(shop: Stack, query: str) -> None:
    assert send("GET", "/popup", query=query).status in (200, 400)


def test_before_anything_is_published_a_page_is_asked_to_come_again(stack: Stack) -> None:
    assert ask().status == 503


def test_a_form_that_was_sent_in_a_pop_up_says_so_and_nobody_says_anything_else(shop: Stack) -> None:
    said = {"email": "ada@tea.example", "consent": "tips"}
    for popup in ("letter", "<script>", "", "x" * 64, "a\n"):
        post_form("/f/hello", {**said, "_popup": popup, "_nonce": popup})
    assert [event.properties.get("popup") for event in shop.events()].count("letter") == 1
    assert {event.properties.get("popup") for event in shop.events()} == {"letter", None}


def test_the_script_that_shows_them_is_one_for_all_and_loads_anywhere(shop: Stack) -> None:
    reply = send("GET", "/popup.js", headers={"accept-encoding": "gzip"})
    text = gzip.decompress(reply.body).decode()
    assert (reply.status, reply.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "__" not in text
    assert "export default" in text
    again = send("GET", "/popup.js", headers={"if-none-match": reply.headers["etag"]})
    assert (again.status, again.headers["access-control-allow-origin"]) == (304, "*")


def test_only_a_release_with_pop_ups_makes_browsers_ask(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracker, "SCRIPT", tracker_script(BUILD))
    published.publish(canonical(demo()), {}, by="ada", based_on=None)
    without = send("GET", "/samovar.js").text
    published.publish(canonical(release()), {}, by="ada", based_on=releases.live().id)
    script = send("GET", "/samovar.js").text
    told = json.loads(script[script.rindex("})({") + 3 : script.rindex(");")])["popups"]
    assert told == {"on": ["*", "/tea"], "q": ["utm_source"], "f": ["hello"]}
    assert ("popup" in without, "popup.js" in script) == (False, True)
    monkeypatch.setattr(releases, "SCRIPT", releases.SCRIPT + 1)
    assert send("GET", "/samovar.js").text == script, "also where the settings are made anew"
