"""Why a message is withheld, or waits."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing-address": "The contact has no e-mail address, number or subscription for the channel.",
        "unusable-address": "The address can't be written in a form that mail servers take.",
        "suppressed-bounce": "Mail to this address bounced for good.",
        "suppressed-by-hand": "Somebody of the staff stopped all messages to this address.",
        "suppressed-gone": "The browser's subscription ended: its push service says that it is gone.",
        "unproved-browser": "Nothing proves that the browser which subscribed is this person's.",
        "country-refused": "sending.yaml sends no text messages to the number's country.",
        "too-long": "What the template says of this contact is longer than the channel takes.",
        "no-staff": "sending.yaml names nobody in the group of staff.",
        "no-secret": "The webhook's signing secret was not made.",
        "suppressed-complaint": "The recipient marked mail from us as spam.",
        "no-consent": "The address never agreed to this topic.",
        "unsubscribed": "The recipient unsubscribed from this topic.",
        "goal-reached": "The contact reached the journey's goal before the message went out.",
        "frequency-cap": "The contact already got as many messages as the cap allows.",
        "journey-limit": "The contact already got as many messages of the journey as its limit allows.",
        "frequency-chosen": "The recipient wishes fewer messages than this would be.",
        "paused-by-recipient": "The recipient wishes to hear nothing for a while.",
        "quiet-hours": "It is outside the hours in which the contact may be written to.",
        "too-late": "The message could not be sent before its time was over.",
        "paused": "Sending is paused.",
        "provider-limit": "The mail service takes no more for now: its quota is used up, or it paused us.",
        "warm-up": "A new domain sends little at first; it has a place on a later day.",
        "same-person": "Another entry of the campaign's list turned out to be the same person, who gets it once.",
        "campaign-cancelled": "The campaign was cancelled before the message went out.",
        "other-address": "The contact's address is not the one that was asked to confirm.",
        "missing-variable": "The template needs something that is not known about the contact.",
        "template-error": "The template failed with this contact's data.",
        "unknown-template": "The release has no such template.",
        "unknown-topic": "The release has no such topic.",
        "provider-rejected": "The mail service refused the message.",
    }
)
"""Every reason for which a message is withheld. Codes never change once released."""
