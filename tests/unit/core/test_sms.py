"""Text messages: what they take on the air, whom they are from, what is odd about them."""

import pytest

from functions.core.sms import Sms, SmsSettings, plainly, size


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "segments"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        # An escape is not parted from its character: 76 pairs and one septet left empty.
        ("€" * 153, "GSM-7", 306, 3),
        ("ÄÖÜäöüß@£", "GSM-7", 9, 1),
        ("ş" + "a" * 69, "UCS-2", 70, 1),
        ("ş" + "a" * 70, "UCS-2", 71, 2),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        # Nor is a surrogate pair: 33 of them leave one unit of a segment empty.
        ("😀" * 67, "UCS-2", 134, 3),
        ("茶" * 134, "UCS-2", 134, 2),
    ],
)
def test_a_text_takes_as_many_segments_as_a_carrier_counts(text: str, alphabet: str, units: int, segments: int) -> None:
    taken = size(text)
    assert (taken.alphabet, taken.units, taken.segments) == (alphabet, units, segments)


def test_plain_writing_keeps_letters_and_turns_typography_into_gsm() -> None:
    assert plainly("“Çay” – it’s ready…\u00a0Łódź") == '"Çay" - it\'s ready... Łódź'
    assert size(plainly("“Hello” – it’s…")).alphabet == "GSM-7"


def test_a_long_text_is_told_with_what_makes_it_long() -> None:
    odd = list(Sms(text="Merhaba “dost” " + "a" * 130 + " STOP").odd(marketing=True))
    assert [one.code for one in odd] == ["long-sms"]
    assert "“" in odd[0].message
    assert "plain: true" in odd[0].mend
    assert not list(Sms(text="Merhaba “dost” " + "a" * 130 + " STOP", plain=True).odd(marketing=True))


def test_marketing_says_how_to_stop_in_each_language() -> None:
    sms = Sms(text={"en": "New tea! STOP to end", "tr": "Yeni çay!", "ru": "Чай! Ответьте СТОП."})
    assert [(one.place, one.code) for one in sms.odd(marketing=True)] == [(("text", "tr"), "no-stop")]
    assert list(sms.odd(marketing=False)) == []


def test_a_countrys_own_sender_replaces_the_common_number() -> None:
    settings = SmsSettings.model_validate(
        {"sender": "YELLOWTEA", "countries": {"US": {"number": "+12065550100"}, "IN": {"entity": "1", "template": "2"}}}
    )
    assert (settings.of("TR").sender, settings.of("TR").number) == ("YELLOWTEA", None)
    assert (settings.of("US").sender, settings.of("US").number) == (None, "+12065550100")
    assert (settings.of("IN").sender, settings.of("IN").entity) == ("YELLOWTEA", "1")


@pytest.mark.parametrize("sender", ["123456", "TOOLONGSENDER", "ÇAY", "A B"])
def test_a_sender_id_is_what_carriers_take(sender: str) -> None:
    with pytest.raises(ValueError, match="sender"):
        SmsSettings.model_validate({"sender": sender})
