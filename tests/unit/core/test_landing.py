"""What a landing page says to whom, and that no value in a text becomes anything but text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape
from pydantic import ValidationError

from functions.core import blocks, landing, visit, wording
from functions.core.contact import Contact, Moment, Profile, Rank, State
from functions.core.counters import counters
from functions.core.filters import WRITER
from functions.core.known import Traits, Unrenderable, Values
from functions.core.landing import Page
from functions.core.release import Release, canonical, release_id
from functions.core.visit import Visit
from functions.texts.writing import hand

SENDING = {
    "business": {"name": "Tea", "site": "https://tea.example"},
    "from": {"name": "Tea", "email": "tea@tea.example"},
    "topics": [{"id": "tips", "title": "Tips"}],
}
VALUES = {"query": Values("query", {"city": "Rize"}), WRITER: hand("en", "UTC")}


def page(*blocks: dict[str, Any], **more: Any) -> Page:
    return Page.model_validate({"title": "Tea", "blocks": list(blocks), **more})


def release(*pages: Page) -> Release:
    made: Release = Release.model_validate({"sending": SENDING})
    return made.model_copy(update={"pages": {f"p{index}": one for index, one in enumerate(pages)}})


def seen(made: Page, query: dict[str, str], contact: Contact | None = None) -> list[str]:
    found = visit.standing(made, Visit(query, contact, 0), release(made))
    return [text for block in found for _, text in landing.texts(block)]


def known(**traits: Any) -> Contact:
    held = {name: (Rank(False, Moment(0, 0)), value) for name, value in traits.items()}
    return Contact(State("x"), Profile("x", traits=held))


AD = {"text": "ad", "came_with": {"utm_campaign": ["spring", "May sale"], "utm_term": "tea"}}
HERS = {"text": "hers", "when": {"trait": "city", "is": "Rize"}}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({}, "all"),
        ({"utm_campaign": "spring"}, "all"),
        ({"utm_campaign": "spring", "utm_term": "coffee"}, "all"),
        ({"utm_campaign": "SPRING", "utm_term": "Tea"}, "ad"),
        ({"utm_campaign": "may-sale", "utm_term": " tea "}, "ad"),
        ({"utm_campaign": "may_SALE", "utm_term": "tea", "more": "x"}, "ad"),
        ({"utm_campaign": "spring sale", "utm_term": "tea"}, "all"),
    ],
)
def test_a_block_stands_for_who_came_with_all_that_it_names(query: dict[str, str], said: str) -> None:
    assert seen(page({**AD, "otherwise": [HERS, {"text": "all"}]}), query) == [said]


def test_the_first_that_fits_stands_and_nothing_where_none_does() -> None:
    both = page({**AD, "otherwise": [HERS]})
    ad = {"utm_campaign": "spring", "utm_term": "tea"}
    assert seen(both, ad, known(city="Rize")) == ["ad"]
    assert seen(both, {}, known(city="Rize")) == ["hers"]
    assert seen(both, {}, known(city="Ankara")) == []
    assert seen(both, {}) == []


@pytest.mark.parametrize("condition", [{"not": {"trait": "city", "known": True}}, {"trait": "city", "known": False}])
def test_nothing_that_asks_about_a_person_stands_for_a_stranger(condition: dict[str, Any]) -> None:
    hers = page({"text": "new here", "when": condition})
    assert seen(hers, {}, known()) == ["new here"]
    assert seen(hers, {}) == []


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"text": "x", "otherwise": [{"text": "y"}]}, "otherwise needs came_with or when"),
        ({**AD, "otherwise": [{**AD, "otherwise": [{"text": "y"}]}]}, "otherwise stands once"),
        ({"hero": {"headline": "x", "button": {"text": "y"}}}, "exactly one of to and page"),
        ({"hero": {"headline": "x", "button": {"text": "y", "to": "javascript:alert(1)"}}}, "pattern"),
        ({"image": {"src": "https://x.example/a.png", "width": 1, "height": 1}}, "Field required"),
        ({"picture": {}}, "expected a block"),
    ],
)
def test_what_cannot_be_meant_is_refused(block: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        page(block)


def test_other_words_for_parts_of_a_hero_make_variants_and_each_says_its_own() -> None:
    button = {"text": "Go", "to": "form"}
    varied = {"headline": {"calm": "Slowly", "loud": "NOW"}, "button": {"go-on": "Go on"}}
    made = page({"hero": {"headline": "Tea", "text": "Leaves", "button": button, "variants": varied}})
    found = landing.varying(made)
    assert found is not None
    names = found[1].names
    assert names == [
        "as-written/as-written",
        "as-written/go-on",
        "calm/as-written",
        "calm/go-on",
        "loud/as-written",
        "loud/go-on",
    ]
    (block,) = made.blocks
    assert isinstance(block, blocks.HeroBlock)
    said = {name: block.hero.varied(name) for name in [*names, "loud", "", "x/y", "loud/go-on/more"]}
    assert {name: (hero.headline, hero.text, hero.button and hero.button.text) for name, hero in said.items()} == {
        "as-written/as-written": ("Tea", "Leaves", "Go"),
        "as-written/go-on": ("Tea", "Leaves", "Go on"),
        "calm/as-written": ("Slowly", "Leaves", "Go"),
        "calm/go-on": ("Slowly", "Leaves", "Go on"),
        "loud/as-written": ("NOW", "Leaves", "Go"),
        "loud/go-on": ("NOW", "Leaves", "Go on"),
        **dict.fromkeys(["loud", "", "x/y", "loud/go-on/more"], ("Tea", "Leaves", "Go")),
    }


@pytest.mark.parametrize(
    ("variants", "said"),
    [
        (
            {part: {f"v{n}": "x" for n in range(3)} for part in ("headline", "text")} | {"button": {"b": "x"}},
            "32 variants",
        ),
        ({"button": {"b": "x"}}, "no button"),
        ({"headline": {"A b": "x"}}, "not an id"),
    ],
)
def test_variants_that_cannot_be_told_apart_are_refused(variants: dict[str, Any], said: str) -> None:
    button = {} if said == "no button" else {"button": {"text": "Go", "to": "form"}}
    with pytest.raises(ValidationError, match=said):
        page({"hero": {"headline": "x", "variants": variants, **button}})


def test_a_text_says_of_the_address_only_what_its_author_listed() -> None:
    made = page({"text": "x"}, says={"city": {"one_of": ["Rize", "Çay eli"], "otherwise": "your town"}})
    business = release().sending.business

    def city(**query: str) -> Any:
        return wording.said("{{ query.city }}", visit.values(made, business, query) | {WRITER: hand("en", "UTC")})

    assert [city(), city(city="rIZE"), city(city="çay-eli"), city(city="<b>")] == [
        "your town",
        "Rize",
        "Çay eli",
        "your town",
    ]


def test_conditions_of_pages_are_counted_for() -> None:
    asks = {"event": "Order Completed", "at_least": 3}
    before = counters(release(), [], "").spec
    assert counters(release(page({**HERS, "when": asks})), [], "").spec != before


def test_a_release_without_pages_has_the_id_that_it_had() -> None:
    made = Release.model_validate({"sending": SENDING})
    assert b"pages" not in canonical(made)
    assert release_id(canonical(made)) == "088fb86f57c211b285bdee8498a3ab48"


def test_a_little_of_markdown() -> None:
    text = "One *two* **three**\nfour\n\n- a\n- b\n\n## Head\n[x](https://a.example/?b=1&c=2) [y](page:z)"
    assert wording.formatted(text, "../page/") == (
        "<p>One <em>two</em> <strong>three</strong><br>four</p>\n<ul><li>a</li><li>b</li></ul>\n"
        '<h2>Head</h2><p><a href="https://a.example/?b=1&amp;c=2">x</a> <a href="../page/z">y</a></p>'
    )
    assert wording.links(text) == ["https://a.example/?b=1&c=2", "page:z"]


@pytest.mark.parametrize("source", ["[x](javascript:alert)", "[x](//a.example)", "[x](https://{{ query.city }}/)"])
def test_a_link_leads_only_where_its_author_wrote(source: str) -> None:
    assert "<a" not in wording.rich(source, VALUES)
    assert wording.links(source) == []


@given(st.text(alphabet=st.sampled_from("ab<>&\"'*[]()#-\n {}%_:/.\ue002\ue0030")))
def test_no_value_becomes_markup_a_template_or_a_link(value: str) -> None:
    values = {"contact": Traits({"x": value}), WRITER: hand("en", "UTC")}
    if value.strip():
        assert wording.rich("{{ contact.x }}", values) == Markup("<p>") + escape(value) + Markup("</p>")
        assert wording.said("{{ contact.x }}", values) == escape(value)


@given(st.text(alphabet=st.sampled_from("ab<>&\"'*[]()#-\n %_:/.\ue002\ue0030")))
def test_what_stands_in_a_text_is_no_element(source: str) -> None:
    made = wording.rich(source, VALUES)
    for part in ("p", "/p", "br", "em", "/em", "strong", "/strong", "ul", "/ul", "li", "/li", "h2", "/h2"):
        made = Markup(made.replace(f"<{part}>", ""))
    assert "<" not in made


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ query.__class__ }}",
        "{{ query.city.__class__ }}",
        "{{ query.city.format.__globals__ }}",
        "{{ '{0.__class__}'.format(query) }}",
        "{{ query._values.__class__ }}",
        "{{ range(10 ** 9) }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self.__init__ }}",
        "{{ lipsum.__globals__ }}",
        "{{ query.other }}",
        "{{ contact.email }}",
        "{{ 1 // 0 }}",
        "{{ }}",
        "{{ 1 + }}",
    ],
)
def test_a_template_sees_its_values_and_nothing_behind_them(source: str) -> None:
    with pytest.raises(Unrenderable):
        wording.said(source, VALUES)
