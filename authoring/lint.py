"""What makes an e-mail look wrong, be cut off or be thrown away, though it can be compiled.

What mail programs support is after the tables of Can I email and Campaign Monitor's guide to CSS in
e-mail: named here is what the desktop Outlook that draws with Word, or Gmail, leaves out.
"""

import re
from collections.abc import Iterator
from typing import Final

from authoring.problems import Problem, Severity
from authoring.templates import Part

CLIPPED: Final = 102 * 1024
"""Bytes of HTML after which Gmail cuts a message off and hides the rest, its footer among it."""
_TOKEN: Final = 420
"""Bytes by which a link grows when it is signed."""
LONGEST_SUBJECT: Final = 70
"""Characters of a subject that phones and inboxes show; more is cut."""

_PIECE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"""<([a-z][\w:-]*)((?:\s(?:[^<>"']|"[^"]*"|'[^']*')*+)?)/?>""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s=<>"'/]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_SAID: Final = "\ue000"
"""Stands for what a template says there."""
_SCHEME = re.compile(r"[a-z][a-z0-9+-]*:", re.IGNORECASE)
_NEVER: Final = {"script", "form", "input", "select", "textarea", "iframe", "object", "embed", "applet"}
_WEAK_TAGS: Final = {"video", "audio", "svg", "canvas", "picture", "button", "details", "dialog", "marquee"}
_WEAK_CSS: Final = {
    "position": r"position\s*:\s*(?:absolute|fixed|sticky|relative)",
    "flexbox": r"display\s*:\s*(?:inline-)?flex",
    "grid": r"display\s*:\s*(?:inline-)?grid",
    "float": r"(?<![-\w])float\s*:",
    "@import": r"@import\b",
    "var()": r"\bvar\(",
    "calc()": r"\bcalc\(",
    "object-fit": r"object-fit\s*:",
    "transform": r"(?<![-\w])transform\s*:",
    "animation": r"(?<![-\w])animation(?:-name)?\s*:",
    "box-shadow": r"box-shadow\s*:",
    "filter": r"(?<![-\w])filter\s*:",
}


def source(part: Part) -> Iterator[Problem]:
    """What is wrong with an MJML source, with the line of each."""
    text = _PIECE.sub(lambda piece: _SAID + "\n" * piece[0].count("\n"), part.text)
    text = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)
    for found in _TAG.finditer(text):
        tag = found[1].lower()
        given = {one[1].lower(): one[2] if one[2] is not None else one[3] for one in _ATTRIBUTE.finditer(found[2])}
        line = text.count("\n", 0, found.start())
        yield from _element(part, line, tag, given)
    for what, pattern in _WEAK_CSS.items():
        if weak := re.search(pattern, text, re.IGNORECASE):
            message = f"some mail programs leave out {what}, Outlook among them"
            line = text.count("\n", 0, weak.start())
            yield _problem(
                part, line, what, message, "See that the e-mail is read without it", "weak-in-mail", "warning"
            )


def _element(part: Part, line: int, tag: str, given: dict[str, str]) -> Iterator[Problem]:
    if tag in _NEVER:
        mend = "Link to a page of yours that has it" if tag != "script" else "Remove it"
        yield _problem(
            part,
            line,
            f"<{tag}>",
            f"no mail program shows <{tag}>, and filters take it for an attack",
            mend,
            "not-in-mail",
        )
    if tag in _WEAK_TAGS:
        message = f"some mail programs leave out <{tag}>, Outlook or Gmail among them"
        yield _problem(
            part, line, f"<{tag}>", message, "Use a picture with a link, or a button", "weak-in-mail", "warning"
        )
    if tag in ("mj-image", "img"):
        if "alt" not in given:
            message = "a picture without alt: nothing is read where pictures are off, or aloud"
            mend = 'Say what it shows, alt="…"; alt="" where it only decorates'
            yield _problem(part, line, f"<{tag}>", message, mend, "image-without-alt", "warning")
        if given.get("src", "").lstrip().lower().startswith("data:"):
            message = "a picture inside the e-mail: Gmail and Outlook don't show it"
            yield _problem(
                part, line, f"<{tag}>", message, "Put it on a server, and give its address", "image-as-data", "warning"
            )
    for key in ("href", "src"):
        if key in given and not _leads_somewhere(given[key].strip()):
            shown = given[key].strip().replace(_SAID, "…")
            message = f'"{shown}" leads nowhere: in a mail an address begins with its scheme'
            mend = f"Write https://{shown.lstrip('/')}" if "." in shown else "Write the whole address, from https:// on"
            yield _problem(part, line, f"<{tag}>", message, mend, "link-without-scheme")
    if given.get("href", "").lower().startswith("http:") or given.get("src", "").lower().startswith("http:"):
        message = "an address without https: browsers warn, and pictures may stay away"
        yield _problem(part, line, f"<{tag}>", message, "Write https://", "link-without-https", "warning")


def _leads_somewhere(address: str) -> bool:
    """Whether an address has a scheme, begins with what a template says, or leads to a place of the mail itself."""
    return address.startswith((_SAID, "#")) or _SCHEME.match(address) is not None


def whole(file: str, html: str) -> Iterator[Problem]:
    """What is wrong with a compiled e-mail as a whole."""
    links = len(re.findall(r"\bhref=", html))
    size = len(html.encode()) + links * _TOKEN
    if size > CLIPPED:
        message = f"about {size // 1024} KB of HTML: Gmail cuts off what is beyond 102 KB, the footer among it"
        yield Problem(file, 1, 1, "html", message, "Say less, or split it", "cut-off", "warning")


def subject(part: Part) -> Iterator[Problem]:
    """Whether a subject is longer than people see."""
    fixed = len(_PIECE.sub("", part.text))
    if fixed > LONGEST_SUBJECT:
        message = f"{fixed} characters: inboxes show about {LONGEST_SUBJECT}"
        yield Problem(
            part.file,
            part.line,
            part.column,
            part.field,
            message,
            "Say what matters first, and less",
            "long-subject",
            "warning",
        )


def preheader(part: Part) -> Iterator[Problem]:
    """Whether there is something for inboxes to show after the subject."""
    if not part.text.strip():
        message = "no preheader: inboxes show whatever the e-mail begins with"
        yield Problem(
            part.file,
            part.line,
            part.column,
            part.field,
            message,
            "Add preheader: with a line that goes on where the subject ends",
            "no-preheader",
            "warning",
        )


def _problem(
    part: Part, line: int, field: str, message: str, mend: str, code: str, severity: Severity = "error"
) -> Problem:
    return Problem(part.file, part.line + line, 1, field, message, mend, code, severity)
