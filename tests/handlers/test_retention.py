"""How long things stay: decided when they are written, without a call or a write unit more."""

from typing import Any

import pytest

from authoring.compile import bundle
from authoring.problems import Invalid, Problem
from bench.sizes import write_units
from functions import releases
from functions.aws.attributes import to_item
from functions.core.event import Event
from functions.core.release import Release, canonical, load
from functions.core.retention import Keep
from functions.tables import events
from tests.cloud import Call, Cloud, marketing
from tests.crash import scenarios
from tests.unit.authoring.conftest import folder as folder
from tests.unit.authoring.folders import Folder

DAY = 86_400


def shop(**retention: str) -> bytes:
    """The demo business, keeping things for other lengths of time."""
    plain: dict[str, Any] = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain.setdefault("privacy", {})["retention"] = retention
    return canonical(Release.model_validate(plain))


def test_events_messages_and_decisions_carry_the_day_on_which_they_may_go(cloud: Cloud) -> None:
    cloud.publish(shop(visitors="300 days", contacts="500 days", messages="600 days", decisions="350 days"))
    releases.forget()
    cloud.page("/first-flush", "p1", "laptop")
    scenarios.sign_up(cloud)
    day = cloud.clock.now // 1000 // DAY
    stored = {row["name"]: row["ttl"] // DAY - day for row in cloud.items("events") if "ttl" in row}
    assert stored["Page Viewed"] == 300
    assert stored["Form Submitted"] == 500
    assert all("ttl" in row for row in cloud.items("events"))
    rows = cloud.items()
    assert {row["ttl"] // DAY - day for row in rows if row["sk"].startswith("M#")} == {600}
    assert {row["ttl"] // DAY - day for row in rows if row["sk"].startswith("D#")} == {350}
    # What a person is, and whether they were in a journey that is entered once, goes only with the person.
    assert not any("ttl" in row for row in rows if row["sk"] in ("S", "P") or row["sk"].startswith(("J#", "A#", "L#")))


def test_what_may_go_is_gone_for_whoever_counts(cloud: Cloud) -> None:
    cloud.publish(shop(visitors="300 days"))
    releases.forget()
    cloud.page("/first-flush", "p1", "laptop")
    (row,) = cloud.items("events")
    assert len(list(events.of_sources([row["pk"]]))) == 1
    cloud.clock.now += 301 * DAY * 1000
    assert list(events.of_sources([row["pk"]])) == []


def test_intake_reads_nothing_more_for_it(cloud: Cloud) -> None:
    class Counted:
        def __init__(self) -> None:
            self.calls: list[str] = []

        def before(self, call: Call) -> None:
            self.calls.append(f"{call.operation} {call.about}".strip())

        def after(self, call: Call) -> None:
            pass

        def repeat(self, call: Call) -> bool:
            return False

    cloud.page("/", "p0", "laptop")
    watch = Counted()
    with cloud.watched(watch):
        cloud.page("/", "p1", "laptop")
    assert watch.calls == ["BatchGetItem I", "BatchExecuteStatement"]


@pytest.mark.parametrize("length", [100, 400, 700])
def test_the_day_costs_no_write_unit(length: int) -> None:
    event = Event("a#" + "h" * 26, "m" * 36, 1, 1, 1_790_000_000_000, "page", "Page Viewed", {"url": "u" * length})
    plain, kept = events.to_row(event), events.to_row(event, Keep(400 * DAY, 400 * DAY))
    assert kept["ttl"]
    assert write_units(to_item(plain)) == write_units(to_item(kept)) == 1


def problems(folder: Folder) -> tuple[Problem, ...]:
    with pytest.raises(Invalid) as caught:
        bundle(folder.root)
    return caught.value.problems


def test_events_must_outlive_what_looks_back_at_them(folder: Folder) -> None:
    folder.swap("privacy.yaml", "visitors: 400 days", "visitors: 100 days")
    (problem,) = problems(folder)
    assert (problem.file, problem.line) == ("privacy.yaml", folder.line("privacy.yaml", "visitors: 100 days"))
    assert problem.field == "retention.visitors"
    assert "400 days" in problem.mend
    folder.remove("privacy.yaml")
    assert bundle(folder.root).content.privacy.retention.visitors == 400 * DAY
    folder.swap("scoring.yaml", "half_life: 30 days", "half_life: 300 days")
    assert {problem.field for problem in problems(folder)} == {"retention.visitors", "retention.contacts"}


def test_where_double_opt_in_is_required_a_form_without_it_is_named(folder: Folder) -> None:
    folder.write("privacy.yaml", "double_opt_in: required\n")
    found = problems(folder)
    named = [problem.file for problem in found]
    assert named == ["forms/brewing-book.yaml", "forms/hello.yaml"]
    assert {problem.field for problem in found} == {"consents"}
    assert all("double_opt_in: true" in problem.mend for problem in found)
    for form in named:
        folder.write(form, f"{folder.read(form)}\ndouble_opt_in: true\n")
    folder.swap("journeys/welcome.yaml", "{event: Form Submitted, form: hello}", "{event: Subscription Confirmed}")
    assert bundle(folder.root).content.privacy.double_opt_in == "required"
