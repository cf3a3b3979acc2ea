"""Whether anybody can have agreed to what a campaign or a journey sends."""

from collections.abc import Iterator

from authoring.definitions import Definitions
from authoring.load import Document, Path
from authoring.problems import Problem
from functions.core.channels import BY_EMAIL, BY_PUSH, BY_SMS, to_people
from functions.core.identity import EMAIL

CODE = "nobody-is-asked"


def is_transactional(known: Definitions, topic: str) -> bool:
    """Whether a topic needs no consent."""
    return known.sending is not None and any(one.id == topic and one.transactional for one in known.sending[1].topics)


def nobody_is_asked(document: Document, path: Path, topic: str, channel: str, known: Definitions) -> Iterator[Problem]:
    """A warning where nothing here asks people about a marketing topic on a channel."""
    if known.sending is None or not to_people(channel) or is_transactional(known, topic):
        return
    if known.topic_names is not None and topic not in known.topic_names:
        return  # said where it is written
    boxes = [box for _, form in known.forms.values() for box in form.consents if box.topic == topic]
    if known.form_names - known.forms.keys():
        return  # what a form asks that can't be read is not known
    if channel == BY_EMAIL and not any((box.channel, box.identity) == (BY_EMAIL, EMAIL) for box in boxes):
        message = f'no form asks whether somebody wants "{topic}" by e-mail'
        mend = f"Add to a form's consents {{topic: {topic}, label: …}}; or import addresses with their consent"
    elif channel == BY_SMS and not any(box.channel == BY_SMS for box in boxes):
        message = f'no form asks whether somebody wants "{topic}" by text message'
        mend = (
            f"Add to a form a field of type: phone, and to its consents {{topic: {topic}, channel: sms, label: …}}; "
            "or import numbers with their consent"
        )
    elif channel == BY_PUSH and topic not in known.sending[1].push.topics:
        message = f'the button for notifications asks nobody about "{topic}"'
        mend = f"Add it to sending.yaml: push: {{topics: [{topic}], wording: …}}"
    else:
        return
    yield document.problem(path, message, mend, code=CODE, severity="warning")
