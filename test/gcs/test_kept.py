"""What Google keeps, holds or bills by its own rules: a clear error, or what `docs/stores/gcs.md` describes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from obs_client import AuthorizationError, ConflictError, NotSupportedError, PartialFailureError, TemporaryError
from obs_client._http.kit.calls.refusals import Refusal
from obs_client.backends.gcs.client import GCSClient
from obs_client.backends.gcs.errors import classify, hint_of
from obs_client.backends.gcs.requests import object_path
from test.gcs.running import QUICK, asked
from test.servers import RunningServer
from test.servers.requests import web

UNTIL = "cannot be deleted, overwritten or archived until"
LARGE = b"x" * (17 * 1024 * 1024)


def odd(client: GCSClient, **properties: Any) -> str:
    """A new container with properties, chosen for the client."""
    name = f"{client.container_name}-odd"
    asked(client, "POST", "/storage/v1/b", "project=p", {"name": name, **properties})
    client.container_name = name
    return name


def held(client: GCSClient, name: str) -> None:
    asked(client, "PATCH", object_path(client.container_name or "", name), body={"temporaryHold": True})


def test_what_is_held_is_neither_replaced_nor_deleted_and_says_so(client: GCSClient) -> None:
    client.object_write("kept", b"old", {"k": "v"})
    client.object_write("free", b"")
    held(client, "kept")
    changes: tuple[Callable[[], object], ...] = (
        lambda: client.object_write("kept", b"new"),
        lambda: client.object_write("kept", LARGE),
        lambda: client.object_copy("free", "kept"),
        lambda: client.object_delete("kept"),
    )
    for change in changes:
        with pytest.raises(ConflictError, match="hold") as caught:
            change()
        assert "hold or the container's retention policy" in str(caught.value)
    with pytest.raises(PartialFailureError) as failed:
        client.object_delete_many(["free", "kept"])
    assert [(name, type(error)) for name, error in failed.value.failures.items()] == [("kept", ConflictError)]
    assert client.object_set_metadata("kept", "k", "w")
    assert client.object_read("kept") == b"old"
    assert client.cleanup(older_than=0).removed == ()


def test_what_a_policy_retains(client: GCSClient) -> None:
    odd(client, retentionPolicy={"retentionPeriod": "3600"})
    client.object_write("kept", b"old")
    assert client.object_write("kept", b"new", if_absent=True) is False
    with pytest.raises(ConflictError, match="retention policy"):
        client.object_write("kept", b"new")
    with pytest.raises(ConflictError, match="retention policy"):
        client.object_delete("kept")


def test_older_versions_are_kept_and_are_in_the_way_of_their_container(client: GCSClient) -> None:
    name = odd(client, versioning={"enabled": True})
    client.object_write("x", b"1")
    client.object_write("x", b"2")
    assert [entry.size for entry in client.object_list()] == [1]
    assert client.object_delete("x")
    assert client.object_list() == []
    with pytest.raises(ConflictError, match="older versions") as caught:
        client.container_delete(name, force=True)
    assert "--all-versions" in str(caught.value)


def test_a_reader_who_pays_names_the_project(client: GCSClient, google: RunningServer) -> None:
    name = odd(client, billing={"requesterPays": True})
    uses: tuple[Callable[[], object], ...] = (
        lambda: client.object_info("x"),
        lambda: client.object_read("x"),
        lambda: client.object_write("x", b""),
        client.object_list,
    )
    for use in uses:
        with pytest.raises(AuthorizationError, match="requester pays") as caught:
            use()
        assert "user_project=" in str(caught.value)
    paying = GCSClient(
        name, endpoint_url=google.endpoint_url, credentials=google.credentials, user_project="payer", options=QUICK
    )
    with contextlib.closing(paying):
        paying.object_write("x", b"paid")
        paying.object_write("large", LARGE)
        assert paying.object_write("larger", LARGE, if_absent=True)
        assert paying.object_copy("x", "y")
        assert paying.object_read("x") == b"paid"
        assert web.request("GET", paying.object_generate_download_url("x")).body == b"paid"
        assert web.request("GET", client.object_generate_download_url("x")).status == 400
        assert [getattr(entry, "name", "") for entry in paying.object_list()] == ["large", "larger", "x", "y"]
        paying.object_delete_many(["large", "larger", "x", "y"])
        assert paying.container_delete(name)


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (
            403,
            "forbidden",
            f"Object 'b/x' is subject to bucket's retention policy and {UNTIL} 2027-02-05",
            ConflictError,
        ),
        (403, "forbidden", f"Object 'b/x' is under active Event-Based hold and {UNTIL} hold is removed", ConflictError),
        (403, "objectUnderActiveHold", "", ConflictError),
        (400, "required", "Bucket is requester pays bucket but no user project provided.", AuthorizationError),
        (403, "UserProjectAccessDenied", "", AuthorizationError),
    ],
)
def test_the_words_that_google_is_reported_to_say(status: int, code: str, message: str, kind: type[Exception]) -> None:
    error = Refusal("objects.delete", status, code, message)
    assert classify(error) is kind
    assert ("hold" in hint_of(error)) is (kind is ConflictError)


@pytest.mark.parametrize(
    ("status", "code", "kind", "hint"),
    [
        (400, "ResourceIsEncryptedWithCustomerEncryptionKey", NotSupportedError, "a key of his own"),
        (400, "resourceIsEncryptedWithCustomerEncryptionKey", NotSupportedError, "a key of his own"),
        (403, "forbidden", AuthorizationError, "lacks a role"),
        (403, "AccessDenied", AuthorizationError, "lacks a role"),
        (403, "accountDisabled", AuthorizationError, ""),
        (403, "rateLimitExceeded", TemporaryError, ""),
        (429, "rateLimitExceeded", TemporaryError, ""),
    ],
)
def test_advice_is_given_only_where_it_helps(status: int, code: str, kind: type[Exception], hint: str) -> None:
    error = Refusal("objects.get", status, code, "said", {"x-guploader-uploadid": "u"})
    assert classify(error) is kind
    assert hint in hint_of(error)
    assert bool(hint) is bool(hint_of(error))


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("Permission denied on Cloud KMS key. Please ensure that ...", "service agent"),
        ("Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: VQQ_-1", "perimeter"),
    ],
)
@pytest.mark.parametrize("code", ["forbidden", "AccessDenied", "403"])
def test_refusals_in_which_a_role_of_ones_own_does_not_help(code: str, message: str, hint: str) -> None:
    error = Refusal("objects.insert", 403, code, message)
    assert classify(error) is AuthorizationError
    assert hint in hint_of(error)
    assert "lacks a role" not in hint_of(error)
