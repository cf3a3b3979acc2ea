"""What SES reports, by way of SNS and SQS: suppression at once, the message's ledger, events, the day's counts.

Guarantees. Reports come in any order and any number of times. Suppression stands before anything else is
written, and comes again with the report until it does. A report that comes again counts no second time;
a crash between its event and the count loses the count of one batch, never a suppression.
Texts that people send come by the same queue: see track/inbound.
"""

from typing import Any, Final

from functions import aside, clock, releases
from functions.core import bouncing, feedback
from functions.core.consent import BOUNCE, Change, Entry
from functions.core.event import Event
from functions.core.feedback import Report
from functions.core.message import SOFT, Message
from functions.http import where
from functions.observability import logger, metric
from functions.tables import addresses, messages
from functions.track import inbound, store
from functions.track.books import Books

POISON: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def receive(event: dict[str, Any]) -> dict[str, Any]:
    """Handle a batch of the feedback queue; what failed is named and delivered again."""
    failed: list[dict[str, str]] = []
    books = Books()
    for record in event["Records"]:
        try:
            _handle(record, books)
        except Exception as error:
            logger.error("feedback not handled", error=type(error).__name__, where=where(error))
            metric("FeedbackFailed")
            failed.append({"itemIdentifier": record["messageId"]})
    books.close(clock.now_ms())
    return {"batchItemFailures": failed}


def _handle(record: dict[str, Any], books: Books) -> None:
    received = clock.now_ms()
    pepper = releases.keyring().pepper
    try:
        if inbound.receive(record["body"], received):
            return
        report = feedback.read(record["body"], pepper)
        events = feedback.to_events(report, received) if report else []
        if report and not events:
            raise ValueError("a report that names neither a contact nor an address")
    except POISON as error:
        aside.set_aside("track", record, error)
        return
    if report is None:
        return
    if _apply(report, events, received):
        books.note(report)
    metric("FeedbackReceived")


def _apply(report: Report, events: list[Event], received: int) -> bool:
    """Suppression before all: each part can be repeated, and none may be missed by a crash. Whether it is new."""
    ref = events[0].ref
    for address in report.addresses:
        _close(address, report, ref, received)
    settled = None
    if report.contact and report.message and report.feedback:
        settled = messages.settle(report.contact, report.message, report.feedback)
    if settled and settled.address and settled.address not in report.addresses:
        # SES may spell an address in a way that ours isn't: the ledger knows where the mail went.
        _close(settled.address, report, ref, received)
    if report.counts == "soft" and settled:
        _give_up_on(settled, report, ref, received)
    new = store.insert_new(events)
    return any(event.id == events[0].id for event in new)


def _close(address: str, report: Report, ref: str, received: int) -> None:
    """What a report says about an address, in its ledger."""
    changes = [Change("withdrawal", topic) for topic in report.withdraws]
    if report.suppress:
        changes.append(Change("suppression", report.suppress))
    if changes and addresses.append(address, Entry(ref, report.at, received, "ses", tuple(changes))):
        metric("AddressesSuppressed" if report.suppress else "Unsubscribed")


def _give_up_on(message: Message, report: Report, ref: str, received: int) -> None:
    """Suppress an address to which mail after mail could not be delivered (see core.bouncing)."""
    if not (message.address and message.state == "bounced" and message.reason in SOFT):
        return
    if bouncing.in_vain(messages.list_for(message.contact), message.address):
        entry = Entry(ref, report.at, received, "ses", (Change("suppression", BOUNCE),))
        if addresses.append(message.address, entry):
            metric("AddressesSuppressed")
