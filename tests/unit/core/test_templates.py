"""What a template can say: defaults, needs, blocks, products, languages, dates and money."""

import html
from typing import Any

import pytest

from functions.core import compose, filters
from functions.core.compose import Circumstances, Unrenderable, Urls, Words
from functions.core.contact import Contact, Facts, Moment, Profile, Rank, State
from functions.core.languages import nearest
from functions.core.release import Release, canonical, load
from functions.texts.writing import Hand, hand

NOW = 1_780_000_000_000
PRODUCTS = [
    {"id": "sencha", "title": "Sencha", "titles": {"tr": "Sença"}, "price": {"EUR": "12.50", "TRY": 480},
     "tags": ["green"], "url": "https://tea.example/sencha"},
    {"id": "rize", "title": "Rize <b>Black</b>", "price": {"EUR": 8.5}, "tags": ["black"],
     "url": "https://tea.example/rize"},
    {"id": "gyokuro", "title": "Gyokuro", "price": {"EUR": 30}, "tags": ["green", "shade"], "url": "https://tea.example/g"},
]  # fmt: skip


def release(**email: Any) -> Release:
    return Release.model_validate(
        {
            "sending": {
                "business": {"name": "Çay", "address": "1 Street", "site": "https://tea.example", "language": "en",
                             "time_zone": "Europe/Istanbul"},
                "from": {"name": "Çay", "email": "hello@tea.example"},
                "topics": [{"id": "tips", "title": "Tips", "titles": {"tr": "İpuçları <1>"}}],
            },
            "products": PRODUCTS,
            "emails": {"one": {"subject": "s", "html": "<p>h</p>", "text": "t", **email}},
        }
    )  # fmt: skip


class Signing:
    def __init__(self) -> None:
        self.urls: list[str] = []

    def __call__(self, url: str) -> str:
        self.urls.append(url)
        return f"https://api.example/c/{len(self.urls)}"


def read(
    traits: dict[str, Any] | None = None, *, sign: Any = None, zone: str = "", language: str = "", **email: Any
) -> Words:
    held = {name: (Rank(False, Moment(1, 1)), value) for name, value in (traits or {}).items()}
    contact = Contact(State("c", facts=Facts()), Profile("c", 1, held))
    content = release(**email)
    urls = Urls(sign or Signing(), "https://api.example/o", "https://api.example/u", None, "https://api.example/p")
    when = Circumstances(NOW, lambda: zone, hand, language)
    return compose.render("one", contact, content.sending.topics[0], content, urls, when)


VARIABLES = {"first_name": {"default": "friend"}, "order.id": {"required": True}, "address.city": {"default": "town"}}


@pytest.mark.parametrize("name", [None, "", "   "])
def test_a_default_stands_for_what_is_unknown_or_empty(name: str | None) -> None:
    text = "{{ contact.first_name }} of {{ contact.address.city }}"
    words = read({"first_name": name, "order": {"id": 7}}, text=text, variables=VARIABLES)
    assert words.text == "friend of town"


def test_what_is_known_stands_for_itself_by_its_path() -> None:
    traits = {"first_name": "İpek", "order": {"id": 7}, "address": {"city": "Łódź"}}
    text = "{{ contact.first_name }} {{ contact.order.id }} {{ contact.address.city }}"
    assert read(traits, text=text, variables=VARIABLES).text == "İpek 7 Łódź"


@pytest.mark.parametrize("order", [{}, {"order": {}}, {"order": {"id": ""}}, {"order": "7"}, {"order": {"id": []}}])
def test_what_is_required_and_missing_withholds_the_message_and_is_named(order: dict[str, Any]) -> None:
    with pytest.raises(Unrenderable) as failed:
        read(order, text="nothing said of it", variables=VARIABLES)
    assert (failed.value.reason, failed.value.detail) == ("missing-variable", "contact.order.id")


def test_a_block_is_for_those_for_whom_its_condition_holds_now() -> None:
    blocks = {"green": {"when": {"trait": "favourite", "is": "Green"}}}
    source = {"text": '{% if block["green"] %}sencha{% else %}rize{% endif %}', "blocks": blocks}
    assert read({"favourite": "Green"}, **source).text == "sencha"
    assert read({"favourite": "Black"}, **source).text == "rize"
    assert read(**source).text == "rize"


def test_products_are_chosen_by_tag_escaped_and_their_links_signed() -> None:
    sign = Signing()
    chosen = '{% for p in products | tagged("green", "black") | first(2) %}'
    loop = chosen + '<a href="{{ p.url }}">{{ p.title }}</a>{% endfor %}'
    words = read(sign=sign, html=loop)
    assert sign.urls == ["https://tea.example/sencha", "https://tea.example/rize"]
    assert ">Rize &lt;b&gt;Black&lt;/b&gt;</a>" in words.html
    assert '<a href="https://api.example/c/1">' in words.html


def test_a_cart_that_a_contact_brings_is_shown_and_its_links_are_never_ours() -> None:
    sign = Signing()
    cart = [
        {"title": "<i>x</i>", "url": "https://evil.example/"},
        {"title": "\ue001y", "url": "https://evil.example/2"},
    ]
    loop = '{% for line in contact.cart %}<a href="{{ line.url }}">{{ line.title }}</a>{% endfor %}'
    words = read({"cart": cart}, sign=sign, html=loop, text=loop, variables={"cart": {"required": True}})
    assert sign.urls == []
    assert "&lt;i&gt;x&lt;/i&gt;" in words.html
    assert 'href="https://evil.example/2">y</a>' in words.html


def test_a_price_is_written_as_the_language_does_in_the_currency_asked_for() -> None:
    one = "{% set one = products | first %}"
    text = one + '{{ one.price | money("TRY") }} {{ one.price | money }} {{ one.title }}'
    tr = {"tr": {"subject": "s", "html": "h", "text": text}}
    assert read(text=text).text == "TRY480.00 €12.50 Sencha"
    assert read({"language": "tr"}, text=text, languages=tr).text == "₺480,00 €12,50 Sença"


LANGUAGES = {code: {"subject": code, "html": f"<p>{code}</p>", "text": code} for code in ("tr", "pt-BR", "pt", "de-CH")}


@pytest.mark.parametrize(
    ("traits", "language"),
    [
        ({"language": "tr"}, "tr"),
        ({"locale": "tr_TR.UTF-8"}, "tr"),
        ({"language": "pt-br"}, "pt-BR"),
        ({"language": "pt-PT"}, "pt"),
        ({"language": "de"}, "de-CH"),
        ({"language": "xx", "locale": "tr-TR"}, "tr"),
        ({"language": "xx"}, "en"),
        ({"language": 5}, "en"),
        ({}, "en"),
    ],
)
def test_the_contacts_language_is_chosen_with_fallbacks(traits: dict[str, Any], language: str) -> None:
    words = read(traits, languages=LANGUAGES)
    assert words.language == language
    assert words.subject == ("s" if language == "en" else language)


def test_the_first_language_is_the_last_resort() -> None:
    assert read({"language": "xx"}, language="", languages={"tr": LANGUAGES["tr"]}).language == "en"
    assert nearest("en-GB", ("tr", "pl")) is None


def test_a_language_has_defaults_of_its_own() -> None:
    turkish = {"tr": {**LANGUAGES["tr"], "text": "{{ contact.name }}", "defaults": {"name": "dostum"}}}
    variables = {"name": {"default": "friend"}}
    source = {"text": "{{ contact.name }}", "languages": turkish, "variables": variables}
    assert read({"language": "tr"}, **source).text == "dostum"
    assert read(**source).text == "friend"


def test_turkish_letters_keep_their_dots_in_both_directions() -> None:
    text = "{{ contact.a | upper }} {{ contact.b | lower }} {{ contact.c | title }} {{ contact.a | capitalize }}"
    turkish = {"tr": {**LANGUAGES["tr"], "text": text}}
    traits = {"a": "izmir", "b": "IĞDIR İL", "c": "istanbul ılıca"}
    assert read({**traits, "language": "tr"}, languages=turkish).text == "İZMİR ığdır il İstanbul Ilıca İzmir"
    assert read({**traits, "b": "ID"}, text=text).text == "IZMIR id Istanbul Ilıca Izmir"


@pytest.mark.parametrize(
    ("language", "zone", "said"),
    [
        ("en", "Europe/Istanbul", "May 5, 2026 | May 5, 2026, 2:30\u202fAM | 1,234.5"),
        ("tr", "Europe/Istanbul", "5 Mayıs 2026 | 5 Mayıs 2026, 02:30 | 1.234,5"),
        ("ru", "UTC", "4 мая 2026\u202fг. | 4 мая 2026\u202fг., 23:30 | 1\xa0234,5"),
    ],
)
def test_days_moments_and_numbers_are_of_the_language_and_the_zone(language: str, zone: str, said: str) -> None:
    written = Hand(language, zone)
    moment = "2026-05-04T23:30:00Z"
    assert f"{written.day(moment)} | {written.moment(moment)} | {written.number('1234.5')}" == said


def test_moments_are_the_contacts_own_where_their_zone_is_known_else_the_businesss() -> None:
    source = {"text": "{{ contact.at | moment }}"}
    at = {"at": "2026-05-04T23:30:00Z"}
    assert read(at, **source).text == "May 5, 2026, 2:30\u202fAM"
    assert read(at, zone="America/New_York", **source).text == "May 4, 2026, 7:30\u202fPM"


@pytest.mark.parametrize(
    "source", ["{{ contact.x | day }}", "{{ contact.x | number }}", '{{ contact.x | money("EUR") }}']
)
@pytest.mark.parametrize("value", ["soon", {"a": 1}, [1], True, "NaN", "1e999"])
def test_what_cannot_be_written_so_withholds_the_message(source: str, value: Any) -> None:
    with pytest.raises(Unrenderable) as failed:
        read({"x": value}, text=source)
    assert failed.value.reason == "template-error"


def test_a_default_may_follow_a_filter() -> None:
    text = '{{ contact.x | day | default("soon") }} {{ contact.x | upper | default("y") }}'
    assert read(text=text).text == "soon y"


def test_no_writer_is_made_for_a_template_that_writes_nothing() -> None:
    def refuse(language: str, zone: str) -> filters.Writer:
        raise AssertionError("made")

    content = release(text="{{ contact.x | default('a') }}")
    contact = Contact(State("c"), Profile("c"))
    urls = Urls(str, "", "u")
    compose.render("one", contact, content.sending.topics[0], content, urls, Circumstances(NOW, str, refuse))


def test_without_an_opens_address_no_picture_is_put_in() -> None:
    content, contact = release(), Contact(State("c"), Profile("c"))
    words = compose.render("one", contact, content.sending.topics[0], content, Urls(str, "", "u"))
    assert words.html == "<p>h</p>"


@pytest.mark.parametrize(
    "source",
    [
        '<a href="https://tea.example/{% if contact.a is defined %}a{% else %}b{% endif %}">x</a>',
        '{% raw %}{{ no }}{% endraw %}<a href="https://tea.example/b">x</a>',
    ],
)
def test_links_that_cannot_be_prepared_are_signed_as_they_are_rendered(source: str) -> None:
    sign = Signing()
    words = read(sign=sign, html=f"<body>{source}</body>")
    assert sign.urls == ["https://tea.example/b"]
    assert words.html.count("<img") == 1


def test_a_release_of_before_loads_and_keeps_its_id() -> None:
    content = release()
    old = {"subject": "s", "html": "<p>h</p>", "text": "t"}
    assert content.model_dump(mode="json", by_alias=True, exclude_defaults=True)["emails"]["one"] == old
    assert load(canonical(content)) == content
    assert canonical(load(canonical(content))) == canonical(content)


@pytest.mark.parametrize(("language", "title"), [("tr", "İpuçları &lt;1&gt;"), ("en", "Tips"), ("", "Tips")])
def test_a_topic_is_called_as_the_letter_s_language_has_it(language: str, title: str) -> None:
    said = {"html": "<p>{{ topic.title }}</p>", "text": "{{ topic.title }}"}
    words = read(language=language, **said, languages={"tr": {"subject": "s", **said}})
    assert f"<p>{title}</p>" in words.html
    assert words.text == html.unescape(title)
