"""The deployment's secrets. Pepper and signing keys are made once and never replaced: ids and links already
out there depend on them. Write keys come and go."""

import secrets

from functions import clock, settings
from functions.aws import dynamodb
from functions.core import keys
from functions.core.keys import WriteKey
from functions.core.retention import Keep
from functions.releases import KEYRING, Keyring, NothingLive, keyring_from

VERSION = 2
FIRST = "first"
"""Name of the public key that a deployment is made with."""


class NoSuchKey(ValueError):
    """There is no write key of that name."""


class NameTaken(ValueError):
    """Another write key has that name."""


def ensure() -> bool:
    """Make the keyring unless there is one; whether it was made."""
    now = clock.now_ms()
    first = keys.public_key(FIRST, new_public(), at=now)
    made = Keyring(secrets.token_bytes(32), (secrets.token_bytes(32),), (first,))
    return dynamodb.put_new(settings.contacts_table(), to_row(made, now))


def new_public() -> str:
    return keys.PUBLIC_PREFIX + secrets.token_urlsafe(18)


def new_secret() -> str:
    return keys.SECRET_PREFIX + secrets.token_urlsafe(24)


def add(key: WriteKey) -> None:
    """Let `key` in. Raises NameTaken."""
    row, held = _read()
    if any(one.name == key.name for one in held.keys):
        raise NameTaken(f'there is a key "{key.name}" already: revoke it first, or choose another name')
    _replace(row, (*held.keys, key))


def remove(name: str) -> WriteKey:
    """Let the key of that name in no more; the key. Raises NoSuchKey."""
    row, held = _read()
    found = next((one for one in held.keys if one.name == name), None)
    if found is None:
        known = ", ".join(one.name for one in held.keys) or "none"
        raise NoSuchKey(f'there is no key "{name}"; there are: {known}')
    _replace(row, tuple(one for one in held.keys if one is not found))
    return found


def _read() -> tuple[dynamodb.Item, Keyring]:
    row = dynamodb.get(settings.contacts_table(), KEYRING)
    if row is None:
        raise NothingLive("the deployment has no keys yet: they are made when it is first deployed")
    return row, keyring_from(row)


def _replace(row: dynamodb.Item, held: tuple[WriteKey, ...]) -> None:
    """Store other write keys in place of those that were read. Raises ConditionFailed if somebody was faster."""
    turn = row.get("n", 0)
    dynamodb.update(
        settings.contacts_table(),
        KEYRING,
        "SET #keys = :keys, n = :next, v = :v REMOVE write_keys",
        condition="n = :turn" if turn else "attribute_exists(pk) AND attribute_not_exists(n)",
        names={"#keys": "keys"},
        values={
            ":keys": [keys.to_plain(one) for one in held],
            ":next": turn + 1,
            ":v": VERSION,
            **({":turn": turn} if turn else {}),
        },
    )


def to_row(keyring: Keyring, at: int) -> dynamodb.Item:
    """The item of keys made at `at` (ms)."""
    kept = {"keep": keyring.keep.to_plain()} if keyring.keep != Keep() else {}
    return kept | {
        "pk": KEYRING[0],
        "sk": KEYRING[1],
        "v": VERSION,
        "at": at,
        "pepper": keyring.pepper,
        "signing": list(keyring.signing),
        "keys": [keys.to_plain(one) for one in keyring.keys],
    }
