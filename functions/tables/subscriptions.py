"""Browsers' subscriptions to web push: contacts table, A#<hash of the endpoint> / P, beside their ledger.

endpoint, p256dh, auth · browser (identity of the visitor who subscribed) · proved (contact, or absent) · at · v
"""

from collections.abc import Iterable

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer
from functions.core.push import Subscription

VERSION = 1


def key(address: str) -> dynamodb.Key:
    """Where the subscription of an endpoint's hash stands."""
    return f"A#{address}", "P"


def put(address: str, subscription: Subscription) -> None:
    """Keep a subscription, in place of what its browser told before."""
    dynamodb.put(settings.contacts_table(), to_item(address, subscription))


def remove(address: str) -> None:
    """Forget a subscription."""
    dynamodb.delete(settings.contacts_table(), key(address))


def read(addresses: Iterable[str]) -> dict[str, Subscription]:
    """Those of these that there are, by the hash of their endpoint (consistent read)."""
    rows = dynamodb.batch_get(settings.contacts_table(), map(key, addresses))
    return {pk.removeprefix("A#"): from_item(item) for (pk, _), item in rows.items()}


def to_item(address: str, subscription: Subscription) -> dynamodb.Item:
    """The row of a subscription."""
    pk, sk = key(address)
    item: dynamodb.Item = {
        "pk": pk,
        "sk": sk,
        "v": VERSION,
        "endpoint": subscription.endpoint,
        "p256dh": subscription.p256dh,
        "auth": subscription.auth,
        "browser": subscription.browser,
        "at": subscription.at,
    }
    return item | ({"proved": subscription.proved} if subscription.proved else {})


def from_item(item: dynamodb.Item) -> Subscription:
    """The subscription of a row. Raises Newer."""
    if item["v"] > VERSION:
        raise Newer(f"subscription row of version {item['v']} is newer than this code reads")
    return Subscription(
        item["endpoint"], item["p256dh"], item["auth"], item["browser"], item.get("proved", ""), item["at"]
    )
