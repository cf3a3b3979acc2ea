"""Signed links: what is signed comes back, and nothing else."""

from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from functions.core.errors import Refused
from functions.tokens import (
    CLICK,
    LONGEST,
    OPEN,
    UNSUBSCRIBE,
    Clicked,
    Links,
    Opened,
    Preferring,
    Unsubscribing,
    read,
    read_click,
    read_open,
    read_preferring,
    read_unsubscribe,
    sign,
)

OLD, NEW = b"old-key-old-key-old-key", b"new-key-new-key-new-key"
LINKS = Links([NEW], "https://api.example")
CLICKED = Clicked("c" * 26, "m" * 26, 1_700_000_000_000, "welcome/hello", "welcome", "https://shop.example/té?a=1&b=ı")
OPENED = Opened("c" * 26, "m" * 26, 1_700_000_000_000, "welcome/hello", "welcome")
PREFERRING = Preferring("c" * 26, "m" * 26, 1_700_000_000_000, "a" * 26)
UNSUBSCRIBING = Unsubscribing("c" * 26, "m" * 26, 1_700_000_000_000, "tips", "a" * 26)


def token(url: str) -> str:
    return url.rsplit("/", 1)[1]


def test_links_come_back_as_they_were_made() -> None:
    assert read_click([NEW], token(LINKS.click_url(CLICKED))) == CLICKED
    assert read_open([NEW], token(LINKS.open_url(OPENED))) == OPENED
    assert read_unsubscribe([NEW], token(LINKS.unsubscribe_url(UNSUBSCRIBING))) == UNSUBSCRIBING
    assert read_preferring([NEW], token(LINKS.preferences_url(PREFERRING))) == PREFERRING


def test_a_link_to_unsubscribe_opens_no_preferences_and_none_the_other_way() -> None:
    with pytest.raises(Refused):
        read_preferring([NEW], token(LINKS.unsubscribe_url(UNSUBSCRIBING)))
    with pytest.raises(Refused):
        read_unsubscribe([NEW], token(LINKS.preferences_url(PREFERRING)))


def test_links_lead_to_their_routes() -> None:
    assert LINKS.click_url(CLICKED).startswith("https://api.example/c/")
    assert LINKS.open_url(OPENED).startswith("https://api.example/o/")
    assert LINKS.unsubscribe_url(UNSUBSCRIBING).startswith("https://api.example/u/")
    assert LINKS.preferences_url(PREFERRING).startswith("https://api.example/p/")


def test_a_token_fits_a_url_path_segment() -> None:
    assert all(c.isascii() and (c.isalnum() or c in "-_.") for c in token(LINKS.click_url(CLICKED)))


def test_a_link_signed_with_the_old_key_lives_on_after_a_rotation() -> None:
    old = token(Links([OLD], "https://api.example").unsubscribe_url(UNSUBSCRIBING))
    assert read_unsubscribe([NEW, OLD], old) == UNSUBSCRIBING


def test_the_newest_key_signs() -> None:
    assert read_click([NEW], token(Links([NEW, OLD], "https://api.example").click_url(CLICKED))) == CLICKED


def test_a_token_of_a_dropped_key_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        read_click([NEW], token(Links([OLD], "https://api.example").click_url(CLICKED)))
    assert refused.value.code == "bad-token"
    assert refused.value.status == 400


def test_a_token_for_one_purpose_is_no_good_for_another() -> None:
    with pytest.raises(Refused):
        read_unsubscribe([NEW], token(LINKS.click_url(CLICKED)))


def test_a_click_token_never_leads_to_a_script() -> None:
    forged = sign([NEW], CLICK, {"c": "c", "m": "m", "s": 1, "k": "j/s", "t": "t", "u": "javascript:alert(1)"})
    with pytest.raises(Refused):
        read_click([NEW], forged)


@pytest.mark.parametrize(
    "payload", [{}, {"c": 1, "m": "m", "s": 1, "t": "t", "a": "a"}, {"c": "c", "m": "m", "s": "x"}]
)
def test_a_signed_payload_of_another_shape_is_refused(payload: dict[str, object]) -> None:
    with pytest.raises(Refused):
        read_unsubscribe([NEW], sign([NEW], UNSUBSCRIBE, payload))


def test_a_token_of_a_newer_version_is_refused() -> None:
    newer = sign([NEW], OPEN, {"x": 99})
    with pytest.raises(Refused):
        read([NEW], OPEN, newer)


def test_a_plain_itsdangerous_token_of_the_same_key_is_refused() -> None:
    with pytest.raises(Refused):
        read([NEW], OPEN, str(URLSafeSerializer(NEW, salt=OPEN).dumps({"x": 1})))


@given(st.text(max_size=80))
def test_garbage_is_refused_with_a_stable_code(garbage: str) -> None:
    with pytest.raises(Refused, match="one of ours") as refused:
        read_open([NEW], garbage)
    assert refused.value.code == "bad-token"


@given(st.integers(0, 10_000), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_changed_character_never_changes_what_a_token_says(position: int, character: str) -> None:
    good = token(LINKS.unsubscribe_url(UNSUBSCRIBING))
    position %= len(good)
    forged = good[:position] + character + good[position + 1 :]
    # The last character of base64 has spare bits, so another spelling may mean the same bytes.
    with suppress(Refused):
        assert read_unsubscribe([NEW], forged) == UNSUBSCRIBING


def test_an_endless_token_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(Refused):
        read_open([NEW], "a" * (LONGEST + 1))


def test_a_token_can_expire_by_the_clock_that_is_passed_in() -> None:
    signed = sign([NEW], OPEN, {"s": 1_000})
    assert read([NEW], OPEN, signed, max_age=500, now=1_500)["s"] == 1_000
    with pytest.raises(Refused) as refused:
        read([NEW], OPEN, signed, max_age=500, now=1_501)
    assert (refused.value.code, refused.value.status) == ("expired-token", 410)


def test_a_token_without_a_time_counts_as_expired_where_an_age_is_asked_for() -> None:
    with pytest.raises(Refused):
        read([NEW], OPEN, sign([NEW], OPEN, {}), max_age=500, now=1)


@given(st.dictionaries(st.text(max_size=8).filter(lambda name: name != "x"), st.text() | st.integers(), max_size=5))
def test_itsdangerous_reads_our_tokens_and_we_read_its(content: dict[str, object]) -> None:
    theirs = URLSafeSerializer(
        [OLD, NEW], salt="samovar.open", signer_kwargs={"digest_method": sha256, "key_derivation": "hmac"}
    )
    said = {"x": 1, **content}
    assert theirs.loads(sign([NEW, OLD], OPEN, content)) == said
    assert read([NEW, OLD], OPEN, theirs.dumps(said)) == said
    assert read([NEW, OLD], OPEN, sign([NEW, OLD], OPEN, content)) == said
