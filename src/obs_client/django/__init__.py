"""The library as Django's storages, for `STORAGES`: media and static files in any store. Needs the extra `django`.

    STORAGES = {
        "default": {
            "BACKEND": "obs_client.django.ObjectStorage",
            "OPTIONS": {"store": "swift://site/media"},
        },
        "staticfiles": {
            "BACKEND": "obs_client.django.ObjectManifestStaticStorage",
            "OPTIONS": {"store": "s3://site/static", "base_url": "https://static.example.com/"},
        },
    }

As an entry of `INSTALLED_APPS` (`"obs_client.django"`) it has `manage.py check --deploy` look at the storages.
"""

from obs_client.django.static import ObjectManifestStaticStorage, ObjectStaticStorage
from obs_client.django.storage import ObjectStorage

__all__ = ["ObjectManifestStaticStorage", "ObjectStaticStorage", "ObjectStorage"]
