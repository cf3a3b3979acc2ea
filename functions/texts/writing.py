"""Dates, numbers and money as messages write them, by Babel; loaded when a template first asks."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from functions.core.compare import day_in
from functions.core.days import EPOCH
from functions.core.times import read_time

if TYPE_CHECKING:
    from babel import Locale


class Hand:
    """A `core.filters.Writer` of one language, in one time zone."""

    def __init__(self, language: str, zone: str) -> None:
        self.language = language
        self._zone = zone

    @property
    def _locale(self) -> "Locale":
        from functions.texts.places import locale

        return locale(self.language)

    def day(self, value: Any) -> str:
        """A day, such as "4 May 2026"; of a moment the local one. Raises ValueError."""
        from babel.dates import format_date

        found = day_in(value, self._zone)
        if found is None:
            raise ValueError("not a day")
        return format_date(date.fromordinal(EPOCH + found), "long", locale=self._locale)

    def moment(self, value: Any) -> str:
        """A moment, such as "4 May 2026, 09:30", in the contact's zone. Raises ValueError."""
        from babel.dates import format_date, format_time

        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError("not a moment")
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=read_time(value))
        local = at.astimezone(ZoneInfo(self._zone))
        time = format_time(local, "short", locale=self._locale)
        return f"{format_date(local.date(), 'long', locale=self._locale)}, {time}"

    def number(self, value: Any) -> str:
        """A number as the language groups and points it. Raises ValueError."""
        from babel.numbers import format_decimal

        return format_decimal(_amount(value), locale=self._locale, decimal_quantization=False)

    def money(self, value: Any, currency: str) -> str:
        """An amount with its currency's sign and decimals, such as "€12.50". Raises ValueError."""
        from babel.numbers import format_currency

        return format_currency(_amount(value), currency, locale=self._locale)


@lru_cache(maxsize=64)
def hand(language: str, zone: str) -> Hand:
    """The writer of a language in a time zone."""
    return Hand(language, zone)


def _amount(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError("not a number")
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValueError("not a number") from error
    if not amount.is_finite() or abs(amount.adjusted()) > 30:
        raise ValueError("not a number that anybody writes")
    return amount
