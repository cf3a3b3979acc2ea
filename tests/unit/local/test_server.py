"""What the small server of the local stack says on the terminal."""

import socket
import struct
from http.client import HTTPConnection, RemoteDisconnected
from urllib.parse import urlsplit

import pytest

from local.front.server import Handler, Server

LARGE = b"x" * 5_000_000


class Odd(Handler):
    def do_GET(self) -> None:
        assert self.route != "/wrong", "this page is wrong"
        self.answer(200, "text/plain", LARGE)


def test_a_browser_that_goes_away_is_not_worth_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    with Server(0, Odd) as server:
        host, port = urlsplit(server.url).hostname, urlsplit(server.url).port
        with socket.create_connection((host, port)) as browser:
            browser.sendall(b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n")
            assert browser.recv(10)
            # Closed at once, with most of the answer still to come.
            browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert _asked(server, "/") == LARGE
    assert capsys.readouterr().err == ""


def test_what_goes_wrong_in_a_page_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with Server(0, Odd) as server, pytest.raises(RemoteDisconnected):
        _asked(server, "/wrong")
    assert "this page is wrong" in capsys.readouterr().err


def _asked(server: Server, path: str) -> bytes:
    asking = HTTPConnection(urlsplit(server.url).netloc)
    try:
        asking.request("GET", path)
        return asking.getresponse().read()
    finally:
        asking.close()
