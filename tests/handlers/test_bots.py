"""Machines' events are stored and move nothing; what was wrongly judged can be revised, and facts follow."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from functions.core.contact import Contact
from functions.core.event import EMAIL_CLICKED, EMAIL_OPENED, PAGE_VIEWED, Event
from functions.core.identity import ANONYMOUS
from functions.core.release import Release, canonical, load
from functions.core.views import local_day, points
from functions.people import dossier, whom
from functions.tables import contacts, events, rulings
from functions.work import jobs
from functions.work.jobs import Job
from functions.work.refold import refold_one
from local.emulator import EmulatorProcess
from tests.cloud import Cloud, marketing
from tests.cloud.mail import Mail
from tests.crash.scenarios import link, mail, pixel, sign_up, unsubscribe_link

ADA = "ada@example.com"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
APPLE_AHEAD = "Mozilla/5.0"


def release(**bots: Any) -> bytes:
    """The demo business with more links in its mail, and other rules about bots."""
    plain = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    more = "".join(f'<a href="https://yellow-samovar.example/{page}">{page}</a>' for page in ("green", "oolong"))
    email = plain["emails"]["welcome"]
    email["html"] = email["html"].replace("</body>", f"{more}</body>")
    return canonical(Release.model_validate(plain | {"bots": bots}))


@pytest.fixture
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    """A shop where Ada has signed up, two hours ago, and was sent a mail with three links."""
    with Cloud(emulator, release()) as cloud:
        sign_up(cloud)
        yield cloud


def ada(shop: Cloud) -> Contact:
    owner = shop.contact(ADA)
    return contacts.load([owner])[owner]


def interest(shop: Cloud) -> int:
    scores, zone = load(marketing()).scoring.scores, "Europe/Istanbul"
    return points(ada(shop).state.facts, "interest", scores["interest"], local_day(shop.clock.now, zone), zone)


def welcome(shop: Cloud) -> Mail:
    found = mail(shop, "welcome")
    assert found is not None
    return found


def links(letter: Mail) -> list[str]:
    return sorted(set(re.findall(r"https://tea\.example/c/[^\"\s>]+", letter.part("html") + letter.part("plain"))))


def templates(shop: Cloud) -> list[str]:
    return [shop.template_of(one) for one in shop.mails]


def stored(shop: Cloud, name: str) -> list[Event]:
    rows = [item for item in shop.items("events") if events.is_event(item)]
    return [event for event in map(events.from_row, rows) if event.name == name]


def messages_seen(shop: Cloud) -> dict[str, tuple[bool, bool]]:
    facts = ada(shop).state.facts.messages
    return {key: (one.opened is not None, one.clicked is not None) for key, one in facts.items()}


def test_a_person_who_opens_and_clicks_moves_the_score_and_wakes_the_journey(shop: Cloud) -> None:
    shop.follow(pixel(welcome(shop)))
    shop.follow(link(welcome(shop)))
    shop.settle()
    assert interest(shop) == 20
    assert templates(shop) == ["welcome"]
    shop.skip(minutes=1)
    assert interest(shop) == 20 + 10 + 20
    assert list(messages_seen(shop).values()) == [(True, True)]
    assert templates(shop) == ["welcome", "first-offer"]
    assert shop.failures == []


def test_a_scanner_that_opens_every_link_within_seconds_moves_no_score_and_wakes_nothing(shop: Cloud) -> None:
    letter = welcome(shop)
    followed = links(letter)
    assert len(followed) == 3
    shop.follow(pixel(letter))
    for url in followed:
        shop.follow(url)
    shop.skip(minutes=1)
    assert interest(shop) == 20
    assert messages_seen(shop) == {}
    assert templates(shop) == ["welcome"]
    assert len(stored(shop, EMAIL_CLICKED)) == len(followed)
    said = dossier.dossier(ADA)
    assert said["events_of_bots"] == len(followed) + 1
    assert {event["rule"] for event in said["timeline"] if event["who"] == "bot"} == {"scanner-all-links"}
    # The person comes after it, and is one.
    shop.skip(hours=1)
    shop.follow(link(letter))
    shop.skip(minutes=1)
    assert interest(shop) == 20 + 20
    assert templates(shop) == ["welcome", "brewing-guide"]


def test_a_scanner_that_looks_at_the_unsubscribe_page_as_well_clicks_for_nobody(shop: Cloud) -> None:
    letter = welcome(shop)
    shop.follow(link(letter))
    shop.follow(unsubscribe_link(letter))
    shop.skip(minutes=1)
    assert interest(shop) == 20
    assert templates(shop) == ["welcome"]


def test_head_counts_for_nothing(shop: Cloud) -> None:
    for url in links(welcome(shop)):
        shop.follow(url, "HEAD")
    shop.skip(minutes=1)
    assert interest(shop) == 20
    assert messages_seen(shop) == {}


@pytest.mark.parametrize("agent", [APPLE_AHEAD, GOOGLEBOT, ""])
def test_an_image_that_a_machine_fetches_is_no_open(shop: Cloud, agent: str) -> None:
    shop.follow(pixel(welcome(shop)), agent=agent)
    shop.skip(minutes=1)
    assert len(stored(shop, EMAIL_OPENED)) == 1
    assert interest(shop) == 20
    assert shop.queues.by_name["work"].messages == []


def test_pages_of_a_crawler_are_kept_and_make_nobody(shop: Cloud) -> None:
    before = len(shop.items())
    context = {"userAgent": GOOGLEBOT}
    for number in range(3):
        shop.call("page", messageId=f"b{number}", anonymousId="crawler", context=context, properties={"path": "/"})
    shop.call("identify", messageId="i", anonymousId="crawler", context=context, traits={"email": "bot@example.com"})
    shop.settle()
    assert len(shop.items()) == before
    assert len(stored(shop, PAGE_VIEWED)) == 3
    with pytest.raises(whom.UnknownPerson, match="1 events of bots"):
        whom.find("bot@example.com")


def test_a_crawler_with_a_known_browser_s_id_moves_nothing_of_its_person(shop: Cloud) -> None:
    before = ada(shop)
    shop.call(
        "page",
        messageId="b",
        anonymousId="laptop",
        context={"userAgent": GOOGLEBOT},
        properties={"path": "/first-flush"},
    )
    shop.settle()
    assert ada(shop) == before
    assert dossier.dossier(ADA)["events_of_bots"] == 1


def test_an_event_ruled_a_person_s_by_hand_counts_and_makes_its_contact(shop: Cloud) -> None:
    shop.call("page", messageId="b", anonymousId="odd", context={"userAgent": GOOGLEBOT}, properties={"path": "/"})
    shop.settle()
    (event,) = stored(shop, PAGE_VIEWED)
    dossier.rule(event.ref, True, "it is our own kiosk")
    shop.settle()
    owner = shop.owner(ANONYMOUS, "odd")
    assert contacts.load([owner])[owner].state.facts.first == event.at


def test_a_click_ruled_a_person_s_by_hand_counts_at_once_and_a_bot_s_no_longer_does(shop: Cloud) -> None:
    for url in links(welcome(shop)):
        shop.follow(url)
    shop.skip(minutes=1)
    assert interest(shop) == 20
    click = stored(shop, EMAIL_CLICKED)[0]
    dossier.rule(click.ref, True, "she told us")
    shop.settle()
    assert interest(shop) == 20 + 20
    assert templates(shop) == ["welcome", "brewing-guide"]
    dossier.rule(click.ref, False, "she did not")
    shop.settle()
    assert interest(shop) == 20
    assert messages_seen(shop) == {}
    assert shop.failures == []


def test_records_that_come_again_after_a_revision_change_nothing(shop: Cloud) -> None:
    shop.follow(link(welcome(shop)))
    shop.skip(minutes=1)
    dossier.rule(stored(shop, EMAIL_CLICKED)[0].ref, False, "")
    shop.settle()
    facts = ada(shop).state.facts
    assert interest(shop) == 20
    for _ in range(2):
        shop.events.rewind()
        shop.skip(minutes=1)
    assert ada(shop).state.facts == facts


def test_a_page_ruled_a_bot_s_before_it_was_scored_never_counts(shop: Cloud) -> None:
    shop.paused.add("score")
    shop.page("/first-flush", "p1", "laptop")
    dossier.rule(stored(shop, PAGE_VIEWED)[0].ref, False, "")
    shop.events.read()
    shop.events.waiting.reverse()
    shop.paused.clear()
    shop.settle()
    assert interest(shop) == 20


def test_changed_rules_move_facts_when_touched_and_everybody_s_by_refolding(shop: Cloud) -> None:
    context = {"userAgent": "Mozilla/5.0 (X11) TeaHouse"}
    shop.call("page", messageId="m", anonymousId="laptop", context=context, properties={"path": "/first-flush"})
    shop.settle()
    assert interest(shop) == 40
    shop.publish(release(also=["teahouse"]))
    jobs.create(Job("one", "refold", shop.clock.now))
    shop.settle()
    assert interest(shop) == 20
    shop.publish(release(never=["TeaHouse"]))
    shop.page("/", "p2", "laptop")
    shop.settle()
    assert interest(shop) == 40


def test_changed_lengths_of_time_hold_for_the_past_after_a_refold(shop: Cloud) -> None:
    for url in links(welcome(shop)):
        shop.follow(url)
        shop.clock.now += 1500
    shop.skip(minutes=1)
    assert interest(shop) == 20
    shop.publish(release(burst="1 second"))
    refold_one(ada(shop).id, shop.clock.now)
    shop.skip(minutes=1)
    # Two clicks a day bring points.
    assert interest(shop) == 20 + 40
    assert templates(shop) == ["welcome", "first-offer"]


def test_a_judgement_that_was_never_asked_for_is_made_by_a_refold(shop: Cloud) -> None:
    shop.follow(link(welcome(shop)))
    shop.settle()
    shop.queues.by_name["work"].messages.clear()
    shop.skip(minutes=5)
    assert dossier.dossier(ADA)["events_waiting"] == 1
    refold_one(ada(shop).id, shop.clock.now)
    shop.settle()
    assert interest(shop) == 40


def test_a_judgement_asked_for_twice_rules_once(shop: Cloud) -> None:
    shop.duplicate = True
    shop.follow(link(welcome(shop)))
    shop.skip(minutes=1)
    (event,) = stored(shop, EMAIL_CLICKED)
    assert len(rulings.on(event)) == 1
    assert interest(shop) == 40


def test_clicks_that_an_earlier_version_stored_count_as_they_did(shop: Cloud) -> None:
    shop.follow(link(welcome(shop)), agent="curl/8")
    shop.settle()
    row = next(item for item in shop.items("events") if item.get("name") == EMAIL_CLICKED)
    earlier = {key: value for key, value in row.items() if key != "held"} | {"v": 1}
    assert events.from_row(row).held
    event = events.from_row(earlier)
    assert (event.held, event.context) == (False, {})


def test_servers_that_tell_what_happened_are_not_taken_for_their_visitors(shop: Cloud) -> None:
    body = b'{"event": "Order Completed", "userId": "u1", "messageId": "o1"}'
    key = {"authorization": "Basic d2tfdGVzdHM6", "user-agent": "analytics-python/2.4.0"}
    shop.http("POST", "/v1/track", body, headers=key)
    shop.settle()
    assert [event.context for event in stored(shop, "Order Completed")] == [{}]
    assert shop.owner("u", "u1")
