"""One thing that happened, as it is stored and scored.

Names of what Samovar itself records follow Segment's e-mail event spec.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

PAGE_VIEWED: Final = "Page Viewed"
SCREEN_VIEWED: Final = "Screen Viewed"
IDENTIFIED: Final = "Identified"
FORM_SUBMITTED: Final = "Form Submitted"
EMAIL_SENT: Final = "Email Sent"
EMAIL_DELIVERED: Final = "Email Delivered"
EMAIL_BOUNCED: Final = "Email Bounced"
EMAIL_COMPLAINED: Final = "Email Marked as Spam"
EMAIL_NOT_SPAM: Final = "Email Marked as Not Spam"
EMAIL_REJECTED: Final = "Email Rejected"
EMAIL_UNRENDERED: Final = "Email Rendering Failed"
EMAIL_DELAYED: Final = "Email Delayed"
EMAIL_OPENED: Final = "Email Opened"
EMAIL_CLICKED: Final = "Email Link Clicked"
EMAIL_LOOKED: Final = "Email Link Looked At"
SMS_RECEIVED: Final = "SMS Received"
SMS_UNSUBSCRIBED: Final = "SMS Unsubscribed"
PUSH_SUBSCRIBED: Final = "Push Subscribed"
PUSH_UNSUBSCRIBED: Final = "Push Unsubscribed"
PUSH_CLICKED: Final = "Push Clicked"
UNSUBSCRIBED: Final = "Unsubscribed"
RESUBSCRIBED: Final = "Resubscribed"
SUBSCRIPTION_CONFIRMED: Final = "Subscription Confirmed"
PREFERENCES_CHANGED: Final = "Preferences Changed"
TAG_ADDED: Final = "Tag Added"
TAG_REMOVED: Final = "Tag Removed"
CONTACTS_MERGED: Final = "Contacts Merged"
IMPORTED: Final = "Contact Imported"
JOURNEY_ENTERED: Final = "Journey Entered"
JOURNEY_ENDED: Final = "Journey Ended"
JOURNEY_REQUESTED: Final = "Journey Requested"
TRAITS_CHANGED: Final = "Traits Changed"
STAGE_SET: Final = "Stage Set"
POINTS_ADDED: Final = "Points Added"
HANDED_OFF: Final = "Lead Handed Off"
POPUP_SHOWN: Final = "Popup Shown"
POPUP_CLICKED: Final = "Popup Clicked"
POPUP_DISMISSED: Final = "Popup Dismissed"
ASSET_DOWNLOADED: Final = "Asset Downloaded"
SURVEY_ANSWERED: Final = "Survey Answered"
SURVEY_COMMENTED: Final = "Survey Commented"

SYSTEM: Final = "system"
"""Kind of events that Samovar itself records: only these carry opens, clicks, tags, withdrawals."""
STAFF: Final = "staff"
"""Property of what somebody of the staff changed by hand: their id at the sign-in service."""
FORM: Final = "form"
"""Kind of events that a form post records: only these carry the consents ticked."""

LIVE: Final = "live"
"""Cause of events that happen now; any other cause ("import", "backfill") starts no journey."""
IMPORT: Final = "import"
"""Cause of events that are brought from elsewhere long after they happened."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Event:
    """A fact. Its key (source, stamp, id) is stable under a retry; the first copy wins.

    `source` is the identity under which it is stored, as "kind#hash" (kinds: u userId,
    e e-mail, a anonymousId, c the contact itself). `stamp` is the client's clock in ms,
    uncorrected; `at` is corrected for skew and never later than `received`.
    `identities` are further identities that the event carried, in the same form. `kind` is the
    call that brought it (track, page, identify, …), SYSTEM or FORM. `proved`: not a stranger's
    claim, but vouched for by the owner's own systems or by a signed link. `held`: it doesn't
    count; as stored, not before a verdict says that a person did it, and as read together with
    its verdict, because that says otherwise or is still to come.
    """

    source: str
    id: str
    stamp: int
    at: int
    received: int
    kind: str
    name: str
    properties: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    traits: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    context: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    identities: tuple[str, ...] = ()
    cause: str = LIVE
    proved: bool = False
    held: bool = False

    def with_properties(self, more: Mapping[str, Any]) -> "Event":
        """The same event that says more: what its key says stays."""
        return replace(self, properties={**self.properties, **more})

    @property
    def sort_key(self) -> str:
        """Orders a source's events by the client's clock."""
        return f"{self.stamp:013d}#{self.id}"

    @property
    def all_identities(self) -> tuple[str, ...]:
        """Whom the event is of: its source, then what else it names."""
        return (self.source, *self.identities)

    @property
    def ref(self) -> str:
        """Names this event inside its deployment."""
        return f"{self.source}#{self.sort_key}"
