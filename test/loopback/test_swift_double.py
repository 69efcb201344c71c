"""The Swift double by raw requests: what does not show in a conformance run, and the ways of Ceph's gateway."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from test.loopback.failures import Failure
from test.loopback.swift_double import OTHER, SwiftDouble, Ways, swift_double
from test.loopback.swift_named import NULL_ROWS, REGIONS, RGW_SWIFT, SHORT_PAGES, UNTYPED_ROWS
from test.servers.requests import web

NOTHING = hashlib.md5(b"").hexdigest()


class Session:
    """A login, and requests with its token."""

    def __init__(self, server: SwiftDouble, credentials: Mapping[str, str] | None = None) -> None:
        keys = credentials or server.credentials
        found = web.request(
            "GET", keys["ST_AUTH"], headers={"X-Auth-User": keys["ST_USER"], "X-Auth-Key": keys["ST_KEY"]}
        )
        self.url, self.token = found.headers["x-storage-url"], found.headers["x-auth-token"]

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> web.Answer:
        given = {"X-Auth-Token": self.token, **(headers or {})}
        return web.request(method, self.url + path, body=body, headers=given)

    def rows(self, path: str) -> Any:
        return json.loads(self.send("GET", path).body)


def put_large(session: Session, *, etag: bool = False) -> tuple[web.Answer, str]:
    """A static large object `/ccc/large` of three segments; the response to its manifest, and its tag."""
    for container in ("/ccc", "/segments"):
        session.send("PUT", container)
    tag = hashlib.md5(b"part").hexdigest()
    for number in range(3):
        assert session.send("PUT", f"/segments/{number}", b"part").status == 201
    entries = [{"path": f"/segments/{number}", "etag": tag, "size_bytes": 4} for number in range(3)]
    whole = hashlib.md5(tag.encode() * 3).hexdigest()
    told = {"ETag": whole} if etag else {}
    body = json.dumps(entries).encode()
    return session.send("PUT", "/ccc/large?multipart-manifest=put", body, told), whole


def test_a_large_object_as_swift_keeps_it() -> None:
    with swift_double() as server:
        session = Session(server)
        answer, tag = put_large(session, etag=True)
        assert (answer.status, answer.headers["etag"]) == (201, f'"{tag}"')
        found = session.send("GET", "/ccc/large", headers={"Range": "bytes=3-4"})
        assert (found.status, found.body, found.headers["content-range"]) == (206, b"tp", "bytes 3-4/12")
        (row,) = session.rows("/ccc?format=json")
        assert (row["bytes"], row["slo_etag"]) == (12, f'"{tag}"')
        entries = session.rows("/ccc/large?multipart-manifest=get")
        assert [(entry["name"], entry["bytes"]) for entry in entries] == [(f"/segments/{n}", 4) for n in range(3)]
        session.send("DELETE", "/segments/0")
        assert session.send("GET", "/ccc/large").status == 409


def test_a_large_object_as_ceph_keeps_it() -> None:
    with swift_double(RGW_SWIFT) as server:
        session = Session(server)
        assert put_large(session, etag=True)[0].status == 422
        answer, tag = put_large(session)
        assert (answer.status, answer.headers["etag"]) == (201, f'"{tag}"')
        head = session.send("HEAD", "/ccc/large").headers
        assert (head["content-length"], head["x-object-meta-static-large-object"]) == ("12", "True")
        assert session.send("GET", "/ccc/large?multipart-manifest=get").body == b""
        (row,) = session.rows("/ccc?format=json")
        assert row["hash"] == NOTHING
        assert "slo_etag" not in row
        assert session.send("PUT", "/ccc/copy", headers={"X-Copy-From": "/ccc/large"}).status == 201
        assert session.send("HEAD", "/ccc/copy").headers["x-static-large-object"] == "True"
        assert session.send("POST", "/ccc/large", headers={"X-Object-Meta-Color": "red"}).status == 202
        assert "x-object-meta-static-large-object" not in session.send("HEAD", "/ccc/large").headers


def test_a_condition_that_ceph_does_not_keep() -> None:
    for ways, status in ((Ways(), 412), (RGW_SWIFT, 201)):
        with swift_double(ways) as server:
            session = Session(server)
            session.send("PUT", "/ccc")
            session.send("PUT", "/ccc/a", b"1")
            assert session.send("PUT", "/ccc/a", b"2", {"If-None-Match": "*"}).status == status


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
@pytest.mark.parametrize("ways", [Ways(), RGW_SWIFT])
def test_signed_urls(ways: Ways, digest: str) -> None:
    with swift_double(ways) as server:
        session = Session(server)
        session.send("PUT", "/ccc")
        session.send("PUT", "/ccc/a", b"1", {"X-Object-Meta-Color": "red"})
        session.send("POST", "", headers={"X-Account-Meta-Temp-URL-Key": "key"})
        expires = int(time.time()) + 60
        path = session.url.removeprefix(server.url) + "/ccc/a"
        signature = hmac.new(b"key", f"GET\n{expires}\n{path}".encode(), digest).hexdigest()
        url = f"{server.url}{path}?temp_url_sig={signature}&temp_url_expires={expires}"
        found = web.request("GET", url)
        assert found.status == (200 if digest in ways.digests else 403)
        assert "x-object-meta-color" not in found.headers
        assert web.request("GET", url.replace("ccc/a", "ccc/b")).status == ways.bad_url_status


def test_a_dynamic_object_of_more_than_a_page_has_no_length() -> None:
    with swift_double(SHORT_PAGES) as server:
        for number in range(6):
            server.store("parts", f"large/{number}", b"part")
        server.store("ccc", "large", b"", dynamic="parts/large/")
        session = Session(server)
        found = session.send("GET", "/ccc/large")
        assert (found.body, "content-length" in found.headers) == (b"part" * 6, False)
        assert session.send("HEAD", "/ccc/large").headers["content-length"] == "0"
        assert session.send("PUT", "/ccc/copy", headers={"X-Copy-From": "/ccc/large"}).status == 413
        server.container("parts").objects.pop("large/5")
        assert session.send("HEAD", "/ccc/large").headers["content-length"] == "20"
        assert session.rows("/ccc?format=json")[0]["hash"] == NOTHING


def test_rows_without_their_fields() -> None:
    for ways, found in ((UNTYPED_ROWS, "absent"), (NULL_ROWS, None)):
        with swift_double(ways) as server:
            server.store("ccc", "a", b"1")
            assert Session(server).rows("/ccc?format=json")[0].get("content_type", "absent") == found


def test_who_may_only_write_may_not_look() -> None:
    with swift_double() as server:
        server.container("box", {"x-container-write": OTHER.name})
        session = Session(server, server.other_credentials)
        assert session.send("PUT", "/box/a", b"1").status == 201
        assert session.send("HEAD", "/box").status == 403
        assert session.send("HEAD", "/box/a").status == 403
        assert session.send("PUT", "/other").status == 403


def test_an_older_version_comes_back() -> None:
    with swift_double() as server:
        server.container("old")
        server.container("ccc", {"x-versions-location": "old"})
        session = Session(server)
        for content in (b"1", b"2"):
            session.send("PUT", "/ccc/a", content)
        assert session.send("DELETE", "/ccc/a").status == 204
        assert session.send("GET", "/ccc/a").body == b"1"
        assert session.send("DELETE", "/ccc/a").status == 204
        assert session.send("GET", "/ccc/a").status == 404


def test_metadata_of_a_symlink_are_those_of_its_target() -> None:
    with swift_double() as server:
        session = Session(server)
        session.send("PUT", "/ccc")
        session.send("PUT", "/ccc/a/b", b"1")
        session.send("PUT", "/ccc/to/it", headers={"X-Symlink-Target": "ccc/a/b"})
        assert session.send("GET", "/ccc/to/it").body == b"1"
        found = session.send("POST", "/ccc/to/it", headers={"X-Object-Meta-Color": "red"})
        assert (found.status, found.headers["location"]) == (307, "/v1/AUTH_test/ccc/a/b")


def test_a_login_may_have_to_wait() -> None:
    busy = Failure("GET login", 503, headers=(("Retry-After", "1"),))
    with swift_double(Ways(failures=(busy,))) as server:
        keys = server.credentials
        ask = {"X-Auth-User": keys["ST_USER"], "X-Auth-Key": keys["ST_KEY"]}
        first = web.request("GET", keys["ST_AUTH"], headers=ask)
        assert (first.status, first.headers["retry-after"]) == (503, "1")
        assert web.request("GET", keys["ST_AUTH"], headers=ask).status == 200


def test_each_region_has_an_account_of_its_own() -> None:
    with swift_double(REGIONS) as server:
        user = {"name": "tester", "password": "testing"}
        login = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
        body = json.dumps(login).encode()
        found = web.request("POST", f"{server.url}/v3/auth/tokens", body=body)
        endpoints = json.loads(found.body)["token"]["catalog"][0]["endpoints"]
        urls = {each["region"]: each["url"] for each in endpoints if each["interface"] == "public"}
        assert sorted(urls) == ["RegionOne", "RegionTwo"]
        token = {"X-Auth-Token": found.headers["x-subject-token"]}
        assert web.request("PUT", f"{urls['RegionOne']}/ccc", headers=token).status == 201
        assert web.request("HEAD", f"{urls['RegionTwo']}/ccc", headers=token).status == 404


def test_a_token_is_taken_for_another_one() -> None:
    with swift_double(REGIONS) as server:
        token = Session(server).token
        login = {"auth": {"identity": {"methods": ["token"], "token": {"id": token}}}}
        found = web.request("POST", f"{server.url}/v3/auth/tokens", body=json.dumps(login).encode())
        assert found.status == 201
        assert json.loads(web.request("GET", f"{server.url}/v3").body)["version"]["id"].startswith("v3")
