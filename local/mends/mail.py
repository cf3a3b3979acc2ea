"""SES: keep what was sent, and report what became of it. SNS: keep what a mailbox would get of a topic."""

import base64
import json
import os
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as POLICY
from pathlib import Path
from typing import Any
from uuid import uuid4

from ministack.core.concurrency import spawn_background
from ministack.services import ses_v2, sns

from functions.clock import now_ms
from local.feedback import Sent, event_type, events

MAIL = "SAMOVAR_LOCAL_MAIL"
OWNER = "owner@samovar.local"

_unreported: set[str] = set()


def unreported() -> int:
    """How many messages were accepted whose events are not published yet."""
    return len(_unreported)


def keep_every_message() -> None:
    """Raw headers can't be read back, and configuration-set events do nothing.

    Every raw message is kept as one JSON file, and its events go to the topic that the
    configuration set's event destination names, in SES's own words.
    """
    handle, folder = ses_v2.handle_request, Path(os.environ[MAIL])

    async def mended(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        answer = await handle(method, path, headers, body, query)
        if method == "POST" and path.rstrip("/").endswith("/v2/email/outbound-emails") and answer[0] == 200:
            message = _sent(json.loads(body), json.loads(answer[2])["MessageId"])
            _keep(folder, message)
            _unreported.add(message.message_id)
            spawn_background(_publish, message)
        return answer

    ses_v2.handle_request = mended


def keep_every_alert() -> None:
    """Mail to the subscribers of a topic goes nowhere.

    What is published with a subject is kept as a letter to the owner, so that the inbox shows it.
    """
    publish, folder = sns._publish, Path(os.environ[MAIL])

    def mended(params: Any) -> Any:
        answer = publish(params)
        subject, topic = sns._p(params, "Subject"), sns._p(params, "TopicArn")
        if answer[0] == 200 and subject and topic:
            _keep(folder, _alert(topic.rpartition(":")[2], subject, sns._p(params, "Message")))
        return answer

    sns._publish = mended


def _alert(topic: str, subject: str, text: str) -> Sent:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = f"{topic} <no-reply@sns.amazonaws.com>", OWNER, subject
    letter.set_content(text)
    return Sent(
        message_id=str(uuid4()),
        at=now_ms(),
        source="no-reply@sns.amazonaws.com",
        to=(OWNER,),
        headers=tuple((name, str(value)) for name, value in letter.items()),
        tags={},
        configuration_set="",
        raw=letter.as_string(),
    )


def _sent(request: dict[str, Any], message_id: str) -> Sent:
    raw = base64.b64decode(request.get("Content", {}).get("Raw", {}).get("Data", ""))
    parsed = message_from_bytes(raw, policy=POLICY)
    return Sent(
        message_id=message_id,
        at=now_ms(),
        source=request.get("FromEmailAddress") or str(parsed.get("From", "")),
        to=tuple(request.get("Destination", {}).get("ToAddresses", [])),
        headers=tuple((name, str(value)) for name, value in parsed.items()),
        tags={tag["Name"]: tag["Value"] for tag in request.get("EmailTags") or []},
        configuration_set=request.get("ConfigurationSetName", ""),
        raw=raw.decode("utf-8", "surrogateescape"),
    )


def _keep(folder: Path, message: Sent) -> None:
    """Written under another name first, so a reader never sees half a message."""
    target = folder / f"{message.at}-{message.message_id.partition('@')[0]}.json"
    draft = target.with_suffix(".part")
    draft.write_text(message.to_json(), encoding="utf-8")
    draft.replace(target)


def _publish(message: Sent) -> None:
    destinations = (ses_v2._config_sets.get(message.configuration_set) or {}).get("EventDestinations") or {}
    try:
        for event in events(message):
            for destination in destinations.values():
                topic = (destination.get("SnsDestination") or {}).get("TopicArn")
                if topic and destination["Enabled"] and event_type(event) in destination["MatchingEventTypes"]:
                    sns.publish_internal(topic, json.dumps(event), "Amazon SES Email Event Notification")
    finally:
        _unreported.discard(message.message_id)
