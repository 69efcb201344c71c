"""What `manage.py check --deploy` says of the storages."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import checks
from django.test import override_settings

from obs_client import MemoryClient
from obs_client.wrappers import imitating


def said(store: Any, **options: Any) -> list[str]:
    """The ids of the warnings of a site, with the places that they are about."""
    backend = {"BACKEND": "obs_client.django.ObjectStorage", "OPTIONS": {"store": store, **options}}
    with override_settings(STORAGES={"default": backend}):
        found = checks.run_checks(tags=[checks.Tags.files], include_deployment_checks=True)
    assert all(warning.obj == "STORAGES['default']" and warning.hint for warning in found)
    return [warning.id for warning in found]


def test_a_store_without_urls_needs_a_base() -> None:
    assert said(MemoryClient("box")) == ["obs_client.W002"]
    assert said(MemoryClient("box"), base_url="/media/") == []


@pytest.mark.parametrize(("kind", "warnings"), [("s3", []), ("swift", ["obs_client.W001"])])
def test_a_store_that_cannot_refuse_a_second_file_is_told(kind: str, warnings: list[str]) -> None:
    with imitating(MemoryClient("box"), kind) as client:
        client.container_create("box")
        assert said(client) == warnings
        assert said(client, overwrite=True) == []
