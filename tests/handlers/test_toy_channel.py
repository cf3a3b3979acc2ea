"""A new channel is one definition and one module: authored, checked, published, sent by a journey, recorded."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from authoring.compile import bundle
from authoring.ledger import ids_of
from authoring.problems import Invalid
from authoring.reference import channel_pages
from functions.core.channels import CHANNELS, register
from functions.core.consent import Change, Entry
from functions.core.contact import Facts, Moment, Profile, Rank, State
from functions.core.identity import EMAIL, hash_of
from functions.core.release import canonical, load
from functions.send import channels as ways
from functions.send import handler as send
from functions.tables import addresses, contacts, messages
from tests.handlers import toy
from tests.handlers.conftest import Stack
from tests.handlers.journey_world import ADA, World, trigger

SENDING = """
business: {name: Tea & Co, address: 1 Kettle Lane}
from: {name: Tea, email: hello@tea.example}
topics: [{id: tips, title: Tips}]
"""
JOURNEY = """
topic: tips
start: {when: {event: Signed Up}}
steps: [{id: hello, send: {toy: hello}}]
"""


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    register(toy.CHANNEL)
    ways.MODULES["toy"] = toy.__name__
    yield
    del CHANNELS["toy"], ways.MODULES["toy"]
    toy.whispered.clear()


@pytest.fixture
def marketing(tmp_path: Path) -> Path:
    for name, text in {
        "sending.yaml": SENDING,
        "journeys/quiet.yaml": JOURNEY,
        "toys/hello.yaml": "whisper: \"Psst, {{ contact.first_name | default('you') }}\"\n",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_journey_whispers(stack: Stack, marketing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = bundle(marketing)
    assert load(canonical(compiled.content)) == compiled.content
    assert ids_of(compiled.content)["toy template hello"] == "toy template"
    world = World(stack, monkeypatch)
    world.publish(compiled.content)
    email = (Rank(False, Moment(1, 1)), "ada@tea.example")
    contacts.save_profile(Profile(ADA, 0, {"email": email, "first_name": (email[0], "Işıl")}))
    contacts.save_state(State(ADA, facts=Facts()), [])
    address = hash_of(stack.ref(EMAIL, "ada@tea.example"))
    entry = Entry("form", world.now, world.now, "form:x", (Change("grant", "tips", "Yes"),))
    addresses.append(address, entry)
    world.deliver(world.decide(trigger("quiet")))
    (queued,) = world.take("send", wait=2)
    import json

    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)
    answer = send.handler({"Records": [{"messageId": "r", "body": json.dumps(queued)}]}, context)
    assert answer == {"batchItemFailures": []}
    (message,) = messages.list_for(ADA)
    assert toy.whispered == [("ada@tea.example", "Psst, Işıl")]
    assert (message.channel, message.template, message.state) == ("toy", "hello", "sent")
    assert message.provider_id == f"toy-{message.id}"
    assert "Toy Sent" in [event.name for event in stack.events()]


def test_its_templates_are_checked_as_every_others(marketing: Path) -> None:
    (marketing / "journeys/quiet.yaml").write_text(JOURNEY.replace("toy: hello", "toy: helo"))
    (marketing / "toys/hello.yaml").write_text("whisper: Hello {{ contact.nickname }}\nshout: no\n")
    with pytest.raises(Invalid) as invalid:
        bundle(marketing)
    said = {(problem.file, problem.line, problem.code): problem.mend for problem in invalid.value.problems}
    assert 'Did you mean "hello"' in said["journeys/quiet.yaml", 4, "unknown-template"]
    assert ("toys/hello.yaml", 2, "unknown-key") in said
    (marketing / "toys/hello.yaml").write_text("whisper: Hello {{ contact.nickname }}\n")
    with pytest.raises(Invalid) as invalid:
        bundle(marketing)
    assert any("contact.nickname is unknown" in problem.message for problem in invalid.value.problems)


def test_a_channel_that_nobody_has_is_told(marketing: Path) -> None:
    (marketing / "journeys/quiet.yaml").write_text(JOURNEY.replace("toy: hello", "pigeon: hello"))
    with pytest.raises(Invalid, match='"pigeon" is not a channel'):
        bundle(marketing)


def test_it_has_a_page_in_the_reference() -> None:
    assert [page.file for page in channel_pages() if page.name == "toys"] == ["toys/ID.yaml"]
