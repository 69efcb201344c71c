"""Deletions: only what is surely not in the source any more, and never more than was allowed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from obs_client import (
    AuthorizationError,
    ContainerNotFoundError,
    MemoryClient,
    ObjectChangedError,
    ServiceError,
)
from obs_client.backend.values import NewObject, Page
from obs_client.models import Capabilities, ContainerInfo, ObjectInfo
from obs_client.sync import (
    Done,
    Place,
    SyncOptions,
    sync,
)
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import (
    contents,
    memory,
)


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


@pytest.mark.slow
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


@pytest.mark.parametrize("at", ["object_delete_many", "container_info"])
def test_deletions_that_fail_as_a_whole_fail_by_name(at: str) -> None:
    class Refusing(RecordingClient):
        def _object_delete_many(self, container: str, names: Any) -> Mapping[str, Exception]:
            if at == "object_delete_many":
                raise AuthorizationError("no deletions")
            return super()._object_delete_many(container, names)

        def _container_info(self, container: str) -> ContainerInfo:
            if at == "container_info":
                raise AuthorizationError("no looking")
            return super()._container_info(container)

    source, target = memory(a=b"1", b=b"2"), memory("x", old=b"3", older=b"4")
    report = sync(
        Place(Refusing(source.client), "box"), Place(Refusing(target.client), "box", "x"), SyncOptions(delete=True)
    )
    assert (report.copied, report.deleted) == (2, 0)
    assert set(report.failures) == {"old", "older"}
    assert all(isinstance(error, AuthorizationError) for error in report.failures.values())
    assert set(contents(target)) == {"a", "b", "old", "older"}


@pytest.mark.parametrize("bulk", [True, False])
def test_little_is_asked_before_it_is_deleted(bulk: bool) -> None:
    class Counting(RecordingClient):
        asked = 0
        most = 0

        def _capabilities(self) -> Capabilities:
            found = super()._capabilities()
            return found if bulk else dataclasses.replace(found, delete_batch_maximum=1)

        def _object_info(self, container: str, name: str) -> ObjectInfo:
            self.asked += 1
            return super()._object_info(container, name)

        def _object_delete_many(self, container: str, names: Any) -> Mapping[str, Exception]:
            self.most = max(self.most, self.asked)
            self.asked -= len(names)
            return super()._object_delete_many(container, names)

    client = Counting(memory(**{f"{number:03}": b"1" for number in range(100)}).client)
    report = sync(memory(keep=b"1"), Place(client, "box"), SyncOptions(delete=True, workers=3))
    assert (report.deleted, report.ok) == (100, True)
    assert client.most == (12 if bulk else 3)


def test_what_could_not_be_deleted_is_told_by_its_name_below_the_prefix() -> None:
    """Under another name its failure would be nobody's, and it would count as deleted."""

    class Keeping(RecordingClient):
        def _object_delete_many(self, container: str, names: Any) -> Mapping[str, Exception]:
            kept = {name: AuthorizationError("it is held") for name in names if name.endswith("held")}
            return {**super()._object_delete_many(container, [name for name in names if name not in kept]), **kept}

    target = memory("kept", held=b"1", old=b"2")
    report = sync(memory(keep=b"3"), Place(Keeping(target.client), "box", "kept"), SyncOptions(delete=True))
    assert (set(report.failures), report.deleted) == ({"held"}, 1)
    assert contents(target) == {"held": b"1", "keep": b"3"}


def test_a_source_that_goes_away_while_its_names_are_asked_for_does_not_count_as_empty() -> None:
    class Vanishing(RecordingClient):
        def _object_info(self, container: str, name: str) -> ObjectInfo:
            if self.inner.container_info(container) is not None:
                self.inner.container_delete(container, force=True)
            return super()._object_info(container, name)

    source, target = memory(keep=b"1"), memory(keep=b"1", old=b"2")
    with pytest.raises(ContainerNotFoundError, match="nothing more is deleted"):
        sync(Place(Vanishing(source.client), "box"), target, SyncOptions(delete=True))
    assert set(contents(target)) == {"keep", "old"}
