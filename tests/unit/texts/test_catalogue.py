"""Built-in words: every language says all of them, and a marketer may say them otherwise."""

import re

import pytest

from functions.core.forms import Form
from functions.core.sending import Sending
from functions.texts import catalogue

SENDING = Sending.model_validate(
    {
        "business": {"name": "Çay", "language": "tr-TR"},
        "from": {"name": "Çay", "email": "hello@tea.example"},
        "topics": [{"id": "tips", "title": "Tips"}],
        "words": {"send": "Yolla"},
    }
)
FORM = {"title": "F", "fields": [{"name": "a", "label": "A"}]}


def slots(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", text))


@pytest.mark.parametrize("language", sorted(catalogue.languages()))
def test_every_language_says_every_word_with_what_must_stand_in_it(language: str) -> None:
    english, words = catalogue.texts("en"), catalogue.texts(language)
    assert list(words) == list(english)
    assert {key: slots(text) for key, text in words.items()} == {key: slots(text) for key, text in english.items()}
    assert all(text.strip() == text and text for text in words.values())


def test_the_languages_that_are_promised_are_there() -> None:
    assert {"en", "tr", "de", "pl", "ru"} <= catalogue.languages()


@pytest.mark.parametrize("language", ["fr", "xx-YY", "../en", "", "\u202e", "EN-us"])
def test_any_other_language_speaks_english_and_still_is_what_it_is(language: str) -> None:
    assert catalogue.texts(language) == catalogue.texts("en")


def test_a_form_s_words_go_before_the_business_s_and_those_before_the_catalogue_s() -> None:
    form = Form.model_validate(FORM | {"words": {"optional": "(istersen)"}})
    words = catalogue.words(SENDING, form)
    assert (words("send"), words("optional"), words("choose")) == ("Yolla", "(istersen)", "Lütfen seçin")
    assert catalogue.words(SENDING, Form.model_validate(FORM | {"language": "de"}))("choose") == "Bitte auswählen"


def test_words_take_values_as_they_are() -> None:
    assert catalogue.words()("back", business="{x} & <b>") == "Back to {x} & <b>"


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("fa-IR", "rtl"), ("he", "rtl"), ("tr", "ltr")])
def test_a_page_is_written_the_way_of_its_language(language: str, direction: str) -> None:
    form = Form.model_validate(FORM | {"language": language})
    assert catalogue.words(None, form).direction == direction
