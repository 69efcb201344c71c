"""Known servers: what each does otherwise than the document, with the report that says so.

A report in brackets is a row of the table of reports from the field; without one, it is the server's own documents.
"""

from __future__ import annotations

import dataclasses

from test.loopback.failures import Failure
from test.loopback.s3.ways import Ways

R2 = Ways(
    server="cloudflare",
    # Its responses carry the id of Cloudflare's network only [kind of chimera#477].
    request_id="cf-ray",
    # Decodes for who sends `Accept-Encoding: identity`, in chunks, with a weak ETag; a HEAD that sends gzip gets no
    # length of objects without a coding [rclone#8137, #8531].
    decodes_gzip=True,
    # [cloudflare-docs#32458]
    part_copy_source_conditions="refuse",
    # [rails#54374, aws-sdk-ruby#3174]
    one_digest=True,
    # All parts but the last have one size: also those that are copied.
    equal_parts=True,
    # It has conditions of PutObject; of a copy's target in headers of its own (`cf-copy-destination-if-…`) only.
    complete_conditions="ignore",
    copy_conditions="ignore",
    delete_conditions="ignore",
    tagging=False,
    metadata_maximum=8192,
    default_encryption=None,
    create_again=409,
)
"""Cloudflare R2."""

B2 = Ways(
    server="nginx",
    # 400 InvalidArgument "Unsupported header 'x-amz-checksum-crc32' received for this API call." [boto3#4392's kind]
    checksums="refuse",
    put_conditions="refuse",
    complete_conditions="refuse",
    copy_conditions="refuse",
    delete_conditions="ignore",
    tagging=False,
    default_encryption=None,
    create_again=409,
)
"""Backblaze B2, on a quiet day."""

B2_NO_TOMES = dataclasses.replace(
    B2,
    # 503 as long as the connection is kept; another one leads to another place [mastodon#30030].
    failures=(
        Failure("PutObject", 503, "ServiceUnavailable", "no tomes available", times=None, connection=0),
        Failure("UploadPart", 503, "ServiceUnavailable", "no tomes available", times=None, connection=0),
    ),
)
"""Backblaze B2, whose place behind the first connection is full."""

OSS = Ways(
    server="AliyunOSS",
    # [chimera#477, Alibaba's documents]
    request_id="x-oss-request-id",
    checksums="ignore",
    # Tags of large objects are unique ids, not digests.
    multipart_etags="random",
    # Its own header is `x-oss-forbid-overwrite`.
    put_conditions="ignore",
    complete_conditions="ignore",
    copy_conditions="ignore",
    delete_conditions="ignore",
    default_encryption=None,
)
"""Alibaba Cloud OSS."""

RGW_S3 = Ways(
    server=None,
    request_id_form="tx0{id}-{time}-1007-default",
    # Control characters of a prefix are not encoded, though names are: the document is no XML then.
    encoded_echoes=False,
    uploads_encoding_told=False,
    # The first response to a completion has no ETag; asked again, it has; of a long name it is no text.
    complete_etag=False,
    complete_again=True,
    garbled_location=True,
    quoted_results=False,
    part_sizes=False,
    checksums="ignore",
    bulk_digest=False,
    if_match_absent=412,
    if_match_quoted=False,
    complete_conditions="ignore",
    copy_conditions="ignore",
    delete_conditions="ignore",
    copy_source_conditions="ignore",
    part_copy_source_conditions="ignore",
    underscores="dash",
    metadata_maximum=64 * 1024,
    default_encryption=None,
)
"""The S3 API of Ceph's gateway, 16.2.15, as it was seen on a real one."""

V1_ONLY = Ways(
    server=None,
    # [scality/cloudserver#490, minio-go#1703]
    list_v2=False,
    next_marker=False,
    checksums="ignore",
    put_conditions="ignore",
    complete_conditions="ignore",
    copy_conditions="ignore",
    delete_conditions="ignore",
    default_encryption=None,
)
"""A server from before 2016: ListObjects only, and no word on where the next page begins."""

BARE = Ways(
    server=None,
    request_id=None,
    # All that S3's reference does not promise and a client can do without [opendal#3478, rusty-s3#163].
    omit_headers=frozenset({"accept-ranges", "x-amz-bucket-region", "location"}),
    omit_elements=frozenset(
        {
            "ListAllMyBucketsResult/Owner",
            "Bucket/CreationDate",
            "ListBucketResult/Name",
            "ListBucketResult/Prefix",
            "ListBucketResult/MaxKeys",
            "ListBucketResult/KeyCount",
            "ListBucketResult/Delimiter",
            "Contents/ETag",
            "Contents/LastModified",
            "Contents/StorageClass",
            "InitiateMultipartUploadResult/Bucket",
            "InitiateMultipartUploadResult/Key",
            "CompleteMultipartUploadResult/Location",
            "CompleteMultipartUploadResult/Bucket",
            "CompleteMultipartUploadResult/Key",
            "CompleteMultipartUploadResult/ETag",
            "CopyObjectResult/LastModified",
            "CopyObjectResult/ETag",
            "CopyPartResult/LastModified",
            "ListMultipartUploadsResult/Bucket",
            "ListMultipartUploadsResult/MaxUploads",
            "ListPartsResult/Bucket",
            "ListPartsResult/Key",
            "Part/LastModified",
            "Part/ETag",
            "Error/Message",
        }
    ),
    part_sizes=False,
    checksums="ignore",
    default_encryption=None,
)
"""A server that answers only what it must."""

MINIO_NO_COMPAT = Ways(
    server="MinIO",
    # 32 random hex digits and `-1`; of parts random ones too [minio#8793, #19593].
    etags="random-1",
    part_etags="random",
    multipart_etags="random",
    default_encryption=None,
)
"""MinIO, started with `--no-compat`."""

S3GW = Ways(
    server=None,
    # 32 hex digits that are no MD5 [s3gw#721, rclone#5993].
    etags="random",
    part_etags="random",
    multipart_etags="random",
    checksums="ignore",
    default_encryption=None,
)
"""A server whose tags look like MD5s and are none."""

SIGNED_ONLY = Ways(unsigned_payload=False)
"""A container whose policy takes signed payloads only [s3fs#380, aws-cdk#24711]."""

PAYER = Ways(requester_pays=True)
"""A container of another account, who pays for nothing [s3fs PR#1039, s3cmd#849]."""

WEAK = Ways(weak_etags=True)
"""S3 behind a proxy that makes tags weak (nginx, Cloudflare)."""

NO_EXPECT = Ways(expects=False)
"""A server that does not know `Expect: 100-continue` [aws-sdk-php#1733, sardine#216]."""

NO_BULK = Ways(bulk_delete=False)
"""A server without DeleteObjects, which says InvalidArgument [livebook#956]."""

PART_CHECKSUMS_REFUSED = Ways(part_checksums="refuse")
"""A server that begins an upload with checksums and refuses them with the parts [boto3#4392's kind]."""
