"""The kinds of definition files: what each is, and the model that reads it."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from authoring import channels
from authoring.scenarios.model import Scenarios
from authoring.sources import EmailFile
from functions.core.assets import AssetFile
from functions.core.bots import Bots
from functions.core.campaign import Campaign
from functions.core.forms import Form
from functions.core.funnel import Funnel
from functions.core.journey import Journey
from functions.core.landing import Page as LandingPage
from functions.core.popups import Popup
from functions.core.privacy import Privacy
from functions.core.products import Products
from functions.core.publishing import Publishing
from functions.core.scoring import Scoring
from functions.core.segments import Segments
from functions.core.sending import Sending
from functions.core.surveys import Survey
from functions.core.template import Template
from functions.core.tracking import Tracking

ROOT = Path(__file__).parents[2]
MARKETING = ROOT / "marketing"


@dataclass(frozen=True, slots=True)
class Page:
    """One kind of definition file."""

    name: str
    title: str
    file: str
    model: type[BaseModel]
    example: str
    """A file of marketing/, or a whole file where it holds lines."""
    says: str


def channel_pages() -> tuple[Page, ...]:
    """A page for the templates of each channel."""
    pages = []
    for channel in channels.others():
        template = channel.template
        if issubclass(template, Template):
            file = f"{channel.folder}/ID.yaml"
            pages.append(
                Page(channel.folder, channel.title or channel.word, file, template, template.EXAMPLE, template.SAYS)
            )
    return tuple(pages)


PAGES = (
    Page(
        "sending",
        "Sending",
        "sending.yaml",
        Sending,
        "sending.yaml",
        "Who sends, about what, how fast and how often. The one file that must be there.",
    ),
    Page(
        "scoring",
        "Scoring",
        "scoring.yaml",
        Scoring,
        "scoring.yaml",
        "Points for what people do, the temperature that points lead to, how well somebody fits, and tags from what "
        "people read.\n\n"
        "Points are kept per rule and calendar day of the business's time zone, and halve every `half_life`. Caps "
        "let the earliest days count: first a day's, then a week's (from Monday), then a calendar month's. With "
        "`once` only the first event of all gives points, on its day. A score is never below zero. The grade adds "
        "the points of fit of every rule that holds now: they don't fade. A tag by `from` is the property's text "
        "in small letters with hyphens for spaces, at most 64 characters; of everybody's tags the newest hundred "
        "are kept. `samovar contact EMAIL --explain` shows what is behind each of them.",
    ),
    Page(
        "segments",
        "Segments",
        "segments.yaml",
        Segments,
        "segments.yaml",
        "Who belongs together. Entering and leaving is noted, and other definitions can ask for it. "
        "What can be asked: [conditions](conditions.md), and [by example](../conditions.md).",
    ),
    Page(
        "funnel",
        "Funnel",
        "funnel.yaml",
        Funnel,
        "funnel.yaml",
        "The stages that people go through. Everybody stands at the last stage whose condition holds, and when each "
        "was entered stays with the person. How to choose them: [the funnel](../funnel.md).",
    ),
    Page(
        "tracking",
        "Tracking",
        "tracking.yaml",
        Tracking,
        "tracking.yaml",
        "What the tracker script may do on the business's web site. Without the file, the defaults below hold.",
    ),
    Page(
        "bots",
        "Bots",
        "bots.yaml",
        Bots,
        "bots.yaml",
        "Who is no person, and how the links of mails are watched. Every key may be left out, and the file too. "
        "Changed pieces of user agents hold for whoever is heard of next, changed lengths of time for what happens "
        "from now on; `samovar refold --all` applies both to everybody's past. "
        "How verdicts come about: [bots](../bots.md).",
    ),
    Page(
        "forms",
        "Forms",
        "forms/ID.yaml",
        Form,
        "forms/hello.yaml",
        "What a form asks for. The file's name is the form's id; its address is /f/ID.",
    ),
    Page(
        "pages",
        "Landing pages",
        "pages/ID.yaml",
        LandingPage,
        "pages/first-flush.yaml",
        "A page of your own, block by block. The file's name is the page's id; its address is /page/ID. "
        "[How to write one](../pages.md).",
    ),
    Page(
        "journeys",
        "Journeys",
        "journeys/ID.yaml",
        Journey,
        "journeys/welcome.yaml",
        "What happens to somebody, step by step. The file's name is the journey's id.",
    ),
    Page(
        "campaigns",
        "Campaigns",
        "campaigns/ID.yaml",
        Campaign,
        "campaigns/new-harvest.yaml",
        "One message to everybody in a segment, once or again and again. The file's name is the campaign's id. "
        "How it goes: [campaigns](../campaigns.md).",
    ),
    Page(
        "popups",
        "Pop-ups",
        "popups/ID.yaml",
        Popup,
        "popups/letter.yaml",
        "What comes up on pages of the site that load the tracker script: a pop-up, a slide-in or a bar, with a form "
        "or a link. The file's name is its id. How it goes: [pop-ups](../popups.md).",
    ),
    Page(
        "assets",
        "Files",
        "assets/ID.yaml",
        AssetFile,
        "assets/brewing-book.yaml",
        "A file that people get for filling in a form, such as an e-book: it lies beside this one. "
        "The YAML file's name is the id. How it goes: [files](../assets.md).",
    ),
    Page(
        "surveys",
        "Surveys",
        "surveys/ID.yaml",
        Survey,
        "surveys/first-glass.yaml",
        "One question, answered by a click on a link in a mail. The file's name is the survey's id. "
        "How it goes: [surveys](../surveys.md).",
    ),
    Page(
        "scenarios",
        "Scenarios",
        "scenarios/ID.yaml",
        Scenarios,
        "scenarios/welcome.yaml",
        "What is expected of a journey: somebody's life in virtual time, tried by `samovar test` with the code that "
        "runs in production. The file's name is free; it is no part of a release's meaning, and goes along with its "
        "files. How to write one: [journeys](../journeys.md#scenarios).",
    ),
    Page(
        "privacy",
        "Privacy",
        "privacy.yaml",
        Privacy,
        "privacy.yaml",
        "How long things are kept, who else sees them, and what a country asks for. Absent, the defaults hold.",
    ),
    Page(
        "emails",
        "E-mails",
        "emails/ID.yaml, ID.mjml, ID.txt, ID.LANGUAGE.mjml",
        EmailFile,
        "emails/welcome.yaml",
        "One e-mail: subject, preheader and what it relies on in YAML, its body in MJML, in other languages beside it. "
        "[How to write one](../templates.md).",
    ),
    Page(
        "products",
        "Products",
        "products.yaml",
        Products,
        "products.yaml",
        "What the business sells, for lists in messages.",
    ),
    Page(
        "publishing",
        "Publishing",
        "publishing.yaml",
        Publishing,
        "approval: required\n",
        "Who must agree before anything goes live. Absent, nobody. How it goes: [releases](../releases.md#approve).",
    ),
    *channel_pages(),
)
