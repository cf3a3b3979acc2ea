"""Failing one AWS call of a handler, before or after its effect, as a crash at that point does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient


class Crash(BaseException):
    """The process is gone: nothing catches this."""


@contextmanager
def crash_at(call: int | str, *, after: bool, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """Crash at the `call`-th AWS call (from 0) of this block, or at the first of that name, before or
    after its effect.

    Yields a function that tells how many calls were made.
    """
    made = 0
    original = BaseClient._make_api_call

    def counted(self: Any, operation: str, arguments: Any) -> Any:
        nonlocal made
        here = call in (made, operation)
        made += 1
        if here and not after:
            raise Crash
        answer = original(self, operation, arguments)
        if here and after:
            raise Crash
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", counted)
        yield lambda: made
