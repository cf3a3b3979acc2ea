"""Where in a template its links stand, found once and signed for each message. Pure.

Only links whose scheme and host stand in the template (or in the release) are rewritten to
signed redirects. A link that a contact brought along in a trait never is: else anybody
could sign up with a URL for a name and be mailed a redirect from our domain to theirs.

An HTML template is prepared: the value of each `href` that may lead to a web page is put through
the filter `SIGN`, and the open pixel's place is marked. The plain part is short, and searched as it
is rendered. Either way what came from an expression is fenced while a link is judged.
"""

import html
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from jinja2 import TemplateSyntaxError, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from functions.core.known import CLOSE, OPEN

Sign = Callable[[str], str | None]
"""The signed address of a link, None for one that is to stay as it is."""

SIGN: Final = "_link"
"""Name of the filter that links go through."""
SIGNER: Final = "_signer"
PIXEL: Final = "_pixel"
"""What the signer, and the open pixel's image, are called where templates are rendered."""

FENCES: Final = (OPEN.encode(), CLOSE.encode())
"""Them, as bytes."""
_FENCES = re.compile(f"[{OPEN}{CLOSE}]")
_PIECE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_MARK = re.compile("\ue002(\\d+)\ue003")
_OWN_HOST = re.compile(rf"https?://[^/?#\s\\@{OPEN}{CLOSE}]+(?:[/?#]|$)", re.IGNORECASE)
_LINK_TAG = re.compile(r"""<(?:a|area|v:roundrect)\s(?:[^>"']|"[^"]*"|'[^']*')*+>""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s=<>"'/]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_TEXT_URL = re.compile(r"""https?://[^\s<>"']+""", re.IGNORECASE)
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_OURS_ALREADY = re.compile(r"\s*\{\{-?\s*(?:unsubscribe_url|preferences_url|confirm_url)\s*-?\}\}\s*")


def prepared(source: str) -> str:
    """An HTML template whose links are signed as it is rendered. Raises TemplateSyntaxError for what is so odd that
    a link's end can't be told: a statement inside its address, or raw text."""
    pieces: list[str] = []

    def hide(found: re.Match[str]) -> str:
        pieces.append(found[0])
        return f"\ue002{len(pieces) - 1}\ue003"

    def show(text: str) -> str:
        return _MARK.sub(lambda mark: pieces[int(mark[1])], text)

    def in_attribute(found: re.Match[str]) -> str:
        value = next((group for group in found.groups()[2:] if group is not None), "")
        if found[1].lower() != "href" or not _may_lead_out(value) or _OURS_ALREADY.fullmatch(show(value)):
            return found[0]
        if "{%" in show(value):
            raise TemplateSyntaxError("a statement inside a link", 1)
        return f'{found[1]}{found[2]}"{{% filter {SIGN} %}}{value}{{% endfilter %}}"'

    hidden = _PIECE.sub(hide, _MARK.sub("", source))
    if any(re.match(r"\{%[-+]?\s*raw\b", piece) for piece in pieces):
        raise TemplateSyntaxError("raw text", 1)
    signed = _LINK_TAG.sub(lambda tag: _ATTRIBUTE.sub(in_attribute, tag[0]), hidden)
    ends = list(_BODY_END.finditer(signed))
    at = ends[-1].start() if ends else len(signed)
    return show(f"{signed[:at]}{{{{ {PIXEL} }}}}{signed[at:]}")


def _may_lead_out(value: str) -> bool:
    """Whether an address, its expressions hidden, may turn out to be a web page's."""
    return "\ue002" in value or bool(_OWN_HOST.match(_plain(value)))


@pass_context
def sign_link(context: Context, value: str) -> Markup:
    """The filter `SIGN`: the value of an href, between double quotes."""
    signed = _signed(_plain(value), context[SIGNER])
    return Markup(_FENCES.sub("", value).replace('"', "&#34;") if signed is None else html.escape(signed))


def sign_html(text: str, sign: Sign) -> str:
    """HTML as rendered, with its links signed: for the few templates that can't be prepared."""

    def in_tag(tag: re.Match[str]) -> str:
        def in_attribute(found: re.Match[str]) -> str:
            value = next((group for group in found.groups()[2:] if group is not None), "")
            if found[1].lower() != "href" or _fenced_off(text, tag.start() + found.start()):
                return found[0]
            signed = _signed(_plain(value), sign)
            return found[0] if signed is None else f'{found[1]}{found[2]}"{html.escape(signed)}"'

        return _ATTRIBUTE.sub(in_attribute, tag[0])

    return _LINK_TAG.sub(in_tag, text)


def sign_text(text: str, sign: Sign) -> str:
    """Plain text as rendered, with its links signed; each ends where a reader would end it."""

    def in_line(found: re.Match[str]) -> str:
        url = found[0].rstrip(".,;:!?")
        while url.endswith(")") and url.count(")") > url.count("("):
            url = url[:-1].rstrip(".,;:!?")
        signed = None if _fenced_off(text, found.start()) else _signed(url, sign)
        return found[0] if signed is None else signed + found[0][len(url) :]

    return _TEXT_URL.sub(in_line, text)


def unfenced(text: str) -> str:
    """Text without the fences."""
    return text.replace(OPEN, "").replace(CLOSE, "")


def fenced(value: Any) -> Any:
    """A value between fences, which its text can't close."""
    if isinstance(value, Markup):
        return Markup(OPEN) + Markup(_FENCES.sub("", value)) + Markup(CLOSE)
    return f"{OPEN}{_FENCES.sub('', str(value))}{CLOSE}"


def with_pixel(text: str, image: str) -> str:
    """HTML as rendered with an image at the end of its body."""
    ends = list(_BODY_END.finditer(text))
    at = ends[-1].start() if ends else len(text)
    return text[:at] + image + text[at:]


def _plain(value: str) -> str:
    return re.sub(r"[\t\r\n]", "", html.unescape(value)).strip()


def _fenced_off(text: str, position: int) -> bool:
    return text.rfind(OPEN, 0, position) > text.rfind(CLOSE, 0, position)


def _signed(url: str, sign: Sign) -> str | None:
    if not _OWN_HOST.match(url):
        return None
    return sign(quote(_FENCES.sub("", url), safe="!#$%&'()*+,/:;=?@[]~"))
