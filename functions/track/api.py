"""The tracking API: POST /v1/{identify,track,page,screen,group,alias,batch,import} and the short names of each."""

import contextlib
from collections.abc import Sequence

from functions import callers, clock, releases
from functions.core import intake, wire
from functions.core.errors import Refused
from functions.core.event import UNSUBSCRIBED
from functions.core.intake import Sender
from functions.http import Answer, Request, json_answer
from functions.observability import metric
from functions.track import limits, store


def receive(request: Request) -> Answer:
    """Store the calls of a request. SDKs take nothing but 200 for success."""
    received = clock.now_ms()
    name = request.path.rstrip("/").rpartition("/")[2]
    name = wire.SHORT.get(name, name)
    if request.method != "POST" or (name not in wire.BATCHES and name not in wire.CALLS):
        raise Refused("unknown-route", "There is nothing at this address.", status=404)
    body = wire.read_object(request.body)
    keyring = releases.keyring()
    key = callers.caller(request, keyring, body)
    if "sentAt" not in body and "sentat" in request.headers:
        body["sentAt"] = request.headers["sentat"]
    size, many = len(request.body), name in wire.BATCHES
    posted = wire.read_batch(body, size) if many else wire.read_call(body, name, size)
    limits.admit(key, request.address, len(posted.calls), received)
    sender = Sender(
        received,
        keyring.pepper,
        request.user_agent,
        request.is_ahead,
        trusted=key.trusted,
        proofs=proofs(posted, keyring.signing, received),
        importing=name == "import",
    )
    taken, dropped = intake.take(posted, sender)
    if not many and dropped:
        raise dropped[0].reason
    for event in taken if key.trusted else ():
        if event.name == UNSUBSCRIBED:
            store.withdraw(event, "api")
    store.insert(taken)
    if not many:
        return json_answer(200, {"success": True})
    if dropped:
        metric("EventsDropped", len(dropped))
    named = {"dropped": [item.body() for item in dropped]} if dropped else {}
    accepted = len(posted.calls) + len(posted.dropped) - len(dropped)
    return json_answer(200, {"success": True, "accepted": accepted, **named})


def proofs(posted: wire.Posted, keys: Sequence[bytes], now: int) -> dict[str, str]:
    """The contacts that signed links prove, by the tokens in the calls. What is none proves nothing."""
    found: dict[str, str] = {}
    for token in {token for _, call in posted.calls if (token := intake.proof_of(call))}:
        from functions import tokens

        with contextlib.suppress(Refused):
            found[token] = tokens.read_proof(keys, token, now).contact
    return found
