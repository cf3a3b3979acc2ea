"""The tracking API: POST /v1/{identify,track,page,screen,group,alias,batch}."""

import base64
import binascii
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from functions import clock, releases
from functions.core import intake, wire
from functions.core.errors import Refused
from functions.core.intake import Sender
from functions.http import Answer, Request, json_answer
from functions.observability import metric
from functions.track import store

SHORT: Final[Mapping[str, str]] = {name[0]: name for name in (*wire.CALLS, "batch")} | {"import": "batch"}
"""Other names that SDKs use for a call: its first letter, and import."""


def receive(request: Request) -> Answer:
    """Store the calls of a request. SDKs take nothing but 200 for success."""
    received = clock.now_ms()
    name = request.path.rstrip("/").rpartition("/")[2]
    name = SHORT.get(name, name)
    if request.method != "POST" or (name != "batch" and name not in wire.CALLS):
        raise Refused("unknown-route", "There is nothing at this address.", status=404)
    body = wire.read_object(request.body)
    keys = releases.keyring()
    if write_key(request, body) not in keys.write_keys:
        raise Refused("unknown-write-key", "Send a write key of this deployment.", status=401)
    if "sentAt" not in body and "sentat" in request.headers:
        body["sentAt"] = request.headers["sentat"]
    size = len(request.body)
    posted = wire.read_batch(body, size) if name == "batch" else wire.read_call(body, name, size)
    sender = Sender(received, keys.pepper, request.user_agent, proofs=proofs(posted, keys.signing, received))
    taken, dropped = intake.take(posted, sender)
    if name != "batch" and dropped:
        raise dropped[0].reason
    store.insert(taken)
    if name != "batch":
        return json_answer(200, {"success": True})
    if dropped:
        metric("EventsDropped", len(dropped))
    named = {"dropped": [item.body() for item in dropped]} if dropped else {}
    return json_answer(
        200, {"success": True, "accepted": len(posted.calls) + len(posted.dropped) - len(dropped), **named}
    )


def proofs(posted: wire.Posted, keys: Sequence[bytes], now: int) -> dict[str, str]:
    """The contacts that signed links prove, by the tokens in the calls. What is none proves nothing."""
    found: dict[str, str] = {}
    for token in {token for _, call in posted.calls if (token := intake.proof_of(call))}:
        from functions import tokens

        with contextlib.suppress(Refused):
            found[token] = tokens.read_proof(keys, token, now).contact
    return found


def write_key(request: Request, body: Mapping[str, Any]) -> str:
    """The write key, from wherever SDKs put it: Basic user name, query or body; "" for none."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[0]
        except (binascii.Error, ValueError):
            return ""
    key = request.query.get("writeKey") or body.get("writeKey")
    return key if isinstance(key, str) else ""
