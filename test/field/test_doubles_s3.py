"""The double of Ceph's S3 API against a real one: the same requests, and the same responses but for ids and times."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any

import pytest

from test.field.running import radosgw, s3_server
from test.field.steps import Send, Step, md5, outcomes
from test.loopback.s3_named import RGW_S3
from test.servers import missing_programs
from test.servers.requests import web
from test.servers.requests.signing import signed_headers

MISSING = missing_programs()
HERE = f"here-{secrets.token_hex(4)}"
ONE = f'"{md5(b"1")}"'
TEXT = {"content-type": "text/plain"}
PART = b"x" * (5 * 1024 * 1024)
DELETE = b"<Delete><Object><Key>d</Key></Object><Object><Key>none</Key></Object></Delete>"


def digest(body: bytes) -> dict[str, str]:
    return {"content-md5": base64.b64encode(hashlib.md5(body).digest()).decode()}


def copy_of(name: str, **headers: str) -> dict[str, str]:
    told = {f"x-amz-{key.replace('_', '-')}": value for key, value in headers.items()}
    return {"x-amz-copy-source": f"/{HERE}/{name}", **told}


STEPS = [
    Step("HEAD", f"/{HERE}"),
    Step("PUT", f"/{HERE}"),
    Step("PUT", f"/{HERE}"),
    Step("HEAD", f"/{HERE}"),
    Step("GET", f"/{HERE}?list-type=2"),
    Step("PUT", f"/{HERE}/a", b"1", {**TEXT, "x-amz-meta-color": "blue"}),
    Step("HEAD", f"/{HERE}/a"),
    Step("GET", f"/{HERE}/a", headers={"range": "bytes=0-0"}),
    Step("GET", f"/{HERE}/a", headers={"range": "bytes=5-6"}),
    Step("GET", f"/{HERE}/a", headers={"if-match": '"00"'}),
    Step("GET", f"/{HERE}/a", headers={"if-none-match": ONE}),
    Step("GET", f"/{HERE}/a?partNumber=1"),
    Step("GET", f"/{HERE}/none"),
    Step("PUT", f"/{HERE}/c", b"1", {**TEXT, "if-none-match": "*"}),
    Step("PUT", f"/{HERE}/c", b"2", {**TEXT, "if-none-match": "*"}),
    Step("PUT", f"/{HERE}/c", b"2", {**TEXT, "if-match": '"00"'}),
    Step("PUT", f"/{HERE}/c", b"1", {**TEXT, "if-match": ONE}),
    Step("PUT", f"/{HERE}/c", b"1", {**TEXT, "if-match": md5(b"1")}),
    Step("PUT", f"/{HERE}/none", b"2", {**TEXT, "if-match": ONE}),
    Step("PUT", f"/{HERE}/d", b"1", {**TEXT, "x-amz-checksum-crc32": "AAAAAA=="}),
    Step("HEAD", f"/{HERE}/d", headers={"x-amz-checksum-mode": "ENABLED"}),
    Step("PUT", f"/{HERE}/d", b"1", {**TEXT, **digest(b"2")}),
    Step("PUT", f"/{HERE}/d", b"1", {**TEXT, "content-md5": "zz"}),
    Step("PUT", f"/{HERE}/under", b"1", {**TEXT, "x-amz-meta-a_b": "v"}),
    Step("HEAD", f"/{HERE}/under"),
    Step("PUT", f"/{HERE}/tagged", b"1", {**TEXT, "x-amz-tagging": "a=b"}),
    Step("HEAD", f"/{HERE}/tagged"),
    Step("GET", f"/{HERE}/tagged?tagging="),
    Step("PUT", f"/{HERE}/e", headers=copy_of("a")),
    Step("HEAD", f"/{HERE}/e"),
    Step("PUT", f"/{HERE}/e", headers=copy_of("c", metadata_directive="REPLACE", meta_shape="round")),
    Step("HEAD", f"/{HERE}/e"),
    Step("PUT", f"/{HERE}/e", headers={**copy_of("a"), "if-none-match": "*"}),
    Step("PUT", f"/{HERE}/e", headers=copy_of("a", copy_source_if_match='"00"')),
    Step("PUT", f"/{HERE}/e", headers=copy_of("none")),
    Step("PUT", f"/{HERE}/a", headers=copy_of("a")),
    Step("DELETE", f"/{HERE}/c", headers={"if-match": '"00"'}),
    Step("DELETE", f"/{HERE}/none"),
    Step("PUT", f"/{HERE}/x/a", b"1", TEXT),
    Step("PUT", f"/{HERE}/x/b", b"1", TEXT),
    Step("PUT", f"/{HERE}//lead", b"1", TEXT),
    Step("GET", f"/{HERE}?list-type=2"),
    Step("GET", f"/{HERE}?delimiter=%2F&list-type=2"),
    Step("GET", f"/{HERE}?list-type=2&prefix=x%2F"),
    Step("GET", f"/{HERE}?list-type=2&start-after=tagged"),
    Step("GET", f"/{HERE}?delimiter=%2F&marker=e"),
    Step("POST", f"/{HERE}?delete=", DELETE, digest(DELETE)),
    Step("POST", f"/{HERE}?delete=", DELETE),
    Step("GET", f"/{HERE}?list-type=2&prefix=d"),
    Step("DELETE", f"/{HERE}"),
]


def raw_sender(endpoint_url: str, credentials: Mapping[str, str]) -> Send:
    def send(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> web.Answer:
        url = endpoint_url + path
        return web.request(
            method, url, headers=signed_headers(method, url, credentials, body=body, more=headers), body=body
        )

    return send


def sender(endpoint_url: str, credentials: Mapping[str, str]) -> Send:
    """As `raw_sender`; of a document it gives what can be compared."""
    raw = raw_sender(endpoint_url, credentials)

    def send(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> web.Answer:
        found = raw(method, path, body, headers)
        if b"<?xml" not in found.body:
            return found
        told = {name: value for name, value in found.headers.items() if name != "content-length"}
        return web.Answer(found.status, told, b"\n".join(texts(found.body)))

    return send


def texts(document: bytes) -> list[bytes]:
    """What a document says of names, sizes, tags and prefixes, in whatever order its elements are."""
    found = re.findall(rb"<(Key|Size|ETag|Value|IsTruncated)>([^<]*)<", document)
    folders = re.findall(rb"<CommonPrefixes><Prefix>([^<]*)<", document)
    return sorted(name + b"=" + text for name, text in found) + folders


def large(raw: Send) -> list[Any]:
    """What comes of an upload in parts, the second of which is copied."""
    seen: list[Any] = []

    def ask(method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        answer = raw(method, f"/{HERE}/large{path}", body, headers or {})
        seen.append((answer.status, answer.headers.get("etag"), texts(answer.body)))

    begun = raw("POST", f"/{HERE}/large?uploads=", b"", {}).body
    place = "uploadId=" + begun.partition(b"<UploadId>")[2].partition(b"<")[0].decode()
    ask("PUT", f"?partNumber=1&{place}", PART)
    condition = copy_of("a", copy_source_if_match='"00"', copy_source_range="bytes=0-0")
    ask("PUT", f"?partNumber=2&{place}", headers=condition)
    parts = enumerate([md5(PART), md5(b"1")], 1)
    rows = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>" for number, tag in parts)
    document = f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>".encode()
    ask("POST", f"?{place}", document, {"if-none-match": "*"})
    ask("POST", f"?{place}", document)
    ask("HEAD", "")
    ask("DELETE", f"?{place}")
    ask("PUT", f"?partNumber=1&{place}", PART)
    return seen


@pytest.mark.server
@pytest.mark.skipif(bool(MISSING), reason=f"Ceph's gateway cannot be started here: no {', '.join(MISSING)}")
def test_the_double_is_as_ceph() -> None:
    server, double = radosgw(), s3_server(RGW_S3)
    places = (server.endpoint_url, server.s3_credentials), (double.url, double.credentials)
    real, played = (outcomes(STEPS, sender(*place)) for place in places)
    assert played == real


@pytest.mark.server
@pytest.mark.skipif(bool(MISSING), reason=f"Ceph's gateway cannot be started here: no {', '.join(MISSING)}")
def test_large_objects_are_as_ceph_keeps_them() -> None:
    server, double = radosgw(), s3_server(RGW_S3)
    found = []
    for place in ((server.endpoint_url, server.s3_credentials), (double.url, double.credentials)):
        send = raw_sender(*place)
        send("PUT", f"/{HERE}", b"", {})
        send("PUT", f"/{HERE}/a", b"1", TEXT)
        found.append(large(send))
    assert found[0] == found[1]
