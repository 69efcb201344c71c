"""What an S3 server is taken to keep: Amazon's all that it documents, others what they all have."""

from __future__ import annotations

from typing import Any

from obs_client.backends.s3 import deleting as s3_deleting
from obs_client.backends.s3 import headers as s3_headers
from obs_client.backends.s3 import multipart as s3_multipart
from obs_client.models import METADATA_KEY_CHARACTERS, Capabilities


def find(*, vendor: bool, anonymous: bool, conditional_writes: bool | None) -> Capabilities:
    """The capabilities of Amazon's S3 (`vendor`), or of another server."""
    conditions = vendor if conditional_writes is None else conditional_writes
    return Capabilities(
        download_urls=not anonymous,
        upload_urls=not anonymous,
        server_side_copy=True,
        if_absent=conditions,
        if_hash=conditions,
        ordered_listing=vendor,
        part_size_minimum=s3_multipart.PART_SIZE_MINIMUM,
        part_size_maximum=s3_multipart.PART_SIZE_MAXIMUM,
        part_count_maximum=s3_multipart.PART_COUNT_MAXIMUM,
        equal_parts=not vendor,
        delete_batch_maximum=s3_deleting.BATCH_MAXIMUM,
        # Servers behind WSGI or nginx drop such headers without a word, and a client cannot know.
        metadata_key_characters=METADATA_KEY_CHARACTERS if vendor else METADATA_KEY_CHARACTERS.replace("_", ""),
        metadata_count_maximum=s3_headers.HEADER_COUNT_MAXIMUM,
        metadata_total_maximum=s3_headers.METADATA_MAXIMUM - s3_headers.RESERVED,
    )


def chosen(storage_class: str | None, encryption: str | None, kms_key_id: str | None) -> dict[str, Any]:
    """The parameters of new objects for the constructor's options."""
    if kms_key_id is not None and encryption is None:
        encryption = "aws:kms"
    given = {"StorageClass": storage_class, "ServerSideEncryption": encryption, "SSEKMSKeyId": kms_key_id}
    return {name: value for name, value in given.items() if value is not None}
