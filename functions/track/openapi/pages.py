"""Forms, the links of mails, scripts and pages: what people follow and browsers load."""

from typing import Any

from functions.track.openapi.parts import JSON, PAGE, answer, errors, path


def paths() -> dict[str, Any]:
    """Every address that is no tracking call."""
    return {**_forms(), **_links(), **_sources(), **_rest()}


def _forms() -> dict[str, Any]:
    fields = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "array", "null"]}}
    kinds = (JSON, "application/x-www-form-urlencoded", "multipart/form-data")
    plain = {"type": "object", "additionalProperties": {"type": "string"}}
    content = {kind: {"schema": fields if kind == JSON else plain} for kind in kinds}
    query = [
        {"name": name, "in": "query", "schema": {"type": "string"}, "description": meaning}
        for name, meaning in (
            ("anonymousId", "The visitor's id, where the page that leads here knows it."),
            ("sv", "Proof that the visitor came by a link from their own mailbox: spares questions, shows nothing."),
        )
    ]
    shown = {**PAGE, "content": {"text/html": {}, "text/javascript": {}}}
    return {
        "/f/{form}": {
            "parameters": path("form"),
            "get": {
                "operationId": "showForm",
                "summary": "The form as a page; with .js after its id as a script that puts it into another page",
                "description": "Fields with `prefill: true` take what the query says under their name.",
                "parameters": query,
                "responses": {"200": shown, **errors("400", "404", "503")},
            },
            "post": {
                "operationId": "submitForm",
                "summary": "Submit the form",
                "description": "A browser that navigates gets pages, everybody else JSON.",
                "requestBody": {"required": True, "content": content},
                "responses": {
                    "200": answer("Kept", "FormStored"),
                    "303": {"description": "Kept; on to the page that says thanks"},
                    **errors("400", "404", "413", "415", "422", "503"),
                },
            },
        },
        "/thanks/{form}": {
            "parameters": path("form"),
            "get": {
                "operationId": "showThanks",
                "summary": "What is said after a form was sent",
                "responses": {"200": PAGE, **errors("400", "404", "503")},
            },
        },
        "/page/{page}": {
            "parameters": path("page"),
            "get": {
                "operationId": "showPage",
                "summary": "A landing page",
                "description": "What it shows may hang on the parameters of its address.",
                "parameters": query[1:],
                "responses": {"200": PAGE, "304": {"description": "As it was"}, **errors("400", "404", "503")},
            },
        },
        "/sitemap.xml": {
            "get": {
                "operationId": "showSitemap",
                "summary": "The landing pages that search engines are told of",
                "responses": {"200": {"description": "XML", "content": {"application/xml": {}}}, **errors("503")},
            },
        },
        "/robots.txt": {
            "get": {
                "operationId": "showRobots",
                "summary": "What search engines may read",
                "responses": {"200": {"description": "Text", "content": {"text/plain": {}}}, **errors("503")},
            },
        },
        "/privacy": {
            "get": {
                "operationId": "showPrivacy",
                "summary": "What is kept of people, why, and how long",
                "responses": {"200": PAGE, **errors("503")},
            },
        },
        "/get/{token}": {
            "parameters": path("token"),
            "get": {
                "operationId": "getFile",
                "summary": "Note a download, and go on to the file",
                "responses": {"302": {"description": "On to the file in S3"}, **errors("404", "410", "503")},
            },
            "head": {
                "operationId": "peekFile",
                "summary": "Where the file is; counts for nothing",
                "responses": {"302": {"description": "On to the file in S3"}, **errors("404", "410", "503")},
            },
        },
        "/my/{token}": {
            "parameters": path("token"),
            "get": {
                "operationId": "openPersonalPage",
                "summary": "Note a click, and go on to a personal page, which the cookie that is set here shows",
                "responses": {"302": {"description": "On to the page"}, **errors("404", "410", "503")},
            },
            "head": {
                "operationId": "peekPersonalPage",
                "summary": "Where the page is; counts for nothing, and shows nothing",
                "responses": {"302": {"description": "On to the page"}, **errors("404", "410", "503")},
            },
        },
        "/rate/{token}": {
            "parameters": path("token"),
            "get": {
                "operationId": "answerSurvey",
                "summary": "Note the answer of a link in a mail, and thank for it",
                "responses": {"200": PAGE, **errors("404", "410", "503")},
            },
            "head": {
                "operationId": "peekSurvey",
                "summary": "Whether the page is there; counts for nothing",
                "responses": {"200": PAGE, **errors("404", "410", "503")},
            },
            "post": {
                "operationId": "changeAnswer",
                "summary": "Give or change an answer, or comment on it",
                "responses": {"200": answer("Answered", "Stored"), **errors("400", "404", "410", "413", "415", "503")},
            },
        },
        "/confirm/{token}": {
            "parameters": path("token"),
            "get": {
                "operationId": "showConfirmation",
                "summary": "What a double opt-in is about, and a button; changes nothing",
                "responses": {"200": PAGE, **errors("404", "410", "503")},
            },
            "head": {
                "operationId": "peekConfirmation",
                "summary": "Whether the page is there",
                "responses": {"200": PAGE, **errors("404", "410", "503")},
            },
            "post": {
                "operationId": "confirm",
                "summary": "Confirm a double opt-in",
                "responses": {"200": answer("Confirmed", "Stored"), **errors("404", "410", "413", "415", "503")},
            },
        },
    }


def _links() -> dict[str, Any]:
    followed = {"302": {"description": "On to the signed address"}, **errors("404", "503")}
    unsubscribe = {
        "200": {**PAGE, "content": {"text/html": {}, JSON: {}}},
        **errors("400", "404", "413", "415", "503"),
    }
    action = {"type": "object", "properties": {"action": {"enum": ["withdraw", "all", "undo"]}}}
    boxes = {"type": "array", "items": {"type": "string"}}
    wishes = {
        "type": "object",
        "properties": {
            "action": {"enum": ["save", "pause", "resume", "off"]},
            "on": boxes,
            "was": boxes,
            "frequency": {"enum": ["every", "weekly", "monthly"]},
            "language": {"type": "string"},
        },
    }
    return {
        "/o/{token}": {
            "parameters": path("token"),
            "get": {
                "operationId": "open",
                "summary": "Pixel in a mail",
                "responses": {"200": {"description": "An image", "content": {"image/gif": {}}}, **errors("503")},
            },
        },
        "/c/{token}": {
            "parameters": path("token"),
            "get": {"operationId": "click", "summary": "Link in a mail", "responses": followed},
            "head": {"operationId": "peek", "summary": "Where the link leads, unrecorded", "responses": followed},
        },
        "/u/{token}": {
            "parameters": path("token"),
            "get": {
                "operationId": "showUnsubscribe",
                "summary": "A page with a button; changes nothing",
                "responses": unsubscribe,
            },
            "head": {
                "operationId": "peekUnsubscribe",
                "summary": "Whether the page is there",
                "responses": unsubscribe,
            },
            "post": {
                "operationId": "unsubscribe",
                "summary": "Unsubscribe (RFC 8058, or the page's buttons)",
                "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": action}}},
                "responses": unsubscribe,
            },
        },
        "/p/{token}": {
            "parameters": path("token"),
            "get": {
                "operationId": "showPreferences",
                "summary": "What somebody is sent, and what they can change of it; changes nothing",
                "responses": unsubscribe,
            },
            "head": {
                "operationId": "peekPreferences",
                "summary": "Whether the page is there",
                "responses": unsubscribe,
            },
            "post": {
                "operationId": "changePreferences",
                "summary": "What was changed on the page",
                "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": wishes}}},
                "responses": unsubscribe,
            },
        },
    }


def _sources() -> dict[str, Any]:
    answer = {"200": {"description": "JSON", "content": {JSON: {}}}, **errors("400", "401", "403", "503")}
    return {
        "/v1/projects/{key}/settings": {
            "parameters": path("key"),
            "get": {
                "operationId": "segmentSettings",
                "summary": "What @segment/analytics-next asks for first",
                "responses": answer,
            },
        },
        "/sourceConfig": {
            "get": {
                "operationId": "sourceConfig",
                "summary": "What @rudderstack/analytics-js asks for first, with or without a slash at the end",
                "security": [{"writeKey": []}, {"writeKeyInQuery": []}],
                "responses": answer,
            },
        },
    }


def _rest() -> dict[str, Any]:
    answer = {"200": {"description": "JSON", "content": {JSON: {}}}}
    page = {"200": {"description": "A page", "content": {"text/html": {}}}, **errors("503")}
    return {
        "/": {"get": {"operationId": "health", "summary": "Whether the API answers", "responses": answer}},
        "/samovar.js": {
            "get": {
                "operationId": "script",
                "summary": "The tracker script, with the settings of the live release",
                "responses": {
                    "200": {"description": "A script", "content": {"text/javascript": {}}},
                    "304": {"description": "The one that the browser holds"},
                    **errors("404", "503"),
                },
            },
        },
        "/popup": {
            "get": {
                "operationId": "decidePopup",
                "summary": "What pop-ups a page shows: at most one that comes by itself, and those for a click",
                "parameters": [
                    {"name": name, "in": "query", "schema": {"type": "string"}, "description": meaning}
                    for name, meaning in (
                        ("path", "Path of the page."),
                        ("q", "The parameters of its address that pop-ups ask about, as a query."),
                        ("r", "Host of the site that the visitor came from."),
                        ("n", "How many pages this visit has looked at."),
                        ("not", "Ids, with commas, of what this browser may not show now."),
                        ("sent", "Ids, with commas, of forms that were sent from this browser."),
                        ("sv", "Proof that the browser is a contact's: without it nothing about a person decides."),
                    )
                ],
                "responses": {**answer, **errors("400", "503")},
            },
        },
        "/popup.js": {
            "get": {
                "operationId": "popupScript",
                "summary": "What shows pop-ups: a module that the tracker loads where there is something to show",
                "responses": {
                    "200": {"description": "A script", "content": {"text/javascript": {}}},
                    "304": {"description": "The one that the browser holds"},
                },
            },
        },
        "/video.js": {
            "get": {
                "operationId": "videoScript",
                "summary": "What tells the plays of a page's clips",
                "responses": {
                    "200": {"description": "A script", "content": {"text/javascript": {}}},
                    "304": {"description": "The one that the browser holds"},
                },
            },
        },
        "/push": {"get": {"operationId": "pushPage", "summary": "A page to ask for notifications", "responses": page}},
        "/push.js": {
            "get": {
                "operationId": "pushScript",
                "summary": "What asks for notifications in a page, and shows them as its service worker",
                "responses": {
                    "200": {"description": "A script", "content": {"text/javascript": {}}},
                    **errors("503"),
                },
            },
        },
        **{
            f"/v1/push/{action}": {
                "post": {
                    "operationId": action,
                    "summary": summary,
                    "requestBody": {"content": {JSON: {"schema": {"type": "object", "required": ["subscription"]}}}},
                    "responses": {**answer, **errors("400", "401", "403", "413", "503")},
                }
            }
            for action, summary in (
                ("subscribe", "A browser wants notifications: its PushSubscription, anonymousId, agreed, proof"),
                ("unsubscribe", "It wants no more: its PushSubscription"),
            )
        },
        "/v1/openapi.json": {
            "get": {"operationId": "describe", "summary": "This description", "responses": answer},
        },
    }
