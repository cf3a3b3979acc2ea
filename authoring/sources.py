"""Authored models that exist only before compiling."""

from pydantic import Field

from functions.core.definition import Definition


class EmailFile(Definition):
    """marketing/emails/ID.yaml; beside it ID.mjml is the HTML part, ID.txt the plain one."""

    subject: str = Field(
        min_length=1, max_length=300, description="Subject line; Jinja2, on one line.", pattern=r"^[^\r\n]+$"
    )
    preheader: str = Field("", max_length=300, description="What inboxes show after the subject; Jinja2.")
