"""Sync between every pair of places: what is copied, kept and deleted, and what is not."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path
from typing import Any

import pytest

from obs_client import (
    ConfigurationError,
    ContainerNotFoundError,
    InvalidNameError,
    MemoryClient,
    ObjectChangedError,
    ServiceError,
)
from obs_client.backend.values import NewObject, ObjectReader, Page
from obs_client.models import METADATA_KEY_CHARACTERS, Attributes, Capabilities
from obs_client.sync import Done, Place, SyncOptions, apply, parse_both, plan_sync, read_steps, sync, write_steps
from obs_client.sync.sides import directory_of
from obs_client.testing.faults import FaultyClient
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import (
    PAIRS,
    PART,
    QUICK,
    Hashless,
    contents,
    fill,
    make_place,
    memory,
    set_time,
    state,
    tree,
    without_hashes,
)

NO_UNDERSCORE = METADATA_KEY_CHARACTERS.replace("_", "")


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_tree_arrives_whole_and_a_second_sync_moves_nothing(one: str, other: str, tmp_path: Path) -> None:
    source, target = make_place(one, tmp_path / "one"), make_place(other, tmp_path / "other")
    things = tree()
    fill(source, things)
    seen: list[int] = []
    report = sync(source, target, SyncOptions(delete=True), progress=seen.append)
    assert (report.copied, report.skipped, report.deleted) == (len(things), 0, 0)
    assert report.ok
    assert report.copied_size == sum(seen) == sum(len(thing.content) for thing in things.values())
    assert state(target) == state(source)
    again = sync(source, target, SyncOptions(delete=True))
    assert (again.copied, again.skipped, again.deleted) == (0, len(things), 0)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_what_changed_is_copied_and_what_went_is_deleted(one: str, other: str, tmp_path: Path) -> None:
    source, target = make_place(one, tmp_path / "one"), make_place(other, tmp_path / "other")
    fill(source, tree())
    sync(source, target)
    client, container = source.client, source.container_name
    client.object_write(source.full_name("large"), b"other", container_name=container)
    client.object_write(source.full_name("exactly one part"), b"y" * PART, container_name=container)
    client.object_write(source.full_name("new/one"), b"new", container_name=container)
    client.object_delete(source.full_name("a/b/c/deep.txt"), container)
    assert sync(source, target).copied == 3
    assert "a/b/c/deep.txt" in state(target)
    report = sync(source, target, SyncOptions(delete=True))
    assert (report.copied, report.deleted) == (0, 1)
    assert state(target) == state(source)


def test_a_small_object_takes_one_request_on_each_side() -> None:
    source, target = memory(a=b"1", b=b"2", c=b"3"), memory()
    one, other = RecordingClient(source.client), RecordingClient(target.client)
    sync(Place(one, "box"), Place(other, "box"))
    assert sorted(one.calls) == ["object_list", *["object_open"] * 3]
    assert sorted(other.calls) == ["object_list", *["object_write"] * 3]


def test_within_one_client_the_store_copies() -> None:
    source = memory("one", a=b"1", large=b"x" * 5 * PART)
    client = RecordingClient(source.client)
    report = sync(Place(client, "box", "one"), Place(client, "box", "other"))
    assert report.copied == 2
    assert set(client.calls) == {"object_list", "object_info", "object_copy"}
    assert contents(Place(client, "box", "other")) == contents(source)


def test_prefixes_end_at_a_slash() -> None:
    source, target = memory("a", x=b"1"), memory("a", gone=b"2")
    for name in ("ab/c", "a", "a-b", "other", "b/a/x"):
        target.client.object_write(name, b"not ours", container_name="box")
        source.client.object_write(name, b"not ours either", container_name="box")
    report = sync(source, target, SyncOptions(delete=True))
    assert (report.copied, report.deleted) == (1, 1)
    everything = contents(Place(target.client, "box"))
    assert everything == {"a/x": b"1", **dict.fromkeys(("ab/c", "a", "a-b", "other", "b/a/x"), b"not ours")}


def test_a_place_cannot_be_synced_into_itself(tmp_path: Path) -> None:
    place = memory("a", x=b"1")
    for other in ("", "a", "a/b"):
        with pytest.raises(ConfigurationError, match="one place"):
            sync(place, Place(place.client, "box", other))
    sync(place, Place(place.client, "box", "ab"))
    with pytest.raises(ConfigurationError, match="one place"):
        sync(Place.of_directory(tmp_path), Place.of_directory(tmp_path / "inner"))


# ---- comparison -----------------------------------------------------------------------------------------------------


def reasons(source: Place, target: Place, **options: Any) -> dict[str, tuple[str, str]]:
    return {step.name: (step.action, step.reason) for step in plan_sync(source, target, SyncOptions(**options))}


def test_sizes_then_md5s_then_times_decide() -> None:
    names = ("size", "md5", "same", "older", "newer", "equal_time")
    source = memory(**dict.fromkeys(names, b"12"))
    target = memory(size=b"1", md5=b"21", same=b"12")
    for name in ("size", "md5", "same"):
        set_time(source, name, 9e9)
    assert reasons(source, target)["size"] == ("copy", "the sizes differ")
    assert reasons(source, target)["md5"] == ("copy", "the MD5s differ")
    set_time(source, "md5", 1.0)
    assert reasons(source, target)["md5"] == ("copy", "the MD5s differ")
    assert reasons(source, target)["same"] == ("skip", "the same hash")
    assert reasons(source, target)["older"] == ("copy", "not in the target")
    for name, seconds in (("older", 99.0), ("newer", 101.0), ("equal_time", 100.0)):
        target.client.object_write(name, b"34", container_name="box")
        set_time(target, name, seconds)
        set_time(source, name, 100.0)
    without_hashes(target)
    found = reasons(source, target)
    assert found["older"] == ("copy", "the source is newer")
    assert found["newer"][0] == found["equal_time"][0] == "skip"


class Strange(RecordingClient):
    """Lists hashes that look like MD5s and are none, as stores do of large or encrypted objects."""

    def _object_list(self, *arguments: Any) -> Page[Any]:
        page: Page[Any] = super()._object_list(*arguments)
        return Page([dataclasses.replace(entry, hash="0" * 32) for entry in page.entries], page.next_marker)


def test_hashes_that_are_no_md5s_do_not_decide() -> None:
    source, target = memory(a=b"12"), memory()
    strange = Place(Strange(target.client), "box")
    assert sync(source, strange).copied == 1
    assert reasons(source, strange)["a"][0] == "skip"
    assert reasons(strange, source)["a"][0] == "copy"  # the source is newer
    steps = list(plan_sync(source, memory()))
    assert apply(steps, source, strange).skipped == 1
    set_time(source, "a", 9e9)
    assert sync(source, strange).copied == 1


def test_contents_decide_within_the_second_of_a_store_that_tells_whole_seconds() -> None:
    source, target = memory(a=b"12", b=b"12", c=b"12"), memory(a=b"12", b=b"34", c=b"12")
    for name in ("a", "b", "c"):
        set_time(source, name, 100.7)
        set_time(target, name, 100.0 if name != "c" else 99.0)
    found = reasons(source, Place(Hashless(target.client), "box"))
    assert {name: action for name, (action, _) in found.items()} == {"a": "skip", "b": "copy", "c": "copy"}


@pytest.mark.parametrize("hashless", ["source", "target", "both"])
def test_checksum_reads_where_hashes_prove_nothing(hashless: str) -> None:
    source, target = memory(a=b"12", b=b"12", empty=b""), memory(a=b"12", b=b"34", empty=b"")
    for name in ("a", "b", "empty"):
        set_time(source, name, 9e9)
    if hashless != "target":
        source = Place(Hashless(source.client), "box")
    if hashless != "source":
        target = Place(Hashless(target.client), "box")
    assert {action for action, _ in reasons(source, target).values()} == {"copy"}
    found = reasons(source, target, checksum=True)
    assert found == {
        "a": ("skip", "the same content"),
        "b": ("copy", "the contents differ"),
        "empty": ("skip", "the same content"),
    }
    assert sync(source, target, SyncOptions(checksum=True)).copied == 1


def test_include_and_exclude() -> None:
    names = ("a.py", "b.txt", "d/c.py", "d/cache/x", "cache/y.py", ".git/z")
    source, target = memory(**dict.fromkeys(names, b"1")), memory(**{"d/cache/old": b"1", "e.txt": b"2", "f.py": b"3"})

    def copied(**options: Any) -> set[str]:
        return {name for name, (action, _) in reasons(source, target, **options).items() if action == "copy"}

    assert copied(include=["*.py"]) == {"a.py", "d/c.py", "cache/y.py"}
    assert copied(include=["*.py"], exclude=["cache/**"]) == {"a.py", "d/c.py"}
    assert copied(exclude=["**/cache/**"]) == {"a.py", "b.txt", "d/c.py", ".git/z"}
    assert copied(include=["d/*"]) == {"d/c.py"}
    assert copied(include=["?.[!p]*"]) == {"b.txt"}
    assert copied(exclude=["**"]) == set()
    sync(source, target, SyncOptions(delete=True, include=["*.py"], exclude=["d/**"]))
    assert set(contents(target)) == {"a.py", "cache/y.py", "d/cache/old", "e.txt"}
    with pytest.raises(TypeError, match="list"):
        sync(source, target, SyncOptions(exclude="*.py"))


def test_the_mark_of_a_folder_itself_is_not_in_it(tmp_path: Path) -> None:
    source = memory("a", x=b"1")
    source.client.object_write("a/", b"", container_name="box")
    for target in (memory(), Place.of_directory(tmp_path)):
        assert sync(source, target).ok
        assert contents(target) == {"x": b"1"}
    source.client.object_write("a/b/", b"", container_name="box")
    with pytest.raises(InvalidNameError, match=r"\*\*/"):
        sync(source, Place.of_directory(tmp_path))
    assert sync(source, Place.of_directory(tmp_path), SyncOptions(exclude=["**/"])).ok


def test_callbacks_come_in_the_callers_thread() -> None:
    source = memory(**{f"{number}": b"x" * (number * PART) for number in range(20)})
    threads = set()
    sync(
        source,
        memory(),
        progress=lambda _: threads.add(threading.get_ident()),
        on_done=lambda _: threads.add(threading.get_ident()),
    )
    assert threads == {threading.get_ident()}


# ---- deletions ------------------------------------------------------------------------------------------------------


def test_max_delete_holds() -> None:
    source, target = memory(a=b"1"), memory(a=b"1", b=b"2", c=b"3")
    report = sync(source, target, SyncOptions(delete=True, max_delete=1))
    assert (report.deleted, report.withheld) == (0, 2)
    assert not report.ok
    assert len(contents(target)) == 3
    assert sync(source, target, SyncOptions(delete=True, max_delete=2)).deleted == 2


def test_an_empty_source_deletes_only_if_a_number_is_given() -> None:
    source, target = memory(), memory(a=b"1", b=b"2")
    report = sync(source, target, SyncOptions(delete=True))
    assert (report.deleted, report.withheld) == (0, 2)
    assert "max_delete" in str(report.withheld_reason)
    assert sync(source, target, SyncOptions(delete=True, max_delete=5)).deleted == 2


def test_a_failed_copy_is_collected_and_nothing_is_deleted() -> None:
    source, target = memory(a=b"1", b=b"2", c=b"3"), memory(old=b"4")

    class Refusing(RecordingClient):
        def _object_write(self, new: NewObject, body: Any) -> None:
            if new.name == "b":
                raise ServiceError("no b today")
            super()._object_write(new, body)

    report = sync(source, Place(Refusing(target.client), "box"), SyncOptions(delete=True))
    assert (report.copied, report.deleted, report.withheld) == (2, 0, 1)
    assert list(report.failures) == ["b"]
    assert set(contents(target)) == {"a", "c", "old"}


class BrokenListing(RecordingClient):
    """Fails at the second page of a listing."""

    def _object_list(self, *arguments: Any) -> Page[Any]:
        if arguments[-1] is not None:
            raise ServiceError("the listing broke off")
        return super()._object_list(*arguments)


@pytest.mark.parametrize("broken", ["source", "target"])
def test_a_listing_that_fails_deletes_nothing(broken: str) -> None:
    source = memory(**{f"{number:05}": b"" for number in range(1500)})
    target = memory(**{f"{number:05}x": b"" for number in range(1500)})
    places = {"source": source, "target": target}
    places[broken] = Place(BrokenListing(places[broken].client), "box")
    with pytest.raises(ServiceError, match="broke off"):
        sync(places["source"], places["target"], SyncOptions(delete=True))
    assert sum(name.endswith("x") for name in contents(target)) == 1500


def test_an_absent_source_is_an_error_and_deletes_nothing(tmp_path: Path) -> None:
    target = memory(a=b"1")
    for source in (Place(MemoryClient(), "nowhere"), Place.of_directory(tmp_path / "absent")):
        with pytest.raises(ContainerNotFoundError):
            sync(source, target, SyncOptions(delete=True, max_delete=10))
    assert set(contents(target)) == {"a"}


def test_what_came_back_or_changed_before_its_deletion_stays() -> None:
    source, target = memory(keep=b"1"), memory(keep=b"1", back=b"2", changed=b"3", gone=b"4", old=b"5")

    def meddle(done: Done) -> None:
        if done.step.name == "keep":
            source.client.object_write("back", b"2", container_name="box")
            target.client.object_write("changed", b"33", container_name="box")
            target.client.object_delete("gone", "box")

    report = sync(source, target, SyncOptions(delete=True), on_done=meddle)
    assert set(contents(target)) == {"keep", "back", "changed"}
    assert set(report.failures) == {"back", "changed"}
    assert all(isinstance(error, ObjectChangedError) for error in report.failures.values())
    assert report.deleted == 1
    assert set(report.notes) == {"gone"}


# ---- what changes under way, and dry runs ---------------------------------------------------------------------------


def test_an_object_that_is_gone_meanwhile_is_a_skip_with_a_note() -> None:
    source, target = memory(a=b"1", b=b"2"), memory()

    class Vanishing(RecordingClient):
        def _object_open(self, container: str, name: str, *rest: Any) -> ObjectReader:
            if name == "b":
                self.inner.object_delete(name, container)
            return super()._object_open(container, name, *rest)

    report = sync(Place(Vanishing(source.client), "box"), target)
    assert (report.copied, report.skipped) == (1, 1)
    assert "gone" in report.notes["b"]
    assert report.ok


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    source, target = memory(a=b"1", b=b"22"), memory(b=b"2", c=b"3")
    before = state(target)
    done: list[Done] = []
    report = sync(source, target, SyncOptions(delete=True, dry_run=True), on_done=done.append)
    assert (report.copied, report.copied_size, report.deleted, report.dry_run) == (2, 3, 1, True)
    assert state(target) == before
    assert [(one.step.name, one.outcome) for one in done] == [("a", "copied"), ("b", "copied"), ("c", "deleted")]
    sync(source, Place.of_directory(tmp_path / "new"), SyncOptions(dry_run=True))
    assert list(tmp_path.iterdir()) == []


def test_over_stores_that_fail_all_the_time() -> None:
    source, target = memory(), memory(old=b"1")
    fill(source, tree())
    report = sync(
        Place(FaultyClient(source.client), "box"), Place(FaultyClient(target.client), "box"), SyncOptions(delete=True)
    )
    assert report.ok
    assert report.deleted == 1
    assert state(target) == state(source)


def test_attributes_are_mapped_or_refused_by_name() -> None:
    class Narrow(MemoryClient):
        def _capabilities(self) -> Capabilities:
            return dataclasses.replace(super()._capabilities(), metadata_key_characters=NO_UNDERSCORE)

    source = memory()
    source.client.object_write("a", b"1", {"snake_case": "x"}, "box")
    client = Narrow(options=QUICK)
    client.container_create("box")
    report = sync(source, Place(client, "box"))
    assert isinstance(report.failures["a"], InvalidNameError)
    assert "snake_case" in str(report.failures["a"])

    def plain(attributes: Attributes) -> Attributes:
        return dataclasses.replace(attributes, metadata={})

    assert sync(source, Place(client, "box"), SyncOptions(map_attributes=plain)).ok


# ---- plans ----------------------------------------------------------------------------------------------------------


def plan_file(source: Place, target: Place, path: Path) -> Path:
    with path.open("w") as file:
        write_steps(plan_sync(source, target, SyncOptions(delete=True)), file)
    return path


def apply_file(path: Path, source: Place, target: Place) -> Any:
    with path.open() as file:
        return apply(read_steps(file), source, target)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_plan_is_written_read_and_applied_later(one: str, other: str, tmp_path: Path) -> None:
    source, target = make_place(one, tmp_path / "one"), make_place(other, tmp_path / "other")
    fill(source, tree())
    target.client.object_write(target.full_name("old"), b"old", container_name=target.container_name)
    path = plan_file(source, target, tmp_path / "plan")
    steps = list(plan_sync(source, target, SyncOptions(delete=True)))
    with path.open() as file:
        assert list(read_steps(file)) == steps
    report = apply_file(path, source, target)
    assert report.ok
    assert state(target) == state(source)
    again = apply_file(path, source, target)
    assert again.ok
    assert (again.copied, again.deleted) == (0, 0)


def test_a_stale_step_is_refused_and_nothing_is_deleted(tmp_path: Path) -> None:
    names = ("a", "source_changed", "target_made", "target_changed", "source_gone")
    source = memory(**dict.fromkeys(names, b"1"))
    target = memory(target_changed=b"22", old=b"3")
    path = plan_file(source, target, tmp_path / "plan")
    source.client.object_write("source_changed", b"2", container_name="box")
    target.client.object_write("target_made", b"9", container_name="box")
    target.client.object_write("target_changed", b"8", container_name="box")
    source.client.object_delete("source_gone", "box")
    report = apply_file(path, source, target)
    assert set(report.failures) == {"source_changed", "target_made", "target_changed"}
    assert set(report.notes) == {"source_gone"}
    assert contents(target) == {"a": b"1", "target_made": b"9", "target_changed": b"8", "old": b"3"}
    assert report.withheld == 1


def test_a_plan_that_is_not_whole_is_refused_before_anything_is_deleted(tmp_path: Path) -> None:
    source, target = memory(z=b"1"), memory(a=b"2", z=b"1")
    path = plan_file(source, target, tmp_path / "plan")
    lines = path.read_text().splitlines(keepends=True)
    for broken in (lines[:-1], [*lines[:-2], lines[-1]], [lines[0][:-5]], ["[]\n"], ['{"action": "explode"}\n'], []):
        path.write_text("".join(broken))
        with pytest.raises(ServiceError, match="plan"):
            apply_file(path, source, target)
    assert set(contents(target)) == {"a", "z"}


def test_places_are_parsed(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    url = f"file://{tmp_path}?container_name=box"
    one, other = parse_both(url, url)
    assert one.client is other.client
    assert directory_of(Place.parse(str(tmp_path))) is not None
    source, target = parse_both(url, str(tmp_path / "x"))
    assert directory_of(source) is None
    assert directory_of(target) is not None
    with pytest.raises(ConfigurationError, match="container"):
        Place.parse("s3:")
