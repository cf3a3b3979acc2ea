"""Who is who: addresses compared as people read them, placeholders that are nobody."""

import unicodedata

import pytest

from functions.core.identity import (
    EMAIL,
    USER,
    contact_id,
    fold,
    identity_ref,
    is_shared,
    normal_email,
    normal_phone,
    without_plus_tag,
)

PEPPER = b"p" * 32


@pytest.mark.parametrize(
    "spellings",
    [
        ("Ada@Example.com", "ada@example.com", " ADA@EXAMPLE.COM "),
        ("İpek@çay.example", "ipek@ÇAY.example", "ipek@xn--ay-3ia.example"),
        ("STRASSE@example.com", "straße@example.com"),
        ("ŁUKASZ@example.com", "łukasz@example.com"),
        ("ПРИВЕТ@почта.рф", "привет@xn--80a1acny.xn--p1ai"),
    ],
)
def test_letter_case_and_spelling_of_a_domain_never_make_two_people(spellings: tuple[str, ...]) -> None:
    assert len({normal_email(spelling) for spelling in spellings}) == 1
    assert len({identity_ref(EMAIL, spelling, PEPPER) for spelling in spellings}) == 1


def test_plus_addresses_are_different_people() -> None:
    assert normal_email("ada+tea@example.com") != normal_email("ada@example.com")


@pytest.mark.parametrize("text", ["", "ada", "ada@", "@example.com", "a b@example.com", "ada@nodot", "a\n@b.example"])
def test_what_is_no_address_is_no_identity(text: str) -> None:
    assert identity_ref(EMAIL, text, PEPPER) is None


@pytest.mark.parametrize("value", ["null", "undefined", "0", "00000000-0000-0000-0000-000000000000", " ", "None", None])
def test_what_many_programs_send_for_nobody_is_no_identity(value: object) -> None:
    assert identity_ref(USER, value, PEPPER) is None


@pytest.mark.parametrize("value", ["7", "u-1", "adam", "1000", "çay"])
def test_ordinary_ids_are_identities(value: str) -> None:
    assert not is_shared(value)
    assert identity_ref(USER, value, PEPPER) is not None


def test_an_identity_never_shows_its_value_and_depends_on_the_pepper() -> None:
    ref = identity_ref(EMAIL, "ada@example.com", PEPPER)
    assert ref is not None
    assert "ada" not in ref
    assert ref != identity_ref(EMAIL, "ada@example.com", b"q" * 32)


def test_kinds_are_told_apart_and_a_contact_is_founded_the_same_way_twice() -> None:
    user, email = identity_ref(USER, "a@b.example", PEPPER), identity_ref(EMAIL, "a@b.example", PEPPER)
    assert user != email
    assert user is not None
    assert contact_id(user) == contact_id(user)
    assert user.split("#")[1] not in contact_id(user)


@pytest.mark.parametrize(
    "written", ["+905321234567", "+90 532 123 45 67", "0090-532-123-45-67", "+90 (0)532.123.45.67", "＋90 532 1234567"]
)
def test_a_phone_that_names_its_country_is_one_number_however_it_is_written(written: str) -> None:
    assert normal_phone(written) == "+905321234567"


@pytest.mark.parametrize("written", ["0532 123 45 67", "", "+", "+0532123456", "call me", "+1234567890123456"])
def test_a_number_without_its_country_is_nobody_s(written: str) -> None:
    assert normal_phone(written) is None


def test_a_plus_tag_suggests_the_address_behind_it() -> None:
    assert without_plus_tag("Ada+tea@example.com") == "Ada@example.com"
    assert without_plus_tag("ada@example.com") is None
    assert without_plus_tag("+tea@example.com") is None


@pytest.mark.parametrize("marks", ["\u0300\u0316" * 7500, "\u0345" * 9000])
def test_no_text_makes_folding_slow(marks: str) -> None:
    # Putting marks in order takes time by the square of how many stand in a row.
    folded = fold(f"Çay {marks}")
    rows = "".join("x" if unicodedata.combining(one) else " " for one in folded).split()
    assert folded.startswith("çay")
    assert max(map(len, rows), default=0) <= 31


def test_folding_tells_letters_and_marks_of_any_language_as_they_are() -> None:
    for text in ("Zalgo: H\u0329\u0346e\u0330\u035b", "Việt Nam", "हिन्दी में", "שָׁלוֹם", "Zu\u0308rich"):
        assert fold(text) == unicodedata.normalize("NFC", text.casefold())
