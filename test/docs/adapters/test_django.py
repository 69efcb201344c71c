"""The examples of the page on Django."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import StorageHandler

from obs_client.django import ObjectManifestStaticStorage, ObjectStorage
from test.adapters.django.running import STATIC
from test.docs.pages import blocks, promises, run_blocks, text_of

SETTINGS, EXAMPLE = blocks(text_of("django.md"))


def test_the_settings_give_the_storages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert STATIC.is_dir(), "the site is set up"
    names: dict[str, Any] = {}
    run_blocks([SETTINGS], names)
    names["STORAGES"]["staticfiles"]["OPTIONS"]["store"] = "memory:"  # which has no manifest, and is asked for it
    names["STORAGES"]["staticfiles"]["OPTIONS"]["container_name"] = "static"
    handler = StorageHandler(names["STORAGES"])
    media = handler["default"]
    assert type(media) is ObjectStorage
    for name in ("USERNAME", "PASSWORD", "PROJECT_NAME", "USER_DOMAIN_NAME", "PROJECT_DOMAIN_NAME"):
        monkeypatch.setenv(f"OS_{name}", "value")
    monkeypatch.setenv("OS_AUTH_URL", "http://127.0.0.1:1/v3")
    assert media.client.container_name == "site"
    static = handler["staticfiles"]
    assert type(static) is ObjectManifestStaticStorage
    assert static.base_url == "https://static.example.com/"


def test_the_example_runs(tmp_path: Path) -> None:
    run_blocks([EXAMPLE.replace("/tmp/site", f"{tmp_path}/site")])
    assert promises([EXAMPLE]) == 5
    assert (tmp_path / "site/media/cats/tom.txt").read_bytes() == b"meow"
