"""The plain part of an e-mail for which none was written, from its compiled HTML. Both are Jinja2 templates."""

import re
from html.parser import HTMLParser

from authoring.markup import Hidden

_SKIPPED = {"head", "style", "script", "title", "noscript"}
_BREAKING = {"p", "div", "section", "table", "tr", "td", "th", "ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_SPACE = re.compile(r"[ \t\r\n]+")
_STATEMENT = re.compile(r"jinja-piece-(\d+)-\n*")


def plain(source: str) -> str:
    """What the HTML says: paragraphs apart, links after their words, lists with marks, pictures by what they say."""
    hidden = Hidden()
    reader = _Reader(hidden)
    reader.feed(_visible(hidden.hide(source)))
    reader.close()
    return hidden.show(reader.text())


def _visible(text: str) -> str:
    """Without comments, but with the statements that stand in them: what is for Outlook alone is not read."""
    return re.sub(
        r"<!--.*?-->", lambda found: "".join(one[0] for one in _STATEMENT.finditer(found[0])), text, flags=re.DOTALL
    )


class _Reader(HTMLParser):
    """Collects lines. What is owed (`_gap` line ends) is written before the next words, so that blank lines don't
    gather; a statement takes what is owed before it, and the words behind it stand where it stood."""

    def __init__(self, hidden: Hidden) -> None:
        super().__init__(convert_charrefs=True)
        self._hidden = hidden
        self._out: list[str] = []
        self._gap = 0
        self._skipped = 0
        self._lists: list[int | None] = []
        self._links: list[tuple[str, int]] = []
        self._tables: list[bool] = []
        self._cells = 0
        self._pending = ""
        self._alone = False
        self._carried = 0
        self._depth: list[str] = []

    def text(self) -> str:
        self._owe(1)
        self._settle()
        return "".join(self._out).strip() + "\n"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("br", "img", "hr", "meta", "link", "input", "col", "area", "wbr", "base", "source"):
            self._single(tag, given)
            return
        hides = (
            tag in _SKIPPED
            or "band" in given.get("class", "").split()
            or re.search(r"display:\s*none", given.get("style", "")) is not None
        )
        self._depth.append(tag)
        if self._skipped or hides:
            self._skipped += 1
            return
        if tag == "a":
            self._pay()
            self._links.append((given.get("href", "").strip(), len(self._out)))
        elif tag in ("ul", "ol"):
            self._owe(2 if not self._lists else 1)
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._item()
        elif tag == "table":
            self._tables.append(given.get("role") != "presentation")
            self._owe(2)
        elif tag == "tr" and self._is_data():
            self._owe(1)
            self._cells = 0
        elif tag in ("td", "th") and self._is_data():
            if self._cells:
                self._settle()
                self._out.append(" | ")
            self._cells += 1
        elif tag in _BREAKING | _HEADINGS and not (self._lists and tag in ("div", "p")):
            self._owe(2)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._depth:
            return
        while self._depth:
            closed = self._depth.pop()
            self._close(closed)
            if closed == tag:
                break

    def _close(self, tag: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        if tag == "a" and self._links:
            self._link(*self._links.pop())
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
            self._owe(2 if not self._lists else 1)
        elif tag == "li":
            self._owe(1)
        elif tag == "table" and self._tables:
            self._tables.pop()
            self._owe(2)
        elif tag in ("td", "th", "tr") and self._is_data():
            if tag == "tr":
                self._owe(1)
        elif tag in _BREAKING | _HEADINGS and not (self._lists and tag in ("div", "p")):
            self._owe(2)

    def handle_data(self, data: str) -> None:
        if self._skipped:
            # A statement counts wherever it stands: its other half may be outside.
            for found in _STATEMENT.finditer(data):
                self._statement(found)
            return
        at = 0
        for found in _STATEMENT.finditer(data):
            if self._hidden.is_statement(int(found[1])):
                self._words(data[at : found.start()])
                self._statement(found)
                at = found.end()
        self._words(data[at:])

    def _statement(self, found: re.Match[str]) -> None:
        if self._hidden.is_statement(int(found[1])):
            owed = self._gap
            follows = bool(self._out) and self._is_statement(self._out[-1])
            self._pay()
            self._carried = max(owed, self._carried if follows else 0) if self._out else 2
            self._out.append(f"jinja-piece-{found[1]}-")

    def _single(self, tag: str, given: dict[str, str]) -> None:
        if self._skipped:
            return
        if tag == "br":
            self._owe(1)
        elif tag == "hr":
            self._owe(2)
            self._words("----")
            self._owe(2)
        elif tag == "img" and given.get("alt"):
            self._words(f"[{given['alt']}]")

    def _item(self) -> None:
        self._owe(1)
        self._pay()
        count = self._lists[-1] if self._lists else None
        if count is None:
            mark = "* "
        else:
            self._lists[-1] = count + 1
            mark = f"{count + 1}. "
        self._out.append("  " * max(0, len(self._lists) - 1) + mark)

    def _link(self, url: str, start: int) -> None:
        said = "".join(self._out[start:]).strip()
        if not url or url.startswith("#") or url == said or url.removeprefix("mailto:") == said:
            return
        if not said:
            self._words(url)
            return
        self._settle()
        # Whether words follow in its paragraph says how it is written.
        self._alone = start == 0 or self._out[start - 1].endswith("\n") or self._is_statement(self._out[start - 1])
        self._pending = url

    def _settle(self) -> None:
        """Write the address of the link that ended last: after a colon where it is all of its paragraph."""
        if self._pending:
            url, self._pending = self._pending, ""
            self._out[-1] = self._out[-1].rstrip(" ")
            said = self._out[-1].rstrip()
            colon = "" if said.endswith(":") else ":"
            self._out.append(f"{colon} {url}" if self._alone and self._gap else f" ({url})")

    def _is_statement(self, text: str) -> bool:
        piece = re.fullmatch(r"jinja-piece-(\d+)-", text)
        return piece is not None and self._hidden.is_statement(int(piece[1]))

    def _is_data(self) -> bool:
        return bool(self._tables) and self._tables[-1]

    def _words(self, data: str) -> None:
        words = _SPACE.sub(" ", data.replace("\xa0", " "))
        last = self._out[-1] if self._out else ""
        if self._gap or not last or last.endswith(("\n", " ")):
            words = words.lstrip(" ")
        if not words:
            return
        if self._pending and not self._gap and not words.strip():
            return
        pending = bool(self._pending) and not self._gap
        self._pay()
        # The space between a link and what follows it was taken off before its address.
        self._out.append(f" {words}" if pending and words[0].isalnum() else words)

    def _owe(self, lines: int) -> None:
        if self._out:
            self._gap = max(self._gap, lines)

    def _pay(self) -> None:
        self._settle()
        if self._gap and self._out:
            self._out[-1] = self._out[-1].rstrip(" ")
            while len(self._out) > 1 and not self._out[-1]:
                self._out.pop()
            # The lines that a statement took with it count for what it holds.
            taken = self._carried if self._is_statement(self._out[-1]) else 0
            if self._gap > taken:
                self._out.append("\n" * (self._gap - taken))
        self._gap = 0
