"""What other stores can and cannot, as their clients of this library declare it; a test compares both."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

from obs_client._http.kit.encoded_words import encode_words
from obs_client.models import METADATA_KEY_CHARACTERS

_PLAIN_KEYS = METADATA_KEY_CHARACTERS.replace("_", "")
_DAYS = 7
_MIB, _GIB = 1024**2, 1024**3

_S3 = {
    "download_urls": True,
    "upload_urls": True,
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
        (r"\A\.well-known/acme-challenge/", "Google Cloud Storage takes no names that begin so"),
    ),
    "container_name_maximum": 222,
    "metadata_total_maximum": 8 * 1024 - 64,
}

_SWIFT = {
    "download_urls": True,
    "upload_urls": True,
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

_GOOGLES_CONTAINERS = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")


def _as_it_is(value: str) -> str:
    return value


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """A store to be imitated.

    Attributes:
        capabilities: Fields of `Capabilities`; the others are the inner store's.
        container_names: What new containers may be called.
        sent: A metadata value as the store is sent it.
        condition_hint, delete_condition_hint: What the client says when it refuses a condition.
        url_seconds_maximum: The longest life of a signed URL; None: there is no limit.
    """

    capabilities: Mapping[str, Any]
    container_names: re.Pattern[str] = re.compile(".+", re.DOTALL)
    sent: Callable[[str], str] = _as_it_is
    condition_hint: str = ""
    delete_condition_hint: str = ""
    url_seconds_maximum: int | None = None


_AMAZON = Kind(
    _S3,
    container_names=re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    sent=encode_words,
    url_seconds_maximum=_DAYS * 24 * 3600,
)
_OTHER = dataclasses.replace(
    _AMAZON,
    capabilities=_SPEAKING_S3,
    condition_hint="; if yours does, say so: S3Client(..., conditional_writes=True)",
    delete_condition_hint="; if yours does, say so: S3Client(..., conditional_deletes=True)",
)

KINDS = {
    "b2": _OTHER,
    "ceph": _OTHER,
    "gcs": dataclasses.replace(_AMAZON, capabilities=_GOOGLE, container_names=_GOOGLES_CONTAINERS),
    "minio": _OTHER,
    "r2": _OTHER,
    "s3": _AMAZON,
    "seaweedfs": _OTHER,
    "swift": Kind(_SWIFT),
}
"""Of servers that speak S3 a client cannot know which conditions they keep, and takes them for poor ones."""
