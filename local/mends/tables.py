"""DynamoDB."""

import copy
from typing import Any

from ministack.services import dynamodb, lambda_svc


def insert_by_statement_reaches_the_stream() -> None:
    """A PartiQL INSERT stores its item but writes no stream record: intake would never be scored."""
    insert = dynamodb._partiql_insert

    def mended(table: dict[str, Any], parsed: dict[str, Any]) -> Any:
        answer = insert(table, parsed)
        if answer[0] == 200:
            item = parsed["item"]
            item = item["M"] if set(item) == {"M"} else item
            dynamodb._emit_stream_event(table["TableName"], "INSERT", None, item)
        return answer

    dynamodb._partiql_insert = mended


def update_by_statement_reaches_the_stream() -> None:
    """A PartiQL UPDATE changes its item but writes no stream record: what became of messages would never be counted."""
    update = dynamodb._partiql_update

    def mended(table: dict[str, Any], parsed: dict[str, Any], data: Any = None) -> Any:
        pk, sk, _, error = dynamodb._partiql_key_target(table, parsed)
        before = None if error else table["items"].get(pk, {}).get(sk)
        before = copy.deepcopy(before)
        answer = update(table, parsed, data)
        if answer[0] == 200 and before is not None:
            after = table["items"][pk][sk]
            if after != before:
                dynamodb._emit_stream_event(table["TableName"], "MODIFY", before, after)
        return answer

    dynamodb._partiql_update = mended


def streams_start_over_with_their_tables() -> None:
    """A restart forgets a stream's records but keeps the readers' positions, which then lie beyond its end."""
    restore = lambda_svc.load_persisted_state

    def mended(data: Any) -> None:
        restore(data)
        lambda_svc._dynamodb_stream_positions.clear()

    lambda_svc.load_persisted_state = mended
