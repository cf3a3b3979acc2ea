"""Forms as authored: fields, conditions among them, consent boxes, and what guards a form."""

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from functions.core.channels import BY_EMAIL, CHANNELS, ChannelName
from functions.core.definition import COUNTRY, LANGUAGE, Definition, Duration, Id, Lasting

Kind = Literal[
    "text",
    "textarea",
    "email",
    "phone",
    "number",
    "date",
    "url",
    "select",
    "radio",
    "checkboxes",
    "checkbox",
    "hidden",
]
CHOICES: Final = frozenset({"select", "radio", "checkboxes"})
"""Kinds that offer options."""
SWITCHES: Final = frozenset({*CHOICES, "checkbox"})
"""Kinds that other fields may depend on."""

NAME: Final = r"^[a-z][a-z0-9_]{0,62}$"
ORIGIN: Final = r"^https?://[^/\s;,'\"]+$"


class Option(Definition):
    """One thing to choose. A plain text is both what is kept and what is shown."""

    value: str = Field(min_length=1, max_length=200, description="What is kept, for ever the same.")
    label: str = Field(min_length=1, max_length=300, description="What is shown.")


def _option(value: Any) -> Any:
    return {"value": value, "label": value} if isinstance(value, str) else value


def _spelled(option: Option) -> Any:
    return option.value if option.value == option.label else {"value": option.value, "label": option.label}


Choice = Annotated[
    Option, BeforeValidator(_option, json_schema_input_type=str | Option), PlainSerializer(_spelled, return_type=Any)
]


class ShowWhen(Definition):
    """Only where an earlier field has this answer. Answers to what is not asked are not kept."""

    field: str = Field(pattern=NAME, description="Name of an earlier select, radio, checkboxes or checkbox.")
    is_: str | bool | None = Field(None, alias="is", description="Its answer; true or false for a checkbox.")
    one_of: list[str] = Field(default_factory=list, description="Any of these answers.")

    @model_validator(mode="after")
    def _one_bound(self) -> "ShowWhen":
        if (self.is_ is None) == (not self.one_of):
            raise ValueError("give exactly one of is and one_of")
        return self

    @property
    def wanted(self) -> frozenset[str | bool]:
        """Answers that show the field."""
        return frozenset(self.one_of if self.is_ is None else [self.is_])


class FormField(Definition):
    """One thing a form asks for; `name` becomes a trait."""

    name: str = Field(pattern=NAME, description="In mails `{{ contact.NAME }}`; never shown.")
    label: str = Field("", description="What stands beside the field; only a hidden one has none.")
    type: Kind = Field("text", description="What it takes; see docs/forms.md.")
    required: bool = Field(False, description="Whether it must be filled in.")
    help: str = Field("", max_length=500, description="A line below the label.")
    placeholder: str = Field("", max_length=200, description="An example inside the empty field.")
    options: list[Choice] = Field(default_factory=list, description="What select, radio and checkboxes offer.")
    default: str = Field("", max_length=500, description="What stands in it at first; of options, the one chosen.")
    value: str | None = Field(None, max_length=500, description="What a hidden field says, whatever is posted.")
    prefill: bool = Field(False, description="Whether the page's query may fill it in: ?NAME=…")
    min_length: int = Field(0, ge=0, le=5000, description="Characters, at least.")
    max_length: int = Field(500, ge=1, le=5000, description="Characters, at most.")
    pattern: str | None = Field(None, max_length=200, description="Regular expression that the whole text must match.")
    min: int | float | str | None = Field(None, description='Least number, or earliest date: "2026-12-31" or today.')
    max: int | float | str | None = Field(None, description='Greatest number, or latest date: "2026-12-31" or today.')
    decimals: int = Field(2, ge=0, le=6, description="Digits after the decimal mark of a number, at most.")
    autocomplete: str | None = Field(None, max_length=60, description="HTML's autofill token, such as given-name.")
    show_when: ShowWhen | None = Field(None, description="Only ask where an earlier answer makes sense of it.")
    ask: Literal["always", "progressive"] = Field(
        "always", description="progressive: not again of somebody who came from our mail and told us before."
    )


class ConsentBox(Definition):
    """A box to tick, with the exact wording that is kept as proof."""

    topic: Id
    channel: ChannelName = Field(BY_EMAIL, description="By which channel; the form must ask for its address.")
    label: str = Field(description="The wording that people agree to.")
    required: bool = Field(False, description="Whether the form can only be sent with it.")

    @property
    def key(self) -> str:
        """What is posted where it is ticked, and what events call it: the topic, after another channel than e-mail."""
        return self.topic if self.channel == BY_EMAIL else f"{self.channel}:{self.topic}"

    @property
    def identity(self) -> str:
        """The kind of identity whose owner agrees."""
        return CHANNELS[self.channel].identity


class Protect(Definition):
    """What keeps programs out. Nothing here asks anything of people."""

    honeypot: bool = Field(True, description="A field that people do not see: what fills it in is taken for a robot.")
    minimum_time: Duration | None = Field(
        None, description="Sooner after it was shown nobody can have filled it in: they are asked to press again."
    )
    disposable: Literal["allow", "flag", "refuse"] = Field(
        "allow", description="Addresses of throw-away mailboxes; flag notes it on the event."
    )
    links: Literal["refuse", "allow"] = Field(
        "refuse", description="Web addresses in text fields: names are printed in mails to others."
    )


class DoubleOptIn(Definition):
    """Ticked boxes count once the link in a mail was used. `true` takes all of these as they are."""

    email: Id = Field("confirm", description="Template of that mail; it has `{{ confirm_url }}`.")
    within: Duration = Field(259_200, description="So long the link holds.")
    thanks: str = Field("", description="Said after confirming.")


class SmsDoubleOptIn(Definition):
    """Ticked boxes about text messages count once a text was answered YES. `true` takes all of these as they are."""

    text: str = Field(
        "",
        max_length=320,
        description="What it says; without it who you are, what it is about and how to answer.",
    )
    within: Duration = Field(259_200, description="So long an answer counts.")


def _double_opt_in(value: Any) -> Any:
    if value is True:
        return {}
    return None if value is False else value


class Form(Lasting):
    """marketing/forms/ID.yaml"""

    title: str = Field(description="Heading of the page.")
    intro: str = Field("", description="A line or two below the title.")
    button: str = Field("", description='What the button says; "Send" in the form\'s language without it.')
    fields: list[FormField] = Field(min_length=1, description="What it asks for, in this order.")
    consents: list[ConsentBox] = Field(default_factory=list, description="Boxes to tick, below the fields.")
    double_opt_in: Annotated[
        DoubleOptIn | None, BeforeValidator(_double_opt_in, json_schema_input_type=bool | DoubleOptIn | None)
    ] = Field(None, description="Whether consent counts only once a link in a mail was used.")
    sms_double_opt_in: Annotated[
        SmsDoubleOptIn | None, BeforeValidator(_double_opt_in, json_schema_input_type=bool | SmsDoubleOptIn | None)
    ] = Field(None, description="Whether consent to text messages counts only once a text was answered YES.")
    thanks: str = Field("", description="Shown after submitting, unless redirect is given.")
    redirect: str | None = Field(None, pattern=r"^https?://", description="Page to go to instead of the thanks.")
    protect: Protect = Field(default_factory=Protect, description="What keeps programs out.")
    progressive_at_most: int = Field(2, ge=1, le=10, description="Progressive fields asked at a time.")
    language: str | None = Field(None, pattern=LANGUAGE, description="Such as tr or de-CH; the business's without it.")
    country: str | None = Field(
        None, pattern=COUNTRY, description="Whose phone numbers need no country code; the business's without it."
    )
    words: dict[str, str] = Field(
        default_factory=dict, description="Built-in words said otherwise, by key; see docs/forms.md."
    )
    framed_by: list[Annotated[str, Field(pattern=ORIGIN)]] = Field(
        default_factory=list, description="Sites that may show its page in a frame, such as https://example.com."
    )

    @model_validator(mode="before")
    @classmethod
    def _earlier_spelling(cls, data: Any) -> Any:
        # Releases of the first version have it at the top.
        if isinstance(data, dict) and isinstance(data.get("honeypot"), bool) and "protect" not in data:
            honeypot = data["honeypot"]
            data = {key: value for key, value in data.items() if key != "honeypot"} | {
                "protect": {"honeypot": honeypot}
            }
        return data


def asked(form: Form, known: frozenset[str] | None) -> list[FormField]:
    """The fields that a page shows. `known` are traits that a proved visitor told before; None: nobody is proved.

    Nobody unproved is spared a question: what is asked would tell what is known.
    """
    if known is None:
        return list(form.fields)
    new = [field.name for field in form.fields if field.ask == "progressive" and field.name not in known]
    chosen = frozenset(new[: form.progressive_at_most])
    return [field for field in form.fields if field.ask == "always" or field.name in chosen]
