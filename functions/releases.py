"""The live release and the deployment's keys, as functions need them.

The pointer is read once per invocation; content is immutable and kept for the life of the
process, keys for a minute.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from functions import clock, settings
from functions.aws import dynamodb
from functions.core import keys
from functions.core.keys import VapidKey, WriteKey
from functions.core.retention import Keep, keep_from

if TYPE_CHECKING:
    from functions.core.counters import Counters, Kept
    from functions.core.experiments import Test
    from functions.core.former import Former
    from functions.core.release import Release
    from functions.core.touched import Reads

KEYS_FOR_S = 60
POINTER = ("X#live", "X")
KEYRING = ("X#keys", "X")
SCRIPT = 1
"""Version of the settings of samovar.js beside the pointer; those of another are made anew from the release."""


class NothingLive(RuntimeError):
    """No release was published yet."""


@dataclass(frozen=True, slots=True)
class Live:
    """The release that the pointer names, the pointer's sequence number, and the settings of samovar.js (JSON;
    "" where they stand in the release alone)."""

    seq: int
    id: str
    script: str = ""

    @property
    def release(self) -> "Release":
        return by_id(self.id)

    @property
    def heard(self) -> frozenset[str]:
        """The journeys whose runs are recorded as events."""
        return heard_in(self.id)

    @property
    def counters(self) -> "Counters":
        return counters_of(self.seq, self.id)

    @property
    def reads(self) -> "Reads":
        """What its segments look at."""
        return reads_of(self.id)

    @property
    def former(self) -> "tuple[Former, ...]":
        """The journeys and campaigns that were live once and are no more, those first that went last."""
        return former_of(self.seq, self.id)

    @property
    def tests(self) -> "Mapping[str, Test]":
        """What it tries on visitors, by page."""
        return tests_of(self.id)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The deployment's secrets: `pepper` keys identity hashes, `signing` (newest first) signs
    links, `keys` let browsers and servers post. `keep` is how long events stay, as the live
    release has it: it stands here because intake reads this row, and no release. `vapid` (newest first)
    is by what push services know the deployment, `webhooks` the secrets that sign webhooks by name, newest first:
    all of them sign while one replaces another."""

    pepper: bytes
    signing: tuple[bytes, ...]
    keys: tuple[WriteKey, ...]
    keep: Keep = field(default_factory=Keep)
    vapid: tuple[VapidKey, ...] = ()
    webhooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def write_keys(self) -> tuple[str, ...]:
        """The public write keys, oldest first."""
        return tuple(key.held for key in self.keys if key.kind == keys.PUBLIC)


@dataclass(slots=True)
class _Held:
    keyring: Keyring | None = None
    read: float = field(default=0.0)


_held = _Held()


def live() -> Live:
    """The live release. Raises NothingLive before the first publish."""
    return live_from(dynamodb.get(settings.contacts_table(), POINTER))


def live_and(
    keys: Iterable[dynamodb.Key], *, consistent: bool = False
) -> tuple[Live, dict[dynamodb.Key, dynamodb.Item]]:
    """The live release and those of `keys` that stand in the contacts table, in one read, at half price unless it is
    `consistent`: otherwise what a moment ago was written may be missing. Raises NothingLive.
    """
    rows = dynamodb.batch_get(settings.contacts_table(), [POINTER, *keys], consistent=consistent)
    return live_from(rows.get(POINTER)), rows


def live_with_keys() -> Live:
    """The live release, and in the same read the deployment's keys where they are not held. Raises NothingLive."""
    now = clock.monotonic()
    if not _is_old(now):
        return live_lately()
    live, rows = live_and([KEYRING])
    if KEYRING in rows:
        _held.keyring, _held.read = keyring_from(rows[KEYRING]), now
    return live


def live_lately() -> Live:
    """The live release at half the price of a read, as it was a moment ago. Raises NothingLive."""
    return live_and(())[0]


def live_from(row: dynamodb.Item | None) -> Live:
    """The live release that the pointer's item names. Raises NothingLive where there is none."""
    if row is None:
        raise NothingLive("no release is live: publish one with `samovar publish`")
    stored = row.get("script", {})
    return Live(row["seq"], row["release"], stored["settings"] if stored.get("v") == SCRIPT else "")


@lru_cache(maxsize=8)
def by_id(release: str) -> "Release":
    """The content of a release."""
    from functions.aws import s3
    from functions.core.release import load

    return load(s3.get(settings.bucket(), f"releases/{release}.json"))


def found(release: str) -> "Release | None":
    """The content of a release, None where it is gone from the bucket or was made by a later version than this one."""
    from functions.aws import s3

    try:
        return by_id(release)
    except (s3.NotThere, ValueError):
        return None


@lru_cache(maxsize=8)
def heard_in(release: str) -> frozenset[str]:
    """The journeys that a release asks about."""
    from functions.core.journey_facts import heard

    return heard(by_id(release))


@lru_cache(maxsize=8)
def counters_of(seq: int, release: str) -> "Counters":
    """The counters that a release needs, and those that earlier ones need for people in flight."""
    from functions import bots
    from functions.core.counters import counters

    content = by_id(release)
    return counters(content, kept_at(seq), bots.version(content.bots))


@lru_cache(maxsize=8)
def former_of(seq: int, release: str) -> "tuple[Former, ...]":
    """What the releases before the pointer's move `seq` had, and a release does not."""
    from functions.core.former import gone

    return tuple(gone(by_id(release), remembered_at(seq)))


@lru_cache(maxsize=8)
def reads_of(release: str) -> "Reads":
    """What the segments of a release look at."""
    from functions.core.touched import Reads

    return Reads(by_id(release))


@lru_cache(maxsize=8)
def tests_of(release: str) -> "Mapping[str, Test]":
    """What a release tries on visitors, by page."""
    from functions.core.experiments import tried_on

    return tried_on(by_id(release).pages)


def kept_at(seq: int) -> "list[Kept]":
    """The counters of earlier releases that are kept since the pointer's move `seq`."""
    from functions.core.counters import kept_from

    return [kept_from(one) for one in _kept(seq)["counters"]]


def remembered_at(seq: int) -> "list[Former]":
    """The journeys and campaigns of the releases before the pointer's move `seq`, those first that were live last."""
    from functions.core.former import former_from

    return [former_from(one) for one in _kept(seq).get("former", ())]


def _kept(seq: int) -> dict[str, Any]:
    import json

    from functions.aws import s3

    try:
        return dict(json.loads(s3.get(settings.bucket(), kept_key(seq))))
    except s3.NotThere:
        return {"counters": []}


def kept_key(seq: int) -> str:
    """Where it is stored what is kept of earlier releases since a move of the pointer."""
    return f"releases/kept/{seq:08d}.json"


def keyring() -> Keyring:
    """The deployment's keys, at most a minute old."""
    now = clock.monotonic()
    if _held.keyring is None or _is_old(now):
        row: dict[str, Any] | None = dynamodb.get(settings.contacts_table(), KEYRING)
        if row is None:
            raise NothingLive("the deployment has no keys yet: they are made when it is first deployed")
        _held.keyring = keyring_from(row)
        _held.read = now
    return _held.keyring


def _is_old(now: float) -> bool:
    return _held.keyring is None or now - _held.read > KEYS_FOR_S


def keyring_from(row: dynamodb.Item) -> Keyring:
    """The keys of an item. Version 1 had public write keys only, without names."""
    if "keys" in row:
        held = tuple(keys.from_plain(one) for one in row["keys"])
    else:
        names = ("first", *(f"first-{number}" for number in range(2, len(row["write_keys"]) + 1)))
        held = tuple(
            WriteKey(name, keys.PUBLIC, key, at=row.get("at", 0))
            for name, key in zip(names, row["write_keys"], strict=False)
        )
    vapid = tuple(VapidKey(one["public"], one["private"], one["at"]) for one in row.get("vapid", ()))
    webhooks = {name: tuple(secrets) for name, secrets in row.get("webhooks", {}).items()}
    return Keyring(row["pepper"], tuple(row["signing"]), held, keep_from(row.get("keep", {})), vapid, webhooks)


def forget() -> None:
    """Drop what is kept: for tests and tools that change deployments."""
    _held.keyring = None
    by_id.cache_clear()
    heard_in.cache_clear()
    counters_of.cache_clear()
    former_of.cache_clear()
    reads_of.cache_clear()
    tests_of.cache_clear()
