"""Entries of a campaign's list that turned out to be one person: one message goes, whichever comes first.

Guarantees. Of the messages of one run to contacts that are one by now at most one is handed over: whoever would send
one withholds the others first, on the record, and none is begun while another of them may have gone.
"""

from functions.aws import dynamodb
from functions.core import message as ledger
from functions.core.campaign import campaign_of, message_id
from functions.core.contact import Contact
from functions.core.identity import contacts_among
from functions.core.message import Message
from functions.tables import messages

REASON = "same-person"


def is_second(message: Message, contact: Contact, now: int) -> bool:
    """Whether another message of the same run reaches, or may have reached, the same person.

    `contact` is whom the message's contact was merged into by now, or itself. Where the answer is no, what else
    the run decided for this person is withheld by now. Asks nothing for whoever never was two.
    """
    campaign = campaign_of(message.journey)
    others = contacts_among(contact.profile.identities)
    if campaign is None or not others:
        return False
    for one in sorted({contact.id, *others} - {message.contact}):
        other = messages.get(one, message_id(campaign, message.step, one))
        while other is not None and other.state == "intended":
            if _first(other, message, contact):
                return True
            try:
                messages.change(other, ledger.withhold(other, REASON, now))
            except dynamodb.ConditionFailed as refused:
                other = messages.from_item(refused.item) if refused.item else None
            else:
                other = None
        if other is not None and other.state != "withheld":
            return True
    return False


def _first(one: Message, other: Message, contact: Contact) -> bool:
    """Which of two that wait goes: the survivor's own, else that of the lower id."""
    return (one.contact != contact.id, one.id) < (other.contact != contact.id, other.id)
