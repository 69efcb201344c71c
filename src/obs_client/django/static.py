"""Storages for `collectstatic`: a file replaces that of its name, and URLs are below `STATIC_URL`."""

from __future__ import annotations

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin

from obs_client.django.storage import ObjectStorage


class ObjectStaticStorage(ObjectStorage):
    """Static files: as `ObjectStorage`, but `overwrite` is set, and `base_url` is `STATIC_URL`, if not given."""

    overwrites = True

    def _default_base_url(self) -> str | None:
        url: str | None = settings.STATIC_URL
        return url


class ObjectManifestStaticStorage(ManifestFilesMixin, ObjectStaticStorage):
    """Static files under names with the hash of their content, which browsers may keep for ever."""
