"""Authored models that exist only before compiling."""

from pydantic import Field

from functions.core.definition import LANGUAGE, Definition, Id, Lasting
from functions.core.emails import Block, Variable

_LINE = r"^[^\r\n]+$"


class Translation(Definition):
    """What stands in the YAML for one more language; its body stands in ID.LANGUAGE.mjml."""

    subject: str = Field(min_length=1, max_length=300, description="Subject line in this language.", pattern=_LINE)
    preheader: str = Field("", max_length=300, description="What inboxes show after the subject.")
    defaults: dict[str, str] = Field(
        default_factory=dict, description="Defaults of variables, by name, where this language says them otherwise."
    )


class EmailFile(Lasting):
    """marketing/emails/ID.yaml; beside it ID.mjml is the HTML part. Without ID.txt the plain part is made from it."""

    subject: str = Field(min_length=1, max_length=300, description="Subject line; Jinja2, on one line.", pattern=_LINE)
    preheader: str = Field("", max_length=300, description="What inboxes show after the subject; Jinja2.")
    language: str | None = Field(
        None, pattern=LANGUAGE, description="Language of ID.mjml, such as tr or de-CH; the business's without it."
    )
    languages: dict[str, Translation] = Field(
        default_factory=dict, description="Other languages by code, each with its ID.LANGUAGE.mjml."
    )
    variables: dict[str, Variable] = Field(
        default_factory=dict, description="Traits that the e-mail says, by path: a default, or required: true."
    )
    blocks: dict[Id, Block] = Field(
        default_factory=dict, description='Parts that only some people get, used as `{% if block["ID"] %}`.'
    )
