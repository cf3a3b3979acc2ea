"""Every report that SES documents, and what it says about the message and its address."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.feedback import Report, read, tags_of, to_events
from functions.core.message import Message, begin, intended, settle

PEPPER = b"pepper"
SENT = 1_790_000_000_000
CONTACT, MESSAGE = "c" * 26, "m" * 26
MAIL = {
    "timestamp": "2026-09-21T14:13:20.000Z",
    "messageId": "0102-abc",
    "source": "hello@tea.example",
    "sourceArn": "arn:aws:ses:eu-west-1:000000000000:identity/tea.example",
    "sendingAccountId": "000000000000",
    "destination": ["ada@tea.example"],
    "headersTruncated": False,
    "headers": [{"name": "Subject", "value": "Merhaba ☕"}],
    "commonHeaders": {"to": ["ada@tea.example"], "subject": "Merhaba ☕"},
    "tags": {"message": [MESSAGE], "contact": [CONTACT], "ses:configuration-set": ["samovar"]},
}
LATER = "2026-09-21T14:15:00.000Z"
ADA = [{"emailAddress": "ada@tea.example"}]


def bounce(kind: str, subtype: str, **more: Any) -> dict[str, Any]:
    return {
        "eventType": "Bounce",
        "mail": MAIL,
        "bounce": {
            "bounceType": kind,
            "bounceSubType": subtype,
            "bouncedRecipients": [{**ADA[0], "action": "failed", "status": "5.1.1", "diagnosticCode": "550 ada@…"}],
            "timestamp": LATER,
            "feedbackId": f"{kind}-{subtype}",
            "remoteMtaIp": "192.0.2.1",
            "reportingMTA": "dsn; mta.example.com",
            **more,
        },
    }


def complaint(kind: str | None, subtype: str | None = None) -> dict[str, Any]:
    said = {"complainedRecipients": ADA, "timestamp": LATER, "feedbackId": f"{kind}-{subtype}"}
    said |= {"complaintSubType": subtype, "userAgent": "Mail", "arrivalDate": LATER}
    return {
        "eventType": "Complaint",
        "mail": MAIL,
        "complaint": said | ({"complaintFeedbackType": kind} if kind else {}),
    }


def delay(kind: str) -> dict[str, Any]:
    said = {"delayType": kind, "delayedRecipients": ADA, "expirationTime": LATER, "timestamp": LATER}
    return {"eventType": "DeliveryDelay", "mail": MAIL, "deliveryDelay": said}


def preferences(everything: bool, **topics: str) -> dict[str, Any]:
    listed = [{"topicName": name, "subscriptionStatus": status} for name, status in topics.items()]
    new = {"unsubscribeAll": everything, "topicSubscriptionStatus": listed}
    said = {"contactList": "tea", "timestamp": LATER, "source": "UnsubscribeHeader", "newTopicPreferences": new}
    return {"eventType": "Subscription", "mail": MAIL, "subscription": said}


SEND: dict[str, Any] = {"eventType": "Send", "mail": MAIL, "send": {}}
DELIVERY = {
    "eventType": "Delivery",
    "mail": MAIL,
    "delivery": {
        "timestamp": LATER,
        "processingTimeMillis": 546,
        "recipients": ["ada@tea.example"],
        "smtpResponse": "250 ok",
        "remoteMtaIp": "192.0.2.1",
        "reportingMTA": "a8-70.smtp-out.amazonses.com",
    },
}
REJECT = {"eventType": "Reject", "mail": MAIL, "reject": {"reason": "Bad content"}}
RENDERING = {
    "eventType": "Rendering Failure",
    "mail": MAIL,
    "failure": {"errorMessage": "Attribute 'name' is not present.", "templateName": "welcome"},
}
OPEN = {"eventType": "Open", "mail": MAIL, "open": {"ipAddress": "192.0.2.2", "timestamp": LATER, "userAgent": "Mail"}}
CLICK = {
    "eventType": "Click",
    "mail": MAIL,
    "click": {"ipAddress": "192.0.2.2", "timestamp": LATER, "userAgent": "Mail", "link": "https://tea.example/"},
}
DELAYS = (
    *("InternalFailure", "General", "MailboxFull", "SpamDetected", "RecipientServerError", "IPFailure"),
    *("TransientCommunicationFailure", "BYOIPHostNameLookupUnavailable", "Undetermined", "SendingDeferral"),
)
# report · state and reason of its message · what suppresses the address · what it counts as
DOCUMENTED = [
    (SEND, "sent", "", None, "sent"),
    (DELIVERY, "delivered", "", None, "delivered"),
    (bounce("Permanent", "General"), "bounced", "permanent", "bounce", "bounced"),
    (bounce("Permanent", "NoEmail"), "bounced", "permanent", "bounce", "bounced"),
    (bounce("Permanent", "Suppressed"), "bounced", "permanent", "bounce", "bounced"),
    (bounce("Permanent", "OnAccountSuppressionList"), "bounced", "permanent", "bounce", None),
    (bounce("Permanent", "UnsubscribedRecipient"), "bounced", "permanent", None, None),
    (bounce("Transient", "General"), "bounced", "transient", None, "soft"),
    (bounce("Transient", "MailboxFull"), "bounced", "transient", None, "soft"),
    (bounce("Transient", "CustomTimeoutExceeded"), "bounced", "transient", None, "soft"),
    (bounce("Transient", "MessageTooLarge"), "bounced", "content", None, "soft"),
    (bounce("Transient", "ContentRejected"), "bounced", "content", None, "soft"),
    (bounce("Transient", "AttachmentRejected"), "bounced", "content", None, "soft"),
    (bounce("Undetermined", "Undetermined"), "bounced", "undetermined", None, "soft"),
    (complaint("abuse"), "complained", "", "complaint", "complained"),
    (complaint("auth-failure"), "complained", "", "complaint", "complained"),
    (complaint("fraud"), "complained", "", "complaint", "complained"),
    (complaint("other"), "complained", "", "complaint", "complained"),
    (complaint("virus"), "complained", "", "complaint", "complained"),
    (complaint(None), "complained", "", "complaint", "complained"),
    (complaint(None, "OnAccountSuppressionList"), "complained", "", "complaint", None),
    (complaint("not-spam"), "sent", "", None, None),
    (REJECT, "bounced", "rejected", None, "rejected"),
    (RENDERING, "bounced", "rejected", None, "rejected"),
    *((delay(kind), "sent", "", None, "delayed") for kind in DELAYS),
    (preferences(True), "sent", "", None, None),
    (preferences(False, tips="OptOut"), "sent", "", None, None),
    (OPEN, "sent", "", None, None),
    (CLICK, "sent", "", None, None),
]


def parsed(notice: dict[str, Any]) -> Report:
    report = read(json.dumps(notice), PEPPER)
    assert report is not None
    return report


def sending() -> Message:
    message = intended(
        id=MESSAGE, contact=CONTACT, journey="j", step="s", template="t", topic="tips", release="r", now=SENT
    )
    return begin(message, "hash", SENT)


@pytest.mark.parametrize(("notice", "state", "reason", "suppress", "counts"), DOCUMENTED)
def test_every_documented_report_moves_the_ledger_as_it_should(
    notice: dict[str, Any], state: str, reason: str, suppress: str | None, counts: str | None
) -> None:
    report = parsed(notice)
    assert report.feedback is not None
    settled = settle(sending(), report.feedback)
    assert (settled.state, settled.reason, settled.due) == (state, reason, None)
    assert (report.suppress, report.counts) == (suppress, counts)
    assert (report.contact, report.message, report.domains) == (CONTACT, MESSAGE, ("tea.example",))


@pytest.mark.parametrize("notice", [notice for notice, *_ in DOCUMENTED])
def test_no_event_of_a_report_holds_an_address_or_what_a_server_said(notice: dict[str, Any]) -> None:
    kept = repr(to_events(parsed(notice), SENT))
    assert not [told for told in ("ada@", "diagnostic", "192.0.2", "Merhaba") if told in kept]


@given(
    told=st.lists(st.sampled_from([notice for notice, *_ in DOCUMENTED]), min_size=1, max_size=7),
    again=st.randoms(use_true_random=False),
)
@settings(max_examples=300, deadline=None)
def test_reports_in_any_order_and_repeated_end_in_the_same_row(told: list[dict[str, Any]], again: Any) -> None:
    shuffled = told + told
    again.shuffle(shuffled)
    ends = []
    for order in (told, shuffled):
        end = sending()
        for notice in order:
            feedback = parsed(notice).feedback
            assert feedback is not None
            end = settle(end, feedback)
        ends.append(replace(end, version=0))
    assert ends[0] == ends[1]


def test_an_out_of_office_reply_leaves_the_message_delivered() -> None:
    reply = bounce("Transient", "General", bouncedRecipients=[])
    end = sending()
    for notice in (reply, DELIVERY, SEND):
        feedback = parsed(notice).feedback
        assert feedback is not None
        end = settle(end, feedback)
    assert end.state == "delivered"


def test_a_bounce_that_names_nobody_is_about_whom_the_mail_was_for() -> None:
    assert parsed(bounce("Permanent", "General", bouncedRecipients=[])).addresses == parsed(DELIVERY).addresses


def test_who_leaves_by_ses_s_list_management_withdraws_and_who_joins_there_grants_nothing() -> None:
    assert parsed(preferences(True, tips="OptIn")).withdraws == ("*",)
    assert parsed(preferences(False, tips="OptOut", offers="OptIn")).withdraws == ("tips",)
    assert parsed(preferences(False, tips="OPT_OUT")).withdraws == ("tips",)
    assert parsed(preferences(False, tips="OptIn")).withdraws == ()
    assert parsed(bounce("Permanent", "UnsubscribedRecipient")).withdraws == ("*",)


def test_a_report_that_nobody_knows_yet_is_kept_under_its_name_and_moves_nothing() -> None:
    report = parsed({"eventType": "Teleported", "mail": MAIL, "teleported": {"timestamp": LATER}})
    assert (report.feedback, report.suppress, report.counts) == (None, None, None)
    (event,) = to_events(report, SENT)
    assert event.name == "Email Teleported"


def test_two_delays_of_a_mail_are_two_events_and_a_repeated_one_is_one() -> None:
    later = delay("General")
    later["deliveryDelay"] = later["deliveryDelay"] | {"timestamp": "2026-09-21T15:00:00.000Z"}
    ids = [to_events(parsed(notice), SENT)[0].id for notice in (delay("General"), delay("General"), later)]
    assert len(set(ids)) == 2


def test_a_report_counts_on_the_day_of_its_mail() -> None:
    assert parsed(bounce("Permanent", "General")).sent == SENT


@pytest.mark.parametrize(
    "part", [None, 5, [], {"bouncedRecipients": 5}, {"bouncedRecipients": [5]}, {"bounceType": []}]
)
def test_a_part_of_another_shape_is_read_as_far_as_it_goes(part: Any) -> None:
    report = parsed({"eventType": "Bounce", "mail": MAIL, "bounce": part})
    assert (report.suppress, report.counts) == (None, "soft")


@pytest.mark.parametrize(
    "greeting",
    [
        {"Type": "Notification", "Message": "Successfully validated SNS topic for Amazon SES event publishing."},
        {
            "notificationType": "AmazonSnsSubscriptionSucceeded",
            "message": "You have successfully subscribed your Amazon SNS topic 'x' to receive 'Bounce' notifications",
        },
    ],
)
def test_the_greeting_of_a_new_topic_is_no_report(greeting: dict[str, str]) -> None:
    assert read(json.dumps(greeting), PEPPER) is None


def test_tags_name_what_a_message_was_sent_by_in_letters_that_ses_takes() -> None:
    of_journey = tags_of(sending())
    assert of_journey == {"message": MESSAGE, "contact": CONTACT, "template": "t", "journey": "j", "step": "s"}
    of_campaign = tags_of(replace(sending(), journey="campaign--spring", step="2026-12-01T10"))
    assert {name: of_campaign.get(name) for name in ("campaign", "run", "journey")} == {
        "campaign": "spring",
        "run": "2026-12-01T10",
        "journey": None,
    }
    assert "step" not in tags_of(replace(sending(), step="çay saati"))
