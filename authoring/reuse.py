"""Ids that come back with another meaning, or change their kind: refused, with their place."""

from collections.abc import Iterator

from authoring.definitions import Definitions, steps_of
from authoring.ledger import Ledger, ids_of
from authoring.load import Document, Path, spell
from authoring.problems import Problem
from functions.core.release import Release


def check(release: Release, known: Definitions, past: Ledger) -> list[Problem]:
    """Every id of `release` that its past forbids."""
    places = dict(_places(known))
    problems = []
    for name, kind in ids_of(release).items():
        file, path, document = places[name]
        line, column = document.at(path) if document else (1, 1)
        plain = name.rpartition(" ")[2]
        spelled = spell(path) if path else "(file name)"
        if name in past.retired:
            message = f'"{plain}" was a {past.retired[name]} that was removed; ids are never reused'
            mend = f'Choose a new id such as "{plain}-2"; to bring back what it was, roll back to a release that has it'
            problems.append(Problem(file, line, column, spelled, message, mend))
        elif past.live.get(name, kind) != kind:
            message = f'"{plain}" is a {past.live[name]} in the release that was published; an id keeps its kind'
            mend = f'Give this {kind} a new id such as "{plain}-2"'
            problems.append(Problem(file, line, column, spelled, message, mend))
    return problems


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
    for name, (document, journey) in known.journeys.items():
        yield f"journey {name}", (document.file, (), None)
        for path, step in steps_of(journey.steps):
            yield f"journey {name}, step {step.id}", (document.file, (*path, "id"), document)
