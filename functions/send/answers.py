"""What a program answers to a step's webhook, kept as traits of the contact."""

from functions import releases
from functions.core import event as names
from functions.core import webhook
from functions.core.event import SYSTEM, Event
from functions.core.identity import own_ref
from functions.core.ids import digest
from functions.core.message import Message
from functions.core.steps import CallWebhook
from functions.observability import logger, metric
from functions.tables import events, tombstones


def keep(message: Message, body: bytes, now: int) -> None:
    """Record what the message's step keeps of an answer, at `now` (ms), as "Traits Changed".

    Once, though a request that is repeated is answered again: what was recorded first stays. Nothing of erased people.
    """
    step = releases.by_id(message.release).step(message.journey, message.step)
    if not isinstance(step, CallWebhook) or not step.keep:
        return
    traits = webhook.kept(body, step.keep)
    if traits is None:
        logger.warning("a webhook's answer is no JSON that traits could be kept of", message_id=message.id)
        metric("WebhookAnswersIgnored")
        return
    source = own_ref(message.contact)
    if not traits or tombstones.marks([source]):
        return
    event = Event(
        source=source,
        id=digest("kept", message.id),
        # The key must be the same whenever it is told.
        stamp=message.created,
        at=now,
        received=now,
        kind=SYSTEM,
        name=names.TRAITS_CHANGED,
        properties={"journey": message.journey, "step": message.step, "message": message.id},
        traits=traits,
        proved=True,
    )
    events.insert([event], releases.keyring().keep)
