"""Sections D and J: conditions are believed where they were seen to hold."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from obs_client import NotSupportedError, Outcome
from obs_client.backends.s3 import copying
from obs_client.backends.s3.client import S3Client
from test.field.running import s3_client
from test.field.s3.steps import LARGE, MIB, made
from test.loopback.s3_double import S3Double, Ways, s3_double
from test.loopback.s3_named import R2, RGW_S3
from test.loopback.serving import Request, Response

pytestmark = pytest.mark.slow

IGNORES = Ways(copy_source_conditions="ignore", part_copy_source_conditions="ignore")
SERVERS = {
    "s3": Ways(),
    "rgw": RGW_S3,
    "ignores": IGNORES,
    "refuses": Ways(copy_source_conditions="refuse", part_copy_source_conditions="refuse"),
    "r2": R2,
}


class TestIfHash:
    @pytest.mark.parametrize("status", [404, 412])
    def test_where_nothing_is_it_does_not_hold(self, status: int) -> None:
        with s3_double(Ways(if_match_absent=status)) as double:
            client = made(double, conditional_writes=True)
            client.object_write("a", b"1")
            found = client.object_info("a")
            assert found
            client.object_delete("a")
            for content in (b"2", LARGE):
                assert client.object_write("a", content, if_hash=found.hash) is False
            assert client.object_info("a") is None
            assert double.open_uploads() == []

    def test_a_tag_that_a_server_knows_without_quotes_only(self) -> None:
        with s3_double(RGW_S3) as double:
            client = made(double, conditional_writes=True)
            client.object_write("a", b"1")
            for number in range(3):
                found = client.object_info("a")
                assert found
                assert client.object_write("a", str(number).encode(), if_hash=found.hash) is True
                assert client.object_write("a", b"late", if_hash=found.hash) is False
            assert client.object_read("a") == b"2"
            facts = {fact.name: fact.outcome for fact in client.endpoint_facts}
            assert facts["takes tags in quotes as conditions of writes"] is Outcome.DOES_NOT_HOLD


class TestDeletions:
    @pytest.mark.parametrize(
        "ways",
        [Ways(), Ways(if_match_absent=412), dataclasses.replace(RGW_S3, delete_conditions="keep")],
        ids=["404", "412", "rgw"],
    )
    def test_only_the_version_that_was_meant(self, ways: Ways) -> None:
        with s3_double(ways) as double:
            client = made(double, conditional_deletes=True)
            client.object_write("a", b"1")
            old = client.object_info("a")
            client.object_write("a", b"2")
            new = client.object_info("a")
            assert old
            assert new
            assert client.object_delete("a", if_hash=old.hash) is False
            assert client.object_read("a") == b"2"
            assert client.object_delete("a", if_hash=new.hash) is True
            assert client.object_info("a") is None
            assert client.object_delete("a", if_hash=new.hash) is True

    def test_a_server_of_which_nothing_is_known_is_not_asked(self) -> None:
        with s3_double(Ways(delete_conditions="ignore")) as double:
            client = made(double, conditional_writes=True)
            client.object_write("a", b"1")
            seen = len(double.operations())
            with pytest.raises(NotSupportedError, match=r"S3Client\(..., conditional_deletes=True\)"):
                client.object_delete("a", if_hash="another")
            assert len(double.operations()) == seen
            assert client.object_read("a") == b"1"


def overtaken(double: S3Double, operation: str) -> None:
    """Let another writer replace `a` right before each copy of it."""
    respond = double.respond
    done: list[str] = []

    def late(request: Request) -> Response:
        if "x-amz-copy-source" in request.headers and not done:
            done.append(operation)
            double.store("box", "a", b"2" * len(double.state.bucket("box").objects["a"].content))
        return respond(request)

    double.respond = late  # type: ignore[method-assign]


class TestSourcesOfCopies:
    """cloudflare-docs#32458; Ceph's gateway does not look at the condition at all."""

    @pytest.mark.parametrize("server", SERVERS)
    @pytest.mark.parametrize("content", [b"1", LARGE], ids=["small", "large"])
    def test_a_copy_is_made(self, server: str, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(copying, "COPY_MAXIMUM", MIB)
        monkeypatch.setattr(copying, "COPY_PART_SIZE", 5 * MIB)
        with s3_double(SERVERS[server]) as double:
            client = made(double)
            client.object_write("a", content, {"key": "1"})
            for _ in range(2):
                assert client.object_copy("a", "b")
                assert client.object_read("b") == content
            assert client.object_set_metadata("b", "other", "2")
            found = client.object_info("b")
            assert found
            assert found.metadata == {"key": "1", "other": "2"}
            assert double.open_uploads() == []

    @pytest.mark.parametrize("server", SERVERS)
    @pytest.mark.parametrize("content", [b"1", LARGE], ids=["small", "large"])
    def test_a_source_that_is_replaced_meanwhile_is_copied_as_it_is_then(
        self, server: str, content: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(copying, "COPY_MAXIMUM", MIB)
        monkeypatch.setattr(copying, "COPY_PART_SIZE", 5 * MIB)
        with s3_double(SERVERS[server]) as double:
            client = made(double)
            client.object_write("a", content, {"key": "1"})
            overtaken(double, "CopyObject")
            assert client.object_copy("a", "b")
            found = client.object_info("b")
            assert found
            assert client.object_read("b") == b"2" * len(content)
            assert found.metadata == {}, "of the same version as the content"
            assert double.open_uploads() == []

    def test_the_trial_is_made_once(self) -> None:
        with s3_double() as double:
            client = made(double)
            client.object_write("a", b"1")
            for _ in range(3):
                assert client.object_copy("a", "b")
            assert double.operations().count("CopyObject") == 4


def both(client: S3Client, name: str, contents: tuple[bytes, bytes]) -> list[bool]:
    told: list[bool] = []
    threads = [
        threading.Thread(target=lambda data=data: told.append(client.object_write(name, data, if_absent=True)))
        for data in contents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


class TestRaces:
    """SeaweedFS says yes to several completions at once."""

    RACING = Ways(condition_seconds=0.5)

    def test_two_writers_of_a_large_object(self) -> None:
        with s3_double(dataclasses.replace(self.RACING, checksums="ignore")) as double:
            client = made(double, conditional_writes=True)
            assert not client.capabilities.atomic_conditions
            told = both(client, "a", (LARGE, LARGE[::-1]))
            assert sorted(told) in ([False, True], [True, True])
            stored = client.object_read("a")
            assert stored in (LARGE, LARGE[::-1])
            assert double.open_uploads() == []

    def test_who_was_overtaken_is_told_no(self) -> None:
        with s3_double(Ways(complete_conditions="ignore")) as double:
            client = made(double, conditional_writes=True)
            respond = double.respond

            def other(request: Request) -> Response:
                found = respond(request)
                if b"<CompleteMultipartUploadResult" in found.body:
                    double.store("box", "a", b"of another writer")
                return found

            double.respond = other  # type: ignore[method-assign]
            assert client.object_write("a", LARGE, if_absent=True) is False
            assert client.object_read("a") == b"of another writer"

    def test_what_is_declared(self) -> None:
        with s3_double() as double:
            assert s3_client(double, atomic_conditions=True).capabilities.atomic_conditions
            assert not s3_client(double).capabilities.atomic_conditions
        amazon = S3Client(region="eu-west-1", credentials={"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"})
        assert amazon.capabilities.atomic_conditions
