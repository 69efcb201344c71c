"""The double is no witness for itself: Google's own client, and an emulator by others, say the same of what they know.

fake-gcs-server 1.54 holds conditions of writes at once only, checks no digests and no signatures, knows no uploads by
parts, and drops a change's generation: of these the double alone speaks, by the documents.

gcp-storage-emulator 2026.7.19 was tried as another one, and is none: it takes a write under a condition that fails
(`if_absent` replaced an object), tells no generation with content, so that nothing can be read, and answers a batch
with what is not HTTP. What it can tell, names and digests of small writes, the other one tells too.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud import storage
from google.oauth2 import service_account

from obs_client import ObjectNotFoundError, SubdirInfo
from obs_client.backends.gcs.client import GCSClient
from obs_client.testing.odd_names import ODD_NAMES
from test.gcs.running import QUICK, container
from test.servers import RunningServer
from test.servers.requests import web
from test.servers.shared import Servers

CONTENT = random.Random(1).randbytes(3_000_000)


@pytest.fixture(params=["google", "fake-gcs-server"])
def witness(request: pytest.FixtureRequest, servers: Servers) -> Iterator[GCSClient]:
    """A client of the double, or of the emulator as its users reach it."""
    server = servers.speaking_s3(request.param)
    url = server.endpoint_url if request.param == "google" else None
    with contextlib.closing(GCSClient(credentials=server.credentials, options=QUICK, endpoint_url=url)) as client:
        container(client)
        yield client


def _read_back(client: GCSClient) -> object:
    client.object_write("a/b", CONTENT, {"key": "Ünï", "edges": " x "}, content_type="a/b", cache_control="no-store")
    info = client.object_info("a/b")
    assert info
    with client.object_open("a/b") as file:
        whole = file.read() == CONTENT, file.verified
    return (*whole, info.size, info.metadata, info.content_type, info.cache_control, (info.hash or "")[-9:])


def _ranges(client: GCSClient) -> object:
    client.object_write("x", b"0123456789")
    return [client.object_read("x", start=start, stop=stop) for start, stop in ((2, 5), (7, None), (9, 50), (20, None))]


def _absent(client: GCSClient) -> object:
    with pytest.raises(ObjectNotFoundError):
        client.object_read("nothing")
    return client.object_info("nothing"), client.object_delete("nothing"), client.object_copy("nothing", "x")


def _conditions(client: GCSClient) -> object:
    answers = [client.object_write("x", b"1", if_absent=True), client.object_write("x", b"2", if_absent=True)]
    first = client.object_info("x")
    assert first
    answers += [client.object_write("x", b"3", if_hash=first.hash), client.object_write("x", b"4", if_hash=first.hash)]
    return answers, client.object_read("x")


def _listing(client: GCSClient) -> object:
    for name in ("l/1", "l/2", "l/a/3", "l//4", "l/é", "m"):
        client.object_write(name, b"")
    found = client.object_list(prefix="l/", delimiter="/")
    folded = [entry.subdir if isinstance(entry, SubdirInfo) else entry.name for entry in found]
    return folded, [entry.name for entry in client.object_iter(start_after="l/1") if not isinstance(entry, SubdirInfo)]


def _odd_names(client: GCSClient) -> object:
    names = [name for name in ODD_NAMES if "\n" not in name and "\r" not in name]
    for name in names:
        client.object_write(name, name.encode())
    # The emulator's way to content folds slashes; what it lists is exact.
    read = {name for name in names if "//" not in name and not name.startswith("/")}
    assert all(client.object_read(name) == name.encode() for name in read)
    return [entry.name for entry in client.object_iter() if not isinstance(entry, SubdirInfo)]


def _copy(client: GCSClient) -> object:
    client.object_write("x", CONTENT, {"k": "v"}, content_language="de")
    client.object_copy("x", "y")
    info = client.object_info("y")
    assert info
    return client.object_read("y") == CONTENT, info.metadata, info.content_language


def _deletes(client: GCSClient) -> object:
    for number in range(5):
        client.object_write(f"{number}", b"")
    client.object_delete_many([f"{number}" for number in range(4)] + ["absent"])
    full = client.container_delete(client.container_name or "")
    return full, [getattr(entry, "name", "") for entry in client.object_list()]


def _large_under_a_condition(client: GCSClient) -> object:
    data = random.Random(2).randbytes(17_000_001)
    answer = client.object_write("large", data, {"k": "v"}, if_absent=True)
    return answer, client.object_read("large") == data


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (_read_back, (True, True, 3_000_000, {"key": "Ünï", "edges": " x "}, "a/b", "no-store", "-15dfab64")),
        (_ranges, [b"234", b"789", b"9", b""]),
        (_absent, (None, True, False)),
        (_conditions, ([True, False, True, False], b"3")),
        (_listing, (["l//", "l/1", "l/2", "l/a/", "l/é"], ["l/2", "l/a/3", "l/é", "m"])),
        (_odd_names, sorted((n for n in ODD_NAMES if "\n" not in n and "\r" not in n), key=str.encode)),
        (_copy, (True, {"k": "v"}, "de")),
        (_deletes, (False, ["4"])),
        (_large_under_a_condition, (True, True)),
    ],
)
def test_the_double_and_the_emulator_say_the_same(
    witness: GCSClient, ask: Callable[[GCSClient], object], expected: object
) -> None:
    assert ask(witness) == expected


@pytest.fixture
def bucket(client: GCSClient, google: RunningServer) -> Any:
    """The chosen container, by Google's own client."""
    assert client._requests.login.identity
    login = client._requests.login.identity.account().credential()
    native = storage.Client("p", login, client_options={"api_endpoint": google.endpoint_url})
    return native.bucket(client.container_name)


def test_googles_own_client_reads_what_we_write(client: GCSClient, bucket: Any) -> None:
    client.object_write("small/é", CONTENT, {"k": "v"}, content_type="a/b", content_disposition="inline")
    client.object_write("large", CONTENT * 6, {"k": "v"})
    for name, content in (("small/é", CONTENT), ("large", CONTENT * 6)):
        found = bucket.get_blob(name)
        assert found.download_as_bytes(checksum="crc32c") == content
        assert found.metadata["k"] == "v"
    assert bucket.get_blob("small/é").content_disposition == "inline"
    assert [blob.name for blob in bucket.list_blobs()] == ["large", "small/é"]


def test_we_read_what_googles_own_client_writes(client: GCSClient, bucket: Any) -> None:
    blob = bucket.blob("x")
    blob.metadata = {"Key": "Ünï"}
    blob.upload_from_string(CONTENT, "a/b", checksum="md5", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        blob.upload_from_string(b"again", if_generation_match=0)
    with client.object_open("x") as file:
        assert (file.read(), file.verified) == (CONTENT, True)
    info = client.object_info("x")
    assert info
    assert (info.metadata, info.content_type) == ({"key": "Ünï"}, "a/b")
    bucket.blob("whole").compose([bucket.blob("x"), bucket.blob("x")])
    assert client.object_read("whole") == CONTENT * 2
    bucket.blob("copy").rewrite(blob)
    assert client.object_read("copy") == CONTENT
    blob.delete()
    with pytest.raises(NotFound):
        blob.delete()


def test_googles_own_client_signs_as_we_do(client: GCSClient, bucket: Any, google: RunningServer) -> None:
    client.object_write("a b/é?", b"content")
    url = bucket.blob("a b/é?").generate_signed_url(
        version="v4", expiration=dt.timedelta(minutes=5), api_access_endpoint=google.endpoint_url
    )
    assert web.request("GET", url).body == b"content"
    ours = client.object_generate_download_url("a b/é?", expires_in_seconds=300)
    assert ours.partition("?")[0] == url.partition("?")[0]
    assert web.request("GET", ours).body == b"content"
    assert isinstance(bucket.client._credentials, service_account.Credentials)
    told = {"response_type": "text/x-own", "response_disposition": 'inline; filename="a b"'}
    url = bucket.blob("a b/é?").generate_signed_url(
        version="v4", expiration=dt.timedelta(minutes=5), api_access_endpoint=google.endpoint_url, **told
    )
    ours = client.object_generate_download_url(
        "a b/é?", content_type=told["response_type"], content_disposition=told["response_disposition"]
    )
    for each in (url, ours):
        assert web.request("GET", each).headers["content-type"] == "text/x-own"


def test_native_is_googles_own_client(client: GCSClient) -> None:
    client.object_write("x", b"content")
    assert client.native.bucket(client.container_name).blob("x").download_as_bytes() == b"content"
