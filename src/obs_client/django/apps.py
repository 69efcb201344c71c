"""The app, for sites that have it in `INSTALLED_APPS`: it brings the checks, and needs no tables."""

from __future__ import annotations

from django.apps import AppConfig


class ObjectStorageConfig(AppConfig):
    """Registers the checks when the site starts."""

    name = "obs_client.django"
    label = "obs_client"
    verbose_name = "Object storage"

    def ready(self) -> None:
        """Load the checks."""
        from obs_client.django import checks  # noqa: F401 - which registers them
