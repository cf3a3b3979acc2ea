"""Public pages: forms that work for everybody, and the description of the API."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from functions.core import wire
from functions.core.forms import Form
from functions.core.release import Release
from functions.pages import render
from infra.api import PAGES, TRACK
from tests.handlers.conftest import HELLO, Stack, demo
from tests.handlers.http_client import BROWSER, Reply, send


class Page(HTMLParser):
    """What a screen reader and a browser make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, *names: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def form_page(query: str = "") -> Reply:
    return send("GET", "/f/hello", headers=BROWSER | {"referer": "https://tea.example/"}, query=query)


def test_every_field_of_a_form_has_a_label_of_its_own(live: Stack) -> None:
    page = Page(form_page().text)
    labelled = {label["for"] for label in page.all("label")}
    visible = [field for field in page.all("input", "select", "textarea") if field.get("type") != "hidden"]
    assert len(visible) == len(HELLO["fields"]) + len(HELLO["consents"]) + 1  # type: ignore[arg-type]
    assert {field["id"] for field in visible} == labelled
    assert page.all("html")[0]["lang"] == "en"
    assert page.all("meta")[1]["content"] == "width=device-width, initial-scale=1"


def test_a_form_page_needs_no_script_and_its_policy_allows_none(live: Stack) -> None:
    reply = form_page()
    policy = reply.headers["content-security-policy"]
    assert "<script" not in reply.text
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    style = re.search(r"<style>(.*?)</style>", reply.text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy


def test_each_showing_of_a_form_has_its_own_nonce_and_remembers_the_page(live: Stack) -> None:
    hidden = {field["name"]: field.get("value") for field in Page(form_page("anonymousId=a1").text).all("input")}
    assert re.fullmatch(r"\d{13}-[0-9a-f]{16}", hidden["_nonce"] or "")
    assert (hidden["_page"], hidden["anonymousId"]) == ("https://tea.example/", "a1")


def test_people_do_not_meet_the_trap(live: Stack) -> None:
    text = form_page().text
    assert '<div class="trap" aria-hidden="true">' in text
    assert re.search(r'name="_website" tabindex="-1" autocomplete="off"', text)


def test_a_form_may_lead_on_to_the_page_that_its_author_named(live: Stack) -> None:
    policy = send("GET", "/f/call-me").headers["content-security-policy"]
    assert "form-action 'self' https://tea.example;" in policy


def test_what_the_author_and_the_query_say_is_escaped(live: Stack) -> None:
    assert "Tea &amp; Co" in form_page().text
    reply = form_page("anonymousId=%22%3E%3Cscript%3E")
    assert "<script" not in reply.text
    evil = Form.model_validate({"title": "<b>", "fields": [{"name": "a", "label": "<i>"}], "button": "<u>"})
    assert re.search("<[biu]>", render.form("x", evil, render.Showing({}))["body"]) is None


def test_thanks_are_said_in_the_author_s_words(live: Stack) -> None:
    reply = send("GET", "/thanks/hello", headers=BROWSER)
    assert (reply.status, "The kettle is on." in reply.text) == (200, True)
    assert '<a href="https://tea.example" rel="noreferrer">Back to Tea &amp; Co</a>' in reply.text


@pytest.mark.parametrize("path", ["/f/nothing", "/thanks/nothing"])
def test_a_page_that_is_not_there_is_a_404_for_people_and_programs(live: Stack, path: str) -> None:
    assert "text/html" in send("GET", path, headers=BROWSER).headers["content-type"]
    assert (send("GET", path).status, send("GET", path).code) == (404, "unknown-form")


def test_the_api_says_that_it_is_there_and_nothing_more(stack: Stack) -> None:
    assert send("GET", "/").json == {"ok": True}
    assert send("GET", "/v1/nothing").code == "unknown-route"


def test_before_anything_is_published_a_form_asks_to_come_again(stack: Stack) -> None:
    assert send("GET", "/f/hello").status == 503


def test_the_description_names_every_route_and_every_field(stack: Stack) -> None:
    described = send("GET", "/v1/openapi.json").json
    assert described["openapi"] == "3.1.0"
    routed = {path for routes in (TRACK, PAGES) for path in routes if not path.endswith("/{proxy+}")}
    routed |= {f"/v1/{call}" for call in (*wire.CALLS, *wire.BATCHES, *wire.SHORT)}
    routed |= {"/v1/push/subscribe", "/v1/push/unsubscribe", "/v1/journeys/{journey}/start"}
    assert set(described["paths"]) == routed
    for path, methods in [*TRACK.items(), *PAGES.items()]:
        if path in described["paths"]:
            assert {method.value.lower() for method in methods} <= set(described["paths"][path])
    for call, fields in wire.CALLS.items():
        assert set(described["components"]["schemas"][call.capitalize()]["properties"]) == set(fields)


def test_what_is_kept_of_people_is_a_page_that_needs_no_script_and_names_nobody(live: Stack) -> None:
    reply = send("GET", "/privacy", headers=BROWSER)
    assert reply.status == 200
    assert "400 days while we don&#39;t know who you are" in reply.text
    assert "hello@tea.example" in reply.text
    assert "<script" not in reply.text
    assert "default-src 'none'" in reply.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("language", "spoken", "title"),
    [
        ("tr", "tr", "Ne saklıyoruz ve neden"),
        ("tr-TR", "tr", "Ne saklıyoruz ve neden"),
        ("pl", "en", "What we keep, and why"),
    ],
)
def test_it_speaks_the_business_s_language_where_we_have_words(
    stack: Stack, language: str, spoken: str, title: str
) -> None:
    plain = demo().model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain["sending"]["business"]["language"] = language
    stack.publish(Release.model_validate(plain))
    page = send("GET", "/privacy", headers=BROWSER).text
    assert f"<h1>{title}</h1>" in page
    assert f'<html lang="{spoken}" dir="ltr">' in page


@pytest.mark.parametrize("path", ["/f/hello", "/thanks/hello", "/u/nonsense"])
def test_every_page_leads_to_what_is_kept(live: Stack, path: str) -> None:
    assert '<a href="../privacy">What we keep, and why</a>' in send("GET", path, headers=BROWSER).text
    assert "../privacy" not in send("GET", "/privacy", headers=BROWSER).text
