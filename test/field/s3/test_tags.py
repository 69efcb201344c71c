"""Section C: tags that are no digests, and what proves a loss."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from obs_client import IntegrityError, Outcome
from obs_client.backends.s3.client import S3Client
from test.field.running import s3_client
from test.field.s3.steps import LARGE, MIB, made
from test.loopback.s3_double import S3Double, Ways, s3_double
from test.loopback.s3_named import MINIO_NO_COMPAT, OSS, S3GW

pytestmark = pytest.mark.slow

ODD = {"minio": MINIO_NO_COMPAT, "s3gw": S3GW, "oss": OSS}
OTHERS = 9 * MIB


def read(client: S3Client, name: str) -> tuple[bytes, bool]:
    """An object's bytes, and whether they were verified."""
    with client.object_open(name) as file:
        return file.read(), file.verified


def flip(double: S3Double, name: str) -> None:
    """Change one bit of what is stored, and nothing that is told of it."""
    with double.state.lock:
        objects = double.state.bucket("box").objects
        stored = objects[name]
        changed = bytes([stored.content[0] ^ 1]) + stored.content[1:]
        objects[name] = dataclasses.replace(stored, content=changed)


def warnings(caplog: pytest.LogCaptureFixture) -> int:
    return sum("is not verified" in record.message for record in caplog.records if record.levelname == "WARNING")


class TestNoDigests:
    """minio#8793, #19593; s3gw#721; rclone#5993."""

    @pytest.mark.parametrize("server", ODD)
    @pytest.mark.parametrize("checksums", [None, False])
    def test_healthy_data_is_written_and_read(
        self, server: str, checksums: bool | None, caplog: pytest.LogCaptureFixture
    ) -> None:
        with s3_double(ODD[server]) as double:
            client = made(double, checksums=checksums)
            for name, content in (("small", b"1"), ("large", LARGE)):
                assert client.object_write(name, content)
                assert client.object_read(name) == content
                assert client.object_copy(name, f"{name} copy")
                assert client.object_read(f"{name} copy") == content
        assert warnings(caplog) <= 1

    @pytest.mark.parametrize("server", ODD)
    def test_another_program_reads_it_and_is_told_that_it_is_not_verified(
        self, server: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        with s3_double(ODD[server]) as double:
            double.store("box", "small", b"1", etag=hashlib.md5(b"other").hexdigest())
            double.store("box", "large", LARGE, etag=f"{hashlib.md5(b'other').hexdigest()}-2", parts=(5 * MIB, 16))
            client = s3_client(double, "box")
            for name, content in (("small", b"1"), ("large", LARGE)):
                for _ in range(2):
                    assert read(client, name) == (content, False)
        assert warnings(caplog) == 1

    def test_what_was_found_is_a_fact(self) -> None:
        with s3_double(S3GW) as double:
            client = made(double)
            client.object_write("small", b"1")
            client.object_write("large", LARGE)
            found = {fact.name: fact.outcome for fact in client.endpoint_facts}
            assert {found[name] for name in found if name.startswith("tags ")} == {Outcome.DOES_NOT_HOLD}


class TestDigests:
    def test_damage_is_proved_where_a_tag_was_seen_to_be_a_digest(self) -> None:
        with s3_double(Ways(checksums="ignore")) as double:
            client = made(double)
            for name, content in (("small", b"1"), ("large", LARGE)):
                client.object_write(name, content)
                assert read(client, name) == (content, True)
                flip(double, name)
                with pytest.raises(IntegrityError) as caught:
                    client.object_read(name)
                assert "check_content" in caught.value.hint

    def test_another_object_tells_whether_tags_are_digests(self) -> None:
        """The damaged object is the first that this process reads."""
        with s3_double(Ways()) as double:
            double.store("box", "damaged", b"right")
            double.store("box", "other", b"other")
            flip(double, "damaged")
            with pytest.raises(IntegrityError):
                s3_client(double, "box").object_read("damaged")

    def test_bytes_that_change_on_their_way_in_are_found_on_any_server(self) -> None:
        with s3_double(dataclasses.replace(S3GW, content_md5=False)) as double:
            client = made(double)
            respond = double.respond

            def spoil(request):  # type: ignore[no-untyped-def]
                if request.method == "PUT" and request.body == b"right":
                    request = dataclasses.replace(request, body=b"wrong")
                return respond(request)

            double.respond = spoil  # type: ignore[method-assign]
            with pytest.raises(IntegrityError):
                client.object_write("a", b"right")


class TestUnknownPartSizes:
    @pytest.mark.parametrize("sizes", [(8 * MIB, MIB), (5 * MIB, 4 * MIB), (6 * MIB, 3 * MIB)])
    def test_a_digest_that_fits_proves(self, sizes: tuple[int, ...]) -> None:
        content = bytes(range(256)) * (OTHERS // 256)
        with s3_double(Ways(part_sizes=False, checksums="ignore")) as double:
            double.store("box", "a", content, parts=sizes)
            client = s3_client(double, "box")
            assert read(client, "a")[0] == content
            if sizes[0] == 8 * MIB:
                assert read(client, "a") == (content, True)

    def test_what_fits_none_is_read_and_said_not_to_be_verified(self, caplog: pytest.LogCaptureFixture) -> None:
        content = bytes(range(256)) * (OTHERS // 256)
        with s3_double(Ways(part_sizes=False, checksums="ignore")) as double:
            double.store("box", "a", content, parts=(8 * MIB, MIB))
            flip(double, "a")
            client = s3_client(double, "box")
            for _ in range(2):
                body, verified = read(client, "a")
                assert (len(body), verified) == (OTHERS, False)
        assert warnings(caplog) == 1
