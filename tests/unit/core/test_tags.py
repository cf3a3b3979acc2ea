"""Tags by what people do: named by the rule, or by a property."""

from typing import Any

import pytest

from functions.core.event import Event
from functions.core.scoring import Scoring
from functions.core.tags import tag_from, tags_of


def viewed(**properties: Any) -> Event:
    return Event("a#hash", "m1", 1, 1, 1, "page", "Page Viewed", properties)


def tags(event: Event, *rules: dict[str, Any]) -> list[str]:
    plain = [{"id": f"t{place}", "when": {"event": "Page Viewed"}} | rule for place, rule in enumerate(rules)]
    return tags_of(event, Scoring.model_validate({"tags": plain}).tags, "UTC")


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("Green Tea", "green-tea"),
        ("  black_tea / Darjeeling#2 ", "black-tea-darjeeling-2"),
        ("İÇECEK Işığı", "içecek-işiği"),
        ("Зелёный Чай", "зелёный-чай"),
        ("HERBATA Łódzka", "herbata-łódzka"),
        ("cafe\u0301", "café"),
        ("🫖 👩‍🌾", "🫖-👩‍🌾"),
        ("a\x00b\tc\u00a0d", "a-b-c-d"),
        ("x" * 80, "x" * 64),
        (" / _ #", ""),
        ("", ""),
    ],
)
def test_a_text_names_a_tag(text: str, tag: str) -> None:
    assert tag_from(text) == tag


def test_a_rule_names_its_tag_or_the_property_that_does() -> None:
    event = viewed(path="/oolong", topic="Oolong", article={"topics": ["Gong Fu", "Oolong", 7, None, True, ""]})
    assert tags(event, {"tag": "reader"}, {"from": "topic"}) == ["reader", "oolong"]
    assert tags(event, {"from": "article.topics"}) == ["gong-fu", "oolong", "7"]
    assert tags(event, {"from": "topic", "when": {"event": "Page Viewed", "where": {"path": "/assam"}}}) == []
    assert tags(event, {"from": "nowhere"}, {"from": "article"}, {"when": {"event": "Other"}, "tag": "other"}) == []


def test_a_list_of_thousands_puts_on_as_many_tags_as_are_kept() -> None:
    event = viewed(topics=[str(number) for number in range(4500)])
    assert tags(event, {"from": "topics"}) == [str(number) for number in range(100)]
