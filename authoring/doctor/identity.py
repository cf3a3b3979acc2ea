"""Whether the world can tell that mail comes from the domain: verified with SES, DKIM, MAIL FROM and SPF, DMARC."""

from collections.abc import Iterator
from typing import Any

from authoring.doctor.checks import Check, Record, ask
from authoring.doctor.dns import Texts


def of_identity(sender: str, region: str, texts: Texts) -> Iterator[Check]:
    domain = sender.rpartition("@")[2]
    found = ask("get_email_identity", EmailIdentity=domain)
    if isinstance(found, Check):
        yield found
        return
    single = ask("get_email_identity", EmailIdentity=sender) if found is None else None
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
    yield _mail_from(domain, region, known.get("MailFromAttributes", {}), texts)
    yield _dmarc(domain, texts)


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


def _mail_from(domain: str, region: str, attributes: dict[str, Any], texts: Texts) -> Check:
    """SPF is checked on the MAIL FROM domain: one of your own makes it align."""
    name = attributes.get("MailFromDomain") or f"mail.{domain}"
    records = (
        Record("MX", name, f"10 feedback-smtp.{region}.amazonses.com"),
        Record("TXT", name, '"v=spf1 include:amazonses.com ~all"'),
    )
    if attributes.get("MailFromDomainStatus") == "SUCCESS":
        found = f"{name} is the MAIL FROM domain"
        spf = texts(name)
        if spf is not None and not any(one.startswith("v=spf1") and "include:amazonses.com" in one for one in spf):
            todo = "Copy the TXT record into the domain's DNS"
            return Check("MAIL FROM and SPF", "do", f"{found}, but its SPF record doesn't let SES send", todo, records)
        return Check("MAIL FROM and SPF", "ok", found, records=records)
    if attributes.get("MailFromDomain"):
        found = f"SES says {attributes.get('MailFromDomainStatus', 'nothing')} for {name}"
        return Check("MAIL FROM and SPF", "do", found, "Copy these records into the domain's DNS", records)
    command = f"aws sesv2 put-email-identity-mail-from-attributes --email-identity {domain} --mail-from-domain {name}"
    found = "bounces go to amazonses.com, so SPF does not align with your domain"
    return Check(
        "MAIL FROM and SPF", "do", found, f"Run `{command}`, and copy these records into the domain's DNS", records
    )


def _dmarc(domain: str, texts: Texts) -> Check:
    record = Record("TXT", f"_dmarc.{domain}", f'"v=DMARC1; p=none; rua=mailto:postmaster@{domain}"')
    found = texts(record.name)
    policy = next((one for one in found or () if one.replace(" ", "").startswith("v=DMARC1")), None)
    if policy is not None:
        return Check("DMARC", "ok", f"{record.name} says {policy}", records=(record,))
    if found is not None:
        return Check("DMARC", "do", "there is no policy; Gmail and Yahoo ask for one", "Copy this record", (record,))
    todo = "Copy this record unless the domain has one; tighten p=none to p=quarantine when the reports look right"
    return Check("DMARC", "unknown", "Gmail and Yahoo ask for it; the DNS could not be asked", todo, (record,))
