"""One transaction that says `sending` of many messages, only while what was decided on still stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from functions.aws import dynamodb
from functions.aws.faults import hopeless
from functions.core import message as ledger
from functions.core.message import Message
from functions.send.drafts import Ready
from functions.tables import addresses, caps, messages

AT_MOST: Final = 33
"""So many messages fit into a transaction: each is guarded by a head, changed, and counted against its caps."""


@dataclass(slots=True)
class _Operation:
    body: dict[str, Any]
    whose: list[int]


def begin(ready: Sequence[Ready], now: int) -> tuple[list[tuple[Message, Any]], list[Message]]:
    """Those that are in state sending now, with what is to be handed over, and those that must be decided again:
    consent, caps or the message itself had changed, or others were writing them at that moment.

    No two may be of one person: their caps row can stand in a transaction once. Raises what DynamoDB raises.
    """
    left, refused = list(ready), list[Message]()
    while left:
        begun, operations = _operations(left, now)
        try:
            dynamodb.transact([operation.body for operation in operations])
        except dynamodb.TransactionRefused as cancelled:
            struck = _struck(operations, cancelled.reasons) or set(range(len(left)))
            refused += [one.message for place, one in enumerate(left) if place in struck]
            left = [one for place, one in enumerate(left) if place not in struck]
        except Exception as error:
            if len(left) == 1 or not hopeless(error):
                raise
            # One that can't be written must not hold up the others: each is tried by itself.
            return [], [*refused, *(one.message for one in left)]
        else:
            return [(message, one.composed) for message, one in zip(begun, left, strict=True)], refused
    return [], refused


def _operations(ready: Sequence[Ready], now: int) -> tuple[list[Message], list[_Operation]]:
    begun, operations = list[Message](), list[_Operation]()
    guards: dict[str, _Operation] = {}
    for place, one in enumerate(ready):
        started = ledger.begin(one.message, one.address, now, one.links, one.mailbox)
        stored, change = messages.change_op(one.message, started)
        begun.append(stored)
        operations.append(_Operation(change, [place]))
        if one.reserved is not None:
            operations.append(_Operation(caps.reserve_op(one.person, one.reserved), [place]))
        if one.address:
            # Two contacts may share an address, and an item may stand in a transaction once.
            guards.setdefault(one.address, _Operation(addresses.unchanged_op(one.address, one.head), [])).whose.append(
                place
            )
    return begun, [*guards.values(), *operations]


def _struck(operations: Sequence[_Operation], reasons: Sequence[str]) -> set[int]:
    if len(reasons) != len(operations):
        return set()
    return {
        place
        for operation, reason in zip(operations, reasons, strict=True)
        if reason != "None"
        for place in operation.whose
    }
