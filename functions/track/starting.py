"""Starting a journey by a call of the API: POST /v1/journeys/{journey}/start, with a secret key.

The call becomes an event like any other, so it is stored before it is answered, a retry with the same messageId
starts nothing twice, and the journey's own rules say whether the person is enrolled.
"""

from collections.abc import Mapping
from typing import Any

from functions import callers, clock, releases
from functions.core import intake, wire
from functions.core.errors import Refused
from functions.core.event import JOURNEY_REQUESTED
from functions.core.intake import Sender
from functions.core.requests import WANTED, is_on_request
from functions.http import Answer, Request, json_answer
from functions.track import limits, store
from functions.track.api import proofs
from functions.track.bus import to_call


def start(request: Request, journey: str) -> Answer:
    """Take note that somebody is to start a journey. Raises Refused."""
    received = clock.now_ms()
    if request.method != "POST":
        raise Refused("unknown-route", "There is nothing at this address.", status=404)
    body = wire.read_object(request.body)
    keyring = releases.keyring()
    key = callers.caller(request, keyring, body)
    if not key.trusted:
        raise Refused("secret-key-needed", "Send a secret key: anybody can read this one in a page.", status=403)
    journey = _checked(journey)
    posted = wire.read_call(_call(body, journey), "track", len(request.body))
    limits.admit(key, request.address, 1, received)
    sender = Sender(
        received,
        keyring.pepper,
        request.user_agent,
        request.is_ahead,
        trusted=True,
        proofs=proofs(posted, keyring.signing, received),
    )
    taken, dropped = intake.take(posted, sender)
    if dropped:
        raise dropped[0].reason
    store.insert(taken)
    return json_answer(200, {"success": True})


def _checked(called: str) -> str:
    """The journey's id, by which it is stored."""
    release = releases.live_lately().release
    journey = release.first_name("journey", called)
    if journey not in release.journeys:
        raise Refused("unknown-journey", "The live release has no such journey.", status=404)
    if not is_on_request(release.journeys[journey]):
        message = "This journey starts otherwise. Write start: {when: {requested: true}} to start it by a call."
        raise Refused("not-on-request", message, status=409)
    return journey


def _call(body: Mapping[str, Any], journey: str) -> dict[str, Any]:
    """The tracking call that the body stands for; `email` may stand at its top, as in events of the bus."""
    said = body.get("properties")
    if said is None or isinstance(said, dict):
        said = {**(said or {}), WANTED: journey}
    detail = {**body, "event": JOURNEY_REQUESTED, "properties": said}
    return to_call({"detail-type": JOURNEY_REQUESTED, "detail": detail})
