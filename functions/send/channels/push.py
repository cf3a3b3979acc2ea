"""Web push: encrypted to the browser (RFC 8291), to whoever its push service is, who we are told by VAPID (RFC 8292).

A message goes to the newest subscription of its contact. A subscription that tells of another person's browser,
or of one that nothing proves to be this person's, is passed over: a name typed into a browser must not bring
what concerns its owner. Where a service says that a subscription is gone, it is suppressed and forgotten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from functions import clock, outbound, releases
from functions.core import compose, tongues
from functions.core import push as core
from functions.core.compose import Unrenderable
from functions.core.consent import Change, Entry
from functions.core.contact import Contact
from functions.core.identity import PERSONAL, PUSH, hash_of, kind_of, own_ref
from functions.core.message import Message, last_moment
from functions.core.policy import Destination, Unreachable
from functions.core.push import Push, Subscription
from functions.core.release import Release
from functions.observability import metric
from functions.releases import Keyring
from functions.send.channels import Ambiguous, Draft, NotAccepted, Rejected, circumstances
from functions.tables import addresses, identities, subscriptions
from functions.tables import contacts as people

GONE: Final = "gone"
PORTS: Final = frozenset({443})
"""Where push services listen. The address comes from a stranger's browser: no other port is knocked at."""
LONGEST_TTL_S: Final = 28 * 86_400
"""What push services keep at most."""
TOKEN_S: Final = 12 * 3600


@dataclass(frozen=True, slots=True)
class Notification:
    """What is encrypted, and to whom. `subscriber` is whom push services may write to."""

    content: bytes
    subscription: Subscription
    urgency: str
    expires: int
    subscriber: str


class _Push:
    def destinations(
        self, messages: Sequence[Message], contacts: Mapping[str, Contact], release: Release, keys: Keyring
    ) -> Mapping[str, Destination | Unreachable]:
        held = _held(contacts.values())
        chosen = {id: _chosen(contact, held) for id, contact in contacts.items()}
        return {message.id: chosen[message.contact] for message in messages}

    def compose(self, draft: Draft) -> Notification:
        message, release, contact = draft.message, draft.release, draft.contact
        template = release.template("push", message.template)
        assert isinstance(template, Push)
        language = release.sending.business.language

        when = circumstances(draft, tongues.language_for(template.title, contact, language))

        def filled(source: str) -> str:
            return " ".join(compose.plain_text(source, contact, draft.topic, release, draft.urls, when).split())

        title = filled(tongues.text_for(template.title, contact, language))
        body = filled(tongues.text_for(template.body, contact, language)) if template.body else ""
        url = filled(template.url) or release.sending.business.site
        if url and not url.startswith("https://"):
            raise Unrenderable("template-error", "a notification's url is not https")
        try:
            content = core.notification(
                title,
                body,
                draft.urls.click(url) if url else "",
                icon=template.icon,
                tag=template.tag,
                message=message.id,
            )
        except ValueError as error:
            raise Unrenderable("too-long", "a title and a link longer than push services take") from error
        subscription = subscriptions.read([draft.destination.address]).get(draft.destination.address)
        if subscription is None:
            raise Unrenderable("missing-address", "the subscription ended")
        return Notification(content, subscription, template.urgency, last_moment(message), release.sending.sender.email)

    def hand_over(self, message: Message, composed: Notification) -> str:
        keys = releases.keyring().vapid
        if not keys:
            raise NotAccepted("no-vapid-key")
        now = clock.now_ms()
        headers, body = encrypted(composed, keys[0].private, message.id, now)
        try:
            reply = outbound.post(composed.subscription.endpoint, body, headers, ports=PORTS)
        except outbound.Unsafe as failure:
            _end(message, now)
            raise Rejected("unsafe-address", gone=True) from failure
        except outbound.Unreached as failure:
            raise NotAccepted(failure.code) from failure
        except outbound.Lost as failure:
            raise Ambiguous(failure.code) from failure
        code = f"http-{reply.status}"
        if 200 <= reply.status < 300:
            return reply.headers.get("location", "").rpartition("/")[2][:200] or message.id
        if reply.status in (404, 410):
            _end(message, now)
            raise Rejected(code, gone=True)
        if reply.status == 429 or reply.status == 503:
            raise NotAccepted(code, throttled=True)
        # 401 and 403 are about our key, and pass once that is right.
        if reply.status in (401, 403) or 300 <= reply.status < 400:
            raise NotAccepted(code)
        raise Rejected(code) if reply.status < 500 else Ambiguous(code)


def encrypted(said: Notification, private: bytes, message: str, now: int) -> tuple[dict[str, str], bytes]:
    """Headers and body of the request to the push service at `now` (ms)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
    from webpush import WebPush, WebPushSubscription

    public = load_pem_private_key(private, None).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    browser = said.subscription
    made = WebPush(private, pem, said.subscriber, ttl=_ttl(said.expires, now), expiration=TOKEN_S).get(
        said.content,
        WebPushSubscription.model_validate(
            {"endpoint": browser.endpoint, "keys": {"auth": browser.auth, "p256dh": browser.p256dh}}
        ),
    )
    headers = {
        "content-type": "application/octet-stream",
        "urgency": said.urgency,
        # A second copy of the message replaces the first while the browser is away: 32 letters at most.
        "topic": message[:32],
        **{str(name): str(value) for name, value in made.headers.items()},
    }
    return headers, made.encrypted


def _ttl(expires: int, now: int) -> int:
    return max(60, min(LONGEST_TTL_S, (expires - now) // 1000))


def _end(message: Message, now: int) -> None:
    """Nothing more goes to this subscription: suppression before all, as with mail that bounced."""
    if message.address:
        ref = f"{own_ref(message.contact)}#{now:013d}#push-{message.id}"
        addresses.append(message.address, Entry(ref, now, now, "push", (Change("suppression", GONE),)))
        subscriptions.remove(message.address)
        metric("SubscriptionsGone")


@dataclass(frozen=True, slots=True)
class _Held:
    """What was read of subscriptions: themselves, whose their browsers are now, and whom they were proved to be."""

    subscriptions: Mapping[str, Subscription]
    browsers: Mapping[str, Any]
    survivors: Mapping[str, str]


def _held(contacts: Any) -> _Held:
    refs = {ref for contact in contacts for ref in contact.profile.identities if kind_of(ref) == PUSH}
    held = subscriptions.read(hash_of(ref) for ref in refs) if refs else {}
    browsers = identities.read({one.browser for one in held.values() if one.browser}) if held else {}
    named = {one.proved for one in held.values() if one.proved} | {one.contact for one in browsers.values()}
    survivors = {id: people.surviving(id).id for id in named if id}
    return _Held(held, browsers, survivors)


def _chosen(contact: Contact, held: _Held) -> Destination | Unreachable:
    mine = [hash_of(ref) for ref in contact.profile.identities if kind_of(ref) == PUSH]
    known = [(held.subscriptions[address], address) for address in mine if address in held.subscriptions]
    if not known:
        return Unreachable("missing-address")
    person = any(kind_of(ref) in PERSONAL for ref in contact.profile.identities)
    fit = []
    for subscription, address in known:
        browser = held.browsers.get(subscription.browser)
        owner = held.survivors.get(browser.contact, browser.contact) if browser else ""
        proved = held.survivors.get(subscription.proved, subscription.proved)
        if owner == contact.id and (not person or proved == contact.id):
            fit.append((subscription.at, address, subscription.endpoint))
    if not fit:
        return Unreachable("unproved-browser")
    _, address, endpoint = max(fit)
    return Destination(address, endpoint)


WAY = _Push()
