"""sending.yaml: who sends, about what, how fast and how often."""

from functools import lru_cache
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from functions.core.channels import ChannelName, to_people
from functions.core.definition import COUNTRY, Definition, Duration, Id, Lasting
from functions.core.hours import Hours, ever_open
from functions.core.languages import said_in
from functions.core.push import PushSettings
from functions.core.sms import SmsSettings
from functions.core.warmup import WarmUp


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


Mailbox = Annotated[str, Field(pattern=r"^[^@\s<>,]+@[^@\s<>,]+\.[^@\s<>,]+$")]


class Sender(Definition):
    """The From line."""

    name: str = Field(min_length=1, max_length=100)
    email: str = Field(pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")


class Topic(Lasting):
    """What a contact agrees to hear about. Transactional topics need no consent."""

    id: Id
    title: str = Field(description="Stands on pages, and in mails as `{{ topic.title }}`.")
    titles: dict[str, str] = Field(
        default_factory=dict, description="Its title in other languages, by code, such as {tr: Çay notları}."
    )
    transactional: bool = Field(False, description="About something they did, such as an order.")

    def titled(self, language: str) -> str:
        """The title in a language such as "tr-TR": of that very tag, else of its base language, else `title`."""
        return (said_in(self.titles, language) if self.titles else None) or self.title


class Cap(Definition):
    """At most so many messages to one person within a time.

    Without `channel` and `topics` it counts them all together. Marketing messages and transactional
    ones are never counted together: a cap is for one kind, and for marketing unless it says otherwise.
    """

    channel: ChannelName | None = Field(None, description="The channel it counts; all together without it.")
    topics: list[Id] = Field(default_factory=list, description="The topics it counts; all together without it.")
    transactional: bool = Field(False, description="Whether it is for transactional messages, not for marketing.")
    at_most: int = Field(ge=1, le=50)
    within: Duration
    then: Literal["withhold", "wait"] = Field(
        "withhold", description="What becomes of one too many: never sent, or sent once there is room."
    )

    def counts(self, channel: str, topic: str, *, transactional: bool) -> bool:
        """Whether a message is one of those that it counts. What goes to no person is counted by name only."""
        return (
            transactional == self.transactional
            and (channel == self.channel if self.channel else to_people(channel))
            and (not self.topics or topic in self.topics)
        )


Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class Brand(Definition):
    """How the base layout of e-mails looks. Colours as #rrggbb; those of dark mode follow from them."""

    primary: Colour = Field("#1f6f54", description="The band with name or logo, buttons.")
    accent: Colour | None = Field(None, description="Buttons, where they aren't as the band is.")
    background: Colour = Field("#f4f2ee", description="Around the letter.")
    surface: Colour = Field("#ffffff", description="The letter itself.")
    text: Colour = Field("#2b2b2b", description="What is written on it.")
    font: str = Field(
        "Helvetica, Arial, sans-serif",
        pattern=r"^[\w \-,']+$",
        description="Fonts that mail programs have, the best first.",
    )
    logo: str = Field(
        "", pattern=r"^(https://[^\s\"<>]+)?$", description="A picture for the band; its name without one."
    )
    logo_width: int = Field(160, ge=20, le=600, description="In pixels.")


class Sending(Definition):
    """sending.yaml"""

    business: Business
    sender: Sender = Field(alias="from")
    reply_to: str | None = Field(
        None, pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$", description="Where answers go, if not to the sender."
    )
    brand: Brand = Field(default_factory=Brand, description="Colours, font and logo of e-mails.")
    topics: list[Topic] = Field(min_length=1)
    caps: list[Cap] = Field(default_factory=list, description="How often one person may be written to.")
    hours: Annotated[list[Hours], AfterValidator(ever_open)] = Field(
        default_factory=list, description="When people may be written to, by the clock on their own wall."
    )
    rate_per_second: float = Field(1.0, gt=0, le=1000, description="Messages handed to SES in a second.")
    warm_up: WarmUp | None = Field(
        None, description="For a new domain: little marketing mail at first, and more every day."
    )
    monthly_budget: float | None = Field(
        None,
        gt=0,
        le=1_000_000,
        description="Dollars that a month may cost; who gets alarms is told when it costs more.",
    )
    push: PushSettings = Field(default_factory=PushSettings, description="How people opt in to notifications.")
    sms: SmsSettings = Field(default_factory=SmsSettings, description="How text messages are sent.")
    staff: dict[Id, Annotated[list[Mailbox], Field(min_length=1, max_length=20)]] = Field(
        default_factory=dict,
        description="People of the business in groups, each a list of addresses: whom steps notify and hand off to.",
    )
    words: dict[str, str] = Field(
        default_factory=dict, description="Built-in words of public pages said otherwise, by key; see docs/forms.md."
    )

    def is_own(self, url: str) -> bool:
        """Whether a link leads to the business's own site or a part of it."""
        return _leads_to(url, self.business.site)


@lru_cache(maxsize=1024)
def _leads_to(url: str, to: str) -> bool:
    site = (urlsplit(to).hostname or "").removeprefix("www.")
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return bool(site) and (host == site or host.endswith(f".{site}"))
