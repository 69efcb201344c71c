"""What other stores can and cannot, as their clients of this library declare it; a test compares both.

Their own checks of names and metadata are called, so that these cannot differ.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from obs_client.backends.azure import names as azure_names
from obs_client.backends.azure import writing as azure
from obs_client.backends.azure.client import URL_HEADERS
from obs_client.backends.gcs import writing as google
from obs_client.backends.s3 import names as s3_names
from obs_client.backends.s3 import writing as s3
from obs_client.backends.swift.signing import check_signed_name
from obs_client.models import METADATA_KEY_CHARACTERS

_PLAIN_KEYS = METADATA_KEY_CHARACTERS.replace("_", "")
_DAYS = 7
_MIB, _GIB = 1024**2, 1024**3

_S3 = {
    "download_urls": True,
    "upload_urls": True,
    "download_url_content_type": True,
    "download_url_content_disposition": True,
    "upload_url_content_type": True,
    "upload_url_content_disposition": True,
    "upload_url_size": True,
    "server_side_copy": True,
    "if_absent": True,
    "if_hash": True,
    "delete_if_hash": True,
    "container_totals": False,
    "listing_has_metadata": False,
    "part_size_minimum": 5 * _MIB,
    "part_size_maximum": 5 * _GIB,
    "part_count_maximum": 10_000,
    "copy_part_size": 256 * _MIB,
    "delete_batch_maximum": 1000,
    "tags": True,
    "metadata_count_maximum": 80,
    "metadata_total_maximum": 2048 - 64,
}

_SPEAKING_S3 = {
    **_S3,
    "if_absent": False,
    "if_hash": False,
    "delete_if_hash": False,
    "atomic_conditions": False,
    "ordered_listing": False,
    "equal_parts": True,
    "metadata_key_characters": _PLAIN_KEYS,
}

_GOOGLE = {
    "download_urls": True,
    "upload_urls": True,
    "download_url_content_type": True,
    "download_url_content_disposition": True,
    "upload_url_content_type": True,
    "upload_url_content_disposition": True,
    "upload_url_size": True,
    "server_side_copy": True,
    "if_absent": True,
    "if_hash": True,
    "delete_if_hash": True,
    "container_totals": False,
    "listing_has_metadata": True,
    "part_size_minimum": 5 * _MIB,
    "part_size_maximum": 5 * _GIB,
    "part_count_maximum": 10_000,
    "delete_batch_maximum": 100,
    "object_names_refused": (
        (r"[\r\n]", "Google Cloud Storage takes no line ends in names"),
        (r"\A\.well-known/acme-challenge/", "Google Cloud Storage refuses names that begin like this"),
    ),
    "container_name_maximum": 222,
    "metadata_total_maximum": 8 * 1024 - 64,
}

_SWIFT = {
    "download_urls": True,
    "upload_urls": True,
    "download_url_content_disposition": True,
    "server_side_copy": True,
    "if_absent": True,
    "if_hash": False,
    "delete_if_hash": False,
    "atomic_conditions": False,
    "atomic_container_delete": False,
    "container_totals": True,
    "listing_has_metadata": False,
    "part_size_maximum": 5 * _GIB + 2,
    "part_count_maximum": 1000,
    "copy_part_size": 256 * _MIB,
    "delete_batch_maximum": 1250,
    "object_name_maximum": 1024,
    "container_name_maximum": 256,
    "metadata_key_characters": _PLAIN_KEYS,
    "metadata_blank_edges": False,
    "metadata_count_maximum": 89,
    "metadata_key_maximum": 128,
    "metadata_value_maximum": 256,
    "metadata_total_maximum": 4035,
}

_AZURE = {
    "download_urls": True,
    "upload_urls": True,
    "download_url_content_type": True,
    "download_url_content_disposition": True,
    "upload_url_headers": URL_HEADERS,
    "server_side_copy": True,
    "if_absent": True,
    "if_hash": True,
    "delete_if_hash": True,
    "hash_of_content": False,
    "exclusive_uploads": True,
    "atomic_container_delete": False,
    "container_totals": False,
    "ordered_listing": False,
    "listing_has_metadata": True,
    "part_size_maximum": azure_names.PART_SIZE_MAXIMUM,
    "part_count_maximum": azure_names.PART_COUNT_MAXIMUM,
    "copy_part_size": azure_names.COPY_PART_SIZE,
    "delete_batch_maximum": azure_names.BATCH_MAXIMUM,
    "object_names_refused": azure_names.REFUSED,
    "metadata_total_maximum": azure.METADATA_MAXIMUM - azure.RESERVED,
    "tags": True,
}

_NAMES_ARE_PATHS = (*s3_names.REFUSED_AS_PATHS, (r"/\Z", s3_names.FOLDERS_ARE_EMPTY))


def _as_it_is(metadata: Mapping[str, str]) -> Mapping[str, str]:
    return metadata


def _any(_name: str) -> None:
    """Refuse nothing."""


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """A store to be imitated.

    Attributes:
        capabilities: Fields of `Capabilities`; the others are the inner store's.
        check_container: Refuses what no new container can be called; the store's own check.
        check_signed: Refuses a name that no signed URL can have, likewise.
        sent: Metadata as the store is sent it.
        condition_hint, delete_condition_hint: What the client says when it refuses a condition.
        url_seconds_maximum: The longest life of a signed URL; None: there is no limit.
    """

    capabilities: Mapping[str, Any]
    check_container: Callable[[str], None] = _any
    check_signed: Callable[[str], None] = _any
    sent: Callable[[Mapping[str, str]], Mapping[str, str]] = _as_it_is
    condition_hint: str = ""
    delete_condition_hint: str = ""
    url_seconds_maximum: int | None = None

    def granting(self, writes: bool | None, deletes: bool | None) -> Kind:
        """The same kind, whose user says that conditions of writes, and of deletions, are kept or not.

        Raises:
            ValueError: What such a store keeps is known, and cannot be granted.
        """
        if writes is None and deletes is None:
            return self
        if not self.condition_hint:
            raise ValueError("conditional_writes and conditional_deletes are for other servers that speak S3's API")
        granted = {} if writes is None else {"if_absent": writes, "if_hash": writes, "atomic_conditions": writes}
        if deletes is not None:
            granted["delete_if_hash"] = deletes
        return dataclasses.replace(self, capabilities={**self.capabilities, **granted})


_AMAZON = Kind(
    _S3,
    check_container=s3.check_container_name,
    sent=s3.sent_metadata,
    url_seconds_maximum=_DAYS * 24 * 3600,
)
_OTHER = dataclasses.replace(
    _AMAZON,
    capabilities=_SPEAKING_S3,
    condition_hint="; if yours does, set S3Client(..., conditional_writes=True), in a URL ?conditional_writes=true",
    delete_condition_hint="; if yours does, set S3Client(..., conditional_deletes=True), "
    "in a URL ?conditional_deletes=true",
)

_GOOGLES = dataclasses.replace(
    _AMAZON, capabilities=_GOOGLE, check_container=google.check_container_name, sent=google.sent_metadata
)
_PATHS = dataclasses.replace(_OTHER, capabilities={**_SPEAKING_S3, "object_names_refused": _NAMES_ARE_PATHS})

KINDS = {
    "azure": Kind(_AZURE, check_container=azure.check_container_name, sent=azure_names.sent_metadata),
    "b2": _OTHER,
    "ceph": _OTHER,
    "gcs": _GOOGLES,
    "minio": _OTHER,
    "r2": _OTHER,
    "rgw": _OTHER,
    "s3": _AMAZON,
    "seaweedfs": _PATHS,
    "swift": Kind(_SWIFT, check_signed=check_signed_name),
    "wasabi": _OTHER,
}
"""Of servers that speak S3 a client cannot know which conditions they keep, and takes them for poor ones."""
