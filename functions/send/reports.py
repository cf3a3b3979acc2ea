"""What happened on a channel whose provider reports nothing afterwards: said by whoever handed the message over."""

from functions import releases
from functions.core.campaign import origin
from functions.core.channels import CHANNELS
from functions.core.event import SYSTEM, Event
from functions.core.identity import own_ref
from functions.core.ids import digest
from functions.core.message import Message
from functions.tables import events, tombstones


def sent(message: Message, now: int) -> None:
    """Record that a message went out, as "SMS Sent". Once, however often it is told; nothing of erased people."""
    channel = CHANNELS.get(message.channel)
    source = own_ref(message.contact)
    # What staff was told is nothing that the contact did or got.
    if channel is None or channel.reports or tombstones.marks([source]):
        return
    said = origin(message.journey, message.step)
    event = Event(
        source=source,
        id=digest("sent", message.id),
        # The key must be the same whenever it is told: an attempt that is repeated is another moment.
        stamp=message.created,
        at=now,
        received=now,
        kind=SYSTEM,
        name=f"{channel.word} Sent",
        properties={"message": message.id, "template": message.template, **said},
    )
    events.insert([event], releases.keyring().keep)
