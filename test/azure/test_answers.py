"""Answers that Azurite never gives: of a store that is busy, of accounts of another kind, of older servers."""

from __future__ import annotations

import io
import time
import traceback
from collections.abc import Callable, Iterator

import pytest

from obs_client import AzureClient, ConfigurationError, ObjectInfo
from obs_client._http.kit.calls.tokens import Token, Tokens
from obs_client.backend.body import BytesBody
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from obs_client.backends.azure.listing import read_page
from obs_client.credentials import Secret
from obs_client.errors import (
    ConflictError,
    IntegrityError,
    NotFoundError,
    NotSupportedError,
    ObjectStorageClientError,
    PartialFailureError,
    TemporaryError,
)
from obs_client.models import Attributes
from test.azure.playing import BLOB, ID, Played, playing
from test.loopback.raw import answer

ROW = (
    "<Blob><Name>{name}</Name><Properties><Last-Modified>Fri, 27 Nov 2026 10:00:00 GMT</Last-Modified>"
    "<Etag>0x1</Etag><Content-Length>5</Content-Length><Content-Type>text/x</Content-Type>{more}</Properties>"
    "<Metadata><Key>v &amp; w</Key></Metadata></Blob>"
)


def page(*rows: str, marker: str = "") -> bytes:
    content = f"<Blobs>{''.join(rows)}</Blobs><NextMarker>{marker}</NextMarker>"
    return f"\ufeff<?xml version='1.0'?><EnumerationResults>{content}</EnumerationResults>".encode()


def refused(status: bytes, code: bytes, more: bytes = b"") -> bytes:
    return answer(b"", status, ID + b"x-ms-error-code: " + code + b"\r\n" + more)


@pytest.fixture
def played() -> Iterator[Played]:
    with playing("devstoreaccount1", {"AZURE_X": ""}) as found:
        yield found


@pytest.fixture
def unknown() -> Iterator[Played]:
    """An account of which nobody knows yet whether its names are paths."""
    with playing("someaccount", {"AZURE_STORAGE_KEY": "c2VjcmV0"}) as found:
        yield found


def test_a_container_that_is_being_deleted_is_waited_for(played: Played) -> None:
    played.answers += [refused(b"409 Conflict", b"ContainerBeingDeleted")] * 2 + [answer(b"", b"201 Created", ID)]
    assert played.client.container_create("another")
    assert len(played.heads) == 3


def test_a_busy_store_is_asked_again_and_in_the_end_that_is_the_error(played: Played) -> None:
    played.answers += [refused(b"503 Server Busy", b"ServerBusy", b"Retry-After: 0\r\n")] * 4
    with pytest.raises(TemporaryError, match="ServerBusy"):
        played.client.object_read("name")
    assert len(played.heads) == 4


@pytest.mark.parametrize("code", ["BlobArchived", "LeaseAlreadyPresent", "BlobImmutableDueToPolicy"])
def test_what_lasts_is_not_tried_again(played: Played, code: str) -> None:
    played.answers += [refused(b"409 Conflict", code.encode())]
    with pytest.raises(ConflictError, match=code) as caught:
        played.client.object_read("name")
    assert caught.value.hint
    assert caught.value.request_id == "1"
    assert len(played.heads) == 1


def test_what_has_a_key_of_its_writers_cannot_be_read_here(played: Played) -> None:
    played.answers += [refused(b"409 Conflict", b"BlobUsesCustomerSpecifiedEncryption")]
    with pytest.raises(NotSupportedError, match="a key of his own"):
        played.client.object_read("name")


HELD: dict[str, Callable[[AzureClient], object]] = {
    "write": lambda client: client.object_write("held", b"content"),
    "write if absent": lambda client: client.object_write("held", b"content", if_absent=True),
    "delete": lambda client: client.object_delete("held"),
    "upload": lambda client: client.object_upload(io.BytesIO(b"content"), "held"),
}


@pytest.mark.parametrize("change", HELD)
@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("BlobImmutableDueToPolicy", "a policy or a legal hold"),
        ("SnapshotsPresent", "snapshots"),
        ("LeaseAlreadyPresent", "lease"),
        ("LeaseIdMissing", "lease"),
    ],
)
def test_what_is_held_is_a_conflict_with_its_reason(played: Played, change: str, code: str, hint: str) -> None:
    status = b"412 Precondition Failed" if code == "LeaseIdMissing" else b"409 Conflict"
    played.answers += [refused(status, code.encode())]
    with pytest.raises(ConflictError, match=code) as caught:
        HELD[change](played.client)
    assert type(caught.value) is ConflictError
    assert hint in caught.value.hint
    assert len(played.heads) == 1


def test_what_is_held_is_told_of_each_name_of_a_batch(played: Played) -> None:
    part = b"--b\r\nContent-Type: application/http\r\nContent-ID: %d\r\n\r\nHTTP/1.1 %b\r\n%b\r\n\r\n"
    held = part % (0, b"409 Conflict", b"x-ms-error-code: BlobImmutableDueToPolicy")
    parts = held + part % (1, b"202 Accepted", b"x-ms-request-id: 2") + b"--b--\r\n"
    played.answers += [answer(parts, b"202 Accepted", ID + b"Content-Type: multipart/mixed; boundary=b\r\n")]
    with pytest.raises(PartialFailureError) as caught:
        played.client.object_delete_many(["held", "free"])
    (failure,) = caught.value.failures.items()
    assert failure[0] == "held"
    assert isinstance(failure[1], ConflictError)
    assert "legal hold" in failure[1].hint


def test_a_batch_is_made_again_for_a_new_token(played: Played) -> None:
    given = iter(("ended", "fresh"))
    tokens = Tokens(lambda: Token(Secret(next(given)), time.time() + 3600))
    played.client._requests.login = played.client._requests.login._replace(key=None, tokens=tokens)
    part = b"--b\r\nContent-Type: application/http\r\nContent-ID: 0\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n--b--\r\n"
    kind = ID + b"Content-Type: multipart/mixed; boundary=b\r\n"
    played.answers += [refused(b"401 Unauthorized", b"InvalidAuthenticationInfo"), answer(part, b"202 Accepted", kind)]
    played.client.object_delete_many(["name"])
    for token, head, body in zip(("ended", "fresh"), played.heads, played.bodies, strict=True):
        assert f"Authorization: Bearer {token}\r\n" in head
        assert f"Authorization: Bearer {token}\r\n" in body


def test_versions_snapshots_and_what_is_deleted_softly_are_never_asked_for(played: Played) -> None:
    played.answers += [answer(page(ROW.format(name="a", more="<VersionId>1</VersionId>")), headers=ID)]
    assert len(played.client.object_list()) == 1
    assert "include=metadata&" in played.heads[0]
    assert not any(word in played.heads[0] for word in ("versions", "snapshots", "deleted"))


def test_a_hierarchical_namespace_is_refused_at_the_first_answer_that_shows_it(played: Played) -> None:
    played.answers += [answer(b"", headers=BLOB + b"x-ms-resource-type: directory\r\n")]
    with pytest.raises(ConfigurationError, match="hierarchical namespace"):
        played.client.object_info("folder")
    row = ROW.format(name="folder", more="<ResourceType>directory</ResourceType>")
    played.answers += [answer(page(row), headers=ID)]
    with pytest.raises(ConfigurationError, match="hierarchical namespace"):
        played.client.object_list()


CHANGES: dict[str, Callable[[AzureClient], object]] = {
    "write": lambda client: client.object_write("a//b", b"content"),
    "large write": lambda client: client.object_upload(io.BytesIO(bytes(50_000)), "a"),
    "delete": lambda client: client.object_delete("folder"),
    "bulk delete": lambda client: client.object_delete_many(["folder", "other"]),
    "new container": lambda client: client.container_create("another"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_hierarchical_namespace_is_refused_before_the_first_change(unknown: Played, change: str) -> None:
    unknown.answers += [answer(b"", headers=ID + b"x-ms-is-hns-enabled: true\r\n")] * 8
    with pytest.raises((ConfigurationError, PartialFailureError), match="hierarchical namespace"):
        CHANGES[change](unknown.client)
    assert unknown.heads
    for head in unknown.heads:  # workers may ask side by side
        assert head.startswith("HEAD /someaccount/?restype=account&comp=properties ")


def test_a_copy_is_refused_by_what_its_source_shows(unknown: Played) -> None:
    unknown.answers += [answer(b"", headers=BLOB + b"x-ms-resource-type: file\r\n")]
    with pytest.raises(ConfigurationError, match="hierarchical namespace"):
        unknown.client.object_copy("a", "b")
    assert len(unknown.heads) == 1


@pytest.mark.parametrize("told", [b"x-ms-is-hns-enabled: false\r\n", b""])
def test_a_flat_account_is_asked_once(unknown: Played, told: bytes) -> None:
    unknown.answers += [answer(b"", headers=ID + told)] + [answer(b"", b"202 Accepted", ID)] * 2
    assert unknown.client.object_delete("a")
    assert unknown.client.object_delete("b")
    assert [head.split()[0] for head in unknown.heads] == ["HEAD", "DELETE", "DELETE"]


def test_who_may_not_ask_of_the_account_goes_on(unknown: Played) -> None:
    refusal = refused(b"403 Forbidden", b"AuthorizationPermissionMismatch").replace(b"Content-Length: 0", b"X: y")
    unknown.answers += [refusal, answer(b"", b"202 Accepted", ID)]
    assert unknown.client.object_delete("a")
    assert len(unknown.heads) == 2


@pytest.mark.parametrize("told", [answer(b"", headers=BLOB), refused(b"403 Forbidden", b"AuthorizationFailure")])
def test_who_may_not_ask_of_the_account_looks_at_what_he_wrote_first(unknown: Played, told: bytes) -> None:
    refusal = refused(b"403 Forbidden", b"AuthorizationPermissionMismatch").replace(b"Content-Length: 0", b"X: y")
    told = told.replace(b"Content-Length: 0", b"X: y")
    unknown.answers += [refusal, answer(b"", b"201 Created", BLOB), told, answer(b"", b"201 Created", BLOB)]
    assert unknown.client.object_write("a", b"1")
    assert unknown.client.object_write("b", b"2")
    assert [head.split()[0] for head in unknown.heads] == ["HEAD", "PUT", "HEAD", "PUT"]


def test_what_was_written_first_shows_a_hierarchical_namespace(unknown: Played) -> None:
    refusal = refused(b"403 Forbidden", b"AuthorizationPermissionMismatch").replace(b"Content-Length: 0", b"X: y")
    told = answer(b"", headers=BLOB + b"x-ms-resource-type: file\r\n")
    unknown.answers += [refusal, answer(b"", b"201 Created", BLOB), told]
    with pytest.raises(ConfigurationError, match=r"hierarchical namespace.*; 'a//b' was written .* and is there now"):
        unknown.client.object_write("a//b", b"1")
    with pytest.raises(ConfigurationError, match="hierarchical namespace"):
        unknown.client.object_write("c", b"1")
    assert len(unknown.heads) == 3


def test_an_account_that_is_busy_is_asked_again(unknown: Played) -> None:
    busy = refused(b"503 Server Busy", b"ServerBusy")
    unknown.answers += [busy, answer(b"", headers=ID), answer(b"", b"202 Accepted", ID)]
    assert unknown.client.object_delete("a")
    assert [head.split()[0] for head in unknown.heads] == ["HEAD", "HEAD", "DELETE"]


def test_who_has_a_sas_asks_at_the_container() -> None:
    with playing("someaccount", {"AZURE_STORAGE_SAS_TOKEN": "sv=1&sig=x"}) as found:
        found.answers += [answer(b"", headers=ID + b"x-ms-is-hns-enabled: true\r\n")]
        with pytest.raises(ConfigurationError, match="hierarchical namespace"):
            found.client.object_write("name", b"")
        assert found.heads[0].startswith("HEAD /someaccount/box?restype=account&comp=properties&sv=1")


SPOILED = {
    "refused": refused(b"403 Forbidden", b"AuthenticationFailed"),
    "cut": answer(b"content", headers=BLOB)[:-3],
    "no http": b"nothing of the kind\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_no_error_shows_a_sas_nor_a_copy_of_it(spoiled: str) -> None:
    with playing("devstoreaccount1", {"AZURE_STORAGE_SAS_TOKEN": "sv=1&sig=canary"}, closes=True) as found:
        calls: list[Callable[[], object]] = [
            lambda: found.client.object_read("name"),
            lambda: found.client.object_copy("name", "other"),
            lambda: found.client.object_write("name", b"content"),
            lambda: found.client.object_delete_many(["name"]),
        ]
        for call in calls:
            found.answers[:] = [SPOILED[spoiled]] * 20
            with pytest.raises(ObjectStorageClientError) as caught:
                call()
            shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
            assert "canary" not in "".join(shown.format())
        assert any("sig=canary" in head for head in found.heads)


LOOKING: dict[str, Callable[[AzureClient], object]] = {
    "info": lambda client: client.object_info("name"),
    "exists": lambda client: client.object_exists("name"),
    "read": lambda client: client.object_read("name"),
    "delete": lambda client: client.object_delete("name"),
    "list": lambda client: client.object_list(),
    "container": lambda client: client.container_info("box"),
    "write": lambda client: client.object_write("name", b"content"),
}
PAGE = answer(b"<html><body>Not Found</body></html>", b"404 Not Found", b"Content-Type: text/html\r\n")


@pytest.mark.parametrize("look", LOOKING)
@pytest.mark.parametrize("page", [PAGE, answer(b"", b"404 Not Found")])
def test_a_404_that_is_not_azures_does_not_say_that_something_is_absent(look: str, page: bytes) -> None:
    """It may be a proxy's, or that of a server at a wrong address: `None` and `False` would be lies."""
    with playing("devstoreaccount1", {"AZURE_X": ""}, closes=True) as found:
        found.answers += [page.replace(b"Content-Length: 0", b"X: y") if look in ("info", "exists") else page] * 8
        with pytest.raises(ObjectStorageClientError, match="not from Azure") as caught:
            LOOKING[look](found.client)
        assert not isinstance(caught.value, NotFoundError)


@pytest.mark.parametrize(
    "absent",
    [
        refused(b"404 The specified blob does not exist.", b"BlobNotFound"),
        answer(b"<Error><Code>BlobNotFound</Code></Error>", b"404 Not Found"),
        answer(b"", b"404 Not Found", ID),
    ],
)
def test_a_404_of_azure_says_so(played: Played, absent: bytes) -> None:
    """By its code, in a header or a document, or by a header of Azure's alone."""
    played.answers += [absent]
    with pytest.raises(NotFoundError):
        played.client.object_read("name")


def block(of: Played, told: bytes) -> MultipartUpload:
    """An upload whose first part is being answered."""
    of.answers += [answer(b"", b"201 Created", ID + told)]
    return of.client._object_multipart(NewObject("box", "large", Attributes("text/x", {}, write_id="mine"), None))


def test_a_block_of_which_the_server_tells_another_crc64_is_refused(played: Played) -> None:
    upload = block(played, b"x-ms-content-crc64: AAAAAAAAAAA=\r\n")
    with pytest.raises(IntegrityError, match=r"CRC-64 AAAAAAAAAAA=, not iJh5CoYUi64="):
        upload.put_part(Part(1, 0, 9), BytesBody(b"123456789"))


def test_a_server_that_tells_no_crc64_is_sent_an_md5(played: Played) -> None:
    """As emulators did: what nobody looked at is sent again, so that it is looked at."""
    upload = block(played, b"")
    played.answers += [answer(b"", b"201 Created", ID + b"Content-MD5: JfnnlDI7RTiF9RgfG2JNCw==\r\n")]
    upload.put_part(Part(1, 0, 9), BytesBody(b"123456789"))
    assert ["Content-MD5: JfnnlDI7RTiF9RgfG2JNCw==" in head for head in played.heads] == [False, True]
    assert played.bodies == ["123456789"] * 2


def test_a_marker_of_other_programs_is_an_object_of_a_flat_account(played: Played) -> None:
    row = ROW.format(name="folder", more="").replace("<Key>v &amp; w</Key>", "<hdi_isfolder>true</hdi_isfolder>")
    played.answers += [answer(page(row), headers=ID)]
    (entry,) = played.client.object_list(fetch_metadata=True)
    assert isinstance(entry, ObjectInfo)
    assert (entry.name, entry.metadata) == ("folder", {"hdi_isfolder": "true"})


def test_an_older_server_lists_from_the_start(played: Played) -> None:
    rows = [ROW.format(name=name, more="") for name in ("a", "b", "c")]
    played.answers += [refused(b"400 Bad Request", b"InvalidHeaderValue"), answer(page(*rows), headers=ID)]
    assert [getattr(entry, "name", None) for entry in played.client.object_iter(start_after="a")] == ["b", "c"]
    assert ["startFrom=a" in head for head in played.heads] == [True, False]
    assert "x-ms-version: 2026-06-06" in played.heads[0]


def test_a_container_is_deleted_only_when_no_page_has_an_object(played: Played) -> None:
    row = ROW.format(name="a", more="")
    played.answers += [answer(page(marker="more"), headers=ID), answer(page(row), headers=ID)]
    assert played.client.container_delete("box") is False
    assert [head.split()[0] for head in played.heads] == ["GET", "GET"]
    played.answers += [answer(page(), headers=ID), answer(b"", b"202 Accepted", ID)]
    assert played.client.container_delete("box")


def test_names_of_listings_are_unquoted_where_they_say_so() -> None:
    rows = (
        ROW.format(name="plain%41 &lt;&amp;&gt;", more=""),
        ROW.replace("<Name>", '<Name Encoded="true">').format(name="%EF%BF%BE%25", more=""),
    )
    found = read_page(page(*rows, "<BlobPrefix><Name>a/&apos;/</Name></BlobPrefix>").decode())
    assert [getattr(entry, "name", None) or getattr(entry, "subdir", None) for entry in found.entries] == [
        "plain%41 <&>",
        "\ufffe%",
        "a/'/",
    ]
    first = found.entries[0]
    assert isinstance(first, ObjectInfo)
    assert (first.size, first.hash, first.content_type, first.metadata) == (5, "0x1", "text/x", {"key": "v & w"})
    assert first.last_modified == 1795773600.0
