"""Renaming: what is compiled from renamed files is, byte for byte, what was compiled before, but for the names."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from authoring import ledger
from authoring.compile import Bundle, bundle, state_path
from authoring.problems import Invalid
from authoring.scenarios.trial import failing
from functions.core import renaming
from functions.core.channels import CHANNELS
from functions.core.definition import Definition, Id
from functions.core.release import Release, canonical
from functions.core.renaming import REFERENCES
from functions.core.webhook import Webhook

FILES = {
    "sending.yaml": """
business: {name: Tea, address: "Street 1", time_zone: UTC}
from: {name: Tea, email: tea@tea.example}
topics:
  - {id: <tips>, title: Tips<was:tips>}
  - {id: orders, title: Orders, transactional: true}
caps: [{topics: [<tips>], at_most: 2, within: 1 day}]
push: {topics: [<tips>]}
""",
    "scoring.yaml": """
scores:
  <interest>:
    title: Interest<wasline:interest>
    rules:
      - {id: <page>, when: {event: Page Viewed}, points: 1<was:page>}
      - {id: sent, when: {event: Form Submitted, form: <hello>}, points: 5}
      - {id: ended, when: {event: Journey Ended, where: {journey: <welcome>}}, points: 2}
temperature: {score: <interest>, warm: {at_least: 3, until_below: 2}, hot: {at_least: 9, until_below: 5}}
grade: {a: 3, b: 2, c: 1, rules: [{id: <fits>, when: {segment: <keen>}, points: 3<was:fits>}]}
tags: [{id: <tagger>, when: {event: Form Submitted, form: <hello>}, tag: signed<was:tagger>}]
""",
    "segments.yaml": """
segments:
  <keen>:
    title: Keen<wasline:keen>
    when: {all: [{score: <interest>, at_least: 3}, {not: {stage: <won>}}, {consent: <tips>}]}
  <late>:
    title: Late<wasline:late>
    when:
      any: [{journey: <welcome>, was: ended}, {email: <letter>, was: opened}, {event: Form Submitted, form: <hello>}]
""",
    "funnel.yaml": """
stages:
  - {id: known, when: {tag: signed}}
  - {id: <won>, when: {event: Order Completed}<was:won>}
""",
    "forms/<hello>.yaml": """
title: Hello<topwas:hello>
fields: [{name: email, type: email, label: Your address, required: true}]
consents: [{topic: <tips>, label: Tea tips by e-mail}]
""",
    "forms/<later>.yaml": """
title: Later<topwas:later>
fields: [{name: email, type: email, label: Your address, required: true}]
consents: [{topic: <tips>, label: Tea tips by e-mail}]
double_opt_in: {email: <confirm>}
""",
    "emails/<letter>.yaml": "subject: Hello<topwas:letter>\npreheader: A line\n",
    "emails/<letter>.mjml": "<mj-section><mj-column><mj-text>Hello</mj-text></mj-column></mj-section>\n",
    "emails/<confirm>.yaml": "subject: Please confirm<topwas:confirm>\npreheader: A line\n",
    "emails/<confirm>.mjml": '<mj-section><mj-column><mj-button href="{{ confirm_url }}">Yes</mj-button></mj-column>'
    "</mj-section>\n",
    "sms/<text>.yaml": "text: Tea is ready. Reply STOP to stop<topwas:text>\n",
    "campaigns/<harvest>.yaml": """
title: Harvest<topwas:harvest>
topic: <tips>
send: <letter>
to: <keen>
except: [<late>]
""",
    "popups/<spring>.yaml": """
title: Spring
form: <hello>
when: {all: [{not: {segment: <keen>}}, {event: Popup Shown, where: {popup: <spring>}}]}
trigger: leaving<topwas:spring>
""",
    "journeys/<welcome>.yaml": """
title: Welcome<topwas:welcome>
topic: <tips>
start: {when: {event: Form Submitted, form: <hello>}, only_if: {any: [{segment: <late>}, {segment: <keen>}]}}
steps:
  - {id: <first>, send: <letter><was:first>}
  - {id: read, wait: {until: {clicked: <first>}, at_most: 2 days}}
  - id: <ask>
    if: {any: [{opened: <first>}, {segment: <keen>}]}<waskey:ask>
    then: [{id: call, send: {sms: <text>}, topic: orders}, {id: more, add: {score: <interest>, points: 2}}]
    else: [{id: put, update: {stage: <won>}}, {id: other, start: <second>}]
""",
    "journeys/<second>.yaml": """
title: Second<topwas:second>
topic: <tips>
start: {when: {requested: true}}
steps: [{id: one, send: <letter>}]
""",
    "scenarios/welcome.yaml": """
journey: <welcome>
scenarios:
  - name: Somebody who clicks
    contact: {traits: {email: a@example.com}, consents: [<tips>]}
    events:
      - {at: start, form: <hello>, consents: [<tips>]}
      - {at: 1 day later, clicked: <first>}
    expect:
      path: [<first>, {read: until}, {<ask>: then}, call, more]
""",
}
REAL = tuple(sorted({name for text in (*FILES, *FILES.values()) for name in re.findall(r"<([a-z]+)>", text)}))
WAYS = {
    "was": ", was: {}",
    "wasline": "\n    was: {}",
    "topwas": "\nwas: {}",
    "waskey": "\n    was: {}",
}


def write(root: Path, called: dict[str, str], was: dict[str, str]) -> Bundle:
    """The folder with things called so, and what it compiles to."""
    for path in sorted(root.rglob("*")) if root.exists() else ():
        if path.is_file() and path.name != ".samovar.json":
            path.unlink()

    def said(text: str) -> str:
        for way, spelling in WAYS.items():
            for name in re.findall(rf"<{way}:([a-z]+)>", text):
                text = text.replace(f"<{way}:{name}>", spelling.format(was[name]) if name in was else "")
        return re.sub(r"<([a-z]+)>", lambda found: called.get(found[1], found[1]), text)

    for name, text in FILES.items():
        path = root / said(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(said(text), encoding="utf-8")
    return bundle(root)


def without_names(release: Release) -> bytes:
    return canonical(release.model_copy(update={"names": {}}))


@dataclass(repr=False)
class Original:
    """What is compiled before anything is renamed."""

    content: bytes
    release_id: str


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    made = write(tmp_path_factory.mktemp("original") / "marketing", {}, {})
    return Original(without_names(made.content), made.release_id)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # A set of names says enough without being made smaller.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(renamed=st.sets(st.sampled_from(REAL)))
def test_the_same_is_stored_and_the_names_are_told(renamed: set[str], original: Original, tmp_path: Path) -> None:
    called = {name: f"{name}-now" for name in renamed}
    made = write(tmp_path / "marketing", called, {name: name for name in renamed})
    assert without_names(made.content) == original.content
    assert sorted(made.content.names.values()) == sorted(called.values())
    assert not failing(made.authored, made.scenarios)
    if "ask" in renamed:
        assert made.content.present_name("step", "ask", "journey welcome") == "ask-now"
        assert made.content.first_name("step", "ask-now", "journey welcome") == "ask"
    back = renaming.authored(made.content)
    assert renaming.stored(back) == back
    assert set(back.journeys) == set(made.authored.journeys)
    if not renamed:
        assert made.release_id == original.release_id


def test_every_field_that_holds_an_id_is_known_as_a_reference_or_as_something_else() -> None:
    others = {
        # Ids of their own, or of what is never renamed.
        *(
            (model, "id")
            for model in ("Topic", "Stage", "Rule", "Fit", "TagRule", "Product", "Case", "Share", "Video")
        ),
        ("Release", "segments"), ("Release", "journeys"), ("Release", "forms"), ("Release", "emails"),
        ("Release", "templates"), ("Release", "campaigns"), ("Release", "pages"), ("Release", "popups"),
        ("Release", "assets"), ("Release", "surveys"), ("Scoring", "scores"), ("Variants", "headline"),
        ("Variants", "text"), ("Variants", "button"),
        ("Notice", "to"), ("Lead", "to"), ("Sending", "staff"), ("Email", "blocks"), ("Webhook", "secret"),
    }  # fmt: skip
    known = {(model.__name__, name) for model, name in REFERENCES}
    models: dict[str, type[BaseModel]] = {}
    todo: list[object] = [Release, Webhook, *(channel.template for channel in CHANNELS.values())]
    met: set[int] = set()
    while todo:
        one = todo.pop()
        if id(one) in met:
            continue
        met.add(id(one))
        if isinstance(one, type) and issubclass(one, BaseModel):
            models[one.__name__] = one
            todo += [field.annotation for field in one.model_fields.values()]
            todo += [part for field in one.model_fields.values() for part in field.metadata]
        todo += list(getattr(one, "__args__", ()))
        todo += list(getattr(one, "__metadata__", ()))
        if hasattr(one, "__value__"):
            todo.append(one.__value__)
    assert {"EventCondition", "StartStep", "Schedule", "Campaign"} <= set(models)
    found = {
        (model.__name__, name)
        for model in models.values()
        for name, field in model.model_fields.items()
        if name != "was" and _holds_an_id(field.annotation, field.metadata)
    }
    assert {("StartStep", "start"), ("Cap", "topics"), ("ScoreCondition", "score"), ("EventMatch", "form")} <= found
    inherited = {(model.__name__, name) for model in models.values() for owner in model.__mro__[1:] for name in
                 getattr(owner, "model_fields", {}) if (owner.__name__, name) in known}  # fmt: skip
    assert found - known - others - inherited == set()


def _holds_an_id(annotation: object, metadata: object = ()) -> bool:
    marks = set(Id.__metadata__)  # type: ignore[attr-defined]
    if any(mark in marks for mark in [*getattr(annotation, "__metadata__", ()), *metadata] if _is_hashable(mark)):  # type: ignore[misc]
        return True
    return any(
        _holds_an_id(part)
        for part in getattr(annotation, "__args__", ())
        if not (isinstance(part, type) and issubclass(part, Definition))
    )


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that was published, and then with the journey called greeting."""
    monkeypatch.delenv("SAMOVAR_STATE", raising=False)
    root = tmp_path / "marketing"
    for called, was in (({}, {}), ({"welcome": "greeting"}, {"welcome": "welcome"})):
        note(root, write(root, called, was))
    return root


def note(root: Path, made: Bundle) -> None:
    ledger.write(state_path(root), made.ledger.after(made.content, made.release_id))


def code_of(root: Path, called: dict[str, str], was: dict[str, str]) -> str:
    with pytest.raises(Invalid) as caught:
        write(root, called, was)
    return caught.value.problems[0].code


def test_a_name_goes_on_along_a_chain(published: Path, original: Original) -> None:
    made = write(published, {"welcome": "hallo"}, {"welcome": "[welcome, greeting]"})
    assert without_names(made.content) == original.content
    assert made.content.names == {"journey welcome": "hallo"}
    assert made.content.first_name("journey", "hallo") == "welcome"
    assert made.content.present_name("journey", "welcome") == "hallo"
    assert made.content.first_name("journey", "second") == made.content.present_name("journey", "second") == "second"
    note(published, made)
    again = write(published, {}, {})
    assert again.release_id == original.release_id


def test_a_chain_that_begins_with_a_later_name_is_refused_with_the_mend(published: Path) -> None:
    with pytest.raises(Invalid, match=r"Write was: \[welcome, greeting\]"):
        write(published, {"welcome": "hallo"}, {"welcome": "greeting"})


def test_was_must_stay_once_it_was_published(published: Path) -> None:
    assert code_of(published, {"welcome": "greeting"}, {}) == "renamed-before"


def test_two_things_cannot_have_been_one(published: Path) -> None:
    both = {"welcome": "greeting", "second": "other"}
    assert code_of(published, both, {"welcome": "welcome", "second": "welcome"}) == "renamed-twice"


def test_a_name_of_something_else_is_not_taken(published: Path) -> None:
    assert code_of(published, {"welcome": "second", "second": "third"}, {"welcome": "welcome", "second": "second"}) == (
        "renamed-before"
    )


def test_an_old_name_is_not_taken_by_something_new(published: Path) -> None:
    assert code_of(published, {"welcome": "greeting", "second": "welcome"}, {"welcome": "welcome"}) == "renamed-twice"


def test_a_misspelt_was_is_refused_with_the_name_that_it_means(published: Path) -> None:
    note(published, write(published, {}, {}))
    with pytest.raises(Invalid, match='Did you mean "welcome"') as caught:
        write(published, {"welcome": "hallo"}, {"welcome": "welcom"})
    assert caught.value.problems[0].code == "renamed-nothing"


def test_a_chain_in_the_wrong_order_is_refused_with_the_right_one(published: Path) -> None:
    with pytest.raises(Invalid, match=r"The first name stands first: write was: \[welcome, salut\]"):
        write(published, {"welcome": "hallo"}, {"welcome": "[salut, welcome]"})
    with pytest.raises(Invalid, match="Write was: welcome"):
        write(published, {"welcome": "hallo"}, {"welcome": "[hallo, welcome]"})


def test_two_journeys_that_were_one_are_told_once_and_not_step_by_step(published: Path) -> None:
    with pytest.raises(Invalid) as caught:
        write(published, {"welcome": "greeting", "second": "other"}, {"welcome": "welcome", "second": "welcome"})
    assert [one.code for one in caught.value.problems].count("renamed-twice") == 1


def test_was_of_what_was_never_published_is_a_warning(published: Path) -> None:
    made = write(published, {"welcome": "greeting", "late": "lost"}, {"welcome": "welcome", "late": "never-there"})
    assert [problem.code for problem in made.warnings if problem.code.startswith("renamed")] == ["renamed-nothing"]


def test_a_comparison_with_a_later_name_in_an_event_of_ours_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "marketing"
    write(root, {"welcome": "greeting"}, {"welcome": "welcome"})
    scoring = root / "scoring.yaml"
    text = scoring.read_text(encoding="utf-8")
    scoring.write_text(text.replace("{journey: greeting}", "{journey: {one_of: [greeting]}}"), encoding="utf-8")
    with pytest.raises(Invalid, match='Write "welcome" here') as caught:
        bundle(root)
    assert [problem.code for problem in caught.value.problems] == ["renamed-in-where"]


def test_a_field_of_a_form_cannot_be_renamed(tmp_path: Path) -> None:
    root = tmp_path / "marketing"
    write(root, {}, {})
    form = root / "forms/hello.yaml"
    form.write_text(form.read_text().replace("name: email,", "name: email, was: mail,"), encoding="utf-8")
    with pytest.raises(Invalid) as caught:
        bundle(root)
    assert [problem.code for problem in caught.value.problems] == ["unknown-key"]
