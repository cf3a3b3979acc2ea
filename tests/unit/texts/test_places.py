"""Numbers, days, telephone numbers and addresses, as people of different places write them."""

from datetime import date
from decimal import Decimal

import pytest

from functions.core.forms import Form
from functions.core.sending import Sending
from functions.texts.places import Place, is_disposable, place


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("tr", "5.000", "5000"),
        ("en", "5.000", "5"),
        ("tr", "5.000.000,25", "5000000.25"),
        ("en", "1,234,567.5", "1234567.5"),
        ("pl", "1 234,5", "1234.5"),
        ("ru", "1\u00a0234,5", "1234.5"),
        ("fr", "1\u202f234", "1234"),
        ("de-CH", "1'234.50", "1234.5"),
        ("hi", "1,00,000", "100000"),
        ("fa", "۱۲۳۴", "1234"),
        ("ar", "١٬٢٣٤", "1234"),
        ("de", "-3", "-3"),
        ("en", "−3", "-3"),
    ],
)
def test_a_number_means_what_its_language_means(language: str, text: str, number: str) -> None:
    assert Place(language).number(text) == Decimal(number)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *(("tr", "5.00"), ("de", "1.5"), ("en", "1,2,3"), ("en", "1 234"), ("en", "1_000"), ("en", "1e5")),
        *(("en", "NaN"), ("en", "Infinity"), ("en", ""), ("en", "."), ("tr", "€5"), ("en", "five"), ("en", "--3")),
    ],
)
def test_what_could_be_two_numbers_or_is_none_is_not_guessed(language: str, text: str) -> None:
    assert Place(language).number(text) is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *(("tr", "24.11.2026"), ("tr", "24 Kasım 2026"), ("tr", "24 KASIM 2026"), ("de", "24. November 2026")),
        *(("pl", "24 listopada 2026"), ("ru", "24 ноября 2026 г."), ("ja", "2026/11/24"), ("en", "2026-11-24")),
        *(("en", "11/24/2026"), ("en", "24/11/2026"), ("en", "Nov 24, 2026"), ("en", "24 November 2026")),
    ],
)
def test_a_day_is_read_as_its_language_writes_it(language: str, text: str) -> None:
    assert Place(language).day(text) == date(2026, 11, 24)


def test_only_a_country_tells_the_third_of_april_from_the_fourth_of_march() -> None:
    assert Place("en").day("3/4/2026") is None
    assert Place("en-GB").day("3/4/2026") == date(2026, 4, 3)
    assert Place("en-US").day("3/4/2026") == date(2026, 3, 4)


@pytest.mark.parametrize("text", ["", "x", "24.11.26", "31/31/2026", "24.11", "0/0/0000", "1.2.3.2026", "9" * 400])
def test_what_is_no_day_is_none(text: str) -> None:
    assert Place("tr").day(text) is None


@pytest.mark.parametrize(
    ("where", "text", "number"),
    [
        (Place("tr"), "0532 123 45 67", "+905321234567"),
        (Place("en", zone="Europe/Istanbul"), "0532 123 45 67", "+905321234567"),
        (Place("en", "GB"), "020 7946 0018", "+442079460018"),
        (Place("de-CH"), "044 668 18 00", "+41446681800"),
        (Place("ru"), "8 (912) 345-67-89", "+79123456789"),
        (Place("en"), "+48 22 123 45 67", "+48221234567"),
        (Place("xx"), "+905321234567", "+905321234567"),
    ],
)
def test_a_telephone_number_is_kept_in_one_form(where: Place, text: str, number: str) -> None:
    assert where.phone(text) == number


@pytest.mark.parametrize("text", ["12", "call me", "+", "+999 1", "9" * 300])
def test_what_is_no_telephone_number_is_none(text: str) -> None:
    assert Place("tr").phone(text) is None


@pytest.mark.parametrize(
    "text", ["ada@tea.example", "İpek@çay.example", "ада@почта.рф", "Ada+tea@tea.example", "o'neil@tea.example"]
)
def test_addresses_of_any_script_are_addresses(text: str) -> None:
    assert Place("en").is_address(text)


@pytest.mark.parametrize("text", ["ada", "ada@", "ada@tea", "ada@tea..example", "a b@c.example", "@tea.example"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert not Place("en").is_address(text)


def test_throw_away_mailboxes_are_known_below_their_domain_too() -> None:
    assert is_disposable("x@mailinator.com")
    assert is_disposable("x@anything.Mailinator.com ")
    assert not is_disposable("x@gmail.com")


def test_a_form_says_where_it_is_filled_in_or_its_business_does() -> None:
    business = {"name": "Tea", "language": "tr", "country": "DE", "time_zone": "Europe/Istanbul"}
    topics = [{"id": "tips", "title": "Tips"}]
    sending = Sending.model_validate({"business": business, "from": {"name": "T", "email": "a@b.co"}, "topics": topics})
    form = Form.model_validate({"title": "F", "fields": [{"name": "a", "label": "A"}]})
    assert (place(sending, form).language, place(sending, form).country) == ("tr", "DE")
    own = form.model_copy(update={"language": "pl", "country": "PL"})
    assert (place(sending, own).language, place(sending, own).country) == ("pl", "PL")
