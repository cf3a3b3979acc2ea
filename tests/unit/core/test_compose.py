"""Messages as mail: what a contact brings along never breaks out of its place."""

import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.compose import Letter, Unrenderable, Urls, compose
from functions.core.contact import Contact, Moment, Profile, Rank, State
from functions.core.message import intended
from functions.core.release import Release
from functions.core.sending import Topic

UNSUBSCRIBE = "https://api.example/u/" + "eyJjIjoi-_x.A1b2" * 18
PREFERENCES = "https://api.example/p/token"
PIXEL = "https://api.example/o/pixel"
HTML = (
    "<html><body><p>Hello {{ contact.first_name | default('you') }}</p>"
    '<a href="https://shop.example/tea?a=1&amp;b=2">Tea</a><a href="{{ unsubscribe_url }}">Unsubscribe</a>'
    "<p>{{ business.name }}, {{ business.address }}</p></body></html>"
)
TEXT = "Hello {{ contact.first_name | default('you') }}\nTea: https://shop.example/tea.\nBye: {{ unsubscribe_url }}\n"


class Signed:
    """Signs by a plain prefix and remembers what it signed."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def __call__(self, url: str) -> str:
        self.urls.append(url)
        return f"https://api.example/c/{len(self.urls)}"


def build(
    traits: dict[str, Any] | None = None,
    *,
    subject: str = "Hello",
    html: str = HTML,
    text: str = TEXT,
    transactional: bool = False,
    sign: Signed | None = None,
    recipient: str = "ada@example.com",
    **sending: Any,
) -> Letter:
    release = Release.model_validate(
        {
            "sending": {
                "business": {"name": "Çay & Söz", "address": "1 Street, Town", "site": "https://shop.example"},
                "from": {"name": "Çay & Söz ☕, Ltd.", "email": "hello@tea.example"},
                "topics": [{"id": "tips", "title": "Tips"}],
                **sending,
            },
            "emails": {"welcome": {"subject": subject, "html": html, "text": text}},
        }
    )
    message = intended(
        id="m" * 26, contact="c", journey="j", step="s", template="welcome", topic="tips", release="r", now=1
    )
    held = {name: (Rank(False, Moment(1, 1)), value) for name, value in (traits or {}).items()}
    contact = Contact(State("c"), Profile("c", 1, held))
    topic = Topic(id="tips", title="Tips", transactional=transactional)
    urls = Urls(sign or Signed(), PIXEL, UNSUBSCRIBE, preferences=PREFERENCES)
    return compose(message, contact, topic, recipient, release, urls)


def test_the_link_to_the_preferences_stands_as_it_is_and_is_no_click() -> None:
    sign = Signed()
    html = '<a href="{{ preferences_url }}">Choose</a>'
    letter = build(html=html, text="Choose: {{ preferences_url }}", sign=sign)
    assert Hrefs(part(letter, "html")).found == [PREFERENCES]
    assert part(letter, "plain").strip() == f"Choose: {PREFERENCES}"
    assert sign.urls == []


def parsed(letter: Letter) -> EmailMessage:
    mail = message_from_bytes(letter.raw, policy=default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    return mail


def part(letter: Letter, kind: str) -> str:
    body = parsed(letter).get_body((kind,))
    assert body is not None
    content: str = body.get_content()
    return content.replace("\r\n", "\n")


def head(letter: Letter) -> bytes:
    return letter.raw.split(b"\r\n\r\n", 1)[0]


class Hrefs(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if tag in ("a", "area") and name == "href"]


def test_a_letter_has_a_text_and_an_html_part() -> None:
    letter = build({"first_name": "Ada"})
    assert parsed(letter).get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in parsed(letter).iter_parts()] == ["text/plain", "text/html"]
    assert part(letter, "plain").startswith("Hello Ada\n")
    assert "<p>Hello Ada</p>" in part(letter, "html")


def test_the_same_message_is_the_same_bytes() -> None:
    assert build({"first_name": "Ada"}).raw == build({"first_name": "Ada"}).raw


def test_the_letter_is_plain_ascii_with_short_lines() -> None:
    letter = build({"first_name": "Ağa"}, text="Ж" * 5000, html=f"<p>{'ж' * 5000}</p>")
    assert letter.raw.isascii()
    assert max(map(len, letter.raw.split(b"\r\n"))) < 998


NAMES = ["İpek Işık", "Zażółć Gęślą", "Анна Каренина", "Ada 🫖☕", 'Ada "the Countess", Jr.', "李"]


@pytest.mark.parametrize("name", NAMES)
def test_names_survive_in_subject_recipient_and_body(name: str) -> None:
    letter = build({"first_name": name}, subject="{{ contact.first_name }}, hoş geldin 🎉 — Привет")
    mail = parsed(letter)
    assert str(mail["Subject"]) == f"{name}, hoş geldin 🎉 — Привет"
    assert mail["To"].addresses[0].display_name == name
    assert mail["To"].addresses[0].addr_spec == "ada@example.com"
    assert mail["From"].addresses[0].display_name == "Çay & Söz ☕, Ltd."
    assert f"Hello {name}\n" in part(letter, "plain")


def test_replies_go_where_the_owner_said() -> None:
    assert str(parsed(build(reply_to="ask@tea.example"))["Reply-To"]) == "ask@tea.example"
    assert parsed(build())["Reply-To"] is None


def test_a_domain_beyond_ascii_is_written_in_ascii() -> None:
    letter = build(**{"from": {"name": "Tea", "email": "hello@çay.example"}})
    assert letter.sender == "hello@xn--ay-3ia.example"
    assert b"<hello@xn--ay-3ia.example>" in head(letter)


def test_marketing_mail_carries_a_one_click_unsubscribe_in_one_piece() -> None:
    letter = build()
    assert f"\r\nList-Unsubscribe: <{UNSUBSCRIBE}>\r\n".encode() in letter.raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in letter.raw


def test_transactional_mail_carries_none() -> None:
    assert b"List-Unsubscribe" not in head(build(transactional=True))


def test_links_in_both_parts_lead_through_signed_redirects() -> None:
    sign = Signed()
    letter = build(sign=sign)
    assert sign.urls == ["https://shop.example/tea", "https://shop.example/tea?a=1&b=2"]
    assert "Tea: https://api.example/c/1.\n" in part(letter, "plain")
    assert Hrefs(part(letter, "html")).found == ["https://api.example/c/2", UNSUBSCRIBE]


def test_the_unsubscribe_link_is_left_alone() -> None:
    assert f"Bye: {UNSUBSCRIBE}\n" in part(build(), "plain")


@pytest.mark.parametrize("url", ["mailto:tea@shop.example", "tel:+90212", "#top", "/relative", "ftp://x.example/"])
def test_what_is_no_web_address_is_left_alone(url: str) -> None:
    assert Hrefs(part(build(html=f'<a href="{url}">x</a>'), "html")).found == [url]


@pytest.mark.parametrize(
    ("source", "signed"),
    [
        ("(see https://shop.example/a_(b))", "https://shop.example/a_(b)"),
        ("https://shop.example/a, https://x", "https://shop.example/a"),
        ("<https://shop.example/a>", "https://shop.example/a"),
        ("HTTPS://shop.example/a!", "HTTPS://shop.example/a"),
        ("https://shop.example/é?q=ı", "https://shop.example/%C3%A9?q=%C4%B1"),
        ("https://shop.example/?n={{ contact.first_name | urlencode }}", "https://shop.example/?n=Ada%20%26%20Co"),
        ("{{ business.site }}/offers", "https://shop.example/offers"),
    ],
)
def test_a_link_in_text_ends_where_a_reader_would_end_it(source: str, signed: str) -> None:
    sign = Signed()
    build({"first_name": "Ada & Co"}, text=source, html="", sign=sign)
    assert sign.urls[0] == signed


@pytest.mark.parametrize(
    "tag",
    [
        '<a class="b" href="https://shop.example/a" style="x">',
        "<a\n  href='https://shop.example/a'>",
        "<A HREF=https://shop.example/a>",
        '<area title="a > b" href=" https://shop.example/a\n">',
        '<a data-href="https://no.example/" href="https://shop.example/a">',
        '<!--[if mso]><v:roundrect href="https://shop.example/a"><![endif]-->',
    ],
)
def test_a_link_is_found_however_its_tag_is_written(tag: str) -> None:
    sign = Signed()
    build(html=tag, text="", sign=sign)
    assert sign.urls == ["https://shop.example/a"]


@pytest.mark.parametrize(
    "source",
    [
        "{{ contact.site }}",
        "<a href='{{ contact.site }}'>x</a>",
        "<a title='{{ contact.words }}'>x</a>",
        "<a title={{ contact.words }}>x</a>",
        "{{ contact.words }}",
        "https://{{ contact.host }}/",
        "https://shop.example{{ contact.host }}",
        "https://shop.example{{ contact.at }}/",
        "{{ contact.closing }}",
        "{{ contact.nested.site }}",
        "{{ contact.words | upper | lower }}",
        "{{ contact.words | urlize }}",
        "{% set site = contact.site %}{{ site }}",
        "{% for part in contact.many %}{{ part }}{% endfor %}",
    ],
)
def test_no_link_that_a_contact_brings_along_is_signed(source: str) -> None:
    """Else anybody could be mailed a redirect from our domain to theirs."""
    sign = Signed()
    traits = {
        "site": "https://evil.example/",
        "words": " href=https://evil.example/ see https://evil.example/ ",
        "host": ".evil.example",
        "at": "@evil.example",
        "closing": "\ue001https://evil.example/\ue000",
        "nested": {"site": "\ue001https://evil.example/"},
        "many": ["\ue001https://evil.example/"],
    }
    letter = build(traits, html=source, text=source, sign=sign)
    assert sign.urls == []
    assert "\ue000" not in part(letter, "plain")
    assert "\ue001" not in part(letter, "html")


def test_html_in_a_trait_is_shown_not_obeyed() -> None:
    letter = build({"first_name": '<img src=x onerror="alert(1)"><a href="https://evil.example/">x</a>'})
    assert Hrefs(part(letter, "html")).found[0].startswith("https://api.example/c/")
    assert len(Hrefs(part(letter, "html")).found) == 2
    assert "<img src=x" not in part(letter, "html")


def test_the_open_pixel_stands_at_the_end_of_the_body() -> None:
    assert re.search(rf'<img src="{PIXEL}"[^>]*></body></html>\s*$', part(build(), "html"))
    assert re.search(rf'<p>x</p><img src="{PIXEL}"[^>]*>\s*$', part(build(html="<p>x</p>"), "html"))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("{{ contact.first_name }}", "contact.first_name"),
        ("{% if contact.vip %}x{% endif %}", "contact.vip"),
        ("{% for one in contact.orders %}x{% endfor %}", "contact.orders"),
        ("{{ contact.address.city }}", "contact.address"),
        ("{{ contact['odd name'] }}", "contact.odd name"),
        ("{{ nobody }}", "nobody"),
        ("{{ contact.empty }}", "contact.empty"),
        ("{{ contact.blank }}", "contact.blank"),
        ("{{ contact.nested.blank }}", "contact.nested.blank"),
        ("{{ contact.first_name ~ '!' }}", "contact.first_name"),
    ],
)
@pytest.mark.parametrize("field", ["subject", "text", "html"])
def test_a_missing_variable_is_named(field: str, source: str, name: str) -> None:
    with pytest.raises(Unrenderable) as failed:
        build({"empty": None, "blank": " ", "nested": {"blank": "", "x": 1}}, **{field: source})  # type: ignore[arg-type]
    assert (failed.value.reason, failed.value.detail) == ("missing-variable", name)


def test_a_trait_named_like_a_method_is_a_trait() -> None:
    assert part(build({"items": "three", "values": "4"}, text="{{ contact.items }} {{ contact.values }}"), "plain") == (
        "three 4\n"
    )


@pytest.mark.parametrize(
    "source",
    [
        "{{ contact.first_name + 1 }}",
        "{{ 1 / 0 }}",
        "{{ range(10 ** 9) | list }}",
        "{% include 'x' %}",
    ],
)
def test_a_template_that_fails_says_so_without_the_data(source: str) -> None:
    with pytest.raises(Unrenderable) as failed:
        build({"first_name": "Ada"}, text=source)
    assert failed.value.reason == "template-error"
    assert "Ada" not in str(failed.value)


@pytest.mark.parametrize(
    "source", ["{{ contact._values }}", "{{ contact.first_name.__class__ }}", "{{ contact.__init__.__globals__ }}"]
)
def test_a_template_sees_values_and_nothing_behind_them(source: str) -> None:
    with pytest.raises(Unrenderable):
        build({"first_name": "Ada"}, text=source)


@pytest.mark.parametrize("address", ["ada@example.com", "o'neil+tea@example.com", "A.B@xn--ay-3ia.example"])
def test_the_recipient_is_written_as_given(address: str) -> None:
    assert parsed(build(recipient=address))["To"].addresses[0].addr_spec == address


anything = st.text(
    st.one_of(st.characters(), st.sampled_from("\r\n\0\x1b\x85\u2028\u202e\ud800<>\"'@,;:\\(){}=? ")), max_size=120
)


UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
DROPPED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ue000\ue001]")


def _kept(text: str) -> str:
    return " ".join(UNSEEN.sub(" ", text).split())


def _raw(letter: Letter, name: str) -> str:
    """A header as a mail program shows it; of an address only the display name."""
    value = message_from_bytes(letter.raw)[name]
    if name == "To":
        value = parseaddr(value)[0]
    return str(make_header(decode_header(re.sub(r"\r\n ", " ", value))))


@given(anything, anything)
def test_nothing_in_a_name_or_subject_becomes_a_header(name: str, subject: str) -> None:
    plain = {line.split(b":")[0] for line in head(build({"name": "Ada"}, subject="x")).split(b"\r\n")}
    letter = build({"name": name, "line": subject}, subject="{{ contact.line | default('') }}")
    lines = re.sub(rb"\r\n[ \t]+", b" ", head(letter)).split(b"\r\n")
    assert {line.split(b":")[0] for line in lines} == plain
    assert len(lines) == len(plain)
    assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", head(letter).replace(b"\r\n", b""))
    mail = parsed(letter)
    assert [one.addr_spec for one in mail["To"].addresses] == ["ada@example.com"]
    assert _raw(letter, "Subject") == _kept(DROPPED.sub("", subject))
    assert _raw(letter, "To") == _kept(name)[:80].strip()
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]", str(mail["Subject"]) + str(mail["To"]))


@given(anything)
def test_a_name_reaches_the_body_as_text(name: str) -> None:
    letter = build({"first_name": name})
    assert len(Hrefs(part(letter, "html")).found) == 2
    shown = DROPPED.sub("", name) if name.strip() else "you"
    assert re.sub(r"\r\n?|\n", "\n", f"Hello {shown}\n") in re.sub(r"\r\n?|\n", "\n", part(letter, "plain"))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["https://shop.example/", "http://a.example/x?y=", "https://b.example#"]),
            st.text("abc/&?=%é 1", max_size=8),
        ),
        max_size=6,
    )
)
def test_every_web_link_is_signed(links: list[tuple[str, str]]) -> None:
    sign = Signed()
    source = "".join(f'<p><a href="{start}{rest}">x</a></p>' for start, rest in links)
    letter = build(html=source, text="", sign=sign)
    found = Hrefs(part(letter, "html")).found
    assert len(found) == len(links)
    assert len(sign.urls) == len(set(found))
    assert all(url.startswith("https://api.example/c/") for url in found)
    assert all(url.isascii() and not re.search(r"\s", url) for url in sign.urls)


@pytest.mark.parametrize("characters", [1, 53, 54, 55, 110, 111, 112, 5_000])
def test_base64_has_full_lines_and_a_rest(characters: int) -> None:
    letter = build(text="\u00e7" + "x" * characters)
    lines = letter.raw.split(b"base64\r\n\r\n")[1].split(b"\r\n--")[0].removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(line) == 76 for line in lines[:-1])
    assert 0 < len(lines[-1]) <= 76
    assert part(letter, "plain") == "\u00e7" + "x" * characters + "\n"


@pytest.mark.parametrize("fence", ["\ue000", "\ue001"])
def test_no_fence_is_left_in_what_is_sent(fence: str) -> None:
    letter = build({"first_name": f"Ada{fence}\u00e7"}, text="{{ contact.first_name }} {{ business.name }}")
    for kind in ("plain", "html"):
        assert "Ada\u00e7" in part(letter, kind)
        assert not {"\ue000", "\ue001"} & set(part(letter, kind))


@pytest.mark.parametrize("asked", ["contact._held", "business._values", "contact.__class__", "topic._name"])
def test_what_a_value_is_made_of_is_no_value(asked: str) -> None:
    with pytest.raises(Unrenderable):
        build({"first_name": "Ada"}, text=f"{{{{ {asked} }}}}")
