"""E-mail templates as they stand in a release: rendered from MJML when published."""

from pydantic import Field

from functions.core.definition import Definition


class Email(Definition):
    """Jinja2 sources of one message. `html` is complete; `text` is the plain part."""

    subject: str = Field(min_length=1, max_length=300)
    preheader: str = Field("", max_length=300)
    html: str
    text: str
