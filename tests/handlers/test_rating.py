"""Ratings by links in mails: one click answers, a scanner's clicks don't, and the last answer of a person holds."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from functions import passes, tokens
from functions.core.event import SURVEY_ANSWERED, SURVEY_COMMENTED, Event
from functions.core.release import Release, canonical, load
from functions.pages import render
from functions.tables import contacts, events
from local.emulator import EmulatorProcess
from tests.cloud import Cloud, marketing
from tests.cloud.cloud import SIGNING
from tests.crash import erasing
from tests.crash.scenarios import mail, sign_up

ADA = "ada@example.com"
HTML = {"accept": "text/html"}
FORM = {"content-type": "application/x-www-form-urlencoded", **HTML}
BASE = "https://tea.example"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
HOUR = 3_600_000


@pytest.fixture
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    """A shop whose guide, with the question in it, Ada was sent an hour ago."""
    with Cloud(emulator) as cloud:
        sign_up(cloud)
        cloud.skip(days=4)
        yield cloud


def links(shop: Cloud) -> dict[str, str]:
    """The link of each answer, as both parts of the mail have it."""
    letter = mail(shop, "brewing-guide")
    assert letter is not None
    plain = dict(re.findall(r"^(\d)[^:\n]*: (https://\S+/rate/\S+)", letter.part("plain"), re.MULTILINE))
    rich = re.findall(r'href="(https://tea\.example/rate/[^"]+)"[^>]*aria-label="(\d): How was', letter.part("html"))
    assert plain == {answer: link for link, answer in rich}
    assert list(plain) == ["1", "2", "3", "4", "5"]
    return plain


def answered(shop: Cloud, name: str = SURVEY_ANSWERED) -> list[Event]:
    rows = [item for item in shop.items("events") if events.is_event(item)]
    return sorted((one for one in map(events.from_row, rows) if one.name == name), key=lambda one: one.at)


def opinion(shop: Cloud) -> object:
    """The trait that keeps Ada's answer."""
    owner = shop.contact(ADA)
    return contacts.load([owner])[owner].profile.trait("first_glass")


def opened(shop: Cloud, link: str, agent: str = CHROME) -> str:
    answer = shop.http("GET", link.removeprefix(BASE), headers={**HTML, "user-agent": agent})
    assert answer["statusCode"] == 200
    assert "script" not in answer["body"]
    return str(answer["body"])


def nonce(page: str) -> str:
    found = re.search(r'name="_nonce" value="(\d{13})"', page)
    assert found
    return found[1]


def pressed(shop: Cloud, link: str, **typed: str) -> str:
    answer = shop.http("POST", link.removeprefix(BASE), urlencode(typed), headers=FORM)
    assert answer["statusCode"] == 200
    return str(answer["body"])


def test_one_click_answers_and_the_answer_is_a_trait(shop: Cloud) -> None:
    page = opened(shop, links(shop)["4"])
    assert "Your answer: 4" in page
    assert "We read every answer." in page
    shop.skip(minutes=1)
    assert opinion(shop) == 4
    (event,) = answered(shop)
    assert {key: event.properties[key] for key in ("survey", "answer", "template")} == {
        "survey": "first-glass",
        "answer": 4,
        "template": "brewing-guide",
    }
    assert shop.failures == []


def test_nothing_counts_before_the_company_it_came_in_is_known(shop: Cloud) -> None:
    opened(shop, links(shop)["4"])
    shop.deliver("score")
    assert opinion(shop) is None


def test_a_scanner_that_opens_all_five_links_within_seconds_answers_nothing(shop: Cloud) -> None:
    for link in links(shop).values():
        opened(shop, link)
        shop.clock.now += 500
    shop.skip(minutes=2)
    assert len(answered(shop)) == 5
    assert opinion(shop) is None
    # The person comes after it, and is one.
    shop.skip(hours=1)
    opened(shop, links(shop)["2"])
    shop.skip(minutes=1)
    assert opinion(shop) == 2


@pytest.mark.parametrize("apart_s", [7, 20, 100])
def test_a_slow_scanner_s_first_answers_are_taken_back_when_it_shows_itself(shop: Cloud, apart_s: int) -> None:
    for number, link in enumerate(links(shop).values()):
        opened(shop, link)
        if number == 0:
            shop.skip(minutes=0.25)
            assert opinion(shop) == 1
        shop.clock.now += apart_s * 1000
        shop.settle()
    shop.skip(minutes=2)
    assert opinion(shop) is None


def test_a_scanner_that_opens_one_link_too_soon_after_the_delivery_answers_nothing(emulator: EmulatorProcess) -> None:
    with Cloud(emulator) as shop:
        sign_up(shop)
        while mail(shop, "brewing-guide") is None:
            shop.skip(hours=1)
        letter = mail(shop, "brewing-guide")
        assert letter is not None
        shop.clock.now = letter.sent.at + 1000
        opened(shop, links(shop)["1"])
        shop.skip(minutes=2)
        assert opinion(shop) is None


def test_looking_by_head_and_known_robots_answer_nothing(shop: Cloud) -> None:
    link = links(shop)["1"]
    assert shop.http("HEAD", link.removeprefix(BASE))["statusCode"] == 200
    assert answered(shop) == []
    opened(shop, link, agent="Mozilla/5.0 (compatible; Barracuda Sentinel)")
    shop.skip(minutes=1)
    assert opinion(shop) is None


def test_a_person_may_change_their_mind_by_another_link_and_the_last_answer_holds(shop: Cloud) -> None:
    opened(shop, links(shop)["2"])
    shop.clock.now += 20_000
    opened(shop, links(shop)["5"])
    shop.skip(minutes=1)
    assert opinion(shop) == 5


def test_the_page_changes_the_answer_without_script_and_a_repeated_post_is_one(shop: Cloud) -> None:
    link = links(shop)["2"]
    page = opened(shop, link)
    shop.clock.now += 4000
    for _ in range(2):
        again = pressed(shop, link, answer="5", _nonce=nonce(page))
    assert "Your answer: 5" in again
    assert len(answered(shop)) == 2
    shop.clock.now += 1000
    pressed(shop, link, answer="3", _nonce=nonce(again))
    shop.skip(minutes=1)
    assert opinion(shop) == 3


def test_a_comment_is_taken_by_post_kept_as_it_was_typed_and_escaped_wherever_it_is_shown(shop: Cloud) -> None:
    link = links(shop)["2"]
    page = opened(shop, link)
    assert "What could we have told you better?" in page
    words = "Çok acı! <script>alert(1)</script> 🫖"
    after = pressed(shop, link, answer="2", comment=words, _nonce=nonce(page))
    assert "<textarea" not in after
    assert "alert" not in after
    (event,) = answered(shop, SURVEY_COMMENTED)
    assert (event.properties["comment"], event.properties["answer"]) == (words, 2)
    assert len(answered(shop)) == 1


@pytest.mark.parametrize("typed", [{"answer": "6"}, {"answer": "<b>"}, {}, {"comment": "   "}, {"_nonce": "9" * 13}])
def test_what_is_no_answer_is_not_noted(shop: Cloud, typed: dict[str, str]) -> None:
    page = pressed(shop, links(shop)["2"], **typed)
    assert (answered(shop), answered(shop, SURVEY_COMMENTED)) == ([], [])
    assert "<b>" not in page


def test_a_long_comment_is_cut_and_a_broken_body_is_refused(shop: Cloud) -> None:
    link = links(shop)["2"].removeprefix(BASE)
    pressed(shop, links(shop)["2"], answer="2", comment="ş" * 9000)
    assert len(answered(shop, SURVEY_COMMENTED)[0].properties["comment"]) == 2000
    assert shop.http("POST", link, "a=%ff", headers=FORM)["statusCode"] == 400


@pytest.mark.parametrize("what", ["x", "x" * 9000, "cut", "click", "odd"])
def test_a_forged_or_foreign_link_answers_nothing(shop: Cloud, what: str) -> None:
    link = links(shop)["2"].removeprefix(f"{BASE}/rate/")
    token = {
        "cut": link[:-3],
        "click": tokens.sign(SIGNING, tokens.CLICK, {"v": "first-glass", "p": "x"}),
        "odd": tokens.sign(SIGNING, passes.RATE, {"v": "first-glass", "p": 1}),
    }.get(what, what)
    for method in ("GET", "HEAD", "POST"):
        assert shop.http(method, f"/rate/{token}", headers=FORM)["statusCode"] == 404
    assert answered(shop) == []


def test_a_link_that_ended_and_a_survey_that_is_gone_say_so(shop: Cloud) -> None:
    link = links(shop)["2"]
    plain = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    kept = plain.pop("surveys")
    shop.publish(canonical(Release.model_validate(plain)))
    assert shop.http("GET", link.removeprefix(BASE), headers=HTML)["statusCode"] == 410
    shop.publish(canonical(Release.model_validate(plain | {"surveys": kept})))
    shop.clock.now += 90 * 24 * HOUR
    answer = shop.http("GET", link.removeprefix(BASE), headers=HTML)
    assert (answer["statusCode"], "closed" in answer["body"]) == (410, True)
    assert answered(shop) == []


def test_an_erased_person_s_answer_is_not_kept(shop: Cloud) -> None:
    link = links(shop)["2"]
    erasing.ask(shop, ADA)
    erasing.finish(shop)
    opened(shop, link)
    pressed(shop, link, answer="2", comment="Still here", _nonce="0" * 13)
    assert (answered(shop), answered(shop, SURVEY_COMMENTED)) == ([], [])


def test_a_survey_on_a_page_asks_by_buttons_and_looking_answers_nothing(shop: Cloud) -> None:
    survey = load(marketing()).surveys["first-glass"]
    token = passes.sign_rate(SIGNING, passes.RateOnPage("first-glass", "brewing"))
    html = render.survey_block(survey, f"../rate/{token}", {"anonymousId": ["laptop"]}, shop.clock.now)
    assert f'action="../rate/{token}"' in html
    assert html.count("<button") == 5
    assert 'name="anonymousId" value="laptop"' in html
    opened(shop, f"{BASE}/rate/{token}")
    assert answered(shop) == []
    shop.call("identify", messageId="i1", anonymousId="laptop", traits={"email": ADA})
    for _ in range(2):
        pressed(shop, f"{BASE}/rate/{token}", answer="5", anonymousId="laptop", _nonce=nonce(html))
    shop.settle()
    assert opinion(shop) == 5
    (event,) = answered(shop)
    assert (event.properties["page"], event.proved) == ("brewing", False)


def test_the_page_of_a_question_that_names_its_language_speaks_it(shop: Cloud) -> None:
    link = links(shop)["2"]
    plain = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain["surveys"]["first-glass"] |= {"question": "İlk bardak ılık mıydı?", "language": "tr"}
    shop.publish(canonical(Release.model_validate(plain)))
    page = opened(shop, link)
    assert '<html lang="tr"' in page
    assert "Yanıtınız: 2" in page
    assert "Your answer" not in page
