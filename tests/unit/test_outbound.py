"""HTTP to addresses that others wrote reaches nothing inside, follows nothing, and ends in time."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions import outbound
from functions.outbound import Lost, Unreached, Unsafe, is_public
from tests.fakes import Server, https_server

HOST = "hooks.example"


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254"),
        *("0.0.0.0", "0.1.2.3", "100.64.0.1", "192.0.0.192", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1"),
        *("255.255.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "::10.0.0.1"),
        *("64:ff9b::a00:1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2002:7f00:1::", "2001::1"),
        *("100::1", "3fff::1", "5f00::1", "", "nonsense", "127.1", "0x7f.1", "2130706433"),
    ],
)
def test_what_lies_inside_a_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "93.184.215.14", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_what_anybody_can_reach_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example/", "ftp://hooks.example/", "https:///x", "//hooks.example/", "file:///etc/passwd"),
        *("https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/latest"),
        *("https://user:pass@hooks.example/", "https://hooks.example@127.0.0.1/", "https://hooks.example\\@evil/"),
        *("https://hooks.example:99999/", "https://hooks.example/ x", "https://hooks.example/\r\nhost: x"),
        *("https://hooks.example/" + "a" * 3000, "https://[fe80::1%25eth0]/", "https://hooks.example:x/", "https://[/"),
        "https://" + "é" * 300 + "/",
    ],
)
def test_an_unsafe_address_is_refused_before_any_name_is_looked_up(url: str) -> None:
    def never(host: str, port: int) -> list[str]:
        raise AssertionError("looked up")

    with pytest.raises(Unsafe):
        outbound.post(url, b"", {}, resolve=never)


@pytest.mark.parametrize("ports", [frozenset({443})])
def test_a_strangers_address_is_asked_at_its_usual_port_only(ports: frozenset[int]) -> None:
    outbound.check("https://push.example/x", ports=ports)
    with pytest.raises(Unsafe):
        outbound.check("https://push.example:6379/x", ports=ports)


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["8.8.8.8", "::1"]])
def test_a_name_that_points_inside_is_refused_even_among_public_addresses(addresses: list[str]) -> None:
    with pytest.raises(Unsafe):
        outbound.post(f"https://{HOST}/", b"", {}, resolve=lambda host, port: addresses)


def test_a_name_that_nobody_has_reaches_nothing() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    with pytest.raises(Unreached):
        outbound.post(f"https://{HOST}/", b"", {}, resolve=unknown)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """On loopback, which is taken for public here and nowhere else."""
    monkeypatch.setattr(outbound, "is_public", lambda address: address == "127.0.0.1")
    with https_server(tmp_path, HOST) as running:
        yield running


def post(server: Server, *, host: str = HOST, path: str = "/hook?a=1", total: float = 5.0) -> outbound.Reply:
    looked_up: list[str] = []

    def once(name: str, port: int) -> list[str]:
        looked_up.append(name)
        assert len(looked_up) == 1, "a name is looked up once"
        return ["127.0.0.1"]

    url = f"https://{host}:{server.port}{path}"
    return outbound.post(url, b"tea", {"x-a": "b"}, resolve=once, context=server.trust, total=total)


def test_the_name_is_looked_up_once_and_the_connection_goes_to_that_address(server: Server) -> None:
    assert post(server).status == 200
    (asked,) = server.asked
    assert (asked.path, asked.body, asked.headers["x-a"]) == ("/hook?a=1", b"tea", "b")
    assert asked.headers["host"] == f"{HOST}:{server.port}"


def test_a_certificate_for_another_name_is_refused(server: Server) -> None:
    with pytest.raises(Unreached):
        post(server, host="other.example")
    assert server.asked == []


def test_nothing_is_followed(server: Server) -> None:
    server.answer = lambda asked: (302, {"location": "http://169.254.169.254/"}, b"")
    assert post(server).status == 302
    assert len(server.asked) == 1


def test_no_proxy_of_the_environment_is_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert post(server).status == 200


def test_an_endless_answer_is_read_to_a_bound(server: Server) -> None:
    server.answer = lambda asked: (200, {"content-length": str(10**9)}, b"a" * 10**6)
    assert len(post(server).body) <= outbound.ANSWER_BYTES


def test_no_answer_is_lost_in_time() -> None:
    with pytest.raises(Lost), _silent(b"") as port:
        _post_plainly(port)


def test_an_answer_that_drips_is_cut_off_in_time() -> None:
    began = time.monotonic()
    with pytest.raises(Lost), _silent(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 5000) as port:
        _post_plainly(port)
    assert time.monotonic() - began < 5


def _post_plainly(port: int) -> None:
    import urllib3

    pool = urllib3.HTTPConnectionPool("127.0.0.1", port, retries=False, timeout=2)
    outbound._ask(pool, "/", b"", {}, 0.4)


class _silent:
    """A server that answers a byte now and then, or nothing."""

    def __init__(self, drips: bytes) -> None:
        self._drips = drips
        self._over = threading.Event()

    def __enter__(self) -> int:
        self._socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()
        port: int = self._socket.getsockname()[1]
        return port

    def _serve(self) -> None:
        try:
            connection, _ = self._socket.accept()
            with connection:
                for byte in self._drips:
                    connection.send(bytes([byte]))
                    if self._over.wait(0.02):
                        return
                self._over.wait(5)
        except OSError:
            return

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._socket.close()


@pytest.mark.parametrize(
    ("endpoint", "catcher", "caught"),
    [
        ("http://127.0.0.1:4566", "http://127.0.0.1:9/outbox", True),
        ("https://dynamodb.eu-west-1.amazonaws.com", "http://127.0.0.1:9/outbox", False),
        ("", "http://127.0.0.1:9/outbox", False),
        ("http://127.0.0.1:4566", "http://169.254.169.254/", False),
    ],
)
def test_only_one_machine_catches_what_goes_out(
    endpoint: str, catcher: str, caught: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv(outbound.CATCHER, catcher)
    outbound.forget()
    try:
        assert (outbound._catcher() is not None) == caught
    finally:
        outbound.forget()
