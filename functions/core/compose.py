"""A message as mail: its template rendered in the contact's language, links signed, MIME built. Pure.

The same code makes what is sent and what is previewed. See functions.core.links for which links are signed.
"""

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, Final

from jinja2 import Template, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from functions.core import links, mime
from functions.core.called import Asset, Page, Rate, callables
from functions.core.contact import Contact
from functions.core.emails import Block, Email, Version, defaults
from functions.core.filters import FILTERS, WRITER, Plain, Writer
from functions.core.known import FAILURES, Held, Missing, Sandbox, Traits, Trusted, Values, holds
from functions.core.known import Unrenderable as Unrenderable
from functions.core.languages import language_of_contact
from functions.core.message import Message
from functions.core.products import Product
from functions.core.release import Release
from functions.core.sending import Topic

_AS_IS: Final = ("unsubscribe", "preferences", "confirm")


@dataclass(frozen=True, slots=True)
class Urls:
    """The addresses that one message's links lead to. `click` signs a redirect to a URL.

    `confirm` is there in a mail that asks for confirmation only. Without `open` ("") no opening is noticed. `asset`
    makes the link to a file, `rate` that to an answer of a survey, `page` that to a personal page; None where there
    are none.
    """

    click: Callable[[str], str]
    open: str
    unsubscribe: str
    confirm: str | None = None
    preferences: str = ""
    asset: Asset | None = None
    rate: Rate | None = None
    page: Page | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """What is handed to the provider: envelope addresses and raw MIME."""

    sender: str
    recipient: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody reads, and in which language."""

    language: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When and where a message is rendered: `now` (ms) judges blocks, `zone` tells the contact's, `writer` makes what
    writes numbers and dates in a language and a zone, and `language` is asked for in place of the contact's."""

    now: int = 0
    zone: Callable[[], str] = str
    writer: Callable[[str, str], Writer] = lambda language, zone: Plain()
    language: str = ""


class _Blocks:
    """Whether the contact gets each block, worked out when the template asks."""

    __slots__ = ("_blocks", "_contact", "_held", "_name", "_now", "_release")

    def __init__(self, blocks: Mapping[str, Block], contact: Contact, release: Release, now: int) -> None:
        self._name = "block"
        self._blocks = blocks
        self._contact = contact
        self._release = release
        self._now = now
        self._held: dict[str, bool] = {}

    def __getitem__(self, key: str) -> bool:
        from functions.core.evaluate import Seen, evaluate

        # The plain part asks for what the other one asks for.
        if key not in self._held:
            seen = Seen(self._contact, self._release)
            self._held[key] = evaluate(self._blocks[key].when, seen, self._now).holds
        return self._held[key]


def compose(
    message: Message,
    contact: Contact,
    topic: Topic,
    recipient: str,
    release: Release,
    urls: Urls,
    when: Circumstances = Circumstances(),
    *,
    mark: str = "",
) -> Letter:
    """The letter of a message to `recipient`; `mark` stands before its subject. Raises Unrenderable."""
    words = _fenced_words(message.template, contact, topic, release, urls, when)
    sender = mime.ascii_domain(release.sending.sender.email)
    # Written by hand, because the standard library's folding drops spaces from long names and subjects
    # beyond ASCII, and turns a long URL into encoded words, which nobody reads as a URL.
    headers = [
        ("From", mime.mailbox(mime.clean(release.sending.sender.name), sender)),
        ("To", mime.mailbox(_person(contact), recipient)),
    ]
    if release.sending.reply_to:
        headers.append(("Reply-To", mime.ascii_domain(release.sending.reply_to)))
    headers.append(("Subject", mime.encoded(f"{mark} {words.subject}" if mark else words.subject)))
    if not topic.transactional:
        headers.append(("List-Unsubscribe", f"<{urls.unsubscribe}>"))
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    text, rich = (mime.octets(part, without=links.FENCES) for part in (words.text, words.html))
    raw = mime.alternative(headers, text, rich, f"=_{message.id}")
    return Letter(sender, recipient, raw)


def render(
    template: str, contact: Contact, topic: Topic, release: Release, urls: Urls, when: Circumstances = Circumstances()
) -> Words:
    """What the contact reads of a template. Raises Unrenderable."""
    words = _fenced_words(template, contact, topic, release, urls, when)
    return replace(words, text=links.unfenced(words.text), html=links.unfenced(words.html))


def _fenced_words(
    template: str, contact: Contact, topic: Topic, release: Release, urls: Urls, when: Circumstances
) -> Words:
    """The same with fences in the bodies: whoever makes bytes of them takes those out of the bytes, in less time."""
    email = release.emails[template]
    offered = email.offered(release.sending.business.language)
    language = when.language or language_of_contact(contact, release.sending.business.language, offered)
    version = email.version(language)
    values = _values(email, version, language, contact, topic, release, urls, when)
    subject = mime.clean(mime.seen(links.unfenced(_rendered(version.subject, False, values))))
    text = links.sign_text(_rendered(version.text, False, values), values[links.SIGNER])
    return Words(language, subject, text, _rich(version.html, values))


def plain_text(
    source: str,
    contact: Contact,
    topic: Topic,
    release: Release,
    urls: Urls,
    when: Circumstances = Circumstances(),
) -> str:
    """A source of another channel as plain text, in `when`'s language, its links as they are written.

    Raises Unrenderable.
    """
    language = when.language or release.sending.business.language
    values = _values(_BARE, _BARE, language, contact, topic, release, urls, when)
    return links.unfenced(_rendered(source, False, values))


_BARE: Final = Email(subject="-", html="", text="")


def _rich(source: str, values: dict[str, Any]) -> str:
    if _prepared(source) is not None:
        return _filled(_prepared, source, values)
    signed = links.sign_html(_rendered(source, True, values), values[links.SIGNER])
    return links.with_pixel(signed, values[links.PIXEL])


def _values(
    email: Email,
    version: Version,
    language: str,
    contact: Contact,
    topic: Topic,
    release: Release,
    urls: Urls,
    when: Circumstances,
) -> dict[str, Any]:
    business = release.sending.business
    traits = Traits(Held(contact.profile.traits), defaults(email, version))
    for path, variable in email.variables.items():
        if variable.required and not holds(traits, path):
            raise Unrenderable("missing-variable", f"contact.{path}")
    as_is = {f"{name}_url": Trusted(url) for name in _AS_IS if (url := getattr(urls, name))}
    image = f'<img src="{html.escape(urls.open)}" width="1" height="1" alt="" style="display:block;border:0">'
    return {
        **_globals(),
        "contact": traits,
        "business": Values("business", {name: Trusted(getattr(business, name)) for name in _OF_BUSINESS}),
        "topic": Values("topic", {"title": Trusted(topic.titled(language)), "transactional": topic.transactional}),
        "block": _Blocks(email.blocks, contact, release, when.now),
        "products": shown(release.products, language),
        **as_is,
        **callables(urls.asset, urls.rate, urls.page, release),
        links.SIGNER: _signer(urls),
        links.PIXEL: Markup(image if urls.open else ""),
        WRITER: _lazily(when, language, business.time_zone),
    }


_OF_BUSINESS: Final = ("name", "address", "site")


def shown(products: Sequence[Product], language: str) -> list[Values]:
    """Products as templates see them, in a language."""
    return [
        Values(
            "product",
            {
                "id": Trusted(one.id),
                "title": Trusted(one.titles.get(language, one.title)),
                "price": one.price,
                "url": Trusted(one.url),
                "image": Trusted(one.image),
                "tags": one.tags,
            },
        )
        for one in products
    ]


class _lazily:
    """A writer that is made when a template first asks for it."""

    __slots__ = ("_made", "_when", "_zone", "language")

    def __init__(self, when: Circumstances, language: str, zone: str) -> None:
        self.language = language
        self._when = when
        self._zone = zone
        self._made: Writer | None = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            self._made = self._when.writer(self.language, self._when.zone() or self._zone)
        return getattr(self._made, name)


def _signer(urls: Urls) -> links.Sign:
    """Signs each address once, however often it stands in a letter."""
    own = {getattr(urls, name) for name in _AS_IS}
    signed: dict[str, str] = {}

    def sign(url: str) -> str | None:
        if url in own:
            return None
        if url not in signed:
            signed[url] = urls.click(url)
        return signed[url]

    return sign


def _fenced(value: Any) -> Any:
    return value if isinstance(value, Trusted | Missing) else links.fenced(value)


@lru_cache(maxsize=2)
def _environment(autoescape: bool) -> SandboxedEnvironment:
    made = Sandbox(undefined=Missing, autoescape=autoescape, finalize=_fenced, keep_trailing_newline=True, cache_size=0)
    made.filters.update(FILTERS)
    made.filters[links.SIGN] = links.sign_link
    return made


@cache
def _globals() -> dict[str, Any]:
    return dict(_environment(True).globals)


@lru_cache(maxsize=512)
def _compiled(source: str, autoescape: bool) -> Template:
    return _environment(autoescape).from_string(source)


@lru_cache(maxsize=512)
def _prepared(source: str) -> Template | None:
    """The template whose links are signed as it is rendered, None where that can't be."""
    try:
        return _environment(True).from_string(links.prepared(source))
    except TemplateSyntaxError:
        return None


def _rendered(source: str, autoescape: bool, values: dict[str, Any]) -> str:
    return _filled(lambda source: _compiled(source, autoescape), source, values)


def _filled(compiled: Callable[[str], Template | None], source: str, values: dict[str, Any]) -> str:
    try:
        template = compiled(source)
        assert template is not None
        # As `render` does it, which would copy the values, and what is global, for each of a letter's templates.
        return "".join(template.root_render_func(template.new_context(values, shared=True)))
    except Unrenderable:
        raise
    except FAILURES as error:
        raise Unrenderable("template-error", type(error).__name__) from error


def _person(contact: Contact) -> str:
    parts = [contact.profile.trait("name")]
    if not isinstance(parts[0], str):
        parts = [contact.profile.trait("first_name"), contact.profile.trait("last_name")]
    return mime.clean(" ".join(part for part in parts if isinstance(part, str)))[:80].strip()
