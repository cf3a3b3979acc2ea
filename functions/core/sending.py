"""sending.yaml: who sends, about what, how fast and how often."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from functions.core.definition import Definition, Duration, Id
from functions.core.forms import COUNTRY
from functions.core.push import PushSettings
from functions.core.sms import SmsSettings


class Business(Definition):
    """Who the sender is; the postal address stands under every marketing mail."""

    name: str = Field(min_length=1, description="Stands on pages, and in mails as `{{ business.name }}`.")
    address: str = Field("", description="Postal address; most countries want it under marketing mail.")
    time_zone: str = Field("UTC", description="Where its days begin, such as Europe/Istanbul.")
    language: str = Field("en", description="Language of mails and pages, such as en, tr or de-CH.")
    country: str | None = Field(
        None,
        pattern=COUNTRY,
        description="Such as TR: whose phone numbers need no country code; the zone's without it.",
    )
    site: str = Field("", pattern=r"^(https?://.*)?$", description="Web site; pages lead back to it.")


class Sender(Definition):
    """The From line."""

    name: str = Field(min_length=1, max_length=100)
    email: str = Field(pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")


class Topic(Definition):
    """What a contact agrees to hear about. Transactional topics need no consent."""

    id: Id
    title: str
    transactional: bool = Field(False, description="About something they did, such as an order.")


class Cap(Definition):
    """At most so many marketing messages on a channel within a time."""

    channel: Literal["email"] = "email"
    at_most: int = Field(ge=1, le=50)
    within: Duration


class Sending(Definition):
    """sending.yaml"""

    business: Business
    sender: Sender = Field(alias="from")
    reply_to: str | None = Field(
        None, pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$", description="Where answers go, if not to the sender."
    )
    topics: list[Topic] = Field(min_length=1)
    caps: list[Cap] = Field(default_factory=list, description="How often one person may be written to.")
    rate_per_second: float = Field(1.0, gt=0, le=1000, description="Messages handed to SES in a second.")
    push: PushSettings = Field(default_factory=PushSettings, description="How people opt in to notifications.")
    sms: SmsSettings = Field(default_factory=SmsSettings, description="How text messages are sent.")
    words: dict[str, str] = Field(
        default_factory=dict, description="Built-in words of public pages said otherwise, by key; see docs/forms.md."
    )

    def is_own(self, url: str) -> bool:
        """Whether a link leads to the business's own site or a part of it."""
        site = (urlsplit(self.business.site).hostname or "").removeprefix("www.")
        try:
            host = urlsplit(url).hostname or ""
        except ValueError:
            return False
        return bool(site) and (host == site or host.endswith(f".{site}"))
