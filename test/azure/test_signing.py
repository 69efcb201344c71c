"""Signatures, compared with those of azure-storage-blob, which has them from Azure's own makers."""

from __future__ import annotations

import base64
import datetime as dt
import re
from typing import Any
from urllib.parse import parse_qs

import pytest
from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.pipeline.transport import HttpRequest
from azure.storage.blob import BlobSasPermissions, UserDelegationKey, generate_blob_sas
from azure.storage.blob._shared.authentication import SharedKeyCredentialPolicy
from hypothesis import given
from hypothesis import strategies as st

from obs_client.backend.values import UrlTerms
from obs_client.backends.azure.signing import VERSION, Key, authorization, read_key, signed_query
from obs_client.errors import ConfigurationError

pytestmark = pytest.mark.slow  # it takes seconds in all

SECRET = base64.b64encode(b"k" * 64).decode()
KEY = Key("account", read_key(SECRET))
NAMES = ["plain", "with space", "ü?#%20", "a//b", "/lead", "new\nline", "it's", "\U0001f600"]

METADATA_KEYS = st.sets(st.text("ab019_", min_size=1, max_size=4), max_size=8)
QUERIES = st.sampled_from(
    ["", "restype=container", "restype=container&comp=list&prefix=a%2Fb%20c", "comp=block&blockid=YWI%3D"]
)


def theirs(method: str, url: str, headers: dict[str, str]) -> str:
    """The header as the SDK makes it; its order of headers is in no public place."""
    request: Any = HttpRequest(method, url, headers=headers)
    SharedKeyCredentialPolicy("account", SECRET).on_request(PipelineRequest(request, PipelineContext(None)))
    return str(request.headers["Authorization"])


@given(METADATA_KEYS, QUERIES, st.sampled_from(["GET", "PUT", "HEAD"]), st.integers(0, 3))
def test_requests_are_signed_as_by_the_sdk(keys: set[str], query: str, method: str, size: int) -> None:
    headers = {f"x-ms-meta-{key}": f"value of {key}" for key in sorted(keys)}
    headers |= {"x-ms-version": VERSION, "x-ms-blob-type": "BlockBlob", "Content-MD5": "abc", "Range": "bytes=0-1"}
    headers |= {"If-None-Match": "*", "x-ms-blob-content-type": "text/x", "Content-Type": "text/y"}
    path = "/container/some%20name"
    url = f"https://account.blob.core.windows.net{path}{f'?{query}' if query else ''}"
    sent = {**headers, "x-ms-date": "Fri, 27 Nov 2026 10:00:00 GMT"}
    # The SDK itself sends x-ms-range, so that its place for the header has a name that no header has.
    with_length = {name.replace("Range", "byte_range"): value for name, value in sent.items()}
    with_length = {**with_length, **({"Content-Length": str(size)} if size else {})}
    assert authorization(KEY, method, path, query, sent, size) == theirs(method, url, with_length)


def test_the_order_of_headers_is_the_services() -> None:
    """Underscores go before digits, which `sorted` has the other way."""
    headers = {"x-ms-meta-i0": "1", "x-ms-meta-i_": "2"}
    one = authorization(KEY, "GET", "/", "", headers, 0)
    assert one == theirs("GET", "https://account.blob.core.windows.net/", headers)


def _expiry(query: str) -> dt.datetime:
    return dt.datetime.strptime(parse_qs(query)["se"][0], "%Y-%m-%dT%H:%M:%S%z")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("permissions", ["r", "cw"])
def test_urls_are_signed_as_by_the_sdk(name: str, permissions: str) -> None:
    ours = signed_query(KEY, "box", name, permissions, 300, https=True)
    sdk = generate_blob_sas(
        "account", "box", name, account_key=SECRET, permission=BlobSasPermissions.from_string(permissions),
        expiry=_expiry(ours), protocol="https",
    )  # fmt: skip
    found, wanted = parse_qs(ours), parse_qs(sdk)
    assert {*found} == {*wanted}
    assert {name for name in found if found[name] != wanted[name]} <= {"sv", "sig"}


def test_a_url_is_signed_as_by_the_sdk_of_the_same_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("azure.storage.blob._shared.shared_access_signature.X_MS_VERSION", VERSION)
    monkeypatch.setattr("azure.storage.blob._shared_access_signature.X_MS_VERSION", VERSION, raising=False)
    for name in NAMES:
        ours = signed_query(KEY, "box", name, "r", 300, https=False)
        sdk = generate_blob_sas(
            "account", "box", name, account_key=SECRET, permission=BlobSasPermissions(read=True), expiry=_expiry(ours)
        )
        assert parse_qs(ours) == parse_qs(sdk)
    terms = UrlTerms("text/x; a=b", 'attachment; filename="a b"')
    ours = signed_query(KEY, "box", "name", "r", 300, https=False, terms=terms)
    sdk = generate_blob_sas(
        "account", "box", "name", account_key=SECRET, permission=BlobSasPermissions(read=True), expiry=_expiry(ours),
        content_type=terms.content_type, content_disposition=terms.content_disposition,
    )  # fmt: skip
    assert parse_qs(ours) == parse_qs(sdk)


def test_a_url_is_signed_for_a_user_with_all_fields_of_his_key() -> None:
    fields = {
        "skoid": "o",
        "sktid": "t",
        "skt": "2026-11-27T00:00:00Z",
        "ske": "2026-11-28T00:00:00Z",
        "sks": "b",
        "skv": VERSION,
    }
    theirs = UserDelegationKey()
    theirs.signed_oid, theirs.signed_tid, theirs.signed_start = "o", "t", fields["skt"]
    theirs.signed_expiry, theirs.signed_service, theirs.signed_version, theirs.value = (
        fields["ske"],
        "b",
        VERSION,
        SECRET,
    )
    ours = signed_query(KEY._replace(fields=fields), "box", "name", "r", 300, https=True)
    sdk = generate_blob_sas(
        "account", "box", "name", user_delegation_key=theirs, permission=BlobSasPermissions(read=True),
        expiry=_expiry(ours), protocol="https",
    )  # fmt: skip
    found, wanted = parse_qs(ours), parse_qs(sdk)
    assert {name: found[name] for name in fields} == {name: wanted[name] for name in fields}


def test_keys_are_not_shown_and_must_be_whole() -> None:
    assert SECRET not in repr(KEY)
    assert re.fullmatch(r"Key\('account', \*\*\*\)", repr(KEY))
    with pytest.raises(ConfigurationError, match="incomplete"):
        read_key("no base64!")
