"""What is Azure's own: blocks, leases, snapshots, SAS, other people's objects; on Azurite."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

from obs_client import AzureClient, ConflictError, IntegrityError, NotSupportedError
from obs_client.backend.body import BytesBody
from obs_client.backend.crcs import has_crc64
from obs_client.backend.multipart import Part
from obs_client.backend.values import NewObject
from obs_client.backends.azure import blocks, copying, reading
from obs_client.backends.azure.requests import Request
from obs_client.models import Attributes, ClientOptions
from test.azure.running import QUICK, client, container, content
from test.servers.shared import Servers

PART = 20_000
SMALL_PARTS = ClientOptions(first_pause=0.01, longest_pause=0.1, part_size=PART, workers=2)


@pytest.fixture(scope="module")
def box(servers: Servers) -> Iterator[AzureClient]:
    with client(servers.azurite(), SMALL_PARTS) as one:
        container(one)
        yield one


def place(box: AzureClient) -> str:
    assert box.container_name is not None
    return box.container_name


def verified(box: AzureClient, name: str) -> tuple[bytes, bool]:
    with box.object_open(name) as file:
        return file.read(), file.verified


def test_large_objects_are_proved_in_reading_whatever_their_parts(box: AzureClient) -> None:
    data = content(5 * PART + 7)
    box.object_write("equal", data)
    with box.object_open("unequal", "wb") as file:
        file.write(data[: PART + 1])
        file.write(data[PART + 1 :])
    for name in ("equal", "unequal"):
        assert verified(box, name) == (data, True)
        box.object_set_metadata(name, "a-key", "value")
        assert verified(box, name) == (data, True)
        assert box.object_copy(name, f"{name} copied")
        assert verified(box, f"{name} copied") == (data, True)


@pytest.fixture(params=[True, False], ids=["CRC-64", "MD5"])
def by_crc64(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether large objects are written with a CRC-64, as where the package awscrt is installed."""
    assert has_crc64()
    if not request.param:
        for module in (blocks, reading):
            monkeypatch.setattr(module, "has_crc64", lambda: False)
    return bool(request.param)


def test_large_objects_are_proved_in_reading_by_either_digest(box: AzureClient, by_crc64: bool, tmp_path: Path) -> None:
    data = content(3 * PART + 1)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(data)
    writes: list[Callable[[str], object]] = [
        lambda name: box.object_write(name, data),
        lambda name: box.upload_file(source, name),
        lambda name: box.object_upload(io.BytesIO(data), name),
    ]
    for number, write in enumerate(writes):
        write(f"either {number}")
        info = box.object_info(f"either {number}")
        assert info is not None
        assert ("crc64" in str(info.write_id)) == by_crc64
        assert verified(box, f"either {number}") == (data, True)
        assert box.download_file(f"either {number}", target)
        assert target.read_bytes() == data


def test_who_cannot_compute_a_digest_reads_by_what_the_server_tells(
    box: AzureClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Azurite tells the MD5 of what is small, Azure of no blocks: then nothing is compared, and `verified` says so."""
    data = content(3 * PART)
    box.object_write("of another", data)
    info = box.object_info("of another")
    assert info is not None
    assert reading.digest_of(len(data), info.write_id, {}) is not None
    monkeypatch.setattr(reading, "has_crc64", lambda: False)
    assert reading.digest_of(len(data), info.write_id, {}) is None
    assert box.object_read("of another") == data
    with box._object_open(place(box), "of another", 0, None, None) as reader:
        assert reader.digest is not None
        assert reader.digest.algorithm == "md5"


def test_a_large_object_that_is_not_what_its_mark_says_is_no_content(
    box: AzureClient, by_crc64: bool, tmp_path: Path
) -> None:
    box.object_write("good", content(3 * PART))
    info = box.object_info("good")
    assert info is not None
    assert info.write_id is not None
    headers = {"x-ms-blob-type": "BlockBlob", "x-ms-meta-obs__0x2d__write__0x2d__id": info.write_id}
    damaged = bytearray(content(3 * PART))
    damaged[-1] ^= 1
    box._requests.finish(Request("Put Blob", "PUT", place(box), "damaged", "", headers, bytes(damaged)))
    reads: list[Callable[[], object]] = [
        lambda: box.object_read("damaged"),
        lambda: box.download_file("damaged", tmp_path / "target"),
    ]
    for read in reads:
        with pytest.raises(IntegrityError):
            read()
    assert list(tmp_path.iterdir()) == []


def test_what_is_archived_is_seen_and_deleted_and_not_read_or_replaced(box: AzureClient) -> None:
    box.object_write("archived", b"content", {"a-key": "value"})
    headers = {"x-ms-access-tier": "Archive"}
    box._requests.finish(Request("Set Blob Tier", "PUT", place(box), "archived", "comp=tier", headers))
    with pytest.raises(ConflictError, match=r"BlobArchived.*rehydrate"):
        box.object_read("archived")
    info = box.object_info("archived")
    assert info is not None
    assert (info.size, info.metadata) == (7, {"a-key": "value"})
    with pytest.raises(ConflictError, match="BlobArchived"):
        box.object_copy("archived", "copied")
    assert box.object_info("copied") is None
    with pytest.raises(ConflictError, match=r"BlobArchived.*rehydrate"):
        box.object_write("archived", b"other")
    assert box.object_delete("archived")
    assert box.object_write("archived", b"other")
    assert box.object_read("archived") == b"other"


def test_a_large_copy_is_read_and_written_where_the_server_copies_no_ranges(
    box: AzureClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "COPY_MAXIMUM", 1000)
    data = content(3 * PART)
    box.object_write("source", data, {"a-key": "ü"}, content_language="de")
    assert box.object_copy("source", "target")
    info = box.object_info("target")
    assert info is not None
    assert (info.metadata, info.content_language) == ({"a-key": "ü"}, "de")
    assert verified(box, "target") == (data, True)


def test_of_two_large_writers_one_is_told_that_the_other_ended_first(box: AzureClient) -> None:
    first = box.object_open("contended", "wb")
    second = box.object_open("contended", "wb")
    for file, letter in ((first, b"1"), (second, b"2")):
        file.write(letter * (3 * PART))
    second.close()
    with pytest.raises(ConflictError, match=r"another upload to this name ended first.*send it again"):
        first.close()
    assert box.object_read("contended") == b"2" * (3 * PART)


def test_a_condition_that_another_large_writer_broke_does_not_hold(box: AzureClient) -> None:
    new = NewObject(place(box), "raced", Attributes("text/x", {}, write_id="mine"), 10, if_absent=True)
    upload = box._object_multipart(new)
    upload.put_part(Part(1, 0, 10), BytesBody(b"1" * 10))
    box.object_write("raced", content(2 * PART))
    assert box.object_upload(io.BytesIO(content(2 * PART)), "raced", if_absent=True) is False
    with pytest.raises(Exception, match=r"condition|exists|ended first"):
        upload.complete()
    upload.abort()
    assert box.object_read("raced") == content(2 * PART)


def test_other_programs_blocks_are_no_part_of_ours(box: AzureClient) -> None:
    """All blocks of a name have ids of one length, also those that nobody will ever commit."""
    query = "comp=block&blockid=YWJj"
    box._requests.finish(Request("Put Block", "PUT", place(box), "begun elsewhere", query, {}, b"theirs"))
    with pytest.raises(ConflictError, match=r"another program's unfinished upload"):
        box.object_write("begun elsewhere", content(2 * PART))
    assert box.object_write("begun elsewhere", b"small")
    assert box.object_read("begun elsewhere") == b"small"


def test_an_object_with_snapshots_is_not_deleted(box: AzureClient) -> None:
    box.object_write("kept", b"content")
    box._requests.finish(Request("Snapshot Blob", "PUT", place(box), "kept", "comp=snapshot"))
    with pytest.raises(ConflictError, match=r"SnapshotsPresent.*snapshots, which would be lost"):
        box.object_delete("kept")
    with pytest.raises(Exception, match=r"SnapshotsPresent"):
        box.object_delete_many(["kept", "absent"])
    assert box.object_read("kept") == b"content"
    assert [getattr(entry, "name", None) for entry in box.object_list(prefix="kept")] == ["kept"]
    headers = {"x-ms-delete-snapshots": "include"}
    box._requests.finish(Request("Delete Blob", "DELETE", place(box), "kept", headers=headers))


def test_a_lease_is_no_condition_that_failed(box: AzureClient) -> None:
    box.object_write("leased", b"content")
    headers = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "15"}
    answer = box._requests.finish(Request("Lease Blob", "PUT", place(box), "leased", "comp=lease", headers))
    info = box.object_info("leased")
    assert info is not None
    with pytest.raises(ConflictError, match=r"lease") as caught:
        box.object_write("leased", b"other", if_hash=info.hash)
    assert type(caught.value) is ConflictError
    headers = {"x-ms-lease-action": "release", "x-ms-lease-id": answer.headers["x-ms-lease-id"]}
    box._requests.finish(Request("Lease Blob", "PUT", place(box), "leased", "comp=lease", headers))
    assert box.object_write("leased", b"other")


def test_azures_own_client_reads_what_we_write_and_we_what_it_writes(box: AzureClient) -> None:
    data = content(3 * PART)
    box.object_write("ours", data, {"a-key": "value", "plain": "x"}, content_disposition="inline")
    theirs = box.native.get_container_client(place(box))
    blob = theirs.get_blob_client("ours")
    assert blob.download_blob().readall() == data
    properties = blob.get_blob_properties()
    assert {**properties.metadata, "obs__0x2d__write__0x2d__id": ""} == {
        "a__0x2d__key": "value",
        "plain": "x",
        "obs__0x2d__write__0x2d__id": "",
    }
    theirs.upload_blob("theirs", data, metadata={"Some_Key": "value"})
    info = box.object_info("theirs")
    assert info is not None
    assert info.metadata == {"some_key": "value"}
    assert verified(box, "theirs") == (data, True)


def test_a_sas_is_enough_for_all_but_signed_urls(servers: Servers, box: AzureClient) -> None:
    server = servers.azurite()
    keys = server.credentials
    sas = generate_account_sas(
        keys["AZURE_STORAGE_ACCOUNT"], keys["AZURE_STORAGE_KEY"],
        ResourceTypes(service=True, container=True, object=True), AccountSasPermissions.from_string("rwdlac"),
        dt.datetime.now(dt.UTC) + dt.timedelta(hours=1),
    )  # fmt: skip
    given = {"AZURE_STORAGE_SAS_TOKEN": f"?{sas}"}
    with AzureClient(place(box), account_url=server.storage_url, credentials=given, options=SMALL_PARTS) as shared:
        shared.object_write("small", b"content")
        shared.object_write("large", content(3 * PART))
        assert shared.object_copy("large", "copied")
        assert shared.object_read("copied") == content(3 * PART)
        shared.object_delete_many(["small", "large", "copied"])
        assert shared.object_info("small") is None
        assert not shared.capabilities.download_urls
        with pytest.raises(NotSupportedError, match=r"neither"):
            shared.object_generate_download_url("small")


def test_public_objects_are_read_without_a_login(servers: Servers, box: AzureClient) -> None:
    server = servers.azurite()
    headers = {"x-ms-blob-public-access": "container"}
    box._requests.finish(Request("Create Container", "PUT", "public-box", None, "restype=container", headers))
    box.object_write("seen", b"by all", container_name="public-box")
    with AzureClient("public-box", account_url=server.storage_url, credentials={}, options=QUICK) as nobody:
        assert nobody.object_read("seen") == b"by all"
        assert [getattr(entry, "name", None) for entry in nobody.object_list()] == ["seen"]
        with pytest.raises(
            Exception, match=r"log in with credentials|AuthorizationFailure|NoAuthentication|ResourceNotFound"
        ):
            nobody.object_write("unseen", b"")


def test_what_azure_tells_beyond(box: AzureClient) -> None:
    box.object_write("told", b"content")
    blob = box.native.get_blob_client(place(box), "told")
    blob.set_standard_blob_tier("Cool")
    info = box.object_info("told")
    assert info is not None
    assert info.storage_class == "Cool"
    assert [entry.storage_class for entry in box.object_list(prefix="told")] == ["Cool"]
    headers = box.object_headers("told")
    assert headers is not None
    assert headers["x-ms-access-tier"] == "Cool"
    blob.set_blob_tags({"colour": "dark grey", "b": "1"})
    assert box.object_tags("told") == {"colour": "dark grey", "b": "1"}


def test_a_writer_knows_what_it_wrote(box: AzureClient) -> None:
    for data in (b"x" * size for size in (10, 20_000_000)):
        with box.object_open("written", "wb") as file:
            file.write(data)
        found = box.object_info("written")
        assert found is not None
        assert (file.info.hash, file.info.size) == (found.hash, found.size)
        assert file.info.last_modified is not None


def test_what_is_held_is_not_sent(box: AzureClient) -> None:
    for data in (b"small", b"x" * 20_000_000):
        box.object_write("held", data)
        found = box.object_info("held")
        assert found is not None
        assert found.hash is not None
        container = box.container_name or ""
        assert box._object_open_changed(container, "held", 0, None, found.hash) is None
