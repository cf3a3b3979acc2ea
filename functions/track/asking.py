"""The text that asks whoever owns a number to answer YES, and the answer.

A number is asked at most once in four hours, one that said STOP at most once in 30 days, whichever form it is typed
into, and a text that fails is not tried
again: whoever waits for it fills in the form once more. The answer writes the ledger first, then the event; both have
the request's own key, so that an answer that comes again changes nothing.
"""

from collections.abc import Sequence

from functions import releases, texting
from functions.aws import sns
from functions.core import confirm_by_text, sms
from functions.core.consent import Change
from functions.core.event import Event
from functions.core.forms import ConsentBox, Form
from functions.core.identity import hash_of
from functions.core.release import Release
from functions.core.words import Words
from functions.observability import logger, metric
from functions.tables import addresses, rates
from functions.track import store

MINUTE_MS = 60_000


def requested(ref: str, number: str, boxes: Sequence[ConsentBox], release: Release, now: int) -> tuple[Change, ...]:
    """What the number's ledger is to keep of asking at `now` (ms), and whether a text goes along: once this says so
    no other does for a while."""
    return confirm_by_text.requests(boxes, text=_shall_text(ref, number, boxes, release, now))


def _shall_text(ref: str, number: str, boxes: Sequence[ConsentBox], release: Release, now: int) -> bool:
    if release.sending.sms.of(texting.country_of(number)).refused:
        return False
    head = addresses.head(hash_of(ref))
    if not confirm_by_text.is_pending(head, [box.topic for box in boxes]):
        return False
    if rates.tell("ask-by-text", now // MINUTE_MS, 1) > confirm_by_text.A_MINUTE:
        metric("SmsAsksLimited")
        return False
    return addresses.may_ask(hash_of(ref), now, confirm_by_text.quiet(head) * 1000)


def send(number: str, boxes: Sequence[ConsentBox], form: Form, release: Release, words: Words) -> None:
    """Ask the number. What hinders it is logged: the visitor is answered all the same."""
    titles = {topic.id: topic.titled(words.language) for topic in release.sending.topics}
    topics = ", ".join(titles.get(box.topic, box.topic) for box in boxes)
    opt_in = form.sms_double_opt_in
    own = opt_in.text if opt_in else ""
    text = sms.plainly(own or words("confirm-text", business=release.sending.business.name, topics=topics))
    told = texting.attributes(number, release.sending.sms, transactional=True)
    try:
        sns.send_text(number, text, told)
    except sns.Failed as failure:
        logger.warning("a number was not asked to confirm", error=failure.code)
        metric("SmsAsksFailed")
    else:
        metric("SmsAsks")


def answered(ref: str, at: int, received: int) -> None:
    """Whoever has the number said yes at `at` (ms): what texts had asked by then holds from now on, and nothing else
    does. A text that comes late, or a second time, answers nothing that was asked after it."""
    address = hash_of(ref)
    waiting = [entry for entry in addresses.entries(address) if confirm_by_text.asked_in(entry)]
    if not waiting:
        return
    forms = releases.live().release.forms
    for request, left in confirm_by_text.answered(waiting, addresses.head(address), forms, at):
        event = confirm_by_text.confirmed(ref, request, left, received)
        for admitted in store.admit([event]):
            if addresses.append(address, confirm_by_text.grant(admitted, request, left)):
                metric("SubscriptionsConfirmed")
            store.insert_admitted([admitted])


def of(event: Event) -> str:
    """The number, in E.164, that a submission names."""
    return str(event.traits.get("phone", ""))
