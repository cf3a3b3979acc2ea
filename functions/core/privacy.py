"""privacy.yaml: how long things are kept, who else sees them, and what a country asks for."""

from typing import Literal

from pydantic import Field

from functions.core.definition import Definition, Duration, spell_duration

DAY = 86_400


class Retention(Definition):
    """How long each kind of record stays. Whatever is older goes by itself, a few days later."""

    visitors: Duration = Field(400 * DAY, description="What browsers did in which nobody said who they are.")
    contacts: Duration = Field(
        1095 * DAY, description="What people did who are known by an address, a number or an account."
    )
    messages: Duration = Field(1095 * DAY, description="Which messages went to whom, or why they did not.")
    decisions: Duration = Field(730 * DAY, description="Which lines people crossed, such as becoming warm.")
    runs: Duration = Field(
        1095 * DAY,
        description="Runs of a journey that are over: earlier ones of somebody who entered again, and those side by "
        "side (`one_per`), unless nobody may come again for the same key. The latest of others stays, so that whoever "
        "may enter once enters once.",
    )


class Processor(Definition):
    """Somebody else who sees personal data on the business's behalf."""

    name: str = Field(min_length=1, max_length=200, description="Who, such as a delivery company.")
    why: str = Field(min_length=1, max_length=500, description="What for, in a few words.")


class Iys(Definition):
    """How consent is reported to Turkey's message register (İleti Yönetim Sistemi)."""

    recipients: Literal["BIREYSEL", "TACIR"] = Field(
        "BIREYSEL", description="Whether those written to are consumers or merchants."
    )
    source: Literal[
        "HS_WEB", "HS_MOBIL", "HS_FIZIKSEL_ORTAM", "HS_ISLAK_IMZA", "HS_EORTAM", "HS_ETKINLIK", "HS_2015", "HS_ATM"
    ] = Field("HS_WEB", description="Where consent was given; forms on the web unless said otherwise.")


class Privacy(Definition):
    """privacy.yaml"""

    retention: Retention = Field(default_factory=Retention, description="How long each kind of record stays.")
    double_opt_in: Literal["required", "optional"] = Field(
        "optional",
        description="Whether every form with a box to tick must have the address confirmed first, as in Germany.",
    )
    contact: str | None = Field(
        None,
        pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$",
        description="Where people ask what is known of them, or to be erased; the sender's address, without it.",
    )
    shared_with: list[Processor] = Field(
        default_factory=list, description="Who else sees personal data, besides Amazon Web Services, where it is kept."
    )
    sms_sender: str | None = Field(
        None,
        max_length=60,
        description="The sender's name as registered with the carriers or the authority; many countries, Turkey "
        "among them, take no SMS from a name that isn't.",
    )
    iys: Iys = Field(default_factory=Iys, description="How consent is reported to Turkey's message register.")


def spelled(retention: Retention) -> dict[str, str]:
    """Each length of time in words."""
    return {name: spell_duration(getattr(retention, name)) for name in Retention.model_fields}
