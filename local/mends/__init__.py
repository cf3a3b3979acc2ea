"""Where the emulator falls short of AWS, it is mended here and nowhere else.

Each module mends one service, each function in it one gap, with its reason. All of them
reach into private parts of MiniStack, so its version is pinned, each mend checks what it
replaces before replacing it, and tests/e2e/test_mends.py fails when a new version makes
one unnecessary.
"""

from collections.abc import Callable
from functools import cache
from importlib.metadata import version

VERSION = "1.5.33"


class Unmendable(RuntimeError):
    """The emulator is not the one these mends were written for."""


def expect(holds: object, what: str) -> None:
    """Refuse to start on an emulator whose inside has changed."""
    if not holds:
        raise Unmendable(f"MiniStack has changed: {what}")


@cache
def apply() -> None:
    """Mend the emulator in this process, once."""
    from local.mends import gauge, http, lambdas, machines, mail, resources, tables

    found = version("ministack")
    expect(found == VERSION, f"found {found}, mended for {VERSION}")
    mends: list[Callable[[], None]] = [
        tables.insert_by_statement_reaches_the_stream,
        tables.update_by_statement_reaches_the_stream,
        tables.streams_start_over_with_their_tables,
        lambdas.error_keeps_its_type_and_the_worker,
        lambdas.silent_handler_is_not_held,
        http.cors_from_the_template,
        http.cors_of_the_api_is_the_only_one,
        http.binary_body_arrives_whole,
        http.slash_at_the_end_is_no_matter,
        machines.timeout_from_an_expression,
        machines.failed_callback_fails_the_task,
        machines.throttle_has_its_name,
        resources.archive,
        mail.keep_every_message,
        mail.keep_every_alert,
        gauge.answer_what_is_in_hand,
    ]
    for mend in mends:
        mend()
