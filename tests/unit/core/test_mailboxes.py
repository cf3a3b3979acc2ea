"""Providers are told by name, and nobody's own domain is."""

import pytest

from functions.core.counting import part
from functions.core.mailboxes import OTHERS, PROVIDERS, provider_of


@pytest.mark.parametrize(
    ("mailbox", "provider"),
    [
        ("ada@gmail.com", "gmail.com"),
        ("ada@GoogleMail.com.", "gmail.com"),
        ('"a@b"@hotmail.com.tr', "outlook.com"),
        ("ada@me.com", "icloud.com"),
        ("ada@hotmail.com", "outlook.com"),
        ("ada@ada-lovelace.example", OTHERS),
        ("ada@gmail.com.evil.example", OTHERS),
        ("ada@İş.example", OTHERS),
        ("gmail.com@x", OTHERS),
        ("", OTHERS),
    ],
)
def test_a_mailbox_is_at_a_provider_or_at_one_of_the_others(mailbox: str, provider: str) -> None:
    assert provider_of(mailbox) == provider


def test_each_provider_is_known_by_its_own_domain_and_fits_into_a_key() -> None:
    assert all(PROVIDERS[provider] == provider == part(provider) for provider in PROVIDERS.values())
    assert all(domain == domain.lower() and "." in domain for domain in PROVIDERS)
