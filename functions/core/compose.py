"""A message as mail: templates rendered, links signed, MIME built. Pure.

Only links whose scheme and host stand in the template (or in the release) are rewritten to
signed redirects. A link that a contact brought along in a trait never is: else anybody
could sign up with a URL for a name and be mailed a redirect from our domain to theirs.
"""

import html
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import EmailPolicy
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from functions.core.contact import Contact
from functions.core.message import Message
from functions.core.release import Release
from functions.core.sending import Topic

_POLICY: Final = EmailPolicy(linesep="\r\n", cte_type="7bit", refold_source="none")
_WORD_BYTES: Final = 39
"""Bytes of an encoded word, so that its header's name fits on the line as well."""

_OPEN, _CLOSE = "\ue000", "\ue001"
"""Private characters that fence what came from an expression while links are looked for."""

_FENCES = re.compile(f"[{_OPEN}{_CLOSE}]")
_OWN_HOST = re.compile(rf"https?://[^/?#\s\\@{_OPEN}{_CLOSE}]+(?:[/?#]|$)", re.IGNORECASE)
_LINK_TAG = re.compile(r"""<(?:a|area|v:roundrect)\s(?:[^>"']|"[^"]*"|'[^']*')*+>""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s=<>"'/]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_TEXT_URL = re.compile(r"""https?://[^\s<>"']+""", re.IGNORECASE)
_NOT_IN_HEADERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_NOT_IN_BODIES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)


class Unrenderable(Exception):
    """The template can't be rendered for this contact. `reason` is a code of policy.REASONS."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Urls:
    """The addresses that one message's links lead to. `click` signs a redirect to a URL.

    `confirm` is there in a mail that asks for confirmation only. `preferences` is "" where a message
    goes to no person.
    """

    click: Callable[[str], str]
    open: str
    unsubscribe: str
    confirm: str | None = None
    preferences: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is handed to the provider: envelope addresses and raw MIME."""

    sender: str
    recipient: str
    raw: bytes


class _Trusted(str):
    """Text that the release wrote: its links may be signed."""

    __slots__ = ()


class _Values:
    """What stands behind a name in a template: nothing but the values."""

    __slots__ = ("_name", "_values")

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self._name = name
        self._values = values

    def __getitem__(self, key: str) -> Any:
        return self._values[key]


class _Missing(StrictUndefined):
    """An undefined value that says its full name when it is used."""

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = None, name: str | None = None, exc: Any = None) -> None:
        owner = f"{obj._name}." if isinstance(obj, _Values) else ""
        super().__init__(hint, obj, name)
        self._undefined_exception = lambda _: Unrenderable("missing-variable", f"{owner}{name}")  # type: ignore[assignment]


def compose(message: Message, contact: Contact, topic: Topic, recipient: str, release: Release, urls: Urls) -> Letter:
    """The letter of a message to `recipient`. Raises Unrenderable."""
    template = release.emails[message.template]
    values = _variables(contact, topic, release, urls)
    subject = _header(_FENCES.sub("", _rendered(template.subject, False, values)))
    plain = _sign_text(_rendered(template.text, False, values), urls)
    rich = _with_pixel(_sign_html(_rendered(template.html, True, values), urls), urls.open)
    mail = EmailMessage(policy=_POLICY)
    sender = _ascii_domain(release.sending.sender.email)
    # Raw, because the standard library's folding drops spaces from long names and subjects
    # beyond ASCII, and turns a long URL into encoded words, which nobody reads as a URL.
    mail.set_raw("From", _mailbox(_header(release.sending.sender.name), sender))
    mail.set_raw("To", _mailbox(_person(contact), recipient))
    if release.sending.reply_to:
        mail.set_raw("Reply-To", _ascii_domain(release.sending.reply_to))
    mail.set_raw("Subject", _encoded(subject))
    if not topic.transactional:
        mail.set_raw("List-Unsubscribe", f"<{urls.unsubscribe}>")
        mail.set_raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    mail.set_content(plain)
    mail.add_alternative(rich, subtype="html")
    mail.set_boundary(f"=_{message.id}")
    return Letter(sender, recipient, mail.as_bytes())


def plain_text(source: str, contact: Contact, topic: Topic, release: Release, urls: Urls) -> str:
    """A source rendered as plain text, its links as they are written. Raises Unrenderable."""
    return _FENCES.sub("", _rendered(source, False, _variables(contact, topic, release, urls)))


def _variables(contact: Contact, topic: Topic, release: Release, urls: Urls) -> dict[str, Any]:
    business = release.sending.business
    traits = {name: _bare(value) for name, (_, value) in contact.profile.traits.items() if value is not None}
    return {
        "contact": _Values("contact", traits),
        "business": _Values(
            "business",
            {name: _Trusted(getattr(business, name)) for name in ("name", "address", "site")},
        ),
        "topic": _Values("topic", {"title": _Trusted(topic.title)}),
        "unsubscribe_url": _Trusted(urls.unsubscribe),
        **({"preferences_url": _Trusted(urls.preferences)} if urls.preferences else {}),
        **({"confirm_url": _Trusted(urls.confirm)} if urls.confirm else {}),
    }


def _bare(value: Any) -> Any:
    """A trait without the private characters: nobody closes our fences from inside."""
    match value:
        case str():
            return _FENCES.sub("", value)
        case Mapping():
            return {key: _bare(part) for key, part in value.items()}
        case list() | tuple():
            return [_bare(part) for part in value]
        case _:
            return value


def _fenced(value: Any) -> Any:
    if isinstance(value, _Trusted | _Missing):
        return value
    if isinstance(value, Markup):
        return Markup(_OPEN) + Markup(_FENCES.sub("", value)) + Markup(_CLOSE)
    return f"{_OPEN}{_FENCES.sub('', str(value))}{_CLOSE}"


@lru_cache(maxsize=2)
def _environment(autoescape: bool) -> SandboxedEnvironment:
    return SandboxedEnvironment(
        undefined=_Missing, autoescape=autoescape, finalize=_fenced, keep_trailing_newline=True, cache_size=0
    )


@lru_cache(maxsize=256)
def _compiled(source: str, autoescape: bool) -> Template:
    return _environment(autoescape).from_string(source)


def _rendered(source: str, autoescape: bool, values: Mapping[str, Any]) -> str:
    try:
        return _NOT_IN_BODIES.sub("", _compiled(source, autoescape).render(values))
    except Unrenderable:
        raise
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unrenderable("template-error", type(error).__name__) from error


def _sign_html(text: str, urls: Urls) -> str:
    def in_tag(tag: re.Match[str]) -> str:
        def in_attribute(found: re.Match[str]) -> str:
            value = next((group for group in found.groups()[2:] if group is not None), "")
            url = re.sub(r"[\t\r\n]", "", html.unescape(value)).strip()
            if found[1].lower() != "href" or _fenced_off(text, tag.start() + found.start()) or not _ours(url, urls):
                return found[0]
            return f'{found[1]}{found[2]}"{html.escape(_signed(url, urls))}"'

        return _ATTRIBUTE.sub(in_attribute, tag[0])

    return _FENCES.sub("", _LINK_TAG.sub(in_tag, text))


def _sign_text(text: str, urls: Urls) -> str:
    def in_line(found: re.Match[str]) -> str:
        url = found[0].rstrip(".,;:!?")
        while url.endswith(")") and url.count(")") > url.count("("):
            url = url[:-1].rstrip(".,;:!?")
        if _fenced_off(text, found.start()) or not _ours(url, urls):
            return found[0]
        return _signed(url, urls) + found[0][len(url) :]

    return _FENCES.sub("", _TEXT_URL.sub(in_line, text))


def _fenced_off(text: str, position: int) -> bool:
    return text.rfind(_OPEN, 0, position) > text.rfind(_CLOSE, 0, position)


def _ours(url: str, urls: Urls) -> bool:
    return bool(_OWN_HOST.match(url)) and url not in (urls.unsubscribe, urls.preferences, urls.confirm)


def _signed(url: str, urls: Urls) -> str:
    return urls.click(quote(_FENCES.sub("", url), safe="!#$%&'()*+,/:;=?@[]~"))


def _with_pixel(text: str, address: str) -> str:
    image = f'<img src="{html.escape(address)}" width="1" height="1" alt="" style="display:block;border:0">'
    ends = list(_BODY_END.finditer(text))
    at = ends[-1].start() if ends else len(text)
    return text[:at] + image + text[at:]


def _ascii_domain(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _person(contact: Contact) -> str:
    parts = [contact.profile.trait("name")]
    if not isinstance(parts[0], str):
        parts = [contact.profile.trait("first_name"), contact.profile.trait("last_name")]
    return _header(" ".join(part for part in parts if isinstance(part, str)))[:80].strip()


def _header(text: str) -> str:
    return " ".join(_NOT_IN_HEADERS.sub(" ", text).split())


def _encoded(text: str) -> str:
    """RFC 2047: as it is where that is plain ASCII, otherwise as encoded words of whole characters."""
    if text.isascii() and "=?" not in text:
        return text
    words = [b""]
    for character in text:
        encoded = character.encode()
        if len(words[-1]) + len(encoded) > _WORD_BYTES:
            words.append(b"")
        words[-1] += encoded
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode('ascii')}?=" for word in words)


def _mailbox(name: str, address: str) -> str:
    shown = _encoded(name)
    if not shown:
        return address
    if shown == name:
        shown = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{shown} <{address}>"
