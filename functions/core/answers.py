"""Reading one answer of a form: from what was typed to what is kept, or what is wrong with it.

What depends on a country or a language comes from a `Reader`, which knows all of them.
Numbers are kept as whole numbers, or as exact decimal text; dates as 2026-12-31; phones in
E.164; several choices as a list.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, Protocol, assert_never

from functions.core.errors import Refused
from functions.core.forms import CHOICES, FormField, Protect
from functions.core.words import Words

Value = str | int | bool | list[str]

TODAY: Final = "today"
BIGGEST: Final = Decimal(10) ** 15

_LINK = re.compile(r"://|www\.", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s/?#@<>\"']+\.[^\s<>\"']{2,}", re.IGNORECASE)
_UNTICKED = frozenset(("", "0", "false", "off", "no"))


class Exact(str):
    """A number that a program posted as a number: no language spells it."""

    __slots__ = ()


class Reader(Protocol):
    """Reads and writes in one language and country."""

    def number(self, text: str) -> Decimal | None:
        """The number that is spelled so, None where it is none or could be two."""
        ...

    def day(self, text: str) -> date | None:
        """The day that is spelled so, None where it is none or could be two."""
        ...

    def phone(self, text: str) -> str | None:
        """A telephone number as E.164, None where it is none."""
        ...

    def is_address(self, text: str) -> bool:
        """Whether mail could be sent there, by its spelling."""
        ...

    def spell(self, value: Decimal | date) -> str:
        """A number or day as people there write it."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """How a form is read: in which words its problems are said, by which reader, on which day there.

    `proved`: the visitor came by a link from their own mailbox, so progressive fields may be missing.
    """

    words: Words
    reader: Reader
    today: date
    proved: bool = False


def read_answer(field: FormField, texts: Sequence[str], protect: Protect, terms: Terms) -> Value:
    """What was answered; "", False or [] for nothing. Raises Refused."""
    required = field.required and not (terms.proved and field.ask == "progressive")
    match field.type:
        case "checkbox":
            ticked = bool(texts) and texts[-1].strip().lower() not in _UNTICKED
            if required and not ticked:
                raise _problem("missing-field", field.name, terms.words, key="missing-tick")
            return ticked
        case "checkboxes":
            return _several(field, texts, required, terms)
        case "hidden":
            return _hidden(field, texts, protect, terms)
    raw = texts[-1] if texts else ""
    text = raw.strip()
    if not text:
        if required:
            key = "unknown-option" if field.type in CHOICES else ""
            raise _problem("missing-field", field.name, terms.words, key=key)
        return ""
    text = _checked(field, text, terms)
    match field.type:
        case "text":
            _refuse_links(field, text, protect, terms)
        case "textarea":
            pass
        case "email":
            if not terms.reader.is_address(text):
                raise _problem("invalid-email", field.name, terms.words)
        case "phone":
            return _phone(field, text, terms)
        case "number":
            return _number(field, Exact(text) if isinstance(raw, Exact) else text, terms)
        case "date":
            return _date(field, text, terms)
        case "url":
            return _url(field, text, terms)
        case "select" | "radio":
            if all(option.value != text for option in field.options):
                raise _problem("unknown-option", field.name, terms.words)
        case _:
            assert_never(field.type)
    return text


def _checked(field: FormField, text: str, terms: Terms) -> str:
    """The text with one kind of line break, if its length, characters and pattern are right."""
    words, many_lines = terms.words, field.type == "textarea"
    if len(text) > field.max_length:
        raise _problem("too-long", field.name, words, max=field.max_length)
    if many_lines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if any(not (mark.isprintable() or (many_lines and mark in "\n\t") or mark in _JOINERS) for mark in text):
        raise _problem("invalid-characters", field.name, words)
    if len(text) < field.min_length:
        raise _problem("too-short", field.name, words, min=field.min_length)
    if field.pattern and not re.fullmatch(field.pattern, text):
        raise _problem("wrong-pattern", field.name, words)
    return text


_JOINERS: Final = "\u200c\u200d"
"""Invisible, and part of words in Persian and Hindi and of many emoji."""


def _refuse_links(field: FormField, text: str, protect: Protect, terms: Terms) -> None:
    # What is typed here is printed in mails: nobody may send others a link of their own.
    if protect.links == "refuse" and _LINK.search(text):
        raise _problem("link-in-text", field.name, terms.words)


def _several(field: FormField, texts: Sequence[str], required: bool, terms: Terms) -> list[str]:
    chosen = {text.strip() for text in texts} - {""}
    if chosen - {option.value for option in field.options}:
        raise _problem("unknown-option", field.name, terms.words)
    if required and not chosen:
        raise _problem("missing-field", field.name, terms.words, key="missing-choice")
    return [option.value for option in field.options if option.value in chosen]


def _hidden(field: FormField, texts: Sequence[str], protect: Protect, terms: Terms) -> str:
    """What stands in it; what can't be is left out, for nobody could mend it."""
    if field.value is not None:
        return field.value
    try:
        text = _checked(field, texts[-1].strip(), terms) if texts else ""
        _refuse_links(field, text, protect, terms)
    except Refused:
        return ""
    return text


def _phone(field: FormField, text: str, terms: Terms) -> str:
    number = terms.reader.phone(text)
    if number is None:
        raise _problem("invalid-phone", field.name, terms.words)
    return number


def _number(field: FormField, text: str, terms: Terms) -> Value:
    number = decimal(text) if isinstance(text, Exact) else terms.reader.number(text)
    if number is None or abs(number) >= BIGGEST:
        example = terms.reader.spell(Decimal("1234.5") if field.decimals else Decimal(1234))
        raise _problem("invalid-number", field.name, terms.words, example=example)
    if number != round(number, field.decimals):
        if not field.decimals:
            raise _problem("not-whole", field.name, terms.words)
        raise _problem("too-many-decimals", field.name, terms.words, max=field.decimals)
    least, greatest = decimal(field.min), decimal(field.max)
    if least is not None and number < least:
        raise _problem("too-small", field.name, terms.words, min=terms.reader.spell(least))
    if greatest is not None and number > greatest:
        raise _problem("too-large", field.name, terms.words, max=terms.reader.spell(greatest))
    return int(number) if number == int(number) else f"{number.normalize():f}"


def decimal(value: object) -> Decimal | None:
    """The exact number of a plain spelling such as 1234.5, None for what is none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _date(field: FormField, text: str, terms: Terms) -> str:
    day = iso_date(text) or terms.reader.day(text)
    if day is None:
        raise _problem("invalid-date", field.name, terms.words, example=terms.reader.spell(date(2026, 12, 31)))
    earliest, latest = bound(field.min, terms.today), bound(field.max, terms.today)
    if earliest is not None and day < earliest:
        raise _problem("too-early", field.name, terms.words, min=terms.reader.spell(earliest))
    if latest is not None and day > latest:
        raise _problem("too-late", field.name, terms.words, max=terms.reader.spell(latest))
    return day.isoformat()


def iso_date(text: object) -> date | None:
    """The day of "2026-12-31", None for what is none."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def bound(value: object, today: date) -> date | None:
    """The first or last day that a date field takes."""
    return today if value == TODAY else iso_date(value)


def _url(field: FormField, text: str, terms: Terms) -> str:
    url = text if "://" in text else f"https://{text}"
    if not _URL.fullmatch(url):
        raise _problem("invalid-url", field.name, terms.words)
    return url


def _problem(code: str, name: str, words: Words, *, key: str = "", **values: object) -> Refused:
    """`key` names the words where one code is said in several ways."""
    return Refused(code, words(key or code, **values), field=name, status=422)
