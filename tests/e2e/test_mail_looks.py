"""E-mails in a real browser: on a phone and on a desk, in light and in dark."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from authoring.colours import READABLE, contrast
from authoring.compile import bundle
from functions.core import compose
from functions.core.compose import Circumstances, Urls
from functions.core.contact import Contact, Moment, Profile, Rank, State
from functions.core.release import Release
from functions.texts.writing import hand
from tests.unit.authoring.folders import Folder

ALL = """\
<mj-section>
  <mj-column>
    <mj-text mj-class="title">{{ contact.name }}: İstanbul, Łódź, Привет, 茶 🫖</mj-text>
    <mj-text mj-class="lead">A lead, with <a href="{{ business.site }}/a">a link</a> in it.</mj-text>
    <mj-image src="https://tea.example/i.png" alt="A glass of tea" />
    <mj-divider />
    <mj-text><ul><li>one</li><li>two</li></ul></mj-text>
    <mj-table>
      {% for product in products | tagged("black") | first(2) %}
      <tr><td><a href="{{ product.url }}">{{ product.title }}</a></td><td>{{ product.price | money("EUR") }}</td></tr>
      {% endfor %}
    </mj-table>
    <mj-button href="{{ business.site }}/b">Put it in my basket</mj-button>
    <mj-text mj-class="small">{{ contact.born | day }}, {{ contact.total | number }}</mj-text>
  </mj-column>
</mj-section>
<mj-section>
  <mj-column mj-class="panel"><mj-text>On a panel, <a href="{{ business.site }}/c">linked</a></mj-text></mj-column>
  <mj-column mj-class="panel"><mj-text>And another</mj-text></mj-column>
</mj-section>
"""
YAML = """\
subject: "{{ contact.name }}: İstanbul, Łódź, Привет, 茶 🫖"
preheader: One of everything
variables: {name: {required: true}, born: {required: true}, total: {required: true}}
"""
TRAITS = {"name": "Łucja Иванова 茶 🍵 İpek", "born": "1990-05-04", "total": 1234.5, "first_name": "İpek"}
MEASURE = """() => {
  const channels = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor, v = channels(c);
      if (v.length === 3 || v[3] > 0) return c;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? 'rgb(18, 18, 18)' : 'rgb(255, 255, 255)';
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), e = walker.currentNode.parentElement;
    if (!text || !e.getClientRects().length || getComputedStyle(e).visibility === 'hidden') continue;
    if (!e.checkVisibility() || parseFloat(getComputedStyle(e).fontSize) < 5) continue;
    found.push([text.slice(0, 40), getComputedStyle(e).color, behind(e)]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder = Folder(tmp_path_factory.mktemp("mail") / "marketing")
    folder.write("emails/everything.mjml", ALL)
    folder.write("emails/everything.yaml", YAML)
    return bundle(folder.root).content


def written(release: Release, template: str, traits: dict[str, Any], language: str = "") -> compose.Words:
    held = {name: (Rank(False, Moment(1, 1)), value) for name, value in traits.items()}
    contact = Contact(State("c"), Profile("c", 1, held))
    links = ("https://tea.example/u", "https://tea.example/c", "https://tea.example/p")
    urls = Urls(
        lambda url: url, "", *links, rate=lambda *_: "https://tea.example/rate", page=lambda _: "https://tea.example/my"
    )
    when = Circumstances(1_780_000_000_000, lambda: "Europe/Istanbul", hand, language)
    return compose.render(template, contact, release.sending.topics[0], release, urls, when)


def shown(browser: Browser, html: str, path: Path, width: int, scheme: Any) -> Page:
    path.write_text(html, encoding="utf-8")
    page = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()
    page.goto(path.as_uri())
    return page


def hexed(colour: str) -> str:
    red, green, blue = (int(float(part)) for part in colour.partition("(")[2].rstrip(")").split(",")[:3])
    return f"#{red:02x}{green:02x}{blue:02x}"


MAILS = [("welcome", ""), ("welcome", "tr"), ("first-offer", ""), ("confirm", ""), ("everything", "")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("template", "language"), MAILS)
def test_all_text_can_be_read_in_light_and_dark(
    browser: Browser, release: Release, tmp_path: Path, template: str, language: str, scheme: str
) -> None:
    words = written(release, template, TRAITS, language)
    page = shown(browser, words.html, tmp_path / "mail.html", 600, scheme)
    found = page.evaluate(MEASURE)
    assert len(found) > 5
    bad = [(text, ink, behind) for text, ink, behind in found if contrast(hexed(ink), hexed(behind)) < READABLE]
    assert bad == []
    grounds = {hexed(behind) for _, _, behind in found}
    assert ("#fffdf8" in grounds) == (scheme == "light")
    page.context.close()


@pytest.mark.parametrize("template", [*sorted({name for name, _ in MAILS}), "brewing-guide"])
def test_nothing_is_wider_than_a_phone(browser: Browser, release: Release, tmp_path: Path, template: str) -> None:
    page = shown(browser, written(release, template, TRAITS).html, tmp_path / "mail.html", 360, "light")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.context.close()


def test_every_script_survives_in_subject_name_and_body(browser: Browser, release: Release, tmp_path: Path) -> None:
    words = written(release, "everything", TRAITS)
    line = f"{TRAITS['name']}: İstanbul, Łódź, Привет, 茶 🫖"
    assert words.subject == line
    assert line in words.text
    page = shown(browser, words.html, tmp_path / "mail.html", 1200, "light")
    assert line in page.inner_text("body")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.context.close()
