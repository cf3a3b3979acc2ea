"""The storefront of the demo business: a few pages with its form, tracked as a real shop would be."""

from collections.abc import Callable
from dataclasses import dataclass

from functions.core import submission
from functions.core.forms import Form
from functions.core.release import Release
from local.front.server import Handler
from local.front.templates import render


@dataclass(frozen=True, slots=True)
class Tea:
    """`hue` is the colour of its tin, in degrees."""

    slug: str
    name: str
    kind: str
    price: str
    hue: int
    line: str
    story: str

    @property
    def topic(self) -> str:
        """What its page is about."""
        return f"{self.kind.capitalize()} tea"

    @property
    def kilo(self) -> str:
        """What a kilo costs a house."""
        return f"{float(self.price) * 8:.2f}"


TEAS = (
    Tea(
        slug="first-flush",
        name="First Flush",
        kind="black",
        price="16.00",
        hue=44,
        line="Light and floral, with a touch of honey.",
        story="This spring's first leaves, picked by hand above Rize. There are forty kilos, and then there are none.",
    ),
    Tea(
        slug="rize-black",
        name="Rize Black",
        kind="black",
        price="8.50",
        hue=16,
        line="The colour of rabbit's blood.",
        story="What stands on every table here. Fifteen minutes over steam, a third of tea, two thirds of water.",
    ),
    Tea(
        slug="smoky-caravan",
        name="Smoky Caravan",
        kind="black",
        price="9.50",
        hue=356,
        line="Pine smoke and dark honey.",
        story="As the caravans carried it along the Tea Road, dried over pine fires at each night's camp.",
    ),
    Tea(
        slug="linden-and-apple",
        name="Linden & Apple",
        kind="herbal",
        price="7.00",
        hue=92,
        line="For late evenings, without caffeine.",
        story="Linden blossom from our own lane with dried apple and a little mint. Ten minutes, covered.",
    ),
)


TOPICS = {"/brewing-guide": "Brewing"} | {f"/{tea.slug}": tea.topic for tea in TEAS}
"""What pages are about, by path."""

NAMES = {
    "consent": submission.CONSENT,
    "trap": submission.HONEYPOT,
}
"""What the parts of a form are called that the marketer does not name; the tracker script fills in the rest."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the pages must know of the stack. `live` gives the release that is live now."""

    api: str
    inbox: str
    write_key: str
    live: Callable[[], Release]


class Shop(Handler):
    """Subclassed with its facts by `shop`."""

    facts: Facts

    def do_GET(self) -> None:
        match self.route.strip("/").split("/"):
            case [""]:
                self._show("home.html", "Loose leaf, slowly", teas=TEAS)
            case ["brewing-guide"]:
                self._show("guide.html", "The brewing guide", topic=TOPICS["/brewing-guide"])
            case ["wholesale"]:
                self._show("wholesale.html", "Tea for your house", teas=TEAS)
            case [slug] if tea := next((tea for tea in TEAS if tea.slug == slug), None):
                self._show("tea.html", tea.name, tea=tea, topic=tea.topic)
            case ["favicon.ico"]:
                self.answer(204, "image/x-icon", b"")
            case _:
                self._show("missing.html", "Not on our shelf", 404)

    do_HEAD = do_GET

    def _show(self, name: str, title: str, status: int = 200, topic: str = "", **values: object) -> None:
        release = self.facts.live()
        form_id, form = _first(release)
        html = render(
            name,
            title=title,
            topic=topic,
            business=release.sending.business.name,
            api=self.facts.api,
            inbox=self.facts.inbox,
            write_key=self.facts.write_key,
            form_id=form_id,
            form=form,
            others=[(id, other.title) for id, other in release.forms.items() if id != form_id],
            names=NAMES,
            **values,
        )
        self.page(html, status)


def _first(release: Release) -> tuple[str, Form | None]:
    """The first form of a release, of those that give no file while there is another; a release may have none."""
    giving = {asset.form for asset in release.assets.values()}
    return min(release.forms.items(), key=lambda one: one[0] in giving, default=("", None))


def shop(facts: Facts) -> type[Shop]:
    """A handler for this one stack."""
    return type("BoundShop", (Shop,), {"facts": facts})
