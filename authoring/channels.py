"""Templates of other channels than e-mail: one file each, read and checked alike whatever the channel is."""

from collections.abc import Iterator

from authoring import templates
from authoring.definitions import Definitions, steps_of
from authoring.load import Document, Path
from authoring.problems import Problem
from functions.core.channels import BY_EMAIL, CHANNELS, Channel, channel_and_template
from functions.core.steps import Send
from functions.core.template import Template


def others() -> list[Channel]:
    """Every channel whose templates are files of one kind."""
    return [channel for channel in CHANNELS.values() if channel.name != BY_EMAIL]


def missing(channel: str, template: str) -> str:
    """How a template that isn't there is mended."""
    if channel == BY_EMAIL:
        return f"Write emails/{template}.yaml and .mjml"
    return f"Write {CHANNELS[channel].folder}/{template}.yaml"


def names_of(known: Definitions, channel: str) -> frozenset[str]:
    """The ids of a channel's templates, broken ones among them."""
    return known.template_names if channel == BY_EMAIL else known.channel_names.get(channel, frozenset())


def check(known: Definitions) -> Iterator[Problem]:
    """What is wrong or odd with the templates that could be read."""
    serving = _only_serving(known)
    for channel, of_channel in known.templates.items():
        for name, (document, template) in of_channel.items():
            problems = list(_sources(document, template))
            yield from problems
            if problems:
                continue
            for odd in template.odd(marketing=(channel, name) not in serving):
                yield document.problem(odd.place, odd.message, odd.mend, code=odd.code, severity="warning")


def _sources(document: Document, template: Template) -> Iterator[Problem]:
    for place, text in template.sources():
        path: Path = place
        line, column = document.at(path)
        yield from templates.check(templates.Part(document.file, text, _spelled(path), line=line, column=column))


def _spelled(path: Path) -> str:
    return ".".join(map(str, path))


def _only_serving(known: Definitions) -> set[tuple[str, str]]:
    """The templates that journeys and campaigns send about transactional topics only."""
    marketing = {topic.id for topic in known.sending[1].topics if not topic.transactional} if known.sending else set()
    sent = [
        (channel_and_template(step.send), (step.topic or journey.topic) in marketing)
        for _, journey in known.journeys.values()
        for _, step in steps_of(journey.steps)
        if isinstance(step, Send)
    ]
    sent += [
        (channel_and_template(campaign.send), campaign.topic in marketing) for _, campaign in known.campaigns.values()
    ]
    return {what for what, _ in sent} - {what for what, sells in sent if sells}
