"""Errors that the core tells apart: what a person outside can cause, and what a later version stored."""

from collections.abc import Mapping
from typing import Any


class Newer(Exception):
    """Stored by a later version of Samovar, in a shape that this one doesn't read.

    It happens while a deployment rolls out: not for good, so the record comes again.
    """


class Refused(Exception):
    """Input that is refused, with a stable code that callers may match on.

    `code` is kebab-case and never changes once released; `field` names the offending
    field as a dotted path, `status` is the HTTP status the edge answers with (4xx).
    `retry_after` (seconds) says when the same would be taken.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        status: int = 400,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.status = status
        self.retry_after = retry_after

    def body(self) -> Mapping[str, Any]:
        """The JSON error shape that every public route answers with."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.field is not None:
            error["field"] = self.field
        return {"error": error}
