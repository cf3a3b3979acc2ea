"""Which ads brought visitors of late, and where they led, as the live release's pages answer to them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from functions import clock
from functions.core.ads import Leading, leading
from functions.core.landing import Page
from functions.tables import ads


def lately(days: int, pages: Mapping[str, Page]) -> tuple[date, list[Leading]]:
    """The first of so many days (UTC) up to today, and the ads that brought somebody since."""
    today = datetime.fromtimestamp(clock.now_ms() / 1000, UTC).date()
    first = today - timedelta(days=days - 1)
    return first, leading(ads.of_days(first, today), pages)
