"""What the site keeps in its database."""

from __future__ import annotations

from django.db import models


class Document(models.Model):
    """A file that somebody uploaded."""

    file = models.FileField(upload_to="documents/%Y", max_length=60)

    class Meta:
        app_label = "site"
