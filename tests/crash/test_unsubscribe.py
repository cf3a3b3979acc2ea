"""Withdrawal wins: whatever is on its way to someone who unsubscribed is not sent, and says why."""

import pytest

from functions.core.message import Message
from functions.tables import messages
from tests.cloud import Cloud
from tests.crash.scenarios import link, mail, unsubscribe_link

ADA = "ada@example.com"
ONE_CLICK = "List-Unsubscribe=One-Click"


def offer(cloud: Cloud) -> Message:
    (found,) = [one for one in messages.list_for(cloud.contact(ADA)) if one.template == "first-offer"]
    return found


@pytest.fixture
def reader(cloud: Cloud) -> Cloud:
    """Ada has read the welcome and looked around: a click away from the offer."""
    cloud.page("/first-flush", "p1", "laptop")
    cloud.post_form(email=ADA, anonymous="laptop")
    # Nobody follows a link in the second of its delivery.
    cloud.skip(minutes=1)
    return cloud


def test_unsubscribing_while_a_mail_waits_in_the_queue_stops_it(reader: Cloud) -> None:
    reader.paused = {"send"}
    reader.follow(link(reader.mails[0]))
    reader.skip(minutes=1)
    assert offer(reader).state == "intended"
    assert reader.follow(unsubscribe_link(reader.mails[0]), "POST", ONE_CLICK)["statusCode"] == 200
    reader.paused = set()
    reader.skip(days=1)
    assert (offer(reader).state, offer(reader).reason) == ("withheld", "unsubscribed")
    assert len(reader.mails) == 1


def test_unsubscribing_while_the_events_are_an_hour_behind_stops_it(reader: Cloud) -> None:
    reader.paused = {"send"}
    reader.follow(link(reader.mails[0]))
    reader.skip(minutes=1)
    reader.paused = {"score"}
    reader.follow(unsubscribe_link(reader.mails[0]), "POST", ONE_CLICK)
    reader.skip(hours=1)
    reader.events.read()
    assert reader.events.waiting, "the withdrawal's event is not scored yet"
    assert (offer(reader).state, offer(reader).reason) == ("withheld", "unsubscribed")
    reader.paused = set()
    reader.settle()
    assert len(reader.mails) == 1


def test_a_mail_decided_after_the_unsubscribe_by_events_an_hour_behind_is_not_sent(reader: Cloud) -> None:
    reader.paused = {"score"}
    reader.follow(link(reader.mails[0]))
    reader.follow(unsubscribe_link(reader.mails[0]), "POST", ONE_CLICK)
    reader.skip(hours=1)
    reader.paused = set()
    reader.settle()
    assert (offer(reader).state, offer(reader).reason) == ("withheld", "unsubscribed")
    assert len(reader.mails) == 1


def test_an_unsubscribe_that_is_repeated_or_older_mail_carries_still_stops_it(reader: Cloud) -> None:
    for _ in range(2):
        reader.follow(unsubscribe_link(reader.mails[0]), "POST", ONE_CLICK)
    reader.follow(link(reader.mails[0]))
    reader.skip(minutes=1)
    assert (offer(reader).state, offer(reader).reason) == ("withheld", "unsubscribed")


def test_a_stranger_who_types_the_address_brings_no_consent_back(reader: Cloud) -> None:
    reader.follow(unsubscribe_link(reader.mails[0]), "POST", ONE_CLICK)
    reader.call("identify", messageId="i1", anonymousId="laptop", traits={"email": ADA})
    said = {"form": "hello", "consents": ["tips"], "topic": "tips"}
    reader.call("track", messageId="t1", anonymousId="laptop", event="Form Submitted", properties=said)
    reader.follow(link(reader.mails[0]))
    reader.skip(minutes=1)
    assert (offer(reader).state, offer(reader).reason) == ("withheld", "unsubscribed")


def test_only_a_post_unsubscribes(reader: Cloud) -> None:
    reader.follow(unsubscribe_link(reader.mails[0]), "GET")
    reader.follow(unsubscribe_link(reader.mails[0]), "HEAD")
    reader.skip(minutes=1)
    reader.follow(link(reader.mails[0]))
    reader.skip(minutes=1)
    assert mail(reader, "first-offer") is not None
