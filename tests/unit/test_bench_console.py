"""Every page of the console is measured: a route that nobody made up something for is found here."""

import pytest

from bench.console import QUERIES, _names, addresses
from functions.console.routes import ROUTES
from functions.core.release import load
from tests.cloud import marketing


def test_every_page_has_an_address_that_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://tea.example")
    known = {**_names(load(marketing())), "release": "r", "job": "j", "older": "0"}
    pages = [route for route in ROUTES if route.method == "GET"]
    measured = [called.partition("?")[0] for called, _ in addresses(known)]
    assert set(measured) == {"/".join(("", "console", *route.parts)) for route in pages}
    assert set(QUERIES) <= {tuple(route.parts) for route in pages}
