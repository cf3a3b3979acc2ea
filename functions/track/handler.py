"""Everything that comes in: requests of the HTTP API, feedback of SES, events of other applications."""

from typing import Any

from functions.http import Answer, Request, serve
from functions.observability import handler as observed
from functions.track import api


@observed
def handler(event: dict[str, Any], context: Any) -> Any:
    """Lambda entry point, told apart by the shape of the event."""
    if "http" in event.get("requestContext", {}):
        return serve(event, respond)
    if "detail-type" in event:
        from functions.track import bus

        return bus.receive(event)
    from functions.track import feedback

    return feedback.receive(event)


def respond(request: Request) -> Answer:
    """The answer of the room that the path names. Rooms are imported when first entered."""
    match request.path.rstrip("/").split("/")[-4:]:
        case ["v1", "journeys", journey, "start"]:
            from functions.track import starting

            return starting.start(request, journey)
    match request.path.rstrip("/").split("/")[-2:]:
        case ["f", form]:
            from functions.track import forms

            return forms.submit(request, form)
        case ["o" | "c" | "u" as kind, token]:
            from functions.track import links

            return links.follow(request, kind, token)
        case ["get", token]:
            from functions.track import getting

            return getting.follow(request, token)
        case ["my", token]:
            from functions.track import personal

            return personal.follow(request, token)
        case ["rate", token]:
            from functions.track import rating

            return rating.follow(request, token)
        case ["p", token]:
            from functions.track import preferences

            return preferences.follow(request, token)
        case ["push", "subscribe" | "unsubscribe" as action]:
            from functions.track import pushing

            return pushing.receive(request, action)
        case ["confirm", token]:
            from functions.track import confirming

            return confirming.follow(request, token)
    return api.receive(request)
