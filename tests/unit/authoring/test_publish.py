"""Publishing, pulling and rolling back against real tables and a bucket (moto)."""

import contextlib

import pytest
from botocore.exceptions import ClientError

from authoring import published
from authoring.compile import bundle
from authoring.problems import Invalid
from functions import releases as runtime
from functions import settings
from functions.aws import dynamodb, s3
from functions.tables import releases
from functions.tables.releases import PublishRefused
from tests.unit.authoring.folders import Folder

pytestmark = pytest.mark.usefixtures("stores")
JOURNEY = "journeys/welcome.yaml"
MARK = "  - {id: mark, tag: welcomed}\n"


def publish(folder: Folder) -> published.Published:
    return published.publish(folder.root, by="ada")


def test_the_first_publish_makes_the_release_live(folder: Folder) -> None:
    done = publish(folder)
    assert (done.moved, done.pointer.seq) == (True, 1)
    assert runtime.live().release == bundle(folder.root).content
    assert [entry.by for entry in releases.history()] == ["ada"]


def test_publishing_again_changes_nothing(folder: Folder) -> None:
    first, second = publish(folder), publish(folder)
    assert second.pointer == first.pointer
    assert not second.moved
    assert len(releases.history()) == 1


def test_a_change_is_published_as_the_next_move(folder: Folder) -> None:
    publish(folder)
    folder.swap(JOURNEY, "at_most: 3 days", "at_most: 4 days")
    done = publish(folder)
    assert done.pointer.seq == 2
    (change,) = done.changes
    assert (change.what, change.how) == ("journey welcome", "changed")
    assert change.details == ("steps[clicked].wait.at_most: 3 days → 4 days",)


def test_what_is_not_based_on_the_live_release_is_refused_with_the_reason(folder: Folder) -> None:
    publish(folder)
    other = releases.live()
    assert other is not None
    folder.swap(JOURNEY, "3 days", "4 days")
    compiled = bundle(folder.root)
    with pytest.raises(PublishRefused, match=rf"{other.release[:12]} was published by ada at 20.*samovar pull"):
        releases.publish(compiled.release, compiled.sources, by="bob", based_on=None)
    assert releases.live() == other


def test_pull_writes_the_live_files_and_removes_the_others(folder: Folder) -> None:
    publish(folder)
    folder.write("journeys/second.yaml", folder.read(JOURNEY))
    folder.swap("scoring.yaml", "points: 40", "points: 41")
    pulled = published.pull(folder.root, force=True)
    assert pulled.written == ["scoring.yaml"]
    assert pulled.removed == ["journeys/second.yaml"]
    assert bundle(folder.root).release_id == pulled.release


def test_pull_into_an_empty_folder_gives_the_same_release(folder: Folder, tmp_path: object) -> None:
    done = publish(folder)
    elsewhere = folder.root.parent / "elsewhere"
    published.pull(elsewhere)
    compiled = bundle(elsewhere)
    assert compiled.release_id == done.pointer.release == compiled.based_on


def test_pull_does_not_lose_changes_that_were_never_published(folder: Folder) -> None:
    publish(folder)
    folder.swap("scoring.yaml", "points: 40", "points: 41")
    before = folder.read("scoring.yaml")
    with pytest.raises(published.WouldOverwrite, match=r"scoring\.yaml"):
        published.pull(folder.root)
    assert folder.read("scoring.yaml") == before


def test_pull_before_anything_is_live_says_so(folder: Folder) -> None:
    with pytest.raises(published.NothingLive):
        published.pull(folder.root)


def test_after_a_pull_publishing_goes_on(folder: Folder) -> None:
    publish(folder)
    elsewhere = Folder.__new__(Folder)
    elsewhere.root = folder.root.parent / "elsewhere"
    published.pull(elsewhere.root)
    elsewhere.swap(JOURNEY, "3 days", "4 days")
    assert publish(elsewhere).pointer.seq == 2
    folder.swap(JOURNEY, "3 days", "5 days")
    with pytest.raises(PublishRefused):
        publish(folder)
    published.pull(folder.root, force=True)
    assert "4 days" in folder.read(JOURNEY)


def test_a_rollback_is_a_new_move_to_an_old_release(folder: Folder) -> None:
    first = publish(folder).pointer
    folder.swap(JOURNEY, "3 days", "4 days")
    publish(folder)
    back = releases.rollback(first.release, by="ada")
    assert (back.seq, back.release) == (3, first.release)
    assert [entry.seq for entry in releases.history()] == [3, 2, 1]


def test_what_was_never_live_cannot_be_rolled_back_to() -> None:
    with pytest.raises(PublishRefused, match="never live"):
        releases.rollback("0" * 32, by="ada")


def test_ids_removed_by_somebody_elses_release_stay_retired_after_a_rollback(folder: Folder) -> None:
    publish(folder)
    other = Folder.__new__(Folder)
    other.root = folder.root.parent / "other"
    published.pull(other.root)
    other.swap(JOURNEY, "  - {id: mark", "  - {id: theirs, tag: theirs}\n  - {id: mark")
    publish(other)
    releases.rollback(releases.history()[-1].release, by="bob")
    folder.swap(JOURNEY, "  - {id: mark", "  - {id: theirs, wait: 1 day}\n  - {id: mark")
    with pytest.raises(Invalid, match='"theirs" was a tag step'):
        publish(folder)


def test_of_two_publishes_at_once_one_is_refused_with_a_reason(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(folder)
    base = releases.live()
    assert base is not None
    compiled = []
    for days in ("4", "5"):
        folder.write(JOURNEY, folder.read(JOURNEY).replace("at_most: 3 days", f"at_most: {days} days"))
        compiled.append(bundle(folder.root))
        folder.write(JOURNEY, folder.read(JOURNEY).replace(f"at_most: {days} days", "at_most: 3 days"))
    mine, theirs = compiled
    put = s3.put
    raced = []

    def overtaken(bucket: str, key: str, content: bytes, **kinds: str) -> None:
        put(bucket, key, content, **kinds)
        if not raced:
            raced.append(True)
            releases.publish(theirs.release, theirs.sources, by="bob", based_on=base.release)

    monkeypatch.setattr(s3, "put", overtaken)
    with pytest.raises(PublishRefused, match="published by bob at the same moment"):
        releases.publish(mine.release, mine.sources, by="ada", based_on=base.release)
    assert runtime.live().id == theirs.release_id
    assert [entry.release for entry in releases.history()] == [theirs.release_id, base.release]


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize("call", range(6))
def test_a_crash_at_any_call_leaves_one_whole_release_live_and_can_be_repeated(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, call: int, after: bool
) -> None:
    publish(folder)
    old = releases.live()
    assert old is not None
    folder.swap(JOURNEY, "3 days", "4 days")
    compiled = bundle(folder.root)
    made = []

    def failing(function: object) -> object:
        def wrapped(*arguments: object, **named: object) -> object:
            made.append(function)
            if len(made) == call + 1 and not after:
                raise ConnectionError("cut")
            answer = function(*arguments, **named)  # type: ignore[operator]
            if len(made) == call + 1:
                raise ConnectionError("cut")
            return answer

        return wrapped

    with monkeypatch.context() as broken:
        for module, name in ((dynamodb, "get"), (dynamodb, "transact"), (s3, "put")):
            broken.setattr(module, name, failing(getattr(module, name)))
        with contextlib.suppress(ConnectionError):
            releases.publish(compiled.release, compiled.sources, by="ada", based_on=old.release)
    live = runtime.live()
    assert live.release in (releases.content(old.release), compiled.content)
    again = releases.publish(compiled.release, compiled.sources, by="ada", based_on=old.release)
    assert (again.seq, again.release) == (2, compiled.release_id)
    assert [entry.seq for entry in releases.history()] == [2, 1]
    assert releases.sources(compiled.release_id) == compiled.sources


def test_what_is_no_release_is_not_published() -> None:
    with pytest.raises(ValueError, match="sending"):
        releases.publish(b'{"format":1}', {}, by="ada", based_on=None)
    assert releases.live() is None


def test_a_missing_object_is_told_apart_from_a_refusal() -> None:
    with pytest.raises(s3.NotThere):
        s3.get(settings.bucket(), "nothing")
    assert not s3.exists(settings.bucket(), "nothing")
    with pytest.raises(ClientError):
        s3.get("no-such-bucket", "nothing")
