"""Who gets a run of a campaign: frozen in pieces in the bucket, campaigns/<campaign>/<run>/<n>.json.

The first who stores a piece has said who is in it; whoever counts the same piece again takes what stands there, so
that no two ideas of the audience mix, however often counting is interrupted. Opaque ids only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from functions import settings
from functions.aws import s3

SHAPE: Final = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of an audience: contacts by the moment (ms) at which it is their turn, what counting them found, and
    after which member (shard, contact) the next piece begins; None at the end."""

    parts: Mapping[int, list[str]]
    notes: Mapping[str, int] = field(default_factory=dict)
    next: tuple[str, str] | None = None


def key(campaign: str, run: str, number: int) -> str:
    """Where a piece is stored."""
    return f"campaigns/{campaign}/{run}/{number:06d}.json"


def put_new(campaign: str, run: str, number: int, piece: Piece) -> Piece:
    """Store a piece unless one stands there; the one that stands there then."""
    name = key(campaign, run, number)
    if s3.put_new(settings.bucket(), name, to_bytes(piece)):
        return piece
    return get(campaign, run, number)


def get(campaign: str, run: str, number: int) -> Piece:
    """A piece. Raises s3.NotThere."""
    return from_bytes(s3.get(settings.bucket(), key(campaign, run, number)))


def find(campaign: str, run: str, number: int) -> Piece | None:
    """A piece, None where it isn't stored yet."""
    try:
        return get(campaign, run, number)
    except s3.NotThere:
        return None


def to_bytes(piece: Piece) -> bytes:
    """The stored bytes of a piece."""
    parts = {str(at): ids for at, ids in piece.parts.items()}
    shape = {"v": SHAPE, "parts": parts, "notes": dict(piece.notes), "next": piece.next}
    return json.dumps(shape, separators=(",", ":"), sort_keys=True).encode()


def from_bytes(content: bytes) -> Piece:
    """The piece of stored bytes. Raises ValueError for a later shape."""
    stored = json.loads(content)
    if stored["v"] > SHAPE:
        raise ValueError(f"a piece of version {stored['v']} is newer than this code reads")
    following = stored["next"]
    parts = {int(at): ids for at, ids in stored["parts"].items()}
    return Piece(parts, stored["notes"], (following[0], following[1]) if following else None)
