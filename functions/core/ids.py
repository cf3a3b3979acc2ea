"""Opaque ids: one-way, deterministic, safe to print in logs, URLs and execution names.

All are 128 bits of keyed BLAKE2b as 26 characters of lower-case base32. The key (the
deployment's *pepper*) keeps an address from being found by hashing guesses.
"""

import base64
import hashlib
from typing import Final

LINE: Final = "line#"
"""How the cause begins of what starts because a line was crossed."""


def digest(*parts: str, pepper: bytes = b"") -> str:
    """26 characters that stand for `parts`; different splits of one text differ."""
    state = hashlib.blake2b(digest_size=16, key=pepper[:64])
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        state.update(len(raw).to_bytes(4, "big"))
        state.update(raw)
    return base64.b32encode(state.digest()).decode("ascii").rstrip("=").lower()


def enrollment_id(contact: str, journey: str, cause: str) -> str:
    """Id of the run of `journey` that `cause` starts for `contact`."""
    return digest("enrollment", contact, journey, cause)


def message_id(enrollment: str, step: str, visit: int) -> str:
    """Id of what `step` sends on its `visit`-th visit (from 0) in an enrollment."""
    return digest("message", enrollment, step, str(visit))


def decision_id(contact: str, kind: str, name: str, version: int) -> str:
    """Id of a line crossed by the write that made the contact's state `version`."""
    return digest("decision", contact, kind, name, str(version))


def crossing(contact: str, journey: str, version: int) -> str:
    """What a trigger is told from others by where the write that made the contact's state `version` found that the
    journey's condition came to hold."""
    return LINE + digest("crossing", contact, journey, str(version))


def chance(*parts: str) -> int:
    """A number from 0 to 9,999 that stands for `parts`, each as likely as any other."""
    return int.from_bytes(hashlib.blake2b(digest(*parts).encode(), digest_size=8).digest(), "big") % 10_000


def uniform(*parts: str) -> float:
    """A number between 0 and 1, never either, that stands for `parts`: each as likely as any other."""
    drawn = int.from_bytes(hashlib.blake2b(digest(*parts).encode(), digest_size=8).digest(), "big") >> 11
    return (drawn + 0.5) / 2**53
