"""What SES reports, by way of SNS and SQS: suppression at once, the message's ledger, events, the day's counts.

A batch goes through it together: the messages are read in one call, what is new is written 25 a call, and the
day's counts are added once. A report that fails leaves its batch and comes again, alone.

Guarantees. Reports come in any order and any number of times. Suppression stands before anything else is
written, and comes again with the report until it does. A report that comes again counts no second time;
a crash between its event and the count loses the count of one batch, never a suppression.
Texts that people send come by the same queue: see track/inbound.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from functions import aside, clock, releases
from functions.core import bouncing, feedback
from functions.core.consent import BOUNCE, Change, Entry
from functions.core.event import Event
from functions.core.feedback import Report
from functions.core.message import SOFT, Feedback, Message
from functions.http import where
from functions.observability import logger, metric
from functions.tables import addresses, messages
from functions.track import inbound, store
from functions.track.books import Books

POISON: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


class NotStored(RuntimeError):
    """An event could not be stored, for the reason that DynamoDB gave."""


@dataclass(slots=True)
class _Taken:
    """A report that was read: the id of its record, its events, and the message that it is about, once settled."""

    record: str
    report: Report
    events: list[Event]
    message: Message | None = None

    @property
    def ref(self) -> str:
        """The event that says what was reported; what stands in ledgers names it."""
        return self.events[0].ref


def receive(event: dict[str, Any]) -> dict[str, Any]:
    """Handle a batch of the feedback queue; what failed is named and delivered again."""
    batch = _Batch(clock.now_ms())
    for record in event["Records"]:
        batch.read(record)
    batch.each(batch.suppress)
    batch.settle()
    batch.each(batch.follow)
    books = Books()
    for report in batch.store():
        books.note(report)
    books.close(clock.now_ms())
    batch.tell()
    return {"batchItemFailures": [{"itemIdentifier": record} for record in batch.failed]}


class _Batch:
    """The reports of a batch that have not failed, step by step. Each step can be repeated."""

    def __init__(self, received: int) -> None:
        self.received = received
        self.failed: list[str] = []
        self._reports: list[_Taken] = []
        self._why: Counter[tuple[str, str]] = Counter()

    def read(self, record: dict[str, Any]) -> None:
        """Take a record in: a report, or somebody's text, which is dealt with at once. Poison is set aside."""
        try:
            taken = self._read(record)
        except Exception as error:
            self._fail(record["messageId"], error)
        else:
            self._reports += [taken] if taken else []

    def _read(self, record: dict[str, Any]) -> _Taken | None:
        try:
            if inbound.receive(record["body"], self.received):
                return None
            report = feedback.read(record["body"], releases.keyring().pepper)
            events = feedback.to_events(report, self.received) if report else []
            if report and not events:
                raise ValueError("a report that names neither a contact nor an address")
        except POISON as error:
            aside.set_aside("track", record, error)
            return None
        return _Taken(record["messageId"], report, events) if report else None

    def each(self, step: Callable[[_Taken], None]) -> None:
        """Take one step with every report by itself."""
        left = []
        for taken in self._reports:
            try:
                step(taken)
            except Exception as error:
                self._fail(taken.record, error)
            else:
                left.append(taken)
        self._reports = left

    def suppress(self, taken: _Taken) -> None:
        """Close the addresses that a report names."""
        for address in taken.report.addresses:
            self._close(address, taken)

    def settle(self) -> None:
        """Join the reports to the ledgers of their messages."""
        about: list[tuple[_Taken, tuple[str, str, Feedback]]] = []
        for taken in self._reports:
            report = taken.report
            if report.contact and report.message and report.feedback:
                about.append((taken, (report.contact, report.message, report.feedback)))
        if not about:
            return
        found: list[Message | Exception | None]
        try:
            found = messages.settle_each([said for _, said in about])
        except Exception as error:
            found = [error] * len(about)
        for (taken, _), settled in zip(about, found, strict=True):
            if isinstance(settled, Exception):
                self._reports.remove(taken)
                self._fail(taken.record, settled)
            else:
                taken.message = settled

    def follow(self, taken: _Taken) -> None:
        """What follows for the address that the ledger knows."""
        settled, report = taken.message, taken.report
        if settled and settled.address and settled.address not in report.addresses:
            # SES may spell an address in a way that ours isn't: the ledger knows where the mail went.
            self._close(settled.address, taken)
        if report.counts == "soft" and settled:
            self._give_up_on(settled, taken)

    def store(self) -> list[Report]:
        """Keep the reports as events; those that are new."""
        events = {event.ref: event for taken in self._reports for event in taken.events}
        try:
            stored = {event.ref: outcome for event, outcome in store.insert_each(list(events.values()))}
        except Exception as error:
            for taken in self._reports:
                self._fail(taken.record, error)
            return []
        new, counted, failures = list[Report](), set[str](), len(self.failed)
        for taken in self._reports:
            told = {event.ref: stored.get(event.ref) for event in taken.events}
            code = next((outcome for outcome in told.values() if isinstance(outcome, str)), None)
            if code is not None:
                self._fail(taken.record, NotStored(code), code)
            # A report may come twice in a batch: it is new once.
            own = {event.ref for event in taken.events if event.id == taken.events[0].id and told[event.ref] is True}
            if own - counted:
                new.append(taken.report)
            counted |= own
        metric("FeedbackReceived", len(self._reports) - len(self.failed) + failures)
        return new

    def tell(self) -> None:
        """Log what failed, each reason once."""
        for (error, place), many in self._why.items():
            logger.error("feedback not handled", error=error, where=place, reports=many)
        if self.failed:
            metric("FeedbackFailed", len(self.failed))

    def _fail(self, record: str, error: Exception, at: str = "") -> None:
        self.failed.append(record)
        self._why[type(error).__name__, at or where(error)] += 1

    def _close(self, address: str, taken: _Taken) -> None:
        """What a report says about an address, in its ledger."""
        report = taken.report
        changes = [Change("withdrawal", topic) for topic in report.withdraws]
        if report.suppress:
            changes.append(Change("suppression", report.suppress))
        entry = Entry(taken.ref, report.at, self.received, "ses", tuple(changes))
        if changes and addresses.append(address, entry):
            metric("AddressesSuppressed" if report.suppress else "Unsubscribed")

    def _give_up_on(self, message: Message, taken: _Taken) -> None:
        """Suppress an address to which mail after mail could not be delivered (see core.bouncing)."""
        if not (message.address and message.state == "bounced" and message.reason in SOFT):
            return
        if bouncing.in_vain(messages.list_for(message.contact), message.address):
            entry = Entry(taken.ref, taken.report.at, self.received, "ses", (Change("suppression", BOUNCE),))
            if addresses.append(message.address, entry):
                metric("AddressesSuppressed")
