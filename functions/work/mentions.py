"""Whether a record that was set aside names a person of whom only hashes are known."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from functions import releases
from functions.core.identity import ANONYMOUS, EMAIL, PERSONAL, PUSH, hash_of, identity_ref

_ADDRESS: Final = re.compile(r"[^\s\"'<>,;:()\[\]\\]+@[^\s\"'<>,;:()\[\]\\]+")
_DEEPEST: Final = 40


class Mentions:
    """Finds identities by hashing everything in a record that could be one."""

    def __init__(self, refs: Iterable[str], contacts: Iterable[str]) -> None:
        self._refs = set(refs)
        self._ids = {hash_of(ref) for ref in self._refs} | set(contacts)
        self._pepper = releases.keyring().pepper

    def are_in(self, body: str) -> bool:
        """Whether the text, JSON or not, names the person by hash, address, user id or browser."""
        if any(one in body for one in self._ids):
            return True
        return any(self._is_theirs(text) for text in _texts(body, 0))

    def _is_theirs(self, text: str) -> bool:
        candidates = [(kind, text) for kind in (*PERSONAL, ANONYMOUS, PUSH)]
        candidates += [(EMAIL, found) for found in _ADDRESS.findall(text)]
        return any(identity_ref(kind, value, self._pepper) in self._refs for kind, value in candidates)


def _texts(value: Any, depth: int) -> Iterator[str]:
    """Every text in a value, those that are JSON themselves taken apart (SES in SNS in SQS)."""
    if depth > _DEEPEST:
        return
    match value:
        case str():
            yield value
            if value.lstrip()[:1] in ("{", "["):
                try:
                    yield from _texts(json.loads(value), depth + 1)
                except (ValueError, RecursionError):
                    return
        case int() if not isinstance(value, bool):
            yield str(value)
        case dict():
            for key, part in value.items():
                yield str(key)
                yield from _texts(part, depth + 1)
        case list():
            for part in value:
                yield from _texts(part, depth + 1)
