"""The deployment's secrets. Pepper, signing and VAPID keys are made once and never replaced: ids, links and
subscriptions already out there depend on them. Write keys and webhooks' secrets come and go."""

import contextlib
import secrets
from collections.abc import Mapping

from functions import clock, settings
from functions.aws import dynamodb
from functions.core import keys, webhook
from functions.core.keys import VapidKey, WriteKey
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
    """Make the keyring, or what an older one lacks, unless it is there; whether the keyring was made."""
    now, table = clock.now_ms(), settings.contacts_table()
    row = dynamodb.get(table, KEYRING)
    if row is None:
        first = keys.public_key(FIRST, new_public(), at=now)
        made = Keyring(secrets.token_bytes(32), (secrets.token_bytes(32),), (first,), vapid=(new_vapid(now),))
        return dynamodb.put_new(table, to_row(made, now))
    if "vapid" not in row:
        with contextlib.suppress(dynamodb.ConditionFailed):
            dynamodb.change(
                table,
                KEYRING,
                "SET vapid = :vapid",
                condition="attribute_exists(pk) AND attribute_not_exists(vapid)",
                values={":vapid": [_vapid(new_vapid(now))]},
            )
    return False


def new_vapid(now: int) -> VapidKey:
    """A key by which push services know this deployment."""
    import base64

    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    public = base64.urlsafe_b64encode(point).rstrip(b"=").decode("ascii")
    return VapidKey(public, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), now)


def make_secret(name: str, *, replace: bool) -> str:
    """Make the secret that signs the webhooks of that name; the secret, as receivers are given it.

    With `replace` a new one signs from now on beside the one before it, until `retire`. Raises NameTaken where
    there is one and it shall not be replaced, ConditionFailed if somebody was faster.
    """
    row, held = _read()
    before = held.webhooks.get(name, ())
    if before and not replace:
        raise NameTaken(f'there is a secret "{name}" already: show it, or rotate it')
    made = webhook.new_secret(secrets.token_bytes(webhook.SECRET_BYTES))
    _replace_secrets(row, {**held.webhooks, name: (made, *before[:1])})
    return made


def retire(name: str) -> int:
    """Let the older secrets of that name sign no more; how many went. Raises NoSuchKey, ConditionFailed."""
    row, held = _read()
    if name not in held.webhooks:
        raise NoSuchKey(f'there is no secret "{name}"; there are: {", ".join(held.webhooks) or "none"}')
    _replace_secrets(row, {**held.webhooks, name: held.webhooks[name][:1]})
    return len(held.webhooks[name]) - 1


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


def _replace_secrets(row: dynamodb.Item, held: Mapping[str, tuple[str, ...]]) -> None:
    """Store other secrets in place of those that were read. Raises ConditionFailed if somebody was faster."""
    before = row.get("webhooks")
    dynamodb.update(
        settings.contacts_table(),
        KEYRING,
        "SET webhooks = :held",
        condition="attribute_not_exists(webhooks)" if before is None else "webhooks = :before",
        values={
            ":held": {name: list(secrets) for name, secrets in held.items()},
            **({} if before is None else {":before": before}),
        },
    )


def _vapid(key: VapidKey) -> dict[str, object]:
    return {"public": key.public, "private": key.private, "at": key.at}


def to_row(keyring: Keyring, at: int) -> dynamodb.Item:
    """The item of keys made at `at` (ms)."""
    kept: dict[str, object] = {"keep": keyring.keep.to_plain()} if keyring.keep != Keep() else {}
    if keyring.vapid:
        kept["vapid"] = [_vapid(one) for one in keyring.vapid]
    if keyring.webhooks:
        kept["webhooks"] = {name: list(held) for name, held in keyring.webhooks.items()}
    return kept | {
        "pk": KEYRING[0],
        "sk": KEYRING[1],
        "v": VERSION,
        "at": at,
        "pepper": keyring.pepper,
        "signing": list(keyring.signing),
        "keys": [keys.to_plain(one) for one in keyring.keys],
    }
