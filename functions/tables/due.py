"""The sparse index of what is due: only rows with something to happen by time are in it."""

SHARDS = 8


def shard(identifier: str) -> str:
    """The index shard of an opaque id: they are hashes, so any character spreads evenly."""
    return str(sum(identifier[:4].encode()) % SHARDS)


def shards() -> list[str]:
    """All shards."""
    return [str(number) for number in range(SHARDS)]
