"""Sums over who moves, what a sample says of everybody, and which rules a change reaches."""

import random
from collections import Counter
from typing import Any

from authoring.tally import Moved, Scale, Tally, mean, quantile
from functions.core.backfilling import covers, decides_otherwise, meanings
from functions.core.contact import Standing
from functions.core.counters import counters
from functions.core.release import Release


def release(**parts: Any) -> Release:
    content: dict[str, Any] = {
        "sending": {
            "business": {"name": "Çay", "time_zone": "Europe/Istanbul"},
            "from": {"name": "Çay", "email": "hello@tea.example"},
            "topics": [{"id": "tips", "title": "İpuçları"}],
        },
        "scoring": {
            "scores": {"interest": {"rules": [{"id": "page", "when": {"event": "Page Viewed"}, "points": 5}]}},
        },
        "segments": {
            "ready": {"when": {"score": "interest", "at_least": 50}},
            "nearly": {"when": {"all": [{"segment": "ready"}, {"not": {"tag": "vip"}}]}},
            "vip": {"when": {"tag": "vip"}},
        },
    }
    return Release.model_validate(content | parts)


def changed(before: Release, after: Release) -> set[str]:
    old, new = meanings(before), meanings(after)
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


def scored(points: int) -> dict[str, Any]:
    rule = {"id": "page", "when": {"event": "Page Viewed"}, "points": points}
    return {"scores": {"interest": {"title": "İlgi", "rules": [rule]}}}


def test_a_change_reaches_whatever_asks_for_it_through_others_and_nothing_else() -> None:
    assert changed(release(), release(scoring=scored(6))) == {"score interest", "segment ready", "segment nearly"}


def test_words_for_people_reach_nobody() -> None:
    assert not decides_otherwise(release(), release(scoring=scored(5)))
    titled = {**release().model_dump(by_alias=True)["segments"]}
    titled["vip"] = {"title": "Bizim için önemli", "when": {"tag": "vip"}}
    assert not decides_otherwise(release(), release(segments=titled))


def test_a_line_that_starts_a_journey_reaches_those_who_may_stand_behind_it() -> None:
    def business(becomes: dict[str, Any] | None, **more: Any) -> Release:
        start = {"when": {"becomes": becomes} if becomes else {"event": "Order Completed"}}
        steps = [{"id": "mark", "tag": "x"}]
        return release(journeys={"reach": {"topic": "tips", "start": start, "steps": steps, **more}})

    ready = {"segment": "ready"}
    assert changed(business(None), business(ready)) == {"journey reach"}
    assert changed(business(ready), business({"segment": "nearly"})) == {"journey reach"}
    assert changed(business(ready), business(ready, title="Çay")) == set()
    dearer = business(ready).model_copy(update={"scoring": release(scoring=scored(6)).scoring})
    assert "journey reach" in changed(business(ready), dearer)


def test_a_property_that_is_called_title_is_no_word_for_people() -> None:
    def shop(title: str) -> Release:
        return release(segments={"fans": {"when": {"event": "Page Viewed", "where": {"title": title}}}})

    assert changed(shop("Çay"), shop("Kahve")) == {"segment fans"}


def test_another_time_zone_reaches_everything() -> None:
    content = release().model_dump(mode="json", by_alias=True)
    content["sending"]["business"]["time_zone"] = "Europe/Warsaw"
    assert changed(release(), Release.model_validate(content)) == set(meanings(release()))


def test_segments_that_ask_for_each_other_in_a_ring_have_a_meaning_too() -> None:
    ring = {"one": {"when": {"segment": "two"}}, "two": {"when": {"segment": "one"}}}
    assert set(meanings(release(segments=ring))) >= {"segment one", "segment two"}


def test_facts_cover_fewer_points_and_shorter_horizons_but_no_new_counter() -> None:
    week, month = ({"event": "Order Completed", "at_least": n, "within": "7 days"} for n in (1, 3))
    some, more = release(segments={"a": {"when": week}}), release(segments={"a": {"when": month}})
    assert covers(counters(more), counters(some))
    assert not covers(counters(some), counters(more))
    assert not covers(counters(release()), counters(some))
    assert not covers(counters(some, rules="1"), counters(some, rules="2"))


def stood(segments: set[str] = frozenset(), band: str = "cold") -> Standing:  # type: ignore[assignment]
    return Standing(temperature=band, segments=dict.fromkeys(segments, 0))


def moves(count: int) -> list[Moved]:
    chance = random.Random(count)
    found = []
    for number in range(count):
        before = stood({name for name in ("a", "b") if chance.random() < 0.5}, chance.choice(("cold", "warm")))
        after = stood({name for name in ("a", "b") if chance.random() < 0.5}, chance.choice(("cold", "hot")))
        points = {"interest": chance.randrange(50)}, {"interest": chance.randrange(50)}
        found.append(Moved(f"c{number:04}", before, after, *points, "", bool(number % 2)))
    return found


def test_parts_that_are_joined_count_like_the_whole() -> None:
    whole, parts = Tally(), [Tally() for _ in range(4)]
    for number, one in enumerate(moves(200)):
        whole.add(one)
        parts[number % 4].add(one)
    joined = Tally()
    for part in reversed(parts):
        joined.join(part)
    assert joined == whole
    assert len(whole.segments["a"].entering) == 5
    assert list(whole.segments["a"].entering) == sorted(whole.segments["a"].entering)


def test_everybody_who_is_in_then_was_in_or_enters() -> None:
    tally = Tally()
    for one in moves(300):
        tally.add(one)
    for crossing in tally.segments.values():
        assert crossing.then == crossing.now + crossing.enters - crossing.leaves
    assert tally.moves["temperature"].total() == 300


def test_a_sample_s_margin_holds_the_truth_nineteen_times_of_twenty() -> None:
    truth, people, chance = 700, 10_000, random.Random(5)
    inside = [number < truth for number in range(people)]
    right = 0
    for _ in range(400):
        chance.shuffle(inside)
        met = sum(inside[:1000])
        scale = Scale(contacts=1000, parts=1, of=10)
        assert scale.everybody == people
        right += abs(scale.up(met) - truth) <= scale.margin(met)
    assert 365 <= right <= 400


def test_of_everybody_there_is_no_margin() -> None:
    scale = Scale(contacts=57, parts=4, of=4)
    assert (scale.up(12), scale.margin(12), scale.widest, scale.everybody) == (12, 0, 0.0, 57)


def test_none_in_a_sample_is_not_none_of_everybody() -> None:
    scale = Scale(contacts=100, parts=1, of=100)
    assert scale.up(0) == 0
    assert scale.margin(0) > 0


def test_distributions_are_told_by_half_nine_of_ten_and_mean() -> None:
    counted = Counter({0: 5, 10: 4, 100: 1})
    assert (quantile(counted, 0.5), quantile(counted, 0.9), mean(counted)) == (0, 10, 14.0)
    assert (quantile(Counter(), 0.5), mean(Counter())) == (0, 0.0)


def test_how_many_everybody_are_is_an_estimate_too() -> None:
    chance, everybody, right, parts = random.Random(7), 20_000, 0, 20
    for _ in range(400):
        met = sum(chance.random() < 1 / parts for _ in range(everybody))
        scale = Scale(contacts=met, parts=1, of=parts)
        right += abs(scale.up(met) - everybody) <= scale.margin(met)
    assert 365 <= right <= 400, "all of those who were met enter, and so would all"


def test_what_a_small_sample_does_not_meet_may_still_be_there() -> None:
    chance, right = random.Random(3), 0
    for _ in range(400):
        met = sum(chance.random() < 1 / 100 for _ in range(250))
        scale = Scale(contacts=1000, parts=1, of=100)
        right += abs(scale.up(met) - 250) <= scale.margin(met)
    assert right >= 365
