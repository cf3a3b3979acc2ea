"""Ordinary traffic: what a shop's pages and server send, as the HTTP API hands it to the function."""

import base64
import json
import random
from typing import Any

WRITE_KEY = "bench-write-key"
PAGES = ("/", "/first-flush", "/darjeeling", "/brewing/green-tea", "/cart", "/gift-sets", "/about")
AGENT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15"


def call(chance: random.Random, person: int, moment: str, *, known: bool = False) -> dict[str, Any]:
    """One call of a browser SDK, about 900 bytes with its context, as it is sent. `moment` is ISO 8601."""
    path = chance.choice(PAGES)
    made: dict[str, Any] = {
        "messageId": f"ajs-next-{chance.randrange(10**13)}-{chance.randbytes(16).hex()}",
        "anonymousId": f"3f1c2d{person:04d}-7a55-4f0e-9b1d-5a1b2c3d4e5f",
        "timestamp": moment,
        "context": {
            "page": {
                "path": path,
                "referrer": "https://www.example-search.com/",
                "search": "?utm_source=newsletter&utm_campaign=spring",
                "title": "Yellow Samovar Tea: loose leaves from small gardens",
                "url": f"https://yellow-samovar.example{path}?utm_source=newsletter&utm_campaign=spring",
            },
            "campaign": {"source": "newsletter", "name": "spring"},
            "locale": "en-GB",
            "timezone": "Europe/Istanbul",
            "userAgent": AGENT,
            "library": {"name": "analytics.js", "version": "npm:next-1.84.3"},
        },
        "integrations": {},
    }
    if known:
        made["userId"] = f"customer-{person:05d}"
    if chance.random() < 0.7:
        return made | {"type": "page", "name": "", "properties": {**made["context"]["page"]}}
    product = {
        "product_id": f"tea-{chance.randrange(400):04d}",
        "name": "First Flush Darjeeling, 100 g",
        "price": 18.5,
        "currency": "EUR",
        "quantity": chance.randint(1, 3),
    }
    return made | {"type": "track", "event": chance.choice(("Product Viewed", "Product Added")), "properties": product}


def request(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The event that an HTTP API (payload format 2.0) makes of a POST."""
    authorization = base64.b64encode(f"{WRITE_KEY}:".encode()).decode()
    return {
        "version": "2.0",
        "routeKey": "POST /v1/{proxy+}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "authorization": f"Basic {authorization}",
            "content-type": "application/json",
            "host": "abcdefghij.execute-api.eu-west-1.amazonaws.com",
            "origin": "https://yellow-samovar.example",
            "user-agent": AGENT,
            "x-forwarded-for": "203.0.113.9",
        },
        "requestContext": {"http": {"method": "POST", "path": path, "sourceIp": "203.0.113.9", "userAgent": AGENT}},
        "pathParameters": {"proxy": path.rpartition("/")[2]},
        "isBase64Encoded": False,
        "body": json.dumps(body, separators=(",", ":")),
    }


def posted(chance: random.Random, calls: list[dict[str, Any]], sent: str) -> dict[str, Any]:
    """The request that brings these calls: a single call goes to its own address, several to /v1/batch."""
    if len(calls) == 1:
        return request(f"/v1/{calls[0]['type']}", {**calls[0], "sentAt": sent})
    return request("/v1/batch", {"batch": calls, "sentAt": sent})
