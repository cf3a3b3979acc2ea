"""What the business has made: forms, pages, pop-ups, files and surveys, where each is, and how to put it elsewhere.

What a page's variants did is what was counted when their shares moved last, a few hours ago at most while anybody
comes: counting anew would read every visitor.
"""

from collections.abc import Iterator
from typing import Any

from functions import releases, settings
from functions.console.routes import Asked, Shown
from functions.core import experiments
from functions.core.experiments import Test
from functions.core.popups import Popup
from functions.core.release import Release
from functions.core.views import iso
from functions.pages import embedding
from functions.tables import experiments as table


def show(asked: Asked) -> Shown:
    """Everything of these kinds."""
    live, base = releases.live(), settings.public_url()
    release = live.release
    key = next(iter(releases.keyring().write_keys), "")
    values = {
        "forms": list(_forms(release, base)),
        "pages": list(_pages(release, base, live.tests)),
        "popups": [_popup(id, popup, release) for id, popup in release.popups.items()],
        "files": list(_files(release, base)),
        "surveys": list(_surveys(release)),
        "tracker": embedding.tracker(base, key) if release.popups and key else None,
    }
    return Shown("made.html", values)


def _forms(release: Release, base: str) -> Iterator[dict[str, Any]]:
    for id, form in release.forms.items():
        name = release.present_name("form", id)
        said = embedding.snippets(name, form, release.sending, base)
        yield {"id": name, "title": form.title, "address": said["page"], "embed": said["script"], "html": said["html"]}


def _pages(release: Release, base: str, tests: Any) -> Iterator[dict[str, Any]]:
    for id, page in release.pages.items():
        name = release.present_name("page", id)
        yield {
            "id": name,
            "title": page.title,
            "address": None if page.personal else f"{base}/page/{name}",
            "snippet": f'{{{{ page_url("{name}") }}}}' if page.personal else None,
            "test": _test(tests[id]) if id in tests else None,
        }


def _test(test: Test) -> dict[str, Any]:
    standing = table.current(test)
    found = None if standing is None else experiments.noted(standing)
    shares = test.even() if standing is None else standing.shares
    return {
        "epoch": 1 if standing is None else standing.number,
        "as_of": iso(standing.began) if standing is not None and found is not None else None,
        "verdict": found.verdict if found else "too-few",
        "winner": found.winner if found else None,
        "variants": [
            {"variant": name, "share": share, **(_figures(found.figures[name]) if found else {})}
            for name, share in shares.items()
        ],
    }


def _figures(figures: Any) -> dict[str, Any]:
    return {name: getattr(figures, name) for name in ("seen", "converted", "rate", "low", "high")}


def _popup(id: str, popup: Popup, release: Release) -> dict[str, Any]:
    return {
        "id": release.present_name("popup", id),
        "title": popup.title,
        "on": list(popup.on),
        "except": list(popup.except_),
        "style": popup.style,
        "form": release.present_name("form", popup.form) if popup.form else None,
        "leads": popup.link.to if popup.link else None,
    }


def _files(release: Release, base: str) -> Iterator[dict[str, Any]]:
    for id, asset in release.assets.items():
        name = release.present_name("asset", id)
        form = release.present_name("form", asset.form) if asset.form else None
        yield {
            "id": name,
            "title": asset.title,
            "size": asset.size,
            "form": form,
            "address": f"{base}/f/{form}" if form else None,
            "snippet": f'{{{{ asset_url("{name}") }}}}',
        }


def _surveys(release: Release) -> Iterator[dict[str, Any]]:
    for id, survey in release.surveys.items():
        name = release.present_name("survey", id)
        yield {
            "id": name,
            "title": survey.question,
            "answers": [label for _, label in survey.choices],
            "trait": survey.trait,
            "snippet": f'{{{{ survey("{name}") }}}}',
        }
