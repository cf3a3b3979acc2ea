"""How wide text is where there is no font to ask, and where it is broken. Pure.

Widths are those of the sans-serif fonts that systems come with, a little generously: what fits here fits on a screen.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_NARROW: Final = frozenset("ijlıİI.,:;'|!’‘`()[]{}/\\-ftr\"")
_WIDE: Final = frozenset("mwMWQOGÖĞ%@—…&ЖШЩЮМжшщюм")
_JOINING: Final = frozenset("\u200d\ufe0f\ufe0e")
"""What belongs to the character before it, as in an emoji of several."""
_HIDDEN: Final = frozenset({"Cc", "Cs", "Cn", "Co"})
MORE: Final = "…"


def width_of(text: str, size: float) -> float:
    """How wide a line of text is at a size, in the same unit."""
    return sum(map(_em, text)) * size


def wrapped(text: str, width: float, size: float, most: int | None = None) -> tuple[str, ...]:
    """The lines of a text, none wider than `width`: broken between words, inside those that are too long. Of more than
    `most` lines the last one kept says that there are more."""
    lines = tuple(_lines(plain(text), width, size))
    if most is None or len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and width_of(last + MORE, size) > width:
        last = last[:-1]
    return (*lines[: most - 1], last.rstrip() + MORE)


def plain(text: str) -> str:
    """A text on one line, without what no picture may hold."""
    kept = (letter if unicodedata.category(letter) not in _HIDDEN else " " for letter in text)
    return " ".join("".join(kept).split())


def _lines(text: str, width: float, size: float) -> Iterator[str]:
    line = ""
    for word in text.split():
        wanted = f"{line} {word}" if line else word
        if width_of(wanted, size) <= width:
            line = wanted
            continue
        if line:
            yield line
        *whole, line = _pieces(word, width, size)
        yield from whole
    if line:
        yield line


def _pieces(word: str, width: float, size: float) -> Iterator[str]:
    piece, wide = "", 0.0
    for cluster in _clusters(word):
        more = width_of(cluster, size)
        if piece and wide + more > width:
            yield piece
            piece, wide = "", 0.0
        piece, wide = piece + cluster, wide + more
    yield piece


def _clusters(word: str) -> Iterator[str]:
    """Characters with what is put onto them."""
    cluster = ""
    for letter in word:
        joined = unicodedata.combining(letter) or letter in _JOINING or cluster.endswith("\u200d")
        # A cluster without end would be wider than any line.
        if cluster and (not joined or len(cluster) > 8):
            yield cluster
            cluster = ""
        cluster += letter
    if cluster:
        yield cluster


@lru_cache(maxsize=4096)
def _em(letter: str) -> float:
    if unicodedata.combining(letter) or letter in _JOINING:
        return 0.0
    if letter == " ":
        return 0.3
    if letter in _NARROW:
        return 0.4
    if letter in _WIDE:
        return 0.95
    if unicodedata.east_asian_width(letter) in "WF" or ord(letter) > 0xFFFF:
        return 1.3
    if letter.isupper():
        return 0.74
    return 0.6 if letter.isascii() or letter.isalpha() else 0.95
