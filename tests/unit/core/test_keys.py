"""Write keys: who may send what from where."""

import pytest

from functions.core import keys
from functions.core.errors import Refused
from functions.core.keys import WriteKey, find, is_allowed, normal_origin, public_key, secret_key

PEPPER = b"pepper"
SHOP = public_key("shop", "wk_shop", origins=["https://tea.example", "https://*.tea.example:8443"], at=1)
SERVER = secret_key("server", "sk_server", PEPPER, at=2)


def code(key: WriteKey, origin: str | None) -> str:
    with pytest.raises(Refused) as refused:
        keys.check_sender(key, origin)
    assert refused.value.status == 403
    return refused.value.code


def test_a_key_is_found_by_what_somebody_sends() -> None:
    assert find((SHOP, SERVER), "wk_shop", PEPPER) is SHOP
    assert find((SHOP, SERVER), "sk_server", PEPPER) is SERVER
    for wrong in ("", "wk_", "sk_other", "shop", SERVER.held):
        assert find((SHOP, SERVER), wrong, PEPPER) is None


def test_nothing_is_kept_of_a_secret_key_that_could_be_sent() -> None:
    stored = keys.to_plain(SERVER)
    assert "sk_server" not in str(stored)
    assert find((SERVER,), stored["held"], PEPPER) is None
    # Somebody who reads the row can't let its digest in as a public key, either.
    assert find((SERVER,), f"sk_{stored['held']}", PEPPER) is None


def test_what_is_stored_of_a_key_gives_the_key_back() -> None:
    assert [keys.from_plain(keys.to_plain(key)) for key in (SHOP, SERVER)] == [SHOP, SERVER]


def test_a_secret_key_from_a_page_is_refused() -> None:
    assert code(SERVER, "https://tea.example") == "secret-key-in-browser"
    keys.check_sender(SERVER, None)


def test_a_key_with_origins_takes_events_from_their_pages_only() -> None:
    for fine in ("https://tea.example", "HTTPS://Tea.Example", "https://www.tea.example:8443"):
        keys.check_sender(SHOP, fine)
    for other in (
        *("https://evil.example", "http://tea.example", "https://tea.example.evil.example", "https://eviltea.example"),
        *("https://www.tea.example", "https://.tea.example:8443", "https://a/b.tea.example:8443", "null", "", None),
    ):
        assert code(SHOP, other) == "origin-not-allowed"


def test_a_key_without_origins_takes_events_from_anywhere() -> None:
    anywhere = public_key("any", "wk_any", at=1)
    for origin in ("https://evil.example", "null", None):
        keys.check_sender(anywhere, origin)


def test_pages_without_an_origin_of_their_own_can_be_let_in_by_name() -> None:
    assert is_allowed([normal_origin("null")], "null")


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://Tea.Example/", "https://tea.example"),
        ("https://tea.example:443", "https://tea.example"),
        ("http://localhost:8001", "http://localhost:8001"),
        ("https://çay.example", "https://xn--ay-3ia.example"),
        ("https://*.чай.example", "https://*.xn--80as4b.example"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_an_origin_is_kept_as_browsers_spell_it(typed: str, origin: str) -> None:
    assert normal_origin(typed) == origin


@pytest.mark.parametrize(
    "typed", ["tea.example", "ftp://tea.example", "https://tea.example/shop", "https://*", "*", ""]
)
def test_what_is_no_origin_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        normal_origin(typed)


@pytest.mark.parametrize("name", ["", "Web", "web shop", "-web", "çay", "w" * 41])
def test_a_name_is_plain(name: str) -> None:
    with pytest.raises(ValueError, match="is no name"):
        public_key(name, "wk_x", at=1)


def test_a_key_that_may_bring_nothing_is_none() -> None:
    with pytest.raises(ValueError, match="revoke it"):
        public_key("web", "wk_x", per_minute=0, at=1)
