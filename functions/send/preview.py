"""What somebody would read of an e-mail, made by the code that sends it; and a real mail to try."""

from dataclasses import dataclass, replace
from typing import Any, Final

from functions import clock, releases
from functions.aws import ses
from functions.core import compose, policy
from functions.core.compose import Circumstances, Unrenderable, Urls, Words
from functions.core.consent import Head
from functions.core.contact import Contact, Moment, Profile, Rank, State
from functions.core.languages import nearest
from functions.core.message import Message, intended
from functions.core.policy import REASONS, Case, Destination, Withhold
from functions.core.release import Release
from functions.core.sending import Topic
from functions.core.steps import Send
from functions.core.tree import walk
from functions.people.whom import of
from functions.send.channels import way
from functions.tables import addresses, caps
from functions.texts.writing import hand

NOBODY: Final = Contact(State("nobody"), Profile("nobody"))
"""Somebody of whom nothing is known."""
MARK: Final = "[Test]"
"""What stands before the subject of a mail that was only tried."""


class NoSuchTemplate(ValueError):
    """The release has no such e-mail, or not in that language."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be read, or why nothing would (`withheld`: a reason's code, and what it is about)."""

    template: str
    topic: str
    words: Words | None
    withheld: str = ""
    because: str = ""


def person(name: str | None) -> Contact:
    """The contact that a name means, or somebody unknown. Raises UnknownPerson."""
    return NOBODY if name is None else of(name)


def made_up(release: Release, template: str) -> Contact:
    """Somebody whom there isn't, of whom all is known that an e-mail can't do without."""
    known: dict[str, Any] = {"first_name": "Ada", "last_name": "Lovelace"}
    email = release.emails.get(template)
    for path, variable in email.variables.items() if email else ():
        if variable.required:
            *outer, last = path.split(".")
            inside = known
            for part in outer:
                inside = inside.setdefault(part, {})
            inside.setdefault(last, f"[{path}]")
    rank = Rank(False, Moment(1, 1))
    return Contact(State("nobody"), Profile("nobody", 1, {name: (rank, value) for name, value in known.items()}))


def languages(release: Release, template: str) -> list[str]:
    """The languages in which an e-mail is written, the first one first."""
    return list(release.emails[template].offered(release.sending.business.language))


def preview(release: Release, template: str, contact: Contact, language: str = "", topic: str = "") -> Preview:
    """An e-mail as a contact would read it now. Raises NoSuchTemplate."""
    about = _topic(release, template, topic)
    when = _when(release, template, language)
    try:
        words = compose.render(template, contact, about, release, _urls(release, template), when)
    except Unrenderable as failure:
        because = REASONS[failure.reason] + (f" ({failure.detail})" if failure.detail else "")
        return Preview(template, about.id, None, failure.reason, because)
    if not contact.state.version:
        return Preview(template, about.id, words)
    reason, detail = _withheld(release, template, contact, about)
    return Preview(template, about.id, words, reason, REASONS.get(reason, "") + (f" ({detail})" if detail else ""))


def send_test(release: Release, template: str, contact: Contact, to: str, language: str = "") -> str:
    """Send an e-mail as a contact would read it to `to`: marked, with plain links, noted nowhere. SES's id for it.
    Raises NoSuchTemplate, ValueError for what can't be sent."""
    mailbox = policy.mailbox(to)
    if mailbox is None:
        raise ValueError(f'"{to}" is no address that mail could be sent to')
    about = _topic(release, template, "")
    message = replace(_message(release, template, contact, about), id="test")
    urls, when = _urls(release, template), _when(release, template, language)
    try:
        letter = compose.compose(message, contact, about, mailbox, release, urls, when, mark=MARK)
    except Unrenderable as failure:
        raise ValueError(f"nothing was sent: {REASONS[failure.reason]} ({failure.detail})") from failure
    try:
        return ses.send(sender=letter.sender, recipients=[letter.recipient], raw=letter.raw, tags={})
    except ses.Failed as failure:
        raise ValueError(f"SES did not take it: {failure.code} {failure.detail}".strip()) from failure


def dark(html: str) -> str:
    """HTML as it looks where people prefer dark colours, for a browser that doesn't."""
    return html.replace("@media (prefers-color-scheme: dark)", "@media all")


def _topic(release: Release, template: str, wanted: str) -> Topic:
    """What the e-mail is about: as asked, or as the first journey or campaign that sends it says."""
    if template not in release.emails:
        known = [release.present_name("template", one) for one in release.emails]
        raise NoSuchTemplate(f'there is no e-mail "{template}"; there are {", ".join(sorted(known))}')
    if wanted:
        found = policy.topic_of(release, wanted)
        if found is None:
            raise NoSuchTemplate(f'there is no topic "{wanted}"')
        return found
    sent = (
        step.topic or journey.topic
        for journey in release.every_journey.values()
        for step in walk(journey.steps)
        if isinstance(step, Send) and step.send == template
    )
    topic = next(sent, None) or next(
        (one.topic for one in release.campaigns.values() if one.send == template), release.sending.topics[0].id
    )
    return policy.topic_of(release, topic) or release.sending.topics[0]


def _when(release: Release, template: str, language: str) -> Circumstances:
    offered = release.emails[template].offered(release.sending.business.language)
    found = nearest(language, offered) if language else ""
    if found is None:
        raise NoSuchTemplate(f'"{template}" is not written in "{language}"; there are {", ".join(offered)}')
    return Circumstances(clock.now_ms(), str, hand, found)


def _urls(release: Release, template: str) -> Urls:
    """Links that lead where they say, and to nothing that could be done in somebody's name."""
    asks = any(form.double_opt_in and form.double_opt_in.email == template for form in release.forms.values())
    return Urls(
        lambda url: url,
        "",
        "#unsubscribe",
        "#confirm" if asks else None,
        "#preferences",
        lambda id: f"#{id}",
        lambda id, answer: f"#{id}-{answer}",
        lambda id: f"#{id}",
    )


def _message(release: Release, template: str, contact: Contact, topic: Topic) -> Message:
    return intended(
        id="preview",
        contact=contact.id,
        journey="",
        step="",
        template=template,
        topic=topic.id,
        release="",
        now=clock.now_ms(),
    )


def _withheld(release: Release, template: str, contact: Contact, topic: Topic) -> tuple[str, str]:
    """Why the message would not go out to the contact now, whatever its words: "" where it would."""
    message = _message(release, template, contact, topic)
    to = way(message.channel).destinations([message], {message.contact: contact}, release, releases.keyring())
    destination = to[message.id]
    address = destination.address if isinstance(destination, Destination) else ""
    head = addresses.head(address) if address else Head()
    case = Case(message, contact, release, destination, head, caps.of([contact])[contact.id])
    match policy.decide(case, clock.now_ms()):
        case Withhold(reason, detail):
            return reason, detail
        case _:
            return "", ""
