"""What e-mails call by the id of a definition: surveys, links to files and to personal pages.

These links are ours, and not signed again.
"""

from collections.abc import Callable
from typing import Any

from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext

from functions.core import surveys
from functions.core.known import Unrenderable
from functions.core.release import Release

Asset = Callable[[str], str]
"""Makes the link to a file, by its id."""
Rate = Callable[[str, str], str]
"""Makes the link to an answer of a survey, by the survey's id and the answer."""


Page = Callable[[str], str]
"""Makes the link to a personal page, by its id."""


def callables(asset: Asset | None, rate: Rate | None, page: Page | None, release: Release) -> dict[str, Any]:
    """The functions that a template may call; none where nothing makes their links."""
    found: dict[str, Any] = {}
    if asset is not None:
        make = asset

        def asset_url(id: str) -> str:
            return make(_first(release, "asset", id, release.assets))

        found["asset_url"] = asset_url
    if rate is not None:
        link = rate

        @pass_eval_context
        def survey(context: EvalContext, id: str) -> str:
            first = _first(release, "survey", id, release.surveys)
            return surveys.block(release.surveys[first], lambda answer: link(first, answer), rich=context.autoescape)

        found["survey"] = survey
    if page is not None:
        lead = page

        def page_url(id: str) -> str:
            return lead(_first(release, "page", id, release.pages))

        found["page_url"] = page_url
    return found


def _first(release: Release, kind: str, id: object, there: Any) -> str:
    first = release.first_name(kind, str(id))
    if first not in there:
        raise Unrenderable("template-error", f"{kind} {id}")
    return first
