"""Passwords, keys, tokens and signed URLs: in requests, and nowhere else."""

from __future__ import annotations

import dataclasses
import gc
import logging
import pickle
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest

from obs_client import AzureClient, GCSClient, ObjectStorageClient, ObjectStorageClientError, S3Client, SwiftClient
from test.faults.matrix.cells import MATRIX, Stage
from test.faults.matrix.matrix import staged
from test.faults.matrix.scenarios import BROKEN
from test.faults.secrets_seen import LASTING, recorded, seen_in_error, seen_in_logs, seen_in_pickle
from test.faults.stores.base import BRISK, Store
from test.faults.wire import spoiling
from test.faults.wire.exchange import Fault
from test.loopback.proxy import forward_proxy

pytestmark = pytest.mark.full

_SERVERS = ["seaweedfs", "swift", "keystone", "application credential", "google", "azurite"]


@pytest.fixture(scope="module", params=_SERVERS)
def stage(request: pytest.FixtureRequest, starts_servers: None) -> Iterator[Stage]:
    with staged(request.param) as one:
        one.store.put(MATRIX, "thing", b"content")
        yield one


@pytest.fixture
def client(stage: Stage) -> Iterator[ObjectStorageClient]:
    stage.store.put(MATRIX, "thing", b"content")
    with stage.store.client(stage.proxy.url) as one:
        one.container_name = MATRIX
        one.options = dataclasses.replace(BRISK, part_size=stage.store.part_size, attempts=2)
        yield one
    stage.proxy.aim()


def _secrets(stage: Stage) -> set[str]:
    """Those of the account, and the tokens that were sent since the proxy was aimed."""
    headers = [entry.request.headers for entry in stage.proxy.journal]
    tokens = {each.get("x-auth-token", "") for each in headers}
    tokens |= {each.get("authorization", "").partition("Bearer ")[2] for each in headers}
    tokens -= {""}
    assert tokens or stage.store.label in ("seaweedfs", "azurite")
    return {*stage.store.secrets, *tokens}


def _use_everything(client: ObjectStorageClient, part_size: int) -> None:
    client.container_list()
    client.container_info(MATRIX)
    client.object_write("thing", b"content", {"colour": "blue"})
    client.object_upload(BytesIO(bytes(part_size + 10)), "large")
    client.object_read("large")
    client.object_read("thing")
    client.object_info("thing")
    client.object_set_metadata("thing", "a", "b")
    client.object_copy("thing", "copied")
    client.object_list(fetch_metadata=True)
    client.object_delete_many(["copied", "large"])
    client.object_read("thing", start=2)
    client.object_generate_download_url("thing")
    client.cleanup(older_than=3600.0)


def test_no_log_at_debug_holds_a_secret(stage: Stage, client: ObjectStorageClient) -> None:
    stage.proxy.aim(Fault("retry", lambda request: request.number % 7 == 3, spoiling.refuse(BROKEN), None))
    with recorded() as records:
        _use_everything(client, stage.store.part_size)
    assert any(line.startswith("obs_client") for line in records.lines)
    assert not seen_in_logs(_secrets(stage), records)


def test_no_log_holds_a_signed_url(stage: Stage, client: ObjectStorageClient) -> None:
    with recorded() as records:
        urls = [client.object_generate_download_url("thing"), client.object_generate_upload_url("thing")]
        client.object_read("thing")
    signatures = [found for url in urls for found in re.findall(r"(?i)signature=([^&]+)|[?&_]sig=([^&]+)", url)]
    wanted = {text for pair in signatures for text in pair if text}
    assert len(wanted) == 2
    assert not seen_in_logs(wanted, records)


@pytest.mark.parametrize("fault", LASTING)
def test_no_error_holds_a_secret_with_its_causes_and_their_variables(
    stage: Stage, client: ObjectStorageClient, fault: str
) -> None:
    calls: dict[str, Callable[[], object]] = {
        "read": lambda: client.object_read("thing"),
        "write": lambda: client.object_write("thing", b"content"),
        "upload": lambda: client.object_upload(BytesIO(bytes(2 * stage.store.part_size)), "large"),
        "list": lambda: client.object_list(),
        "delete many": lambda: client.object_delete_many(["thing", "other"]),
        "copy": lambda: client.object_copy("thing", "copied"),
        "container": lambda: client.container_create("another"),
    }
    client.object_info("thing")
    stage.proxy.aim(Fault("lasting", lambda request: True, LASTING[fault], None))
    for what, call in calls.items():
        with recorded() as records, pytest.raises(ObjectStorageClientError) as caught:
            call()
        secrets = _secrets(stage)
        assert not seen_in_error(secrets, caught.value), what
        assert not seen_in_logs(secrets, records), what
        assert not seen_in_pickle(secrets, caught.value), what


def test_a_refused_login_shows_no_password(stage: Stage) -> None:
    store = stage.store
    wrong = {**store.credentials, **{name: "wrongcanary0" for name in store.credentials if _is_secret(name)}}
    client: ObjectStorageClient
    if isinstance(store.direct, S3Client):
        client = S3Client(MATRIX, endpoint_url=store.endpoint, credentials=wrong, options=BRISK)
    elif isinstance(store.direct, AzureClient):
        client = AzureClient(MATRIX, account_url=store.endpoint + store.base, credentials=wrong, options=BRISK)
    elif isinstance(store.direct, GCSClient):
        client = GCSClient(MATRIX, endpoint_url=store.endpoint, credentials=wrong, options=BRISK)
    else:
        client = SwiftClient(None, MATRIX, credentials=wrong, options=BRISK)
    with client, recorded() as records, pytest.raises(ObjectStorageClientError) as caught:
        client.object_read("thing")
    assert not seen_in_error({"wrongcanary0"}, caught.value)
    assert not seen_in_logs({"wrongcanary0"}, records)


def _is_secret(name: str) -> bool:
    ours = ("ST_KEY", "OS_PASSWORD", "AWS_SECRET_ACCESS_KEY", "OS_APPLICATION_CREDENTIAL_SECRET")
    return name in (*ours, "AZURE_STORAGE_KEY", "GOOGLE_SERVICE_ACCOUNT_KEY")


def test_nothing_that_a_client_holds_shows_a_secret(stage: Stage, client: ObjectStorageClient) -> None:
    """By `repr` of the client, and of all the library's objects that can be reached from it."""
    stage.proxy.aim()
    client.object_read("thing")
    secrets = _secrets(stage)
    for value in [client, *_reachable(client)]:
        text = f"{value!r} {value!s}"
        assert not any(secret in text for secret in secrets), type(value)


def _reachable(root: object) -> list[object]:
    found: dict[int, object] = {}
    waiting = [root]
    while waiting:
        for value in gc.get_referents(waiting.pop()):
            ours = type(value).__module__.startswith("obs_client") and not isinstance(value, type)
            held = isinstance(value, (dict, list, tuple)) and len(found) < 5000 and _is_state(value)
            if (ours or held) and id(value) not in found:
                found[id(value)] = value
                waiting.append(value)
    return [value for value in found.values() if type(value).__module__.startswith("obs_client")]


def _is_state(value: Any) -> bool:
    return not (isinstance(value, dict) and "__builtins__" in value)


def test_a_pickle_holds_what_was_given_and_no_token(stage: Stage, client: ObjectStorageClient) -> None:
    stage.proxy.aim()
    client.object_read("thing")
    data = pickle.dumps(client)
    tokens = _secrets(stage) - set(stage.store.secrets)
    assert not [token for token in tokens if token.encode() in data]
    with pickle.loads(data) as copy:
        assert copy.object_read("thing") == b"content"


def test_a_pickle_holds_nothing_of_the_environment(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    store: Store = stage.store
    for name, value in store.credentials.items():
        monkeypatch.setenv(name, value)
    client: ObjectStorageClient
    if isinstance(store.direct, S3Client):
        client = S3Client(MATRIX, endpoint_url=store.endpoint)
    elif isinstance(store.direct, AzureClient):
        client = AzureClient(MATRIX, account_url=store.endpoint + store.base)
    elif isinstance(store.direct, GCSClient):
        client = GCSClient(MATRIX, endpoint_url=store.endpoint)
    else:
        client = SwiftClient(None, MATRIX)
    with client:
        assert client.object_read("thing") == b"content"
        data = pickle.dumps(client)
    assert not [secret for secret in store.secrets if secret.encode() in data]
    with pickle.loads(data) as copy:
        assert copy.object_read("thing") == b"content"


def test_the_password_of_a_forward_proxy_is_not_shown(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with forward_proxy("user:right-one") as proxy:
        assert proxy.server
        url = f"http://user:proxy-canary@127.0.0.1:{proxy.server.port}"
        monkeypatch.setenv("HTTP_PROXY", url)
        monkeypatch.setenv("http_proxy", url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with stage.store.client() as client, recorded() as records, pytest.raises(ObjectStorageClientError) as caught:
            client.object_read("thing", MATRIX)
    assert not seen_in_error({"proxy-canary"}, caught.value)
    assert not seen_in_logs({"proxy-canary"}, records)


def test_the_library_is_silent_without_a_handler(stage: Stage, client: ObjectStorageClient) -> None:
    """What it logs at most is a WARNING of a retry, without a secret."""
    stage.proxy.aim(Fault("once", lambda request: True, spoiling.refuse(BROKEN), 1))
    with recorded() as records:
        client.object_read("thing")
    levels = {line.split(":")[0] for line in records.lines}
    assert "obs_client" in levels
    assert logging.getLogger("obs_client").level == logging.NOTSET
