"""Broken forms: each names file, line, field and the mend."""

from collections.abc import Callable

import pytest

from authoring.compile import bundle
from authoring.problems import Problem
from authoring.validate import validate
from functions.pages.embedding import snippets
from tests.unit.authoring.folders import Folder
from tests.unit.authoring.test_validate import problems_in

FORM = "forms/wholesale.yaml"
JOURNEY = """title: Price list
topic: offers
start: {when: {event: Form Submitted, form: wholesale}}
steps:
  - {id: list, send: brewing-guide}
"""


def swap(old: str, new: str, file: str = FORM) -> Callable[[Folder], None]:
    return lambda folder: folder.swap(file, old, new)


BY_TEXT = """sms_double_opt_in: {{text: "{}"}}
consents:
  - {{topic: tips, channel: sms, label: Texts.}}
"""


BROKEN: dict[str, tuple[Callable[[Folder], None], str, str, str]] = {
    "a condition on a later field": (
        swap("show_when: {field: house,", "show_when: {field: visit,"),
        "fields[4].show_when.field",
        'field "visit" does not come before this',
        "Move that field up",
    ),
    "a condition on no field": (
        swap("show_when: {field: house,", "show_when: {field: hause,"),
        "fields[4].show_when.field",
        'unknown field "hause"',
        'Did you mean "house"?',
    ),
    "a condition on a text": (
        swap("show_when: {field: house,", "show_when: {field: company,"),
        "fields[4].show_when.field",
        '"company" has no fixed answers',
        "Use one of: house",
    ),
    "a condition on an answer that is none": (
        swap("is: hotel}", "is: hotels}"),
        "fields[4].show_when.is",
        '"hotels" is no answer to house',
        'Did you mean "hotel"?',
    ),
    "a condition on a checkbox's word": (
        swap("{field: visit, is: true}", "{field: visit, is: 'yes'}"),
        "fields[8].show_when.is",
        '"yes" is no answer to visit',
        "is: true",
    ),
    "a condition that says nothing": (
        swap("{field: house, is: hotel}", "{field: house}"),
        "fields[4].show_when",
        "give exactly one of is and one_of",
        "",
    ),
    "no label": (
        swap("label: Your web site, ", ""),
        "fields[10]",
        '"label" is missing',
        "what stands beside",
    ),
    "options of a number": (
        swap("    decimals: 0\n", "    decimals: 0\n    options: [a]\n"),
        "fields[4].options",
        "a number field takes no options",
        "select, radio or checkboxes",
    ),
    "decimals of a date": (
        swap("    type: date\n", "    type: date\n    decimals: 2\n"),
        "fields[8].decimals",
        "a date field takes no decimals",
        "type: number",
    ),
    "a default that is no option": (
        swap("    type: radio\n", "    type: radio\n    default: cafes\n"),
        "fields[3].default",
        '"cafes" is none of the options',
        'Did you mean "cafe"?',
    ),
    "an option twice": (
        swap("[Black, Green, Oolong, Herbal]", "[Black, Green, Black]"),
        "fields[5].options[2]",
        'duplicate option "Black"',
        "its own value",
    ),
    "a limit that is no date": (
        swap("min: today", "min: tomorrow"),
        "fields[8].min",
        '"tomorrow" is no date',
        "or today",
    ),
    "limits the wrong way round": (
        swap("max: 5000", "max: 0"),
        "fields[4].min",
        "min is above max",
        "Exchange them",
    ),
    "a pattern that is none": (
        swap("{name: name, label: Your name,", "{name: name, label: Your name, pattern: '[a-',"),
        "fields[1].pattern",
        "the pattern can't be read",
        "regular expression",
    ),
    "a pattern that could run for ever": (
        swap("{name: name, label: Your name,", "{name: name, label: Your name, pattern: '(a+)+',"),
        "fields[1].pattern",
        "repeats a repetition",
        "for ever",
    ),
    "a hidden field with two minds": (
        swap("type: hidden, prefill: true,", "type: hidden, prefill: true, value: x,"),
        "fields[12]",
        "a hidden field says one thing",
        "prefill: true",
    ),
    "a hidden field that must be filled in": (
        swap("type: hidden, prefill: true,", "type: hidden, prefill: true, required: true,"),
        "fields[12].required",
        "a hidden field takes no required",
        "Remove required",
    ),
    "a field called as the boxes are": (
        swap("{name: company,", "{name: consent,"),
        "fields[2].name",
        "name of the consent boxes",
        "otherwise",
    ),
    "double opt-in without a sure address": (
        swap("type: email, required: true", "type: email"),
        "double_opt_in",
        "no address is sure to be given",
        "required: true",
    ),
    "double opt-in without consents": (
        lambda folder: folder.write(FORM, folder.read(FORM).split("consents:")[0] + "double_opt_in: true\n"),
        "double_opt_in",
        "there is no consent to confirm",
        "remove double_opt_in",
    ),
    "double opt-in with an unknown mail": (
        swap("email: confirm", "email: confirmed"),
        "double_opt_in.email",
        'unknown template "confirmed"',
        'Did you mean "confirm"?',
    ),
    "a journey that writes before anybody confirmed": (
        lambda folder: folder.write("journeys/list.yaml", JOURNEY),
        "start.when.event",
        'form "wholesale" asks for confirmation',
        "Subscription Confirmed",
    ),
    "a journey that sends the asking mail": (
        swap("send: brewing-guide", "send: confirm", "journeys/welcome.yaml"),
        "confirm_url",
        "a journey or a campaign sends this e-mail",
        "double_opt_in only",
    ),
    "a mail that asks without the link": (
        swap('href="{{ confirm_url }}"', 'href="{{ business.site }}"', "emails/confirm.mjml"),
        "(file)",
        "it asks to confirm without the link",
        "{{ confirm_url }}",
    ),
    "a redirect that takes something along": (
        swap("button: ", "redirect: 'https://x.example/?m={{ contact.email }}'\nbutton: "),
        "redirect",
        "a redirect takes no variables",
        "nothing personal",
    ),
    "text messages without a number": (
        lambda folder: folder.swap("forms/hello.yaml", "topic: tips", "topic: tips\n    channel: sms"),
        "consents[0].channel",
        "no field is sure to ask for the telephone number",
        "type: phone",
    ),
    "a text that asks for an answer which doesn't count": (
        lambda folder: folder.swap("forms/hello.yaml", "consents:\n", BY_TEXT.format("Mandez OUAIS, ou STOP")),
        "sms_double_opt_in.text",
        "it names no answer that agrees",
        "YES",
    ),
    "a switch that is written as a word": (
        swap("button: ", "double_opt_in: yes\nbutton: ", "forms/hello.yaml"),
        "double_opt_in",
        'expected true, or keys and values, not "yes"',
        "Write double_opt_in: true",
    ),
    "an answer by text that nothing asks": (
        swap("button: ", "sms_double_opt_in: true\nbutton: "),
        "sms_double_opt_in",
        "there is no consent to text messages to confirm",
        "channel: sms",
    ),
    "a channel that forms know nothing of": (
        lambda folder: folder.swap("forms/hello.yaml", "topic: tips", "topic: tips\n    channel: webhook"),
        "consents[0].channel",
        "a form can't take consent to webhook",
        "",
    ),
    "words that nobody says": (
        swap("button: ", "words: {sendd: Go}\nbutton: "),
        "words.sendd",
        'no built-in words are called "sendd"',
        'Did you mean "send"?',
    ),
    "words with a slot that nothing fills": (
        swap("button: ", "words: {too-long: 'Up to {most}'}\nbutton: "),
        "words.too-long",
        "nothing fills in {most} here",
        "{max}",
    ),
    "a language that is none": (
        swap("language: en", "language: en_GB", "sending.yaml"),
        "business.language",
        '"en_GB" is no language code',
        '"en-GB"',
    ),
    "a frame that is a page": (
        swap("button: ", "framed_by: ['https://x.example/page']\nbutton: "),
        "framed_by[0]",
        "",
        "",
    ),
}


@pytest.mark.parametrize("case", BROKEN, ids=str)
def test_a_broken_form_names_its_line_and_the_mend(case: str, folder: Folder) -> None:
    edit, field, message, mend = BROKEN[case]
    edit(folder)
    problems: tuple[Problem, ...] = problems_in(folder)
    found = [problem for problem in problems if problem.field == field]
    assert found, problems
    assert (message in found[0].message, mend in found[0].mend) == (True, True), found[0]
    assert found[0].line >= 1


def test_what_is_pasted_into_another_site_leads_here_and_is_the_same_every_time(folder: Folder) -> None:
    release = bundle(folder.root).content
    said = snippets("hello", release.forms["hello"], release.sending, "https://go.tea.example")
    assert said["script"].splitlines() == [
        '<a href="https://go.tea.example/f/hello" data-samovar-form="hello">A letter about tea, now and then</a>',
        '<script async src="https://go.tea.example/f/hello.js"></script>',
    ]
    assert '<form method="post" action="https://go.tea.example/f/hello"' in said["html"]
    assert "_nonce" not in said["html"]
    assert 'name="consent" value="tips"' in said["html"]


def test_a_journey_may_start_when_somebody_confirmed(folder: Folder) -> None:
    folder.write("journeys/list.yaml", JOURNEY.replace("Form Submitted", "Subscription Confirmed"))
    assert "list" in bundle(folder.root).content.journeys


def test_every_shorthand_of_double_opt_in_is_read(folder: Folder) -> None:
    text = folder.read(FORM)
    start, rest = text.split("double_opt_in:")
    rest = rest[rest.index("protect:") :]
    folder.write(FORM, f"{start}double_opt_in: true\n{rest}")
    asked = bundle(folder.root).content.forms["wholesale"].double_opt_in
    assert asked is not None
    assert (asked.email, asked.within) == ("confirm", 3 * 86_400)
    folder.write(FORM, f"{start}double_opt_in: false\n{rest}")
    assert bundle(folder.root).content.forms["wholesale"].double_opt_in is None


def test_a_form_that_takes_numbers_unasked_is_warned_of_until_a_text_asks(folder: Folder) -> None:
    folder.swap("forms/hello.yaml", "fields:\n", "fields:\n  - {name: mobile, label: Mobile, type: phone}\n")
    folder.swap("forms/hello.yaml", "consents:\n", "consents:\n  - {topic: tips, channel: sms, label: Texts.}\n")
    (warning,) = [one for one in validate(folder.root).warnings if one.file == "forms/hello.yaml"]
    assert (warning.code, warning.field) == ("unconfirmed-number", "consents[0].channel")
    assert "sms_double_opt_in: true" in warning.mend
    folder.swap("forms/hello.yaml", "consents:\n", "sms_double_opt_in: true\nconsents:\n")
    (warning,) = [one for one in validate(folder.root).warnings if one.file == "forms/hello.yaml"]
    assert (warning.code, warning.field) == ("unanswerable", "sms_double_opt_in")
    folder.swap("sending.yaml", "topics:\n", 'sms: {number: "+12065550100"}\ntopics:\n')
    assert not [one for one in validate(folder.root).warnings if one.file == "forms/hello.yaml"]
    opt_in = bundle(folder.root).content.forms["hello"].sms_double_opt_in
    assert opt_in is not None
    assert (opt_in.text, opt_in.within) == ("", 3 * 86_400)


def test_a_text_that_asks_says_how_to_stop(folder: Folder) -> None:
    folder.swap("forms/hello.yaml", "fields:\n", "fields:\n  - {name: mobile, label: Mobile, type: phone}\n")
    folder.swap("sending.yaml", "topics:\n", 'sms: {number: "+12065550100"}\ntopics:\n')
    folder.swap("forms/hello.yaml", "consents:\n", BY_TEXT.format("Tea: répondez OUI"))
    (warning,) = [one for one in validate(folder.root).warnings if one.file == "forms/hello.yaml"]
    assert (warning.code, warning.field) == ("no-stop", "sms_double_opt_in.text")
    folder.swap("forms/hello.yaml", "répondez OUI", "répondez OUI, ou STOP")
    assert not [one for one in validate(folder.root).warnings if one.file == "forms/hello.yaml"]


def test_where_double_opt_in_is_required_numbers_are_asked_as_well(folder: Folder) -> None:
    folder.swap("forms/wholesale.yaml", "fields:\n", "fields:\n  - {name: mobile, label: Mobile, type: phone}\n")
    folder.swap("forms/wholesale.yaml", "consents:\n", "consents:\n  - {topic: offers, channel: sms, label: Texts.}\n")
    folder.write("privacy.yaml", "double_opt_in: required\n")
    found = [problem for problem in problems_in(folder) if problem.file == "forms/wholesale.yaml"]
    assert [problem.mend for problem in found] == ["Add sms_double_opt_in: true to the form"]
