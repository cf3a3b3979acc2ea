"""A letter's bytes: headers and two parts, written by hand because this runs once per message. Pure."""

import re
from base64 import b64encode
from collections.abc import Iterable
from struct import unpack_from
from typing import Final

_WORD_BYTES: Final = 39
"""Bytes of an encoded word, so that its header's name fits on the line as well."""
_LINE: Final = 76
"""Characters of a line of base64 (RFC 2045)."""
_LONGEST: Final = 990
"""Bytes of a line that goes out as it is; mail servers take 998 (RFC 5321)."""
_UNSEEN: Final = bytes(sorted({*range(32), 127} - {9, 10, 13}))
_DROPPED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NOT_IN_HEADERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def clean(text: str) -> str:
    """Text on one line, without what is not to be seen."""
    return " ".join(_NOT_IN_HEADERS.sub(" ", text).split())


def seen(text: str) -> str:
    """Text without control characters and halves of characters, as bodies have it."""
    return _DROPPED.sub("", text)


def encoded(text: str) -> str:
    """RFC 2047: as it is where that is plain ASCII, otherwise as encoded words of whole characters."""
    if text.isascii() and "=?" not in text:
        return text
    words = [b""]
    for character in text:
        one = character.encode()
        if len(words[-1]) + len(one) > _WORD_BYTES:
            words.append(b"")
        words[-1] += one
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode('ascii')}?=" for word in words)


def mailbox(name: str, address: str) -> str:
    """An address with its owner's name, as headers have it."""
    shown = encoded(name)
    if not shown:
        return address
    if shown == name:
        shown = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{shown} <{address}>"


def ascii_domain(address: str) -> str:
    """An address whose domain is written in ASCII."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"


def octets(text: str, *, without: Iterable[bytes] = ()) -> bytes:
    """A body as UTF-8, without control characters, halves of characters, and what else is to be left out; lines end
    with CRLF."""
    held = text.encode("utf-8", "ignore")
    for unwanted in without:
        held = held.replace(unwanted, b"")
    if b"\r" in held:
        held = held.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    held = held.translate(None, _UNSEEN)
    if not held.endswith(b"\n"):
        held += b"\n"
    return held.replace(b"\n", b"\r\n")


def alternative(headers: Iterable[tuple[str, str]], text: bytes, html: bytes, boundary: str) -> bytes:
    """A message of two parts of `octets`, each as it is where that is ASCII in short lines, otherwise as base64.

    Header values must be clean and encoded.
    """
    lines = [f"{name}: {value}\r\n" for name, value in headers]
    head = "".join(lines) + (f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n')
    mark = f"--{boundary}".encode("ascii")
    return b"".join(
        (
            head.encode("ascii"),
            *(mark, b"\r\n", _part("plain", text, mark), b"\r\n"),
            *(mark, b"\r\n", _part("html", html, mark), b"\r\n"),
            *(mark, b"--\r\n"),
        )
    )


def plain(headers: Iterable[tuple[str, str]], text: bytes) -> bytes:
    """A message of nothing but text, as `octets` makes it. Header values must be clean and encoded."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers) + "MIME-Version: 1.0\r\n"
    return head.encode("ascii") + _part("plain", text)


def _part(kind: str, body: bytes, mark: bytes = b"\r\n\0") -> bytes:
    plain = body.isascii() and mark not in body and max(map(len, body.split(b"\r\n"))) <= _LONGEST
    how = "7bit" if plain else "base64"
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: {how}\r\n\r\n'.encode("ascii")
    if plain:
        return head + body
    packed = b64encode(body)
    whole, left = divmod(len(packed), _LINE)
    lines = unpack_from(f"{_LINE}s" * whole, packed)
    return head + b"\r\n".join((*lines, packed[-left:]) if left else lines) + b"\r\n"
