"""How a text message is sent to a number: as whom, under which of AWS's names for it."""

from functools import lru_cache

from functions.core.sms import SmsSettings

PROMOTIONAL = "Promotional"
TRANSACTIONAL = "Transactional"


@lru_cache(maxsize=4096)
def country_of(number: str) -> str:
    """The country of a number in E.164, such as "TR"; "" where nobody can tell."""
    import phonenumbers

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""


def attributes(number: str, sender: SmsSettings, *, transactional: bool) -> dict[str, str]:
    """SNS's attributes of a text to a number.

    https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html
    """
    own = sender.of(country_of(number))
    said = {
        "AWS.SNS.SMS.SMSType": TRANSACTIONAL if transactional else PROMOTIONAL,
        "AWS.SNS.SMS.SenderID": own.sender,
        "AWS.MM.SMS.OriginationNumber": own.number,
        "AWS.MM.SMS.EntityId": own.entity,
        "AWS.MM.SMS.TemplateId": own.template,
    }
    return {name: value for name, value in said.items() if value}
