"""Objects at Google: as stored, pinned by generation, with what others wrote of them, small and large."""

from __future__ import annotations

import dataclasses
import gzip
import io
import json
import random
import threading

import pytest

from obs_client.backend.body import Body, BytesBody
from obs_client.backend.multipart import Part
from obs_client.backend.values import NewObject
from obs_client.backends.gcs.client import GCSClient
from obs_client.backends.gcs.multipart import PART_SIZE_MINIMUM, GCSUpload
from obs_client.backends.gcs.requests import Request, object_path, upload_path, xml_path
from obs_client.backends.gcs.resumable import UNIT, ResumableUpload
from obs_client.errors import ConflictError, IntegrityError, InvalidNameError, PreconditionError
from obs_client.models import Attributes, ObjectInfo, SubdirInfo
from test.gcs.running import asked, resource

MIB = 1024 * 1024


def content(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def new(client: GCSClient, name: str, *, if_absent: bool = False) -> NewObject:
    return NewObject(client.container_name or "", name, Attributes("text/plain", {"k": "v"}), None, if_absent=if_absent)


def test_what_is_packed_comes_as_it_is_stored(client: GCSClient) -> None:
    packed = gzip.compress(b"many words " * 1000)
    client.object_write("packed", packed, content_encoding="gzip", content_type="text/plain")
    with client.object_open("packed") as file:
        assert (file.read(), file.verified) == (packed, True)
    assert client.object_read("packed", start=5, stop=20) == packed[5:20]
    info = client.object_info("packed")
    assert info
    assert (info.size, info.content_encoding) == (len(packed), "gzip")
    client.object_write("says so", b"and is none", content_encoding="gzip")
    assert client.object_read("says so") == b"and is none"


def test_a_hash_is_of_one_content_and_stays_while_metadata_change(client: GCSClient) -> None:
    client.object_write("object", b"one")
    first = client.object_info("object")
    client.object_set_metadata("object", "key", "value")
    second = client.object_info("object")
    client.object_write("object", b"one")
    third = client.object_info("object")
    assert first
    assert second
    assert third
    assert first.hash == second.hash != third.hash
    assert client.object_write("object", b"two", if_hash=first.hash) is False
    for foreign in ("8d777f385d3dfec8815d20f7496026dc", "", "1-", "-00000000"):
        assert client.object_write("object", b"two", if_hash=foreign) is False
    assert client.object_write("object", b"two", if_hash=third.hash) is True


def test_metadata_of_others_are_read_as_they_are(client: GCSClient) -> None:
    client.object_write("object", b"x")
    written = {"Capital": "Ünï", "edges": " x ", "lines": "a\nb", "empty": "", "cyrillic": "д"}
    asked(client, "PATCH", object_path(client.container_name or "", "object"), body={"metadata": written})
    expected = {key.lower(): value for key, value in written.items()}
    info = client.object_info("object")
    assert info
    assert info.metadata == expected
    assert [getattr(entry, "metadata", None) for entry in client.object_list(True)] == [expected]
    with client._object_open(client.container_name or "", "object", 0, None, None) as reader:
        assert reader.info == info
    assert client.object_delete_metadata("object", "capital")
    assert set(resource(client, "object")["metadata"]) == {"edges", "lines", "empty", "cyrillic"}


def test_a_change_of_metadata_leaves_all_else(client: GCSClient) -> None:
    client.object_write("object", b"x", {"old": "1"}, cache_control="no-store", content_language="de")
    path = object_path(client.container_name or "", "object")
    asked(client, "PATCH", path, body={"customTime": "2026-01-02T03:04:05Z"})
    before = resource(client, "object")
    client.object_replace_metadata("object", {"new": "2"})
    after = resource(client, "object")
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    assert changed == {"metadata", "metageneration", "updated", "etag"}
    assert after["metadata"] == {"new": "2"}


def test_a_copy_takes_along_what_google_keeps_besides(client: GCSClient) -> None:
    body = {"storageClass": "NEARLINE", "customTime": "2026-01-02T03:04:05Z", "name": "source", "contentType": "a/b"}
    query = "uploadType=multipart"
    part = f"--b\r\n\r\n{json.dumps(body)}\r\n--b\r\n\r\n".encode() + content(20 * MIB) + b"\r\n--b--"
    headers = {"Content-Type": "multipart/related; boundary=b"}
    client._requests.json(Request("test", "POST", upload_path(client.container_name or ""), query, headers, part))
    assert client.object_copy("source", "target")  # by three calls, of 8 MiB each
    found = resource(client, "target")
    assert (found["storageClass"], found["customTime"]) == ("NEARLINE", "2026-01-02T03:04:05Z")
    assert client.object_read("target") == content(20 * MIB)


def test_what_is_composed_of_others_is_checked_too(client: GCSClient) -> None:
    pieces = [content(size) for size in (5, 2 * MIB, 1)]
    for number, piece in enumerate(pieces):
        client.object_write(f"piece {number}", piece)
    path = f"{object_path(client.container_name or '', 'whole')}/compose"
    found = asked(client, "POST", path, body={"sourceObjects": [{"name": f"piece {number}"} for number in range(3)]})
    assert "md5Hash" not in found
    with client.object_open("whole") as file:
        assert (file.read(), file.verified) == (b"".join(pieces), True)


@pytest.mark.parametrize("name", ["a\rb", "a\nb", "\n", ".well-known/acme-challenge/x"])
def test_names_that_google_takes_not_are_refused_before_a_request(name: str) -> None:
    client = GCSClient("box", endpoint_url="http://127.0.0.1:9", credentials={})
    with pytest.raises(InvalidNameError, match="Google"):
        client.object_write(name, b"x")


@pytest.mark.parametrize("name", ["ab", "A-b", "google-box", "my.google", "goog-x", "1.2.3.4", "a..b", "-ab", "x" * 64])
def test_container_names_that_google_takes_not(name: str) -> None:
    client = GCSClient(endpoint_url="http://127.0.0.1:9", credentials={})
    with pytest.raises(InvalidNameError, match="63"):
        client.container_create(name)


def test_a_large_upload_holds_its_condition_at_the_end(client: GCSClient) -> None:
    data = content(11 * MIB)
    client.options = dataclasses.replace(client.options, part_size=5 * MIB + 12_345)
    with pytest.raises(PreconditionError), client.object_open("late", "wb", if_absent=True) as file:
        file.write(data)
        client.object_write("late", b"first")
    assert client.object_read("late") == b"first"
    assert client.object_upload(io.BytesIO(data), "in time", {"k": "v"}, if_absent=True)
    with client.object_open("in time") as file:
        assert (file.read() == data, file.verified) == (True, True)


@pytest.mark.parametrize("stored", [0, UNIT, 3 * UNIT])
def test_a_resumable_upload_goes_on_where_it_broke(client: GCSClient, stored: int) -> None:
    data = content(6 * UNIT + 100)
    upload = ResumableUpload(client._requests, new(client, "object", if_absent=True), check=True)
    if stored:
        headers = {"Content-Range": f"bytes 0-{stored - 1}/*"}
        query = upload._query
        client._requests.call(Request("t", "PUT", upload._path, query, headers, data[:stored], (308,))).close()
    upload._stored = None  # as after an answer that was lost
    upload.put_part(Part(1, 0, len(data)), BytesBody(data))
    upload.complete()
    upload.complete()  # and an answer that was lost to this
    assert client.object_read("object") == data


def test_parts_of_a_resumable_upload_wait_for_their_turn(client: GCSClient) -> None:
    sizes = [5 * MIB + 1, 3 * UNIT, 7]
    data = content(sum(sizes))
    upload = ResumableUpload(client._requests, new(client, "object", if_absent=True), check=True)
    parts, offset = [], 0
    for number, size in enumerate(sizes, 1):
        parts.append(Part(number, offset, size))
        offset += size

    def put(part: Part) -> None:
        upload.put_part(part, BytesBody(data[part.offset : part.offset + part.size]))

    threads = [threading.Thread(target=put, args=(part,)) for part in reversed(parts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    put(parts[0])  # again, as after an answer that was lost
    upload.complete()
    assert client.object_read("object") == data


def test_an_upload_that_is_given_up_leaves_nothing(client: GCSClient) -> None:
    upload = ResumableUpload(client._requests, new(client, "object", if_absent=True), check=True)
    upload.put_part(Part(1, 0, 10), BytesBody(b"0123456789"))
    upload.abort()
    upload.abort()
    assert client.object_list() == []


class Listened:
    """What an upload sends with its parts, of which the server tells `told`, or as it does."""

    def __init__(self, upload: GCSUpload, monkeypatch: pytest.MonkeyPatch, told: str | None) -> None:
        self.headers: list[dict[str, str]] = []
        put = upload._put

        def listening(number: int, body: Body, headers: dict[str, str]) -> tuple[str, str | None]:
            self.headers.append(headers)
            etag, found = put(number, body, headers)
            return etag, found if headers else told or None

        monkeypatch.setattr(upload, "_put", listening)


def test_digests_are_sent_to_a_server_that_ceases_to_tell_them(
    client: GCSClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = GCSUpload(client._requests, new(client, "by three"), check=True)
    listened = Listened(upload, monkeypatch, None)
    data = bytes(PART_SIZE_MINIMUM)
    for number in range(3):
        upload.put_part(Part(number + 1, number * len(data), len(data)), BytesBody(data))
    assert [bool(headers) for headers in listened.headers] == [True, False, True, True]
    upload.complete()
    assert client.object_read("by three") == data * 3


def test_a_part_that_arrived_as_other_bytes_is_refused(client: GCSClient, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = GCSUpload(client._requests, new(client, "refused"), check=True)
    Listened(upload, monkeypatch, "AAAAAA==")
    upload.put_part(Part(1, 0, 5), BytesBody(b"12345"))
    with pytest.raises(IntegrityError, match=r"part 2: CRC-32C AAAAAA=="):
        upload.put_part(Part(2, 5, 5), BytesBody(b"12345"))
    upload.abort()


def test_parts_of_a_killed_writer_are_found_by_cleanup(client: GCSClient) -> None:
    for name in ("a/one", "a/ü\x01", "b"):
        upload = GCSUpload(client._requests, new(client, name), check=True)
        upload.put_part(Part(1, 0, 5), BytesBody(b"12345"))
    assert client.cleanup(older_than=3600).removed == ()
    assert sorted(entry.partition(" ")[0] for entry in client.cleanup(prefix="a/", older_than=0).removed) == [
        "a/one",
        "a/ü\x01",
    ]
    assert [entry.partition(" ")[0] for entry in client.cleanup(older_than=0).removed] == ["b"]
    assert client.object_list() == []


def test_a_part_that_arrives_with_other_bytes_is_refused(client: GCSClient) -> None:
    upload = GCSUpload(client._requests, new(client, "object"), check=True)
    query = f"partNumber=1&uploadId={upload._id}"
    request = Request(
        "t", "PUT", xml_path(client.container_name or "", "object"), query, {"x-goog-hash": "crc32c=AAAAAA=="}, b"x"
    )
    with pytest.raises(Exception, match="doesn't match"):
        client._requests.finish(request)
    upload.abort()


def test_many_are_deleted_by_hundreds(client: GCSClient) -> None:
    for number in range(205):
        client.object_write(f"{number}", b"")
    client.object_delete_many([f"{number}" for number in range(210)])
    assert client.object_list() == []


def test_folders_of_a_hierarchical_namespace_are_no_objects(client: GCSClient) -> None:
    name = f"{client.container_name}-hns"
    asked(client, "POST", "/storage/v1/b", "project=p", {"name": name, "hierarchicalNamespace": {"enabled": True}})
    client.container_name = name
    client.object_write("a/b/c", b"x")
    assert [entry.name for entry in client.object_list() if isinstance(entry, ObjectInfo)] == ["a/b/c"]
    assert client.object_list(delimiter="/") == [SubdirInfo("a/")]
    assert client.container_delete(name) is False
    client.object_delete("a/b/c")
    assert client.object_list() == client.object_list(delimiter="/") == []
    assert client.object_info("a/b/") is None
    with pytest.raises(ConflictError, match="folders of a hierarchical namespace"):
        client.container_delete(name, force=True)


def test_what_google_tells_beyond(client: GCSClient) -> None:
    client.object_write("told", b"content", {"key": "value"})
    info = client.object_info("told")
    assert info is not None
    assert info.hash is not None
    assert (info.storage_class, info.version_id) == ("STANDARD", info.hash.partition("-")[0])
    fields = client.object_headers("told")
    assert fields is not None
    assert (fields["storageClass"], fields["generation"]) == ("STANDARD", info.version_id)
    assert '"key": "value"' in fields["metadata"]


def test_a_writer_knows_what_it_wrote(client: GCSClient) -> None:
    for data in (b"x" * size for size in (10, 20_000_000)):
        with client.object_open("written", "wb") as file:
            file.write(data)
        found = client.object_info("written")
        assert found is not None
        assert (file.info.hash, file.info.size) == (found.hash, found.size)
        assert file.info.last_modified is not None


def test_what_is_held_is_not_sent(client: GCSClient) -> None:
    for data in (b"small", b"x" * 20_000_000):
        client.object_write("held", data)
        found = client.object_info("held")
        assert found is not None
        assert found.hash is not None
        container = client.container_name or ""
        assert client._object_open_changed(container, "held", 0, None, found.hash) is None
