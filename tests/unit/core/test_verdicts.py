"""Who was there: what an event shows, what its company shows, and who has the last word."""

from dataclasses import replace
from typing import Any

import pytest

from functions.core.bots import Bots
from functions.core.event import EMAIL_CLICKED, EMAIL_LOOKED, EMAIL_OPENED, FORM, PAGE_VIEWED, SYSTEM, Event
from functions.core.verdicts import (
    BY_HAND,
    MEANINGS,
    Occasion,
    Rules,
    Ruling,
    consequence,
    judge,
    latest,
    rule_on,
    settled,
    verdict,
    version,
)

NOW = 1_790_000_000_000
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1)"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
GMAIL_AHEAD = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)
SENT = NOW - 3_600_000


def rules(**settings: Any) -> Rules:
    return Rules(Bots.model_validate(settings), lambda agent: "bot" in agent or "Proxy" in agent)


def page(agent: str = CHROME, **context: Any) -> Event:
    told = {"userAgent": agent, **context} if agent else context
    return Event("a#1", "m1", NOW, NOW, NOW, "page", PAGE_VIEWED, context=told)


def mail(name: str = EMAIL_CLICKED, at: int = NOW, agent: str = CHROME, url: str = "/a", **more: Any) -> Event:
    properties = {"message": "m", "sent": SENT} | ({"url": url} if name != EMAIL_OPENED else {})
    made = Event("c#1", f"{name}-{url}-{at}-{agent}", at, at, at, SYSTEM, name, properties, held=name != EMAIL_LOOKED)
    return replace(made, context={"userAgent": agent} if agent else {}, **more)


def look(at: int = NOW, url: str = "") -> Event:
    made = mail(EMAIL_LOOKED, at, url=url)
    return made if url else replace(made, properties={"message": "m", "sent": SENT, "link": "unsubscribe"})


def ruling(event: Event, who: Any, rule: str = "like-a-person", at: int = NOW) -> Ruling:
    return Ruling(event.source, event.sort_key, at, who, rule)


# What the event itself shows.


@pytest.mark.parametrize(
    ("event", "who", "rule"),
    [
        (page(), "person", ""),
        (page(agent=""), "person", ""),
        (page(agent=GOOGLEBOT), "bot", "user-agent"),
        (page(agent="curl/8.5.0"), "bot", "user-agent"),
        (page(automation="driven"), "bot", "automation"),
        (page(automation="prefetch"), "bot", "prefetch"),
        (mail(), "waiting", ""),
        (mail(agent=""), "bot", "no-user-agent"),
        (mail(agent="", held=False), "person", ""),
        (mail(agent=GOOGLEBOT), "bot", "user-agent"),
        (mail(EMAIL_OPENED, agent="Mozilla/5.0"), "bot", "prefetch"),
        (mail(EMAIL_OPENED, agent=GMAIL_AHEAD), "bot", "prefetch"),
        (mail(EMAIL_OPENED, agent=GMAIL), "waiting", ""),
        (mail(EMAIL_OPENED, agent="YahooMailProxy; https://help.yahoo.com"), "waiting", ""),
        (mail(EMAIL_OPENED, agent="Microsoft Office/16.0 (Microsoft Outlook 16.0.17; Pro)"), "waiting", ""),
        (mail(EMAIL_OPENED, agent="Canary/1.2 CFNetwork/1490.0.4 Darwin/23.2.0"), "waiting", ""),
        (look(), "bot", "look"),
        (look(url="/a"), "bot", "look"),
    ],
)
def test_an_event_may_show_a_machine_by_itself(event: Event, who: str, rule: str) -> None:
    found = verdict(event, None, rules())
    assert (found.who, found.rule) == (who, rule)
    assert found.rule in MEANINGS


def test_an_app_that_is_no_browser_is_a_person_s_where_nobody_browses() -> None:
    app = Event("a#1", "m1", NOW, NOW, NOW, "track", "Order Completed", context={"userAgent": "TeaApp/3.1 (iPhone)"})
    assert verdict(app, None, rules()).who == "person"
    assert verdict(replace(app, context={**app.context, "page": {"path": "/"}}), None, rules()).who == "bot"
    assert verdict(replace(app, kind=FORM), None, rules()).who == "bot"


def test_what_is_authored_adds_to_the_list_and_corrects_it_in_any_letter_case() -> None:
    assert verdict(page(agent=CHROME + " TeaMonitor"), None, rules(also=["teamonitor"])).who == "bot"
    assert verdict(page(agent=GOOGLEBOT), None, rules(never=["GOOGLE"])).who == "person"
    assert verdict(page(agent=GOOGLEBOT), None, rules(never=["google"], also=["googlebot"])).who == "person"


def test_the_version_changes_with_everything_that_facts_depend_on_and_with_nothing_else() -> None:
    plain = version(Bots(), "list 1")
    assert version(Bots(), "list 2") != plain
    assert len({version(Bots(**{key: ["tea"]}), "list 1") for key in ("also", "never")} | {plain}) == 3
    assert version(Bots(hold="1 minute", links=9), "list 1") == plain


# Who has the last word.


def test_a_held_event_is_whoever_the_newest_ruling_says() -> None:
    click = mail()
    assert verdict(click, ruling(click, "person"), rules()).who == "person"
    assert latest([ruling(click, "person", at=5), ruling(click, "bot", at=7)]) == ruling(click, "bot", at=7)


def test_by_hand_outranks_what_the_event_shows_and_every_later_judgement() -> None:
    crawled = page(agent=GOOGLEBOT)
    hand = ruling(crawled, "person", BY_HAND, at=5)
    assert verdict(crawled, latest([hand, ruling(crawled, "bot", at=9)]), rules()).who == "person"
    assert latest([hand, ruling(crawled, "bot", BY_HAND, at=6)]) == ruling(crawled, "bot", BY_HAND, at=6)


def test_what_an_event_shows_outranks_a_judgement_by_company() -> None:
    click = mail(agent=GOOGLEBOT)
    assert verdict(click, ruling(click, "person"), rules()).rule == "user-agent"
    assert verdict(click, ruling(click, "person"), rules(never=["google"])).who == "person"


def test_held_are_those_that_do_not_count() -> None:
    waiting, counted, crawled = mail(), mail(url="/b"), page(agent=GOOGLEBOT)
    told = [(waiting, None), (counted, ruling(counted, "person")), (crawled, None), (page(), None)]
    assert [event.held for event in settled(told, rules())] == [True, False, True, False]


@pytest.mark.parametrize(
    ("event", "said", "expected"),
    [
        (page(), [], "counts"),
        (page(agent=GOOGLEBOT), [], "none"),
        (mail(), [], "waits"),
        (mail(), ["person"], "counts"),
        (mail(), ["bot"], "none"),
        (mail(), ["person", "bot"], "leaves"),
        (page(), ["bot"], "leaves"),
        (page(agent=GOOGLEBOT), ["person"], "counts"),
    ],
)
def test_what_facts_have_to_do_about_it(event: Event, said: list[str], expected: str) -> None:
    hand = not event.held
    told = [ruling(event, who, BY_HAND if hand else "rule", at) for at, who in enumerate(said)]
    assert consequence(event, told, rules()) == expected


# What only the company shows.


def judged(asked: Event, *others: Event, delivered: int | None = None, **settings: Any) -> str:
    occasion = Occasion([asked, *others], None, delivered)
    return judge(asked, occasion, Bots.model_validate(settings)).rule


def test_one_click_hours_later_is_a_person_s() -> None:
    assert judged(mail()) == "like-a-person"
    assert judged(mail(), mail(EMAIL_OPENED, NOW - 2000)) == "like-a-person"


def test_two_links_within_seconds_may_be_a_person_s_and_three_are_not() -> None:
    second, third = mail(at=NOW + 1500, url="/b"), mail(at=NOW + 3000, url="/c")
    assert judged(mail(), second) == "like-a-person"
    for asked in (mail(), second, third):
        assert judged(asked, mail(), second, third) == "scanner-all-links"
    assert judged(mail(), second, third, links=4) == "like-a-person"


def test_both_links_of_a_mail_that_has_two_are_all() -> None:
    both = [mail(), mail(at=NOW + 1500, url="/b")]
    for links, rule in ((2, "scanner-all-links"), (3, "like-a-person"), (1, "like-a-person"), (0, "like-a-person")):
        assert judge(both[0], Occasion(both, links=links), Bots()).rule == rule


def test_the_same_three_links_in_a_minute_are_a_person_s() -> None:
    clicks = [mail(at=NOW + 20_000 * number, url=f"/{number}") for number in range(3)]
    assert [judged(click, *clicks) for click in clicks] == ["like-a-person"] * 3


def test_a_burst_is_seen_whether_the_click_begins_it_or_ends_it() -> None:
    clicks = [mail(at=NOW + 2000 * number, url=f"/{number}") for number in range(3)]
    assert {judged(click, *clicks) for click in clicks} == {"scanner-all-links"}


def test_an_open_in_the_middle_of_a_burst_is_the_scanner_s() -> None:
    clicks = [mail(at=NOW + 500 * number, url=f"/{number}") for number in range(3)]
    assert judged(mail(EMAIL_OPENED, NOW + 100), *clicks) == "scanner-all-links"
    assert judged(mail(EMAIL_OPENED, NOW + 60_000), *clicks) == "like-a-person"


def test_looks_by_head_belong_to_the_burst() -> None:
    assert judged(mail(), look(url="/b"), look(url="/c")) == "scanner-all-links"
    assert judged(mail(), look(url="/a")) == "like-a-person"


def test_whoever_looks_at_the_unsubscribe_page_within_the_same_seconds_follows_everything() -> None:
    assert judged(mail(), look(NOW + 900)) == "scanner-unsubscribe"
    assert judged(mail(), look(NOW + 90_000)) == "like-a-person"
    assert judged(mail(EMAIL_OPENED), look(NOW + 900)) == "like-a-person"


def test_nobody_reads_before_the_delivery_or_in_the_moment_after() -> None:
    assert judged(mail(), delivered=NOW + 9000) == "before-delivery"
    assert judged(mail(), delivered=NOW - 2000) == "before-delivery"
    assert judged(mail(), delivered=NOW - 4000) == "like-a-person"
    assert judged(mail(), delivered=NOW - 4000, too_soon="10 seconds") == "before-delivery"
    assert judged(mail(at=SENT + 1000)) == "before-delivery"


def test_rulings_are_made_once_and_again_only_where_they_say_something_else() -> None:
    clicks = [mail(at=NOW + 500 * number, url=f"/{number}") for number in range(3)]
    occasion = Occasion(clicks)
    first = rule_on([(click, None) for click in clicks[:1]], Occasion(clicks[:1]), Bots(), NOW, NOW + 9)
    assert [(one.who, one.rule, one.at) for one in first] == [("person", "like-a-person", NOW + 9)]
    told = [(clicks[0], first[0]), (clicks[1], None), (clicks[2], None)]
    second = rule_on(told, occasion, Bots(), NOW + 1000, NOW + 20)
    assert [one.who for one in second] == ["bot"] * 3
    ruled = list(zip(clicks, second, strict=True))
    assert rule_on(ruled, occasion, Bots(), NOW + 1000, NOW + 30) == []


def test_what_arrived_after_the_moment_asked_about_is_asked_about_by_itself() -> None:
    later = mail(at=NOW + 60_000, url="/b")
    made = rule_on([(mail(), None), (later, None)], Occasion([mail(), later]), Bots(), NOW, NOW)
    assert [one.event for one in made] == [mail().sort_key]


def test_a_ruling_by_hand_is_never_ruled_over_and_looks_are_not_ruled_on() -> None:
    click = mail()
    told = [(click, ruling(click, "bot", BY_HAND)), (look(), None), (page(), None)]
    assert rule_on(told, Occasion([click]), Bots(), NOW + 99, NOW) == []
