"""Gated files: the links to them, what downloading says, and what machines and strangers make of it."""

import re
import urllib.request
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from authoring.assets import hash_of
from functions import passes, tokens
from functions.core.contact import Contact
from functions.core.event import ASSET_DOWNLOADED, EMAIL_CLICKED, Event
from functions.core.identity import EMAIL, identity_ref
from functions.core.release import Release, canonical, load
from functions.core.views import local_day, points
from functions.tables import contacts, events, identities, memberships, releases
from local.emulator import EmulatorProcess
from tests.cloud import Cloud, marketing
from tests.cloud.cloud import MARKETING, PEPPER, SIGNING
from tests.cloud.visitors import BROWSER
from tests.crash.scenarios import mail

ADA = "ada@example.com"
FILE = MARKETING / "assets" / "Two pots, one flame.pdf"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/604.1"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
HTML = {"accept": "text/html"}
DAY = 86_400_000


def demo(**changes: object) -> bytes:
    """The demo business with its book changed."""
    plain = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain["assets"]["brewing-book"] |= changes
    return canonical(Release.model_validate(plain))


@pytest.fixture(scope="module")
def emulator(emulator_process: EmulatorProcess) -> EmulatorProcess:
    """Browsers fetch files from it."""
    return emulator_process


@pytest.fixture
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    with Cloud(emulator) as cloud:
        releases.store_file(hash_of(FILE), FILE.read_bytes, "application/pdf")
        yield cloud


def asked(shop: Cloud, agent: str = BROWSER) -> str:
    """Ada asks for the book in a browser; the address of the thanks page."""
    body = f"email={ADA}&first_name=Ada&_nonce={shop.clock.now - 9000}-0123456789abcdef"
    kind = {"content-type": "application/x-www-form-urlencoded", "user-agent": agent}
    answer = shop.http("POST", "/f/brewing-book", body, headers={**kind, **HTML})
    assert answer["statusCode"] == 303
    return str(answer["headers"]["location"]).removeprefix("..")


def on_the_page(shop: Cloud, thanks: str) -> str:
    """The link that the thanks page shows."""
    page = shop.http("GET", thanks, headers=HTML, room="pages")["body"]
    (link,) = re.findall(r'href="\.\.(/get/[^"]+)"', page)
    assert "Two pots, one flame" in page
    return f"https://tea.example{link}"


def mailed(shop: Cloud) -> str:
    """The link in the mail."""
    shop.settle()
    letter = mail(shop, "brewing-book")
    assert letter is not None
    (link,) = set(re.findall(r"https://tea\.example/get/[^\"\s>]+", letter.part("html") + letter.part("plain")))
    return str(link)


def stored(shop: Cloud, name: str = ASSET_DOWNLOADED) -> list[Event]:
    rows = [item for item in shop.items("events") if events.is_event(item)]
    return sorted((one for one in map(events.from_row, rows) if one.name == name), key=lambda one: one.at)


def ada(shop: Cloud) -> Contact:
    owner = shop.contact(ADA)
    return contacts.load([owner])[owner]


def interest(shop: Cloud) -> int:
    scores, zone = load(marketing()).scoring.scores, "Europe/Istanbul"
    return points(ada(shop).state.facts, "interest", scores["interest"], local_day(shop.clock.now, zone), zone)


def tags(shop: Cloud) -> set[str]:
    return {tag for tag, (_, present) in ada(shop).state.facts.tags.items() if present}


def fetched(address: str) -> tuple[bytes, str | None, str | None]:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.read(), answer.headers["content-disposition"], answer.headers["content-type"]


def test_the_link_on_the_thanks_page_leads_to_the_file_under_its_own_name(shop: Cloud) -> None:
    answer = shop.follow(on_the_page(shop, asked(shop)))
    assert answer["statusCode"] == 302
    assert (answer["headers"]["cache-control"], answer["headers"]["referrer-policy"]) == ("no-store", "no-referrer")
    content, disposition, kind = fetched(answer["headers"]["location"])
    assert content == FILE.read_bytes()
    assert disposition == (
        "attachment; filename=\"Two pots, one flame.pdf\"; filename*=UTF-8''Two%20pots%2C%20one%20flame.pdf"
    )
    assert kind == "application/pdf"
    lifetime = parse_qs(urlsplit(answer["headers"]["location"]).query)["X-Amz-Expires"]
    assert lifetime == ["300"]
    (event,) = stored(shop)
    assert event.properties == {
        "form": "brewing-book",
        "asset": "brewing-book",
        "title": "Two pots, one flame",
        "topic": "Brewing",
    }
    assert (event.source, event.proved) == (identity_ref(EMAIL, ADA, PEPPER), False)


def test_downloading_gives_points_a_tag_by_topic_and_a_place_in_a_segment(shop: Cloud) -> None:
    link = on_the_page(shop, asked(shop))
    shop.settle()
    assert (interest(shop), tags(shop)) == (0, set())
    shop.follow(link)
    shop.settle()
    assert (interest(shop), tags(shop)) == (40, {"brewing"})
    assert list(memberships.members("brewers")) == [shop.contact(ADA)]


def test_the_mail_brings_a_link_of_its_own_that_alone_proves_the_mailbox(shop: Cloud) -> None:
    thanks = on_the_page(shop, asked(shop))
    link = mailed(shop)
    assert link != thanks
    ref = identity_ref(EMAIL, ADA, PEPPER)
    assert ref
    shop.follow(thanks)
    shop.settle()
    assert not identities.read([ref])[ref].proved
    shop.skip(hours=1)
    shop.follow(link)
    shop.skip(minutes=1)
    assert identities.read([ref])[ref].proved
    download = stored(shop)[-1]
    (click,) = stored(shop, EMAIL_CLICKED)
    assert download.properties["message"] == click.properties["message"]
    assert click.properties["url"] == "https://tea.example/get/brewing-book"
    assert shop.failures == []


def test_one_mail_goes_out_however_often_the_form_is_sent_and_only_to_the_address_in_it(shop: Cloud) -> None:
    for _ in range(3):
        asked(shop)
        shop.skip(minutes=5)
    assert [shop.template_of(one) for one in shop.mails] == ["brewing-book"]
    assert "List-Unsubscribe" not in shop.mails[0].parsed
    shop.skip(hours=5)
    asked(shop)
    shop.settle()
    assert len(shop.mails) == 2


def test_a_stranger_s_event_that_says_it_was_a_form_sends_no_file(shop: Cloud) -> None:
    said = {"form": "brewing-book", "gives": True}
    shop.call("track", messageId="s1", anonymousId="s", event="Form Submitted", properties=said)
    shop.call("identify", messageId="s2", anonymousId="s", traits={"email": ADA})
    shop.settle()
    assert shop.mails == []


def test_asking_again_within_a_minute_is_one_download_and_later_another(shop: Cloud) -> None:
    link = on_the_page(shop, asked(shop))
    shop.clock.now = shop.clock.now - shop.clock.now % 60_000 + 1000
    for _ in range(3):
        shop.follow(link)
    assert len(stored(shop)) == 1
    shop.clock.now += 3_600_000
    shop.follow(link)
    assert len(stored(shop)) == 2


def test_head_counts_for_nothing_and_finds_the_file(shop: Cloud) -> None:
    thanks, link = on_the_page(shop, asked(shop)), mailed(shop)
    for one in (thanks, link):
        answer = shop.follow(one, "HEAD")
        request = urllib.request.Request(answer["headers"]["location"], method="HEAD")
        with urllib.request.urlopen(request, timeout=10) as found:
            assert found.headers["content-length"] == str(FILE.stat().st_size)
    shop.skip(hours=1)
    assert stored(shop) == []
    assert interest(shop) == 0


def test_a_scanner_that_opens_the_mail_s_link_at_once_downloads_for_nobody(shop: Cloud) -> None:
    asked(shop)
    link = mailed(shop)
    shop.clock.now += 1000
    shop.follow(link)
    shop.skip(minutes=2)
    assert len(stored(shop)) == 1
    assert (interest(shop), tags(shop)) == (0, set())
    shop.skip(hours=1)
    shop.follow(link, agent=PHONE)
    shop.skip(minutes=2)
    assert tags(shop) == {"brewing"}


def test_a_known_robot_on_the_thanks_page_s_link_counts_for_nothing(shop: Cloud) -> None:
    shop.follow(on_the_page(shop, asked(shop)), agent=GOOGLEBOT)
    shop.settle()
    assert tags(shop) == set()


def test_another_browser_than_sent_the_form_is_seen_as_such_and_gives_no_points(shop: Cloud) -> None:
    link = on_the_page(shop, asked(shop))
    shop.follow(link, agent=PHONE)
    shop.settle()
    (event,) = stored(shop)
    assert event.properties["shared"] is True
    assert (interest(shop), tags(shop)) == (0, set())


def test_a_mailed_link_is_shared_from_the_third_browser_on_and_names_nobody(shop: Cloud) -> None:
    asked(shop)
    link = mailed(shop)
    shop.skip(hours=1)
    for agent in (BROWSER, GOOGLEBOT, PHONE, FIREFOX, BROWSER):
        shop.clock.now += 60_000
        shop.follow(link, agent=agent)
    told = [event.properties.get("shared", False) for event in stored(shop)]
    assert told == [False, False, False, True, False]
    (row,) = [item for item in shop.items() if item["pk"].startswith("D#")]
    assert set(row) == {"pk", "sk", "v", "seen", "ttl"}
    assert len(row["seen"]) == 3
    assert not any(agent in repr(row) for agent in (BROWSER, ADA, "ada", "192.0.2.1"))


def test_a_link_that_ended_offers_the_form_again(shop: Cloud) -> None:
    link = on_the_page(shop, asked(shop))
    shop.clock.now += 14 * DAY + 1
    answer = shop.http("GET", link.removeprefix("https://tea.example"), headers=HTML)
    assert answer["statusCode"] == 410
    assert 'href="../f/brewing-book"' in answer["body"]
    assert shop.http("GET", link.removeprefix("https://tea.example"))["statusCode"] == 410
    assert stored(shop) == []


def test_a_file_that_the_live_release_no_longer_has_is_gone(shop: Cloud) -> None:
    link = on_the_page(shop, asked(shop))
    plain = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    del plain["assets"]
    shop.publish(canonical(Release.model_validate(plain)))
    answer = shop.http("GET", link.removeprefix("https://tea.example"), headers=HTML)
    assert (answer["statusCode"], "not offered any more" in answer["body"]) == (410, True)


@pytest.mark.parametrize("what", ["x", "x" * 9000, "cut", "click", "odd", "ä"])
def test_a_forged_or_foreign_link_gives_nothing(shop: Cloud, what: str) -> None:
    said = passes.OfForm("brewing-book", "brewing-book", "e#x", "s", "", 0, 2**50)
    token = {
        "cut": passes.sign(SIGNING, said)[:-3],
        "click": tokens.sign(SIGNING, tokens.CLICK, {"g": "brewing-book", "s": 0, "u": 2**50}),
        "odd": tokens.sign(SIGNING, passes.GET, {"g": 1, "f": "f", "w": "w", "e": "e", "b": "", "s": 0, "u": 2**50}),
    }.get(what, what)
    for headers in (HTML, {}):
        assert shop.http("GET", f"/get/{token}", headers=headers)["statusCode"] == 404
    page = shop.http("GET", f"/thanks/brewing-book?get={token[:3000]}&get=%3Cscript%3E", headers=HTML, room="pages")
    assert (page["statusCode"], "/get/" in page["body"], "script" in page["body"]) == (200, False, False)


def test_the_pass_of_another_form_is_not_shown(shop: Cloud) -> None:
    said = passes.OfForm("brewing-book", "brewing-book", "e#x", "s", "", 0, 2**50)
    page = shop.http("GET", f"/thanks/hello?get={passes.sign(SIGNING, said)}", headers=HTML, room="pages")
    assert "/get/" not in page["body"]


def test_a_name_in_any_language_survives(shop: Cloud) -> None:
    shop.publish(demo(file='Çayın "kitabı".pdf'))
    answer = shop.follow(on_the_page(shop, asked(shop)))
    _, disposition, _ = fetched(answer["headers"]["location"])
    assert disposition
    assert disposition.endswith("filename*=UTF-8''%C3%87ay%C4%B1n%20%22kitab%C4%B1%22.pdf")


def test_programs_and_other_sites_pages_are_given_the_link_too(shop: Cloud) -> None:
    for kind, body in (
        ("application/json", f'{{"email": "{ADA}"}}'),
        ("application/x-www-form-urlencoded", f"email={ADA}&_embedded=1"),
    ):
        answer = shop.http("POST", "/f/brewing-book", body, headers={"content-type": kind})
        assert answer["statusCode"] == 200
        assert '"assets":{"brewing-book":"https://tea.example/get/' in answer["body"]
    assert 'class=\\"file\\" href=\\"https://tea.example/get/' in answer["body"]
