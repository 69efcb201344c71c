"""A small site, which the import of this module sets up for the process, with a database in memory."""

from __future__ import annotations

import io
import secrets
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command

from obs_client import LocalClient, MemoryClient, ObjectStorageClient

STATIC = Path(__file__).with_name("site") / "static"


def _set_up() -> None:
    settings.configure(
        ALLOWED_HOSTS=["testserver"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=["django.contrib.staticfiles", "obs_client.django", "test.adapters.django.site"],
        LOGGING_CONFIG=None,
        ROOT_URLCONF="test.adapters.django.site.urls",
        SECRET_KEY=secrets.token_hex(8),
        STATICFILES_DIRS=[STATIC],
        STATICFILES_FINDERS=["django.contrib.staticfiles.finders.FileSystemFinder"],
        STATIC_URL="/static/",
        USE_TZ=True,
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)


if not settings.configured:
    _set_up()


def memory(_: Path) -> ObjectStorageClient:
    """A store in memory, and a container in it."""
    client = MemoryClient("box")
    client.container_create("box")
    return client


def local(directory: Path) -> ObjectStorageClient:
    """A store in a directory, and a container in it."""
    client = LocalClient(directory, "box")
    client.container_create("box")
    return client


EMBEDDED = {"memory": memory, "local": local}


def collect(*options: str) -> str:
    """What `collectstatic` says."""
    said = io.StringIO()
    call_command("collectstatic", *options, interactive=False, stdout=said)
    return said.getvalue()


def storages_setting(store: Any, **options: Any) -> dict[str, dict[str, Any]]:
    """The setting `STORAGES` of a site whose media are in a store."""
    media = {"BACKEND": "obs_client.django.ObjectStorage", "OPTIONS": {"store": store, **options}}
    return {
        "default": media,
        "staticfiles": {"BACKEND": "obs_client.django.ObjectStaticStorage", "OPTIONS": {"store": store}},
    }
