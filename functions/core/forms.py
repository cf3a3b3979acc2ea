"""Forms as authored, and the reading of one submission."""

from typing import Literal

from pydantic import Field

from functions.core.definition import Definition, Id


class FormField(Definition):
    """One thing a form asks for; `name` becomes a trait."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    label: str
    type: Literal["email", "text", "textarea", "select", "checkbox"] = "text"
    required: bool = False
    options: list[str] = Field(default_factory=list)
    max_length: int = Field(500, ge=1, le=5000)


class ConsentBox(Definition):
    """A box to tick, with the exact wording that is kept as proof."""

    topic: Id
    label: str
    required: bool = False


class Form(Definition):
    """marketing/forms/ID.yaml"""

    title: str
    intro: str = ""
    button: str = "Send"
    fields: list[FormField] = Field(min_length=1)
    consents: list[ConsentBox] = Field(default_factory=list)
    thanks: str = Field("Thank you.", description="Shown after submitting, unless redirect is given.")
    redirect: str | None = Field(None, pattern=r"^https?://")
    honeypot: bool = True
