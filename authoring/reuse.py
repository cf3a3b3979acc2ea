"""Ids that come back with another meaning, change their kind, or were renamed in a way that can't be told: refused,
with their place."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from authoring.definitions import Definitions, matches_in, steps_of
from authoring.ledger import Ledger, ids_of
from authoring.load import Document, Path, spell
from authoring.problems import Problem, Severity, nearest
from functions.core import landing
from functions.core.definition import Definition
from functions.core.release import Release, spelled
from functions.core.renaming import IN_EVENTS, OWN_EVENTS, STEP, Named, named

COMPARED = {**IN_EVENTS, "step": STEP}
"""Properties of Samovar's own events that hold ids, and of what."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an id stands; no document where the file's name is the id and the file is not read here."""

    file: str
    path: Path
    document: Document | None

    def problem(self, message: str, mend: str, code: str = "invalid", severity: Severity = "error") -> Problem:
        line, column = self.document.at(self.path) if self.document else (1, 1)
        where = spell(self.path) if self.path else "(file name)"
        return Problem(self.file, line, column, where, message, mend, code, severity)


@dataclass(frozen=True, slots=True)
class _Id:
    """An id as files have it (`name`), its kind, as it is stored, and its present name beside those that are stored."""

    name: str
    kind: str
    stored: str
    called: str

    @property
    def plain(self) -> str:
        return self.name.rpartition(" ")[2]


def check(release: Release, known: Definitions, past: Ledger) -> list[Problem]:
    """Every id of `release`, as the files have it, that its past forbids."""
    places = {name: _Place(*place) for name, place in _places(known)}
    renamable = {one.spelled: one for one in named(release)}
    ids = [_id(name, kind, renamable) for name, kind in ids_of(release).items()]
    found = [problem for one in ids for problem in _check(one, places[one.name], past)]
    found += [problem for one in renamable.values() for problem in _renamed(one, ids, places[one.spelled], past)]
    claimed = defaultdict(list)
    for one in ids:
        claimed[one.stored].append(one)
    for stored, claims in claimed.items():
        # Of what stands in two that claim one name, that is all there is to say.
        outer = stored.rpartition(", ")[0]
        for twice in claims[1:] if len(claimed.get(outer, ())) < 2 else ():
            first, plain = claims[0], stored.rpartition(" ")[2]
            message = f'"{first.plain}" and "{twice.plain}" are both what was called "{plain}" at first'
            mend = f'Take "{plain}" out of was of one of them, or call that one otherwise'
            found.append(places[twice.name].problem(message, mend, "renamed-twice"))
    return [*found, *_in_where(known, list(renamable.values()))]


def _in_where(known: Definitions, renamable: list[Named]) -> Iterator[Problem]:
    """Properties of our own events hold first names; where one is compared in words that can't be changed for it."""
    later = {(one.kind, one.plain): one.first for one in renamable if one.first != one.plain}
    for document, path, match in matches_in(known):
        if match.event not in OWN_EVENTS:
            continue
        for key, wanted in match.where.items():
            if key not in COMPARED or (isinstance(wanted, str) and key in IN_EVENTS):
                continue
            said = set(texts_of(wanted))
            for name in sorted(said & {name for kind, name in later if kind == COMPARED[key]}):
                message = f'events still say "{later[COMPARED[key], name]}" where "{name}" is meant'
                mend = f'Write "{later[COMPARED[key], name]}" here'
                yield document.problem((*path, "where", key), message, mend, code="renamed-in-where")


def texts_of(wanted: object) -> Iterator[str]:
    """Every text that a comparison names."""
    match wanted:
        case str():
            yield wanted
        case list() | tuple():
            for one in wanted:
                yield from texts_of(one)
        case Definition():
            for name in type(wanted).model_fields:
                yield from texts_of(getattr(wanted, name))


def _id(name: str, kind: str, renamable: Mapping[str, Named]) -> _Id:
    inside, _, own = name.rpartition(", ")
    outer = renamable.get(inside)
    head = f"{inside.rpartition(' ')[0]} {outer.first}" if outer else inside
    of_kind, _, plain = own.rpartition(" ")
    first = renamable[name].first if name in renamable else plain
    return _Id(name, kind, spelled(of_kind, first, head), spelled(of_kind, plain, head))


def _check(one: _Id, place: _Place, past: Ledger) -> Iterator[Problem]:
    plain = one.stored.rpartition(" ")[2]
    if one.stored in past.retired:
        message = f'"{plain}" was a {past.retired[one.stored]} that was removed; ids are never reused'
        mend = f'Choose a new id such as "{plain}-2"; to bring back what it was, roll back to a release that has it'
        yield place.problem(message, mend)
    elif past.live.get(one.stored, one.kind) != one.kind:
        message = f'"{plain}" is a {past.live[one.stored]} in the release that was published; an id keeps its kind'
        mend = f'Give this {one.kind} a new id such as "{plain}-2"'
        yield place.problem(message, mend)
    elif past.aliases.get(one.called, one.stored) != one.stored:
        first = past.aliases[one.called].rpartition(" ")[2]
        message = f'"{one.plain}" is what the {one.kind} came to be called whose first name was "{first}"'
        mend = f"Write was: {first}; if it is something new, give it a name of its own"
        yield place.problem(message, mend, "renamed-before")
    elif one.called != one.stored and (one.called in past.live or one.called in past.retired):
        message = f'"{one.plain}" was the id of something else; ids are never reused'
        yield place.problem(message, f'Choose a new name such as "{one.plain}-2"', "renamed-before")


def _renamed(one: Named, ids: list[_Id], place: _Place, past: Ledger) -> Iterator[Problem]:
    if not one.was or past.based_on is None:
        return
    stored = next(known.stored for known in ids if known.name == one.spelled)
    if stored in past.live or stored in past.retired:
        return
    if stored in past.aliases:
        first = past.aliases[stored].rpartition(" ")[2]
        message = f'"{one.first}" was a later name itself: the first one was "{first}"'
        yield place.problem(message, f"Write was: [{', '.join([first, *one.was])}]", "renamed-before")
        return
    message = f'was names "{one.first}", which was never published'
    held, head = {known.stored for known in ids}, stored.rpartition(" ")[0]
    later = next((name for name in one.was if f"{head} {name}" in past.live), None)
    if later is not None:
        rest = [name for name in one.was if name not in (later, one.plain)]
        mend = (
            f"The first name stands first: write was: [{', '.join([later, *rest])}]" if rest else f"Write was: {later}"
        )
        yield place.problem(message, mend, "renamed-nothing")
        return
    # Under a name that is misspelt it would be something new, for ever, and all that is stored would be left behind.
    gone = [id.rpartition(" ")[2] for id in past.live if id.rpartition(" ")[0] == head and id not in held]
    if close := nearest(one.first, gone):
        yield place.problem(message, f'Did you mean "{close}"? It is not in these files any more', "renamed-nothing")
        return
    yield place.problem(message, "Remove was, if nothing went by that name", "renamed-nothing", "warning")


def _places(known: Definitions) -> Iterator[tuple[str, tuple[str, Path, Document | None]]]:
    """Where each id stands: name → (file, path, document)."""
    if known.sending:
        document, sending = known.sending
        for index, topic in enumerate(sending.topics):
            yield f"topic {topic.id}", (document.file, ("topics", index, "id"), document)
    if known.scoring:
        document, scoring = known.scoring
        for name, score in scoring.scores.items():
            yield f"score {name}", (document.file, ("scores", name), document)
            for index, rule in enumerate(score.rules):
                path: Path = ("scores", name, "rules", index, "id")
                yield f"score {name}, rule {rule.id}", (document.file, path, document)
        for index, fit in enumerate(scoring.grade.rules if scoring.grade else ()):
            yield f"grade, rule {fit.id}", (document.file, ("grade", "rules", index, "id"), document)
        for index, tag in enumerate(scoring.tags):
            yield f"tag rule {tag.id}", (document.file, ("tags", index, "id"), document)
    if known.funnel:
        document, funnel = known.funnel
        for index, stage in enumerate(funnel.stages):
            yield f"stage {stage.id}", (document.file, ("stages", index, "id"), document)
    if known.segments:
        document, segments = known.segments
        for name in segments.segments:
            yield f"segment {name}", (document.file, ("segments", name), document)
    for name in known.template_names:
        yield f"template {name}", (f"emails/{name}.yaml", (), None)
    for channel, of_channel in known.templates.items():
        for name, (document, _) in of_channel.items():
            yield f"{channel} template {name}", (document.file, (), None)
    for name, (document, form) in known.forms.items():
        yield f"form {name}", (document.file, (), None)
        for index, field in enumerate(form.fields):
            yield f"form {name}, field {field.name}", (document.file, ("fields", index, "name"), document)
    for name, (document, _) in known.campaigns.items():
        yield f"campaign {name}", (document.file, (), None)
    for name, (document, _) in known.popups.items():
        yield f"popup {name}", (document.file, (), None)
    for name, (document, _) in known.assets.items():
        yield f"asset {name}", (document.file, (), None)
    for name, (document, _) in known.surveys.items():
        yield f"survey {name}", (document.file, (), None)
    for name, (document, page) in known.pages.items():
        yield f"page {name}", (document.file, (), None)
        place, variants = landing.varying(page) or ((), None)
        for part, held in variants.parts() if variants else ():
            for variant in held:
                where = (*place, "hero", "variants", part, variant)
                yield f"page {name}, {part} {variant}", (document.file, where, document)
    for name, (document, journey) in known.journeys.items():
        yield f"journey {name}", (document.file, (), None)
        for path, step in steps_of(journey.steps):
            yield f"journey {name}, step {step.id}", (document.file, (*path, "id"), document)
