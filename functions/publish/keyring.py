"""The deployment's secrets, made once and never replaced: ids and links already out there depend on them."""

import secrets

from functions import clock, settings
from functions.aws import dynamodb
from functions.releases import Keyring


def ensure() -> bool:
    """Make the keyring unless there is one; whether it was made."""
    made = Keyring(secrets.token_bytes(32), (secrets.token_bytes(32),), ("wk_" + secrets.token_urlsafe(18),))
    return dynamodb.put_new(settings.contacts_table(), to_row(made, clock.now_ms()))


def to_row(keyring: Keyring, at: int) -> dynamodb.Item:
    """The item of keys made at `at` (ms)."""
    return {
        "pk": "X#keys",
        "sk": "X",
        "v": 1,
        "at": at,
        "pepper": keyring.pepper,
        "signing": list(keyring.signing),
        "write_keys": list(keyring.write_keys),
    }
