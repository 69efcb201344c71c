"""The servers that the other tests rely on: they start, keep the limits asked for, and know their users."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

import pytest

from test.servers import (
    RunningServer,
    SwiftLimits,
    SwiftServer,
    start_keystone,
    start_moto,
    start_seaweedfs,
    start_swift,
)
from test.servers.requests import web
from test.servers.requests.login import Login
from test.servers.requests.signing import signed_headers
from test.servers.traces import LONGEST_WAIT, adopted, expect_no_traces, processes

MEBIBYTE = 1024 * 1024
#: A server of the one kind or the other.
Server = TypeVar("Server", bound=RunningServer)
LIMITS = SwiftLimits(container_listing_limit=5, max_file_size=MEBIBYTE, max_manifest_segments=3)


pytestmark = pytest.mark.usefixtures("starts_servers")


@pytest.fixture(scope="module")
def swift() -> Iterator[SwiftServer]:
    yield from lend(start_swift(LIMITS))


@pytest.fixture(scope="module")
def keystone() -> Iterator[SwiftServer]:
    yield from lend(start_keystone(replace(LIMITS, token_life=5)))


@pytest.fixture(scope="module")
def seaweedfs() -> Iterator[RunningServer]:
    yield from lend(start_seaweedfs())


@pytest.fixture(scope="module")
def moto() -> Iterator[RunningServer]:
    yield from lend(start_moto())


def lend(server: Server) -> Iterator[Server]:
    """Lend a server to the tests, and see that nothing is left of it when it has stopped."""
    with server:
        directory, files = server.process.directory, adopted(server)
        assert processes(directory)
        yield server
    expect_no_traces(directory, files)


def send_s3(
    server: RunningServer, method: str, path: str, body: bytes = b"", keys: Mapping[str, str] | None = None
) -> web.Answer:
    url = server.endpoint_url + path
    headers = signed_headers(method, url, keys or server.s3_credentials, region=server.region, body=body)
    return web.request(method, url, headers=headers, body=body)


def check_put_and_get(login: Login, container: str) -> None:
    assert login.send("PUT", f"/{container}").status == 201
    assert login.send("PUT", f"/{container}/a", b"content").status == 201
    assert login.send("GET", f"/{container}/a").body == b"content"


def check_limits(login: Login, container: str) -> None:
    """Ask for one more than each lowered limit allows."""
    assert login.send("PUT", f"/{container}").status == 201
    assert login.send("PUT", f"/{container}/large", bytes(MEBIBYTE)).status == 201
    assert login.send("PUT", f"/{container}/larger", bytes(MEBIBYTE + 1)).status == 413
    for number in range(6):
        assert login.send("PUT", f"/{container}/{number}", b"x").status == 201
    assert len(json.loads(login.send("GET", f"/{container}?format=json").body)) == 5
    for count, status in ((3, 201), (4, 413)):
        manifest = json.dumps([{"path": f"/{container}/{number}"} for number in range(count)]).encode()
        assert login.send("PUT", f"/{container}/slo?multipart-manifest=put", manifest).status == status
    assert login.send("GET", f"/{container}/slo").body == b"xxx"


def check_s3(server: RunningServer, container: str) -> None:
    assert send_s3(server, "PUT", f"/{container}").status == 200
    assert send_s3(server, "PUT", f"/{container}/a", b"content").status == 200
    assert send_s3(server, "GET", f"/{container}/a").body == b"content"


def check_reader(login: Login, container: str, reader: Login) -> None:
    assert login.send("PUT", f"/{container}").status == 201
    assert login.send("PUT", f"/{container}/a", b"content").status == 201
    assert reader.storage_url == login.storage_url
    assert reader.send("GET", f"/{container}/a").body == b"content"
    assert reader.send("PUT", f"/{container}/b", b"content").status == 403


def test_swift_answers(swift: SwiftServer) -> None:
    login = Login(swift.accounts["member"])
    assert login.storage_url == swift.storage_url
    check_put_and_get(login, "answers")


def test_swift_has_the_lowered_limits(swift: SwiftServer) -> None:
    check_limits(Login(swift.accounts["member"]), "limits")


def test_swift_tells_its_limits(swift: SwiftServer) -> None:
    told = json.loads(web.request("GET", f"{swift.endpoint_url}/info").body)
    assert told["swift"]["container_listing_limit"] == 5
    assert told["swift"]["max_file_size"] == MEBIBYTE
    assert told["slo"]["max_manifest_segments"] == 3
    wanted = {"tempurl", "bulk_delete", "bulk_upload", "versioned_writes", "object_versioning", "symlink", "s3api"}
    assert wanted <= set(told)
    assert {"container_quotas", "account_quotas"} <= set(told)


def test_swift_tokens_run_out() -> None:
    with start_swift(SwiftLimits(token_life=2)) as server:
        check_token_life(Login(server.accounts["member"]))


def test_swift_users_have_different_rights(swift: SwiftServer) -> None:
    login = Login(swift.accounts["member"])
    check_reader(login, "rights", Login(swift.reader))
    check_strangers(swift, "rights")


def test_swift_speaks_s3(swift: SwiftServer) -> None:
    check_s3(swift, "s3-answers")
    wrong = {**swift.s3_credentials, "AWS_SECRET_ACCESS_KEY": "wrong"}
    assert send_s3(swift, "GET", "/s3-answers/a", keys=wrong).status == 403


def test_swift_daemons_run_once(swift: SwiftServer) -> None:
    login = Login(swift.second)
    assert login.send("PUT", "/expiring").status == 201
    assert login.send("PUT", "/expiring/a", b"content", {"X-Delete-After": "1"}).status == 201
    swift.run_container_updater()
    assert Login(swift.second).send("HEAD", "").headers["x-account-object-count"] == "1"
    time.sleep(1.1)
    assert names(Login(swift.second), "expiring") == ["a"]
    swift.run_object_expirer()
    assert names(Login(swift.second), "expiring") == []


def names(login: Login, container: str) -> list[str]:
    return [entry["name"] for entry in json.loads(login.send("GET", f"/{container}?format=json").body)]


def test_a_cluster_can_lack_filters() -> None:
    with start_swift(SwiftLimits(without=("slo", "tempurl", "bulk", "s3api"))) as server:
        told = json.loads(web.request("GET", f"{server.endpoint_url}/info").body)
        assert not {"slo", "tempurl", "bulk_delete", "s3api"} & set(told)
        check_put_and_get(Login(server.accounts["member"]), "answers")


def test_keystone_answers(keystone: SwiftServer) -> None:
    login = Login(keystone.accounts["member"])
    assert login.storage_url == keystone.storage_url
    check_put_and_get(login, "answers")
    assert Login(keystone.accounts["application_credential"]).send("GET", "/answers/a").body == b"content"


def test_keystone_has_the_lowered_limits(keystone: SwiftServer) -> None:
    check_limits(Login(keystone.accounts["member"]), "limits")


def test_keystone_tokens_run_out(keystone: SwiftServer) -> None:
    check_token_life(Login(keystone.accounts["second"]))


def check_token_life(login: Login) -> None:
    """Expect a token of few seconds to work at first, and to be refused some time after."""
    headers, began = {"X-Auth-Token": login.token}, time.monotonic()
    assert web.request("GET", login.storage_url, headers=headers).status in (200, 204)
    while web.request("GET", login.storage_url, headers=headers).status != 401:
        assert time.monotonic() - began < LONGEST_WAIT
        time.sleep(0.2)


def test_keystone_users_have_different_rights(keystone: SwiftServer) -> None:
    check_reader(Login(keystone.accounts["member"]), "rights", Login(keystone.reader))
    check_strangers(keystone, "rights")


def check_strangers(server: SwiftServer, container: str) -> None:
    """Expect the second account's user to be refused, and the administrator of all to be let in."""
    for account, status in ((server.second, 403), (server.admin, 200)):
        headers = {"X-Auth-Token": Login(account).token}
        assert web.request("GET", f"{server.storage_url}/{container}/a", headers=headers).status == status


def test_keystone_speaks_s3(keystone: SwiftServer) -> None:
    check_s3(keystone, "s3-answers")
    assert send_s3(keystone, "GET", "/s3-answers/a", keys=keystone.reader.s3_credentials).status == 200
    assert send_s3(keystone, "PUT", "/s3-answers/b", keys=keystone.reader.s3_credentials).status == 403


def test_seaweedfs_answers(seaweedfs: RunningServer) -> None:
    check_s3(seaweedfs, "answers")


def test_seaweedfs_checks_signatures(seaweedfs: RunningServer) -> None:
    answer = web.request("GET", f"{seaweedfs.endpoint_url}/")
    assert answer.status == 403
    assert b"<Code>AccessDenied</Code>" in answer.body
    wrong = {**seaweedfs.s3_credentials, "AWS_SECRET_ACCESS_KEY": "wrong"}
    assert b"<Code>SignatureDoesNotMatch</Code>" in send_s3(seaweedfs, "GET", "/", keys=wrong).body


def test_seaweedfs_reader_may_only_read(seaweedfs: RunningServer) -> None:
    check_s3(seaweedfs, "readable")
    keys = seaweedfs.reader.s3_credentials
    assert send_s3(seaweedfs, "GET", "/readable/a", keys=keys).body == b"content"
    assert send_s3(seaweedfs, "PUT", "/readable/b", keys=keys).status == 403


def test_seaweedfs_does_as_s3_does(seaweedfs: RunningServer) -> None:
    check_s3(seaweedfs, "strict")
    assert send_s3(seaweedfs, "DELETE", "/strict").status == 409
    assert send_s3(seaweedfs, "PUT", "/not-made/a").status == 404


def test_moto_answers(moto: RunningServer) -> None:
    check_s3(moto, "answers")
    assert b"<Code>NoSuchBucket</Code>" in send_s3(moto, "GET", "/absent/a").body
