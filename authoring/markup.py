"""MJML: its tags checked with line and column, and compiled to HTML that is still a Jinja2 template."""

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from mjml import mjml2html

from authoring.problems import Problem, choose
from authoring.templates import Part

_INCLUDE = re.compile(r"<mj-include\b[^>]*?\bpath=\"([^\"]*)\"")
_TAG = re.compile(
    r"""<!--.*?-->|<(?!!--)[!?][^>]*>|</(?P<closes>[A-Za-z][\w:.-]*)\s*>
    |<(?P<name>[A-Za-z][\w:.-]*)(?:\s*+[^\s=<>"'/]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'))?+)*+\s*+(?P<whole>/?)>""",
    re.DOTALL | re.VERBOSE,
)
_NO_BREAK = re.compile(r"[^\n]")
_HTML_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# fmt: off
COMPONENTS = frozenset({
    "mjml", "mj-head", "mj-body", "mj-include", "mj-attributes", "mj-all", "mj-class", "mj-breakpoint",
    "mj-font", "mj-html-attributes", "mj-selector", "mj-html-attribute", "mj-preview", "mj-style", "mj-title",
    "mj-accordion", "mj-accordion-element", "mj-accordion-title", "mj-accordion-text", "mj-button", "mj-column",
    "mj-divider", "mj-group", "mj-hero", "mj-image", "mj-raw", "mj-section", "mj-social", "mj-social-element",
    "mj-spacer", "mj-table", "mj-text", "mj-wrapper"
})
# fmt: on


def check(part: Part) -> list[Problem]:
    """What is wrong with the tags of an MJML source."""
    text = Hidden().hide(part.text)
    if strays := list(_strays(part)):
        return strays
    reader = _Markup(part)
    reader.feed(text)
    reader.close()
    for tag, line, column in reader.open:
        reader.note(line, column, tag, f"<{tag}> is never closed", f"Add </{tag}>")
    # One wrong tag makes others look wrong: of those only the first is told.
    return reader.unknown or sorted(reader.problems)[:1]


def _strays(part: Part) -> Iterator[Problem]:
    """Every < that begins nothing: MJML's own parser refuses the whole file, and doesn't say where it stopped."""
    text = Hidden.BRACES.sub(lambda piece: _NO_BREAK.sub("x", piece[0]), part.text)
    at, open_ = 0, list[str]()
    while (at := text.find("<", at)) >= 0:
        if found := _TAG.match(text, at):
            at = found.end()
            if (name := found["closes"]) in open_:
                del open_[len(open_) - 1 - open_[::-1].index(name) :]
            elif found["name"] and not found["whole"] and found["name"] not in _HTML_VOID:
                open_.append(found["name"])
            continue
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        code, field = "invalid", f"<{open_[-1]}>" if open_ else "html"
        if text.startswith("<!--", at):
            message, mend = "a comment that is never closed", "Add -->"
        elif found := re.match(r"</?([A-Za-z][\w-]*)", text[at:]):
            message, mend = (
                f"<{found[1]} … is not closed, or a value in it stands without quotes",
                'Write name="value" and >, or &lt; where the sign itself is meant',
            )
            field = f"<{found[1]}>"
        else:
            message, mend, code = (
                "a < that begins no element",
                "Write &lt; where the sign itself is meant",
                "bare-less-than",
            )
        yield Problem(part.file, line, column, field, message, mend, code)
        if text.startswith("<!--", at):
            return
        at += 1


def includes(text: str) -> list[tuple[int, str]]:
    """The parts a source includes, with the line of each."""
    return [(text[: match.start()].count("\n") + 1, match[1]) for match in _INCLUDE.finditer(text)]


def to_html(source: str, parts: dict[str, str], *, preheader: str, language: str) -> str:
    """Complete HTML (still a Jinja2 template) of an MJML source. Raises ValueError.

    The preheader becomes the hidden first line that inboxes show after the subject.
    """
    hidden = Hidden()
    source = hidden.hide(source)
    if preheader:
        preview = f"<mj-preview>{html.escape(hidden.hide(preheader), quote=False)}</mj-preview>"
        if "<mj-head>" in source:
            source = source.replace("<mj-head>", "<mj-head>" + preview, 1)
        else:
            source = re.sub(r"<mjml\b[^>]*>", lambda tag: f"{tag[0]}<mj-head>{preview}</mj-head>", source, count=1)
    if not re.search(r"<mjml\b[^>]*\blang=", source):
        source = source.replace("<mjml", f'<mjml lang="{html.escape(language)}"', 1)
    made = mjml2html(source, disable_comments=True, fonts={}, include_loader=lambda path: hidden.hide(parts[path]))
    return hidden.show(str(made))


class Hidden:
    """Jinja2's braces out of MJML's sight: what stands between them is no markup, whatever signs it holds."""

    BRACES = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
    _MARK = re.compile(r"jinja-piece-(\d+)-")

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def hide(self, text: str) -> str:
        """The text with a mark for each piece; its lines stay where they are."""
        return self.BRACES.sub(self._marked, text)

    def show(self, text: str) -> str:
        """The text with its pieces again."""
        return self._MARK.sub(lambda mark: self._pieces[int(mark[1])], text)

    def is_statement(self, piece: int) -> bool:
        """Whether a piece is a statement, which says nothing itself."""
        return not self._pieces[piece].startswith("{{")

    def _marked(self, found: re.Match[str]) -> str:
        self._pieces.append(found[0])
        return f"jinja-piece-{len(self._pieces) - 1}-" + "\n" * found[0].count("\n")


class _Markup(HTMLParser):
    """Follows opening and closing tags; MJML's own parser does not say where it stopped."""

    def __init__(self, part: Part) -> None:
        super().__init__(convert_charrefs=True)
        self._part = part
        self.open: list[tuple[str, int, int]] = []
        self.problems: list[Problem] = []
        self.unknown: list[Problem] = []

    def note(self, line: int, column: int, tag: str, message: str, mend: str) -> None:
        self.problems.append(self._problem(line, column, tag, message, mend))

    def _problem(self, line: int, column: int, tag: str, message: str, mend: str) -> Problem:
        return Problem(self._part.file, line, column, f"<{tag}>", message, mend)

    def _here(self) -> tuple[int, int]:
        line, column = self.getpos()
        return line, column + 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._known(tag)
        if tag not in _HTML_VOID:
            self.open.append((tag, *self._here()))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._known(tag)

    def handle_endtag(self, tag: str) -> None:
        line, column = self._here()
        if tag in _HTML_VOID:
            return
        if self.open and self.open[-1][0] == tag:
            self.open.pop()
        elif any(tag == name for name, _, _ in self.open):
            inner, at, _ = self.open[-1]
            self.note(
                line, column, tag, f"</{tag}> closes while <{inner}> of line {at} is open", f"Add </{inner}> before it"
            )
            while self.open.pop()[0] != tag:
                pass
        else:
            self.note(line, column, tag, f"</{tag}> closes what was never opened", "Remove it, or open it first")

    def _known(self, tag: str) -> None:
        if tag.startswith("mj-") and tag not in COMPONENTS:
            mend = choose(tag, COMPONENTS, none="")
            self.unknown.append(self._problem(*self._here(), tag, f"unknown MJML element <{tag}>", mend))
