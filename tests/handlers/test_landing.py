"""Landing pages as visitors meet them: what stands for whom, what may be kept, and what nobody can do to them."""

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from functions import clock
from functions.core import experiments
from functions.core.attribution import touch_of
from functions.core.contact import Moment, Profile, Rank
from functions.core.experiments import Assigned, Standing, Test
from functions.core.identity import contact_id, hash_of
from functions.core.keys import public_key
from functions.core.release import Release
from functions.pages.handler import handler
from functions.score.exposing import expose
from functions.tables import contacts
from functions.tables import experiments as table
from functions.tokens import Proof, sign_proof
from functions.work import queue
from functions.work.epoch import next_epoch
from tests.handlers.conftest import HELLO, PUBLIC_URL, SIGNING, Stack
from tests.handlers.http_client import BROWSER, Reply, event, post_form, send
from tests.handlers.test_pages import Page

ADA = "ada@example.com"
HERO = {"hero": {"headline": "Loose leaf, slowly", "button": {"text": "Pour", "to": "form"}}}
PAGES: dict[str, Any] = {
    "spring": {
        "title": "Spring at {{ business.name }}",
        "description": 'Leaves & "more"',
        "image": {"src": "https://tea.example/share.jpg", "alt": "A glass", "width": 1200, "height": 630},
        "says": {"utm_term": {"one_of": ["First Flush", "Rize tea"], "otherwise": "tea"}},
        "blocks": [
            {
                "hero": {"headline": "You looked for {{ query.utm_term }}"},
                "came_with": {"utm_campaign": ["spring", "may sale"]},
                "otherwise": [
                    {"hero": {"headline": "Welcome to Ankara"}, "when": {"trait": "city", "is": "Ankara"}},
                    HERO,
                ],
            },
            {"text": "Only for **Ankara**.", "when": {"trait": "city", "is": "Ankara"}},
            {"image": {"src": "https://www.tea.example/leaf.jpg", "alt": "A leaf", "width": 800, "height": 600}},
            {"faq": [{"question": "Why?", "answer": "See [the site](https://tea.example/why) or [this](page:plain)."}]},
            {"form": "hello"},
        ],
    },
    "plain": {"title": "Plain", "listed": False, "language": "tr", "blocks": [{"text": "Merhaba <b>"}]},
    "varied": {
        "title": "Varied",
        "blocks": [
            {
                "hero": {"headline": "For the paper"},
                "came_with": {"utm_source": "paper"},
                "otherwise": [
                    {
                        "hero": {
                            "headline": "A",
                            "variants": {"headline": {"b": "B", "c": "C"}, "text": {"more": "More"}},
                        }
                    }
                ],
            },
            {"form": "hello"},
        ],
    },
    "timed": {"title": "Timed", "blocks": [{"form": "timed"}]},
}


def release() -> Release:
    return Release.model_validate(
        {
            "sending": {
                "business": {"name": "Tea & Co", "address": "1 Kettle Lane", "site": "https://tea.example"},
                "from": {"name": "Tea", "email": "hello@tea.example"},
                "topics": [{"id": "tips", "title": "Brewing tips"}, {"id": "offers", "title": "Offers"}],
            },
            "forms": {"hello": HELLO, "timed": {**HELLO, "protect": {"minimum_time": "3 seconds"}}},
            "pages": PAGES,
        }
    )


@pytest.fixture
def pages(stack: Stack, asked: list[object]) -> Stack:
    stack.publish(release())
    return stack


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is asked of the work queue."""
    found: list[object] = []
    monkeypatch.setattr(queue, "ask", found.append)
    return found


def show(page: str, query: str = "", **headers: str) -> Reply:
    return send("GET", f"/page/{page}", headers=BROWSER | headers, query=query)


def ada(stack: Stack, **traits: Any) -> str:
    """The proof of somebody who told these traits."""
    ref = stack.ref("e", ADA)
    id = contact_id(ref)
    at = clock.now_ms()
    held = {name: (Rank(False, Moment(at, 1)), value) for name, value in traits.items()}
    contacts.save_profile(Profile(id, 0, held, (ref,)))
    return sign_proof(SIGNING, Proof(id, hash_of(ref), at))


def test_an_address_of_an_advertisement_brings_its_own_headline(pages: Stack) -> None:
    assert "<h1>Loose leaf, slowly</h1>" in show("spring").text
    found = show("spring", "utm_campaign=MAY-Sale&utm_term=first+flush").text
    assert "<h1>You looked for First Flush</h1>" in found
    assert "Loose leaf" not in found
    assert "<h1>Loose leaf, slowly</h1>" in show("spring", "utm_campaign=autumn").text


def test_an_address_puts_no_words_into_the_page_that_its_author_did_not_write(pages: Stack) -> None:
    found = show("spring", "utm_campaign=spring&utm_term=%3Cscript%3Ealert(1)%3C/script%3E+your+account+is+closed").text
    assert "<h1>You looked for tea</h1>" in found
    body = found[found.index("<body") :]
    assert "closed" not in re.sub(r'name="_page" value="[^"]*"', "", body)
    assert "alert(1)<" not in found


def test_what_is_known_of_somebody_stands_only_where_their_own_mailbox_proves_it(pages: Stack) -> None:
    proof = ada(pages, city="Ankara")
    for query in ("", "sv=forged", "sv=", f"sv={proof[:-2]}", "email=ada@example.com"):
        assert "Ankara" not in show("spring", query).text
    found = show("spring", f"sv={proof}")
    assert "<h1>Welcome to Ankara</h1>" in found.text
    assert "<p>Only for <strong>Ankara</strong>.</p>" in found.text
    assert found.headers["cache-control"] == "no-store"
    other = sign_proof(SIGNING, Proof(contact_id(pages.ref("e", ADA)), "0" * 32, clock.now_ms()))
    assert "Ankara" not in show("spring", f"sv={other}").text


def test_the_advertisement_goes_before_the_person_where_both_fit(pages: Stack) -> None:
    found = show("spring", f"utm_campaign=spring&sv={ada(pages, city='Ankara')}").text
    assert "<h1>You looked for tea</h1>" in found
    assert "Only for" in found


def test_a_page_that_hangs_on_nobody_may_be_kept_for_a_minute_and_is_not_sent_twice(
    pages: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_767_000_000_000
    monkeypatch.setattr(clock, "now_ms", lambda: now)
    first = show("spring")
    assert first.headers["cache-control"] == "public, max-age=60"
    again = show("spring", **{"if-none-match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert show("spring", "utm_campaign=spring").headers["etag"] != first.headers["etag"]
    # Its form tells who sends it too fast by when it was shown.
    assert show("timed").headers["cache-control"] == "no-store"
    assert "etag" not in show("timed").headers


def test_a_page_says_of_itself_what_search_engines_and_shares_need(pages: Stack) -> None:
    page = Page(show("spring", "utm_campaign=spring").text)
    said = {one.get("property") or one.get("name"): one["content"] for one in page.all("meta") if "content" in one}
    assert said["og:title"] == "Spring at Tea & Co"
    assert said["description"] == said["og:description"] == 'Leaves & "more"'
    assert (said["og:image"], said["og:image:width"]) == ("https://tea.example/share.jpg", "1200")
    assert said["og:url"] == f"{PUBLIC_URL}/page/spring"
    assert {"rel": "canonical", "href": f"{PUBLIC_URL}/page/spring"} in page.all("link")
    assert "robots" not in said
    assert page.all("html")[0]["lang"] == "en"
    plain = Page(show("plain").text)
    assert plain.all("html")[0]["lang"] == "tr"
    assert {"name": "robots", "content": "noindex"} in plain.all("meta")


def test_the_sitemap_lists_what_is_listed_and_robots_leads_to_it(pages: Stack) -> None:
    found = send("GET", "/sitemap.xml")
    assert re.findall("<loc>(.*?)</loc>", found.text) == [
        f"{PUBLIC_URL}/page/{name}" for name in ("spring", "timed", "varied")
    ]
    assert found.headers["content-type"].startswith("application/xml")
    robots = send("GET", "/robots.txt").text
    assert f"Sitemap: {PUBLIC_URL}/sitemap.xml" in robots
    assert "Disallow: /my/" in robots


def test_a_page_loads_nothing_that_is_not_the_business_s_own(pages: Stack) -> None:
    reply = show("spring")
    policy = dict(part.strip().split(" ", 1) for part in reply.headers["content-security-policy"].split(";"))
    assert policy["img-src"] == "'self' https://tea.example https://www.tea.example data:" or policy["img-src"] == (
        "'self' https://www.tea.example https://tea.example data:"
    )
    assert (policy["script-src"], policy["connect-src"]) == ("'self'", "'self'")
    assert policy["default-src"] == "'none'"
    page = Page(reply.text)
    assert [one["src"] for one in page.all("script")] == ["../samovar.js"]
    assert all(one["width"] and one["height"] and "alt" in one for one in page.all("img"))


def test_the_tracker_stands_in_a_page_with_a_key_that_may_send_from_there(pages: Stack) -> None:
    assert 'data-key="wk_test"' in show("spring").text
    pages.put_keys(
        public_key("shop", "wk_shop", origins=["https://tea.example"], at=0),
        public_key("own", "wk_own", origins=["https://*.tea.example"], at=1),
    )
    assert 'data-key="wk_own"' in show("spring").text
    pages.put_keys(public_key("shop", "wk_shop", origins=["https://other.example"], at=0))
    found = show("spring")
    assert "<script" not in found.text
    assert "script-src" not in found.headers["content-security-policy"]


def test_its_form_is_sent_with_the_page_and_what_led_there(pages: Stack) -> None:
    found = Page(show("spring", "utm_campaign=spring&utm_source=paper&gclid=abc&sv=forged").text)
    hidden = {one["name"]: one.get("value", "") for one in found.all("input") if one.get("type") == "hidden"}
    assert hidden["_landing"] == "spring"
    assert hidden["_page"] == f"{PUBLIC_URL}/page/spring?utm_campaign=spring&utm_source=paper&gclid=abc"
    assert found.all("form")[0]["action"] == "../f/hello"
    sent = post_form("/f/hello", hidden | {"email": ADA, "consent": "tips"})
    assert (sent.status, sent.headers["location"]) == (303, "../thanks/hello")
    (stored,) = pages.events()
    assert (stored.properties["landing"], stored.properties["page"]) == ("spring", hidden["_page"])
    assert stored.context["campaign"] == {"name": "spring", "source": "paper"}
    assert stored.context["clicks"] == {"gclid": "abc"}
    assert touch_of(stored) == {
        "source": "paper",
        "campaign": "spring",
        "gclid": "abc",
        "landing": f"{PUBLIC_URL}/page/spring",
    }


def test_problems_keep_what_was_typed_and_where_it_was_typed(pages: Stack) -> None:
    hidden = {"_landing": "spring", "_page": f"{PUBLIC_URL}/page/spring"}
    wrong = post_form("/f/hello", hidden | {"email": "ada", "first_name": "Ada", "consent": "tips"})
    assert wrong.status == 422
    again = {one["name"]: one.get("value", "") for one in Page(wrong.text).all("input")}
    assert (again["_landing"], again["first_name"]) == ("spring", "Ada")


VARIED = Test("varied", tuple(f"{one}/{two}" for one in ("as-written", "b", "c") for two in ("as-written", "more")))


def mark(variant: str, epoch: int = 1) -> str:
    return experiments.mark(VARIED, Assigned(variant, epoch))


def variant_of(reply: Reply, epoch: int = 1) -> str:
    page = Page(reply.text)
    said, test = (
        next(one["content"] for one in page.all("meta") if one.get("name") == f"samovar:{name}")
        for name in ("variant", "test")
    )
    (hidden,) = [one["value"] for one in page.all("input") if one.get("name") == "_variant"]
    assert hidden == f"{said}@{test}" == mark(said, epoch)
    headline, text = said.split("/")
    assert f"<h1>{headline.upper() if len(headline) == 1 else 'A'}</h1>" in reply.text
    assert ("<p>More</p>" in reply.text) == (text == "more")
    return said


def showings(count: int, epoch: int = 1, **headers: str) -> Counter[str]:
    """The variants that so many visitors see whose browsers say the same."""
    found: Counter[str] = Counter()
    for number in range(count):
        asked = event("GET", "/page/varied", headers=BROWSER | headers)
        asked["requestContext"]["requestId"] = f"r{number}"
        made = handler(asked, None)
        found[variant_of(Reply(made["statusCode"], made["headers"], made["body"].encode()), epoch)] += 1
    return found


def test_a_browser_keeps_its_variant_by_what_all_keep_who_saw_it(pages: Stack) -> None:
    first = show("varied")
    name, _, rest = first.headers["set-cookie"].partition("; ")
    assert name == f"variant={mark(variant_of(first))}"
    assert rest == "Path=/page/varied; Max-Age=2592000; Secure; HttpOnly; SameSite=Lax"
    assert first.headers["cache-control"] == "no-store"
    for held in ("c/more", "as-written/more"):
        assert showings(4, cookie=f"other=1; variant={mark(held)}; x") == {held: 4}
    # As the HTTP API hands cookies on.
    asked = event("GET", "/page/varied", headers=BROWSER) | {"cookies": ["a=b", f"variant={mark('b/as-written')}"]}
    assert "<h1>B</h1>" in handler(asked, None)["body"]


@pytest.mark.parametrize(
    "held", ["d/more", "b", "", "<script>", "b/more", "b/more@x.1", f"b/more@{VARIED.id}.0", "x" * 9000, "b%2Fmore"]
)
def test_a_variant_that_is_none_gives_way_to_one_that_is(pages: Stack, held: str) -> None:
    found = show("varied", cookie=f"variant={held}")
    assert variant_of(found) in {f"{one}/{two}" for one in ("as-written", "b", "c") for two in ("as-written", "more")}


def test_new_visitors_see_variants_alike_until_shares_are_said_and_then_in_these(pages: Stack) -> None:
    even = showings(90)
    assert len(even) == 6
    assert max(even.values()) < 36
    names = sorted(even)
    rare = 1 / 10**6
    shares = dict.fromkeys(names, rare) | {names[1]: 0.75, names[4]: 0.25}
    assert table.begin(VARIED, Standing(7, shares, clock.now_ms()))
    found = showings(60, epoch=7)
    assert set(found) == {names[1], names[4]}
    assert found[names[1]] > found[names[4]]
    # Who came before stays with what they saw, in the epoch in which they did.
    assert showings(2, cookie=f"variant={mark(names[0])}") == {names[0]: 2}


def test_the_first_visitor_after_an_epoch_asks_for_the_next_and_nobody_waits_for_it(
    pages: Stack, asked: list[object]
) -> None:
    show("varied")
    next_ = queue.NextEpoch("varied")
    assert asked == [next_]
    assert queue.parse(queue.body_of(next_)) == next_
    next_epoch(next_, clock.now_ms())
    next_epoch(next_, clock.now_ms())
    begun = table.current(VARIED)
    assert begun
    assert begun.number == 1
    show("varied")
    show("varied", cookie=f"variant={mark('b/more')}")
    assert asked == [next_]
    next_epoch(next_, begun.began + experiments.LASTS_MS)
    second = table.current(VARIED)
    assert second
    assert second.number == 2


def test_where_the_queue_is_away_the_page_stands(pages: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://sqs")

    monkeypatch.setattr(queue, "ask", away)
    assert show("varied").status == 200


def test_views_and_forms_of_one_browser_are_one_visitor_of_the_test(pages: Stack) -> None:
    marked = mark("b/more")
    post_form(
        "/f/hello", {"_landing": "varied", "_variant": marked, "email": ADA, "consent": "tips", "anonymousId": "b1"}
    )
    (sent,) = pages.events()
    viewed = replace(
        sent, name="Page Viewed", kind="page", properties={"page": "varied", **experiments.properties(marked)}
    )
    tests = experiments.tried_on(release().pages)
    for told in (sent, viewed, sent):
        expose(told, tests)
    _, exposures = table.load(VARIED)
    (one,) = exposures
    assert one.assigned == Assigned("b/more", 1)
    assert one.seen is not None
    assert one.converted is not None


def test_where_nothing_varies_nothing_is_kept(pages: Stack) -> None:
    for reply in (show("varied", "utm_source=paper"), show("spring")):
        assert "set-cookie" not in reply.headers
        assert "samovar:variant" not in reply.text
        assert "_variant" not in reply.text


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (mark("b/more"), "b/more"),
        ("b/more", None),
        ("b/more@x.1", None),
        ("<b>", None),
        ("", None),
        (mark("as-written/as-written"), "as-written/as-written"),
    ],
)
def test_a_submission_names_the_variant_that_it_was_sent_from(pages: Stack, said: str, kept: str | None) -> None:
    post_form("/f/hello", {"_landing": "varied", "_variant": said, "email": ADA, "consent": "tips"})
    (stored,) = pages.events()
    assert (stored.properties["landing"], stored.properties.get("variant")) == ("varied", kept)


@pytest.mark.parametrize("said", ["nothing", "<script>", "", "x" * 9000])
def test_a_landing_page_that_is_none_is_not_noted(pages: Stack, said: str) -> None:
    post_form("/f/hello", {"_landing": said, "email": ADA, "consent": "tips"})
    (stored,) = pages.events()
    assert "landing" not in stored.properties


@pytest.mark.parametrize("path", ["nothing", "..%2f..", "spring%00", "%ff", "a" * 2000, "spring.js"])
def test_a_page_that_is_not_there_is_a_404(pages: Stack, path: str) -> None:
    assert show(path).status == 404
    assert send("GET", f"/page/{path}").code in ("unknown-page", "unknown-route")


def test_what_its_author_wrote_is_text_and_links_lead_where_they_say(pages: Stack) -> None:
    assert "Merhaba &lt;b&gt;" in show("plain").text
    found = show("spring").text
    assert '<a href="https://tea.example/why">the site</a>' in found
    assert '<a href="../page/plain">this</a>' in found
