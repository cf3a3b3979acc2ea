"""The business of the crowd: the demo's, with more journeys of the gallery, and what was changed in it since."""

from pathlib import Path
from typing import Final

from authoring import ledger
from authoring.compile import compile_marketing, state_path
from authoring.validate import validate
from functions.core.release import release_id
from tests.unit.authoring.folders import Folder

GALLERY: Final = Path(__file__).parents[2] / "gallery"
JOURNEYS: Final = ("post-purchase", "quote", "abandoned-cart", "nurture-by-topic", "birthday")
STAFF: Final = "\nstaff: {sales: [sales@yellow-samovar.example]}\n"

SAMPLES: Final = """
title: Samples for houses
topic: orders
start: {when: {event: Form Submitted, form: wholesale}, again: after 30 days}
goal: {event: Order Completed}
steps:
  - id: kind
    switch:
      - id: hotel
        when: {trait: house, is: hotel}
        then:
          - {id: rooms, send: hotel-samples}
      - id: cafe
        when: {trait: house, is: cafe}
        then:
          - {id: to-sales, handoff: {to: sales, reason: A café that asked for samples}}
    otherwise:
      - {id: small, tag: small-house}
  - {id: on-its-way, wait: 3 days}
  - {id: arrived, send: order-thanks}
  - {id: taste, wait: {until: {event: Samples Tasted}, at_most: 2 weeks}}
  - id: tasted
    if: {event: Samples Tasted, within: 2 weeks}
    then: [{id: liked, handoff: {to: sales, reason: Tasted our samples}}]
    else: [{id: remind, send: review-please}]
"""
LETTER: Final = """
title: The letter of the month
topic: tips
send: brewing-guide
to: keen
when: {every: month, day: 15, at: "09:00"}
hold: 1 hour
"""
AUTUMN: Final = """
title: An autumn tin for friends
topic: offers
send: first-offer
to: keen
when: on request
hold: 10 minutes
"""


def opened(root: Path) -> bytes:
    """The demo's files in a folder, as they were deployed first; their release. The folder knows that it is live."""
    Folder(root)
    release = compile_marketing(root)[0]
    valid = validate(root)
    ledger.write(state_path(root), valid.ledger.after(valid.release, release_id(release)))
    return release


def grown(root: Path) -> None:
    """What was added in the first days: letters after orders, quotes, baskets, samples for houses, and campaigns."""
    folder = _at(root)
    for part in ("emails", "forms"):
        for path in (GALLERY / part).iterdir():
            folder.write(f"{part}/{path.name}", path.read_text(encoding="utf-8"))
    for name in JOURNEYS:
        folder.write(f"journeys/{name}.yaml", (GALLERY / "journeys" / f"{name}.yaml").read_text(encoding="utf-8"))
    # A mistake that nobody saw: rooms are a number, so that whoever has a hotel is stuck here.
    folder.write("emails/hotel-samples.yaml", "subject: Tea for your {{ contact.rooms | default('few') + ' rooms' }}\n")
    folder.write("emails/hotel-samples.mjml", (GALLERY / "emails" / "quote-received.mjml").read_text(encoding="utf-8"))
    folder.write("journeys/samples.yaml", SAMPLES)
    folder.write("campaigns/letter.yaml", LETTER)
    folder.write("campaigns/autumn.yaml", AUTUMN)
    folder.swap("campaigns/new-harvest.yaml", "hold: 30 minutes", "hold: 20 hours")
    folder.swap("sending.yaml", "rate_per_second: 1\n", "rate_per_second: 14\n")
    folder.write("sending.yaml", folder.read("sending.yaml") + STAFF)


def corrected(root: Path) -> None:
    """What was changed a month later: looking at prices counts for more, and the offer has another subject."""
    folder = _at(root)
    folder.swap("scoring.yaml", "points: 15\n", "points: 20\n")
    folder.swap("emails/first-offer.yaml", "subject: ", "subject: For you, ")


def proposed(root: Path) -> None:
    """What somebody would like to change today: two days of patience in place of three."""
    _at(root).swap("journeys/welcome.yaml", "at_most: 3 days", "at_most: 2 days")


def _at(root: Path) -> Folder:
    """A folder that is there already."""
    made = Folder.__new__(Folder)
    made.root = root
    return made
