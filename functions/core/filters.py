"""What templates can do to values: dates, numbers, money, letters, products. Pure: a `Writer` is given."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from jinja2 import Undefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

WRITER: Final = "_writer"
"""What the filters' writer is called where templates are rendered."""


class Writer(Protocol):
    """Writes as people of one language do, in one time zone. What can't be written so is a ValueError."""

    @property
    def language(self) -> str:
        """As in "de-CH"."""
        ...

    def day(self, value: Any) -> str:
        """A date, or the local day of a moment."""
        ...

    def moment(self, value: Any) -> str:
        """A moment with its day, to the minute."""
        ...

    def number(self, value: Any) -> str:
        """A number with its decimals and groups."""
        ...

    def money(self, value: Any, currency: str) -> str:
        """An amount in a currency (ISO 4217)."""
        ...


def upper(text: str, language: str) -> str:
    """Capitals as the language has them: in Turkish i becomes İ."""
    return (text.replace("i", "İ") if _dotted(language) else text).upper()


def lower(text: str, language: str) -> str:
    """Small letters as the language has them: in Turkish I becomes ı, and İ is i everywhere."""
    return (text.replace("I", "ı") if _dotted(language) else text).replace("İ", "i").lower()


def capital(text: str, language: str) -> str:
    """The first letter large, the others small."""
    return upper(text[:1], language) + lower(text[1:], language)


def titled(text: str, language: str) -> str:
    """The first letter of each word large, the others small."""
    return " ".join(capital(word, language) for word in text.split(" "))


def _dotted(language: str) -> bool:
    return language.partition("-")[0].lower() in ("tr", "az")


def _written(how: str) -> Callable[..., Any]:
    @pass_context
    def write(context: Context, value: Any) -> Any:
        # What is missing stays so: a default may follow.
        return value if isinstance(value, Undefined) else getattr(context[WRITER], how)(value)

    return write


@pass_context
def _money(context: Context, value: Any, currency: str | None = None) -> Any:
    if isinstance(value, Undefined):
        return value
    if isinstance(value, Mapping):
        currency = currency or next(iter(value), "")
        value = value[currency]
    if not currency:
        raise ValueError('a plain number is of no currency: write money("EUR")')
    return context[WRITER].money(value, currency)


def _cased(change: Callable[[str, str], str]) -> Callable[..., Any]:
    @pass_context
    def write(context: Context, value: Any) -> Any:
        if isinstance(value, Undefined):
            return value
        changed = change(str(value), context[WRITER].language)
        return Markup(changed) if isinstance(value, Markup) else changed

    return write


def _tagged(products: Iterable[Any], *tags: str) -> list[Any]:
    return [product for product in products if any(tag in product["tags"] for tag in tags)]


def _first(values: Iterable[Any], count: int | None = None) -> Any:
    if isinstance(values, Undefined):
        return values
    held = list(values)
    if count is not None:
        return held[:count]
    return held[0] if held else ""


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "day": _written("day"),
    "moment": _written("moment"),
    "number": _written("number"),
    "money": _money,
    "upper": _cased(upper),
    "lower": _cased(lower),
    "capitalize": _cased(capital),
    "title": _cased(titled),
    "tagged": _tagged,
    "first": _first,
}
"""By name, beside and over Jinja2's own."""


class Plain:
    """A writer of no language: ISO dates, plain numbers."""

    language = ""

    def day(self, value: Any) -> str:
        """As it is."""
        return str(value)

    def moment(self, value: Any) -> str:
        """As it is."""
        return str(value)

    def number(self, value: Any) -> str:
        """As it is."""
        return str(value)

    def money(self, value: Any, currency: str) -> str:
        """The amount and its currency."""
        return f"{value} {currency}"
