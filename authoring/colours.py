"""Colours that can be read: contrast as WCAG 2.1 defines it, and the colours of dark mode."""

from typing import Final

READABLE: Final = 4.5
"""The least contrast of text with what is behind it (WCAG 2.1, level AA)."""


def contrast(one: str, other: str) -> float:
    """Of two colours (#rrggbb), from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def on(colour: str) -> str:
    """Black or white, whichever is read better on a colour."""
    return max(("#ffffff", "#1a1a1a"), key=lambda ink: contrast(ink, colour))


def readable(colour: str, behind: str) -> str:
    """The colour, mixed with black or white until it is read on what is behind it."""
    towards = on(behind)
    for part in range(21):
        mixed = mix(colour, towards, part / 20)
        if contrast(mixed, behind) >= READABLE:
            return mixed
    return towards


def mix(colour: str, other: str, part: float) -> str:
    """A colour with so large a part (0 to 1) of another in it."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * part):02x}" for one, two in pairs)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def _luminance(colour: str) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
