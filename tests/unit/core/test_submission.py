"""One submission: each kind of answer, conditions among fields, and what is left out."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from functions.core.answers import Terms
from functions.core.errors import Refused
from functions.core.forms import Form, asked
from functions.core.submission import Submission, read, to_event, too_fast, typed_json
from functions.texts import catalogue
from tests.forms import terms

NOW = 1_790_000_000_000
ENGLISH = terms()


def form_of(*fields: Mapping[str, Any], **more: Any) -> Form:
    named = [{"label": field["name"], **field} for field in fields]
    return Form.model_validate({"title": "F", "fields": named} | more)


def reading(form: Form, typed: Mapping[str, Any], how: Terms = ENGLISH) -> tuple[Submission, list[Refused]]:
    return read("f", form, {name: [text] if isinstance(text, str) else text for name, text in typed.items()}, how)


def answer(field: Mapping[str, Any], *texts: str, how: Terms = ENGLISH) -> Any:
    """What is kept of one answer, or the code of what is wrong with it."""
    said, problems = reading(form_of({"name": "it", **field}), {"it": texts}, how)
    return problems[0].code if problems else said.values.get("it")


@pytest.mark.parametrize(
    ("field", "text", "kept"),
    [
        ({"type": "number"}, "5,000", 5000),
        ({"type": "number"}, "0.50", "0.5"),
        ({"type": "number"}, "-0", 0),
        ({"type": "number"}, "999999999999999", 999_999_999_999_999),
        ({"type": "number"}, "1000000000000000", "invalid-number"),
        ({"type": "number"}, "some", "invalid-number"),
        ({"type": "number"}, "1.234", "too-many-decimals"),
        ({"type": "number", "decimals": 0}, "1.5", "not-whole"),
        ({"type": "number", "decimals": 0}, "1.0", 1),
        ({"type": "number", "min": 1.5}, "1.4", "too-small"),
        ({"type": "number", "max": 10}, "10.01", "too-large"),
        ({"type": "date"}, "2026-12-31", "2026-12-31"),
        ({"type": "date"}, "December 31, 2026", "2026-12-31"),
        ({"type": "date"}, "2026-02-30", "invalid-date"),
        ({"type": "date", "min": "today"}, "2026-09-20", "too-early"),
        ({"type": "date", "min": "today"}, "2026-09-21", "2026-09-21"),
        ({"type": "date", "max": "2026-12-01"}, "2026-12-02", "too-late"),
        ({"type": "phone"}, "+90 532 123 45 67", "+905321234567"),
        ({"type": "phone"}, "12", "invalid-phone"),
        ({"type": "url"}, "www.example.com", "https://www.example.com"),
        ({"type": "url"}, "http://çay.example/?q=1", "http://çay.example/?q=1"),
        ({"type": "url"}, "javascript://x.yz/%0aalert(1)", "invalid-url"),
        ({"type": "url"}, "https://user@evil.example", "invalid-url"),
        ({"type": "url"}, "no", "invalid-url"),
        ({"type": "email"}, " İpek@çay.example ", "İpek@çay.example"),
        ({"type": "radio", "options": ["a", {"value": "b", "label": "B!"}]}, "b", "b"),
        ({"type": "radio", "options": ["a", {"value": "b", "label": "B!"}]}, "B!", "unknown-option"),
        ({"min_length": 3}, "ab", "too-short"),
        ({"pattern": r"[A-Z]{2}\d+"}, "TR34", "TR34"),
        ({"pattern": r"[A-Z]{2}\d+"}, "xTR34", "wrong-pattern"),
        ({}, "Ш👩‍🌾", "Ш👩‍🌾"),
        ({}, "a\u202eb", "invalid-characters"),
        ({"type": "textarea"}, "a\r\nb\tc", "a\nb\tc"),
        ({"type": "checkbox"}, "off", None),
    ],
)
def test_an_answer_is_kept_exactly_or_refused_with_a_code(field: Mapping[str, Any], text: str, kept: Any) -> None:
    assert answer(field, text) == kept


def test_five_thousand_is_five_in_another_language() -> None:
    assert answer({"type": "number"}, "5.000", how=terms("tr")) == 5000
    assert answer({"type": "number"}, "5.000", how=terms("en")) == 5


def test_a_program_s_number_is_no_language_s() -> None:
    form = form_of({"name": "n", "type": "number", "decimals": 3}, {"name": "t"})
    said, problems = read("f", form, typed_json({"n": 5.125, "t": 7}), terms("tr"))
    assert problems == []
    assert said.values == {"n": "5.125", "t": "7"}


@pytest.mark.parametrize("number", [float("inf"), float("nan"), {"a": 1}])
def test_what_is_no_value_of_a_form_is_refused(number: Any) -> None:
    with pytest.raises(Refused, match="must be text"):
        typed_json({"n": number})


def test_several_choices_are_a_list_in_the_author_s_order() -> None:
    field = {"type": "checkboxes", "options": ["Black", "Green", "Oolong"]}
    assert answer(field, "Oolong", "Black", "Black") == ["Black", "Oolong"]
    assert answer(field, "Coffee") == "unknown-option"
    assert answer(field) is None
    assert answer(field | {"required": True}) == "missing-field"


def test_a_hidden_field_says_what_its_author_wrote_whatever_is_posted() -> None:
    assert answer({"type": "hidden", "value": "fair"}, "evil") == "fair"


def test_a_hidden_field_that_nobody_could_mend_stops_nobody() -> None:
    field = {"type": "hidden", "prefill": True, "max_length": 5}
    assert answer(field, "fair") == "fair"
    assert answer(field, "too long") is None
    assert answer(field, "a\nb") is None


HOUSE = {"name": "house", "type": "radio", "options": ["hotel", "shop"]}
ROOMS = {"name": "rooms", "type": "number", "required": True, "show_when": {"field": "house", "is": "hotel"}}
POOL = {"name": "pool", "type": "checkbox", "show_when": {"field": "house", "one_of": ["hotel"]}}
DEPTH = {"name": "depth", "type": "number", "required": True, "show_when": {"field": "pool", "is": True}}
DRY = {"name": "dry", "show_when": {"field": "pool", "is": False}}


@pytest.mark.parametrize(
    ("typed", "kept", "missing"),
    [
        ({"house": "shop", "rooms": "many", "pool": "yes", "depth": "x"}, {"house": "shop"}, []),
        ({}, {}, []),
        ({"house": "hotel"}, {"house": "hotel"}, ["rooms"]),
        ({"house": "hotel", "rooms": "12", "pool": "yes"}, {"house": "hotel", "rooms": 12, "pool": True}, ["depth"]),
        ({"house": "hotel", "rooms": "12", "dry": "so"}, {"house": "hotel", "rooms": 12, "dry": "so"}, []),
        ({"house": "shop", "dry": "so"}, {"house": "shop"}, []),
    ],
)
def test_what_an_earlier_answer_makes_pointless_is_neither_demanded_nor_kept(
    typed: Mapping[str, str], kept: Mapping[str, Any], missing: Sequence[str]
) -> None:
    said, problems = reading(form_of(HOUSE, ROOMS, POOL, DEPTH, DRY), typed)
    assert said.values == kept
    assert [problem.field for problem in problems] == missing


def test_a_condition_may_look_at_one_of_several_choices() -> None:
    teas = {"name": "teas", "type": "checkboxes", "options": ["Black", "Green"]}
    roast = {"name": "roast", "show_when": {"field": "teas", "is": "Green"}}
    said, _ = reading(form_of(teas, roast), {"teas": ["Black", "Green"], "roast": "light"})
    assert said.values["roast"] == "light"
    said, _ = reading(form_of(teas, roast), {"teas": ["Black"], "roast": "light"})
    assert "roast" not in said.values


def progressive() -> Form:
    more = {"ask": "progressive", "required": True}
    return form_of({"name": "email", "type": "email"}, *({"name": name, **more} for name in "abcd"))


def test_whoever_is_not_proved_is_asked_everything() -> None:
    assert [field.name for field in asked(progressive(), None)] == ["email", "a", "b", "c", "d"]
    _, problems = reading(progressive(), {"email": "ada@tea.example"})
    assert [problem.field for problem in problems] == ["a", "b", "c", "d"]


def test_a_proved_visitor_is_asked_a_little_that_is_new_at_a_time() -> None:
    assert [field.name for field in asked(progressive(), frozenset({"a"}))] == ["email", "b", "c"]
    said, problems = reading(progressive(), {"b": "x"}, terms(proved=True))
    assert (said.values, problems) == ({"b": "x"}, [])


@pytest.mark.parametrize(
    ("nonce", "is_too_fast"),
    [
        (f"{NOW - 1999}-0123456789abcdef", True),
        (f"{NOW - 2000}-0123456789abcdef", False),
        (f"{NOW + 5000}-0123456789abcdef", True),
        ("mine", False),
        ("", False),
    ],
)
def test_only_a_form_that_says_when_it_was_shown_can_be_too_fast(nonce: str, is_too_fast: bool) -> None:
    form = form_of({"name": "a"}, protect={"minimum_time": "2 seconds"})
    assert (too_fast(form, {"_nonce": [nonce]}, NOW, catalogue.words()) is not None) == is_too_fast
    assert too_fast(form_of({"name": "a"}), {"_nonce": [nonce]}, NOW, catalogue.words()) is None


def event_of(form: Form, typed: Mapping[str, Any], proved: str | None) -> Any:
    said, _ = reading(form, typed, terms(proved=True))
    common: dict[str, Any] = {"received": NOW, "pepper": b"p", "page": "", "user_agent": ""}
    return to_event(said, form, {}, proved=proved, **common)


def test_a_proof_counts_for_its_own_address_and_no_other() -> None:
    form = form_of({"name": "email", "type": "email"}, {"name": "city"})
    claimed = event_of(form, {"email": "ada@tea.example"}, None)
    assert not claimed.proved
    assert event_of(form, {"email": "ADA@tea.example"}, claimed.source).proved
    other = event_of(form, {"email": "bob@tea.example"}, claimed.source)
    assert (other.proved, other.source != claimed.source) == (False, True)
    silent = event_of(form, {"city": "Łódź"}, claimed.source)
    assert (silent.proved, silent.source, silent.traits) == (True, claimed.source, {"city": "Łódź"})


def test_the_first_version_s_spelling_of_the_trap_is_read() -> None:
    assert not form_of({"name": "a"}, honeypot=False).protect.honeypot
    assert form_of({"name": "a"}, honeypot=True).protect.honeypot
    assert form_of({"name": "a"}).protect.honeypot
