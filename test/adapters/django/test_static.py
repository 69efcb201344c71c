"""`collectstatic` into each store, plain and with a manifest."""

from __future__ import annotations

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import override_settings

from obs_client.django import ObjectStorage
from test.adapters.django.running import STATIC, collect


def setting(storage: ObjectStorage, kind: str) -> dict[str, dict[str, object]]:
    return {"staticfiles": {"BACKEND": f"obs_client.django.{kind}", "OPTIONS": {"store": storage.client}}}


def test_static_files_are_collected_once(storage: ObjectStorage) -> None:
    with override_settings(STORAGES=setting(storage, "ObjectStaticStorage")):
        assert "2 static files copied" in collect()
        assert "0 static files copied, 2 unmodified" in collect()
        assert staticfiles_storage.url("css/site.css") == "/static/css/site.css"
        assert storage.open("css/site.css").read() == (STATIC / "css/site.css").read_bytes()
        storage.client.object_write("old/deep/file.js", b"")
        assert "2 static files copied" in collect("--clear")
        assert not storage.exists("old")


def test_static_files_have_names_by_their_content(storage: ObjectStorage) -> None:
    with override_settings(STORAGES=setting(storage, "ObjectManifestStaticStorage"), DEBUG=False):
        assert "2 static files copied" in collect()
        assert "0 static files copied, 2 unmodified" in collect()
        url = staticfiles_storage.url("css/site.css")
        assert url.startswith("/static/css/site.")
        text = storage.open(url.removeprefix("/static/")).read().decode()
        assert "../cat." in text
        assert "../cat.txt" not in text
    with override_settings(STORAGES=setting(storage, "ObjectManifestStaticStorage"), DEBUG=False):
        assert staticfiles_storage.url("css/site.css") == url, "a new process reads the manifest"


def test_without_a_manifest_its_absence_is_no_failure(storage: ObjectStorage) -> None:
    settings = override_settings(STORAGES=setting(storage, "ObjectManifestStaticStorage"), DEBUG=False)
    with settings, pytest.raises(ValueError, match="Missing staticfiles manifest entry"):
        staticfiles_storage.url("css/site.css")
