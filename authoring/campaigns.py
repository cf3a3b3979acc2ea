"""Checks of one campaign against everything that is defined."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from authoring import channels
from authoring.agreeing import is_transactional, nobody_is_asked
from authoring.asking import Asking
from authoring.definitions import Definitions, duplicates, unknown
from authoring.load import Document
from authoring.problems import Problem
from functions import clock
from functions.core.campaign import ON_REQUEST, Campaign, Once, Recurring
from functions.core.channels import channel_and_template, to_people
from functions.core.definition import spell_duration


def check(document: Document, campaign: Campaign, known: Definitions) -> Iterator[Problem]:
    """What a campaign refers to that isn't there, and what can't be meant together."""
    yield from Asking(known).topic(document, ("topic",), campaign.topic)
    channel, template = channel_and_template(campaign.send)
    names, none = channels.names_of(known, channel), channels.missing(channel, template)
    yield from unknown(document, ("send",), "template", template, names, none=none)
    yield from Asking(known).segment(document, ("to",), campaign.to)
    named = [(("except", index), name) for index, name in enumerate(campaign.except_)]
    for path, name in named:
        yield from Asking(known).segment(document, path, name)
        if name == campaign.to:
            mend = "Remove it, or send to another segment"
            yield document.problem(path, f'it goes to "{name}" and excludes it', mend, code="excludes-itself")
    yield from duplicates(document, list(named), word="segment")
    if campaign.hold >= campaign.expires:
        message = f"it holds as long as it has time to reach people ({spell_duration(campaign.expires)})"
        yield document.problem(("hold",), message, "Hold it shorter, or write a longer expires", code=_OVER)
    if to_people(channel):
        yield from _needs_no_consent(document, campaign, known)
    yield from nobody_is_asked(document, ("topic",), campaign.topic, channel, known)
    when = campaign.when
    if isinstance(when, Once):
        yield from _over_already(document, when, known)
    if isinstance(when, Recurring) and when.every != "month" and "day" in when.model_fields_set:
        mend = "Write every: month, or remove day"
        yield document.problem(("when", "day"), f"a day of the month, and it runs every {when.every}", mend, code=_DAY)


def _over_already(document: Document, when: Once, known: Definitions) -> Iterator[Problem]:
    # Where each contact's own clock counts, the last to show the time stand twelve hours behind UTC.
    zone: tzinfo = timezone(-timedelta(hours=12))
    if when.in_ is None:
        try:
            zone = ZoneInfo(known.sending[1].business.time_zone) if known.sending else UTC
        except (ZoneInfoNotFoundError, ValueError):
            return  # said where it is written
    if datetime.combine(when.on, when.at, zone).timestamp() * 1000 < clock.now_ms():
        said = f"{when.on} at {when.at:%H:%M} is over"
        mend = f"Write a moment to come, or when: {ON_REQUEST}, or remove the campaign"
        yield document.problem(("when", "on"), said, mend, code="over-already", severity="warning")


def _needs_no_consent(document: Document, campaign: Campaign, known: Definitions) -> Iterator[Problem]:
    """What goes to people who agreed to nothing."""
    if known.sending is None:
        return
    topic = campaign.topic
    if is_transactional(known, topic):
        message = f'"{topic}" is transactional: everybody in the segment gets it, also who agreed to nothing'
        mend = "Send it only if it is about something that each of them did; for all else write a marketing topic"
        yield document.problem(("topic",), message, mend, code="without-consent", severity="warning")


_OVER = "over-before-it-goes"
_DAY = "no-day-of-a-month"
