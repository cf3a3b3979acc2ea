"""What a person was told of today: contacts table, X#told / <what>#<day number>, for a week."""

from typing import Final

from functions import settings
from functions.aws import dynamodb

DAY_MS: Final = 86_400_000
KEPT_S: Final = 7 * 86_400


def first_today(what: str, now: int) -> bool:
    """Note that a person is told of something at `now` (ms); False where it was done on the same day (UTC)."""
    row = {"pk": "X#told", "sk": f"{what}#{now // DAY_MS}", "v": 1, "ttl": now // 1000 + KEPT_S}
    return dynamodb.put_new(settings.contacts_table(), row)
