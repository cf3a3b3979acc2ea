"""What SES reports, by way of SNS and SQS: suppression at once, the message's ledger, events.

Texts that people send come by the same queue: see track/inbound."""

from typing import Any, Final

from functions import aside, clock, releases
from functions.core import feedback
from functions.core.consent import Change, Entry
from functions.core.event import Event
from functions.core.feedback import Report
from functions.http import where
from functions.observability import logger, metric
from functions.tables import addresses, messages
from functions.track import inbound, store

POISON: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def receive(event: dict[str, Any]) -> dict[str, Any]:
    """Handle a batch of the feedback queue; what failed is named and delivered again."""
    failed: list[dict[str, str]] = []
    for record in event["Records"]:
        try:
            _handle(record)
        except Exception as error:
            logger.error("feedback not handled", error=type(error).__name__, where=where(error))
            metric("FeedbackFailed")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _handle(record: dict[str, Any]) -> None:
    received = clock.now_ms()
    pepper = releases.keyring().pepper
    try:
        if inbound.receive(record["body"], received):
            return
        report = feedback.read(record["body"], pepper)
        events = feedback.to_events(report, received)
        if not events:
            raise ValueError("a report that names neither a contact nor an address")
    except POISON as error:
        aside.set_aside("track", record, error)
        return
    _apply(report, events, received)
    metric("FeedbackReceived")


def _apply(report: Report, events: list[Event], received: int) -> None:
    """Suppression before all: each part can be repeated, and none may be missed by a crash."""
    for address in report.addresses if report.suppress else ():
        _suppress(address, report, events[0].ref, received)
    settled = None
    if report.contact and report.message and report.feedback:
        settled = messages.settle(report.contact, report.message, report.feedback)
    if report.suppress and settled and settled.address and settled.address not in report.addresses:
        # SES may spell an address in a way that ours isn't: the ledger knows where the mail went.
        _suppress(settled.address, report, events[0].ref, received)
    store.insert(events)


def _suppress(address: str, report: Report, ref: str, received: int) -> None:
    assert report.suppress is not None
    entry = Entry(ref, report.at, received, "ses", (Change("suppression", report.suppress),))
    if addresses.append(address, entry):
        metric("AddressesSuppressed")
