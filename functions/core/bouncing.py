"""When mail that keeps coming back for now is taken to come back for good."""

from collections.abc import Iterable
from typing import Final

from functions.core.message import Message

IN_A_ROW: Final = 5
WITHIN: Final = 30 * 86_400_000
AT_LEAST: Final = 3 * 86_400_000
"""Five soft bounces in a row within thirty days, and over three days at least: a server's bad day is none."""

_OF_THE_ADDRESS: Final = frozenset({"transient", "undetermined"})


def in_vain(messages: Iterable[Message], address: str) -> bool:
    """Whether the latest of these messages to an address (its hash) came back so often that no more should go
    there. A delivery begins anew; what was too large, or refused for its content, says nothing about an address."""
    tried = [message for message in messages if message.address == address]
    row: list[int] = []
    for message in sorted(tried, key=lambda one: one.times.get("sending", one.created)):
        if message.state in ("delivered", "complained"):
            row.clear()
        elif message.state == "bounced" and message.reason in _OF_THE_ADDRESS:
            row.append(message.times["bounced"])
    recent = [at for at in row if at > max(row) - WITHIN]
    return len(recent) >= IN_A_ROW and max(recent) - min(recent) >= AT_LEAST
