"""Text messages: what is authored of them, and how many segments a text takes on the air.

Segments are 3GPP TS 23.038's: 160 septets alone or 153 in a row; where a character is beyond the
GSM alphabet, 70 or 67 UTF-16 units.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from pydantic import Field

from functions.core.definition import Definition
from functions.core.template import Odd, Template
from functions.core.tongues import Texts

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("^{}\\[~]|€\f")
"""Each takes two septets: an escape comes first."""
_PLAIN: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u202f\u205f\u3000\t", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
        "…": "...",
        "•": "*",
    }
)
LONGEST: Final = 1600
"""Characters that SNS takes in one message."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a text takes: units of its alphabet (septets, or UTF-16 units), and the segments that are paid for."""

    alphabet: Literal["GSM-7", "UCS-2"]
    units: int
    segments: int


def size(text: str) -> Size:
    """What a text takes on the air."""
    if all(character in _BASIC or character in _EXTENDED for character in text):
        widths = [2 if character in _EXTENDED else 1 for character in text]
        return Size("GSM-7", sum(widths), _segments(widths, 160, 153))
    widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return Size("UCS-2", sum(widths), _segments(widths, 70, 67))


def _segments(widths: list[int], alone: int, each: int) -> int:
    """Whole characters fill segments: neither an escape nor a surrogate pair is cut in two."""
    if sum(widths) <= alone:
        return 1
    count, room = 1, each
    for width in widths:
        if width > room:
            count, room = count + 1, each
        room -= width
    return count


def plainly(text: str) -> str:
    """The text with typographic quotes, dashes and spaces as the GSM alphabet has them. Letters stay as they are,
    but for ç, which the alphabet has as a capital only, where that alone keeps the text within it."""
    plain = text.translate(_PLAIN)
    capital = plain.replace("ç", "Ç")
    return plain if strangers(capital) else capital


def strangers(text: str) -> str:
    """The characters beyond the GSM alphabet, each once."""
    return "".join(dict.fromkeys(one for one in text if one not in _BASIC and one not in _EXTENDED))


class Sms(Template):
    """marketing/sms/ID.yaml"""

    PLAIN: ClassVar[frozenset[str]] = frozenset({"plain", "at_most"})
    SAYS: ClassVar[str] = (
        "One text message. How it is sent, what it costs, how people leave: [channels](../channels.md#text-messages)."
    )
    EXAMPLE: ClassVar[str] = (
        "text:\n"
        "  en: \"Tea & Co: your order is on its way, {{ contact.first_name | default('dear friend') }}. STOP to end\"\n"
        '  tr: "Tea & Co: siparisin yolda. Çikmak icin DUR yaz"\n'
        "plain: true\n"
        "at_most: 2\n"
    )

    text: Texts = Field(description="What it says, Jinja2; one text, or one for each language.")
    plain: bool = Field(
        False, description="Write typographic quotes, dashes and spaces as the GSM alphabet has them: fewer segments."
    )
    at_most: int = Field(2, ge=1, le=10, description="Segments above which a text is warned of.")

    def odd(self, *, marketing: bool) -> Iterator[Odd]:
        for tag, source in self.text.items():
            place = ("text",) if tag == "*" else ("text", tag)
            text = plainly(source) if self.plain else source
            # The source stands for what it renders to: expressions are about as long as what replaces them.
            taken = size(text)
            if taken.segments > self.at_most:
                beyond = strangers(text)
                why = f"; {' '.join(beyond[:10])} are beyond the GSM alphabet" if beyond else ""
                message = f"about {taken.segments} segments in {taken.alphabet}, each of which is paid for{why}"
                mend = "Shorten it, or write plain: true" if beyond and not self.plain else "Shorten it"
                yield Odd(place, message, f"{mend}, or raise at_most", "long-sms")
            if marketing and not _leaves(source):
                message = "marketing by SMS that doesn't say how to stop"
                yield Odd(place, message, "End it with words such as: STOP to end", "no-stop")


def _leaves(source: str) -> bool:
    from functions.core.replies import is_stop_word, names_one

    return "unsubscribe_url" in source or names_one(source, is_stop_word)


class SmsCountry(Definition):
    """How text messages to the numbers of one country are sent."""

    sender: str | None = Field(
        None, max_length=11, pattern=r"^[0-9]*[A-Za-z][A-Za-z0-9]*$", description="Another sender id; see sender."
    )
    number: str | None = Field(None, pattern=r"^\+?[A-Za-z0-9:/_-]{3,256}$", description="Another number; see number.")
    entity: str | None = Field(None, max_length=50, description="India: the entity id registered with TRAI.")
    template: str | None = Field(None, max_length=50, description="India: the template id registered with TRAI.")
    refused: bool = Field(False, description="Send nothing there.")


class SmsSettings(Definition):
    """How text messages are sent."""

    price: float | None = Field(
        None, gt=0, le=10, description="Dollars that one takes, for forecasts; AWS's list says it by country."
    )
    sender: str | None = Field(
        None,
        max_length=11,
        pattern=r"^[0-9]*[A-Za-z][A-Za-z0-9]*$",
        description="Sender id: letters and digits, 11 at most. Some countries show none, or want it registered.",
    )
    number: str | None = Field(
        None, pattern=r"^\+?[A-Za-z0-9:/_-]{3,256}$", description="The number of yours that sends, in E.164."
    )
    countries: dict[str, SmsCountry] = Field(
        default_factory=dict, description="What is different for a country's numbers, by its code, such as US."
    )
    help: str = Field("", max_length=300, description="The answer to HELP; the business's name and site without it.")

    def of(self, country: str) -> SmsCountry:
        """What holds for the numbers of a country."""
        own = self.countries.get(country, SmsCountry())
        # A country's own sender replaces the common number too, and the other way round.
        common = {"sender": self.sender, "number": self.number} if own.sender is None and own.number is None else {}
        return own.model_copy(update=common)
