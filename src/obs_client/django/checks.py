"""What `manage.py check --deploy` says of the storages: it may ask their stores what they can."""

from __future__ import annotations

from collections.abc import Iterator

from django.core import checks
from django.core.files.storage import storages

from obs_client.django.storage import ObjectStorage


@checks.register(checks.Tags.files, deploy=True)
def check_storages(**_: object) -> list[checks.Warning]:
    """Warnings of all storages that are objects'."""
    named = ((alias, storages[alias]) for alias in storages.backends)
    return [
        warning
        for alias, storage in named
        if isinstance(storage, ObjectStorage)
        for warning in _warnings_of(storage, f"STORAGES[{alias!r}]")
    ]


def _warnings_of(storage: ObjectStorage, place: str) -> Iterator[checks.Warning]:
    can = storage.client.capabilities
    if not storage.overwrite and not (can.if_absent and can.atomic_conditions):
        yield checks.Warning(
            "Of two files that are saved under one name at the same time, one can be lost: the store cannot refuse it.",
            hint="Let upload_to make names of its own (a UUID). An S3 server that keeps If-None-Match can be declared "
            "by conditional_writes=true in its URL.",
            obj=place,
            id="obs_client.W001",
        )
    if storage.base_url is None and not can.download_urls:
        yield checks.Warning(
            "Files have no URL: the store signs none, at least not with these credentials.",
            hint="Give the storage a base_url.",
            obj=place,
            id="obs_client.W002",
        )
