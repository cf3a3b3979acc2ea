"""HTTP to addresses that others wrote: webhooks, and the push services that browsers name.

Such an address must not reach into the house. So: https only; the name is resolved once, every
address that it has must be a public one, and the connection goes to just that address, whatever
the name says a moment later; nothing is followed, nothing is asked of a proxy, and neither a slow
nor an endless answer holds a worker for longer than told.

On one machine nothing leaves it: where AWS is a loopback address, a variable may name a loopback
address that takes what would go out (see local/front/outbox.py). It is never in the template.
"""

import os
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from functions import clock

CATCHER: Final = "SAMOVAR_LOCAL_OUTBOX"
"""Variable of the local stack: a loopback address that takes everything instead."""
_LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}
LONGEST_URL: Final = 2048
ANSWER_BYTES: Final = 16 * 1024
"""So much of an answer is read; nothing in it is needed but what went wrong."""
CONNECT_S: Final = 3.0
TOTAL_S: Final = 10.0

_CLOSED_V4: Final = [
    IPv4Network(net)
    for net in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
]
"""IANA's special-purpose IPv4 blocks, multicast and what is reserved."""
_OPEN_V6: Final = IPv6Network("2000::/3")
"""Global unicast; all else (loopback, link-local, unique local, multicast, unassigned) is closed."""
_CLOSED_V6: Final = [
    IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]
_NAT64: Final = IPv6Network("64:ff9b::/96")


class Unsafe(ValueError):
    """The address may not be asked: it is no public https address. Its words quote nothing."""


class Unreached(Exception):
    """Surely nothing was taken: no name, no connection, no trusted certificate. `code` names the failure."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Lost(Exception):
    """Nobody knows whether it was taken: the answer didn't come in time, or broke off."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered. Header names are lower-case; `body` is its beginning."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def retry_after(self) -> int | None:
        """Seconds after which to ask again, if it says so."""
        said = self.headers.get("retry-after", "")
        return int(said) if said.isascii() and said.isdigit() and len(said) < 7 else None


@dataclass(frozen=True, slots=True)
class _Target:
    host: str
    port: int
    path: str


Resolve = Callable[[str, int], list[str]]


def is_public(address: str) -> bool:
    """Whether an IP address is anybody's on the Internet, rather than one inside a network."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        inner = parsed.ipv4_mapped or (IPv4Address(int(parsed) & 0xFFFFFFFF) if parsed in _NAT64 else None)
        if inner is None:
            return parsed in _OPEN_V6 and not any(parsed in net for net in _CLOSED_V6)
        parsed = inner
    return not any(parsed in net for net in _CLOSED_V4)


def check(url: str, *, ports: frozenset[int] | None = None) -> None:
    """Raises Unsafe for an address that would not be asked, as far as its text tells. `ports`: these only."""
    _target(url, ports)


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    ports: frozenset[int] | None = None,
    total: float = TOTAL_S,
    context: ssl.SSLContext | None = None,
    resolve: Resolve | None = None,
) -> Reply:
    """POST to an address that somebody wrote, within `total` seconds. Raises Unsafe, Unreached or Lost.

    `context` and `resolve` stand in for the machine's trust and its resolver.
    """
    target = _target(url, ports)
    sent = {"user-agent": "samovar", "accept-encoding": "identity", **headers}
    caught = _catcher()
    if caught is not None:
        local = urlsplit(caught)
        pool: urllib3.HTTPConnectionPool = urllib3.HTTPConnectionPool(
            local.hostname or "", local.port, retries=False, timeout=total
        )
        return _ask(pool, local.path or "/", body, {**sent, "x-samovar-url": url}, total)
    address = _resolved(target, resolve or _lookup)
    pool = urllib3.HTTPSConnectionPool(
        address,
        target.port,
        timeout=urllib3.Timeout(connect=CONNECT_S, read=total),
        retries=False,
        ssl_context=context or _trust(),
        server_hostname=target.host,
        assert_hostname=target.host,
    )
    host = target.host if target.port == 443 else f"{target.host}:{target.port}"
    return _ask(pool, target.path, body, {**sent, "host": host}, total)


def _ask(pool: urllib3.HTTPConnectionPool, path: str, body: bytes, headers: Mapping[str, str], total: float) -> Reply:
    ends = clock.monotonic() + total
    connections: list[socket.socket] = []

    def cut() -> None:
        # A server that sends a byte now and then resets every timeout but this one.
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    watch = threading.Timer(total, cut)
    watch.daemon = True
    _note_connections(pool, connections)
    watch.start()
    try:
        answer = pool.urlopen("POST", path, body=body, headers=dict(headers), redirect=False, preload_content=False)
        if clock.monotonic() >= ends:
            # It was cut off among the headers, which looks like their end.
            answer.close()
            raise Lost("TooSlow")
        try:
            taken = b""
            while len(taken) < ANSWER_BYTES and clock.monotonic() < ends:
                piece = answer.read1(ANSWER_BYTES - len(taken))
                if not piece:
                    break
                taken += piece
        except (HTTPError, OSError):
            # The status is what counts, and it has been read.
            taken = b""
        finally:
            answer.close()
        return Reply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, taken)
    except (NewConnectionError, ConnectTimeoutError, urllib3.exceptions.SSLError) as error:
        raise Unreached(type(error).__name__) from error
    except (HTTPError, OSError) as error:
        raise Lost(type(error).__name__) from error
    finally:
        watch.cancel()
        pool.close()


def _note_connections(pool: urllib3.HTTPConnectionPool, connections: list[socket.socket]) -> None:
    made = pool.ConnectionCls

    class Noted(made):  # type: ignore[misc, valid-type]
        def connect(self) -> None:
            super().connect()
            connections.append(self.sock)

    pool.ConnectionCls = Noted


def _target(url: str, ports: frozenset[int] | None) -> _Target:
    if len(url) > LONGEST_URL or not url.isprintable() or any(letter in url for letter in " \\"):
        raise Unsafe("not an address that can be asked")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        # A dot at the end would be a name of its own to certificates; IDNA is what names are looked up as.
        host = (host if host.isascii() else host.encode("idna").decode("ascii")).rstrip(".").lower()
    except (ValueError, UnicodeError) as error:
        raise Unsafe("not an address that can be asked") from error
    if parts.scheme.lower() != "https" or not host or parts.username is not None or parts.password is not None:
        raise Unsafe("only https addresses without a user's name are asked")
    if ports is not None and port not in ports:
        raise Unsafe("not at this port")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if _is_literal(host) and not is_public(host):
        raise Unsafe("not a public address")
    return _Target(host, port, path)


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _resolved(target: _Target, resolve: Resolve) -> str:
    try:
        addresses = resolve(target.host, target.port)
    except (OSError, UnicodeError) as error:
        raise Unreached(type(error).__name__) from error
    if not addresses:
        raise Unreached("NoAddress")
    # One inside address among public ones is how a name is made to point inside now and then.
    if not all(map(is_public, addresses)):
        raise Unsafe("not a public address")
    return sorted(addresses, key=lambda address: ":" in address)[0]


def _lookup(host: str, port: int) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


@cache
def _catcher() -> str | None:
    url = os.environ.get(CATCHER)
    local = urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname in _LOOPBACK
    return url if url and local and urlsplit(url).hostname in _LOOPBACK else None


def forget() -> None:
    """Read the variable anew: for tests."""
    _catcher.cache_clear()
