"""E-mails as they are written: what is refused, what is warned of, and what the release gets."""

import pytest

from authoring.colours import READABLE, contrast, on, readable
from authoring.compile import bundle
from authoring.plain import plain
from authoring.problems import Problem
from functions.core.counters import counters
from tests.unit.authoring.broken import Broken, check, problems_in, swap
from tests.unit.authoring.folders import Folder

YAML = "emails/welcome.yaml"
MJML = "emails/welcome.mjml"
BODY = "<mj-section><mj-column>{}</mj-column></mj-section>"

BROKEN = {
    "an unknown block": Broken(
        MJML, swap("no-caffeine", "no-cafeine", MJML), "no-cafeine", "html", 'unknown block "no-cafeine"', "no-caffeine"
    ),
    "a block with an impossible condition": Broken(
        YAML,
        swap("{trait: favourite, is: Herbal}", "{segment: kean}", YAML),
        "segment: kean",
        "blocks.no-caffeine.when.segment",
        'unknown segment "kean"',
        "keen",
    ),
    "a block about a step": Broken(
        YAML,
        swap("{trait: favourite, is: Herbal}", "{opened: hello}", YAML),
        "opened: hello",
        "blocks.no-caffeine.when.opened",
        "only a journey has steps",
        "email: welcome",
    ),
    "a variable with neither default nor need": Broken(
        YAML,
        swap("{default: tea friend}", "{}", YAML),
        "first_name: {}",
        "variables.first_name",
        "give it a default",
        "",
    ),
    "a language without a file": Broken(
        YAML,
        lambda folder: folder.remove("emails/welcome.tr.mjml"),
        "tr:",
        "languages.tr",
        'in "tr"',
        "emails/welcome.tr.mjml",
    ),
    "a file of a language that the YAML doesn't name": Broken(
        "emails/welcome.pl.mjml",
        lambda folder: folder.write("emails/welcome.pl.mjml", folder.read(MJML)),
        1,
        "(file)",
        'says nothing in "pl"',
        "languages: {pl:",
    ),
    "a language that is none": Broken(
        "emails/welcome.t_r.mjml",
        lambda folder: folder.write("emails/welcome.t_r.mjml", ""),
        1,
        "(file)",
        "is no language code",
        "tr or de-CH",
    ),
    "a default of what isn't declared": Broken(
        YAML,
        swap("defaults: {first_name: çay dostu}", "defaults: {first_nam: çay dostu}", YAML),
        "defaults",
        "languages.tr.defaults.first_nam",
        "not declared",
        "first_name",
    ),
    "a script": Broken(
        MJML,
        swap("</mj-text>", "<script>x()</script></mj-text>", MJML),
        "<script>",
        "<script>",
        "no mail program shows",
        "Remove",
    ),
    "a form in a mail": Broken(
        MJML,
        swap("</mj-text>", "<form></form></mj-text>", MJML),
        "<form>",
        "<form>",
        "no mail program",
        "Link to a page",
    ),
    "a currency that a product has no price in": Broken(
        "emails/parts/shelf.mjml",
        swap('money("EUR")', 'money("USD")', "emails/parts/shelf.mjml"),
        "money",
        "html",
        "USD",
        "",
    ),
    "a < that begins no element": Broken(
        MJML,
        swap("It is good to have you", "1 < 2", MJML),
        "1 < 2",
        "<mj-text>",
        "begins no element",
        "&lt;",
    ),
    "a < in a part": Broken(
        "emails/parts/shelf.mjml",
        swap("{% endfor %}", "{% endfor %} I <3 tea", "emails/parts/shelf.mjml"),
        "I <3",
        "<mj-table>",
        "begins no element",
        "&lt;",
    ),
    "a value without quotes": Broken(
        MJML,
        swap('mj-class="title"', "mj-class=title", MJML),
        "mj-class=title",
        "<mj-text>",
        "without quotes",
        'name="value"',
    ),
    "a comment without an end": Broken(
        MJML, swap("About once", "<!-- About once", MJML), "<!--", "<mj-text>", "never closed", "-->"
    ),
    "a link without a scheme": Broken(
        MJML,
        swap('href="{{ business.site }}/first-flush"', 'href="www.shop.example/first"', MJML),
        "www.shop",
        "<mj-button>",
        '"www.shop.example/first" leads nowhere',
        "Write https://www.shop.example/first",
    ),
    "a link that only a web page could follow": Broken(
        MJML,
        swap('href="{{ business.site }}/first-flush"', 'href="/{{ contact.first_name }}"', MJML),
        'href="/',
        "<mj-button>",
        '"/…" leads nowhere',
        "the whole address",
    ),
    "a picture without a scheme": Broken(
        MJML,
        swap("</mj-text>", '</mj-text>\n    <mj-image alt="x" src="//cdn.example/x.png" />', MJML),
        "cdn.example",
        "<mj-image>",
        "leads nowhere",
        "Write https://cdn.example/x.png",
    ),
    "text in the colour of what is behind it": Broken(
        "sending.yaml",
        swap('text: "#3b2f2a"', 'text: "#fffdf8"', "sending.yaml"),
        "text:",
        "brand.text",
        "1.0 to 1",
        'Write text: "#',
    ),
    "a title in a language that is none": Broken(
        "sending.yaml",
        swap("titles: {tr: Demleme", "titles: {t_r: Demleme", "sending.yaml"),
        "id: tips",
        "topics[0].titles.t_r",
        "is no language code",
        '"t-r"',
    ),
    "an empty title": Broken(
        "products.yaml",
        swap("titles: {tr: İlk Hasat}", 'titles: {tr: " "}', "products.yaml"),
        'titles: {tr: " "}',
        "products[0].titles.tr",
        "empty title",
        "remove the language",
    ),
    "two products of one id": Broken(
        "products.yaml",
        swap("id: rize-black", "id: first-flush", "products.yaml"),
        9,
        "products[1].id",
        "duplicate",
        "line 3",
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_email_names_file_line_field_and_mend(folder: Folder, broken: Broken) -> None:
    check(folder, broken)


WARNINGS = {
    "a picture without words": ('<mj-image src="https://a.example/x.png" />', "image-without-alt"),
    "a picture inside": ('<mj-image alt="" src="data:image/png;base64,xx" />', "image-as-data"),
    "plain http": ('<mj-text><a href="http://a.example">x</a></mj-text>', "link-without-https"),
    "flexbox": ('<mj-text><div style="display:flex">x</div></mj-text>', "weak-in-mail"),
    "a video": ("<mj-text><video></video></mj-text>", "weak-in-mail"),
    "a very long mail": ("<mj-text>" + "word " * 22_000 + "</mj-text>", "cut-off"),
}


@pytest.mark.parametrize(("body", "code"), WARNINGS.values(), ids=WARNINGS.keys())
def test_what_mail_programs_leave_out_is_a_warning(folder: Folder, body: str, code: str) -> None:
    folder.write("emails/confirm.mjml", folder.read("emails/confirm.mjml") + "\n" + BODY.format(body))
    (warning,) = bundle(folder.root).warnings
    assert (warning.code, warning.file, warning.severity) == (code, "emails/confirm.mjml", "warning")
    assert warning.line == (1 if code == "cut-off" else folder.line("emails/confirm.mjml", body))


def test_each_stray_sign_is_told_with_its_line_and_column(folder: Folder) -> None:
    body = BODY.format("<mj-text>1 < 2</mj-text>\n<mj-text>{{ 1 < 2 }} I <3 tea <!-- a < b --></mj-text>")
    folder.write("emails/confirm.mjml", body)
    found = [
        (problem.line, problem.column, problem.code) for problem in problems_in(folder) if problem.field != "(file)"
    ]
    assert found == [(1, 35, "bare-less-than"), (2, body.splitlines()[1].index("<3") + 1, "bare-less-than")]


@pytest.mark.parametrize(
    "link",
    [
        "mailto:hello@tea.example",
        "tel:+905321234567",
        "#foot",
        "{{ unsubscribe_url }}",
        "{{ business.site }}/x",
        "HTTPS://a",
    ],
)
def test_a_link_that_leads_somewhere_is_none_of_them(folder: Folder, link: str) -> None:
    folder.swap(MJML, "{{ business.site }}/first-flush", link)
    assert bundle(folder.root).warnings == ()


@pytest.mark.parametrize(("colour", "said"), [("#8a8078", True), ("#5f564f", False)])
def test_text_that_is_hard_to_read_is_a_warning(folder: Folder, colour: str, said: bool) -> None:
    folder.swap("sending.yaml", 'text: "#3b2f2a"', f'text: "{colour}"')
    found = bundle(folder.root).warnings
    assert [(one.code, one.field, one.line) for one in found] == [
        ("low-contrast", "brand.text", folder.line("sending.yaml", "text:"))
    ] * said


def test_a_surface_alone_that_hides_the_usual_text_is_named_itself(folder: Folder) -> None:
    text = folder.read("sending.yaml").replace('  text: "#3b2f2a"\n', "")
    folder.write("sending.yaml", text.replace('surface: "#fffdf8"', 'surface: "#222222"'))
    (problem,) = problems_in(folder)
    assert (problem.field, problem.code) == ("brand.surface", "low-contrast")


@pytest.mark.parametrize("address", ["", "  address: '  '\n", '  address: ""\n'])
def test_marketing_without_a_postal_address_is_warned_of(folder: Folder, address: str) -> None:
    folder.swap("sending.yaml", "  address: Çaycı Sokağı 12, 34425 Karaköy, İstanbul, Türkiye\n", address)
    (warning,) = bundle(folder.root).warnings
    line = folder.line("sending.yaml", "address:" if address else "business:")
    assert (warning.file, warning.line, warning.field) == ("sending.yaml", line, "business.address")
    assert (warning.code, warning.severity) == ("no-postal-address", "warning")
    assert "Write address:" in warning.mend


def test_no_postal_address_is_needed_where_nothing_is_marketing(folder: Folder) -> None:
    folder.swap("sending.yaml", "  address: Çaycı Sokağı 12, 34425 Karaköy, İstanbul, Türkiye\n", "")
    folder.swap("journeys/welcome.yaml", "topic: tips", "topic: orders")
    folder.remove("campaigns/new-harvest.yaml")
    assert "no-postal-address" not in {warning.code for warning in bundle(folder.root).warnings}


def test_long_subjects_lacking_preheaders_and_what_is_declared_in_vain_are_warnings(folder: Folder) -> None:
    folder.write("emails/brewing-guide.yaml", f"subject: {'x' * 71}\nvariables: {{city: {{required: true}}}}\n")
    folder.swap("emails/first-offer.yaml", "variables:", "blocks: {b: {when: {tag: welcomed}}}\nvariables:")

    def told(problem: Problem) -> tuple[str, str]:
        return problem.code, problem.field

    assert sorted(told(problem) for problem in bundle(folder.root).warnings) == [
        ("long-subject", "subject"),
        ("no-preheader", "preheader"),
        ("unused-block", "blocks.b"),
        ("unused-variable", "variables.city"),
    ]


def test_what_is_required_or_has_a_default_may_be_said(folder: Folder) -> None:
    folder.write("emails/brewing-guide.txt", "{{ contact.order.id }} {{ unsubscribe_url }} {{ business.address }}")
    (problem,) = problems_in(folder)
    assert "contact.order is unknown for some people" in problem.message
    folder.write("emails/brewing-guide.yaml", "subject: Hi\npreheader: x\nvariables: {order.id: {required: true}}\n")
    assert bundle(folder.root).content.emails["brewing-guide"].variables["order.id"].required


def test_what_blocks_ask_about_is_counted(folder: Folder) -> None:
    asked = "{event: Tasting Booked, at_least: 2, within: 30 days}"
    folder.swap(YAML, "{trait: favourite, is: Herbal}", asked)
    names = {counter.match.event for counter in counters(bundle(folder.root).content).by_id.values()}
    assert "Tasting Booked" in names


def test_a_body_gets_the_brands_colours_and_a_footer_in_its_language(folder: Folder) -> None:
    folder.swap("sending.yaml", '"#f2b705"', '"#1155cc"')
    email = bundle(folder.root).content.emails["welcome"]
    turkish = email.languages["tr"].html
    assert '<html lang="tr"' in turkish
    assert "Abonelikten çık</a>" in turkish
    assert "Unsubscribe</a>" in email.html
    assert "#1155cc" in turkish
    assert "prefers-color-scheme: dark" in turkish
    assert "{{ business.address }}" in turkish
    assert "{{ preferences_url }}" in turkish


def test_a_plain_part_is_made_where_none_was_written(folder: Folder) -> None:
    text = bundle(folder.root).content.emails["welcome"].languages["tr"].text
    assert text.startswith("Hoş geldin, {{ contact.first_name }}.\n\n")
    assert "İlk hasada bak: {{ business.site }}/first-flush\n" in text
    assert "({{ unsubscribe_url }})" in text
    assert "<" not in text.replace("<%", "")
    assert "color-scheme" not in text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h1>Tea</h1><p>One &amp; <b>two</b></p>", "Tea\n\nOne & two\n"),
        ("<p>See <a href='https://a.example/x'>it</a>, soon</p>", "See it (https://a.example/x), soon\n"),
        ("<p><a href='https://a.example'>Go</a></p><p>x</p>", "Go: https://a.example\n\nx\n"),
        ("<p><a href='https://a.example'>https://a.example</a></p>", "https://a.example\n"),
        ("<p><a href='https://a.example'><img src='x' alt='Shop'></a></p>", "[Shop]: https://a.example\n"),
        ("<ul><li>one</li><li>two</li></ul><p>x</p>", "* one\n* two\n\nx\n"),
        ("<ol><li>one</li><li>two</li></ol>", "1. one\n2. two\n"),
        ("<p>a<br>b</p><style>p{}</style><div style='display:none'>c</div>", "a\nb\n"),
        ("<table><tr><td>Tea</td><td>5</td></tr><tr><td>Cup</td><td>7</td></tr></table>", "Tea | 5\nCup | 7\n"),
        ("<p>a</p>{% if x %}<p>b</p>{% endif %}<p>c</p>", "a\n\n{% if x %}b\n\n{% endif %}c\n"),
        ("<!--[if mso]><p>Outlook</p><![endif]--><p>İ Ł Привет 茶 🫖</p>", "İ Ł Привет 茶 🫖\n"),
        (
            "<p>{{ 'a<b' | upper }} <a href=\"{{ url }}\">{{ word }}</a></p>",
            "{{ 'a<b' | upper }} {{ word }} ({{ url }})\n",
        ),
    ],
)
def test_plain_text_says_what_the_html_says(html: str, text: str) -> None:
    assert plain(html) == text


@pytest.mark.parametrize("colour", ["#3b2414", "#f2b705", "#ffffff", "#000000", "#808080", "#1155cc"])
@pytest.mark.parametrize("behind", ["#1e1e1e", "#ffffff", "#808080", "#f6efe4"])
def test_a_colour_is_mixed_until_it_can_be_read(colour: str, behind: str) -> None:
    assert contrast(readable(colour, behind), behind) >= READABLE or readable(colour, behind) == on(behind)
