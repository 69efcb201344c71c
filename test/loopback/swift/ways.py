"""The ways in which servers that speak Swift differ from OpenStack Swift, one field each."""

from __future__ import annotations

import dataclasses
from typing import Literal

from test.loopback.failures import Failure

GIBIBYTE = 1024**3


@dataclasses.dataclass(frozen=True)
class Ways:
    """How a server behaves; the defaults are what OpenStack Swift does.

    Places and what responses hold:

    Attributes:
        account_path: The path of the account; `{account}` stands for its name.
        info_path: Where the capabilities are told; empty: they are not (404).
        login_status: Of a v1 login that succeeded.
        regions: Of a catalogue: then there is a Keystone, too, and each region has an account of its own.
        ids: The headers with the id of a request.
        id_form: How such an id looks; `{id}` and `{time}` are hex digits.
        omit_headers: Names, in lower case, of headers that no response has.
        omit_fields: Fields that no row of a listing of objects has.
        null_fields: Fields that are null in all rows of a listing of objects.
        version: What `/info` says of the server.

    Objects:

    Attributes:
        types_guessed: An object written without a content type gets that of its name; else its row tells none.
        if_none_match: `If-None-Match: *` of a PUT is kept.
        post_keeps_headers: A POST replaces the metadata only; else the headers of the object too, unless they are sent.
        underscores: What is done with metadata keys that hold `_`.
        metadata_limited: Keys, values, their count and all of them have limits.
        file_maximum: Bytes that one PUT takes.
        page_size: Entries of a page.
        root_folder: The folder of names that begin with the delimiter is told; else it only takes its place of a page.
        container_name_minimum, name_maximum: Characters of a container's name, bytes of an object's.
        empty_ranges: A range at the end of an empty object (`bytes=-1`) is the empty object; else 416.
        post_seconds, copy_seconds, manifest_seconds: How long the server is silent, and does the work at the end.

    Large objects:

    Attributes:
        manifest_etag: The `ETag` of a manifest is compared with that of the object, or refused, whatever it is.
        manifest_told: `?multipart-manifest=get` gives the manifest, or nothing.
        manifest_rows: Listings have the sum of the segments and `slo_etag`, or the length of the manifest and the MD5
            of nothing.
        manifest_shown: That an object is a manifest is shown as metadata of it, until its metadata change.
        copies_flatten: A copy of a large object is a plain one; else it names the same segments.
        manifest_gone_status: Of a manifest of which a segment is absent.
        segments_maximum: Of one manifest.
        dynamic: Dynamic large objects are known.

    Other features:

    Attributes:
        bulk_delete: Names at once; 0: bulk delete is not known.
        bulk_told: `/info` says how many.
        digests: Of signed URLs.
        digests_told: `/info` says which.
        bad_url_status: Of a signed URL that is not right.
        versions: `X-Versions-Location` and `X-History-Location` are known; else 412.
        failures: The first that fits a request is what happens to it; operations are `GET login`, `GET info`,
            `PUT object`, `HEAD container`, `POST account` and so on.
    """

    account_path: str = "/v1/AUTH_{account}"
    info_path: str = "/info"
    login_status: int = 200
    regions: tuple[str, ...] = ()
    ids: tuple[str, ...] = ("X-Trans-Id", "X-Openstack-Request-Id")
    id_form: str = "tx0{id}-{time}"
    omit_headers: frozenset[str] = frozenset()
    omit_fields: frozenset[str] = frozenset()
    null_fields: frozenset[str] = frozenset()
    version: str = "2.38.3"

    types_guessed: bool = True
    if_none_match: bool = True
    post_keeps_headers: bool = False
    underscores: Literal["drop", "dash", "keep"] = "drop"
    metadata_limited: bool = True
    file_maximum: int = 5 * GIBIBYTE + 2
    page_size: int = 10_000
    root_folder: bool = True
    container_name_minimum: int = 1
    name_maximum: int = 1024
    empty_ranges: bool = True
    post_seconds: float = 0.0
    copy_seconds: float = 0.0
    manifest_seconds: float = 0.0

    manifest_etag: Literal["check", "refuse"] = "check"
    manifest_told: bool = True
    manifest_rows: Literal["sum", "manifest"] = "sum"
    manifest_shown: bool = False
    copies_flatten: bool = True
    manifest_gone_status: int = 400
    segments_maximum: int = 1000
    dynamic: bool = True

    bulk_delete: int = 10_000
    bulk_told: bool = True
    digests: tuple[str, ...] = ("sha1", "sha256", "sha512")
    digests_told: bool = True
    bad_url_status: int = 401
    versions: bool = True
    failures: tuple[Failure, ...] = ()
