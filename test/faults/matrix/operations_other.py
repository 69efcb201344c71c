"""What is neither reading nor writing: attributes, deletion, copies, listings, containers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from obs_client import ObjectInfo, ObjectUnchangedError
from test.faults.matrix.bench import OLD, Bench
from test.faults.matrix.operations import BEGUN, Operation
from test.servers.requests import web


def _info(bench: Bench) -> None:
    info = bench.client.object_info(bench.key)
    assert info is not None
    bench.expect((info.name, info.size), (bench.key, len(bench.content)), "object_info")


def _delete(bench: Bench) -> None:
    bench.expect(bench.client.object_delete(bench.key), True, "object_delete")
    bench.expect_stored(bench.key, None)


def _delete_if(bench: Bench) -> None:
    bench.expect(bench.client.object_delete(bench.key, if_hash=bench.hash_of(bench.key)), True, "object_delete")
    bench.expect_stored(bench.key, None)


def _keep_if(bench: Bench) -> None:
    other = bench.hash_of(f"{bench.key}-2")
    bench.expect(bench.client.object_delete(bench.key, if_hash=other), False, "object_delete of what has changed")
    bench.expect_stored(bench.key, bench.content)


def _read_unchanged(bench: Bench) -> None:
    try:
        found = bench.client.object_read(bench.key, if_none_match=bench.hash_of(bench.key))
    except ObjectUnchangedError:
        return
    bench.expect(found, "nothing", "object_read of what has not changed")


def _delete_many(bench: Bench) -> None:
    bench.client.object_delete_many([bench.key, f"{bench.key}-2", f"{bench.key}-absent"])
    bench.expect_stored(bench.key, None)
    bench.expect_stored(f"{bench.key}-2", None)


def _copy(bench: Bench) -> None:
    bench.expect(bench.client.object_copy(f"{bench.key}-2", bench.key), True, "object_copy")
    bench.expect_stored(bench.key, bench.content)


def _metadata(bench: Bench) -> None:
    bench.expect(bench.client.object_replace_metadata(bench.key, {"colour": "blue"}), True, "object_replace_metadata")
    info = bench.store.direct.object_info(bench.key, bench.container)
    bench.expect(info and info.metadata, {"colour": "blue"}, "the metadata")
    bench.expect_stored(bench.key, bench.content)


def _url(bench: Bench) -> None:
    answer = web.request("GET", bench.client.object_generate_download_url(bench.key))
    bench.expect((answer.status, answer.body), (200, bench.content), "what anybody reads by the signed URL")


def _url_upload(bench: Bench) -> None:
    answer = web.request("PUT", bench.client.object_generate_upload_url(bench.key), body=bench.content)
    bench.expect(answer.status, 201, "the answer to what anybody writes by the signed URL")
    bench.expect_stored(bench.key, bench.content)


def _login(bench: Bench) -> None:
    with bench.newcomer() as client:
        bench.expect_read(client.object_read(bench.key, bench.container), "object_read after a login")


def _object_there(bench: Bench) -> None:
    bench.provide()


def _two_there(bench: Bench) -> None:
    bench.provide()
    bench.store.put(bench.container, f"{bench.key}-2", bench.content)


def _another_there(bench: Bench) -> None:
    bench.provide()
    bench.store.put(bench.container, f"{bench.key}-2", OLD)


def _copy_there(bench: Bench) -> None:
    bench.provide_old()
    bench.store.put(bench.container, f"{bench.key}-2", bench.content)


def _container_with_object(bench: Bench) -> None:
    bench.store.make(bench.container)
    bench.provide()


def _container_with_old_object(bench: Bench) -> None:
    bench.store.make(bench.container)
    bench.provide_old()


def _old_stays(bench: Bench) -> None:
    bench.expect_stored(bench.key, OLD)


def _content_stays(bench: Bench) -> None:
    bench.expect_stored(bench.key, bench.content)


def _content_stays_or_goes(bench: Bench) -> None:
    if bench.store.get(bench.container, bench.key) is not None:
        _content_stays(bench)


def listed(bench: Bench) -> list[str]:
    """The names of the container that is listed; see `MANY` in the scenarios."""
    return [f"item-{number:02d}/x" for number in range(45)]


def _list(bench: Bench) -> None:
    found = [entry.name for entry in bench.client.object_list() if isinstance(entry, ObjectInfo)]
    bench.expect(sorted(found), listed(bench), "object_list")


def _list_metadata(bench: Bench) -> None:
    found = [entry for entry in bench.client.object_list(fetch_metadata=True) if isinstance(entry, ObjectInfo)]
    bench.expect(sorted(entry.name for entry in found), listed(bench), "object_list with metadata")
    bench.expect({entry.metadata is None for entry in found}, {False}, "the metadata")


def _list_folders(bench: Bench) -> None:
    found = bench.client.object_list(delimiter="/")
    wanted = [name.removesuffix("x") for name in listed(bench)]
    bench.expect(sorted(getattr(entry, "subdir", "") for entry in found), wanted, "object_list with a delimiter")


def _iterate(bench: Bench) -> None:
    found = list(_names(bench))
    bench.expect(sorted(found), [name for name in listed(bench) if name > "item-03/x"], "object_iter")


def _names(bench: Bench) -> Iterator[str]:
    for entry in bench.client.object_iter(start_after="item-03/x"):
        yield entry.name if isinstance(entry, ObjectInfo) else entry.subdir


def _containers(bench: Bench) -> None:
    found = {entry.name for entry in bench.client.container_list()}
    bench.expect({f"other-{number:02d}" for number in range(25)} <= found, True, "container_list")


def _cleanup(bench: Bench) -> None:
    report = bench.client.cleanup(older_than=3600.0)
    bench.expect(report.removed, (), "what cleanup removed")


def _container_create(bench: Bench) -> None:
    bench.client.container_create(bench.container)
    bench.expect(bench.store.has(bench.container), True, "the new container")


def _container_info(bench: Bench) -> None:
    found = bench.client.container_info(bench.container)
    bench.expect(found and found.name, bench.container, "container_info")


def _container_delete(bench: Bench) -> None:
    bench.expect(bench.client.container_delete(bench.container), True, "container_delete")
    bench.expect(bench.store.has(bench.container), False, "the deleted container")


def _use_container(bench: Bench) -> None:
    bench.expect(bench.client.use_container(bench.container), True, "use_container")


def _container_there(bench: Bench) -> None:
    bench.store.make(bench.container)


def _nothing(bench: Bench) -> None:
    pass


INFO = Operation("info", "head", _info, _object_there, _content_stays)
DELETE = Operation("delete", "delete", _delete, _object_there, _content_stays_or_goes)
DELETE_LARGE = Operation("delete large", "delete", _delete, _object_there, _content_stays_or_goes, large=True)
DELETE_MANY = Operation("delete many", "bulk", _delete_many, _two_there, _content_stays_or_goes)
# Where a condition on a deletion is not kept, it is refused before any request.
_DELETE_IF = ("google", "azurite")
DELETE_IF = Operation("delete if", "delete", _delete_if, _object_there, _content_stays_or_goes, stores=_DELETE_IF)
KEEP_IF = Operation("keep if", "delete", _keep_if, _another_there, _content_stays, stores=_DELETE_IF)
UNCHANGED = Operation("read unchanged", "unchanged", _read_unchanged, _object_there, _content_stays)
COPY = Operation("copy", "copy", _copy, _copy_there, _nothing)
METADATA = Operation("metadata", "metadata", _metadata, _object_there, _content_stays)
METADATA_HEAD = Operation("metadata head", "head", _metadata, _object_there, _content_stays)
# On S3 these three make no request of their own: a URL is signed by the client, and so is every request.
_SWIFT = ("swift", "keystone")
URL = Operation("url", "look", _url, _container_with_object, _content_stays, stores=_SWIFT)
URL_UPLOAD = Operation("url upload", "look", _url_upload, _container_with_old_object, _old_stays, stores=_SWIFT)
LOGIN = Operation("login", "login", _login, _object_there, _content_stays, stores=("google", *_SWIFT))
LOGIN_BODY = dataclasses.replace(LOGIN, stores=("google", "keystone"))
LIST = Operation("list", "list", _list, _nothing, _nothing)
LIST_METADATA = Operation("list metadata", "list", _list_metadata, _nothing, _nothing)
LIST_FOLDERS = Operation("list folders", "list", _list_folders, _nothing, _nothing)
ITERATE = Operation("iterate", "list", _iterate, _nothing, _nothing)
CONTAINERS = Operation("containers", "containers", _containers, _nothing, _nothing)
CLEANUP = Operation("cleanup", "leftovers", _cleanup, _nothing, _nothing, stores=BEGUN)
CREATE = Operation("create", "create", _container_create, _nothing, _nothing)
LOOK = Operation("look", "look", _container_info, _container_there, _nothing)
USE = Operation("use", "look", _use_container, _container_there, _nothing)
REMOVE = Operation("remove", "remove", _container_delete, _container_there, _nothing)

LISTS = (LIST, LIST_METADATA, LIST_FOLDERS, ITERATE)
DELETES_IF = (DELETE_IF, KEEP_IF)
ON_OBJECTS = (INFO, DELETE, *DELETES_IF, DELETE_MANY, COPY, METADATA, UNCHANGED)
ON_CONTAINERS = (CREATE, LOOK, USE, REMOVE)
URLS = (URL, URL_UPLOAD)
