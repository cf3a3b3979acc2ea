"""A `Reader` for one language and country, over the maintained libraries. Each is loaded when first needed."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final

from functions.core.forms import Form
from functions.core.identity import normal_email
from functions.core.sending import Sending
from functions.texts.catalogue import FALLBACK, language_of

if TYPE_CHECKING:
    from babel import Locale

_APOSTROPHES: Final = str.maketrans({"'": "’", "`": "’", "´": "’", "‘": "’"})
_WORD = re.compile(r"[^\W\d_]+\.?")


class Place:
    """Reads and writes as people do where a form is filled in. `country` is that of its telephone numbers."""

    def __init__(self, language: str, country: str | None = None, zone: str = "") -> None:
        self.language = language
        self._country = country
        self._zone = zone

    @cached_property
    def country(self) -> str | None:
        """ISO code of whose numbers need no country code: told, or the language's, or the time zone's."""
        if self._country:
            return self._country
        from babel import Locale
        from babel.core import get_global

        told = re.search(r"-([A-Z]{2})(-|$)", self.language)
        by_zone: str | None = get_global("zone_territories").get(self._zone)
        if told or by_zone:
            return told[1] if told else by_zone
        likely = get_global("likely_subtags").get(self._locale.language)
        return Locale.parse(likely).territory if likely else None

    @property
    def _locale(self) -> "Locale":
        return locale(self.language)

    def number(self, text: str) -> Decimal | None:
        """A number as the language writes it. "5.000" is five thousand in Turkish and five in English;
        what is grouped otherwise than the language groups is no number, for it could be two."""
        from babel.numbers import NumberFormatError, get_decimal_symbol, get_group_symbol, parse_decimal

        group = get_group_symbol(self._locale)
        plain = _ascii_digits(text).replace("−", "-").translate(_APOSTROPHES)
        plain = plain.replace("٬", group).replace("٫", get_decimal_symbol(self._locale))
        if group.isspace():
            plain = re.sub(r"(?<=\d)\s(?=\d)", group, plain)
        if not re.fullmatch(r"[+-]?[\d.,’\s]*\d", plain):
            return None
        try:
            return parse_decimal(plain, locale=self._locale, strict=True)
        except NumberFormatError:
            return None

    def day(self, text: str) -> date | None:
        """A day as the language writes it, in digits or with the month's name. The year has four digits.

        English alone doesn't tell 3/4 from 4/3: where no country does either, only what can be one day is read.
        """
        order = self._order
        words = [_folded(word) for word in _WORD.findall(text)]
        months = [self._months[word] for word in words if word in self._months]
        numbers = [int(part) for part in re.findall(r"\d+", _ascii_digits(text))]
        if len(months) == 1 and len(numbers) == 2:
            day, year = sorted(numbers)
            return _day(year, months[0], day)
        if words or len(numbers) != 3 or re.search(r"[^\d\s./-]", _ascii_digits(text)):
            return None
        if numbers[0] > 999:
            return _day(*numbers)
        first, second, year = numbers
        if order.startswith("y"):
            return None
        day_first = _day(year, second, first)
        month_first = _day(year, first, second)
        if self.language.lower() == FALLBACK:
            found = {day for day in (day_first, month_first) if day}
            return found.pop() if len(found) == 1 else None
        return month_first if order.startswith("M") else day_first

    @cached_property
    def _order(self) -> str:
        from babel.dates import get_date_format

        pattern = get_date_format("short", locale=self._locale).pattern
        return "".join(dict.fromkeys(mark for mark in pattern if mark in "dMy"))

    @cached_property
    def _months(self) -> dict[str, int]:
        from babel.dates import get_month_names

        return {
            _folded(name): number
            for context in ("format", "stand-alone")
            for width in ("wide", "abbreviated")
            for number, name in get_month_names(width, context, self._locale).items()
        }

    def phone(self, text: str) -> str | None:
        """A telephone number as E.164: complete, and possible in its country."""
        import phonenumbers

        try:
            number = phonenumbers.parse(text, None if text.lstrip().startswith("+") else self.country)
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_valid_number(number):
            return None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def is_address(self, text: str) -> bool:
        """Whether mail could be sent there, by its spelling; letters of any script among them."""
        if normal_email(text) is None:
            return False
        from email_validator import EmailNotValidError, validate_email

        try:
            validate_email(text, check_deliverability=False, test_environment=True)
        except EmailNotValidError:
            return False
        return True

    def spell(self, value: Decimal | date) -> str:
        """A number or day as the language writes it."""
        if isinstance(value, date):
            from babel.dates import format_date

            return format_date(value, "medium", locale=self._locale)
        from babel.numbers import format_decimal

        return format_decimal(value, locale=self._locale, decimal_quantization=False)


def place(sending: Sending, form: Form) -> Place:
    """Where a form is filled in."""
    business = sending.business
    return Place(language_of(sending, form), form.country or business.country, business.time_zone)


def is_disposable(address: str) -> bool:
    """Whether an address is of a provider of throw-away mailboxes, by a maintained list."""
    from disposable_email_domains import blocklist

    labels = address.rpartition("@")[2].strip().rstrip(".").lower().split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))


@cache
def locale(language: str) -> "Locale":
    """Babel's data of a language as definition files name it, of its base language, or of English."""
    from babel import Locale, UnknownLocaleError

    for name in (language, language.partition("-")[0], FALLBACK):
        try:
            return Locale.parse(name, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("English is always there")


def _ascii_digits(text: str) -> str:
    """The text with the digits of any script as 0 to 9."""
    return "".join(str(unicodedata.decimal(mark)) if mark.isdecimal() else mark for mark in text)


def _folded(word: str) -> str:
    return word.rstrip(".").replace("İ", "i").casefold().replace("ı", "i")


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1000 <= year <= 9999 else None
    except ValueError:
        return None
