"""The steps of a plan as a whole: what is done, why, and with which versions; by listings, contents and folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from obs_client import AuthorizationError, ConfigurationError, ContainerNotFoundError, ServiceError, TemporaryError
from obs_client.backend.values import ObjectReader
from obs_client.sync import Place, Step, SyncOptions, Version, collisions, plan_sync, sync
from obs_client.sync.content import Comparison
from obs_client.sync.listing import Entry
from obs_client.sync.plan import Kept, decide, planned
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import Hashless, contents, memory, reasons, set_time


def steps(source: Place, target: Place, **options: Any) -> list[Step]:
    return list(plan_sync(source, target, SyncOptions(**options)))


def version(place: Place, name: str) -> Version:
    info = place.client.object_info(place.full_name(name), place.container_name)
    assert info is not None
    return Version.of(info)


def hashless(place: Place) -> Place:
    return Place(Hashless(place.client), place.container_name, place.prefix)


@pytest.fixture
def directory(tmp_path: Path) -> Place:
    """A directory with a folder `f` that holds a file."""
    (tmp_path / "top" / "f").mkdir(parents=True)
    (tmp_path / "top" / "f" / "in").write_bytes(b"1")
    return Place.of_directory(tmp_path / "top")


@pytest.mark.parametrize("checksum", [False, True])
def test_a_name_of_one_side_is_copied_or_deleted_as_it_was_listed(checksum: bool) -> None:
    source, target = memory(a=b"1", c=b"22"), memory(b=b"333", c=b"22")
    assert steps(source, target, delete=True, checksum=checksum) == [
        Step("copy", "a", "not in the target", version(source, "a")),
        Step("delete", "b", "not in the source", None, version(target, "b")),
        Step(
            "skip",
            "c",
            "the same content" if checksum else "the same hash",
            version(source, "c"),
            version(target, "c"),
        ),
    ]
    assert [step.name for step in steps(source, target, checksum=checksum)] == ["a", "c"]


@pytest.mark.parametrize("checksum", [False, True])
def test_what_is_proved_by_the_listing_is_not_opened(checksum: bool) -> None:
    things = {"size": b"1", "same": b"12", "only": b"1"}
    one, other = RecordingClient(memory(**things).client), RecordingClient(memory(size=b"22", same=b"12").client)
    found = reasons(Place(one, "box"), Place(other, "box"), checksum=checksum)
    assert found["size"] == ("copy", "the sizes differ")
    assert found["same"] == ("skip", "the same content" if checksum else "the same hash")
    assert one.calls == other.calls == ["object_list"]


@pytest.mark.parametrize("checksum", [False, True])
def test_a_marker_of_a_folder_that_a_directory_has_is_that_folder(checksum: bool, directory: Place) -> None:
    target = memory(**{"f/": b"", "f/in": b"1", "g/": b""})
    assert steps(directory, target, delete=True, checksum=checksum)[0] == Step(
        "skip", "f/", "the folder is there", version(target, "f/"), version(target, "f/")
    )
    assert steps(directory, target, delete=True, checksum=checksum)[-1] == Step(
        "delete", "g/", "not in the source", None, version(target, "g/")
    )
    assert steps(target, directory, delete=True, checksum=checksum)[0] == Step(
        "skip", "f/", "the folder is there", version(target, "f/"), version(target, "f/")
    )
    assert steps(target, directory, checksum=checksum)[-1] == Step(
        "copy", "g/", "not in the target, where it marks a folder", version(target, "g/")
    )


def test_a_file_with_the_name_of_a_folder_is_not_taken_for_it(directory: Place, tmp_path: Path) -> None:
    """Though the folder is empty, so that nothing else tells of it."""
    (tmp_path / "top" / "e").mkdir()
    other = memory(e=b"content")
    assert reasons(other, directory)["e"] == ("copy", "not in the target")
    assert reasons(directory, other, delete=True)["e"] == ("delete", "not in the source")


def test_what_a_directory_cannot_have_is_refused_and_the_others_go_on(directory: Place) -> None:
    source = memory(**{"a": b"1", "a/b": b"2", "c//d": b"3", "z": b"4"})
    found = {step.name: step for step in plan_sync(source, directory)}
    assert [(name, step.action) for name, step in found.items()] == [
        ("a", "copy"), ("z", "copy"), ("a/b", "refuse"), ("c//d", "refuse"),
    ]  # fmt: skip
    assert "'a' and 'a/b' cannot both be in a directory" in found["a/b"].reason
    assert (found["a/b"].source, found["a/b"].target) == (None, None)


def test_spellings_are_told_apart_as_the_targets_own_directory_does(
    directory: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def blind(path: str) -> bool:
        asked.append(path)
        return True

    monkeypatch.setattr(collisions, "is_case_blind", blind)
    found = reasons(memory(A=b"1", a=b"2"), directory)
    assert (found["A"][0], found["a"][0]) == ("copy", "refuse")
    assert asked == [str(tmp_path / "top")]


class Failing(Hashless):
    """Lists no hashes; what becomes of an object that is opened is as a test says."""

    error: Exception | None = None
    vanishing = False

    def _object_open(self, container: str, name: str, *rest: Any) -> ObjectReader:
        if self.vanishing:
            self.inner.object_delete(name, container)
        if self.error:
            raise self.error
        return super()._object_open(container, name, *rest)


def failing(place: Place, **how: Any) -> Place:
    return Place(type("Told", (Failing,), how)(place.client), "box")


def test_what_goes_while_it_is_compared_is_copied_or_left() -> None:
    source, target = memory(a=b"12"), memory(a=b"34")
    listed = version(hashless(source), "a")
    assert steps(hashless(source), failing(target, vanishing=True), checksum=True) == [
        Step("copy", "a", "not in the target", Version(2, None, listed.last_modified))
    ]
    target = memory(a=b"34")
    assert steps(failing(source, vanishing=True), hashless(target), checksum=True) == [
        Step("skip", "a", "gone while it was compared")
    ]


@pytest.mark.parametrize("error", [ServiceError("no reading today"), AuthorizationError("not yours")])
def test_what_cannot_be_compared_is_refused_with_the_reason(error: Exception) -> None:
    source, target = memory(a=b"12"), memory(a=b"34", old=b"1")
    broken = failing(source, error=error)
    with_times = (Version(2, None, version(place, "a").last_modified) for place in (source, target))
    assert steps(broken, hashless(target), checksum=True) == [
        Step("refuse", "a", f"could not be compared: {error}", *with_times)
    ]
    report = sync(broken, hashless(target), SyncOptions(checksum=True, delete=True))
    assert (list(report.failures), report.withheld) == (["a"], 1)


@pytest.mark.parametrize("kind", [ConfigurationError, ContainerNotFoundError, TemporaryError])
def test_what_fails_for_all_names_ends_the_plan(kind: type[Exception]) -> None:
    broken = failing(memory(a=b"12"), error=kind("for all"))
    with pytest.raises(kind, match="for all"):
        steps(broken, hashless(memory(a=b"34")), checksum=True)


A, B, NONE = "a" * 32, "b" * 32, None


def entry(size: int | None, tag: str | None, modified: float | None) -> Entry:
    return Entry("n", size, tag, modified)


@pytest.mark.parametrize(
    ("source", "target", "action", "reason"),
    [
        (entry(1, A, 5.0), entry(2, A, 6.0), "copy", "the sizes differ"),
        (entry(1, A, 5.0), entry(1, A, 1.0), "skip", "the same hash"),
        (entry(1, A, 5.0), entry(1, B, 1.0), "copy", "the MD5s differ"),
        (entry(1, A, None), entry(1, B, 5.0), "copy", "the MD5s differ"),
        (entry(1, A, 5.0), entry(1, B, None), "copy", "the MD5s differ"),
        (entry(1, A, 5.0), entry(1, NONE, 4.0), "copy", "the source is newer"),
        (entry(1, NONE, 5.0), entry(1, A, 4.0), "copy", "the source is newer"),
        (entry(1, A, 5.5), entry(1, NONE, 4.0), "copy", "the source is newer"),
        (entry(1, A, 5.5), entry(1, NONE, 5.25), "copy", "the source is newer"),
        (entry(1, A, 5.0), entry(1, NONE, 5.0), "skip", "the target has the same size and is not older"),
        (entry(1, NONE, 5.0), entry(1, A, 6.0), "skip", "the target has the same size and is not older"),
        (entry(1, A + "-2", 5.0), entry(1, B, 6.0), "skip", "the target has the same size and is not older"),
        (entry(1, A, 5.0), entry(1, B + "-2", 6.0), "skip", "the target has the same size and is not older"),
        (entry(1, A + "-2", 5.0), entry(1, B + "-2", 6.0), "skip", "the target has the same size and is not older"),
        (entry(1, A + "-2", 5.0), entry(1, A + "-2", 1.0), "skip", "the same hash"),
        (entry(1, NONE, None), entry(1, NONE, 6.0), "copy", "the source is newer"),
        (entry(1, NONE, 5.0), entry(1, NONE, None), "copy", "the source is newer"),
        (entry(1, NONE, None), entry(1, NONE, None), "copy", "the source is newer"),
    ],
    ids=str,
)  # fmt: skip
def test_what_two_listings_tell_decides(source: Entry, target: Entry, action: Any, reason: str) -> None:
    comparison = Comparison(memory(), memory())
    assert decide(comparison, "n", source, target) == Step(
        action, "n", reason, Version(*source[1:]), Version(*target[1:])
    )


def test_md5s_that_differ_although_the_target_is_newer_are_asked_after() -> None:
    """Of both: they may be none, as of large or encrypted objects."""
    source, target = memory(n=b"12"), memory(n=b"34")
    one, other = (RecordingClient(place.client) for place in (source, target))
    comparison = Comparison(Place(one, "box"), Place(other, "box"))
    listed, newer = entry(2, A, 5.0), entry(2, B, 6.0)
    both = Version(*listed[1:]), Version(*newer[1:])
    assert decide(comparison, "n", listed, newer) == Step(
        "skip", "n", "the target has the same size and is not older", *both
    )
    tags = version(source, "n").hash, version(target, "n").hash
    real = entry(2, tags[0], 5.0), entry(2, tags[1], 6.0)
    one.calls.clear()
    assert decide(comparison, "n", *real).reason == "the MD5s differ"
    assert (one.calls, other.calls[-1:]) == (["object_open"], ["object_open"])
    target.client.object_delete("n", "box")
    assert decide(comparison, "n", *real).reason == "the MD5s differ", "gone by now: it is copied"


def test_contents_decide_where_a_size_is_not_known() -> None:
    source, target = memory(n=b"12"), memory(n=b"12")
    comparison = Comparison(source, target)
    for sizes in ((None, 2), (2, None), (None, None)):
        one, other = (entry(size, NONE, 5.0) for size in sizes)
        both = Version(*one[1:]), Version(*other[1:])
        assert decide(comparison, "n", one, other) == Step("skip", "n", "the same content", *both)
    target.client.object_write("n", b"34", container_name="box")
    assert decide(comparison, "n", entry(None, NONE, 5.0), entry(2, NONE, 9.0)).reason == "the contents differ"
    folder = entry(None, NONE, 5.0)
    assert decide(comparison, "n", folder, folder).reason == "the folder is there"


def test_names_that_stay_are_counted_or_told_but_never_both() -> None:
    source, target = memory(a=b"1", b=b"2", c=b"33", d=b"4"), memory(a=b"1", b=b"2", c=b"3", e=b"5")
    kept = Kept()
    found = [(step.action, step.name) for step in planned(source, target, SyncOptions(delete=True), kept)]
    assert (found, kept.count) == ([("copy", "c"), ("copy", "d"), ("delete", "e")], 2)
    kept = Kept(3)
    assert list(planned(memory(a=b"1"), memory(a=b"1"), SyncOptions(), kept)) == []
    assert kept.count == 4


def test_equal_hashes_of_other_sizes_are_not_counted_as_kept() -> None:
    source, target = memory(a=b"12"), memory(a=b"12")
    kept = Kept()
    other = memory(a=b"13")
    set_time(other, "a", 9e9)
    assert [step.action for step in planned(source, other, SyncOptions(), kept)] == ["copy"]
    assert [step.action for step in planned(hashless(source), hashless(target), SyncOptions(), kept)] == ["skip"]
    assert kept.count == 0
    assert contents(target) == {"a": b"12"}
