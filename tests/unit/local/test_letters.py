"""How the inbox reads a message."""

from email.message import EmailMessage
from email.policy import SMTP

from local.feedback import Sent
from local.front.letters import Link, links, read


def test_a_letter_has_both_bodies_its_headers_and_its_links() -> None:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "Yellow Samovar <tea@shop.example>"
    mail["Subject"] = "Çay für Ümit ☕"
    mail["List-Unsubscribe"] = "<https://u.example/1>"
    mail.set_content("Hello, Ümit")
    mail.add_alternative('<p>Hello, <a href="https://c.example/1">Ümit</a></p>', subtype="html")
    letter = read(
        Sent(
            message_id="0102@email.amazonses.com",
            at=1,
            source="tea@shop.example",
            to=("umit@example.com",),
            headers=tuple((name, str(value)) for name, value in mail.items()),
            tags={"contact": "c1", "message": "m1"},
            configuration_set="",
            raw=mail.as_bytes().decode("utf-8", "surrogateescape"),
        )
    )
    assert letter.subject == "Çay für Ümit ☕"
    assert letter.text.strip() == "Hello, Ümit"
    assert letter.links == (Link("Ümit", "https://c.example/1"),)
    assert dict(letter.headers)["List-Unsubscribe"] == "<https://u.example/1>"
    assert letter.message == "m1"


def test_links_come_in_order_and_each_target_once() -> None:
    html = '<a href="/b">first <b>words</b></a><a name="x">no</a><a href="/a"><img alt=""></a><a href="/b">again</a>'
    assert links(html) == [Link("first words", "/b"), Link("", "/a")]
