"""What an address says of an ad, where ads lead, and which of those places are pages of their own."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from functions.core.ads import LATE_MS, Ad, Landed, advice, answers, landed, leading, share
from functions.core.event import FORM_SUBMITTED, PAGE_VIEWED, Event
from functions.core.landing import Page
from functions.tables import ads as table

NOW = 1_790_000_000_000
TODAY = datetime.fromtimestamp(NOW / 1000, UTC).date()
SALE = {"source": "google", "medium": "cpc", "name": "May Sale"}
HERO = {"hero": {"headline": "Tea"}}


def page(**more: Any) -> Page:
    return Page.model_validate({"title": "Spring", "blocks": [HERO], **more})


def for_ads(**came_with: str) -> Page:
    return page(blocks=[{"text": "You looked for it", "came_with": came_with}, HERO])


PAGES = {"spring": for_ads(utm_campaign="may-sale"), "plain": page(), "quiet": page(listed=False)}


def view(context: dict[str, Any], at: int = NOW, received: int = NOW, **properties: Any) -> Event:
    said = {"url": "https://www.tea.example/teas/?x=1#y", **properties}
    return Event("a#ada", f"m{at}", at, at, received, "page", PAGE_VIEWED, said, context=context)


def by(**parts: str) -> dict[str, Any]:
    return {"campaign": parts}


@pytest.mark.parametrize(
    ("context", "ad"),
    [
        (by(**SALE), Ad("google", "cpc", "May Sale")),
        (by(medium="paid_social", name="x"), Ad(medium="paid_social", campaign="x")),
        (by(medium="Social-Paid", name="x"), Ad(medium="Social-Paid", campaign="x")),
        ({"clicks": {"gclid": "1", "fbclid": "2"}}, Ad(click="fbclid")),
        ({"clicks": {"msclkid": "1"}}, Ad(click="msclkid")),
        ({**by(name="x", medium="search"), "clicks": {"gclid": "1"}}, Ad(medium="search", campaign="x")),
        (by(medium="email", name="x"), None),
        ({**by(medium="E-Mail", name="x"), "clicks": {"gclid": "1"}}, None),
        ({"clicks": {"fbclid": "1"}}, None),
        ({**by(medium="social", name="x"), "clicks": {"fbclid": "1"}}, None),
        (by(medium="unpaid", name="x"), None),
        (by(name="x"), None),
        ({"campaign": ["cpc"], "clicks": 3}, None),
        ({"campaign": {"medium": 7, "name": "x"}}, None),
        ({}, None),
    ],
)
def test_an_ad_is_what_was_paid_for(context: dict[str, Any], ad: Ad | None) -> None:
    found = landed(view(context), PAGES)
    assert (found and found.ad) == ad


def test_a_place_is_a_page_of_ours_or_an_address_without_its_query() -> None:
    assert landed(view(by(**SALE), page="spring"), PAGES) == Landed(
        Ad("google", "cpc", "May Sale"), "spring", "", TODAY
    )
    for made_up in ("autumn", 7, ["spring"], None):
        found = landed(view(by(**SALE), page=made_up), PAGES)
        assert found
        assert (found.page, found.address) == ("", "tea.example/teas")
    for nowhere in ("", 3, "https://[", "/teas", None):
        assert landed(view(by(**SALE), url=nowhere), PAGES) is None
    form = replace(view(by(**SALE), landing="spring"), name=FORM_SUBMITTED, kind="form")
    found = landed(form, PAGES)
    assert found
    assert found.page == "spring"
    assert landed(replace(form, kind="track"), PAGES) is None


def test_what_is_told_long_after_it_happened_is_no_ad_of_late() -> None:
    assert landed(view(by(**SALE), at=NOW - LATE_MS), PAGES)
    assert landed(view(by(**SALE), at=NOW - LATE_MS - 1), PAGES) is None


@pytest.mark.parametrize("text", ["ada@example.com", "to ada%40example.com", "ADA@ÖRNEK.example"])
def test_what_may_be_an_address_is_not_kept(text: str) -> None:
    found = landed(
        view(by(**SALE, content=text, term="çay"), url=f"https://tea.example/u/{text}", page="spring"), PAGES
    )
    assert found
    assert found.ad == Ad("google", "cpc", "May Sale", term="çay")
    assert text not in str(table.to_row(found))
    assert landed(view(by(**SALE), url=f"https://tea.example/u/{text}"), PAGES) is None


def test_texts_stay_on_one_line_and_keep_their_letters() -> None:
    found = landed(view(by(**{**SALE, "name": "چای\u200cسبز", "term": "a\x1b[31m\nb", "content": "İ🫖"})), PAGES)
    assert found
    assert (found.ad.campaign, found.ad.term, found.ad.content) == ("چای\u200cسبز", "a [31m b", "İ🫖")


def test_spellings_that_a_page_takes_for_the_same_are_one_ad() -> None:
    one, other = (landed(view(by(**{**SALE, "name": name})), PAGES) for name in ("May Sale", "may-SALE"))
    assert one
    assert other
    assert one.id == other.id
    assert len(leading([one, other], PAGES)) == 1


@pytest.mark.parametrize(
    ("made", "fits"),
    [
        (for_ads(utm_campaign="may-sale"), True),
        (for_ads(utm_campaign="may-sale", utm_term="tea"), False),
        (for_ads(utm_campaign="april"), False),
        (for_ads(gclid="1"), False),
        (page(), False),
        (page(blocks=[{**HERO, "when": {"tag": "x"}, "came_with": {"utm_campaign": "may-sale"}}, HERO]), False),
        (
            page(
                blocks=[
                    {**HERO, "when": {"tag": "x"}, "otherwise": [{"text": "x", "came_with": {"utm_source": "google"}}]}
                ]
            ),
            True,
        ),
        (page(says={"utm_campaign": {"one_of": ["may sale"], "otherwise": "tea"}}), True),
        (page(says={"utm_term": {"one_of": ["may sale"], "otherwise": "tea"}}), False),
    ],
)
def test_a_page_answers_to_an_ad_where_strangers_read_what_stands_for_it(made: Page, fits: bool) -> None:
    assert answers(made, Ad("google", "cpc", "May Sale")) is fits


def led(campaign: str, place: str, back: int = 0, **more: str) -> Landed:
    where = (place, "") if place in PAGES else ("", place)
    return Landed(Ad("google", "cpc", campaign, **more), *where, TODAY - timedelta(days=back))


def test_the_share_is_of_ads_that_lead_to_pages_of_their_own_alone() -> None:
    told = [
        led("may-sale", "spring"),
        led("april", "spring"),
        led("june", "quiet"),
        led("july", "tea.example/"),
        led("july", "tea.example/", 3),
    ]
    found = leading(told, PAGES)
    assert [(one.ad.campaign, one.days, [place.fit for place in one.places]) for one in found] == [
        ("july", 2, ["elsewhere"]),
        ("april", 1, ["shared"]),
        ("june", 1, ["apart"]),
        ("may-sale", 1, ["answers"]),
    ]
    assert share(found) == 0.5
    assert share([]) is None


def test_a_page_that_is_not_listed_is_an_ads_own_as_long_as_one_campaign_leads_there() -> None:
    def fit(*campaigns: str, to: str = "quiet") -> set[str]:
        found = leading([led(one, to, content=str(number)) for number, one in enumerate(campaigns)], PAGES)
        return {place.fit for one in found for place in one.places}

    assert fit("june", "June") == {"apart"}
    assert fit("june", "july") == {"shared"}
    assert fit("") == {"shared"}
    assert fit("june", to="plain") == {"shared"}


def test_where_an_ad_led_on_its_last_day_counts() -> None:
    (one,) = leading([led("may-sale", "tea.example/", 1), led("may-sale", "spring")], PAGES)
    assert (one.is_own, one.days, one.last) == (True, 2, TODAY)
    (one,) = leading([led("may-sale", "tea.example/"), led("may-sale", "spring")], PAGES)
    assert (one.is_own, one.days) == (False, 1)


def test_a_page_that_is_gone_is_nobodys_own() -> None:
    (one,) = leading([led("may-sale", "spring")], {})
    assert [(place.page, place.fit) for place in one.places] == [("spring", "elsewhere")]


@given(st.text(min_size=1, max_size=20))
def test_what_to_write_is_read_as_what_the_ad_says(text: str) -> None:
    found = landed(view(by(medium="cpc", name=text)), PAGES)
    assert found
    if not found.ad.campaign:
        return
    (one,) = leading([found], PAGES)
    said = advice(one)
    if not one.is_own:
        read = YAML(typ="safe").load(said.partition("came_with: ")[2])
        assert answers(for_ads(**read), found.ad)


def test_an_ad_that_names_nothing_is_to_name_its_campaign_first() -> None:
    (one,) = leading([Landed(Ad(click="gclid"), "plain", "", TODAY)], PAGES)
    assert "utm_campaign=" in advice(one)
    (own,) = leading([led("may-sale", "spring")], PAGES)
    assert advice(own) == ""


WORDS = st.sampled_from(["", "spring", "May Sale", "may-sale", "ada@example.com", "çay"])
ARRIVALS = st.lists(
    st.builds(
        lambda parts, place, back, click: view(
            {"campaign": dict(zip(("source", "medium", "name"), parts, strict=True)), "clicks": click},
            at=NOW - back * 86_400_000,
            page=place,
        ),
        st.tuples(WORDS, st.sampled_from(["cpc", "email", "paid social", ""]), WORDS),
        st.sampled_from(["spring", "plain", "quiet", ""]),
        st.integers(0, 3),
        st.sampled_from([{}, {"gclid": "1"}, {"fbclid": "1"}]),
    ),
    max_size=12,
)


def kept(events: list[Event]) -> list[Landed]:
    """What the tables hold in the end: of each ad, place and day what was told first."""
    rows: dict[tuple[date, str], Landed] = {}
    for event in events:
        if (one := landed(event, PAGES)) is not None:
            rows.setdefault((one.day, one.id), one)
    return list(rows.values())


def shape(found: list[Landed]) -> list[Any]:
    return [(one.ad.id, one.days, one.last, one.places) for one in leading(found, PAGES)]


@given(ARRIVALS, st.randoms(use_true_random=False))
def test_the_same_arrivals_in_any_order_and_again_tell_the_same(events: list[Event], chance: Any) -> None:
    again = [*events, *chance.sample(events, len(events) // 2)]
    chance.shuffle(again)
    assert shape(kept(again)) == shape(kept(events))
    assert all("@" not in str(table.to_row(one)) and table.from_row(table.to_row(one)) == one for one in kept(again))
