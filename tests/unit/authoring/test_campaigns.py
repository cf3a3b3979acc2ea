"""What is wrong with a campaign is said with file, line and mend; those of the gallery can be published."""

from functools import partial
from pathlib import Path

import pytest

from authoring.compile import bundle
from authoring.problems import Invalid, Problem
from authoring.validate import validate
from tests.unit.authoring.broken import problems_with
from tests.unit.authoring.folders import Folder

ROOT = Path(__file__).parents[3]
FILE = "campaigns/letter.yaml"
GOOD = "title: A letter\ntopic: tips\nsend: welcome\nto: keen\n"


problems = partial(problems_with, FILE)


@pytest.mark.parametrize(
    ("change", "line", "code", "said"),
    [
        (("tips", "tops"), 2, "unknown-topic", 'Did you mean "tips"?'),
        (("welcome", "wellcome"), 3, "unknown-template", 'Did you mean "welcome"?'),
        (("to: keen", "to: kean"), 4, "unknown-segment", 'Did you mean "keen"?'),
        (("to: keen", "to: keen\nexcept: [lapst]"), 5, "unknown-segment", 'Did you mean "lapsed"?'),
        (("to: keen", "to: keen\nexcept: [keen]"), 5, "excludes-itself", 'it goes to "keen" and excludes it'),
        (("to: keen", "to: keen\nexcept: [lapsed, lapsed]"), 5, "duplicate", "duplicate segment"),
        (("to: keen", "to: keen\nhold: 2 days"), 5, "over-before-it-goes", "Hold it shorter"),
        (("to: keen", "to: keen\nhold: 0 minutes"), 5, "wrong-value", "none"),
        (("to: keen", "to: keen\nwhen: tomorrow"), 5, "no-kind", "expected when it runs"),
        (("to: keen", "to: keen\nwhen: {on: 2026-13-01, at: '09:00'}"), 5, "wrong-value", "2026-12-01"),
        (("to: keen", "to: keen\nwhen: {on: 2026-12-01, at: 9 am}"), 5, "wrong-value", "09:00"),
        (("to: keen", "to: keen\nwhen: {every: moonday, at: '09:00'}"), 5, "wrong-value", "monday"),
        (("to: keen", "to: keen\nwhen: {every: day, day: 3, at: '09:00'}"), 5, "no-day-of-a-month", "remove day"),
        (("to: keen", "to: keen\nrate: fast"), 5, "wrong-value", "600 a minute"),
        (("to: keen", "two: keen"), 4, "unknown-key", 'unknown key "two"'),
    ],
)
def test_a_mistake_names_its_place_and_mend(
    folder: Folder, change: tuple[str, str], line: int, code: str, said: str
) -> None:
    (problem,) = problems(folder, GOOD.replace(*change))
    assert (problem.line, problem.code) == (line, code), problem
    assert said in f"{problem.message}. {problem.mend}"


def test_a_campaign_of_a_marketing_topic_needs_a_way_to_unsubscribe(folder: Folder) -> None:
    folder.write(FILE, GOOD.replace("welcome", "bare"))
    folder.write("emails/bare.yaml", "subject: Hello\n")
    folder.write("emails/bare.txt", "Hello\n")
    folder.write("emails/bare.mjml", "<mjml><mj-body></mj-body></mjml>")
    with pytest.raises(Invalid) as refused:
        bundle(folder.root)
    assert {problem.message for problem in refused.value.problems} == {
        "marketing mail without a way to unsubscribe",
        "marketing mail without a postal address",
    }


@pytest.mark.parametrize("path", sorted((ROOT / "gallery" / "campaigns").iterdir()), ids=lambda path: path.stem)
def test_a_campaign_of_the_gallery_can_be_published(folder: Folder, path: Path) -> None:
    folder.write(f"campaigns/{path.name}", path.read_text(encoding="utf-8"))
    assert path.stem in bundle(folder.root).content.campaigns


def warnings(folder: Folder, text: str) -> list[Problem]:
    folder.write(FILE, text)
    return [problem for problem in validate(folder.root).warnings if problem.file == FILE]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("when: {on: 2024-03-06, at: '09:00'}", 1),
        ("when: {on: 2999-03-06, at: '09:00'}", 0),
        ("when: {on: 2024-03-06, at: '09:00', in: contact's time zone}", 1),
        ("when: on request", 0),
    ],
)
def test_a_day_that_is_over_is_warned_of(folder: Folder, more: str, said: int) -> None:
    found = warnings(folder, GOOD + more + "\n")
    assert [(problem.code, problem.line) for problem in found] == [("over-already", 5)] * said


def test_a_day_in_a_zone_that_is_none_is_only_said_to_be_in_none(folder: Folder) -> None:
    text = (folder.root / "sending.yaml").read_text(encoding="utf-8")
    folder.write("sending.yaml", text.replace("Europe/Istanbul", "Europe/Nowhere"))
    folder.write(FILE, GOOD + "when: {on: 2024-03-06, at: '09:00'}\n")
    with pytest.raises(Invalid) as refused:
        bundle(folder.root)
    assert [problem.field for problem in refused.value.problems] == ["business.time_zone"]


def test_a_campaign_that_needs_no_consent_is_warned_of(folder: Folder) -> None:
    (problem,) = warnings(folder, GOOD.replace("tips", "orders"))
    assert (problem.code, problem.line) == ("without-consent", 2)


@pytest.mark.parametrize(("channel", "text"), [("sms", "text: Hello. STOP to end\n"), ("push", "title: Hello\n")])
def test_a_channel_on_which_nobody_is_asked_is_warned_of(folder: Folder, channel: str, text: str) -> None:
    folder.write(f"{channel}/hi.yaml", text)
    (problem,) = warnings(folder, GOOD.replace("send: welcome", f"send: {{{channel}: hi}}"))
    assert (problem.code, problem.line) == ("nobody-is-asked", 2)


@pytest.mark.parametrize(
    ("line", "mend"),
    [
        ("when: {on: 6.3.2027, at: '09:00'}", "Write it as 2026-12-01"),
        ("hold: 0", 'Write it as "10 minutes" or "1 hour", or none to go at once'),
        ("rate: 600", 'Write it as "600 a minute" or "10 a second"'),
        ("when: {on: 2999-03-06, at: '09:00', in: Europe/Berlin}", 'Use one of: "contact\'s time zone"'),
    ],
)
def test_the_mend_says_what_to_write(folder: Folder, line: str, mend: str) -> None:
    (problem,) = problems(folder, GOOD + line + "\n")
    assert problem.mend == mend


def test_two_channels_in_one_send_are_told_apart_from_one(folder: Folder) -> None:
    (problem,) = problems(folder, GOOD.replace("send: welcome", "send: {sms: a, push: b}"))
    assert problem.mend == "Write send: welcome, or send: {sms: reminder}"


def test_a_misspelt_filter_is_named_with_what_was_meant(folder: Folder) -> None:
    folder.write("emails/welcome.txt", "{{ contact.city | deflaut(1) }}{{ unsubscribe_url }}{{ business.address }}\n")
    with pytest.raises(Invalid) as refused:
        bundle(folder.root)
    (problem,) = refused.value.problems
    assert (problem.message, problem.mend) == ('unknown filter "deflaut"', 'Did you mean "default"?')


@pytest.mark.parametrize(
    ("was", "now", "mend"),
    [
        ('primary: "#3b2414"', "primary: brown", '"#1f6f54"'),
        ('primary: "#3b2414"', "primary: #3b2414", "in quotes"),
        ("rate_per_second: 1", "sms: {sender: YELLOW SAMOVAR}", "11"),
    ],
)
def test_a_pattern_is_said_in_words(folder: Folder, was: str, now: str, mend: str) -> None:
    text = (folder.root / "sending.yaml").read_text(encoding="utf-8")
    folder.write("sending.yaml", text.replace(was, now))
    with pytest.raises(Invalid) as refused:
        bundle(folder.root)
    (problem,) = refused.value.problems
    assert mend in problem.mend
    assert "^" not in problem.mend


def test_a_price_that_no_product_has_is_named(folder: Folder) -> None:
    folder.write("emails/first-offer.txt", "{% for one in products %}{{ one.price | money('USD') }}{% endfor %}\n")
    with pytest.raises(Invalid) as refused:
        bundle(folder.root)
    said = [(problem.message, problem.mend) for problem in refused.value.problems if "USD" in problem.message]
    assert said == [('a product has no "USD"', "Add it to the product in products.yaml, or name one that is there")]
