"""What is sent to Google with an object: attributes, digests and conditions; and what is told of it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import google_crc32c
import pytest

from obs_client import AuthorizationError, GCSClient, IntegrityError, InvalidNameError
from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.calls.refusals import Refusal
from obs_client.backend.body import BytesBody
from obs_client.backend.values import NewObject
from obs_client.backends.gcs.reading import base64_of
from obs_client.backends.gcs.writing import (
    check_container_name,
    check_stored,
    create_container,
    resource_of,
    written,
)
from obs_client.errors import ContainerExistsError
from obs_client.models import Attributes
from test.gcs.content.playing import Played, playing, refused, told

CONTENT = b"some content"
CRC32C = base64_of(google_crc32c.value(CONTENT).to_bytes(4, "big"))
STORED = "size,generation,crc32c,timeCreated"
TOLD = {"size": "12", "generation": "15", "crc32c": CRC32C, "timeCreated": "2026-11-27T10:00:00Z"}
ALL = Attributes("text/plain", {"a-b": "röt"}, "gzip", "inline", "de", "no-store", write_id="0123")
RESOURCE = {
    "name": "a/ü",
    "contentType": "text/plain",
    "contentEncoding": "gzip",
    "contentDisposition": "inline",
    "contentLanguage": "de",
    "cacheControl": "no-store",
    "metadata": {"a-b": "=?UTF-8?B?csO2dA==?=", "obs-write-id": "0123"},
}
NEW = NewObject("box", "a/ü", ALL, len(CONTENT))
PLAIN = NewObject("box", "a/ü", Attributes("text/plain", {}), len(CONTENT))
CONDITIONS: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    ({}, {}),
    ({"if_absent": True}, {"ifGenerationMatch": ["0"]}),
    ({"if_hash": "15-00000000"}, {"ifGenerationMatch": ["15"]}),
]


@pytest.fixture
def played() -> Iterator[Played]:
    with playing() as found:
        yield found


def query(line: str) -> dict[str, list[str]]:
    return parse_qs(line.partition("?")[2], strict_parsing=True)


@pytest.mark.parametrize(("conditions", "asked"), CONDITIONS)
def test_a_write_carries_all_attributes_its_digest_and_its_condition(
    conditions: dict[str, Any], asked: dict[str, list[str]], played: Played
) -> None:
    played.answers += [told(TOLD)]
    info = played.client._object_write(dataclasses.replace(NEW, **conditions), BytesBody(CONTENT))
    assert played.lines[0].startswith("POST /upload/storage/v1/b/box/o?")
    assert query(played.lines[0]) == {"uploadType": ["multipart"], "fields": [STORED], **asked}
    kind = re.fullmatch("multipart/related; boundary=([0-9a-f]{32})", played.headers()["content-type"])
    assert kind
    boundary = kind[1].encode()
    before, first, second, after = re.split(b"(?:^|\r\n)--" + boundary, played.bodies[0])
    assert (before, after) == (b"", b"--\r\n")
    head, _, document = first.partition(b"\r\n\r\n")
    assert head == b"\r\nContent-Type: application/json; charset=UTF-8"
    assert json.loads(document) == {**RESOURCE, "crc32c": CRC32C}
    assert second == b"\r\nContent-Type: text/plain\r\n\r\n" + CONTENT
    assert info
    assert (info.name, info.size, info.hash) == ("a/ü", 12, f"15-{google_crc32c.value(CONTENT):08x}")
    assert (info.last_modified, info.version_id, info.content_type) == (1795773600.0, "15", "text/plain")


def test_each_write_has_a_boundary_of_its_own(played: Played) -> None:
    for _ in range(2):
        played.answers += [told(TOLD)]
        played.client._object_write(NEW, BytesBody(CONTENT))
    assert played.headers(0)["content-type"] != played.headers(1)["content-type"]


def test_what_is_not_given_is_not_sent() -> None:
    assert json.loads(resource_of(PLAIN, {})) == {"name": "a/ü", "contentType": "text/plain"}
    assert json.loads(resource_of(PLAIN, {"x": "y"}))["x"] == "y"


@pytest.mark.parametrize("changes", [{"size": "13"}, {"size": None}, {"crc32c": "AAAAAA=="}], ids=str)
def test_what_is_stored_is_compared_with_what_was_sent(changes: dict[str, Any], played: Played) -> None:
    with pytest.raises(IntegrityError, match=r"^Google reports that it stored other bytes: size and CRC-32C"):
        check_stored({**TOLD, **changes}, 12, CRC32C)
    check_stored(TOLD, 12, CRC32C)
    played.answers += [told({**TOLD, **changes})] * 2
    with pytest.raises(IntegrityError):
        played.client._object_write(NEW, BytesBody(CONTENT))
    played.client.options = dataclasses.replace(played.client.options, check_content=False)
    played.client._object_write(NEW, BytesBody(CONTENT))


def test_an_answer_that_does_not_say_what_was_stored_is_none() -> None:
    with pytest.raises(StrangeAnswer, match=r"^the response to a write does not say what was stored"):
        check_stored({"size": "12"}, 12, CRC32C)


@pytest.mark.parametrize("missing", ["generation", "crc32c", "timeCreated"])
def test_an_answer_of_an_emulator_that_lacks_something_is_no_info(missing: str) -> None:
    assert written(NEW, TOLD)
    assert written(NEW, {key: value for key, value in TOLD.items() if key != missing}) is None
    assert written(NEW, {**TOLD, missing: None}) is None
    assert written(NEW, {**TOLD, missing: "?"}) is None


@pytest.mark.parametrize(("if_hash", "asked"), [(None, {}), ("15-00000000", {"ifGenerationMatch": ["15"]})])
def test_metadata_are_replaced_but_for_the_mark_and_only_as_they_were_seen(
    if_hash: str | None, asked: dict[str, list[str]], played: Played
) -> None:
    seen = {"metadata": {"Old": "1", "a-b": "2", "Obs-Write-Id": "77"}, "generation": "15", "metageneration": "3"}
    played.answers += [told(seen), told({"name": "a/ü"})]
    played.client._object_replace_metadata("box", "a/ü", ALL, if_hash)
    first, second = (line.partition("?")[0] for line in played.lines)
    path = "/storage/v1/b/box/o/a%2F%C3%BC"
    assert (first, second) == (f"GET {path}", f"PATCH {path}")
    assert query(played.lines[0]) == {"fields": ["metadata,generation,metageneration"], **asked}
    assert query(played.lines[1]) == {
        "fields": ["name"], "ifGenerationMatch": ["15"], "ifMetagenerationMatch": ["3"]
    }  # fmt: skip
    assert json.loads(played.bodies[1]) == {"metadata": {"Old": None, "a-b": "=?UTF-8?B?csO2dA==?="}}
    assert played.headers()["content-type"].startswith("application/json")


def test_metadata_of_what_had_none_are_set(played: Played) -> None:
    played.answers += [told({"generation": "15", "metageneration": "3"}), told({"name": "a/ü"})]
    played.client._object_replace_metadata("box", "a/ü", ALL, None)
    assert json.loads(played.bodies[1]) == {"metadata": {"a-b": "=?UTF-8?B?csO2dA==?="}}


@pytest.mark.parametrize(
    ("operation", "ask"),
    [
        ("buckets.insert", lambda client: client._container_create("box-1")),
        ("objects.insert", lambda client: client._object_write(NEW, BytesBody(CONTENT))),
        ("objects.get", lambda client: client._object_replace_metadata("box", "name", ALL, None)),
    ],
)
def test_a_refusal_says_of_what(operation: str, ask: Callable[[GCSClient], object], played: Played) -> None:
    played.answers += [refused(403, "forbidden")]
    with pytest.raises(Refusal) as found:
        ask(played.client)
    assert found.value.operation == operation


def test_a_refusal_of_the_second_request_says_of_what(played: Played) -> None:
    played.answers += [told({"generation": "15"}), refused(403, "forbidden")]
    with pytest.raises(Refusal) as found:
        played.client._object_replace_metadata("box", "name", ALL, None)
    assert found.value.operation == "objects.patch"
    played.answers += [refused(409, "conflict"), refused(500, "backendError")]
    with pytest.raises(Refusal) as found:
        create_container(played.client._requests, "box-1")
    assert found.value.operation == "buckets.get"


class TestContainers:
    @pytest.mark.parametrize("name", ["abc", "a.b_c-d", "a" * 63, f"{'a' * 63}.{'b' * 63}", "1.2.3", "xgoog"])
    def test_possible_names(self, name: str) -> None:
        check_container_name(name)

    @pytest.mark.parametrize(
        "name", ["ab", "a" * 64, "goog-x", "my-google", "1.2.3.4", "a..b", "-ab", "ab-", "Abc", ".".join("abcd" * 60)]
    )
    def test_impossible_names(self, name: str) -> None:
        with pytest.raises(InvalidNameError, match=r"^'" + re.escape(name) + "': a container name at Google") as found:
            check_container_name(name)
        assert found.value.container == name

    def test_one_is_made_in_the_project(self, played: Played) -> None:
        played.answers += [told({"name": "box-1"})]
        create_container(played.client._requests, "box-1")
        assert played.lines[0].startswith("POST /storage/v1/b?")
        assert query(played.lines[0]) == {"project": ["project-1"], "fields": ["name"]}
        assert json.loads(played.bodies[0]) == {"name": "box-1"}
        assert played.headers()["content-type"].startswith("application/json")

    @pytest.mark.parametrize("closed", [403, 404])
    def test_one_of_somebody_else_is_not_ours(self, closed: int, played: Played) -> None:
        played.answers += [refused(409, "conflict"), refused(closed, "forbidden")]
        with pytest.raises(AuthorizationError, match=r"^a container 'box-1' is there, and not yours: choose another"):
            create_container(played.client._requests, "box-1")
        assert played.lines[1] == "GET /storage/v1/b/box-1?fields=name"

    def test_one_of_ours_is_there(self, played: Played) -> None:
        played.answers += [refused(409, "conflict"), told({"name": "box-1"})]
        with pytest.raises(ContainerExistsError, match=r"^container 'box-1' is there already") as found:
            create_container(played.client._requests, "box-1")
        assert found.value.container == "box-1"

    def test_other_refusals_are_what_they_are(self, played: Played) -> None:
        played.answers += [refused(503, "backendError")]
        with pytest.raises(Refusal, match="503"):
            create_container(played.client._requests, "box-1")
        played.answers += [refused(409, "conflict"), refused(503, "backendError")]
        with pytest.raises(Refusal, match="503"):
            create_container(played.client._requests, "box-1")
