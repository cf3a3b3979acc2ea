"""What one definition says about another: every name must exist, and mean what is expected."""

from collections.abc import Iterator, Mapping
from functools import cache
from zoneinfo import available_timezones

from authoring import campaigns, forms, journeys, languages, misspelt, pages, popups, rounds, rules
from authoring.asking import Asking
from authoring.circles import circles
from authoring.colours import READABLE, contrast, readable
from authoring.definitions import Definitions, duplicates, unknown
from authoring.load import Document, Path
from authoring.problems import Problem, Severity, nearest
from authoring.scenarios.check import check as scenarios
from functions.core.forms import Form
from functions.core.sending import Sending
from functions.core.surveys import Survey
from functions.core.tongues import ANY

_INVISIBLE = 1.5
"""Contrast below which nobody reads a text."""


def check(known: Definitions) -> list[Problem]:
    """Every broken reference among the definitions, and what is rarely meant."""
    found = list(_check(known))
    # What a journey lacks is not said a second time by its scenarios.
    wrong = {problem.file for problem in found if problem.severity == "error"}
    return [*found, *scenarios(known, wrong)]


def _check(known: Definitions) -> Iterator[Problem]:
    if known.sending:
        yield from _sending(*known.sending)
    if known.scoring:
        yield from rules.scoring(*known.scoring, known)
    if known.segments:
        yield from rules.segments(*known.segments, known)
    if known.funnel:
        yield from rules.funnel(*known.funnel, known)
    yield from circles(known)
    for document, form in known.forms.values():
        yield from _form(document, form, known)
    for document, journey in known.journeys.values():
        yield from journeys.check(document, journey, known)
    yield from rounds.circles(known)
    for document, email in known.emails.values():
        for name, block in email.blocks.items():
            yield from Asking(known).condition(document, ("blocks", name, "when"), block.when)
        for code in (*([email.language] if email.language else []), *email.languages):
            yield from languages.check(document, ("languages", code), code)
    if known.products:
        document, products = known.products
        yield from duplicates(document, [(("products", i, "id"), one.id) for i, one in enumerate(products.products)])
        for index, product in enumerate(products.products):
            yield from _titles(document, ("products", index), product.titles)
    for document, survey in known.surveys.values():
        yield from _survey(document, survey)
    for document, campaign in known.campaigns.values():
        yield from campaigns.check(document, campaign, known)
    for document, popup in known.popups.values():
        yield from popups.check(document, popup, known)
    for document, page in known.pages.values():
        yield from pages.check(document, page, known)
    yield from misspelt.check(known)


def _survey(document: Document, survey: Survey) -> Iterator[Problem]:
    named: list[tuple[Path, str]] = [(("answers", i), one.value) for i, one in enumerate(survey.answers)]
    yield from duplicates(document, named, word="value")
    if survey.trait is not None:
        yield from journeys.settable(document, ("trait",), survey.trait)


@cache
def _zones() -> set[str]:
    """Every time zone that this machine knows."""
    return available_timezones()


def _sending(document: Document, sending: Sending) -> Iterator[Problem]:
    zones = _zones()
    zone = sending.business.time_zone
    if zone not in zones:
        close = nearest(zone, zones)
        mend = f'Did you mean "{close}"?' if close else "Use a name such as Europe/Istanbul or America/New_York"
        message = f'unknown time zone "{zone}"'
        yield document.problem(("business", "time_zone"), message, mend, code="unknown-time-zone")
    yield from languages.check(document, ("business", "language"), sending.business.language)
    yield from languages.words(document, sending.words, sending.business.language)
    yield from duplicates(document, [(("topics", i, "id"), topic.id) for i, topic in enumerate(sending.topics)])
    for index, topic in enumerate(sending.topics):
        yield from _titles(document, ("topics", index), topic.titles)
    for key, texts in (("wording", sending.push.wording), ("button", sending.push.button)):
        for code in texts or ():
            if code != ANY:
                yield from languages.check(document, ("push", key, code), code)
    yield from _caps(document, sending)
    yield from _contrast(document, sending)


def _titles(document: Document, path: Path, titles: Mapping[str, str]) -> Iterator[Problem]:
    for code, title in titles.items():
        yield from languages.check(document, (*path, "titles", code), code)
        if not title.strip():
            mend = "Write it, or remove the language: then the title itself stands there"
            yield document.problem((*path, "titles", code), f'an empty title in "{code}"', mend)


def _contrast(document: Document, sending: Sending) -> Iterator[Problem]:
    """Of all that the base layout writes, the letter's text alone has the colour that was asked for, whatever it is."""
    brand = sending.brand
    found = contrast(brand.text, brand.surface)
    if found < READABLE:
        message = (
            f"contrast with surface {brand.surface} is {found:.1f} to 1; to be read by everybody it takes {READABLE}"
        )
        mend = f'Write text: "{readable(brand.text, brand.surface)}", or another surface'
        place: Path = ("brand", "text") if "text" in brand.model_fields_set else ("brand", "surface")
        severity: Severity = "error" if found < _INVISIBLE else "warning"
        yield document.problem(place, message, mend, code="low-contrast", severity=severity)


def _caps(document: Document, sending: Sending) -> Iterator[Problem]:
    kinds = {topic.id: topic.transactional for topic in sending.topics}
    for index, cap in enumerate(sending.caps):
        for place, topic in enumerate(cap.topics):
            path: Path = ("caps", index, "topics", place)
            if topic not in kinds:
                yield from unknown(document, path, "topic", topic, frozenset(kinds), none="List it under topics")
            elif kinds[topic] != cap.transactional:
                one, other = ("marketing", "transactional")[:: 1 if cap.transactional else -1]
                what = "Remove transactional: true" if cap.transactional else "Add transactional: true to the cap"
                mend = f"{what}, or remove the topic"
                yield document.problem(path, f'"{topic}" is {one}, and this cap counts {other} messages', mend)
    known = frozenset(topic.id for topic in sending.topics)
    for index, topic in enumerate(sending.push.topics):
        yield from unknown(document, ("push", "topics", index), "topic", topic, known)


def _form(document: Document, form: Form, known: Definitions) -> Iterator[Problem]:
    named: list[tuple[Path, str]] = [(("fields", i, "name"), asked.name) for i, asked in enumerate(form.fields)]
    yield from duplicates(document, named, word="name")
    yield from forms.check(document, form)
    if known.sending:
        yield from forms.can_answer(document, form, known.sending[1])
    asking = Asking(known)
    for index, box in enumerate(form.consents):
        yield from asking.topic(document, ("consents", index, "topic"), box.topic, marketing=True)
    boxes: list[tuple[Path, str]] = [(("consents", i, "topic"), box.key) for i, box in enumerate(form.consents)]
    yield from duplicates(document, boxes, word="topic")
    if form.double_opt_in:
        name = form.double_opt_in.email
        path: Path = ("double_opt_in", "email")
        none = f"Write emails/{name}.yaml and .mjml"
        yield from unknown(document, path, "template", name, known.template_names, none=none)
