"""Texts of pages: a little of Markdown, and values in it, which are never markup. Pure.

What the author wrote is formatted before a value stands in it: no name, answer or address that somebody typed can
become a heading, a link or an element.
"""

import html
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from jinja2 import Template
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from functions.core.filters import FILTERS
from functions.core.known import FAILURES, Missing, Sandbox, Unrenderable

PAGE: Final = "page:"
"""Begins the address of a link to another landing page."""

PIECE: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_MARK = re.compile("\ue002(\\d+)\ue003")
_LINK = re.compile(r"\[([^\[\]\n]+)\]\(((?:https?://|mailto:|tel:|page:)[^\s()<>\"{}\\\ue002]+)\)")
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_EMPHASIS = re.compile(r"\*(?=\S)(.+?)(?<=\S)\*")


def links(source: str) -> list[str]:
    """The addresses that the links of a formatted text lead to, as they are written."""
    return [found[2] for found in _LINK.finditer(PIECE.sub("\ue002", source))]


@lru_cache(maxsize=512)
def formatted(source: str, page_at: str = "") -> str:
    """A formatted text as a template of HTML: paragraphs, lists, headings, emphasis and links. `page_at` stands before
    the id of another page."""
    pieces: list[str] = []

    def hide(found: re.Match[str]) -> str:
        pieces.append(found[0])
        return f"\ue002{len(pieces) - 1}\ue003"

    hidden = PIECE.sub(hide, _MARK.sub("", source))
    blocks = [_block(part.strip().splitlines(), page_at) for part in re.split(r"\n\s*\n", hidden) if part.strip()]
    return _MARK.sub(lambda mark: pieces[int(mark[1])], "\n".join(blocks))


def _block(lines: list[str], page_at: str) -> str:
    made: list[str] = []
    open_ = ""
    for line in (one.strip() for one in lines):
        kind = "ul" if line.startswith("- ") else "" if line.startswith("## ") else "p"
        if open_ and kind != open_:
            made.append(f"</{open_}>")
            open_ = ""
        if kind and not open_:
            made.append(f"<{kind}>")
            open_ = kind
        elif kind == "p":
            made.append("<br>")
        said = _inline(line.removeprefix("- ") if kind == "ul" else line.removeprefix("## "), page_at)
        made.append(f"<li>{said}</li>" if kind == "ul" else said if kind else f"<h2>{said}</h2>")
    return "".join([*made, f"</{open_}>" if open_ else ""])


def _inline(line: str, page_at: str) -> str:
    """Emphasis and links of one line; whatever else stands in it is text."""
    said, end = "", 0
    for found in _LINK.finditer(line):
        to = found[2]
        to = page_at + to.removeprefix(PAGE) if to.startswith(PAGE) else to
        said += _emphasis(line[end : found.start()])
        said += f'<a href="{html.escape(to)}">{_emphasis(found[1])}</a>'
        end = found.end()
    return said + _emphasis(line[end:])


def _emphasis(text: str) -> str:
    safe = html.escape(text, quote=False).replace("{", "&#123;")
    return _EMPHASIS.sub(r"<em>\1</em>", _STRONG.sub(r"<strong>\1</strong>", safe))


@lru_cache(maxsize=1)
def _environment() -> SandboxedEnvironment:
    made = Sandbox(undefined=Missing, autoescape=True, keep_trailing_newline=True, cache_size=0)
    made.filters.update(FILTERS)
    made.globals.clear()
    return made


@lru_cache(maxsize=512)
def _compiled(source: str) -> Template:
    return _environment().from_string(source)


def said(source: str, values: Mapping[str, Any]) -> Markup:
    """A text with its values in it, escaped. Raises Unrenderable."""
    if "{" not in source:
        return Markup.escape(source)
    # Between its values a text is no HTML, and no template.
    plain = (html.escape(part, quote=False).replace("{", "&#123;") for part in PIECE.split(source))
    parts = zip(plain, [*PIECE.findall(source), ""], strict=True)
    return _filled("".join(part + piece for part, piece in parts), values)


def rich(source: str, values: Mapping[str, Any], page_at: str = "") -> Markup:
    """A formatted text with its values in it, as HTML. Raises Unrenderable."""
    return _filled(formatted(source, page_at), values)


def _filled(template: str, values: Mapping[str, Any]) -> Markup:
    try:
        return Markup(_compiled(template).render(values))
    except Unrenderable:
        raise
    except FAILURES as error:
        raise Unrenderable("template-error", type(error).__name__) from error
