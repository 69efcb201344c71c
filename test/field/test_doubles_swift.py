"""The doubles of Swift against what they stand for: the same requests, and the same responses but for ids and times."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

import pytest

from test.field.running import radosgw, swift_server
from test.field.steps import Send, Step, md5, outcomes
from test.loopback.swift_double import Ways
from test.loopback.swift_named import RGW_SWIFT
from test.servers import missing_programs
from test.servers.requests import web
from test.servers.requests.login import log_in
from test.servers.shared import Servers

MISSING = missing_programs()
HERE, PARTS = f"here-{secrets.token_hex(4)}", f"parts-{secrets.token_hex(4)}"
HELLO = md5(b"hello")
PART = b"x" * 1000
MANIFEST = [{"path": f"/{PARTS}/r/{number}", "etag": md5(PART), "size_bytes": 1000} for number in range(3)]
TEXT = {"Content-Type": "text/plain"}


def meta(key: str, value: str) -> dict[str, str]:
    return {f"X-Object-Meta-{key}": value}


def manifest(entries: list[dict[str, object]]) -> bytes:
    return json.dumps(entries).encode()


PLAIN = [
    Step("PUT", f"/{HERE}"),
    Step("PUT", f"/{HERE}"),
    Step("HEAD", "/nowhere"),
    Step("GET", "/nowhere?format=json"),
    Step("GET", f"/{HERE}?format=json"),
    Step("PUT", f"/{HERE}/a.txt", b"hello", {**TEXT, **meta("Color", "blue")}),
    Step("PUT", f"/{HERE}/b.txt", b"hello", {**TEXT, "ETag": "0" * 32}),
    Step("PUT", f"/{HERE}/b.txt", b"hello", {**TEXT, "ETag": HELLO}),
    Step("PUT", f"/{HERE}/b.txt", b"other", {**TEXT, "If-None-Match": "*"}),
    Step("GET", f"/{HERE}/b.txt"),
    Step("PUT", "/nowhere/b.txt", b"hello", TEXT),
    Step("HEAD", f"/{HERE}/a.txt"),
    Step("GET", f"/{HERE}/a.txt", headers={"Range": "bytes=1-2"}),
    Step("GET", f"/{HERE}/a.txt", headers={"Range": "bytes=-2"}),
    Step("GET", f"/{HERE}/a.txt", headers={"Range": "bytes=10-20"}),
    Step("HEAD", f"/{HERE}/none"),
    Step("GET", f"/{HERE}/none"),
    Step("GET", f"/{HERE}/a.txt", headers={"If-Match": '"00"'}),
    Step("GET", f"/{HERE}/a.txt", headers={"If-None-Match": f'"{HELLO}"'}),
    Step("PUT", f"/{HERE}/empty", b"", TEXT),
    Step("GET", f"/{HERE}/empty", headers={"Range": "bytes=-1"}),
    Step("GET", f"/{HERE}/empty", headers={"Range": "bytes=0-"}),
    Step("PUT", f"/{HERE}/coded", b"1", {**TEXT, "Content-Encoding": "gzip", "Cache-Control": "no-cache"}),
    Step("HEAD", f"/{HERE}/coded"),
    Step("POST", f"/{HERE}/coded", headers=meta("Shape", "round")),
    Step("HEAD", f"/{HERE}/coded"),
    Step("POST", f"/{HERE}/none", headers=meta("Shape", "round")),
    Step("PUT", f"/{HERE}/under", b"1", {**TEXT, **meta("a_b", "v"), **meta("c", "v")}),
    Step("HEAD", f"/{HERE}/under"),
    Step("PUT", f"/{HERE}/past", b"1", {**TEXT, "X-Delete-At": "1000"}),
    Step("PUT", f"/{HERE}/{'n' * 1025}", b"1", TEXT),
    Step("DELETE", f"/{HERE}/under"),
    Step("DELETE", f"/{HERE}/under"),
    Step("DELETE", f"/{HERE}"),
    Step("DELETE", "/nowhere"),
]
COPIES = [
    Step("PUT", f"/{HERE}/copy", headers={"X-Copy-From": f"/{HERE}/a.txt"}),
    Step("HEAD", f"/{HERE}/copy"),
    Step("PUT", f"/{HERE}/fresh", headers={"X-Copy-From": f"/{HERE}/a.txt", "X-Fresh-Metadata": "true", **TEXT}),
    Step("HEAD", f"/{HERE}/fresh"),
    Step("COPY", f"/{HERE}/a.txt", headers={"Destination": f"{HERE}/third"}),
    Step("PUT", f"/{HERE}/copy", headers={"X-Copy-From": f"/{HERE}/none"}),
    Step("DELETE", f"/{HERE}/copy"),
    Step("DELETE", f"/{HERE}/fresh"),
    Step("DELETE", f"/{HERE}/third"),
]
LARGE = [
    Step("PUT", f"/{PARTS}"),
    *[Step("PUT", f"/{PARTS}/r/{number}", PART, {**TEXT, "ETag": md5(PART)}) for number in range(3)],
    Step("PUT", f"/{HERE}/large?multipart-manifest=put", manifest(MANIFEST), {**TEXT, **meta("Color", "red")}),
    Step("HEAD", f"/{HERE}/large"),
    Step("GET", f"/{HERE}/large", headers={"Range": "bytes=998-1001"}),
    Step("PUT", f"/{HERE}/wrong?multipart-manifest=put", manifest([{**MANIFEST[0], "size_bytes": 1001}]), TEXT),
    Step("PUT", f"/{HERE}/wrong?multipart-manifest=put", manifest([{**MANIFEST[0], "path": f"/{PARTS}/no"}]), TEXT),
    Step("PUT", f"/{HERE}/wrong?multipart-manifest=put", b"junk", TEXT),
    Step("PUT", f"/{HERE}/flat", headers={"X-Copy-From": f"/{HERE}/large"}),
    Step("HEAD", f"/{HERE}/flat"),
    Step("GET", f"/{HERE}?format=json&prefix=large"),
    Step("POST", f"/{HERE}/large", headers=meta("Shape", "round")),
    Step("HEAD", f"/{HERE}/large"),
    Step("DELETE", f"/{HERE}/large"),
    Step("GET", f"/{PARTS}?format=json"),
    Step("PUT", f"/{HERE}/dynamic", b"", {**TEXT, "X-Object-Manifest": f"{PARTS}/r/"}),
    Step("HEAD", f"/{HERE}/dynamic"),
    Step("GET", f"/{HERE}/dynamic", headers={"Range": "bytes=2998-"}),
    Step("GET", f"/{HERE}?format=json&prefix=dynamic"),
]
LISTINGS = [
    *[Step("PUT", f"/{HERE}/{name}", b"1", TEXT) for name in ("x/a", "x/b", "y", "/lead", "z--1", "z--2")],
    Step("GET", f"/{HERE}?format=json"),
    Step("GET", f"/{HERE}?format=json&delimiter=/"),
    Step("GET", f"/{HERE}?format=json&delimiter=/&prefix=x/"),
    Step("GET", f"/{HERE}?format=json&delimiter=/&marker=x/"),
    Step("GET", f"/{HERE}?format=json&delimiter=--&prefix=z"),
    Step("GET", f"/{HERE}?format=json&marker=x/a&limit=2"),
    Step("GET", f"/{HERE}?format=json&prefix=x&end_marker=x/b"),
]
STEPS = [*PLAIN, *COPIES, *LARGE, *LISTINGS]


def sender(credentials: Mapping[str, str]) -> Send:
    url, token = log_in(credentials)

    def send(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> web.Answer:
        return web.request(method, url + path, body=body, headers={**headers, "X-Auth-Token": token})

    return send


def test_the_double_is_as_swift(servers: Servers) -> None:
    real = outcomes(STEPS, sender(servers.swift().credentials))
    assert outcomes(STEPS, sender(swift_server(Ways()).credentials)) == real


@pytest.mark.server
@pytest.mark.skipif(bool(MISSING), reason=f"Ceph's gateway cannot be started here: no {', '.join(MISSING)}")
def test_the_double_is_as_ceph() -> None:
    less = ("x-container-bytes-used",)  # it holds a manifest as Ceph writes it down
    real = outcomes(STEPS, sender(radosgw().credentials), less)
    assert outcomes(STEPS, sender(swift_server(RGW_SWIFT).credentials), less) == real
