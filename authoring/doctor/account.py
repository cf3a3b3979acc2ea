"""What SES lets the account do: sandbox, quota, review, suppression list, rate."""

from collections.abc import Iterator
from typing import Any

from authoring.doctor.checks import Check, ask
from functions.core.sending import Sending

_NEARLY = 0.8
"""From this share of the day's quota on, somebody should know."""

_REQUEST = """We are {name} ({site}). We send newsletters and automated series about {topics} to people who asked for
them by ticking a box in a form on our own site; the wording and moment of every consent are kept. Every marketing
message carries List-Unsubscribe with one-click unsubscribe, a visible link, and our postal address. Hard bounces,
complaints and unsubscribes come back through an SNS topic, and the address is suppressed at once; the account-level
suppression list is on as well. Lists are never bought or rented. We send at a steady, configured rate and expect
bounces below 2 % and complaints below 0.1 %."""


def of_account(sending: Sending, site: str, configuration_set: str) -> Iterator[Check]:
    known = ask("get_account")
    if known is None or isinstance(known, Check):
        yield known or Check("SES account", "unknown", "SES says nothing about the account")
        return
    quota = known.get("SendQuota", {})
    limits = f"{quota.get('Max24HourSend', 0):,.0f} a day, {quota.get('MaxSendRate', 0):g} a second"
    if known.get("ProductionAccessEnabled"):
        yield Check("production access", "ok", f"granted: {limits}")
    else:
        todo = "Ask for production access (SES console, Account dashboard, Request production access) with this text"
        found = f"in the sandbox: {limits}, and only to verified addresses"
        yield Check("production access", "do", found, todo, text=_request(sending, site))
    yield _quota(quota)
    yield from _standing(known)
    yield _suppression(known, configuration_set)
    if not known.get("SendingEnabled", True):
        yield Check("sending", "do", "SES has paused sending", "Read the mail that AWS sent about it, and answer it")
    rate = float(quota.get("MaxSendRate") or 0)
    if rate and sending.rate_per_second > rate:
        todo = f"Set rate_per_second in sending.yaml to {rate:g} or less, or ask SES for more"
        yield Check("rate", "do", f"{sending.rate_per_second:g} a second are configured, {rate:g} allowed", todo)


def _quota(quota: dict[str, Any]) -> Check:
    most, sent = float(quota.get("Max24HourSend") or 0), float(quota.get("SentLast24Hours") or 0)
    if most < 0:
        return Check("quota", "ok", f"{sent:,.0f} mails in the last 24 hours; there is no limit")
    found = f"{sent:,.0f} of {most:,.0f} mails in the last 24 hours: {max(0.0, most - sent):,.0f} are left"
    if most and sent >= most * _NEARLY:
        return Check("quota", "watch", found, "Ask SES for more (Service Quotas), or spread campaigns over days")
    return Check("quota", "ok", found)


def _standing(known: dict[str, Any]) -> Iterator[Check]:
    status = known.get("EnforcementStatus", "HEALTHY")
    if status == "PROBATION":
        yield Check(
            "SES review", "do", "SES has the account under review", "Read the mail that AWS sent, and answer it"
        )
    elif status != "HEALTHY":
        yield Check(
            "SES review", "do", f"SES says {status}: nothing goes out", "Answer the mail that AWS sent about it"
        )


def _suppression(known: dict[str, Any], configuration_set: str) -> Check:
    """SES's own list is the net under ours: reports of bounces may get lost."""
    reasons = set(known.get("SuppressionAttributes", {}).get("SuppressedReasons", ()))
    own = ask("get_configuration_set", ConfigurationSetName=configuration_set) if configuration_set else None
    if isinstance(own, dict):
        reasons |= set(own.get("SuppressionOptions", {}).get("SuppressedReasons", ()))
    missing = sorted({"BOUNCE", "COMPLAINT"} - reasons)
    if not missing:
        return Check("suppression list", "ok", "SES keeps addresses that bounced or complained from getting mail")
    todo = "Run `aws sesv2 put-account-suppression-attributes --suppressed-reasons BOUNCE COMPLAINT`"
    return Check("suppression list", "watch", f"SES does not suppress after {' and '.join(missing)}", todo)


def _request(sending: Sending, site: str) -> str:
    topics = ", ".join(topic.title for topic in sending.topics if not topic.transactional)
    return " ".join(_REQUEST.format(name=sending.business.name, site=site or "our site", topics=topics).split())
