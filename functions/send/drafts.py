"""What is handed over: composed for one person, its links signed."""

from dataclasses import dataclass, replace
from typing import Any

from functions import passes, settings
from functions.core import answering, compose, confirm
from functions.core.channels import BY_EMAIL
from functions.core.compose import Urls
from functions.core.consent import EVERYTHING, Head
from functions.core.mailboxes import provider_of
from functions.core.message import Message
from functions.core.policy import Allow, Case, Recent, Withhold
from functions.core.release import Release
from functions.releases import Keyring
from functions.send.channels import Draft, way
from functions.texts.zones import zone_of
from functions.tokens import Clicked, Confirming, Links, Opened, Preferring, Unsubscribing


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that may go out, and what that rests on. `person` is the contact that the message's was merged into,
    or itself: who is counted."""

    message: Message
    person: str
    address: str
    head: Head
    reserved: Recent | None
    composed: Any
    links: int
    mailbox: str | None = None
    """At whose mailboxes it arrives; None where it is no mail."""


def compose_for(case: Case, allowed: Allow, keys: Keyring, now: int) -> Ready | Withhold:
    """The message as it will be handed over at `now` (ms), or why it can't be."""
    message, release, address = case.message, case.release, allowed.destination.address
    if message.cause is not None and not confirm.is_for(message.cause, address):
        return Withhold("other-address")
    followed: set[str] = set()
    urls = _urls(message, address, release, Links(keys.signing, settings.public_url()), followed)

    def zone() -> str:
        return zone_of(case.contact, release.sending)

    draft = Draft(message, case.contact, allowed.topic, allowed.destination, release, urls, now, zone)
    try:
        composed = way(message.channel).compose(draft)
    except compose.Unrenderable as failure:
        return Withhold(failure.reason, failure.detail)
    mailbox = provider_of(allowed.destination.at) if message.channel == BY_EMAIL else None
    return Ready(message, case.contact.id, address, case.head, allowed.reserved, composed, len(followed), mailbox)


def _urls(message: Message, address: str, release: Release, links: Links, followed: set[str]) -> Urls:
    """How the links of a message are made; where they lead is noted in `followed`."""

    def click(url: str) -> str:
        followed.add(url)
        # Only what came to a mailbox proves whose mailbox it is.
        own = message.channel == BY_EMAIL and (release.sending.is_own(url) or url.startswith(f"{links.base_url}/"))
        proves = address if own else ""
        return links.click_url(Clicked(*about, place, message.template, url, proves, message.channel))

    place = message.place
    about = (message.contact, message.id, message.created)
    form = confirm.form_of(message.topic)
    # Whoever never asked to be asked wants to hear nothing at all.
    topic = EVERYTHING if answering.is_answer(message.topic) else message.topic

    def asset(id: str) -> str:
        followed.add(f"asset {id}")
        until = message.created + release.assets[id].within * 1000
        said = passes.OfMail(id, *about, place, message.template, address, until)
        return f"{links.base_url}/get/{passes.sign(links.keys, said)}"

    def rate(id: str, answer: str) -> str:
        followed.add(f"survey {id} {answer}")
        until = message.created + release.surveys[id].within * 1000
        said = passes.RateByMail(id, answer, *about, place, message.template, until)
        return f"{links.base_url}/rate/{passes.sign_rate(links.keys, said)}"

    def page(id: str) -> str:
        followed.add(f"page {id}")
        made = passes.page_of(id, release, message.contact, address, message.created)
        said = replace(made, message=message.id, place=place, template=message.template)
        return f"{links.base_url}/my/{passes.sign_page(links.keys, said)}"

    return Urls(
        click=click,
        open=links.open_url(Opened(*about, place, message.template)),
        unsubscribe=links.unsubscribe_url(Unsubscribing(*about, topic, address)),
        preferences=links.preferences_url(Preferring(*about, address)) if address else "",
        confirm=None if form is None else _confirm_url(message, form, address, release, links),
        asset=asset if message.channel == BY_EMAIL else None,
        rate=rate if message.channel == BY_EMAIL else None,
        page=page if message.channel == BY_EMAIL else None,
    )


def _confirm_url(message: Message, form: str, address: str, release: Release, links: Links) -> str:
    asked = release.forms[form].double_opt_in
    until = message.created + (asked.within if asked else 0) * 1000
    said = Confirming(message.contact, message.id, message.created, form, address, message.cause or "", until)
    return links.confirm_url(said)
