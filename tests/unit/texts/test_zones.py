"""Where somebody lives, told by what is known of them."""

from typing import Any

import pytest

from functions.core.contact import Contact, Moment, Profile, Rank, State
from functions.core.sending import Sending
from functions.texts.zones import is_zone, of_country, zone_of

SENDING = Sending.model_validate(
    {
        "business": {"name": "Çay", "time_zone": "Europe/Istanbul"},
        "from": {"name": "Çay", "email": "hello@tea.example"},
        "topics": [{"id": "tips", "title": "Tips"}],
    }
)


def zone(**traits: Any) -> str:
    held = {name: (Rank(False, Moment(1, 1)), value) for name, value in traits.items()}
    return zone_of(Contact(State("c"), Profile("c", 1, held)), SENDING)


@pytest.mark.parametrize(
    ("traits", "expected"),
    [
        ({}, "Europe/Istanbul"),
        ({"time_zone": " Asia/Tokyo "}, "Asia/Tokyo"),
        ({"timezone": "Asia/Tokyo"}, "Asia/Tokyo"),
        ({"time_zone": "Asia/Tokyo", "phone": "+49 30 901820"}, "Asia/Tokyo"),
        ({"time_zone": "Moon/Tranquility", "phone": "+49 30 901820"}, "Europe/Berlin"),
        ({"phone": "+1 212 555 0100"}, "Europe/Istanbul"),
        ({"phone": "0532 123 45 67", "locale": "ja-JP"}, "Asia/Tokyo"),
        ({"locale": "zh_Hant_TW"}, "Asia/Taipei"),
        ({"language": "de"}, "Europe/Istanbul"),
        ({"country": "pl"}, "Europe/Warsaw"),
        ({"country": "Polska 🇵🇱", "address": {"country": "PL"}}, "Europe/Warsaw"),
        ({"address": "12 Tea Lane", "country": 7, "phone": True, "time_zone": ["UTC"]}, "Europe/Istanbul"),
        ({"locale": "en-US"}, "Europe/Istanbul"),
    ],
)
def test_the_zone_is_named_or_that_of_a_country_whose_clocks_all_show_the_same(
    traits: dict[str, Any], expected: str
) -> None:
    assert zone(**traits) == expected


@pytest.mark.parametrize(
    "name", ["", "../etc/passwd", "/etc/localtime", "America", "localtime", "Europe/İstanbul", "A" * 99]
)
def test_what_is_no_zone_never_becomes_one(name: str) -> None:
    assert not is_zone(name)
    assert zone(time_zone=name) == "Europe/Istanbul"


def test_a_country_with_several_clocks_tells_none() -> None:
    assert {country: of_country(country) for country in ("TR", "DE", "US", "RU", "XX")} == {
        "TR": "Europe/Istanbul",
        "DE": "Europe/Berlin",
        "US": None,
        "RU": None,
        "XX": None,
    }
