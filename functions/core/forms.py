"""Forms as authored, and the reading of one submission."""

from typing import Literal

from pydantic import Field

from functions.core.definition import Definition, Id


class FormField(Definition):
    """One thing a form asks for; `name` becomes a trait."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="In mails `{{ contact.NAME }}`; never shown.")
    label: str = Field(description="What stands beside the field.")
    type: Literal["email", "text", "textarea", "select", "checkbox"] = "text"
    required: bool = Field(False, description="Whether it must be filled in.")
    options: list[str] = Field(default_factory=list, description="What a select offers.")
    max_length: int = Field(500, ge=1, le=5000, description="Characters, at most.")


class ConsentBox(Definition):
    """A box to tick, with the exact wording that is kept as proof."""

    topic: Id
    label: str = Field(description="The wording that people agree to.")
    required: bool = Field(False, description="Whether the form can only be sent with it.")


class Form(Definition):
    """marketing/forms/ID.yaml"""

    title: str = Field(description="Heading of the page.")
    intro: str = Field("", description="A line or two below the title.")
    button: str = Field("Send", description="What the button says.")
    fields: list[FormField] = Field(min_length=1, description="What it asks for, in this order.")
    consents: list[ConsentBox] = Field(default_factory=list, description="Boxes to tick, below the fields.")
    thanks: str = Field("Thank you.", description="Shown after submitting, unless redirect is given.")
    redirect: str | None = Field(None, pattern=r"^https?://", description="Page to go to instead of the thanks.")
    honeypot: bool = Field(True, description="A field that people do not see: what fills it in is taken for a robot.")
