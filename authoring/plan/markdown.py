"""A plan as a comment of a pull request: Markdown, never longer than GitHub takes."""

import re
from typing import Final

from authoring.plan.model import Plan
from authoring.plan.words import Block, blocks, summary

MARK: Final = "<!-- samovar plan -->"
"""The first line, by which a later run finds its comment."""
MOST: Final = 65_536
"""Characters that GitHub takes in a comment; bytes are counted here, which are never fewer."""
_BLOCK: Final = 12_000
_NOTE: Final = "\n… {many} more {what} cut: `samovar plan` says all.\n"


def comment(plan: Plan, most: int = MOST) -> str:
    """The comment. What does not fit is left out, and it is said how much that is."""
    icon = "❌" if not plan.fine else "⚠️" if any(not one.passes for one in plan.trials) else "✅"
    text = f"{MARK}\n### {icon} samovar plan\n\n{_plain(summary(plan))}\n"
    room = most - len(_NOTE.format(many=9_999_999, what="parts are").encode())
    rest = list(blocks(plan))
    for place, block in enumerate(rest):
        said = _block(block)
        if len(text.encode()) + len(said.encode()) > room:
            left = len(rest) - place
            return text + _NOTE.format(many=left, what="part is" if left == 1 else "parts are")
        text += said
    return text


def _block(block: Block) -> str:
    text = f"\n**{_plain(block.title)}**\n"
    for says in block.says:
        text += f"\n{_plain(says)}\n"
    if not block.lines:
        return text
    lines = [f"{'!' if line.mark == '~' else line.mark} {part}" for line in block.lines for part in _parts(line.text)]
    kept: list[str] = []
    size = 0
    for line in lines:
        size += len(line.encode()) + 1
        if size > _BLOCK:
            kept.append(f"  … {len(lines) - len(kept):,} lines more")
            break
        kept.append(line)
    body = "\n".join(kept)
    longest = max((len(found) for found in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{text}\n{fence}diff\n{body}\n{fence}\n"


def _parts(text: str) -> list[str]:
    return [part[:2_000] for part in text.splitlines()] or [""]


def _plain(text: str) -> str:
    """Words that people wrote as words: nothing in them becomes a heading, a link, HTML or a mention."""
    shown = re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", text)
    return re.sub(r"@(?=\w)", "@\u200b", shown).replace("\n", " ")
