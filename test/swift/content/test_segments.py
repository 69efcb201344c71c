"""Names of segments, what manifests tell of content, and the bodies that are hashed on their way."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from obs_client.backend.body import BytesBody
from obs_client.backend.integrity import ContentDigest
from obs_client.backends.swift.large.upload import HashingBody
from obs_client.backends.swift.segments import (
    digest_of,
    keeps_versions,
    object_of,
    own_segments,
    segment_name,
    segment_type,
    segments_container,
    tag_of_segments,
    upload_id_of,
)

ID = "0123456789abcdef0123456789abcdef"


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


class TestNames:
    def test_the_place_of_segments_is_beside_the_container(self) -> None:
        assert segments_container("box") == "box_segments"
        longest = "ü" * 123 + "a"
        assert segments_container(longest) == f"{longest}_segments"
        too_long = f"{longest}b"
        assert segments_container(too_long) == f"{hashlib.sha256(too_long.encode()).hexdigest()[:32]}_segments"

    def test_a_segment_has_the_id_of_its_upload(self) -> None:
        assert segment_name(ID, 7) == f"{ID}/00000007"
        assert upload_id_of(segment_name(ID, 7)) == ID
        for foreign in (
            f"{ID}/7",
            f"{ID[1:]}/00000007",
            f"{ID.upper()}/00000007",
            f"{ID}/000000070",
            f"a{ID}/00000007",
        ):
            assert upload_id_of(foreign) is None

    @pytest.mark.parametrize("name", ["name", "a/ü b%", "x;object=y"])
    def test_its_type_tells_the_object(self, name: str) -> None:
        assert segment_type(name).startswith("application/x-obs-segment;object=")
        assert segment_type(name).isascii()
        assert "/" not in segment_type(name).partition("object=")[2]
        assert object_of(segment_type(name)) == name
        assert object_of("text/plain") is None
        assert object_of(None) is None

    def test_only_our_own_in_our_own_place_are_ours(self) -> None:
        names = [f"/box_segments/{ID}/00000001", "/box_segments/foreign", f"/other_segments/{ID}/00000001", None]
        entries = [{} if name is None else {"name": name} for name in names]
        assert own_segments(entries, "box") == [f"{ID}/00000001"]


class TestDigests:
    SIZES = (12, 12, 5)
    HASHES = tuple(md5(bytes([number])) for number in range(3))

    def entries(self) -> list[dict[str, Any]]:
        rows = zip(self.SIZES, self.HASHES, strict=True)
        return [{"name": "/c/n", "bytes": size, "hash": value} for size, value in rows]

    def test_each_segment_is_compared(self) -> None:
        digest = digest_of(self.entries(), tag_of_segments(self.HASHES))
        assert digest == ContentDigest("md5", self.SIZES, self.HASHES)
        assert tag_of_segments(self.HASHES) == md5("".join(self.HASHES).encode())

    def test_content_in_the_manifest_is_compared_too(self) -> None:
        entries = [{"data": base64.b64encode(b"abc").decode()}, *self.entries()]
        values = (md5(b"abc"), *self.HASHES)
        assert digest_of(entries, tag_of_segments(values)) == ContentDigest("md5", (3, *self.SIZES), values)

    @pytest.mark.parametrize(
        "changes", [{"range": "0-3"}, {"sub_slo": True}, {"bytes": "12"}, {"bytes": None}, {"hash": "other"}], ids=str
    )
    def test_what_is_no_whole_segment_or_of_another_object_proves_nothing(self, changes: dict[str, Any]) -> None:
        entries = self.entries()
        entries[1] |= changes
        assert digest_of(entries, tag_of_segments(self.HASHES)) is None

    def test_a_manifest_without_segments_or_hashes_proves_nothing(self) -> None:
        assert digest_of([], tag_of_segments(())) is None
        assert digest_of(self.entries(), None) is None
        unhashed = [{"bytes": 12}]
        digest = digest_of(unhashed, tag_of_segments(("",)))
        assert digest is None or digest.part_values == ("",)

    @pytest.mark.parametrize("sub", [False, None])
    def test_an_entry_that_says_that_it_is_no_manifest_is_a_segment(self, sub: bool | None) -> None:
        entries = [{**each, "sub_slo": sub} for each in self.entries()]
        assert digest_of(entries, tag_of_segments(self.HASHES))


@pytest.mark.parametrize("name", ["x-versions-enabled", "x-versions-location", "x-history-location"])
def test_older_objects_may_be_kept(name: str) -> None:
    assert keeps_versions({name: "x"}) is True
    assert keeps_versions({"x-other": "x"}) is False


def test_a_body_is_hashed_as_it_is_read_and_anew_when_it_is_sent_again() -> None:
    body = HashingBody(BytesBody(b"some content"))
    assert body.size == 12
    for _ in range(2):
        body.rewind()
        buffer = bytearray(5)
        content = b""
        while count := body.readinto(buffer):
            content += buffer[:count]
        assert content == b"some content"
        assert body.hexdigest() == md5(content)
