"""Checks of one campaign against everything that is defined."""

from collections.abc import Iterator

from authoring import channels
from authoring.asking import Asking
from authoring.definitions import Definitions, duplicates, unknown
from authoring.load import Document
from authoring.problems import Problem
from functions.core.campaign import Campaign, Recurring
from functions.core.channels import channel_and_template
from functions.core.definition import spell_duration


def check(document: Document, campaign: Campaign, known: Definitions) -> Iterator[Problem]:
    """What a campaign refers to that isn't there, and what can't be meant together."""
    yield from Asking(known).topic(document, ("topic",), campaign.topic)
    channel, template = channel_and_template(campaign.send)
    names, none = channels.names_of(known, channel), channels.missing(channel, template)
    yield from unknown(document, ("send",), "template", template, names, none=none)
    yield from _segment(document, ("to",), campaign.to, known)
    named = [(("except", index), name) for index, name in enumerate(campaign.except_)]
    for path, name in named:
        yield from _segment(document, path, name, known)
        if name == campaign.to:
            mend = "Remove it, or send to another segment"
            yield document.problem(path, f'it goes to "{name}" and excludes it', mend, code="excludes-itself")
    yield from duplicates(document, list(named), word="segment")
    if campaign.hold >= campaign.expires:
        message = f"it holds as long as it has time to reach people ({spell_duration(campaign.expires)})"
        yield document.problem(("hold",), message, "Hold it shorter, or write a longer expires", code=_OVER)
    when = campaign.when
    if isinstance(when, Recurring) and when.every != "month" and "day" in when.model_fields_set:
        mend = "Write every: month, or remove day"
        yield document.problem(("when", "day"), f"a day of the month, and it runs every {when.every}", mend, code=_DAY)


def _segment(document: Document, path: tuple[str | int, ...], name: str, known: Definitions) -> Iterator[Problem]:
    none = "Define it under segments: in segments.yaml"
    yield from unknown(document, path, "segment", name, known.segment_names, none=none)


_OVER = "over-before-it-goes"
_DAY = "no-day-of-a-month"
