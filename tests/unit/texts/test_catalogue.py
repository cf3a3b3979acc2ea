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


def test_a_person_s_own_language_takes_the_business_s_and_the_form_s_words_where_it_is_theirs() -> None:
    form = Form.model_validate(FORM | {"language": "de", "words": {"optional": "(wenn Sie mögen)"}})
    german, turkish = catalogue.words_in("de", SENDING, form), catalogue.words_in("tr", SENDING, form)
    assert (german("optional"), german("send")) == ("(wenn Sie mögen)", "Senden")
    assert (turkish("optional"), turkish("send")) == ("(isteğe bağlı)", "Yolla")


def pushing(**push: object) -> Sending:
    return Sending.model_validate(SENDING.model_dump(by_alias=True, exclude_defaults=True) | {"push": push})


def test_people_are_asked_for_notifications_in_every_language_until_the_business_writes_its_own_words() -> None:
    assert set(catalogue.asking_in(SENDING)) == {"tr-TR", *catalogue.languages()}
    assert catalogue.asking_in(SENDING)[0] == "tr-TR"
    assert set(catalogue.asking_in(pushing(wording={"tr": "Evet.", "pl": "Tak."}))) == {"tr-TR", "tr", "pl"}
    assert set(catalogue.asking_in(pushing(button="Bildir", wording={"tr": "Evet.", "pl": "Tak."}))) == {"tr-TR", "tr"}
    words = catalogue.asking(pushing(wording={"tr": "Evet.", "pl": "Tak."}), "pl")
    assert (words("push-wording"), words("push-button")) == ("Tak.", catalogue.texts("pl")["push-button"])
    assert catalogue.asking(SENDING, "ru")("push-wording") == catalogue.texts("ru")["push-wording"]
