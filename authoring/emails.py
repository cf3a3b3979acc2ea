"""E-mails as they are written: each in a YAML file and, for each language, an MJML file and perhaps a plain one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from authoring import layout, lint, markup, plain, templates
from authoring.definitions import Definitions
from authoring.load import Document, Path, spell
from authoring.problems import Problem, choose
from authoring.sources import EmailFile
from authoring.templates import Given, Part
from authoring.tree import Tree
from functions.core.emails import Email, Version
from functions.core.products import Product
from functions.core.sending import Sending
from functions.core.steps import Send
from functions.core.tree import walk
from functions.core.words import Words
from functions.texts import catalogue

FOLDER: Final = "emails"
_FOOTER = {"unsubscribe_url": "a way to unsubscribe", "business.address": "a postal address"}


@dataclass(slots=True)
class Emails:
    """The e-mails of a marketing folder. `names` are the ids of all that any file names."""

    found: Tree
    known: Definitions
    names: frozenset[str] = field(init=False)
    problems: list[Problem] = field(default_factory=list)
    files: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    """By id and language ("" for the first): suffix → file."""

    def __post_init__(self) -> None:
        for suffix in (".yaml", ".mjml", ".txt"):
            for stem in self.found.names(FOLDER, suffix):
                name, _, language = stem.partition(".")
                self.files.setdefault((name, language), {})[suffix] = f"{FOLDER}/{stem}{suffix}"
        self.names = frozenset(name for name, _ in self.files)

    def check(self) -> list[Problem]:
        """What is wrong with each e-mail: files that are missing, templates, tags, what mail programs don't show."""
        problems: list[Problem] = []
        for name in sorted(self.names):
            problems += self._parts(name)
            document = self.known.emails.get(name)
            if document:
                problems += self._yaml(name, *document)
            given = self._given(name)
            for (_, language), files in sorted(self.of(name).items()):
                if file := self._there(files.get(".txt")):
                    problems += templates.check(Part(file, self.found.sources[file], "text"), given[language])
                if file := self._there(files.get(".mjml")):
                    problems += self._mjml(file, given[language])
            problems += self._use(name)
        includers = self._includers()
        for file in self.found.ids(f"{FOLDER}/parts", ".mjml").values():
            problems += self._mjml(
                file, includers.get(file, Given(blocks=None, products=self._products, ids=self._ids))
            )
        self.problems += problems
        return problems

    def of(self, name: str) -> Mapping[tuple[str, str], dict[str, str]]:
        """The files of one e-mail."""
        return {key: files for key, files in self.files.items() if key[0] == name}

    @property
    def _products(self) -> tuple[Product, ...]:
        return tuple(self.known.products[1].products) if self.known.products else ()

    @property
    def _ids(self) -> Mapping[str, frozenset[str]]:
        """What can be called by its id."""
        known = self.known
        for_all = {name for name, (_, page) in known.pages.items() if page.personal is None}
        return {"asset": known.asset_names, "survey": known.survey_names, "page": known.page_names - for_all}

    def _there(self, file: str | None) -> str | None:
        return file if file in self.found.sources else None

    def _parts(self, name: str) -> Iterator[Problem]:
        """Files that are missing, and languages that only one side names."""
        first = self.files.get((name, ""), {})
        for suffix, what in ((".yaml", "the subject"), (".mjml", "the HTML part")):
            if suffix not in first:
                file = f"{FOLDER}/{name}{suffix}"
                mend = f"Write {file}" + (", with a line such as subject: Welcome" if suffix == ".yaml" else "")
                yield Problem(file, 1, 1, "(file)", f"{what} is missing", mend)
        if name not in self.known.emails:
            return
        document, said = self.known.emails[name]
        for (_, language), files in self.of(name).items():
            if language and language not in said.languages:
                file = min(files.values())
                mend = f"Add to {document.file}: languages: {{{language}: {{subject: …}}}}"
                message = f'the e-mail says nothing in "{language}"'
                yield Problem(file, 1, 1, "(file)", message, mend, "missing-language")
        for language in said.languages:
            if ".mjml" not in self.files.get((name, language), {}):
                mend = f"Write {FOLDER}/{name}.{language}.mjml, or remove the language"
                message = f'no file says the e-mail in "{language}"'
                yield document.problem(("languages", language), message, mend, key=True, code="missing-language")

    def _yaml(self, name: str, document: Document, said: EmailFile) -> Iterator[Problem]:
        given = self._given(name)
        lines: list[tuple[Path, str, str]] = [(("subject",), said.subject, ""), (("preheader",), said.preheader, "")]
        for language, other in said.languages.items():
            base: Path = ("languages", language)
            lines += [((*base, "subject"), other.subject, language), ((*base, "preheader"), other.preheader, language)]
            for path in other.defaults:
                if path not in said.variables:
                    mend = choose(path, said.variables, none="Declare it under variables:")
                    message = f'a default of "{path}", which is not declared'
                    yield document.problem((*base, "defaults", path), message, mend)
        for place, text, language in lines:
            line, column = document.at(place)
            part = Part(document.file, text, spell(place), line=line, column=column)
            yield from templates.check(part, given.get(language))
            yield from lint.subject(part) if place[-1] == "subject" else lint.preheader(part)

    def _use(self, name: str) -> Iterator[Problem]:
        """Variables and blocks that are declared, and that nothing uses."""
        if name not in self.known.emails:
            return
        document, said = self.known.emails[name]
        texts = [said.subject, said.preheader]
        texts += [text for other in said.languages.values() for text in (other.subject, other.preheader)]
        texts += [
            self._whole(file) for files in self.of(name).values() for file in files.values() if ".yaml" not in file
        ]
        traits: set[str] = set()
        blocks: set[str] = set()
        for text in texts:
            try:
                paths, ids = templates.used(text)
            except Exception:
                return
            traits |= paths
            blocks |= ids
        for path in said.variables:
            if path not in traits:
                message = f"nothing in the e-mail says contact.{path}"
                yield document.problem(
                    ("variables", path),
                    message,
                    "Use it, or remove it",
                    key=True,
                    code="unused-variable",
                    severity="warning",
                )
        for block in said.blocks:
            if block not in blocks:
                mend = f'Write {{% if block["{block}"] %}} … {{% endif %}} around what they get'
                yield document.problem(
                    ("blocks", block),
                    "a block that nothing uses",
                    mend,
                    key=True,
                    code="unused-block",
                    severity="warning",
                )

    def _whole(self, file: str) -> str:
        """A source with the parts that it includes."""
        text = self.found.sources.get(file, "")
        return text + "".join(self.found.sources.get(f"{FOLDER}/{path}", "") for _, path in markup.includes(text))

    def _given(self, name: str) -> dict[str, Given]:
        """What the sources of an e-mail may rely on, by language."""
        languages = {language for _, language in self.of(name)}
        if name not in self.known.emails:
            # What the broken YAML declares isn't known: nothing is held against the sources for it.
            return dict.fromkeys(languages, Given(blocks=None, products=self._products, ids=self._ids))
        said = self.known.emails[name][1]
        own = {path: one.default for path, one in said.variables.items() if one.default is not None}
        required = tuple(path for path, one in said.variables.items() if one.required)
        return {
            language: Given(
                {**own, **(said.languages[language].defaults if language in said.languages else {})},
                required,
                frozenset(said.blocks),
                self._products,
                self._ids,
            )
            for language in languages | set(said.languages)
        }

    def _includers(self) -> dict[str, Given]:
        """What a part may rely on: what all e-mails that include it declare."""
        found: dict[str, Given] = {}
        for name in self.names:
            for (_, language), files in self.of(name).items():
                given = self._given(name)[language]
                for _, path in markup.includes(self.found.sources.get(files.get(".mjml", ""), "")):
                    file = f"{FOLDER}/{path}"
                    found[file] = _both(found[file], given) if file in found else given
        return found

    def _mjml(self, file: str, given: Given) -> Iterator[Problem]:
        text = self.found.sources[file]
        part = Part(file, text, "html", html=True)
        yield from templates.check(part, given)
        wrong = markup.check(part)
        yield from wrong or lint.source(part)
        available = {f"parts/{name}.mjml" for name in self.found.names(f"{FOLDER}/parts", ".mjml")}
        for line, path in markup.includes(text):
            if file.startswith(f"{FOLDER}/parts/"):
                mend = "Put it into the e-mail itself: a part includes no other part"
                yield Problem(file, line, 1, "<mj-include>", "a part includes another part", mend)
            elif path not in available:
                mend = choose(path, available, none=f"Write {FOLDER}/{path}")
                yield Problem(file, line, 1, "<mj-include>", f'unknown part "{path}"', mend)

    def _sources(self, name: str) -> Iterator[tuple[str, str]]:
        """The bodies of an e-mail that are sound so far, with what they include."""
        broken = {problem.file for problem in self.problems if problem.severity == "error"}
        for files in self.of(name).values():
            for suffix in (".mjml", ".txt"):
                if (file := self._there(files.get(suffix))) and file not in broken:
                    yield file, self._whole(file)

    def footers(self) -> Iterator[Problem]:
        """Marketing mail must say who sends it and how to leave; the base layout does."""
        if not self.known.sending:
            return
        sending = self.known.sending[1]
        marketing = {topic.id for topic in sending.topics if not topic.transactional}
        used = {template for template, topic in _sends(self.known) if topic in marketing}
        if used and not sending.business.address.strip():
            document = self.known.sending[0]
            message = f'marketing mail ("{min(used)}") needs a postal address, and there is none'
            mend = "Write address: with street, town and country, where letters reach you; a post office box will do"
            yield document.problem(("business", "address"), message, mend, code="no-postal-address", severity="warning")
        for name in sorted(used & self.names):
            for file, text in self._sources(name):
                if file.endswith(".mjml") and not layout.is_whole(text):
                    continue
                for variable, what in _FOOTER.items():
                    if variable not in text:
                        mend = f"Put {{{{ {variable} }}}} in its footer"
                        yield Problem(file, 1, 1, "(file)", f"marketing mail without {what}", mend)

    def confirmations(self) -> Iterator[Problem]:
        """The link of a double opt-in must stand in the mail that asks, and can stand in no other."""
        asking = {form.double_opt_in.email for _, form in self.known.forms.values() if form.double_opt_in}
        sent = {template for template, _ in _sends(self.known)}
        for name in sorted(self.names):
            for file, text in self._sources(name):
                has = "confirm_url" in text
                if name in asking and not has:
                    mend = "Put {{ confirm_url }} where people shall click"
                    yield Problem(file, 1, 1, "(file)", "it asks to confirm without the link", mend)
                if name in sent and has:
                    line = text[: text.index("confirm_url")].count("\n") + 1
                    mend = "Use it in the template of a form's double_opt_in only; nothing else asks anybody to confirm"
                    yield Problem(file, line, 1, "confirm_url", "a journey or a campaign sends this e-mail", mend)

    def compiled(self, sending: Sending, problems: list[Problem]) -> dict[str, Email]:
        """Every e-mail as the release has it. What can't be compiled is added to `problems`."""
        return {name: self._compiled(name, said, sending, problems) for name, (_, said) in self.known.emails.items()}

    def _compiled(self, name: str, said: EmailFile, sending: Sending, problems: list[Problem]) -> Email:
        language = said.language or sending.business.language
        first = self._version(name, "", language, said.preheader, sending, problems)
        others = {
            code: Version(
                subject=other.subject,
                preheader=other.preheader,
                defaults=other.defaults,
                **self._version(name, code, code, other.preheader, sending, problems),
            )
            for code, other in said.languages.items()
        }
        return Email(
            subject=said.subject,
            preheader=said.preheader,
            # The business's own goes without saying while there is no other.
            language=language if others or said.language else "",
            languages=others,
            variables=said.variables,
            blocks=said.blocks,
            was=said.was,
            **first,
        )

    def _version(
        self, name: str, key: str, language: str, preheader: str, sending: Sending, problems: list[Problem]
    ) -> dict[str, str]:
        files = self.files[name, key]
        file = files[".mjml"]
        source = self.found.sources[file]
        if not layout.is_whole(source):
            source = layout.wrap(source, sending.brand, _words(sending, language))
        parts = {
            f"parts/{part}.mjml": self.found.sources[path]
            for part, path in self.found.ids(f"{FOLDER}/parts", ".mjml").items()
        }
        try:
            html = markup.to_html(source, parts, preheader=preheader, language=language)
        except ValueError as error:
            mend = "Check the elements there: each needs its closing tag, and quotes around the value of each attribute"
            problems.append(Problem(file, 1, 1, "html", f"not readable as MJML: {error}", mend))
            return {"html": "", "text": ""}
        problems.extend(lint.whole(file, html))
        text = self.found.sources[files[".txt"]] if ".txt" in files else plain.plain(html)
        return {"html": html, "text": text}


def _words(sending: Sending, language: str) -> Words:
    """The words of a footer; the business's own, where they are in its language."""
    own = sending.words if language == sending.business.language else {}
    return Words(language, {**catalogue.texts(language), **own})


def _sends(known: Definitions) -> Iterator[tuple[str, str]]:
    """The e-mails that journeys and campaigns send, each with its topic."""
    for _, journey in known.journeys.values():
        for step in walk(journey.steps):
            if isinstance(step, Send) and isinstance(step.send, str):
                yield step.send, step.topic or journey.topic
    for _, campaign in known.campaigns.values():
        if isinstance(campaign.send, str):
            yield campaign.send, campaign.topic


def _both(one: Given, other: Given) -> Given:
    """What may be relied on in either of two e-mails."""
    defaults = {path: value for path, value in one.defaults.items() if path in other.defaults}
    sure = (set(one.defaults) | set(one.required)) & (set(other.defaults) | set(other.required))
    blocks = None if one.blocks is None or other.blocks is None else one.blocks & other.blocks
    return Given(defaults, tuple(sorted(sure - set(defaults))), blocks, one.products, one.ids)
