"""Text messages that people send: a stop holds at once, HELP is answered, everything is an event.

A stop withdraws everything on the number's ledger, known or not, before anything else happens. A start, or a
yes, agrees to what a text asked a while ago (see asking) and to nothing else: nobody knows which wording it would
mean, so whoever wants to come back uses a form. Each part bears repetition, and an answer to HELP goes out at most
once a day to a number.
"""

import json
from typing import Final

from functions import releases, texting
from functions.aws import sns
from functions.core import replies
from functions.core.consent import EVERYTHING, Change, Entry
from functions.core.replies import Reply
from functions.core.times import parse_time
from functions.observability import logger, metric
from functions.tables import addresses
from functions.track import asking, store

HELP_EVERY_MS: Final = 86_400_000


def receive(body: str, received: int) -> bool:
    """Handle a queue message that tells of somebody's text; False for any other, which nothing was done about.

    Raises ValueError, KeyError or TypeError for one that can't be read.
    """
    # A cheap look first: reports of mail come by the million.
    if "originationNumber" not in body:
        return False
    said = json.loads(body)
    stamped = said.get("Timestamp") if isinstance(said, dict) else None
    if isinstance(said, dict) and isinstance(said.get("Message"), str):
        said = json.loads(said["Message"])
    if not replies.is_reply(said):
        return False
    _take(replies.read(said, releases.keyring().pepper), stamped, received)
    return True


def _take(reply: Reply, stamped: object, received: int) -> None:
    at = parse_time(stamped) if isinstance(stamped, str) else received
    event = replies.to_event(reply, received, min(at, received))
    address = reply.ref.partition("#")[2]
    if reply.kind == "stop":
        change = Change("withdrawal", EVERYTHING)
        addresses.append(address, Entry(event.ref, event.at, received, "sms", (change,)))
        metric("SmsStopped")
    store.insert([event])
    if reply.kind == "start":
        asking.answered(reply.ref, event.at, received)
    if reply.kind == "help" and addresses.may_answer(address, received, HELP_EVERY_MS):
        _help(reply)
    metric("SmsReceived")


def _help(reply: Reply) -> None:
    sending = releases.live().release.sending
    text = replies.help_text(sending.sms.help, sending.business.name, sending.business.site)
    told = texting.attributes(reply.number, sending.sms, transactional=True)
    if reply.to.startswith("+"):
        # From the number that was asked: another one would be a stranger.
        told = {key: value for key, value in told.items() if key != "AWS.SNS.SMS.SenderID"}
        told["AWS.MM.SMS.OriginationNumber"] = reply.to
    try:
        sns.send_text(reply.number, text, told)
    except sns.Failed as failure:
        # It was noted as answered: asking again tomorrow helps, and two answers to one question would not.
        logger.warning("HELP not answered", error=failure.code)
        metric("SmsHelpFailed")
