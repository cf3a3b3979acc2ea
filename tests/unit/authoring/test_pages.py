"""What is wrong with a landing page is said with file, line and mend."""

from functools import partial
from pathlib import Path

import pytest

from authoring.compile import bundle
from authoring.ledger import ids_of
from functions.core.changes import stored_changes
from tests.unit.authoring.broken import problems_with
from tests.unit.authoring.folders import Folder

FILE = "pages/spring.yaml"
GOOD = """title: Spring
says:
  utm_term: {one_of: [green tea], otherwise: tea}
blocks:
  - hero:
      headline: "{{ query.utm_term }}"
      button: {text: Go, to: form}
  - text: |
      Look at [that](page:first-flush).
  - image: {src: "https://yellow-samovar.example/a.jpg", alt: A glass, width: 4, height: 3}
  - form: hello
"""


problems = partial(problems_with, FILE)


@pytest.mark.parametrize(
    ("change", "line", "code", "said"),
    [
        (("form: hello", "form: helo"), 11, "unknown-form", 'Did you mean "hello"?'),
        (("to: form", "page: first-fush"), 7, "unknown-page", 'Did you mean "first-flush"?'),
        (("page:first-flush", "page:first-fush"), 8, "unknown-page", 'Did you mean "first-flush"?'),
        (("alt: A glass, ", ""), 10, "missing-key", '"alt" is missing'),
        (
            ("https://yellow-samovar.example/a.jpg", "/a.jpg"),
            10,
            "wrong-value",
            "a whole address that starts with https://",
        ),
        (("to: form", "to: from"), 7, "wrong-value", "form, or a whole address"),
        (("title: Spring", "language: Türkçe\ntitle: Spring"), 1, "wrong-value", "a language, such as tr"),
        (("width: 4, ", ""), 10, "missing-key", '"width" is missing'),
        (("yellow-samovar.example", "cdn.example"), 10, "third-party", "your own site"),
        (("query.utm_term", "query.utm_tern"), 6, "invalid", 'Did you mean "utm_term"?'),
        (("query.utm_term", "contact.first_name"), 6, "invalid", "unknown variable contact"),
        (("{{ query.utm_term }}", "{% if query %}x{% endif %}"), 6, "invalid", "came_with or when"),
        (("query.utm_term }}", "query.utm_term | shout }}"), 6, "invalid", 'unknown filter "shout"'),
        (("query.utm_term }}", "query.utm_term"), 6, "invalid", "template syntax"),
        (("query.utm_term", "query.__class__"), 6, "invalid", "unknown variable query.__class__"),
        (("  - form: hello\n", ""), 7, "no-form-here", "Add a block"),
        (("  - form: hello", "  - form: hello\n  - form: wholesale"), 12, "two-forms", "Keep one"),
        (("hero:", "heero:"), 5, "no-kind", 'Did you mean "hero"?'),
        (("  - form: hello", "  - form: hello\n    when: {segment: custommers}"), 12, "unknown-segment", "customers"),
        (("  - form: hello", "  - form: hello\n    otherwise: [{text: x}]"), 11, "wrong-value", "otherwise needs"),
        (("to: form}", "to: form}\n      variants: {headline: {calm: '{{ query.x }}'}}"), 8, "invalid", "utm_term"),
        (
            ("to: form}", "to: form}\n      variants: {headline: {as-written: x}}"),
            8,
            "wrong-value",
            "Call this one otherwise",
        ),
        (("to: form}", "to: form}\n      variants: {}"), 8, "wrong-value", "at least one other"),
        (("title: Spring", "title: Spring\nlanguage: xx-"), 2, "wrong-value", "not possible here"),
        (("title: Spring", "titel: Spring"), 1, "unknown-key", 'unknown key "titel"'),
    ],
)
def test_a_mistake_names_its_place_and_mend(
    folder: Folder, change: tuple[str, str], line: int, code: str, said: str
) -> None:
    assert change[0] in GOOD
    (problem,) = problems(folder, GOOD.replace(*change))
    assert (problem.line, problem.code) == (line, code), problem
    assert said in f"{problem.message}. {problem.mend}"


def test_a_page_has_an_id_for_ever_and_a_place_in_what_differs(folder: Folder) -> None:
    before = bundle(folder.root)
    folder.write(FILE, GOOD)
    after = bundle(folder.root)
    assert ids_of(after.content)["page spring"] == "page"
    assert [(one.what, one.how) for one in stored_changes(before.content, after.content)] == [("page spring", "added")]


def test_a_renamed_page_is_stored_under_its_first_name_and_so_is_what_leads_there(folder: Folder) -> None:
    folder.write(FILE, GOOD.replace("to: form", "page: harvest"))
    text = folder.read("pages/first-flush.yaml")
    folder.remove("pages/first-flush.yaml")
    folder.write("pages/harvest.yaml", f"was: first-flush\n{text}")
    folder.write(FILE, folder.read(FILE).replace("page:first-flush", "page:harvest"))
    made = bundle(folder.root).content
    assert set(made.pages) == {"first-flush", "spring", "your-shelf"}
    assert made.present_name("page", "first-flush") == "harvest"
    assert '"page":"first-flush"' in bundle(folder.root).release.decode()


def test_only_one_hero_of_a_page_has_variants_and_their_ids_are_for_ever(folder: Folder) -> None:
    varied = "      variants: {headline: {calm: x}, button: {now: y}}\n"
    hero = "  - hero:\n      headline: x\n      button: {text: Go, to: form}\n"
    (problem,) = problems(folder, f"{GOOD}{hero}{varied}{hero}{varied}")
    assert (problem.line, problem.code) == (19, "two-tests")
    folder.write(FILE, f"{GOOD}{hero}{varied}")
    found = ids_of(bundle(folder.root).content)
    assert found["page spring, headline calm"] == "headline variant"
    assert found["page spring, button now"] == "button variant"


def test_the_demo_has_a_page(folder: Folder) -> None:
    assert set(bundle(Path(folder.root)).content.pages) == {"first-flush", "your-shelf"}
