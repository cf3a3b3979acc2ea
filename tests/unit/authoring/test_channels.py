"""Templates of text messages, notifications and webhooks, as marketers write them."""

import json
from pathlib import Path

import pytest

from authoring.compile import bundle
from authoring.problems import Invalid
from functions.core.changes import changes
from functions.core.release import canonical, load
from tests.unit.authoring.folders import Folder

GALLERY = Path(__file__).parents[3] / "gallery" / "channels"
FILES = {
    "journeys/reminder.yaml": "reminder.yaml",
    "sms/kettle-ready.yaml": "sms-kettle-ready.yaml",
    "push/kettle-ready.yaml": "push-kettle-ready.yaml",
    "webhooks/crm.yaml": "webhook-crm.yaml",
}

PHONE = "fields:\n  - {name: phone, label: Your number, type: phone}"
BOX = "consents:\n  - {topic: offers, channel: sms, label: Send me offers as text messages.}"


@pytest.fixture
def gallery(folder: Folder) -> Folder:
    for name, source in FILES.items():
        folder.write(name, (GALLERY / source).read_text(encoding="utf-8"))
    return folder


def test_the_journey_of_the_gallery_can_be_published(gallery: Folder) -> None:
    made = bundle(gallery.root)
    assert {channel: list(held) for channel, held in made.content.templates.items()} == {
        "sms": ["kettle-ready"],
        "push": ["kettle-ready"],
        "webhook": ["crm"],
    }
    assert load(canonical(made.content)) == made.content
    asked = [problem.message for problem in made.warnings if problem.file in FILES]
    assert asked == [
        'no form asks whether somebody wants "offers" by text message',
        'the button for notifications asks nobody about "offers"',
    ]
    gallery.swap("sending.yaml", "rate_per_second", "push: {topics: [offers]}\n\nrate_per_second")
    gallery.swap("forms/hello.yaml", "fields:", PHONE)
    gallery.swap("forms/hello.yaml", "consents:", BOX)
    assert [problem for problem in bundle(gallery.root).warnings if problem.file in FILES] == []


def test_what_somebody_ordered_needs_nobody_to_be_asked(gallery: Folder) -> None:
    gallery.swap("journeys/reminder.yaml", "\ntopic: offers", "\ntopic: orders")
    assert "nobody-is-asked" not in {problem.code for problem in bundle(gallery.root).warnings}


@pytest.mark.parametrize("url", ["www.tea.example/cart", "/cart"])
def test_a_notification_that_leads_nowhere_is_warned_of(gallery: Folder, url: str) -> None:
    gallery.swap("push/kettle-ready.yaml", "https://tea.example/cart", url)
    (warning,) = [problem for problem in bundle(gallery.root).warnings if problem.file.startswith("push/")]
    assert (warning.code, warning.field, warning.line) == ("link-without-scheme", "url", 7)


def test_a_release_without_them_keeps_its_id(folder: Folder) -> None:
    assert "templates" not in json.loads(bundle(folder.root).release)


def test_what_changed_in_one_is_told(gallery: Folder) -> None:
    before = bundle(gallery.root).content
    gallery.swap("sms/kettle-ready.yaml", "still here", "here")
    found = {change.what: change.details for change in changes(before, bundle(gallery.root).content)}
    assert list(found) == ["sms kettle-ready"]
    assert found["sms kettle-ready"][0].startswith("text.en: ")


@pytest.mark.parametrize(
    ("file", "old", "new", "field", "said"),
    [
        ("sms/kettle-ready.yaml", "first_name | default('dear friend')", "first_name", "text.en", "unknown for some"),
        ("sms/kettle-ready.yaml", "contact.first_name", "person.first_name", "text.en", "unknown variable person"),
        ("sms/kettle-ready.yaml", "at_most: 1", "at_most: 0", "at_most", ""),
        ("push/kettle-ready.yaml", "it takes", "{% if %}", "body.en", "template syntax"),
        ("push/kettle-ready.yaml", "url:", "link:", "link", "unknown key"),
        ("webhooks/crm.yaml", "https://", "http://", "url", "https"),
        ("webhooks/crm.yaml", " | default('') }}\"\n  city", ' }}"\n  city', "payload.name", "unknown for some"),
        ("journeys/reminder.yaml", "{sms: kettle-ready}", "{sms: kettle}", "steps[3].send", "unknown template"),
    ],
)
def test_a_mistake_is_named_with_its_place(
    file: str, old: str, new: str, field: str, said: str, gallery: Folder
) -> None:
    gallery.swap(file, old, new)
    with pytest.raises(Invalid) as invalid:
        bundle(gallery.root)
    first = invalid.value.problems[0]
    assert (first.file, first.field) == (file, field)
    assert said in first.message
    assert first.mend


def test_marketing_by_sms_without_a_way_out_is_warned_of(gallery: Folder) -> None:
    gallery.swap("sms/kettle-ready.yaml", " STOP to end", "")
    (warning,) = [problem for problem in bundle(gallery.root).warnings if problem.file.startswith("sms/")]
    assert (warning.code, warning.line, warning.field) == ("no-stop", 2, "text.en")


def test_an_id_of_a_text_is_never_used_again(gallery: Folder) -> None:
    from authoring.ledger import Ledger, ids_of

    made = bundle(gallery.root)
    assert ids_of(made.content)["sms template kettle-ready"] == "sms template"
    past = Ledger().after(made.content, made.release_id)
    assert past.live["webhook template crm"] == "webhook template"


def test_a_topic_of_notifications_must_be_there(gallery: Folder) -> None:
    gallery.swap("sending.yaml", "topics:", "push: {topics: [tps]}\ntopics:")
    with pytest.raises(Invalid, match='unknown topic "tps"'):
        bundle(gallery.root)
