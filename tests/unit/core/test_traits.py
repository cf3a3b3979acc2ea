"""Segment's reserved traits."""

import pytest

from functions.core.traits import OUR_NAMES, RESERVED, normal


def test_what_sdks_spell_in_camel_case_is_what_forms_spell_with_underscores() -> None:
    assert normal({"firstName": "Łucja", "lastName": "Çaycı", "createdAt": "2026-11-01"}) == {
        "first_name": "Łucja",
        "last_name": "Çaycı",
        "created_at": "2026-11-01",
    }


def test_a_trait_of_ones_own_keeps_its_name_and_value() -> None:
    own = {"favouriteTea": "ıhlamur", "cups_a_day": 3.5, "likes": ["a"], "x": {"deep": None}, "gone": None}
    assert normal(own) == own


def test_neither_spelling_hides_the_other() -> None:
    both = {"firstName": "Ada", "first_name": "Augusta"}
    assert normal(both) == both


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("firstName", 7, "7"),
        ("phone", 905551112233, "905551112233"),
        ("id", 12, "12"),
        ("age", "42", 42),
        ("age", "forty", "forty"),
        ("age", 41.5, 41.5),
        ("birthday", "1815-12-10", "1815-12-10"),
        ("createdAt", 1_790_000_000, 1_790_000_000),
        ("company", {"name": "Tea & Co", "employee_count": 3}, {"name": "Tea & Co", "employee_count": 3}),
        ("company", "Tea & Co", "Tea & Co"),
        ("address", {"city": "Łódź", "postalCode": "90-001"}, {"city": "Łódź", "postalCode": "90-001"}),
        ("name", None, None),
    ],
)
def test_a_reserved_trait_has_its_type(name: str, value: object, kept: object) -> None:
    assert normal({name: value}) == {OUR_NAMES.get(name, name): kept}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", {"first": "Ada"}),
        ("first_name", ["Ada"]),
        ("lastName", True),
        ("age", {"years": 3}),
        ("birthday", [1815, 12, 10]),
        ("address", 7),
    ],
)
def test_a_reserved_trait_that_is_something_else_is_left_out(name: str, value: object) -> None:
    assert normal({name: value, "plan": "free"}) == {"plan": "free"}


def test_every_other_spelling_is_of_a_reserved_trait() -> None:
    assert set(OUR_NAMES.values()) <= set(RESERVED)
