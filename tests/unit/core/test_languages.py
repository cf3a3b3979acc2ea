"""Which language somebody reads, of those that something is written in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.contact import Contact, Moment, Profile, Rank, State
from functions.core.languages import accepted, language_of_contact, said_in, told_by
from functions.core.sending import Topic
from functions.core.tongues import text_in

OFFERED = ("en", "de", "pl", "pt-BR", "tr")


def contact(**traits: object) -> Contact:
    return Contact(State("c"), Profile("c", 1, {name: (Rank(False, Moment(1, 1)), v) for name, v in traits.items()}))


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("tr", "tr"),
        ("tr-TR,tr;q=0.9,en-US;q=0.8,en;q=0.7", "tr"),
        ("fr-FR, fr;q=0.9, pl;q=0.8, en;q=0.7", "pl"),
        ("en;q=0.3, de;q=0.9", "de"),
        ("de, tr", "de"),
        ("TR_tr", "tr"),
        ("pt", "pt-BR"),
        ("tr;q=0, en", "en"),
        ("tr;q=2, pl;q=0.1", "pl"),
        ("tr; q = 0.5, pl", "pl"),
        ("*", None),
        ("fr", None),
        ("", None),
        (",;q=1,;", None),
        (";q=0.5", None),
        ("fr," * 200 + "tr", None),
    ],
)
def test_the_language_that_a_browser_likes_best_of_those_offered(header: str, language: str | None) -> None:
    assert accepted(header, OFFERED) == language


@given(st.text(max_size=600))
def test_whatever_a_header_says_the_answer_is_offered_or_none(header: str) -> None:
    assert accepted(header, OFFERED) in (*OFFERED, None)


def test_what_a_contact_told_goes_by_language_then_locale_and_falls_back_to_the_business_only_where_asked_to() -> None:
    assert told_by(contact(language="fr", locale="tr_TR.UTF-8"), OFFERED) == "tr"
    assert told_by(contact(language=7, locale=None), OFFERED) is None
    assert language_of_contact(contact(language="fr"), "pl-PL", OFFERED) == "pl"
    assert language_of_contact(contact(), "fr", OFFERED) == "en"


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("tr", "Demleme ipuçları"),
        ("tr-TR", "Demleme ipuçları"),
        ("tr_TR", "Demleme ipuçları"),
        ("pt-BR", "Dicas"),
        # Of another country's spelling nobody knows whether it is read as well: the title itself then.
        ("pt-PT", "Brewing tips"),
        ("pl", "Brewing tips"),
        ("", "Brewing tips"),
    ],
)
def test_a_topic_is_called_as_its_reader_says_it(language: str, title: str) -> None:
    titles = {"tr": "Demleme ipuçları", "pt-BR": "Dicas"}
    assert Topic(id="tips", title="Brewing tips", titles=titles).titled(language) == title
    assert Topic(id="tips", title="Brewing tips").titled(language) == "Brewing tips"


def test_a_text_is_said_in_a_language_only_where_it_is_written_in_it() -> None:
    assert said_in({"de": "A", "de-CH": "B"}, "de-CH") == "B"
    assert said_in({"de": "A"}, "de-AT") == "A"
    assert said_in({"de-CH": "B"}, "de") is None
    assert (text_in({"*": "A"}, "tr", "en"), text_in({"de": "A", "en": "B"}, "tr", "en")) == ("A", "B")
    assert text_in({"de": "A", "pl": "B"}, "tr", "en") == "A"
