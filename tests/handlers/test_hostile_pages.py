"""What strangers do to public addresses: tokens that are forged, foreign, cut or old at every address that takes one,
and markup in every field that anybody can fill, on every page that shows it."""

import html
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from authoring import preview
from functions import passes, releases, tokens
from functions.console import gate, places
from functions.core.roles import Role
from functions.core.staff import Member
from functions.passes import OfForm, OfMail, PageOf, RateByMail, RateOnPage
from functions.tokens import Clicked, Confirming, Opened, Preferring, Proof, Unsubscribing
from infra.api import CONSOLE, PAGES, TRACK
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.cloud.cloud import SIGNING
from tests.crash.scenarios import mail, sign_up

ADA = "ada@example.com"
HTML = {"accept": "text/html"}
FORM = {"content-type": "application/x-www-form-urlencoded", **HTML}
BASE = "https://tea.example"
OTHER_KEY = [b"of-another-deployment" * 2]


@pytest.fixture(scope="module")
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    """A shop where Ada signed up and got the guide with its question."""
    with Cloud(emulator) as cloud:
        sign_up(cloud)
        cloud.skip(days=4)
        yield cloud


def about(shop: Cloud) -> tuple[str, str, int]:
    return shop.contact(ADA), "m1", shop.clock.now


KINDS: dict[str, Callable[[Any, Cloud], str]] = {
    "o": lambda keys, shop: tokens.sign(keys, "open", tokens.payload(Opened(*about(shop), "welcome/hello", "welcome"))),
    "c": lambda keys, shop: tokens.sign(
        keys, "click", tokens.payload(Clicked(*about(shop), "welcome/hello", "welcome", "https://other.example/"))
    ),
    "u": lambda keys, shop: tokens.sign(
        keys, "unsubscribe", tokens.payload(Unsubscribing(*about(shop), "tips", "hash"))
    ),
    "p": lambda keys, shop: tokens.sign(keys, "prefer", tokens.payload(Preferring(*about(shop), "hash"))),
    "confirm": lambda keys, shop: tokens.sign(
        keys, "confirm", tokens.payload(Confirming(*about(shop), "wholesale", "hash", "request", shop.clock.now + 9999))
    ),
    "get": lambda keys, shop: passes.sign(
        keys, OfMail("brewing-book", *about(shop), "a/b", "brewing-book", "hash", shop.clock.now + 9999)
    ),
    "rate": lambda keys, shop: passes.sign_rate(
        keys, RateByMail("first-glass", "4", *about(shop), "a/b", "guide", shop.clock.now + 9999)
    ),
    "my": lambda keys, shop: passes.sign_page(
        keys, PageOf("your-shelf", shop.contact(ADA), "hash", shop.clock.now, shop.clock.now + 9999)
    ),
}
"""How a token for each address is made."""


def test_every_address_that_takes_a_token_is_walked_here() -> None:
    found = {path.split("/")[1] for path in TRACK if "{token}" in path}
    assert found == set(KINDS)
    assert not [path for path in (*PAGES, *CONSOLE) if "{token}" in path]


def hostile(address: str, shop: Cloud) -> Iterator[tuple[str, str]]:
    """Names and tokens of everything that is not a token for the address."""
    good = KINDS[address](SIGNING, shop)
    head, _, tail = good.rpartition(".")
    yield "with another signature", f"{head}.{tail[:-3]}{'aaa' if tail[-3:] != 'aaa' else 'bbb'}"
    yield "cut short", good[: len(good) // 2]
    yield "without its signature", head
    yield "with more behind it", good + "a"
    yield "of another deployment", KINDS[address](OTHER_KEY, shop)
    for other, make in KINDS.items():
        if other != address:
            yield f"for /{other}", make(SIGNING, shop)
    yield "a proof", tokens.sign_proof(SIGNING, Proof(shop.contact(ADA), "hash", shop.clock.now))
    yield "far too long", "a" * 9000
    yield "of no letters", quote("🫖\x00\r\n<script>", safe="")
    yield "of dots", "..%2f..%2f.."
    yield "of a later shape", tokens.sign(SIGNING, {"o": "open", "c": "click"}.get(address, address), {"x": 99})


@pytest.mark.parametrize("address", KINDS)
def test_no_token_but_its_own_does_anything_at_an_address(shop: Cloud, address: str) -> None:
    before = len(shop.items("events"))
    for name, token in hostile(address, shop):
        for method in ("GET", "HEAD", *(["POST"] if address in ("u", "p", "confirm", "rate") else [])):
            reply = shop.http(method, f"/{address}/{token}", "answer=4&action=all", headers=FORM)
            told = (address, name, method, reply["statusCode"])
            # A picture that doesn't load would only disfigure the mail.
            wanted = {200, 404} if address == "o" else {400, 404, 410}
            assert reply["statusCode"] in wanted, told
            assert "location" not in reply["headers"], told
            assert "set-cookie" not in reply["headers"], told
            assert "Ada" not in reply["body"], told
            assert ADA not in reply["body"], told
    assert len(shop.items("events")) == before


@pytest.mark.parametrize(
    "path",
    [
        "/page/first-flush?sv={}",
        "/page/your-shelf?sv={}",
        "/f/hello?_sv={}&sv={}",
        "/thanks/brewing-book?get={}",
        "/push?sv={}",
        "/popup?path=/&sv={}",
    ],
)
def test_a_page_takes_a_false_proof_or_pass_for_none(shop: Cloud, path: str) -> None:
    plain = shop.http("GET", path.replace("{}", ""), headers=HTML, room="pages")
    for token in [*KINDS.values()]:
        for keys in (SIGNING, OTHER_KEY):
            reply = shop.http("GET", path.replace("{}", token(keys, shop)), headers=HTML, room="pages")
            assert reply["statusCode"] == plain["statusCode"]
            assert "Ada" not in reply["body"]
    foreign = passes.sign(OTHER_KEY, OfForm("brewing-book", "brewing-book", "e#x", "s", "", 1, 2**50))
    assert "/get/" not in shop.http("GET", path.replace("{}", foreign), headers=HTML, room="pages")["body"]


def test_the_answer_s_link_of_one_page_is_none_of_another_survey(shop: Cloud) -> None:
    gone = passes.sign_rate(SIGNING, RateOnPage("no-such-survey", "your-shelf"))
    assert shop.http("GET", f"/rate/{gone}", headers=HTML)["statusCode"] == 410
    over = passes.sign_rate(SIGNING, RateOnPage("next-tea", "your-shelf", shop.contact(ADA), shop.clock.now - 1))
    assert shop.http("POST", f"/rate/{over}", "answer=green", headers=FORM)["statusCode"] == 410


NASTY = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'`{{ 7*7 }}{% raw %}javascript:alert(3) İ\u202e😀"
EVALUATED = "49"


class Tags(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def is_harmless(page: str) -> None:
    """Nothing of what a stranger typed is an element, an attribute, an address or a value that was worked out."""
    for tag, attributes in Tags(page).found:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert attributes.get("src") != "x", (tag, attributes)
        for name in ("href", "src", "action", "formaction"):
            assert not (attributes.get(name) or "").strip().lower().startswith("javascript:"), (tag, attributes)
    assert "<script>alert" not in page
    assert f"\"'`{EVALUATED}" not in page


@pytest.fixture(scope="module")
def filled(emulator: EmulatorProcess) -> Iterator[Cloud]:
    """A shop in whose every field a stranger wrote what they could."""
    with Cloud(emulator) as cloud:
        who, agent = "eve@example.com", {"user-agent": f"Mozilla/5.0 {NASTY}".encode("ascii", "ignore").decode()}
        cloud.post_form(email=who, anonymous=NASTY[:80], first_name=NASTY[:80], favourite="Black", city=NASTY)
        context = {
            "campaign": dict.fromkeys(("source", "medium", "name", "term", "content"), NASTY[:90]),
            "page": dict.fromkeys(("url", "path", "title", "referrer"), f"{BASE}/{NASTY}"),
            "locale": NASTY[:30],
            "userAgent": NASTY,
            "groupId": NASTY[:30],
            "device": {"type": NASTY},
        }
        cloud.call("page", messageId="n1", anonymousId=NASTY[:80], name=NASTY, context=context, properties={"x": NASTY})
        cloud.call(
            "track", messageId="n2", anonymousId=NASTY[:80], event=NASTY, properties={NASTY: NASTY, "l": [NASTY]}
        )
        traits = {
            "email": who,
            "first_name": NASTY,
            "last_name": NASTY,
            "city": NASTY,
            NASTY: NASTY,
            "d": {NASTY: NASTY},
        }
        cloud.call(
            "identify", messageId="n3", anonymousId=NASTY[:80], userId=NASTY[:60], traits=traits, context=context
        )
        cloud.call("group", messageId="n4", anonymousId=NASTY[:80], groupId=NASTY, traits={"name": NASTY})
        rate = passes.sign_rate(SIGNING, RateOnPage("first-glass", NASTY))
        comment = urlencode({"answer": "4", "comment": NASTY, "_nonce": "1", "anonymousId": NASTY})
        cloud.http("POST", f"/rate/{rate}", comment, headers={**FORM, **agent})
        cloud.skip(days=4)
        yield cloud


def signed_in(role: Role = Role.OWNER) -> dict[str, str]:
    member = Member("member", "o@tea.example", frozenset({role}))
    return {**HTML, "cookie": gate.begin(member, places.path()).partition(";")[0]}


def test_mails_say_what_strangers_typed_as_text(filled: Cloud) -> None:
    sent = [one for one in filled.mails if one.to == "eve@example.com"]
    assert sent
    for letter in sent:
        assert "\n" not in letter.subject
        is_harmless(letter.part("html"))
        assert EVALUATED + "{% raw" not in letter.part("plain")


def test_pages_for_the_staff_show_it_as_text(filled: Cloud) -> None:
    cookie = signed_in()
    eve = filled.contact("eve@example.com")
    for path in ("/console", f"/console/people/{eve}", f"/console/people?{urlencode({'q': NASTY})}"):
        is_harmless(filled.http("GET", path, headers=cookie, room="console")["body"])
    shown = filled.http("GET", f"/console/people/{eve}", headers=cookie, room="console")["body"]
    assert html.escape("<script>alert(1)</script>") in shown


def test_a_page_of_their_own_shows_it_as_text(filled: Cloud) -> None:
    from functions.personal import mailbox_of
    from functions.tables import contacts

    eve = contacts.surviving(filled.contact("eve@example.com"))
    now = filled.clock.now
    said = PageOf("your-shelf", eve.id, mailbox_of(eve) or "", now, now + 9999)
    held = {**HTML, "cookie": f"my={passes.sign_page(SIGNING, said)}"}
    reply = filled.http("GET", "/page/your-shelf", headers=held, room="pages")
    assert reply["statusCode"] == 200
    is_harmless(reply["body"])
    assert "&lt;script&gt;" in reply["body"]


def test_what_is_made_for_the_terminal_and_the_desk_shows_it_as_text(filled: Cloud) -> None:
    live = releases.live().release
    eve = preview.person("eve@example.com")
    for template in live.emails:
        made = preview.preview(live, template, eve)
        if made.words is not None:
            is_harmless(made.words.html)
    for page in live.pages:
        is_harmless(preview.page(live, page, eve, f"utm_term={quote(NASTY)}&utm_campaign={quote(NASTY)}"))


@pytest.mark.parametrize(
    "path",
    [
        "/page/first-flush?utm_campaign={0}&utm_term={0}&{0}={0}",
        "/f/hello?first_name={0}&email={0}&{0}={0}&anonymousId={0}",
        "/f/hello.js?first_name={0}",
        "/thanks/{0}",
        "/f/{0}",
        "/page/{0}",
        "/popup?path={0}&q={0}&r={0}&not={0}&sent={0}&sv={0}",
        "/push?sv={0}",
        "/v1/projects/{0}/settings",
        "/sourceConfig?writeKey={0}",
    ],
)
def test_what_an_address_holds_is_text_on_the_page(filled: Cloud, path: str) -> None:
    for accept in ("text/html", "*/*"):
        headers = {"accept": accept, "referer": f"{BASE}/{quote(NASTY)}", "accept-language": "xx<script>,tr"}
        reply = filled.http("GET", path.format(quote(NASTY, safe="")), headers=headers, room="pages")
        assert reply["statusCode"] < 500
        if reply["headers"]["content-type"].startswith("text/html"):
            is_harmless(reply["body"])
        elif "json" in reply["headers"]["content-type"]:
            json.loads(reply["body"])
        else:
            assert "<script>alert" not in reply["body"]


@pytest.mark.parametrize("form", ["hello", "wholesale", "brewing-book"])
def test_a_form_shown_again_keeps_what_was_typed_as_text(filled: Cloud, form: str) -> None:
    fields = ("email", "first_name", "name", "company", "house", "teas", "phone", "_page", "_nonce", "_landing", NASTY)
    body = urlencode([(name, NASTY) for name in fields] + [("consent", NASTY), ("anonymousId", NASTY), ("_sv", NASTY)])
    reply = filled.http("POST", f"/f/{form}", body, headers=FORM)
    assert reply["statusCode"] == 422
    is_harmless(reply["body"])
    assert "&lt;script&gt;" in reply["body"]


def test_no_answer_carries_a_line_of_a_stranger_s_into_its_headers(filled: Cloud) -> None:
    for path in ("/page/a%0d%0aset-cookie:x=y", "/f/a%0d%0ax:y", "/thanks/%0d%0a", "/console/%0d%0ax"):
        for room in ("pages", "console"):
            reply = filled.http("GET", path, headers=HTML, room=room)
            assert not [value for value in reply["headers"].values() if re.search(r"[\r\n]", value)]
            assert "x=y" not in reply["headers"].get("set-cookie", "")


ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ query.__class__ }}",
    "{{ business._values }}",
    "{{ contact._held }}",
    "{{ (query | attr('_values')) }}",
    "{{ '%s' | format(query.__class__) }}",
    "{{ '{0.__class__}'.format(query) }}",
    "{{ range(10**9) | list }}",
]


@pytest.mark.parametrize("source", ESCAPES)
def test_a_text_of_a_page_reaches_nothing_but_its_values(shop: Cloud, source: str) -> None:
    from functions.core import visit, wording
    from functions.core.known import Unrenderable

    live = releases.live().release
    values = visit.values(live.pages["your-shelf"], live.sending.business, {})
    for say in (wording.said, wording.rich):
        try:
            made = str(say(source, values))
        except (Unrenderable, MemoryError, OverflowError):
            continue
        assert "class" not in made
        assert "os" not in made
        assert len(made) < 10_000


def test_the_mail_of_the_guide_is_the_one_that_is_looked_at(shop: Cloud) -> None:
    assert mail(shop, "brewing-guide") is not None
