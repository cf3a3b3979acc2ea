"""The deployment's secrets, made once and never replaced: ids and links already out there depend on them."""

import secrets

from functions import clock, settings
from functions.aws import dynamodb


def ensure() -> bool:
    """Make the keyring unless there is one; whether it was made."""
    row = {
        "pk": "X#keys",
        "sk": "X",
        "v": 1,
        "at": clock.now_ms(),
        "pepper": secrets.token_bytes(32),
        "signing": [secrets.token_bytes(32)],
        "write_keys": ["wk_" + secrets.token_urlsafe(18)],
    }
    return dynamodb.put_new(settings.contacts_table(), row)
