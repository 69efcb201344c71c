"""What `S3Client` does beyond the conformance suite, on real servers: parts, copies, digests, signed URLs, proxies."""

import dataclasses
import io
import itertools
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obs_client import IntegrityError, InvalidNameError, ServiceError
from obs_client.backend.body import BytesBody
from obs_client.backend.multipart import Part
from obs_client.backend.values import NewObject
from obs_client.backends.s3 import copying as s3_copying
from obs_client.backends.s3.client import S3Client
from obs_client.models import Attributes
from test.loopback.proxy import forward_proxy
from test.loopback.tls import make_authority, tls_front
from test.s3.running import KINDS, QUICK, client, container, content, read_verified
from test.servers.shared import Servers

MIB = 1024 * 1024


@pytest.fixture(params=KINDS)
def owner(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, servers: Servers) -> Iterator[S3Client]:
    monkeypatch.setenv("no_proxy", "*")
    with client(servers.speaking_s3(request.param)) as made:
        container(made)
        yield made


def foreign(owner: S3Client, name: str, parts: list[bytes]) -> None:
    """Upload in parts as another tool does."""
    place = {"Bucket": owner.container_name, "Key": name}
    upload = {**place, "UploadId": owner.native.create_multipart_upload(**place)["UploadId"]}
    done = [
        {"PartNumber": number, "ETag": owner.native.upload_part(**upload, PartNumber=number, Body=part)["ETag"]}
        for number, part in enumerate(parts, 1)
    ]
    owner.native.complete_multipart_upload(**upload, MultipartUpload={"Parts": done})


@pytest.mark.parametrize(
    "sizes", [(5 * MIB, 7), (6 * MIB, 5 * MIB, 7), (5 * MIB, 6 * MIB, 5 * MIB, 7)], ids=["equal", "falling", "mixed"]
)
def test_parts_of_other_tools_are_checked(owner: S3Client, sizes: tuple[int, ...]) -> None:
    whole = content(sum(sizes))
    borders = [sum(sizes[:number]) for number in range(len(sizes) + 1)]
    foreign(owner, "a", [whole[start:stop] for start, stop in itertools.pairwise(borders)])
    assert read_verified(owner, "a") == (whole, True)


def test_own_parts_are_checked(owner: S3Client) -> None:
    whole = content(20 * MIB)
    owner.object_write("a", whole)
    assert read_verified(owner, "a") == (whole, True)
    stream = io.BytesIO()
    owner.object_upload(io.BufferedReader(io.BytesIO(whole)), "b")
    assert owner.object_download("b", stream)
    assert stream.getvalue() == whole


def test_large_objects_are_copied_and_changed_by_parts(owner: S3Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_copying, "COPY_MAXIMUM", 6 * MIB)
    small_parts = dataclasses.replace(owner.capabilities, copy_part_size=5 * MIB)
    monkeypatch.setattr(owner, "_known_capabilities", (owner._requests.experience.server, small_parts))
    whole = content(11 * MIB)
    owner.object_write("a", whole, {"key": "value"}, content_type="text/x", cache_control="no-store")
    assert owner.object_copy("a", "b")
    assert owner.object_set_metadata("b", "new", "ä")
    info = owner.object_info("b")
    assert info
    assert (info.content_type, info.cache_control, info.metadata) == (
        "text/x",
        "no-store",
        {"key": "value", "new": "ä"},
    )
    assert owner.object_read("b") == whole
    assert owner.cleanup(older_than=0).removed == ()


def test_metadata_changes_keep_every_header(owner: S3Client) -> None:
    owner.native.put_object(
        Bucket=owner.container_name,
        Key="a",
        Body=b"data",
        ContentType="text/x",
        ContentDisposition="inline",
        Expires="Wed, 21 Oct 2037 07:28:00 GMT",
        Metadata={"old": "1"},
    )
    owner.object_replace_metadata("a", {"new": "=?UTF-8?B?eA==?= \u00fc"})
    head: dict[str, Any] = owner.native.head_object(Bucket=owner.container_name, Key="a")
    assert (head["ContentType"], head["ContentDisposition"]) == ("text/x", "inline")
    assert head["ResponseMetadata"]["HTTPHeaders"].get("expires") == "Wed, 21 Oct 2037 07:28:00 GMT"
    info = owner.object_info("a")
    assert info
    assert info.metadata == {"new": "=?UTF-8?B?eA==?= \u00fc"}


def test_metadata_that_is_too_long_as_it_is_sent_is_refused(owner: S3Client) -> None:
    with pytest.raises(InvalidNameError, match="ASCII"):
        owner.object_write("a", b"data", {"key": "\u00fc" * 900})
    assert owner.object_info("a") is None


def test_cleanup_aborts_old_uploads_of_anybody(owner: S3Client) -> None:
    for name in ("x/a b+c%", "x/b", "y/c"):
        owner.native.create_multipart_upload(Bucket=owner.container_name, Key=name)
    report = owner.cleanup(prefix="x/", older_than=0)
    assert sorted(each.split(" (upload")[0] for each in report.removed) == ["x/a b+c%", "x/b"]
    assert len(owner.cleanup(older_than=0).removed) == 1


def test_an_interrupted_upload_leaves_nothing(owner: S3Client) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        owner.object_upload(io.BytesIO(content(40 * MIB)), "a", progress=interrupt)
    assert owner.object_info("a") is None
    assert owner.cleanup(older_than=0).removed == ()


@pytest.mark.parametrize("kind", ["seaweedfs", "swift"])
def test_a_completion_whose_answer_was_lost_stands_though_another_came_since(kind: str, servers: Servers) -> None:
    """The upload is gone when it is asked for again: it was done, and what is there by now is the later writer's.

    Not on moto, which answers 500 to the second completion.
    """
    owner = client(servers.speaking_s3(kind))
    container(owner)
    whole = content(6 * MIB)
    new = NewObject(str(owner.container_name), "a", Attributes("text/x", {}), len(whole))
    upload = owner._object_multipart(new)
    upload.put_part(Part(1, 0, len(whole)), BytesBody(whole))
    upload.complete()
    owner.object_write("a", b"later")
    upload.complete()
    assert owner.object_read("a") == b"later"


def test_signed_urls_have_a_limit(owner: S3Client) -> None:
    week = 7 * 24 * 3600
    assert "X-Amz-Expires=604800" in owner.object_generate_download_url("a", expires_in_seconds=week)
    with pytest.raises(ValueError, match="604,800"):
        owner.object_generate_upload_url("a", expires_in_seconds=week + 1)


def test_an_upload_url_takes_bytes(owner: S3Client) -> None:
    request = urllib.request.Request(owner.object_generate_upload_url("a b/\u00e4+%"), b"data", method="PUT")
    request.add_header("Content-Type", "text/x")
    urllib.request.urlopen(request).close()
    assert owner.object_read("a b/\u00e4+%") == b"data"


@pytest.mark.parametrize("checksums", [False, True])
def test_digests_are_sent_and_wrong_ones_refused(checksums: bool, servers: Servers) -> None:
    running = servers.seaweedfs()
    made = S3Client(
        endpoint_url=running.endpoint_url, credentials=running.s3_credentials, checksums=checksums, options=QUICK
    )
    container(made)
    whole = content(20 * MIB)
    made.object_write("a", b"data")
    made.object_write("b", whole)
    assert read_verified(made, "a") == (b"data", True)
    assert read_verified(made, "b") == (whole, True)
    head = made.native.head_object(Bucket=made.container_name, Key="a", ChecksumMode="ENABLED")
    assert ("ChecksumCRC32" in head) is checksums
    made.object_delete_many(["a", "b"])
    assert made.object_list() == []


def test_everything_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch, servers: Servers) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with forward_proxy("user:canary") as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        made = client(servers.seaweedfs())
        container(made)
        made.object_write("a", content(6 * MIB))
        assert len(made.object_list()) == 1
        assert made.object_read("a", start=6 * MIB - 1) == content(6 * MIB)[-1:]
        assert len(proxy.request_lines) >= 1


def test_tls_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servers: Servers) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    running = servers.seaweedfs()
    authority = make_authority(tmp_path)
    port = int(running.endpoint_url.rpartition(":")[2])
    with tls_front(authority.server_context("IP:127.0.0.1"), "127.0.0.1", port) as front:
        url = f"https://127.0.0.1:{front.port}"

        def secured(**options: Any) -> S3Client:
            return S3Client(endpoint_url=url, credentials=running.s3_credentials, options=QUICK, **options)

        with pytest.raises(ServiceError, match=r"(?i)certificate"):
            secured().container_list()
        made = secured(verify=str(authority.file))
        container(made)
        made.object_write("a", content(6 * MIB))
        assert made.object_read("a") == content(6 * MIB)
        with pytest.warns(RuntimeWarning, match="certificates are not checked"):
            unchecked = secured(verify=False)
        assert unchecked.container_list()
        monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.file))
        assert secured().container_list()


def test_flipped_bytes_of_parts_are_found(servers: Servers) -> None:
    """The store has other bytes than the parts' digests say: the object's note of its part size is proof enough."""
    made = client(servers.moto())
    container(made)
    whole = content(20 * MIB)
    made.object_write("a", whole)
    info = made._object_info(str(made.container_name), "a")
    reader = made._object_open(str(made.container_name), "a", 0, None, None)
    with reader:
        assert reader.digest
        assert info.hash == reader.info.hash
        with pytest.raises(IntegrityError):
            reader.digest.check_composite([bytes(16)] * len(reader.digest.part_sizes))


def test_a_writer_knows_what_it_wrote(owner: S3Client) -> None:
    for data in (b"x" * size for size in (10, 20_000_000)):
        with owner.object_open("written", "wb") as file:
            file.write(data)
        found = owner.object_info("written")
        assert found is not None
        assert (file.info.hash, file.info.size) == (found.hash, found.size)


def test_what_is_held_is_not_sent(owner: S3Client) -> None:
    for data in (b"small", b"x" * 20_000_000):
        owner.object_write("held", data)
        found = owner.object_info("held")
        assert found is not None
        assert found.hash is not None
        container = owner.container_name or ""
        assert owner._object_open_changed(container, "held", 0, None, found.hash) is None
