"""form: what to paste into another site so that a form stands there."""

import click

from authoring.commands.shared import App, emit, explained, json_option
from authoring.compile import bundle
from functions import settings
from functions.pages.embedding import snippets


@click.command("form")
@click.argument("id")
@click.option("--html", "as_html", is_flag=True, help="Plain HTML that needs no script, to be styled by your site.")
@json_option
@click.pass_obj
def form(app: App, id: str, as_html: bool, as_json: bool) -> None:
    """Print the HTML that puts the form ID into another site's page."""
    with explained(as_json):
        release = bundle(app.marketing).content
        called, id = id, release.first_name("form", id)
        if id not in release.forms:
            known = ", ".join(sorted(release.present_name("form", one) for one in release.forms)) or "none"
            raise ValueError(f'there is no form "{called}"; forms: {known}')
        app.connect()
        said = snippets(id, release.forms[id], release.sending, settings.public_url())
        if as_json:
            emit(said)
        else:
            click.echo(said["html" if as_html else "script"])
