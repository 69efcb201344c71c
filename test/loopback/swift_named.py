"""Known servers that speak Swift: what each does otherwise than OpenStack's, as it was seen on a real one."""

from __future__ import annotations

from test.loopback.swift.ways import Ways

RGW_SWIFT = Ways(
    account_path="/swift/v1",
    info_path="/swift/info",
    login_status=204,
    id_form="tx0{id}-{time}-1007-default",
    version="16.2.15",
    # An object written without a content type has none in listings.
    types_guessed=False,
    if_none_match=False,
    post_keeps_headers=True,
    underscores="dash",
    metadata_limited=False,
    file_maximum=5 * 1024**3,
    # A listing with the delimiter `/` leaves out the folder `/`.
    root_folder=False,
    container_name_minimum=3,
    empty_ranges=False,
    # Any `ETag` on a manifest is answered with 422.
    manifest_etag="refuse",
    manifest_told=False,
    manifest_rows="manifest",
    manifest_shown=True,
    copies_flatten=False,
    manifest_gone_status=404,
    # `tempurl` in the capabilities has no `allowed_digests`; SHA-1 only, else 403.
    digests=("sha1",),
    digests_told=False,
    bad_url_status=403,
    bulk_told=False,
    versions=False,
)
"""The Swift API of Ceph's gateway, 16.2.15."""

UNTYPED_ROWS = Ways(omit_fields=frozenset({"content_type"}))
"""Rows without a content type, as Ceph's of objects that were written by its S3 API [cloudpathlib#331, ceph#5482]."""

NULL_ROWS = Ways(null_fields=frozenset({"hash", "content_type", "last_modified"}))
"""Rows whose optional fields are null [kind of cloudpathlib#331]."""

SHORT_PAGES = Ways(page_size=5)
"""Pages that few objects fill; a dynamic large object of more segments has no length [openstack4j#1200]."""

REGIONS = Ways(regions=("RegionOne", "RegionTwo"))
"""A catalogue of several regions."""
