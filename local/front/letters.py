"""A sent message as a person reads it: headers, text, HTML, links."""

import email
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from email.policy import default as POLICY
from html.parser import HTMLParser
from typing import Any

from local.feedback import Sent


@dataclass(frozen=True, slots=True)
class Link:
    """What to click, and where it leads."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Letter:
    """`at` in epoch milliseconds by the stack's clock; `id` is SES's, `message` the ledger's."""

    id: str
    message: str
    at: int
    sender: str
    to: str
    subject: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    links: tuple[Link, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def read(sent: Sent) -> Letter:
    parsed = email.message_from_bytes(sent.raw.encode("utf-8", "surrogateescape"), policy=POLICY)
    html = _part(parsed, "html")
    return Letter(
        id=sent.message_id.partition("@")[0],
        message=sent.tags.get("message", ""),
        at=sent.at,
        sender=str(parsed.get("From", sent.source)),
        to=", ".join(sent.to),
        subject=str(parsed.get("Subject", "")),
        headers=sent.headers,
        text=_part(parsed, "plain"),
        html=html,
        links=tuple(links(html)),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def links(html: str) -> list[Link]:
    """The anchors of a page, in order, each target once."""
    finder = _Anchors()
    finder.feed(html)
    first = {url: text for text, url in reversed(finder.found)}
    return [Link(first[url], url) for url in dict.fromkeys(url for _, url in finder.found)]


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._target: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._target, self._text = dict(attrs).get("href"), ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._target:
            self.found.append((" ".join(self._text.split()), self._target))
            self._target = None
