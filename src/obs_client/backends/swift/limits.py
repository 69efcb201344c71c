"""What a cluster says of itself by `/info`, and the capabilities that follow."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from obs_client.backend.values import WRITE_ID_KEY
from obs_client.backends.swift.facts import (
    CONDITIONS,
    COPY_CONDITIONS,
    LISTED_MANIFESTS,
    OPENSTACK,
    TAGGED_MANIFESTS,
    TOLD_MANIFESTS,
    Facts,
)
from obs_client.models import METADATA_KEY_CHARACTERS, Capabilities, Origin

DIGESTS = ("sha256", "sha512", "sha1")
"""What a URL is signed with, the best first."""

BATCH = 1250
"""Names of one bulk delete at the most: Swift works on two at a time, so that several requests at once are faster."""

COPY_PART_SIZE = 256 * 1024 * 1024
"""Bytes that the store copies in one request; it must do so within the timeout."""

_MARK_SIZE = len(WRITE_ID_KEY) + 16 + 1 + 32
_OPENSTACK = re.compile(r"([12])\.(\d+)\..*", re.ASCII)
"""Versions of OpenStack's own Swift. Ceph's gateway tells Ceph's, of which none with a Swift API begins so."""

_MARKING = (2, 18)
"""The first version whose listings mark large objects."""


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """A cluster's features and limits, Swift's own defaults where it says nothing.

    Attributes:
        file_size: Bytes of one object that is no manifest.
        bulk_delete: Names of one bulk delete, 0: there is none.
        segments: Segments of a static large object, 0: there are none.
        signed_methods: Methods that a signed URL may have.
        digest: What URLs are signed with, or None.
        told: The cluster said so itself.
        versions: Containers may keep older versions of their objects, of which one comes back after a deletion.
        version: Of OpenStack's own Swift, of which it is known which conditions it keeps and what listings tell; other
            servers that speak its protocol ignore some silently, and have none here.
    """

    file_size: int = 5 * 1024**3 + 2
    object_name: int = 1024
    container_name: int = 256
    metadata_key: int = 128
    metadata_value: int = 256
    metadata_count: int = 90
    metadata_total: int = 4096
    bulk_delete: int = 0
    segments: int = 0
    segment_minimum: int = 1
    signed_methods: frozenset[str] = frozenset()
    digest: str | None = None
    told: bool = False
    versions: bool = True
    version: tuple[int, int] | None = None

    @property
    def openstack(self) -> bool:
        """Whether it is OpenStack's own Swift."""
        return self.version is not None

    @property
    def marks_manifests(self) -> bool:
        """Whether its listings mark large objects."""
        return self.version is not None and self.version >= _MARKING

    def tell(self, facts: Facts, conditions: bool | None = None) -> None:
        """Note what the cluster says of itself, and what follows; of one that says nothing nothing can be told.

        Args:
            conditions: What the user says of them, if anything.
        """
        said = {
            OPENSTACK: self.openstack,
            "bulk delete": self.bulk_delete > 0,
            "large objects by segments": self.segments > 0,
            "signed URLs": self.digest is not None,
        }
        for name, holds in said.items():
            facts.learn(name, holds if self.told else None, Origin.DOCUMENT)
        for name in (CONDITIONS, COPY_CONDITIONS, TOLD_MANIFESTS, TAGGED_MANIFESTS):
            facts.learn(name, True if self.openstack else None, Origin.DOCUMENT)
        facts.learn(LISTED_MANIFESTS, True if self.marks_manifests else None, Origin.DOCUMENT)
        if conditions is not None:
            facts.learn(CONDITIONS, conditions, Origin.OPTION, "if_none_match")

    def capabilities(self) -> Capabilities:
        """The same as every store tells it; some metadata is kept for the library's own mark."""
        return Capabilities(
            download_urls=self.digest is not None and "GET" in self.signed_methods,
            upload_urls=self.digest is not None and "PUT" in self.signed_methods,
            download_url_content_disposition=self.openstack
            and self.digest is not None
            and "GET" in self.signed_methods,
            server_side_copy=True,
            if_absent=True,
            atomic_conditions=False,
            atomic_container_delete=False,
            container_totals=True,
            part_size_minimum=max(1, self.segment_minimum),
            part_size_maximum=self.file_size,
            part_count_maximum=self.segments or None,
            resumable_uploads=self.segments > 0,
            copy_part_size=min(COPY_PART_SIZE, self.file_size),
            delete_batch_maximum=min(self.bulk_delete, BATCH) or 1,
            object_name_maximum=self.object_name,
            container_name_maximum=self.container_name,
            metadata_key_characters=METADATA_KEY_CHARACTERS.replace("_", ""),
            metadata_blank_edges=False,
            metadata_count_maximum=self.metadata_count - 1,
            metadata_key_maximum=self.metadata_key,
            metadata_value_maximum=self.metadata_value,
            metadata_total_maximum=self.metadata_total - _MARK_SIZE,
        )


def limits_of(info: Mapping[str, Any] | None) -> Limits:
    """The limits in a parsed `/info`; a cluster that has none, or hides it, is taken for one with large objects."""
    if info is None:
        return Limits(segments=1000)
    swift, slo, bulk, signed = (_section(info, name) for name in ("swift", "slo", "bulk_delete", "tempurl"))
    # Who does not say which digests it takes is older than the choice, or Ceph's gateway: it takes one.
    allowed = signed.get("allowed_digests") or (["sha1"] if "tempurl" in info else [])
    known, version = Limits(), _version(swift.get("version"))
    return Limits(
        file_size=_number(swift, "max_file_size", known.file_size),
        object_name=_number(swift, "max_object_name_length", _number(swift, "max_object_name_size", known.object_name)),
        container_name=_number(swift, "max_container_name_length", known.container_name),
        metadata_key=_number(swift, "max_meta_name_length", known.metadata_key),
        metadata_value=_number(swift, "max_meta_value_length", known.metadata_value),
        metadata_count=_number(swift, "max_meta_count", known.metadata_count),
        metadata_total=_number(swift, "max_meta_overall_size", known.metadata_total),
        bulk_delete=_number(bulk, "max_deletes_per_request", 1000) if "bulk_delete" in info else 0,
        segments=_number(slo, "max_manifest_segments", 1000) if "slo" in info else 0,
        segment_minimum=_number(slo, "min_segment_size", 1),
        signed_methods=frozenset(map(str, signed.get("methods") or ("GET", "PUT"))),
        digest=next((digest for digest in DIGESTS if digest in allowed), None),
        told=True,
        versions=version is None or "versioned_writes" in info,
        version=version,
    )


def _version(told: Any) -> tuple[int, int] | None:
    found = _OPENSTACK.fullmatch(told) if isinstance(told, str) else None
    return (int(found[1]), int(found[2])) if found else None


def _section(info: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = info.get(name)
    return found if isinstance(found, Mapping) else {}


def _number(section: Mapping[str, Any], name: str, default: int) -> int:
    value = section.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else default
