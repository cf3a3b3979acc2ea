"""What stands between a deployment and sending: each thing with its state, and what to do about it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from functions import releases
from functions.aws.session import client
from functions.core.sending import Sending

State = Literal["ok", "do", "unknown"]

_REQUEST = """We are {name} ({site}). We send newsletters and automated series about {topics} to people who asked for
them by ticking a box in a form on our own site; the wording and moment of every consent are kept. Every marketing
message carries List-Unsubscribe with one-click unsubscribe, a visible link, and our postal address. Hard bounces,
complaints and unsubscribes come back through an SNS topic, and the address is suppressed at once; the account-level
suppression list is on as well. Lists are never bought or rented. We send at a steady, configured rate and expect
bounces below 2 % and complaints below 0.1 %."""


@dataclass(frozen=True, slots=True)
class Record:
    """A DNS record to copy."""

    type: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `what_to_do` is empty where it is well."""

    name: str
    state: State
    found: str
    what_to_do: str = ""
    records: tuple[Record, ...] = field(default=())
    text: str = ""

    def as_json(self) -> dict[str, Any]:
        """The plain values, for --json."""
        return asdict(self)


def examine(region: str, site: str = "") -> list[Check]:
    """Every check, in the order in which to mend."""
    try:
        sending = releases.live().release.sending
    except releases.NothingLive as error:
        return [Check("live release", "do", str(error), "Run samovar publish")]
    checks = [Check("live release", "ok", f"release {releases.live().id[:12]} is live"), _address(sending)]
    checks += _identity(sending.sender.email, region)
    checks += _account(sending, site or sending.business.site)
    return checks


def _address(sending: Sending) -> Check:
    if sending.business.address.strip():
        return Check("postal address", "ok", sending.business.address)
    todo = "Set business.address in sending.yaml and publish: the law in most countries wants it under marketing mail"
    return Check("postal address", "do", "there is none", todo)


def _identity(sender: str, region: str) -> Iterator[Check]:
    domain = sender.rpartition("@")[2]
    found = _ask("get_email_identity", EmailIdentity=domain)
    if isinstance(found, Check):
        yield found
        return
    single = _ask("get_email_identity", EmailIdentity=sender) if found is None else None
    if found is None and isinstance(single, dict) and _verified(single):
        todo = f"{_create(domain)} Until then mail goes out, but without DKIM of your domain much of it lands in spam."
        yield Check("sending domain", "do", f"only the address {sender} is verified", todo)
    elif found is None:
        yield Check("sending domain", "do", f"SES does not know {domain}", _create(domain))
    elif _verified(found):
        yield Check("sending domain", "ok", f"{domain} is verified")
    else:
        todo = "Set the DKIM records below; SES looks again by itself, for up to three days"
        yield Check("sending domain", "do", f"{domain} is not verified yet", todo)
    known = found or {}
    yield _dkim(domain, known.get("DkimAttributes", {}))
    yield _mail_from(domain, region, known.get("MailFromAttributes", {}))
    yield _dmarc(domain)


def _verified(identity: dict[str, Any]) -> bool:
    return bool(identity.get("VerifiedForSendingStatus") or identity.get("VerificationStatus") == "SUCCESS")


def _create(domain: str) -> str:
    return (
        f"Run `aws sesv2 create-email-identity --email-identity {domain}`, then samovar doctor again for its records."
    )


def _dkim(domain: str, attributes: dict[str, Any]) -> Check:
    tokens = attributes.get("Tokens", [])
    records = tuple(Record("CNAME", f"{token}._domainkey.{domain}", f"{token}.dkim.amazonses.com") for token in tokens)
    if attributes.get("Status") == "SUCCESS":
        return Check("DKIM", "ok", "SES signs mail with your domain", records=records)
    if not records:
        return Check("DKIM", "do", "there are no DKIM keys yet", "Let SES know the domain first, as above")
    found = f"SES says {attributes.get('Status', 'nothing')}"
    return Check("DKIM", "do", found, "Copy these records into the domain's DNS", records)


def _mail_from(domain: str, region: str, attributes: dict[str, Any]) -> Check:
    """SPF is checked on the MAIL FROM domain: one of your own makes it align."""
    name = attributes.get("MailFromDomain") or f"mail.{domain}"
    records = (
        Record("MX", name, f"10 feedback-smtp.{region}.amazonses.com"),
        Record("TXT", name, '"v=spf1 include:amazonses.com ~all"'),
    )
    if attributes.get("MailFromDomainStatus") == "SUCCESS":
        return Check("MAIL FROM and SPF", "ok", f"{name} is the MAIL FROM domain", records=records)
    if attributes.get("MailFromDomain"):
        found = f"SES says {attributes.get('MailFromDomainStatus', 'nothing')} for {name}"
        return Check("MAIL FROM and SPF", "do", found, "Copy these records into the domain's DNS", records)
    command = f"aws sesv2 put-email-identity-mail-from-attributes --email-identity {domain} --mail-from-domain {name}"
    found = "bounces go to amazonses.com, so SPF does not align with your domain"
    return Check(
        "MAIL FROM and SPF", "do", found, f"Run `{command}`, and copy these records into the domain's DNS", records
    )


def _dmarc(domain: str) -> Check:
    record = Record("TXT", f"_dmarc.{domain}", f'"v=DMARC1; p=none; rua=mailto:postmaster@{domain}"')
    todo = "Copy this record unless the domain has one; tighten p=none to p=quarantine when the reports look right"
    return Check("DMARC", "unknown", "Gmail and Yahoo ask for it; SES does not say whether it is set", todo, (record,))


def _account(sending: Sending, site: str) -> Iterator[Check]:
    account = _ask("get_account")
    if account is None or isinstance(account, Check):
        yield account or Check("SES account", "unknown", "SES says nothing about the account")
        return
    quota = account.get("SendQuota", {})
    limits = f"{quota.get('Max24HourSend', 0):.0f} a day, {quota.get('MaxSendRate', 0):g} a second"
    if account.get("ProductionAccessEnabled"):
        yield Check("production access", "ok", f"granted: {limits}")
    else:
        todo = "Ask for production access (SES console, Account dashboard, Request production access) with this text"
        found = f"in the sandbox: {limits}, and only to verified addresses"
        yield Check("production access", "do", found, todo, text=_request(sending, site))
    if not account.get("SendingEnabled", True):
        yield Check("sending", "do", "SES has paused sending", "Read the mail that AWS sent about it, and answer it")
    rate = float(quota.get("MaxSendRate") or 0)
    if rate and sending.rate_per_second > rate:
        todo = f"Set rate_per_second in sending.yaml to {rate:g} or less, or ask SES for more"
        yield Check("rate", "do", f"{sending.rate_per_second:g} a second are configured, {rate:g} allowed", todo)


def _request(sending: Sending, site: str) -> str:
    topics = ", ".join(topic.title for topic in sending.topics if not topic.transactional)
    return " ".join(_REQUEST.format(name=sending.business.name, site=site or "our site", topics=topics).split())


def _ask(operation: str, **arguments: Any) -> dict[str, Any] | Check | None:
    """SES's answer, None where it does not know the thing, or a Check that says why it gave none."""
    try:
        answer: dict[str, Any] = getattr(client("sesv2"), operation)(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NotFoundException", "NotFound"):
            return None
        reason = error.response["Error"].get("Message") or error.response["Error"]["Code"]
        return Check("SES", "unknown", f"SES did not answer {operation}: {reason}", "Look in the SES console instead")
    except (BotoCoreError, KeyError, ValueError) as error:
        return Check("SES", "unknown", f"SES did not answer {operation}: {error}", "Look in the SES console instead")
    return answer
